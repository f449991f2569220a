/*
 * take: see take.h. A batch of events, in one transaction. No state of its
 * own: it runs on the thread whose connection it is given.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute.h"
#include "core/alert/take_parts.h"
#include "core/base/mem.h"

#define TRIES 3 /* of what another replica got in the way of */

/* ---- quiet -------------------------------------------------------------------------- */

static int number_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Those of the batch that nothing but muted ones fire in, sorted, behind those
 * given: of any other it does not matter why, and how many are muted is known. */
static int64_t *quiet_numbers(const struct taking *t, const int64_t *given,
                              size_t count, size_t *all)
{
    int64_t *numbers = xcalloc(count + t->groups_count + 1, sizeof *numbers);
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < count; i++)
        numbers[n++] = given[i];
    for (size_t i = 0; i < t->groups_count; i++)
        if (t->groups[i].moved && t->groups[i].g.muted > 0 &&
            t->groups[i].g.muted >= t->groups[i].g.firing)
            numbers[n++] = t->groups[i].g.number;
    qsort(numbers, n, sizeof *numbers, number_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    *all = kept;
    return numbers;
}

static struct touched_group *of_number(struct taking *t, int64_t number)
{
    for (size_t i = 0; i < t->groups_count; i++)
        if (t->groups[i].g.number == number)
            return &t->groups[i];
    return NULL;
}

static void take_count(struct touched_group *to, const struct quiet_count *c)
{
    to->moved |= to->g.muted != c->muted;
    to->in.news.renewed |= to->g.muted != c->muted;
    to->g.muted = c->muted;
    to->in.text = c->why;
    to->in.until = c->until;
}

/* What the batch mutes elsewhere, or no longer mutes. */
static bool quiet_others(struct taking *t, const int64_t *numbers, size_t count)
{
    int64_t *others = xcalloc(count + 1, sizeof *others);
    size_t n = 0;
    bool ok;

    for (size_t i = 0; i < count; i++)
        if (!of_number(t, numbers[i]))
            others[n++] = numbers[i];
    ok = n == 0 || alerts_quiet_in(t->w, NULL, others, n, t->err);
    free(others);
    return ok;
}

/* counts: what the texts of in borrow from; the caller's. */
static bool take_quiet(struct taking *t, struct quiet_count **counts,
                       size_t *found)
{
    int64_t *given = NULL, *numbers;
    size_t given_count = 0, count;
    bool ok = mute_follow(t->w, t->events, t->news, t->count, &given,
                          &given_count, t->err);

    numbers = quiet_numbers(t, given, ok ? given_count : 0, &count);
    ok = ok && (count == 0 ||
                quiet_counts(t->w->db, numbers, count, counts, found, t->err));
    for (size_t i = 0; ok && i < *found; i++) {
        struct touched_group *to = of_number(t, (*counts)[i].group);

        if (to)
            take_count(to, &(*counts)[i]);
    }
    ok = ok && quiet_others(t, numbers, count);
    free(numbers);
    free(given);
    return ok;
}

/* ---- what follows --------------------------------------------------------------------- */

static bool fold(struct taking *t, struct touched_group *to)
{
    if (!to->made || (to->g.firing > 0 && to->g.muted >= to->g.firing))
        return true;
    for (int i = ALERT_SEVERITIES - 1; i >= 0; i--)
        if (to->g.by[i] > 0)
            to->g.severity = (enum alert_severity)i;
    return storm_fold(t->w, &to->g, &to->g.storm, t->err);
}

static bool step_all(struct taking *t)
{
    for (size_t i = 0; i < t->groups_count; i++) {
        struct touched_group *to = &t->groups[i];
        struct step_out out;

        if (!to->moved)
            continue;
        if (!fold(t, to))
            return false;
        turn_group(&t->turns, &to->g, &to->in, &out);
        t->out->groups += to->made;
        step_out_dispose(&out);
    }
    t->out->cards = t->turns.cards.count;
    t->out->lines = t->turns.lines.count;
    return turns_write(&t->turns, t->err);
}

static bool follow(struct taking *t)
{
    struct quiet_count *counts = NULL;
    size_t found = 0;
    bool ok = take_quiet(t, &counts, &found) && take_words(t);

    if (ok)
        take_told(t);
    ok = ok && step_all(t);
    quiet_counts_free(counts, found);
    return ok;
}

/* ---- the transaction --------------------------------------------------------------------- */

static void begin(struct taking *t)
{
    t->news = xcalloc(t->count + 1, sizeof *t->news);
    t->why = xcalloc(t->count + 1, sizeof *t->why);
    t->until = xcalloc(t->count + 1, sizeof *t->until);
    turns_begin(&t->turns, t->w);
}

static void dispose(struct taking *t)
{
    turns_dispose(&t->turns);
    for (size_t i = 0; i < t->count; i++)
        free(t->why[i]);
    for (size_t i = 0; i < t->prints_count; i++)
        free(t->prints[i].keys);
    for (size_t i = 0; i < t->groups_count; i++)
        group_dispose(&t->groups[i].g);
    for (size_t i = 0; i < t->states_count; i++)
        free(t->states[i].trace);
    buf_dispose(&t->replaced.text);
    free(t->news);
    free(t->why);
    free(t->until);
    free(t->prints);
    free(t->targets);
    free(t->groups);
    free(t->states);
}

static bool take_in(struct taking *t)
{
    if (!db_begin(t->w->db, t->err) || !take_lock(t) || !take_news(t) ||
        !take_targets(t))
        return false;
    if (t->targets_count == 0)
        return take_over(t) && take_twins(t) && db_commit(t->w->db, t->err);
    return take_groups(t) && take_alerts(t) && follow(t) && take_twins(t) &&
           db_commit(t->w->db, t->err);
}

/* A deadlock that was broken, or a key that another has made meanwhile:
 * nothing was done, and it goes well the next time. */
static bool may_try_again(const struct db *db)
{
    const char *state = db_sqlstate(db);

    return strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0 ||
           strcmp(state, "23505") == 0;
}

static bool take_once(const struct alert_world *w,
                      const struct alert_event *events, size_t count,
                      bool posted, struct taken *out, bool *again,
                      struct err *err)
{
    struct taking t = {
        .w = w, .events = events, .count = count, .out = out, .err = err
    };
    bool ok;

    *out = (struct taken){ 0 };
    begin(&t);
    t.turns.posted = posted;
    ok = take_in(&t);
    *again = !ok && may_try_again(w->db);
    db_rollback(w->db); /* no-op once it is committed */
    dispose(&t);
    return ok;
}

bool alerts_take(const struct alert_world *w, const struct alert_event *events,
                 size_t count, bool posted, struct taken *out, struct err *err)
{
    bool again = true;

    *out = (struct taken){ 0 };
    if (count == 0)
        return true;
    for (int i = 0; again && i < TRIES; i++)
        if (take_once(w, events, count, posted, out, &again, err))
            return true;
    return false;
}

/*
 * step: see step.h. What news and the clock do to a group. Pure.
 *
 * Each kind of step decides first whether the group is quiet, then what has
 * happened, then who hears of it: what is quiet is counted and told to nobody.
 */
#include "core/alert/step_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define HOUR INT64_C(3600000)
#define ASK  INT64_C(300000) /* before the end of a lease */

#define OUT_OF_HOURS "its route is quiet at this time"

/* ---- quiet ----------------------------------------------------------------------- */

static bool is_waiting(const struct alert_group *g)
{
    return !g->posted_at && !g->storm;
}

static void hush(struct stepping *s, const char *why, int64_t until)
{
    struct alert_group *g = s->g;
    struct step_line *line;

    step_clock_stop(s);
    g->tell_at = g->repeat_at = 0;
    step_text(&g->quiet_why, why);
    g->quiet_until = until;
    line = step_say(s, REASON_SILENCED,
                    g->posted_at ? step_of(s)->chatter : VOICE_NONE);
    if (is_waiting(g) && g->version) { /* nothing more is waited for */
        s->out->post = true;
        g->posted_at = s->in->now;
    }
    step_text(&line->change.text, why);
    line->change.until = until;
    s->turned = true;
}

/* It gets its voice back: what was not said meanwhile is said by this. */
static void unhush(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t fresh = g->fresh;
    struct step_line *line;

    step_text(&g->quiet_why, "");
    g->quiet_until = 0;
    line = step_tell(s, REASON_UNSILENCED, step_of(s)->worse);
    line->change.n = fresh;
    step_clock_go(s);
    s->turned = true;
}

static void mind_quiet(struct stepping *s)
{
    struct alert_group *g = s->g;
    bool muted = g->firing > 0 && g->muted >= g->firing;
    bool quiet = muted || (g->firing > 0 && s->in->quiet);
    const char *why = muted && s->in->text ? s->in->text : "";
    int64_t until = why[0] ? s->in->until : 0;

    g->look_at = s->in->quiet ? s->in->look_at : 0;
    if (!why[0])
        why = muted && step_quiet(g) ? g->quiet_why
              : muted                ? "silenced"
                                     : OUT_OF_HOURS;
    if (quiet && !step_quiet(g))
        hush(s, why, until);
    else if (!quiet && step_quiet(g))
        unhush(s);
    else if (quiet && (until || strcmp(why, g->quiet_why) != 0)) {
        char *copy = xstrdup(why); /* it may be the one that is replaced */

        step_text(&g->quiet_why, copy);
        free(copy);
        g->quiet_until = until;
    }
}

/* ---- it begins -------------------------------------------------------------------- */

static enum alert_severity worst(const struct alert_group *g)
{
    int i = 0;

    while (i < ALERT_SEVERITIES && g->by[i] <= 0)
        i++;
    return i < ALERT_SEVERITIES ? (enum alert_severity)i : g->severity;
}

/* It waits until others have joined it, or not. */
static int64_t wait_of(const struct stepping *s)
{
    const struct route *route = s->terms->route;

    return s->g->severity == ALERT_CRITICAL && !route->wait_set
               ? 0
               : route->wait_ms;
}

/* Its card; who follows its route is mentioned below it. */
static void first(struct stepping *s)
{
    struct alert_group *g = s->g;
    bool mentions = s->terms->route->mention_count > 0 && !s->in->news.told;

    if (!g->storm) {
        s->out->post = true;
        g->posted_at = s->in->now;
    }
    step_tell(s, REASON_FIRST, mentions ? VOICE_THREAD : VOICE_NONE);
    if (s->in->news.paged)
        step_pass(s);
    step_clock_go(s);
}

static void first_or_wait(struct stepping *s)
{
    int64_t wait = wait_of(s);

    if (wait > 0 && !step_quiet(s->g))
        s->g->tell_at = s->in->now + wait;
    else
        first(s);
}

static void begin(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!g->started_at)
        g->started_at = s->in->now;
    g->severity = worst(g);
    g->fresh = s->in->news.added;
    step_clock_reset(s);
    mind_quiet(s);
    first_or_wait(s);
    s->out->changed = s->turned = true;
}

/* ---- it fires again ---------------------------------------------------------------- */

/*
 * The first time in an hour it is said; the second time that it flaps; and then
 * once an hour how often it did.
 */
static void say_again(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t since = s->in->now - g->flap_at;
    bool rolls = !g->flap_at || since < 0 || since >= HOUR;
    bool flapped = g->flap_at && since < 2 * HOUR && g->flaps > 1;
    bool said = g->told_why == REASON_FLAPPING && g->told_at >= g->flap_at;
    int64_t n = rolls ? g->flaps : g->flaps + 1;

    g->flaps = rolls ? 1 : g->flaps + 1;
    if (rolls)
        g->flap_at = s->in->now;
    if (rolls && !flapped)
        step_tell(s, REASON_AGAIN, step_of(s)->worse);
    else if (rolls || !said)
        step_tell(s, REASON_FLAPPING, step_of(s)->worse)->change.n = n;
    else
        step_say(s, REASON_FLAPPING, VOICE_NONE)->change.n = n;
}

static void again(struct stepping *s)
{
    struct alert_group *g = s->g;

    g->over_at = g->resolved_at;
    g->resolved_at = 0;
    step_text(&g->resolved_by, "");
    g->severity = worst(g);
    g->fresh = s->in->news.added;
    step_clock_reset(s);
    mind_quiet(s);
    if (is_waiting(g)) {
        first_or_wait(s);
    } else {
        say_again(s);
        if (!step_quiet(g) && s->terms->route->repeat_ms > 0)
            g->repeat_at = s->in->now + s->terms->route->repeat_ms;
        step_clock_go(s);
        s->out->post = !g->storm;
    }
    s->out->changed = s->turned = true;
}

/* ---- it goes on --------------------------------------------------------------------- */

/* Who took a warning did not take a critical. */
static void void_ack(struct stepping *s, char **said)
{
    struct alert_group *g = s->g;

    if (g->severity != ALERT_CRITICAL || !step_acked(g))
        return;
    *said = xasprintf("it was acknowledged by %s before it was critical, and "
                      "is open again",
                      g->acked_name && g->acked_name[0] ? g->acked_name
                                                        : g->acked_by);
    step_ack_clear(s);
}

static void worse(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line;
    char *said = NULL;

    void_ack(s, &said);
    if (g->storm && g->severity <= ALERT_HIGH) { /* a card of its own */
        g->storm = 0;
        g->posted_at = s->in->now;
        s->out->post = true;
    }
    if (is_waiting(g) && wait_of(s) > 0)
        line = step_say(s, REASON_WORSE, VOICE_NONE);
    else {
        if (is_waiting(g)) {
            s->out->post = true;
            g->posted_at = s->in->now;
        }
        line = step_tell(s, REASON_WORSE, step_of(s)->worse);
        step_clock_go(s);
    }
    step_text(&line->change.text, said);
    free(said);
    s->turned = true;
}

static void mind_severity(struct stepping *s)
{
    struct alert_group *g = s->g;
    enum alert_severity was = g->severity;

    g->severity = worst(g);
    if (g->severity < was)
        worse(s);
    else if (g->severity > was)
        step_say(s, REASON_BETTER,
                 step_quiet(g) ? VOICE_NONE : step_of(s)->better);
}

static void more(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t n = g->fresh;

    step_tell(s, REASON_MORE,
              step_acked(g) ? step_of(s)->chatter : step_of(s)->worse)
        ->change.n = n;
}

/* Now, or when the interval since people were told is over. */
static void mind_more(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t next = g->told_at + s->terms->route->interval_ms;

    if (g->fresh <= 0 || step_quiet(g) || g->tell_at)
        return;
    if (next <= s->in->now)
        more(s);
    else
        g->tell_at = next;
}

static void go_on(struct stepping *s)
{
    struct alert_group *g = s->g;

    g->fresh += s->in->news.added;
    mind_quiet(s);
    mind_severity(s);
    if (s->in->news.resolved > 0)
        step_say(s, REASON_SOME_OVER, VOICE_NONE)->change.n =
            s->in->news.resolved;
    mind_more(s);
    if (s->in->news.added > 0 && step_acked(g))
        g->ack_owed = true; /* Redis has not heard of their trace ids */
    if (s->in->news.added > 0 || s->in->news.renewed ||
        s->in->kind == STEP_QUIET)
        s->out->changed = true;
}

/* News, and what is muted: the counts are in. */
static void news(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->version == 0) {
        begin(s);
        if (g->firing <= 0) /* it is over already */
            step_over(s, "");
    } else if (g->resolved_at && g->firing > 0 && s->in->kind == STEP_NEWS)
        again(s);
    else if (!g->resolved_at && g->firing > 0)
        go_on(s);
    else if (!g->resolved_at)
        step_over(s, "");
}

/* ---- the clock ----------------------------------------------------------------------- */

static bool is_due(const struct stepping *s, int64_t at)
{
    return at && at <= s->in->now;
}

/* Five minutes before its end; of a short one, in the middle. */
static int64_t ask_at(const struct alert_group *g)
{
    int64_t middle = g->acked_at + (g->ack_until - g->acked_at) / 2;

    return g->ack_until - ASK > middle ? g->ack_until - ASK : middle;
}

static int64_t lease_due(const struct alert_group *g)
{
    if (!step_acked(g) || !g->ack_until)
        return 0;
    return g->ack_asked || step_quiet(g) ? g->ack_until : ask_at(g);
}

static void mind_lease(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line;

    if (!step_acked(g) || !g->ack_until || !is_due(s, lease_due(g)))
        return;
    if (!is_due(s, g->ack_until)) {
        g->ack_asked = true;
        line = step_say(s, REASON_ASKED, VOICE_THREAD);
        line->change.until = g->ack_until;
        step_text(&line->change.text, g->acked_by);
        return;
    }
    {
        char *who = xstrdup(g->acked_by);

        step_ack_clear(s);
        line = step_tell(s, REASON_ACK_EXPIRED, step_of(s)->worse);
        step_text(&line->change.text, who);
        free(who);
    }
    step_clock_go(s);
}

static void mind_owed(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!is_due(s, g->tell_at))
        return;
    g->tell_at = 0;
    if (is_waiting(g))
        first(s);
    else if (g->fresh > 0 && !step_quiet(g))
        more(s);
}

static void mind_repeat(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!is_due(s, g->repeat_at))
        return;
    g->repeat_at = 0;
    if (!step_acked(g) && !step_quiet(g))
        step_tell(s, REASON_REPEAT, step_of(s)->worse);
}

static void tick(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->resolved_at)
        return;
    s->out->started_before = is_due(s, g->due_at) ? s->in->now - g->due_at : 0;
    mind_quiet(s);
    mind_lease(s);
    mind_owed(s);
    mind_repeat(s);
    if (is_due(s, g->step_at) && g->step < step_count(s))
        step_take(s);
}

/* ---- after each ------------------------------------------------------------------------ */

/* A clock that went back, or a shorter pause: nothing waits longer than what is
 * configured now. */
static void limit(int64_t *at, int64_t latest)
{
    if (*at > latest)
        *at = latest;
}

static void mind_clock(struct stepping *s)
{
    struct alert_group *g = s->g;
    const struct route *route = s->terms->route;
    int64_t now = s->in->now;
    int64_t pause = route->wait_ms > route->interval_ms ? route->wait_ms
                                                        : route->interval_ms;

    if (g->step_at && g->step >= step_count(s))
        g->step_at = 0; /* its policy is shorter now */
    if (g->step_at)
        limit(&g->step_at, now + route->policy->steps[g->step].after_ms);
    limit(&g->tell_at, now + pause);
    limit(&g->repeat_at, route->repeat_ms > 0 ? now + route->repeat_ms : 0);
}

static int64_t due(const struct alert_group *g)
{
    int64_t all[] = { g->tell_at, g->repeat_at, g->step_at, g->look_at,
                      lease_due(g) };
    int64_t first_of = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] && (!first_of || all[i] < first_of))
            first_of = all[i];
    return first_of;
}

static void finish(struct stepping *s)
{
    struct alert_group *g = s->g;

    mind_clock(s);
    g->due_at = g->resolved_at ? 0 : due(g);
    s->out->critical = g->severity == ALERT_CRITICAL && !step_quiet(g);
    if (!g->posted_at || g->storm) /* there is no thread */
        for (size_t i = 0; i < s->out->lines_count; i++)
            s->out->lines[i].voice = VOICE_NONE;
    if (!s->out->changed)
        return;
    g->version++;
    g->changed_at = s->in->now;
    if (s->turned)
        g->turned = g->version;
}

void group_step(struct alert_group *g, const struct step_terms *terms,
                const struct step_input *in, struct step_out *out)
{
    struct stepping s = { g, terms, in, out, false };

    *out = (struct step_out){ .result = STEP_DONE };
    if (in->kind == STEP_NEWS || in->kind == STEP_QUIET)
        news(&s);
    else if (in->kind == STEP_TICK)
        tick(&s);
    else
        step_person(&s);
    finish(&s);
}

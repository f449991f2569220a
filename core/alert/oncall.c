/*
 * oncall: see oncall.h.
 *
 * Turns are counted from the rotation's first day, in days of its zone: the
 * n-th begins n days or weeks after it on the calendar, at that time on the
 * clock there. Nothing is stored but overrides, so that every replica says the
 * same, and without Postgres too.
 */
#include "core/alert/oncall.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/zone.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"
#include "core/ops/outbox.h"

void oncall_dispose(struct oncall *o)
{
    free(o->user);
    free(o->next);
    free(o->override_by);
    free(o->user_name);
    free(o->next_name);
    free(o->by_name);
    *o = (struct oncall){ 0 };
}

const struct config_rotation *oncall_find(const struct config *cfg,
                                          const char *name)
{
    for (unsigned i = 0; i < cfg->alerts.rotations_count; i++)
        if (strcmp(cfg->alerts.rotations[i].name, name) == 0)
            return &cfg->alerts.rotations[i];
    return NULL;
}

/* ---- turns ---------------------------------------------------------------------- */

/* A rotation as it is counted. */
struct turns {
    const struct config_rotation *of;
    const struct zone *zone;
    int year, month, day; /* of the first turn */
    int hour, minute;
    int days; /* that each one takes */
};

/* Days since 1970-01-01. */
static int64_t day_number(int year, int month, int day)
{
    return zone_moment(NULL, year, month, day, 0, 0) / 86400000;
}

static const char *said(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* A weekly one changes on its day: the first turn begins on the last of those
 * that is not after `from`. */
static struct turns turns_of(const struct config_rotation *r)
{
    struct turns t = { .of = r,
                       .zone = zone_find(r->zone),
                       .days = r->daily ? 1 : 7 };
    int minutes = 0;
    int64_t first;

    /* The configuration was checked: nothing of it fails. */
    (void)calendar_date(said(r->from, "2026-01-05"), &t.year, &t.month, &t.day);
    (void)calendar_clock(said(r->at, "09:00"), &minutes);
    t.hour = minutes / 60;
    t.minute = minutes % 60;
    first = day_number(t.year, t.month, t.day);
    if (!r->daily) /* 1970-01-01 was a Thursday */
        t.day -=
            (int)((first + 4 - calendar_weekday(said(r->day, "mon")) + 7) % 7);
    return t;
}

static int64_t turn_start(const struct turns *t, int64_t n)
{
    return zone_moment(t->zone, t->year, t->month, t->day + (int)n * t->days,
                       t->hour, t->minute);
}

/* The turn that a moment is in. By the calendar first, which may be one too
 * many before the hour of the day. */
static int64_t turn_at(const struct turns *t, int64_t wall_ms)
{
    struct zone_time local;
    int64_t days, n;

    zone_local(t->zone, wall_ms, &local);
    days = day_number(local.year, local.month, local.day) -
           day_number(t->year, t->month, t->day);
    n = days / t->days - (days % t->days < 0);
    while (turn_start(t, n) > wall_ms)
        n--;
    while (turn_start(t, n + 1) <= wall_ms)
        n++;
    return n;
}

static const char *turn_user(const struct turns *t, int64_t n)
{
    int64_t count = t->of->users_count;

    return count ? t->of->users[(n % count + count) % count] : "";
}

void oncall_turn(const struct config_rotation *r, int64_t wall_ms,
                 struct oncall *out)
{
    struct turns t = turns_of(r);
    int64_t n = turn_at(&t, wall_ms);

    *out = (struct oncall){
        .rotation = r,
        .user = xstrdup(turn_user(&t, n)),
        .since = turn_start(&t, n),
        .until = turn_start(&t, n + 1),
        .next = xstrdup(turn_user(&t, n + 1)),
        .override_by = xstrdup(""),
    };
}

/* ---- overrides -------------------------------------------------------------------- */

#define MS(column) "(extract(epoch from " column ") * 1000)::bigint"
#define MOMENT(n)  "to_timestamp(" n "::bigint / 1000.0)"

static const struct db_stmt stmt_overrides = {
    .name = "oncall_overrides",
    .sql = "select member, made_by, " MS("since") ", " MS(
        "until") " from opsbot.oncall_overrides where rotation = $1::text and"
                 " until > " MOMENT("$2") " order by id desc limit 200",
    .params = 2,
};

static const struct db_stmt stmt_add = {
    .name = "oncall_override_add",
    .sql = "insert into opsbot.oncall_overrides (op, rotation, member, made_by,"
           " since, until) values ($1::text, $2::text, $3::text, $4::text,"
           " " MOMENT("$5") ", " MOMENT("$6") ")",
    .params = 6,
};

/* Rows of stmt_overrides, newest first. */
enum { COL_MEMBER, COL_BY, COL_SINCE, COL_UNTIL };

static bool row_has(const struct db_rows *rows, size_t i, int64_t at)
{
    return rows_int(rows, i, COL_SINCE) <= at &&
           at < rows_int(rows, i, COL_UNTIL);
}

/* The one that holds at a moment, or how many there are. */
static size_t row_at(const struct db_rows *rows, int64_t at)
{
    size_t i = 0, count = rows_count(rows);

    while (i < count && !row_has(rows, i, at))
        i++;
    return i;
}

/* Whose it is at a moment, and between which: newer words than row `i` cut
 * what it says at both ends. */
static void cut(struct oncall *o, const struct db_rows *rows, size_t i,
                int64_t at)
{
    for (size_t j = 0; j < i; j++) {
        int64_t since = rows_int(rows, j, COL_SINCE),
                until = rows_int(rows, j, COL_UNTIL);

        if (since > at && since < o->until)
            o->until = since;
        if (until <= at && until > o->since)
            o->since = until;
    }
}

static void put(struct oncall *o, const struct db_rows *rows, size_t i)
{
    free(o->user);
    free(o->override_by);
    o->user = xstrdup(rows_text(rows, i, COL_MEMBER));
    o->override_by = xstrdup(rows_text(rows, i, COL_BY));
    o->override = true;
    o->since = rows_int(rows, i, COL_SINCE);
    o->until = rows_int(rows, i, COL_UNTIL);
}

static void look(const struct config_rotation *r, const struct db_rows *rows,
                 int64_t at, struct oncall *out)
{
    size_t i = row_at(rows, at);

    oncall_turn(r, at, out);
    if (i < rows_count(rows))
        put(out, rows, i);
    cut(out, rows, i, at);
}

/* *rows NULL: there is nothing but the rotation. */
static bool overrides(struct db *db, const struct config_rotation *r,
                      int64_t wall_ms, struct db_rows **rows, struct err *err)
{
    struct oncall turn;
    char from[TEXT_NUMBER];

    *rows = NULL;
    if (!db)
        return true;
    oncall_turn(r, wall_ms, &turn);
    text_number(from, turn.since);
    oncall_dispose(&turn);
    return db_run(db, &stmt_overrides, rows, err, r->name, from);
}

bool oncall_ahead(struct db *db, const struct config_rotation *r,
                  int64_t wall_ms, struct oncall *out, size_t count,
                  struct err *err)
{
    struct db_rows *rows;
    struct oncall after;

    if (!overrides(db, r, wall_ms, &rows, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        look(r, rows, i ? out[i - 1].until : wall_ms, &out[i]);
        look(r, rows, out[i].until, &after);
        free(out[i].next);
        out[i].next = xstrdup(after.user);
        oncall_dispose(&after);
    }
    rows_free(rows);
    return true;
}

bool oncall_at(struct db *db, const struct config_rotation *r, int64_t wall_ms,
               struct oncall *out, struct err *err)
{
    *out = (struct oncall){ 0 };
    return oncall_ahead(db, r, wall_ms, out, 1, err);
}

/* ---- somebody's word ---------------------------------------------------------------- */

static bool add(struct db *db, const struct act *act,
                const struct oncall_word *word, struct err *err)
{
    char from[TEXT_NUMBER], until[TEXT_NUMBER];

    return db_run(db, &stmt_add, NULL, err, act->op, word->rotation->name,
                  word->user, act->user, text_number(from, word->from),
                  text_number(until, word->until));
}

static bool finish(struct db *db, const struct act *act,
                   const struct oncall_word *word, struct err *err)
{
    char *outcome = json_text(member_str("result", "ok"),
                              member_str("rotation", word->rotation->name),
                              member_str("member", word->user),
                              member_int("from", word->from),
                              member_int("until", word->until));
    struct audit_row row = {
        .act = act, .kind = AUDIT_OUTCOME, .outcome = "ok", .detail = outcome
    };
    bool first;
    bool ok =
        operation_finish(db, act->op, OPERATION_DONE, outcome, &first, err) &&
        audit_write(db, &row, err);

    free(outcome);
    return ok;
}

static bool tell(struct db *db, const struct act *act,
                 const struct oncall_word *word, struct err *err)
{
    const char *channels[2];
    size_t count = act_channels(act, word->config, channels);
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = outbox_add(db, act->op, channels[i], word->body,
                        channels[i] == act->channel ? word->response_url : "",
                        err);
    return ok;
}

static bool was_before(struct db *db, const struct act *act,
                       struct oncall_done *out, struct err *err)
{
    struct operation o = { 0 };
    bool found;
    bool ok = operation_load(db, act->op, &o, &found, err);

    out->before = true;
    out->at = ok && found ? o.at : 0;
    operation_dispose(&o);
    return ok;
}

bool oncall_override(struct db *db, const struct act *act,
                     const struct oncall_word *word, struct oncall_done *out,
                     struct err *err)
{
    char *entity = xasprintf("oncall:%s", word->rotation->name);
    bool added = false, ok = false;

    *out = (struct oncall_done){ 0 };
    if (!db_begin(db, err) || !operation_add(db, act, entity, &added, err))
        goto done;
    if (!added) {
        ok = was_before(db, act, out, err);
        goto done;
    }
    ok = add(db, act, word, err) && tell(db, act, word, err) &&
         finish(db, act, word, err) && db_commit(db, err);
done:
    db_rollback(db);
    free(entity);
    return ok;
}

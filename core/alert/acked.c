/*
 * acked: see acked.h.
 */
#include "core/alert/acked.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define MOMENT_MS "604800000" /* 7 days: as core/ops/ack.c keeps it */

#define MS(column)                                                             \
    "coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

static const struct db_stmt stmt_owed = {
    .name = "acked_owed",
    .sql = "select id from opsbot.alert_groups where ack_owed order by id"
           " limit $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_look = {
    .name = "acked_look",
    .sql =
        "select case when resolved_at is null then acked_by else '' end,"
        " acked_name, ack_note, " MS("acked_at") "," MS(
            "ack_until") ", version, " MS("changed_at") ", ack_owed"
                                                        " from "
                                                        "opsbot.alert_groups "
                                                        "where id = $1::bigint "
                                                        "for update",
    .params = 1,
};

static const struct db_stmt stmt_traces = {
    .name = "acked_traces",
    .sql = "select trace from (select trace, seen_at, true as last"
           "  from opsbot.alerts where \"group\" = $1::bigint"
           "  and trace <> '' and octet_length(trace) <= 200"
           "  union all (select trace, at, false from opsbot.alert_traces"
           "  where \"group\" = $1::bigint order by at desc limit $2::bigint))"
           " t group by trace order by bool_or(last) desc, max(seen_at) desc"
           " limit $2::bigint",
    .params = 2,
};

/* As it was read: what changed since then is owed again. */
static const struct db_stmt stmt_told = {
    .name = "acked_told",
    .sql = "update opsbot.alert_groups set ack_owed = false"
           " where id = $1::bigint and version = $2::bigint and ack_owed",
    .params = 2,
};

/* One group, as it is to be seen. Text heap. */
struct standing {
    int64_t number;
    char *by, *by_name, *note;
    int64_t at, until, version, changed;
    int64_t left; /* ms of its lease, when it was looked at */
    bool owed;
};

/* Somebody has it, and its lease is not over. */
static bool is_held(const struct standing *s)
{
    return s->by[0] && (!s->until || s->left > 0);
}

static void standing_dispose(struct standing *s)
{
    free(s->by);
    free(s->by_name);
    free(s->note);
}

static bool look(struct db *db, int64_t number, struct standing *out,
                 bool *found, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[TEXT_NUMBER];

    *out = (struct standing){ .number = number };
    if (!db_run(db, &stmt_look, &rows, err, text_number(id, number)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        *out = (struct standing){
            .number = number,
            .by = xstrdup(rows_text(rows, 0, 0)),
            .by_name = xstrdup(rows_text(rows, 0, 1)),
            .note = xstrdup(rows_text(rows, 0, 2)),
            .at = rows_int(rows, 0, 3),
            .until = rows_int(rows, 0, 4),
            .version = rows_int(rows, 0, 5),
            .changed = rows_int(rows, 0, 6),
            .left = rows_int(rows, 0, 4) - clock_wall_ms(),
            .owed = rows_text(rows, 0, 7)[0] == 't',
        };
    rows_free(rows);
    return true;
}

/* ---- Redis ----------------------------------------------------------------- */

/* Heap. */
static char *text_of(const struct standing *s)
{
    char at[CLOCK_TEXT], until[CLOCK_TEXT], name[TEXT_NUMBER + 2];

    snprintf(name, sizeof name, "A-%lld", (long long)s->number);
    return json_text(
        member_str("by", s->by), member_str("at", clock_rfc3339(s->at, at)),
        member_str("until", s->until ? clock_rfc3339(s->until, until) : NULL),
        member_str("by_name", s->by_name[0] ? s->by_name : NULL),
        member_str("note", s->note[0] ? s->note : NULL),
        member_str("alert", name));
}

/* The moment too: what was asked before, and comes later, does not undo it. */
static void add(struct redis *r, const struct config *cfg,
                const struct standing *s, const char *trace, const char *text)
{
    char *key = xasprintf(ACK_KEY "%s", trace);
    char *last = xasprintf("%sack:%s", cfg->redis_prefix, trace);
    char moment[TEXT_NUMBER], left[TEXT_NUMBER];

    text_number(moment, s->by[0] ? s->at : s->changed);
    text_number(left, s->left);
    redis_cmd(r, "SET", last, moment, "PX", MOMENT_MS);
    if (!is_held(s))
        redis_cmd(r, "DEL", key);
    else if (s->until)
        redis_cmd(r, "SET", key, text, "PX", left);
    else
        redis_cmd(r, "SET", key, text);
    free(key);
    free(last);
}

static bool all_taken(struct redis *r, struct err *err)
{
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < redis_count(r); i++)
        if (reply_error(redis_reply(r, i)))
            return err_set(err, ERR_REDIS, "Redis refused it: %s",
                           reply_error(redis_reply(r, i)));
    return true;
}

/* ---- traces ---------------------------------------------------------------- */

/*
 * Newer news of an alert have another trace id, and Postgres does not know
 * those it had before for ever. Those that were set are kept where they were
 * set: a sorted set, by when; what is in there goes with the acknowledgement.
 */
struct traces {
    const struct db_rows *rows; /* those of its alerts; borrowed */
    char *set;                  /* its key in Redis */
    char **before;              /* those that were set, oldest first; heap */
    size_t before_count;
};

static bool traces_read(struct traces *t, struct redis *r,
                        const struct config *cfg, const char *name,
                        struct err *err)
{
    const struct reply *all;

    t->set = xasprintf("%sacked:%s", cfg->redis_prefix, name);
    redis_reset(r);
    redis_cmd(r, "ZRANGE", t->set, "0", "-1");
    if (!all_taken(r, err))
        return false;
    all = redis_reply(r, 0);
    t->before = xcalloc(reply_count(all) + 1, sizeof *t->before);
    for (; t->before_count < reply_count(all); t->before_count++)
        t->before[t->before_count] =
            xstrdup(reply_str(reply_at(all, t->before_count)));
    return true;
}

static void traces_dispose(struct traces *t)
{
    for (size_t i = 0; i < t->before_count; i++)
        free(t->before[i]);
    free(t->before);
    free(t->set);
}

/* Before it is set: a trace that nobody remembers would stay. */
static void remember(struct redis *r, const struct traces *t)
{
    char now[TEXT_NUMBER];

    text_number(now, clock_wall_ms());
    for (size_t i = 0; i < rows_count(t->rows); i++)
        redis_cmd(r, "ZADD", t->set, now, rows_text(t->rows, i, 0));
}

/* No longer than what is in there. */
static void remember_until(struct redis *r, const struct standing *s,
                           const struct traces *t)
{
    char left[TEXT_NUMBER];

    if (!is_held(s))
        redis_cmd(r, "DEL", t->set);
    else if (s->until)
        redis_cmd(r, "PEXPIRE", t->set, text_number(left, s->left));
    else
        redis_cmd(r, "PERSIST", t->set);
}

/* Of those that were replaced, too: the oldest of too many are let go. */
static void add_before(struct redis *r, const struct config *cfg,
                       const struct standing *s, const struct traces *t,
                       const char *text)
{
    size_t extra =
        t->before_count > ACKED_TRACES ? t->before_count - ACKED_TRACES : 0;
    struct standing nobody = *s;

    nobody.by = (char[]){ "" };
    for (size_t i = 0; i < t->before_count; i++) {
        add(r, cfg, i < extra ? &nobody : s, t->before[i], text);
        if (i < extra)
            redis_cmd(r, "ZREM", t->set, t->before[i]);
    }
}

static bool set_all(struct redis *r, const struct config *cfg,
                    const struct standing *s, const struct db_rows *rows,
                    struct err *err)
{
    struct traces t = { .rows = rows };
    char *text = text_of(s), name[TEXT_NUMBER + 2];
    bool ok;

    snprintf(name, sizeof name, "A-%lld", (long long)s->number);
    ok = traces_read(&t, r, cfg, name, err);
    redis_reset(r);
    if (ok) {
        add_before(r, cfg, s, &t, text);
        if (is_held(s))
            remember(r, &t);
        add(r, cfg, s, name, text);
        for (size_t i = 0; i < rows_count(rows); i++)
            add(r, cfg, s, rows_text(rows, i, 0), text);
        remember_until(r, s, &t);
        ok = all_taken(r, err);
    }
    redis_reset(r);
    traces_dispose(&t);
    free(text);
    return ok;
}

/* ---- telling --------------------------------------------------------------- */

static bool told(struct db *db, const struct standing *s, struct err *err)
{
    char id[TEXT_NUMBER], version[TEXT_NUMBER];

    return db_run(db, &stmt_told, NULL, err, text_number(id, s->number),
                  text_number(version, s->version));
}

/* The row is locked while Redis is told: what another replica tells it at the
 * same moment comes before or after, and is never older. */
static bool tell_in(struct db *db, struct redis *redis,
                    const struct config *cfg, struct standing *s,
                    struct db_rows **traces, struct err *err)
{
    char id[TEXT_NUMBER], most[TEXT_NUMBER];
    bool found = false;

    if (!db_begin(db, err) || !look(db, s->number, s, &found, err))
        return false;
    if (!found || !s->owed)
        return true;
    return db_run(db, &stmt_traces, traces, err, text_number(id, s->number),
                  text_number(most, ACKED_TRACES)) &&
           set_all(redis, cfg, s, *traces, err) && told(db, s, err) &&
           db_commit(db, err);
}

bool acked_tell(struct db *db, struct redis *redis, const struct config *cfg,
                int64_t number, struct err *err)
{
    struct standing s = { .number = number };
    struct db_rows *traces = NULL;
    bool ok = tell_in(db, redis, cfg, &s, &traces, err);

    db_rollback(db); /* no-op once it is committed */
    rows_free(traces);
    standing_dispose(&s);
    return ok;
}

bool acked_sweep(struct db *db, struct redis *redis, const struct config *cfg,
                 size_t most, size_t *count, struct err *err)
{
    struct db_rows *rows = NULL;
    char limit[TEXT_NUMBER];
    bool ok;

    *count = 0;
    if (!db_run(db, &stmt_owed, &rows, err, text_number(limit, (int64_t)most)))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < rows_count(rows); i++) {
        ok = acked_tell(db, redis, cfg, rows_int(rows, i, 0), err);
        *count += ok;
    }
    rows_free(rows);
    return ok;
}

/*
 * lease: rows of opsbot.leases and opsbot.timers. No state of its own: it
 * runs on the thread whose connections it is given.
 */
#include "core/ops/lease.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_hold = {
    .name = "lease_hold",
    .sql = "insert into opsbot.leases as l (name, owner, until) values"
           " ($1::text, $2::text, clock_timestamp()"
           "  + $3::bigint * interval '1 ms')"
           " on conflict (name) do update set owner = excluded.owner,"
           "  until = excluded.until"
           " where l.owner = excluded.owner or l.until < clock_timestamp()"
           " returning 1",
    .params = 3,
};

static const struct db_stmt stmt_drop = {
    .name = "lease_drop",
    .sql = "delete from opsbot.leases where name = $1::text"
           " and owner = $2::text",
    .params = 2,
};

static const struct db_stmt stmt_release = {
    .name = "lease_release",
    .sql = "delete from opsbot.leases where owner = $1::text",
    .params = 1,
};

/* Whoever finds another at it does not wait for its transaction: the turn is
 * taken, or will be due again. */
static const struct db_stmt stmt_claim = {
    .name = "timer_claim",
    .sql = "insert into opsbot.timers as t (name, due_at)"
           " select $1::text, now() + $2::bigint * interval '1 ms'"
           " where pg_try_advisory_xact_lock("
           "  hashtext('opsbot.timer.' || $1::text))"
           " on conflict (name) do update set due_at = excluded.due_at"
           " where t.due_at <= now() returning 1",
    .params = 2,
};

static const struct db_stmt stmt_due = {
    .name = "timer_due",
    .sql = "update opsbot.timers set due_at = now()"
           " + $2::bigint * interval '1 ms' where name = $1::text",
    .params = 2,
};

static const struct db_stmt stmt_note = {
    .name = "timer_note",
    .sql = "update opsbot.timers set last = $2::jsonb where name = $1::text",
    .params = 2,
};

static const struct db_stmt stmt_last = {
    .name = "timer_last",
    .sql = "select last from opsbot.timers where name = $1::text",
    .params = 1,
};

/* ---- leases in Postgres -------------------------------------------------- */

/* True when the statement gave a row. */
static bool gave_row(struct db_rows *rows)
{
    bool is = rows_count(rows) > 0;

    rows_free(rows);
    return is;
}

bool lease_hold(struct db *db, const char *name, const char *owner, int64_t ms,
                bool *held, struct err *err)
{
    struct db_rows *rows = NULL;
    char life[24];

    *held = false;
    if (!db_run(db, &stmt_hold, &rows, err, name, owner, text_number(life, ms)))
        return false;
    *held = gave_row(rows);
    return true;
}

bool lease_drop(struct db *db, const char *name, const char *owner,
                struct err *err)
{
    return db_run(db, &stmt_drop, NULL, err, name, owner);
}

bool lease_release(struct db *db, const char *owner, struct err *err)
{
    return db_run(db, &stmt_release, NULL, err, owner);
}

/* ---- leases in Redis ----------------------------------------------------- */

static const struct redis_script script_hold = {
    "hold a lease",
    "local owner = redis.call('GET', KEYS[1])\n"
    "if owner and owner ~= ARGV[1] then return 0 end\n"
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
    "return 1\n",
};

static const struct redis_script script_drop = {
    "drop a lease",
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
    "return redis.call('DEL', KEYS[1])\n",
};

bool lease_hold_redis(struct redis *r, const char *prefix, const char *name,
                      const char *owner, int64_t ms, bool *held,
                      struct err *err)
{
    char *key = xasprintf("%s%s", prefix, name);
    char life[24];
    const char *argv[] = { key, owner, text_number(life, ms) };
    const struct reply *rep =
        redis_eval(r, &script_hold, 1, 3, argv, NULL, err);

    *held = rep && reply_int(rep) == 1;
    free(key);
    return rep != NULL;
}

bool lease_drop_redis(struct redis *r, const char *prefix, const char *name,
                      const char *owner, struct err *err)
{
    char *key = xasprintf("%s%s", prefix, name);
    const char *argv[] = { key, owner };
    bool ok = redis_eval(r, &script_drop, 1, 2, argv, NULL, err) != NULL;

    free(key);
    return ok;
}

/* ---- timers -------------------------------------------------------------- */

bool timer_claim(struct db *db, const char *name, int64_t every_ms, bool *mine,
                 struct err *err)
{
    struct db_rows *rows = NULL;
    char every[24];

    *mine = false;
    if (!db_run(db, &stmt_claim, &rows, err, name,
                text_number(every, every_ms)))
        return false;
    *mine = gave_row(rows);
    return true;
}

bool timer_due(struct db *db, const char *name, int64_t in_ms, struct err *err)
{
    char in[24];

    return db_run(db, &stmt_due, NULL, err, name, text_number(in, in_ms));
}

bool timer_note(struct db *db, const char *name, const char *last,
                struct err *err)
{
    return db_run(db, &stmt_note, NULL, err, name, last);
}

bool timer_last(struct db *db, const char *name, char **last, struct err *err)
{
    struct db_rows *rows = NULL;

    *last = NULL;
    if (!db_run(db, &stmt_last, &rows, err, name))
        return false;
    if (rows_count(rows) && !rows_null(rows, 0, 0))
        *last = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    return true;
}

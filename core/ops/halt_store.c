/*
 * halt_store: runs as rows of opsbot.halts. No state of its own: it runs on
 * the thread whose connection it is given.
 *
 * A row belongs to the replica that holds its lease. One of which a later
 * action on the same scope is known is never carried on: what it would tell
 * the targets is no longer true.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"
#include "core/ops/operation.h"

#define LEASE "interval '10 s'"

/* What runs are read as, wherever they are read. */
#define COLUMNS                                                                \
    "h.op, h.action, h.scope, h.generation, h.reason, h.actor, h.actor_name,"  \
    " coalesce(h.act->>'channel', ''), h.response_url,"                        \
    " (extract(epoch from h.at) * 1000)::bigint, h.targets"

/* A finished row stays as it is, and so does one that another replica has. */
static const struct db_stmt stmt_save = {
    .name = "halt_save",
    .sql = "insert into opsbot.halts as h (op, action, scope, generation,"
           " reason, actor, actor_name, act, at, state, targets, response_url,"
           " owner, lease_until, finished_at) values ($1::text, $2::text,"
           " $3::text, $4::bigint, $5::text, $6::text, $7::text, $8::jsonb,"
           " $9::timestamptz, $10::text, $11::jsonb, $12::text, $13::text,"
           " case when $10::text = 'running' and $13::text is not null"
           "  then now() + " LEASE " end,"
           " case when $10::text <> 'running' then now() end)"
           " on conflict (op) do update set generation ="
           "  greatest(h.generation, excluded.generation),"
           " state = excluded.state, targets = excluded.targets,"
           " owner = excluded.owner, lease_until = excluded.lease_until,"
           " finished_at = excluded.finished_at"
           " where h.state = 'running' and (h.lease_until is null"
           "  or h.lease_until <= now() or h.owner = excluded.owner)",
    .params = 13,
};

static const struct db_stmt stmt_load = {
    .name = "halt_load",
    .sql = "select " COLUMNS " from opsbot.halts h where h.op = $1::text",
    .params = 1,
};

/* The condition is looked at under the row's lock, and a row that another
 * replica is just taking is passed over. */
static const struct db_stmt stmt_claim = {
    .name = "halt_claim",
    .sql = "update opsbot.halts h set owner = $1::text,"
           " lease_until = now() + " LEASE " where op = (select op"
           "  from opsbot.halts where state = 'running'"
           "  and (lease_until is null or lease_until <= now())"
           "  order by at, op limit 1 for update skip locked)"
           " returning " COLUMNS,
    .params = 1,
};

static const struct db_stmt stmt_later = {
    .name = "halt_later",
    .sql = "select l.action, l.generation from opsbot.halts h"
           " join opsbot.halts l on l.scope = h.scope and l.op <> h.op"
           " and l.action <> h.action and (case when l.generation > 0"
           "  and h.generation > 0 then l.generation > h.generation"
           "  else l.at > h.at end)"
           " where h.op = $1::text order by l.at desc limit 1",
    .params = 1,
};

static const struct db_stmt stmt_renew = {
    .name = "halt_renew",
    .sql = "update opsbot.halts set lease_until = now() + " LEASE
           " where owner = $1::text and state = 'running'",
    .params = 1,
};

static const struct db_stmt stmt_release = {
    .name = "halt_release",
    .sql = "update opsbot.halts set owner = null, lease_until = null"
           " where owner = $1::text and state = 'running'",
    .params = 1,
};

static const struct db_stmt stmt_history = {
    .name = "halt_history",
    .sql = "select " COLUMNS " from opsbot.halts h"
           " where ($1::text is null or h.scope = $1::text)"
           " order by h.at desc, h.generation desc, h.op limit $2::bigint",
    .params = 2,
};

/* ---- writing ----------------------------------------------------------------- */

static const char *state_of(const struct halt_run *run)
{
    if (!run->finished)
        return "running";
    return halt_run_stopped(run) == run->count ? "verified" : "unverified";
}

/* A run that was loaded has no act any more, but its row has. */
static char *act_text(const struct act *act, const struct halt_run *run)
{
    if (act)
        return operation_act_text(act);
    return json_text(member_str("channel", run->channel),
                     member_str("user", run->by),
                     member_str("user_name", run->by_name));
}

bool halt_run_save(struct db *db, const struct act *act,
                   const struct halt_run *run, const char *replica,
                   struct err *err)
{
    char at[CLOCK_TEXT], generation[24];
    char *stored = act_text(act, run), *targets = halt_targets_text(run);
    bool ok;

    text_number(generation, run->generation);
    ok = db_run(db, &stmt_save, NULL, err, run->op,
                halt_action_name(run->action), run->scope, generation,
                run->reason, run->by, run->by_name, stored,
                clock_rfc3339(run->at, at), state_of(run), targets,
                run->response_url, replica);
    free(stored);
    free(targets);
    return ok;
}

bool halt_run_renew(struct db *db, const char *replica, struct err *err)
{
    return db_run(db, &stmt_renew, NULL, err, replica);
}

bool halt_run_release(struct db *db, const char *replica, struct err *err)
{
    return db_run(db, &stmt_release, NULL, err, replica);
}

/* ---- reading ----------------------------------------------------------------- */

static struct halt_run *run_from(const struct db_rows *rows, size_t i)
{
    struct halt_run *run = xcalloc(1, sizeof *run);

    *run = (struct halt_run){
        .op = xstrdup(rows_text(rows, i, 0)),
        .action = halt_action_from(rows_text(rows, i, 1)),
        .scope = xstrdup(rows_text(rows, i, 2)),
        .generation = rows_int(rows, i, 3),
        .reason = xstrdup(rows_text(rows, i, 4)),
        .by = xstrdup(rows_text(rows, i, 5)),
        .by_name = xstrdup(rows_text(rows, i, 6)),
        .channel = xstrdup(rows_text(rows, i, 7)),
        .response_url = xstrdup(rows_text(rows, i, 8)),
        .at = rows_int(rows, i, 9),
    };
    halt_targets_read(run, rows_text(rows, i, 10));
    halt_run_settle(run);
    return run;
}

bool halt_run_load(struct db *db, const char *op, struct halt_run **run,
                   struct err *err)
{
    struct db_rows *rows = NULL;

    *run = NULL;
    if (!db_run(db, &stmt_load, &rows, err, op))
        return false;
    if (rows_count(rows) > 0)
        *run = run_from(rows, 0);
    rows_free(rows);
    return true;
}

static bool check_overtaken(struct db *db, struct halt_run *run,
                            struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_later, &rows, err, run->op))
        return false;
    if (rows_count(rows) > 0)
        halt_run_overtaken(run, halt_action_from(rows_text(rows, 0, 0)),
                           rows_int(rows, 0, 1));
    rows_free(rows);
    return true;
}

bool halt_run_claim(struct db *db, const char *replica, struct halt_run **run,
                    struct err *err)
{
    struct db_rows *rows = NULL;

    *run = NULL;
    if (!db_run(db, &stmt_claim, &rows, err, replica))
        return false;
    if (rows_count(rows) > 0)
        *run = run_from(rows, 0);
    rows_free(rows);
    if (!*run || check_overtaken(db, *run, err))
        return true;
    halt_run_free(*run);
    *run = NULL;
    return false;
}

bool halt_history(struct db *db, const char *scope, size_t limit,
                  struct halt_run ***runs, size_t *count, struct err *err)
{
    struct db_rows *rows = NULL;
    char most[24];

    *runs = NULL;
    *count = 0;
    text_number(most, (int64_t)limit);
    if (!db_run(db, &stmt_history, &rows, err, scope, most))
        return false;
    *count = rows_count(rows);
    *runs = xcalloc(*count + 1, sizeof **runs);
    for (size_t i = 0; i < *count; i++)
        (*runs)[i] = run_from(rows, i);
    rows_free(rows);
    return true;
}

void halt_history_free(struct halt_run **runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        halt_run_free(runs[i]);
    free(runs);
}

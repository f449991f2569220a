/*
 * halt_look: how things stand before an unhalt. Declared in halt_act.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/halt_act.h"

/* A store that fails over answers reads and refuses writes. */
static const struct db_stmt stmt_writable = {
    .name = "halt_writable",
    .sql = "select current_setting('transaction_read_only')",
};

static bool postgres_ready(struct db *db, struct err *why)
{
    struct db_rows *rows = NULL;
    bool ok;

    if (!db_exec(db, &stmt_writable, NULL, &rows, why))
        return false;
    ok = strcmp(rows_text(rows, 0, 0), "off") == 0 ||
         err_set(why, ERR_DB, "Postgres answers, but takes no writes");
    rows_free(rows);
    return ok;
}

/* The ms of the id of the first entry of a range; 0: there is none. */
static int64_t first_at(const struct reply *range)
{
    return strtoll(reply_str(reply_at(reply_at(range, 0), 0)), NULL, 10);
}

static bool read_redis(struct halt_ready *out, const struct reads *reads)
{
    const struct reply *written = reads_at(reads, 1);
    const char *refused = reply_error(written);

    halt_list_read(reads, &out->list);
    out->audit_waiting = reply_int(reads_at(reads, 2));
    out->audit_since = first_at(reads_at(reads, 3));
    if (refused)
        return err_set(&out->redis_why, ERR_REDIS, "Redis refused a write: %s",
                       refused);
    if (out->list.unknown)
        return err_set(&out->redis_why, ERR_REDIS,
                       "Redis did not say what is halted");
    return true;
}

static bool redis_ready(const struct halt_world *w, struct halt_ready *out)
{
    const char *prefix = w->config->redis_prefix;
    char *check = xasprintf("%sunhalt.check", prefix);
    char *audit = xasprintf("%saudit", prefix);
    struct reads reads = { .redis = w->redis };
    bool ok;

    redis_reset(w->redis);
    halt_list_ask(&reads, w->config);
    reads_cmd(&reads, "SET", check, "1", "PX", "1000");
    reads_cmd(&reads, "XLEN", audit);
    reads_cmd(&reads, "XRANGE", audit, "-", "+", "COUNT", "1");
    free(check);
    free(audit);
    ok = redis_run(w->redis, &out->redis_why);
    reads.failed = !ok;
    return read_redis(out, &reads) && ok;
}

void halt_look(const struct halt_world *w, const char *scope,
               struct halt_ready *out)
{
    *out = (struct halt_ready){ 0 };
    out->redis = redis_ready(w, out);
    out->postgres = postgres_ready(w->db, &out->postgres_why);
    if (w->journal)
        out->journal_waiting =
            (int64_t)journal_waiting(w->journal, &out->journal_since);
    for (size_t i = 0; i < out->list.count; i++)
        if (strcmp(out->list.halts[i].scope, scope) == 0)
            out->halt = &out->list.halts[i];
}

void halt_ready_dispose(struct halt_ready *ready)
{
    halt_list_dispose(&ready->list);
    *ready = (struct halt_ready){ 0 };
}

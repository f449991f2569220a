/*
 * db_batch: many statements, one round trip, one commit: the hot path. One
 * thread at a time, as the connection itself.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/store/db_link.h"

/* Everything out, then everything in: one transaction with one Sync, or each
 * statement alone behind its own. */
static bool send_all(struct db *db, const struct db_op *ops, size_t n,
                     bool alone, int64_t until, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!db_link_send(db, ops[i].stmt, ops[i].values, until, err))
            return false;
        if ((alone || i + 1 == n) && !db_link_sync(db, until, err))
            return false;
    }
    return true;
}

static void take_result(struct db *db, struct db_op *op, PGresult *res)
{
    op->ok = db_result_ok(db, res, op->stmt->name, &op->err);
    memcpy(op->sqlstate, db->sqlstate, sizeof op->sqlstate);
    op->affected = op->ok ? strtol(PQcmdTuples(res), NULL, 10) : 0;
    PQclear(res);
}

static bool read_all(struct db *db, struct db_op *ops, size_t n,
                     size_t *refused, int64_t until, struct err *err)
{
    *refused = 0;
    for (size_t i = 0; i < n; i++) {
        PGresult *res;

        if (!db_link_read(db, until, &res, err))
            return false;
        take_result(db, &ops[i], res);
        *refused += !ops[i].ok;
    }
    return db_link_finish(db, until, err);
}

static bool none_ok(struct db_op *ops, size_t n, const struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        ops[i].ok = false;
        ops[i].affected = 0;
        ops[i].sqlstate[0] = '\0';
        ops[i].err = *err;
    }
    return false;
}

bool db_batch(struct db *db, struct db_op *ops, size_t n, struct err *err)
{
    int64_t until = db_link_until(db);
    int64_t began = clock_mono_us();
    size_t refused = 0;
    bool ok;

    if (n == 0)
        return true;
    if (db->tx != TX_NONE) {
        err_set(err, ERR_DB, "a batch cannot join an open transaction");
        return none_ok(ops, n, err);
    }
    ok = db_ready(db, until, err) && send_all(db, ops, n, false, until, err) &&
         read_all(db, ops, n, &refused, until, err);
    if (ok && refused > 0)
        ok = send_all(db, ops, n, true, until, err) &&
             read_all(db, ops, n, &refused, until, err);
    if (!ok)
        return none_ok(ops, n, err);
    store_took(db->health, clock_mono_us() - began);
    return true;
}

/*
 * db: one connection to Postgres; statements, transactions, the probe. A
 * connection belongs to one thread; store_health is everybody's.
 *
 * A statement that may have reached Postgres is never sent again by itself
 * (db_batch() repeats only what Postgres said it refused).
 */
#include "core/store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/db_link.h"

static const struct db_stmt stmt_commit = { .name = "commit", .sql = "commit" };
static const struct db_stmt stmt_rollback = { .name = "rollback",
                                              .sql = "rollback" };
static const struct db_stmt stmt_probe = { .name = "probe", .sql = "select 1" };

struct db *db_new(const char *conninfo, struct store_health *health)
{
    struct db *db = xcalloc(1, sizeof *db);

    db->conninfo = xstrdup(conninfo);
    db->health = health;
    db->deadline_ms = 2000;
    return db;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    db_link_close(db);
    explicit_bzero(db->conninfo, strlen(db->conninfo));
    free(db->conninfo);
    free(db->prepared);
    buf_dispose(&db->steps);
    free(db);
}

void db_deadline(struct db *db, int ms)
{
    db->deadline_ms = ms;
}

int64_t db_until(struct db *db, int64_t moment)
{
    int64_t before = db->moment;

    db->moment = moment;
    return before;
}

const char *db_sqlstate(const struct db *db)
{
    return db->sqlstate;
}

/* ---- one statement -------------------------------------------------------- */

bool db_ready(struct db *db, int64_t until, struct err *err)
{
    db->sqlstate[0] = '\0';
    if (db->tx == TX_FAILED)
        return err_set(err, ERR_DB,
                       "the transaction was given up after a failure");
    if (db->probing || store_up(db->health))
        return db_link_open(db, until, err);
    if (db->tx != TX_NONE)
        db->tx = TX_FAILED;
    return store_err(db->health, ERR_DB, err);
}

/* Sends stmt on an open link and waits for its answer. */
static bool converse(struct db *db, const struct db_stmt *stmt,
                     const char *const *values, int64_t until, PGresult **res,
                     struct err *err)
{
    int64_t began = clock_mono_us();

    if (db->tx == TX_ASKED) {
        db->tx = TX_OPEN;
        if (!db_link_begin(db, until, err))
            return false;
    }
    if (!db_link_send(db, stmt, values, until, err) ||
        !db_link_sync(db, until, err) || !db_link_read(db, until, res, err) ||
        !db_link_finish(db, until, err))
        return false;
    atomic_store_explicit(&db->health->round_trip_us, clock_mono_us() - began,
                          memory_order_relaxed);
    return true;
}

/*
 * What was prepared is gone (a pooler changed servers), or this server only
 * reads (it was the primary once): a new connection may know better.
 */
static bool is_wrong_server(const struct db *db)
{
    return strcmp(db->sqlstate, "26000") == 0 ||
           strcmp(db->sqlstate, "25006") == 0;
}

static void after_failure(struct db *db)
{
    if (db->tx == TX_OPEN)
        db->tx = TX_FAILED;
    if (is_wrong_server(db))
        db_link_close(db);
}

bool db_exec(struct db *db, const struct db_stmt *stmt,
             const char *const *values, struct db_rows **rows, struct err *err)
{
    int64_t until = db_link_until(db);
    PGresult *res = NULL;
    bool ok;

    if (rows)
        *rows = NULL;
    if (!db_ready(db, until, err))
        return false;
    ok = converse(db, stmt, values, until, &res, err) &&
         db_result_ok(db, res, stmt->name, err);
    if (!ok)
        after_failure(db);
    if (ok && rows)
        *rows = (struct db_rows *)(void *)res;
    else
        PQclear(res);
    return ok;
}

/* ---- transactions --------------------------------------------------------- */

bool db_begin(struct db *db, struct err *err)
{
    if (db->tx != TX_NONE)
        return err_set(err, ERR_DB, "a transaction is open already");
    if (!db_ready(db, db_link_until(db), err))
        return false;
    db->tx = TX_ASKED;
    return true;
}

bool db_commit(struct db *db, struct err *err)
{
    if (db->tx == TX_NONE)
        return err_set(err, ERR_DB, "there is no transaction to commit");
    if (db->tx == TX_ASKED) {
        db->tx = TX_NONE;
        return true;
    }
    if (!db_exec(db, &stmt_commit, NULL, NULL, err))
        return false;
    db->tx = TX_NONE;
    return true;
}

void db_rollback(struct db *db)
{
    int64_t until = db_link_until(db);
    PGresult *res = NULL;
    struct err err;
    bool ok = true;

    if (db->tx == TX_NONE)
        return;
    db->tx = TX_NONE;
    if (!db->conn || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    if (store_up(db->health))
        ok = converse(db, &stmt_rollback, NULL, until, &res, &err) &&
             PQresultStatus(res) == PGRES_COMMAND_OK;
    else
        ok = false;
    PQclear(res);
    if (!ok)
        db_link_close(db);
}

bool db_script(struct db *db, const char *name, const char *sql,
               struct err *err)
{
    int64_t until = db_link_until(db);
    PGresult *res = NULL;
    bool ok = db_ready(db, until, err);

    if (ok && db->tx == TX_ASKED) /* BEGIN needs a statement to travel with */
        ok = db_exec(db, &stmt_probe, NULL, NULL, err);
    ok = ok && db_link_script(db, sql, until, &res, err) &&
         db_result_ok(db, res, name, err);
    PQclear(res);
    if (!ok)
        after_failure(db);
    return ok;
}

/* ---- the prober ----------------------------------------------------------- */

bool db_probe(struct db *db, struct err *err)
{
    bool ok;

    db->probing = true;
    ok = db_exec(db, &stmt_probe, NULL, NULL, err);
    db->probing = false;
    if (ok)
        store_rose(db->health);
    else
        store_fell(db->health, err->text);
    return ok;
}

/* 150010: version 15.10. */
const char *db_library(void)
{
    static char text[24];
    int version = PQlibVersion();

    snprintf(text, sizeof text, "%d.%d", version / 10000, version % 10000);
    return text;
}

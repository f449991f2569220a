/*
 * db_link: statements out, answers in, in pipeline mode under a deadline.
 * One thread at a time, as the connection itself.
 */
#include "core/store/db_link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/wait.h"

/* ---- failing -------------------------------------------------------------- */

int64_t db_link_until(const struct db *db)
{
    int64_t until = clock_mono_ms() + db->deadline_ms;

    return db->moment && db->moment < until ? db->moment : until;
}

static bool cut_short(const struct db *db, int64_t until)
{
    return db->moment && until >= db->moment && clock_mono_ms() >= until;
}

void db_link_fell(struct db *db, int64_t until, const char *why)
{
    if (!cut_short(db, until))
        store_fell(db->health, why);
}

static bool late(struct db *db, int64_t until, struct err *err)
{
    db_link_close(db);
    if (cut_short(db, until))
        err_set(err, ERR_DB, "Postgres did not answer before time was up");
    else
        err_set(err, ERR_DB, "Postgres did not answer within %d ms",
                db->deadline_ms);
    db_link_fell(db, until, err->text);
    return false;
}

/*
 * A broken connection may be one that a proxy dropped: the store is down only
 * when a new one cannot be had either.
 */
static bool lost(struct db *db, int64_t until, struct err *err)
{
    const char *why = PQerrorMessage(db->conn);
    struct err again;

    err_set(err, ERR_DB, "the connection to Postgres broke (%.*s)",
            (int)strcspn(why, "\n"), why);
    db_link_close(db);
    if (!db->opening)
        (void)!db_link_open(db, until, &again);
    return false;
}

bool db_result_ok(struct db *db, const PGresult *res, const char *what,
                  struct err *err)
{
    ExecStatusType status = PQresultStatus(res);
    const char *state, *message;

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    snprintf(db->sqlstate, sizeof db->sqlstate, "%s", state ? state : "");
    return err_set(err, ERR_DB, "Postgres refused %s: %s", what,
                   message ? message : "an earlier statement failed");
}

/* ---- sending -------------------------------------------------------------- */

static void note(struct db *db, char step)
{
    buf_char(&db->steps, step);
}

static bool is_prepared(const struct db *db, const struct db_stmt *stmt,
                        unsigned *serial)
{
    for (size_t i = 0; i < db->prepared_count; i++) {
        if (db->prepared[i].stmt != stmt)
            continue;
        *serial = db->prepared[i].serial;
        return true;
    }
    return false;
}

static unsigned keep_prepared(struct db *db, const struct db_stmt *stmt)
{
    if (db->prepared_count == db->prepared_room) {
        db->prepared_room = db->prepared_room ? db->prepared_room * 2 : 32;
        db->prepared =
            xrealloc(db->prepared, db->prepared_room * sizeof *db->prepared);
    }
    db->prepared[db->prepared_count++] =
        (struct db_prepared){ .stmt = stmt, .serial = ++db->serial };
    return db->serial;
}

static void prepared_name(char out[96], const struct db_stmt *stmt,
                          unsigned serial)
{
    snprintf(out, 96, "%.70s_%u", stmt->name, serial);
}

bool db_link_begin(struct db *db, int64_t until, struct err *err)
{
    if (!PQsendQueryParams(db->conn, "begin", 0, NULL, NULL, NULL, NULL, 0))
        return lost(db, until, err);
    note(db, 'B');
    return true;
}

bool db_link_send(struct db *db, const struct db_stmt *stmt,
                  const char *const *values, int64_t until, struct err *err)
{
    char name[96];
    unsigned serial;

    if (is_prepared(db, stmt, &serial)) {
        prepared_name(name, stmt, serial);
    } else {
        prepared_name(name, stmt, keep_prepared(db, stmt));
        if (!PQsendPrepare(db->conn, name, stmt->sql, stmt->params, NULL))
            return lost(db, until, err);
        note(db, 'P');
    }
    if (!PQsendQueryPrepared(db->conn, name, stmt->params, values, NULL, NULL,
                             0))
        return lost(db, until, err);
    note(db, 'X');
    return true;
}

bool db_link_sync(struct db *db, int64_t until, struct err *err)
{
    if (!PQpipelineSync(db->conn))
        return lost(db, until, err);
    note(db, 'S');
    return true;
}

/* ---- receiving ------------------------------------------------------------ */

/* The next result of any kind, NULL between statements. */
static bool next_result(struct db *db, int64_t until, PGresult **res,
                        struct err *err)
{
    int unsent = PQflush(db->conn);

    while (unsent >= 0 && PQisBusy(db->conn)) {
        short events =
            wait_fd(PQsocket(db->conn),
                    (short)(unsent ? POLLIN | POLLOUT : POLLIN), until);

        if (events == 0)
            return late(db, until, err);
        if (events != POLLOUT && !PQconsumeInput(db->conn))
            return lost(db, until, err);
        if (unsent)
            unsent = PQflush(db->conn);
    }
    if (unsent < 0)
        return lost(db, until, err);
    *res = PQgetResult(db->conn);
    return PQstatus(db->conn) == CONNECTION_OK || *res || lost(db, until, err);
}

/* All results of one statement: the last one counts. */
static bool whole_result(struct db *db, int64_t until, PGresult **res,
                         struct err *err)
{
    PGresult *more = NULL;

    *res = NULL;
    do {
        if (more) {
            PQclear(*res);
            *res = more;
        }
        if (!next_result(db, until, &more, err)) {
            PQclear(*res);
            *res = NULL;
            return false;
        }
    } while (more);
    if (*res && PQstatus(db->conn) == CONNECTION_OK)
        return true;
    PQclear(*res);
    *res = NULL;
    return lost(db, until, err);
}

/* A Prepare that failed leaves its slot empty. */
static void close_preparing(struct db *db, bool ok)
{
    size_t slot = db->preparing++;

    if (!ok && slot < db->prepared_count)
        db->prepared[slot].stmt = NULL;
}

static char next_step(struct db *db)
{
    return db->step < db->steps.len ? db->steps.data[db->step++] : '\0';
}

static bool read_sync(struct db *db, int64_t until, struct err *err)
{
    PGresult *res = NULL;
    bool ok = next_result(db, until, &res, err);

    if (ok && PQresultStatus(res) != PGRES_PIPELINE_SYNC)
        ok = lost(db, until, err);
    PQclear(res);
    return ok;
}

/* What Begin and Prepare come to; a failure is kept in why. */
static void read_preparation(struct db *db, char step, PGresult *res,
                             PGresult **why)
{
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;

    if (step == 'P')
        close_preparing(db, ok);
    if (!*why && PQresultStatus(res) == PGRES_FATAL_ERROR)
        *why = res;
    else
        PQclear(res);
}

bool db_link_read(struct db *db, int64_t until, PGresult **res, struct err *err)
{
    PGresult *why = NULL;
    char step = next_step(db);
    bool ok = true;

    *res = NULL;
    for (; ok && step != 'X'; step = next_step(db)) {
        if (step == 'S') {
            ok = read_sync(db, until, err);
            continue;
        }
        ok = whole_result(db, until, res, err);
        if (ok)
            read_preparation(db, step, *res, &why);
        *res = NULL;
    }
    ok = ok && whole_result(db, until, res, err);
    if (ok && why) {
        PQclear(*res);
        *res = why;
        why = NULL;
    }
    PQclear(why);
    return ok;
}

bool db_link_finish(struct db *db, int64_t until, struct err *err)
{
    while (next_step(db) == 'S')
        if (!read_sync(db, until, err))
            return false;
    buf_cut(&db->steps, 0);
    db->step = 0;
    while (db->prepared_count > 0 && !db->prepared[db->prepared_count - 1].stmt)
        db->prepared_count--;
    db->preparing = db->prepared_count;
    return true;
}

bool db_link_script(struct db *db, const char *sql, int64_t until,
                    PGresult **res, struct err *err)
{
    *res = NULL;
    if (!PQexitPipelineMode(db->conn) || !PQsendQuery(db->conn, sql))
        return lost(db, until, err);
    if (!whole_result(db, until, res, err))
        return false;
    return PQenterPipelineMode(db->conn) || lost(db, until, err);
}

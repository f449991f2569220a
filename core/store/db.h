/*
 * db: one connection to Postgres; prepared statements, transactions, batches.
 *
 * The only user of libpq. A connection belongs to one thread. It connects
 * when first used and again after a failure; every wait has a deadline (2 s
 * unless said otherwise, connecting included); a miss marks the shared
 * store_health down and later calls fail at once until db_probe() succeeds.
 * Statements are constants, prepared once per connection; every value is a
 * parameter, as text.
 */
#ifndef CORE_STORE_DB_H
#define CORE_STORE_DB_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/health.h"

#define DB_PARAMS 20

/* A constant with static life: identified by its address. */
struct db_stmt {
    const char *name; /* for errors and as the prepared name */
    const char *sql;  /* parameters as $1::text … */
    int params;
};

struct db;
struct db_rows;

/* conninfo: DATABASE_URL. No I/O. health is borrowed. */
struct db *db_new(const char *conninfo, struct store_health *health);
void db_free(struct db *db); /* rolls back what is open; NULL is fine */
void db_deadline(struct db *db, int ms); /* default 2000 */
/* No wait goes past this moment (mono ms), however much of its deadline is
 * left; 0: none. Whoever is cut short fails and says nothing about the store:
 * time was up, Postgres may be well. Gives the one before. */
int64_t db_until(struct db *db, int64_t moment);

/*
 * Runs one statement, in the open transaction or alone. values has
 * stmt->params entries, NULL is SQL's NULL. rows may be NULL; otherwise the
 * caller frees. On failure rows is NULL, err is ERR_DB, and an open
 * transaction is aborted (db_rollback() is still owed).
 */
MUST_CHECK bool db_exec(struct db *db, const struct db_stmt *stmt,
                        const char *const *values, struct db_rows **rows,
                        struct err *err);
#define db_run(db, stmt, rows, err, ...)                                       \
    db_exec(db, stmt, (const char *const[]){ __VA_ARGS__, NULL }, rows, err)

MUST_CHECK bool db_begin(struct db *db, struct err *err);
MUST_CHECK bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* no-op unless a transaction is open */

/*
 * A text of several statements without parameters (a migration), in the open
 * transaction or as one of its own. Start-up only: nothing is prepared.
 */
MUST_CHECK bool db_script(struct db *db, const char *name, const char *sql,
                          struct err *err);

/* SQLSTATE of the last failure ("23505"), "" if there was none. */
const char *db_sqlstate(const struct db *db);

/*
 * A batch: n statements in one pipelined transaction, one commit. When one
 * of them fails all are run again, each alone. affected is the row count (0:
 * a conflict was skipped); ok false carries why. Returns false only when
 * Postgres itself failed; then no op is ok.
 */
struct db_op {
    const struct db_stmt *stmt;
    const char *values[DB_PARAMS]; /* borrowed until db_batch() returns */
    long affected;                 /* out */
    bool ok;                       /* out */
    struct err err;                /* out, when not ok */
    char sqlstate[6];              /* out, when not ok: "23505"; may be "" */
};
MUST_CHECK bool db_batch(struct db *db, struct db_op *ops, size_t n,
                         struct err *err);

/* SELECT 1 past the down mark; marks up or down. For the one prober. */
bool db_probe(struct db *db, struct err *err);

/* ---- rows ---------------------------------------------------------------- */
size_t rows_count(const struct db_rows *rows); /* NULL gives 0 */
long rows_affected(const struct db_rows *rows);
const char *rows_text(const struct db_rows *rows, size_t row,
                      int col); /* "" for NULL */
bool rows_null(const struct db_rows *rows, size_t row, int col);
int64_t rows_int(const struct db_rows *rows, size_t row, int col);
void rows_free(struct db_rows *rows); /* NULL is fine */

/* "15.10": the library behind this. Static. */
const char *db_library(void);

#endif

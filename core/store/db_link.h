/*
 * db_link: the wire below db.c: connect, send, receive, each under a
 * deadline. Internal to core/store/db*.c.
 *
 * The connection stays in pipeline mode. What is sent is noted as a string of
 * steps, and answers are read in that order. A link that missed a deadline or
 * lost its peer is closed at once.
 */
#ifndef CORE_STORE_DB_LINK_H
#define CORE_STORE_DB_LINK_H

#include <libpq-fe.h>

#include "core/base/buf.h"
#include "core/store/db.h"

enum db_tx {
    TX_NONE,
    TX_ASKED,  /* BEGIN travels with the first statement */
    TX_OPEN,   /* BEGIN was sent */
    TX_FAILED, /* a statement or the connection failed: rollback is owed */
};

/* A slot of what this connection has prepared; stmt NULL: it failed. */
struct db_prepared {
    const struct db_stmt *stmt;
    unsigned serial; /* in its name; never used twice on a connection */
};

struct db {
    char *conninfo;
    struct store_health *health;
    int deadline_ms;
    int64_t moment;   /* of db_until() */
    PGconn *conn;     /* NULL: not connected */
    int connected_ms; /* the deadline that statement_timeout was set for */
    enum db_tx tx;
    char sqlstate[6];
    struct db_prepared *prepared;
    size_t prepared_count, prepared_room;
    unsigned serial;
    struct buf steps; /* sent and not answered: 'P'repare, e'X'ecute, 'S'ync,
                        * 'B'egin */
    size_t step;      /* the next one to read */
    size_t preparing; /* the slot that the next 'P' is about */
    bool opening;     /* inside db_link_open(): a loss is its failure */
    bool probing;     /* inside db_probe(): past the down mark */
};

/* Until when something that begins now may wait: mono ms. */
int64_t db_link_until(const struct db *db);
/* The deadline was missed: the store is down, unless time was cut short. */
void db_link_fell(struct db *db, int64_t until, const char *why);

/* Connects unless connected to a peer that is still there. A failure marks
 * the store down. until: mono ms. */
MUST_CHECK bool db_link_open(struct db *db, int64_t until, struct err *err);
void db_link_close(struct db *db);

/* The store is up, no failed transaction is in the way, and the link is
 * open. In db.c. */
MUST_CHECK bool db_ready(struct db *db, int64_t until, struct err *err);

/* The hosts of a conninfo, with their addresses: comma-separated lists of one
 * length, as libpq takes them; empty where there is nothing to look up. False:
 * none was found in time. */
struct db_hosts {
    struct buf host, address, port;
    size_t count;
};
MUST_CHECK bool db_hosts_find(struct db_hosts *out, const char *conninfo,
                              int64_t until, struct err *err);
void db_hosts_dispose(struct db_hosts *hosts);

/* Queue up; nothing is waited for. False: the link is lost (and closed). */
MUST_CHECK bool db_link_begin(struct db *db, int64_t until, struct err *err);
MUST_CHECK bool db_link_send(struct db *db, const struct db_stmt *stmt,
                             const char *const *values, int64_t until,
                             struct err *err);
MUST_CHECK bool db_link_sync(struct db *db, int64_t until, struct err *err);

/*
 * The answer to the next statement sent: *res is the caller's. A statement
 * that Postgres refused is an answer (db_result_ok() tells). False: no answer
 * came; the link is closed, and the store marked down if it must be.
 */
MUST_CHECK bool db_link_read(struct db *db, int64_t until, PGresult **res,
                             struct err *err);
/* Reads what is left: the last Sync. */
MUST_CHECK bool db_link_finish(struct db *db, int64_t until, struct err *err);

/* Several statements without parameters, outside the pipeline. */
MUST_CHECK bool db_link_script(struct db *db, const char *sql, int64_t until,
                               PGresult **res, struct err *err);

/* True for rows or done. Otherwise err says what Postgres said, about what,
 * and sqlstate is kept. */
MUST_CHECK bool db_result_ok(struct db *db, const PGresult *res,
                             const char *what, struct err *err);

#endif

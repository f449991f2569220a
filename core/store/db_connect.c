/*
 * db_connect: a connection to Postgres is made, looked after and closed.
 * One thread at a time, as the connection itself.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/store/db_link.h"
#include "core/base/wait.h"

/* The server gives up a little after we do, so that nothing of ours lingers
 * there with its locks. */
#define SERVER_GRACE_MS 500

static const struct db_stmt setup = {
    .name = "setup",
    .sql = "select set_config('statement_timeout', $1::text, false),"
           " set_config('idle_in_transaction_session_timeout', '60000', false)",
    .params = 1,
};

void db_link_close(struct db *db)
{
    if (db->conn)
        PQfinish(db->conn);
    db->conn = NULL;
    db->prepared_count = 0;
    db->preparing = 0;
    buf_cut(&db->steps, 0);
    db->step = 0;
    if (db->tx == TX_OPEN)
        db->tx = TX_FAILED;
}

/* libpq's messages end in newlines and may have several lines. */
static void first_line(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static void on_notice(void *arg, const char *message)
{
    char line[400];

    (void)arg;
    first_line(line, sizeof line, message);
    log_info("postgres", NULL, "%s", line);
}

/*
 * A password with an unescaped "@", "/" or "?" spills into the parts after it,
 * and libpq quotes those when it fails (P8): an "@" where none belongs.
 */
static bool is_spilled(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    bool spilled = false;

    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        if (o->val && strchr(o->val, '@') &&
            (strcmp(o->keyword, "host") == 0 ||
             strcmp(o->keyword, "port") == 0 ||
             strcmp(o->keyword, "dbname") == 0))
            spilled = true;
    PQconninfoFree(options);
    return spilled;
}

static bool explain_failure(const struct db *db, struct err *err)
{
    char line[300];

    if (is_spilled(db->conninfo))
        return err_set(err, ERR_DB,
                       "cannot connect to Postgres: the host, port or name in"
                       " DATABASE_URL holds an `@`. In a password special"
                       " characters are written as %%xx");
    first_line(line, sizeof line,
               db->conn ? PQerrorMessage(db->conn) : "no memory");
    return err_set(err, ERR_DB, "cannot connect to Postgres: %s", line);
}

static bool check_conninfo(const char *conninfo, struct err *err)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);

    if (!options)
        return err_set(err, ERR_DB,
                       "DATABASE_URL is not a valid connection string"
                       " (postgresql://user:password@host:5432/name, special"
                       " characters in the password written as %%xx)");
    PQconninfoFree(options);
    return true;
}

/* What stands behind dbname wins over what is in it; empty counts for
 * nothing. */
static PGconn *start(const char *conninfo, const struct db_hosts *hosts)
{
    static const char *const names[] = { "fallback_application_name",
                                         "tcp_user_timeout",
                                         "keepalives_idle",
                                         "keepalives_interval",
                                         "keepalives_count",
                                         "dbname",
                                         "client_encoding",
                                         "host",
                                         "hostaddr",
                                         "port",
                                         NULL };
    const char *const values[] = { "opsbot",
                                   "5000",
                                   "10",
                                   "5",
                                   "3",
                                   conninfo,
                                   "UTF8",
                                   buf_text(&hosts->host),
                                   buf_text(&hosts->address),
                                   buf_text(&hosts->port),
                                   NULL };

    return PQconnectStartParams(names, values, 1);
}

static bool begin(struct db *db, int64_t until, struct err *err)
{
    struct db_hosts hosts = { 0 };
    bool found;

    if (!check_conninfo(db->conninfo, err))
        return false;
    /* What may be part of a password is asked of nobody's name server. */
    found = is_spilled(db->conninfo) ||
            db_hosts_find(&hosts, db->conninfo, until, err);
    if (found)
        db->conn = start(db->conninfo, &hosts);
    db_hosts_dispose(&hosts);
    return found && ((db->conn && PQstatus(db->conn) != CONNECTION_BAD) ||
                     explain_failure(db, err));
}

static bool connect_by(struct db *db, int64_t until, struct err *err)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (!begin(db, until, err))
        return false;
    PQsetNoticeProcessor(db->conn, on_notice, NULL);
    while (next != PGRES_POLLING_OK) {
        short want = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!wait_fd(PQsocket(db->conn), want, until))
            return err_set(err, ERR_DB,
                           "cannot connect to Postgres: no answer within %d ms",
                           db->deadline_ms);
        next = PQconnectPoll(db->conn);
        if (next == PGRES_POLLING_FAILED)
            return explain_failure(db, err);
    }
    if (PQsetnonblocking(db->conn, 1) != 0 ||
        PQenterPipelineMode(db->conn) != 1)
        return explain_failure(db, err);
    return true;
}

static bool set_up(struct db *db, int64_t until, struct err *err)
{
    char timeout[16];
    const char *const values[] = { timeout };
    PGresult *res = NULL;
    bool ok;

    snprintf(timeout, sizeof timeout, "%d", db->deadline_ms + SERVER_GRACE_MS);
    ok = db_link_send(db, &setup, values, until, err) &&
         db_link_sync(db, until, err) && db_link_read(db, until, &res, err) &&
         db_result_ok(db, res, setup.name, err) &&
         db_link_finish(db, until, err);
    PQclear(res);
    db->connected_ms = db->deadline_ms;
    return ok;
}

/* Nobody speaks on an idle connection: readable means closed, or closing. */
static bool still_there(const struct db *db)
{
    return db->conn && PQstatus(db->conn) == CONNECTION_OK &&
           wait_fd(PQsocket(db->conn), POLLIN, 0) == 0;
}

bool db_link_open(struct db *db, int64_t until, struct err *err)
{
    bool ok;

    if (db->tx == TX_OPEN && db->conn)
        return true;
    if (still_there(db) && db->connected_ms == db->deadline_ms)
        return true;
    db_link_close(db);
    db->opening = true;
    ok = connect_by(db, until, err) && set_up(db, until, err);
    db->opening = false;
    if (ok)
        return true;
    db_link_close(db);
    db_link_fell(db, until, err->text);
    return false;
}

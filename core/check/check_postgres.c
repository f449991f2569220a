/*
 * check_postgres: Postgres takes a connection, in time, and a query gives what
 * it should. Each asking makes its own connection: that one can be had is what
 * is asked. The query runs in a transaction that may only read.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/check/check_parts.h"
#include "core/store/db.h"

#define VALUE_SHOWN 60 /* characters */

static const struct db_stmt stmt_read_only = {
    .name = "read_only",
    .sql = "set transaction read only",
};

/* libpq's "connection to server at … failed: FATAL:  …", as people say it. */
static const char *words(const char *text)
{
    static const char cannot[] = "cannot connect to Postgres: ";
    static const char fails[] = " failed: ", fatal[] = "FATAL:  ";
    const char *at;

    if (strncmp(text, cannot, sizeof cannot - 1) != 0)
        return text;
    text += sizeof cannot - 1;
    at = strstr(text, fails);
    text = at ? at + sizeof fails - 1 : text;
    return strncmp(text, fatal, sizeof fatal - 1) == 0 ? text + sizeof fatal - 1
                                                       : text;
}

static void failed(struct check_ask *ask, const char *what,
                   const struct err *err)
{
    char took[CHECK_TIME];

    if (check_is_over(ask))
        check_bad(ask, "%s: no answer within %s", what,
                  check_time(clock_mono_us() - ask->began, took));
    else
        check_bad(ask, "%s: %s", what, words(err->text));
}

/* ---- the query --------------------------------------------------------------------- */

static bool value_fits(struct check_ask *ask, const struct db_rows *rows)
{
    const char *want = ask->spec->expect.value;
    char *shown;

    if (!want)
        return true;
    if (rows_count(rows) == 0) {
        check_bad(ask, "its query gives no row, expected %s", want);
        return false;
    }
    if (!rows_null(rows, 0, 0) && strcmp(rows_text(rows, 0, 0), want) == 0)
        return true;
    shown = check_shown(rows_null(rows, 0, 0) ? "null" : rows_text(rows, 0, 0),
                        VALUE_SHOWN);
    check_bad(ask, "its query gives %s, expected %s",
              *shown ? shown : "an empty text", want);
    free(shown);
    return false;
}

static bool query_fits(struct check_ask *ask, struct db *db)
{
    const struct db_stmt query = { .name = "query", .sql = ask->spec->query };
    struct db_rows *rows = NULL;
    struct err err = { 0 };
    bool ok;

    if (!query.sql)
        return true;
    if (!db_exec(db, &stmt_read_only, NULL, NULL, &err) ||
        !db_exec(db, &query, NULL, &rows, &err)) {
        failed(ask, "its query", &err);
        return false;
    }
    ok = value_fits(ask, rows);
    rows_free(rows);
    return ok;
}

/* ---- asking ------------------------------------------------------------------------ */

static bool connects(struct check_ask *ask, struct db *db)
{
    int64_t limit = (int64_t)ask->spec->expect.connect_ms * 1000, took;
    char is[CHECK_TIME], most[CHECK_TIME];
    struct err err = { 0 };

    if (!db_begin(db, &err)) {
        failed(ask, "connect", &err);
        return false;
    }
    took = clock_mono_us() - ask->began;
    if (limit == 0 || took <= limit)
        return true;
    check_bad(ask, "connect %s > %s", check_time(took, is),
              check_time(limit, most));
    return false;
}

static void postgres_run(struct check_ask *ask)
{
    struct store_health own = { .name = "Postgres", .quiet = true };
    const char *url = ask->spec->url
                          ? ask->spec->url
                          : config_now(ask->world->config)->database_url;
    struct db *db = db_new(url, &own);

    db_deadline(db, (int)ask->spec->timeout_ms);
    db_until(db, ask->until);
    if (connects(ask, db) && query_fits(ask, db))
        check_ok_time(ask);
    db_free(db);
}

const struct check_type check_postgres = { NULL, postgres_run, NULL };

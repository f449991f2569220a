#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/harness/servers.h"

/* ---- Redis -------------------------------------------------------------- */

static void add_reply(struct buf *out, const redisReply *r, const char *fmt)
{
    switch (r->type) {
    case REDIS_REPLY_ERROR:
        harness_fail("Redis, \"%s\": %s", fmt, r->str);
    case REDIS_REPLY_INTEGER:
        buf_fmt(out, "%lld", r->integer);
        break;
    case REDIS_REPLY_NIL:
        break;
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < r->elements; i++) {
            if (i)
                buf_char(out, '\n');
            add_reply(out, r->element[i], fmt);
        }
        break;
    default:
        buf_add(out, r->str, (size_t)r->len);
    }
}

static char *redis_run(struct harness *h, const char *fmt, va_list ap)
{
    char *path = below(h, "redis.sock");
    redisContext *c = redisConnectUnix(path);
    struct buf out = { 0 };
    redisReply *r;

    if (!c || c->err)
        harness_fail("Redis at %s: %s", path, c ? c->errstr : "no memory");
    r = redisvCommand(c, fmt, ap);
    if (!r)
        harness_fail("Redis, \"%s\": %s", fmt, c->errstr);
    add_reply(&out, r, fmt);
    freeReplyObject(r);
    redisFree(c);
    free(path);
    return out.data ? buf_take(&out) : xstrdup("");
}

char *redis_text(struct harness *h, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = redis_run(h, fmt, ap);
    va_end(ap);
    return text;
}

long long redis_number(struct harness *h, const char *fmt, ...)
{
    va_list ap;
    long long number;
    char *text;

    va_start(ap, fmt);
    text = redis_run(h, fmt, ap);
    va_end(ap);
    number = atoll(text);
    free(text);
    return number;
}

void redis_send(struct harness *h, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    free(redis_run(h, fmt, ap));
    va_end(ap);
}

/* ---- Postgres ----------------------------------------------------------- */

static char *rows_text(const PGresult *result)
{
    struct buf out = { 0 };

    for (int row = 0; row < PQntuples(result); row++) {
        if (row)
            buf_char(&out, '\n');
        for (int column = 0; column < PQnfields(result); column++) {
            if (column)
                buf_char(&out, '|');
            buf_str(&out, PQgetvalue(result, row, column));
        }
    }
    return out.data ? buf_take(&out) : xstrdup("");
}

void sql_done(struct harness *h)
{
    if (h->db)
        PQfinish(h->db);
    h->db = NULL;
}

/* A wait asks many times, and a connection costs Postgres a process. */
static PGresult *sql_try(struct harness *h, const char *statement)
{
    if (!h->db)
        h->db = PQconnectdb(h->database_url);
    if (PQstatus(h->db) != CONNECTION_OK)
        harness_fail("Postgres: %s", PQerrorMessage(h->db));
    return PQexec(h->db, statement);
}

static char *sql_run(struct harness *h, const char *fmt, va_list ap)
{
    bool kept = h->db != NULL;
    PGresult *result;
    char *text, *statement;

    if (vasprintf(&statement, fmt, ap) < 0)
        harness_fail("no memory");
    result = sql_try(h, statement);
    if (kept && PQstatus(h->db) == CONNECTION_BAD) {
        /* A test has thrown us out. */
        PQclear(result);
        sql_done(h);
        result = sql_try(h, statement);
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK &&
        PQresultStatus(result) != PGRES_COMMAND_OK)
        harness_fail("Postgres, \"%s\": %s", statement, PQerrorMessage(h->db));
    text = rows_text(result);
    free(statement);
    PQclear(result);
    return text;
}

char *sql(struct harness *h, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = sql_run(h, fmt, ap);
    va_end(ap);
    return text;
}

long long sql_number(struct harness *h, const char *fmt, ...)
{
    va_list ap;
    long long number;
    char *text;

    va_start(ap, fmt);
    text = sql_run(h, fmt, ap);
    va_end(ap);
    number = atoll(text);
    free(text);
    return number;
}

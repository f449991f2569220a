/*
 * stores: a private Redis and Postgres for one unit test of core. One
 * thread.
 */
#include "tests/core/stores.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

struct redis *stores_redis(struct stores *s)
{
    struct redis *r = redis_new(&s->url, &s->redis_health);

    redis_deadline(r, STORES_MS);
    return r;
}

struct db *stores_db(struct stores *s)
{
    struct db *db = db_new(s->database, &s->db_health);

    db_deadline(db, STORES_MS);
    return db;
}

/* Those of which there may be connections, started or not. */
static void name_them(struct stores *s)
{
    const char *dir = s->harness->dir;
    struct err err;

    snprintf(s->sockets, sizeof s->sockets, "%s/pg", dir);
    snprintf(s->redis_text, sizeof s->redis_text, "unix://%s/redis.sock", dir);
    snprintf(s->database, sizeof s->database,
             "postgresql:///opsbot?host=%s&user=bot", s->sockets);
    if (!redis_url_parse(s->redis_text, &s->url, &err))
        harness_fail("%s", err.text);
}

void stores_start(struct stores *s, int which)
{
    struct harness_options options = { .parts = which };

    *s = (struct stores){ .redis_health = { .name = "Redis" },
                          .db_health = { .name = "Postgres" } };
    s->harness = harness_start(&options);
    name_them(s);
}

void stores_stop(struct stores *s)
{
    harness_stop(s->harness);
    redis_url_dispose(&s->url);
}

/* ---- onlookers ------------------------------------------------------------ */

char *look_text(struct stores *s, const char *sql)
{
    struct store_health health = { .name = "Postgres" };
    struct db *db = db_new(s->database, &health);
    const struct db_stmt stmt = { .name = "onlooker", .sql = sql };
    struct db_rows *rows = NULL;
    struct err err;
    char *text;

    db_deadline(db, STORES_MS);
    if (!db_exec(db, &stmt, NULL, &rows, &err))
        harness_fail("%s", err.text);
    text = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    db_free(db);
    return text;
}

long look_number(struct stores *s, const char *sql)
{
    char *text = look_text(s, sql);
    long n = strtol(text, NULL, 10);

    free(text);
    return n;
}

char *cli(struct stores *s, const char *fmt, ...)
{
    struct buf line = { 0 }, out = { 0 };
    char chunk[4096], *command;
    FILE *pipe;
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    if (vasprintf(&command, fmt, ap) < 0)
        harness_fail("no memory");
    va_end(ap);
    buf_fmt(&line, "redis-cli -s %s/redis.sock %s", s->harness->dir, command);
    pipe = popen(buf_text(&line), "r");
    while (pipe && (n = fread(chunk, 1, sizeof chunk, pipe)) > 0)
        buf_add(&out, chunk, n);
    if (!pipe || pclose(pipe) != 0)
        harness_fail("%s", buf_text(&line));
    while (out.len > 0 && out.data[out.len - 1] == '\n')
        buf_cut(&out, out.len - 1);
    buf_dispose(&line);
    free(command);
    return buf_take(&out);
}

long cli_number(struct stores *s, const char *command)
{
    char *text = cli(s, "%s", command);
    long n = strtol(text, NULL, 10);

    free(text);
    return n;
}

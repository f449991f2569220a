#include "tests/integration/canary.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define AROUND 80 /* bytes that are shown on both sides */
#define MOST   32

static struct {
    char *what, *text;
} also[MOST];
static size_t also_count;

void canary_also(const char *what, const char *text)
{
    cr_assert_lt(also_count, MOST);
    cr_assert_gt(strlen(text), 5, "%s: %s", what, text);
    also[also_count].what = xstrdup(what);
    also[also_count++].text = xstrdup(text);
}

void canary_forget(void)
{
    while (also_count) {
        free(also[--also_count].what);
        free(also[also_count].text);
    }
}

/* ---- looking ------------------------------------------------------------------ */

static void found(const char *where, const char *text, const char *at,
                  const char *what)
{
    size_t before = (size_t)(at - text) < AROUND ? (size_t)(at - text) : AROUND;

    cr_expect(false, "%s tells %s: …%.*s…", where, what, (int)before + AROUND,
              at - before);
}

void canary_look(const char *where, const char *text)
{
    const char *at = text;

    for (; (at = strstr(at, CANARY)); at += strlen(CANARY)) {
        char what[32];

        snprintf(what, sizeof what, "%.*s",
                 (int)strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789"), at);
        found(where, text, at, what);
    }
    for (size_t i = 0; i < also_count; i++)
        if ((at = strstr(text, also[i].text)))
            found(where, text, at, also[i].what);
}

void canary_take(const char *where, char *text)
{
    canary_look(where, text);
    free(text);
}

void canary_file(const char *path)
{
    canary_take(path, harness_read(path));
}

static size_t files;

static int look_at_file(const char *path, const struct stat *st, int type)
{
    (void)st;
    if (type == FTW_F) {
        canary_file(path);
        files++;
    }
    return 0;
}

size_t canary_files(const char *dir)
{
    files = 0;
    cr_assert_eq(ftw(dir, look_at_file, 16), 0, "%s", dir);
    return files;
}

/* ---- Postgres ------------------------------------------------------------------- */

void canary_postgres(struct harness *h)
{
    char *tables = sql(h, "select table_name from information_schema.tables"
                          " where table_schema = 'opsbot'"),
         *rest = tables, *table;
    size_t n = 0;

    while ((table = strsep(&rest, "\n")) != NULL) {
        if (!*table)
            continue;
        canary_take(table,
                    sql(h,
                        "select to_jsonb(t) - 'response_url' from opsbot.%s"
                        " t",
                        table));
        n++;
    }
    cr_assert_gt(n, 10, "%zu tables", n);
    canary_take("pg_stat_activity", sql(h, "select application_name, query"
                                           " from pg_stat_activity"));
    free(tables);
}

/* ---- Redis ---------------------------------------------------------------------- */

static char *value_of(struct harness *h, const char *key)
{
    static const struct {
        const char *type, *command;
    } reads[] = {
        { "string", "GET %s" },        { "hash", "HGETALL %s" },
        { "stream", "XRANGE %s - +" }, { "list", "LRANGE %s 0 -1" },
        { "set", "SMEMBERS %s" },      { "zset", "ZRANGE %s 0 -1" },
    };
    char *type = redis_text(h, "TYPE %s", key), *value = NULL;

    for (size_t i = 0; i < sizeof reads / sizeof *reads && !value; i++)
        if (strcmp(type, reads[i].type) == 0)
            value = redis_text(h, reads[i].command, key);
    free(type);
    return value ? value : xstrdup(""); /* it is gone by now */
}

static bool is_ours(const char *key)
{
    return (strncmp(key, "opsbot:", 7) == 0 &&
            strncmp(key, "opsbot:trash:", 13) != 0) ||
           strcmp(key, "ops.control") == 0 || strncmp(key, "notify:", 7) == 0;
}

void canary_redis(struct harness *h)
{
    char *keys = redis_text(h, "KEYS *"), *rest = keys, *key;
    size_t n = 0;

    canary_look("the keys of Redis", keys);
    while ((key = strsep(&rest, "\n")) != NULL) {
        if (!is_ours(key))
            continue;
        canary_take(key, value_of(h, key));
        n++;
    }
    cr_assert_gt(n, 2, "%zu keys", n);
    canary_take("slow log of Redis", redis_text(h, "SLOWLOG GET 100"));
    free(keys);
}

/* ---- Slack ---------------------------------------------------------------------- */

static void look_at(const char *where, const json_t *value)
{
    canary_take(where, json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
}

/* Which is sent back to Slack, and shown to nobody. */
static void without_metadata(json_t *part)
{
    const char *key;
    json_t *child;
    size_t i;

    json_object_del(part, "private_metadata");
    json_object_foreach(part, key, child) without_metadata(child);
    json_array_foreach(part, i, child) without_metadata(child);
}

static void look_at_calls(struct harness *h)
{
    json_t *all = control_get(h, "calls"), *call, *args;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "calls"), i, call)
    {
        args = json_object_get(call, "args");
        json_object_del(args, "path");
        without_metadata(args);
        look_at("a call of Slack's API", args);
        n++;
    }
    cr_assert_gt(n, 5, "%zu calls", n);
    json_decref(all);
}

static void look_at_messages(struct harness *h, const char *channel,
                             const char *user)
{
    char *path = xasprintf("messages?channel=%s&user=%s", channel, user);
    json_t *all = control_get(h, path), *message;
    size_t i;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        const char *via = json_string_value(json_object_get(message, "via"));

        if (via && strcmp(via, "user") != 0)
            look_at(path, message);
    }
    json_decref(all);
    free(path);
}

void canary_slack(struct harness *h)
{
    static const char *const places[] = { "C0OPS", "C0GENERAL", "C0QUIET",
                                          "D0ANN" };
    json_t *views = control_get(h, "views?user=U0ANN");
    json_t *home = control_get(h, "home?user=U0ANN");

    look_at_calls(h);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        look_at_messages(h, places[i], "U0ANN");
    without_metadata(views);
    without_metadata(home);
    look_at("an open view", views);
    look_at("App Home", home);
    json_decref(views);
    json_decref(home);
}

/* ---- its own pages ---------------------------------------------------------------- */

void canary_pages(struct harness *h)
{
    static const char *const paths[] = { "/health", "/ready", "/metrics",
                                         "/nothing", "/heartbeat/nobody" };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char *body;

        cr_expect_neq(opsbot_get(h->bot, paths[i], &body), 0, "%s", paths[i]);
        canary_take(paths[i], body);
    }
    canary_take("the log", opsbot_log(h->bot));
}

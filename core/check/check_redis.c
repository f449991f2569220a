/*
 * check_redis: Redis takes a connection and answers; it has room, the role it
 * should have, and writes its files. Each asking makes its own connection:
 * that one can be had is part of what is asked.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/check/check_parts.h"
#include "core/store/redis.h"
#include "core/store/redis_info.h"

/* What is wrong, one after the other. */
struct findings {
    struct check_ask *ask;
    const char *info;
    struct buf text;
};

static void found(struct findings *f, const char *what)
{
    buf_fmt(&f->text, "%s%s", f->text.len ? "; " : "", what);
}

static bool field_is(const struct findings *f, const char *name,
                     const char *value)
{
    return redis_info_is(f->info, name, value);
}

static double number(const struct findings *f, const char *name)
{
    return redis_info_number(f->info, name);
}

/* ---- what may be wrong --------------------------------------------------------------- */

/* A cache that evicts is full all the time, and well. */
static void look_at_memory(struct findings *f)
{
    double most = number(f, "maxmemory"), used = number(f, "used_memory");
    unsigned limit = f->ask->spec->expect.memory_percent;
    char policy[REDIS_INFO], *text;

    if (most <= 0 ||
        strncmp(redis_info(f->info, "maxmemory_policy", policy), "allkeys",
                7) == 0 ||
        used * 100 <= most * limit)
        return;
    text = xasprintf("memory %.0f %% of %.0f MiB (limit %u %%)",
                     used * 100 / most, most / (1 << 20), limit);
    found(f, text);
    free(text);
}

static void look_at_role(struct findings *f)
{
    const char *want = f->ask->spec->expect.role;
    bool replica = field_is(f, "role", "slave");
    char *text;

    if (want && strcmp(want, replica ? "replica" : "master") != 0) {
        text = xasprintf("is a %s, expected a %s",
                         replica ? "replica" : "master", want);
        found(f, text);
        free(text);
    }
    if (replica && !field_is(f, "master_link_status", "up"))
        found(f, "has lost its master");
}

static void look_at_files(struct findings *f)
{
    if (field_is(f, "rdb_last_bgsave_status", "err"))
        found(f, "its last snapshot failed (rdb_last_bgsave_status)");
    if (field_is(f, "aof_enabled", "1") &&
        field_is(f, "aof_last_write_status", "err"))
        found(f, "it cannot write its append only file"
                 " (aof_last_write_status)");
    if (field_is(f, "aof_enabled", "1") &&
        field_is(f, "aof_last_bgrewrite_status", "err"))
        found(f, "its append only file could not be rewritten"
                 " (aof_last_bgrewrite_status)");
    if (field_is(f, "loading", "1"))
        found(f, "is still loading its data");
}

/* ---- asking -------------------------------------------------------------------------- */

/* One that cannot write refuses PING as well: INFO says why. */
static void judge(struct check_ask *ask, const struct redis *r)
{
    const char *ping = reply_error(redis_reply(r, 0));
    const char *info = reply_error(redis_reply(r, 1));
    struct findings f = { .ask = ask, .info = reply_str(redis_reply(r, 1)) };

    look_at_memory(&f);
    look_at_role(&f);
    look_at_files(&f);
    if (info)
        check_bad(ask, "refuses INFO: %s", info);
    else if (f.text.len)
        check_bad(ask, "%s", buf_text(&f.text));
    else if (ping)
        check_bad(ask, "refuses PING: %s", ping);
    else
        check_ok_time(ask);
    buf_dispose(&f.text);
}

static const struct redis_url *url_of(const struct check_ask *ask,
                                      struct redis_url *own, struct err *err)
{
    if (!ask->spec->url)
        return &config_now(ask->world->config)->redis;
    return redis_url_parse(ask->spec->url, own, err) ? own : NULL;
}

static void redis_check_run(struct check_ask *ask)
{
    struct store_health own = { .name = "Redis", .quiet = true };
    struct redis_url parsed = { 0 };
    struct err err = { 0 };
    const struct redis_url *url = url_of(ask, &parsed, &err);
    struct redis *r = url ? redis_new(url, &own) : NULL;

    if (r) {
        redis_deadline(r, check_left_ms(ask));
        redis_cmd(r, "PING");
        redis_cmd(r, "INFO");
    }
    if (r && redis_run(r, &err))
        judge(ask, r);
    else if (check_is_over(ask))
        check_late(ask);
    else
        check_bad(ask, "%s", err.text);
    redis_free(r);
    redis_url_dispose(&parsed);
}

const struct check_type check_redis = { NULL, redis_check_run, NULL };

/*
 * look_redis: Redis is there, new enough, keeps what it is given, and the
 * streams in it are streams. Its own thread and connection; reads alone.
 *
 * What loses data makes the promises of the bot smaller and is a warning: it
 * runs all the same. What refuses its commands is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/look.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/store/redis.h"
#include "core/store/redis_info.h"

#define REDIS_MS     4000
#define NEEDS_MAJOR  6
#define NEEDS_MINOR  2
#define MEMORY_MOST  90 /* percent of maxmemory */
#define SHOWN_GROUPS 5

/* ---- the server ----------------------------------------------------------------- */

static void look_at_version(struct look *l, const char *info)
{
    char redis[REDIS_INFO], valkey[REDIS_INFO];
    long major, minor = 0;
    char *end;

    redis_info(info, "valkey_version", valkey);
    redis_info(info, "redis_version", redis);
    major = strtol(redis, &end, 10);
    if (*end == '.')
        minor = strtol(end + 1, NULL, 10);
    if (*valkey || major > NEEDS_MAJOR ||
        (major == NEEDS_MAJOR && minor >= NEEDS_MINOR))
        report_ok(&l->report, "redis.version", "version: %s %s",
                  *valkey ? "Valkey" : "Redis", *valkey ? valkey : redis);
    else
        report_fail(&l->report, "redis.version",
                    "install Redis 6.2 or newer, or Valkey",
                    "version: Redis %s is too old",
                    *redis ? redis : "(it does not say which)");
}

static void look_at_role(struct look *l, const char *info)
{
    if (redis_info_is(info, "cluster_enabled", "1"))
        report_fail(&l->report, "redis.role",
                    "give opsbot a Redis without cluster mode",
                    "role: this is a Redis Cluster, where a script cannot "
                    "touch several keys");
    else if (!redis_info_is(info, "role", "master"))
        report_fail(&l->report, "redis.role",
                    "let REDIS_URL lead to the primary",
                    "role: this is a replica, which takes no writes");
    else if (redis_info_is(info, "loading", "1"))
        report_fail(&l->report, "redis.role",
                    "wait until it has, then check "
                    "again",
                    "role: primary, still loading its data");
    else
        report_ok(&l->report, "redis.role", "role: primary");
}

static void look_at_persistence(struct look *l, const char *info)
{
    if (redis_info_is(info, "aof_last_write_status", "err"))
        report_fail(&l->report, "redis.persistence",
                    "look at its log and at the room on its disk",
                    "persistence: it cannot write its append only file, and "
                    "refuses writes");
    else if (redis_info_is(info, "rdb_last_bgsave_status", "err"))
        report_fail(&l->report, "redis.persistence",
                    "look at its log and at the room on its disk",
                    "persistence: its last snapshot failed; it may refuse "
                    "writes");
    else if (redis_info_is(info, "aof_enabled", "1"))
        report_ok(&l->report, "redis.persistence", "persistence: appendonly");
    else
        report_warn(&l->report, "redis.persistence",
                    "set `appendonly yes` in its configuration",
                    "persistence: no append only file. What is recorded is "
                    "lost when Redis restarts");
}

static void look_at_eviction(struct look *l, const char *info)
{
    char policy[REDIS_INFO];
    double most = redis_info_number(info, "maxmemory");

    redis_info(info, "maxmemory_policy", policy);
    if (most > 0 && strncmp(policy, "allkeys-", 8) == 0)
        report_warn(&l->report, "redis.eviction",
                    "set `maxmemory-policy noeviction`, or give opsbot a Redis "
                    "of its own",
                    "eviction: %s throws away inbox, halts and streams when "
                    "its %.0f MiB are full",
                    policy, most / (1 << 20));
    else if (most > 0 && strncmp(policy, "volatile-", 9) == 0)
        report_warn(&l->report, "redis.eviction",
                    "set `maxmemory-policy noeviction`",
                    "eviction: %s throws away acknowledgements and operation "
                    "markers when its %.0f MiB are full",
                    policy, most / (1 << 20));
    else
        report_ok(&l->report, "redis.eviction", "eviction: %s",
                  most > 0 ? "none (noeviction)" : "none (no maxmemory)");
}

static void look_at_memory(struct look *l, const char *info)
{
    double most = redis_info_number(info, "maxmemory");
    double used = redis_info_number(info, "used_memory");
    double mib = used / (1 << 20);

    if (most > 0 && used * 100 > most * MEMORY_MOST)
        report_warn(&l->report, "redis.memory",
                    "raise maxmemory, or find what fills it (`/ops streams`)",
                    "memory: %.1f MiB used, %.0f %% of maxmemory", mib,
                    used * 100 / most);
    else
        report_ok(&l->report, "redis.memory", "memory: %.1f MiB used%s", mib,
                  most > 0 ? ", within maxmemory" : "");
}

static void look_at_server(struct look *l, const char *info)
{
    look_at_version(l, info);
    look_at_role(l, info);
    look_at_persistence(l, info);
    look_at_eviction(l, info);
    look_at_memory(l, info);
}

/* ---- streams ---------------------------------------------------------------------- */

/* What is under a stream's key, and under that of its dead letters. */
struct found {
    const char *type, *dead_type; /* as TYPE says it */
    const struct reply *groups; /* XINFO GROUPS; an error when none is there */
};

static bool is_there(const char *type)
{
    return strcmp(type, "none") != 0;
}

static bool is_stream(const char *type)
{
    return strcmp(type, "stream") == 0;
}

static const char *group_name(const struct reply *groups, size_t i)
{
    return reply_str(reply_field(reply_at(groups, i), "name"));
}

static bool has_group(const struct reply *groups, const char *name)
{
    for (size_t i = 0; i < reply_count(groups); i++)
        if (strcmp(group_name(groups, i), name) == 0)
            return true;
    return false;
}

static void list_groups(struct buf *out, const struct reply *groups)
{
    size_t count = reply_count(groups);

    for (size_t i = 0; i < count && i < SHOWN_GROUPS; i++)
        buf_fmt(out, "%s%s", i ? ", " : "", group_name(groups, i));
    if (count > SHOWN_GROUPS)
        buf_fmt(out, " and %zu more", count - SHOWN_GROUPS);
}

/* Groups that health checks name. True: there is one that is missing. */
static bool lacks_group(struct look *l, const char *stream, const char *id,
                        const struct reply *groups)
{
    bool lacks = false;

    for (unsigned i = 0; i < l->cfg->checks_count; i++) {
        const struct config_check *c = &l->cfg->checks[i];

        if (c->kind != CHECK_STREAM || !c->group || !c->stream ||
            strcmp(c->stream, stream) != 0 || has_group(groups, c->group))
            continue;
        report_warn(&l->report, id, "correct the check, or start its consumer",
                    "%s: it has no group %s, which check %s asks about", stream,
                    c->group, c->id);
        lacks = true;
    }
    return lacks;
}

static void describe(struct look *l, const char *id, const char *name,
                     const char *dlq, const struct found *f)
{
    struct buf groups = { 0 };

    list_groups(&groups, f->groups);
    report_ok(&l->report, id, "%s: read by %s; %s %s", name, buf_text(&groups),
              is_there(f->dead_type) ? "dead letters in" : "none dead yet in",
              dlq);
    buf_dispose(&groups);
}

static void look_at_stream(struct look *l, const struct config_stream *s,
                           const char *dlq, const struct found *f)
{
    char id[LOOK_ID];

    look_id(id, "streams.", s->name);
    if (is_there(f->type) && !is_stream(f->type))
        report_fail(&l->report, id, "correct the name under streams",
                    "%s: is a %s, not a stream", s->name, f->type);
    else if (is_there(f->dead_type) && !is_stream(f->dead_type))
        report_fail(&l->report, id, "correct dlq under streams",
                    "%s: its dead letters in %s are a %s, not a stream",
                    s->name, dlq, f->dead_type);
    else if (!is_there(f->type))
        report_warn(&l->report, id,
                    "correct the name under streams, unless nothing was sent "
                    "yet",
                    "%s: there is no such stream", s->name);
    else if (reply_count(f->groups) == 0)
        report_warn(&l->report, id, "start its consumer",
                    "%s: it has no consumer group, nobody reads it", s->name);
    else if (!lacks_group(l, s->name, id, f->groups))
        describe(l, id, s->name, dlq, f);
}

static char *dlq_of(const struct config_stream *s)
{
    return s->dlq ? xstrdup(s->dlq) : xasprintf("%s.dlq", s->name);
}

static void look_at_streams(struct look *l, struct redis *r)
{
    const struct config *cfg = l->cfg;
    struct err err = { 0 };

    report_section(&l->report, "Streams");
    for (unsigned i = 0; i < cfg->streams_count; i++) {
        const struct config_stream *s = &cfg->streams[i];
        char *dlq = dlq_of(s);
        struct found f;

        redis_reset(r);
        redis_cmd(r, "TYPE", s->name);
        redis_cmd(r, "TYPE", dlq);
        redis_cmd(r, "XINFO", "GROUPS", s->name);
        redis_deadline(r, look_left_ms(l, REDIS_MS));
        if (!redis_run(r, &err)) {
            free(dlq);
            report_fail(&l->report, "streams", "check again",
                        "streams: not looked at: %s", err.text);
            return;
        }
        f = (struct found){ reply_str(redis_reply(r, 0)),
                            reply_str(redis_reply(r, 1)), redis_reply(r, 2) };
        if (reply_error(redis_reply(r, 0)))
            report_fail(&l->report, "streams",
                        "let its Redis user read the streams", "%s: %s",
                        s->name, reply_error(redis_reply(r, 0)));
        else
            look_at_stream(l, s, dlq, &f);
        free(dlq);
    }
}

/* ---- all of it -------------------------------------------------------------------- */

static const char *redis_todo(const struct err *err)
{
    if (strstr(err->text, "WRONGPASS") || strstr(err->text, "NOAUTH") ||
        strstr(err->text, "AUTH"))
        return "correct user and password in REDIS_URL";
    if (strstr(err->text, "refused"))
        return "start Redis, or correct REDIS_URL";
    return "correct REDIS_URL, or see why nothing answers there";
}

static void refused(struct look *l, const char *why)
{
    report_fail(&l->report, "redis",
                strncmp(why, "NOAUTH", 6) == 0
                    ? "put user and password into REDIS_URL: "
                      "redis://user:password@host:port/db"
                    : "allow its Redis user the commands info and ping",
                "Redis refuses INFO: %s", why);
}

void look_redis(struct look *l)
{
    struct store_health health = { .name = "Redis", .quiet = true };
    struct redis *r = redis_new(&l->cfg->redis, &health);
    struct err err = { 0 };
    char *info;

    redis_deadline(r, look_left_ms(l, REDIS_MS));
    redis_cmd(r, "PING");
    redis_cmd(r, "INFO");
    if (!redis_run(r, &err)) {
        report_fail(&l->report, "redis", redis_todo(&err), "Redis: %s",
                    err.text);
    } else if (reply_error(redis_reply(r, 1))) {
        refused(l, reply_error(redis_reply(r, 1)));
    } else {
        report_ok(&l->report, "redis", "Redis answers");
        info = xstrdup(reply_str(redis_reply(r, 1)));
        look_at_server(l, info);
        look_at_streams(l, r);
        free(info);
    }
    redis_free(r);
}

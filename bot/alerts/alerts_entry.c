/*
 * alerts_entry: the entries of alerts.stream: copied from Redis' replies, and
 * what becomes of those that cannot be taken. The reader's thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_stream_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define FIELDS 1000 /* of an entry: more are not looked at */

const struct config_alerts *stream_settings(const struct stream_reader *s)
{
    return &config_now(s->alerts->needs.config)->alerts;
}

/* ---- pages ------------------------------------------------------------------ */

void entries_dispose(struct entries *p)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t f = 0; f < 2 * p->items[i].count; f++)
            free(p->items[i].fields[f]);
        free(p->items[i].fields);
        free(p->items[i].id);
    }
    free(p->items);
    *p = (struct entries){ 0 };
}

static struct entry entry_of(const struct reply *rep)
{
    const struct reply *fields = reply_at(rep, 1);
    struct entry e = { .id = xstrdup(reply_str(reply_at(rep, 0))),
                       .count = reply_count(fields) / 2 };

    if (e.count > FIELDS)
        e.count = FIELDS;
    e.fields = xcalloc(2 * e.count + 1, sizeof *e.fields);
    for (size_t i = 0; i < 2 * e.count; i++) {
        const struct reply *value = reply_at(fields, i);

        e.fields[i] = text_repair(reply_str(value), reply_len(value));
    }
    return e;
}

void entries_read(struct entries *p, const struct reply *entries)
{
    p->count = 0;
    p->items = xcalloc(reply_count(entries) + 1, sizeof *p->items);
    for (size_t i = 0; i < reply_count(entries); i++) {
        if (reply_count(reply_at(reply_at(entries, i), 1)) > 0)
            p->items[p->count++] = entry_of(reply_at(entries, i));
    }
}

/* Other ids than those that Redis gives (1-1, 2-1 …) are of a time when there
 * was none. */
#define FIRST_MS INT64_C(1000000000000)

bool entry_is_old(const struct stream_reader *s, const struct entry *e)
{
    int64_t age = stream_settings(s)->age_ms;
    int64_t at = strtoll(e->id, NULL, 10);

    return age > 0 && at >= FIRST_MS && at < clock_wall_ms() - age;
}

/* ---- bad ones --------------------------------------------------------------- */

/* How often it was delivered; 0: it is not pending any more. */
static bool deliveries(struct stream_reader *s, const struct entry *e,
                       int64_t *count, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
    const struct reply *rep = redis_one(s->redis, err, "XPENDING", cfg->stream,
                                        cfg->group, e->id, e->id, "1");

    *count = rep ? reply_int(reply_at(reply_at(rep, 0), 3)) : 0;
    return rep != NULL;
}

/* Whoever still finds it pending moves it: once, whatever replicas do. */
static const struct redis_script bury = {
    "bury an alert",
    "local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)\n"
    "if #p == 0 then return 0 end\n"
    "local f = {}\n"
    "for i = 3, #ARGV do f[#f + 1] = ARGV[i] end\n"
    "redis.call('XADD', KEYS[2], '*', unpack(f))\n"
    "redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])\n"
    "return 1\n"
};

static bool to_the_dead(struct stream_reader *s, const struct entry *e,
                        int64_t times, const char *why, struct err *err)
{
    const struct config *cfg = config_now(s->alerts->needs.config);
    const char **argv = xcalloc(2 * e->count + 12, sizeof *argv);
    char attempts[TEXT_NUMBER], at[CLOCK_TEXT];
    const char *original = e->id;
    const struct reply *rep;
    int n = 0;

    argv[n++] = cfg->alerts.stream;
    argv[n++] = cfg->alerts.dead;
    argv[n++] = cfg->alerts.group;
    argv[n++] = e->id;
    for (size_t i = 0; i < 2 * e->count; i += 2) {
        if (strcmp(e->fields[i], cfg->dlq.original_id) == 0) {
            original = e->fields[i + 1]; /* dead, and requeued, before */
            continue;
        }
        argv[n++] = e->fields[i];
        argv[n++] = e->fields[i + 1];
    }
    argv[n++] = cfg->dlq.error;
    argv[n++] = why;
    argv[n++] = cfg->dlq.original_id;
    argv[n++] = original;
    argv[n++] = cfg->dlq.attempts;
    argv[n++] = text_number(attempts, times);
    argv[n++] = cfg->dlq.failed_at;
    argv[n++] = clock_rfc3339(clock_wall_ms(), at);
    redis_reset(s->redis);
    rep = redis_eval(s->redis, &bury, 2, n, argv, NULL, err);
    if (rep && reply_int(rep) == 1) {
        atomic_fetch_add(&s->alerts->dead, 1);
        log_error("alerts", NULL,
                  "entry %s of %s cannot be taken (%s): it is a dead letter "
                  "of %s now",
                  e->id, cfg->alerts.stream, why, cfg->alerts.dead);
    }
    free(argv);
    return rep != NULL;
}

bool entry_failed(struct stream_reader *s, const struct entry *e,
                  const char *why, struct err *err)
{
    int64_t times;

    if (!deliveries(s, e, &times, err))
        return false;
    if (times >= stream_settings(s)->attempts)
        return to_the_dead(s, e, times, why, err);
    if (times == 1)
        log_warn("alerts", NULL, "entry %s of %s cannot be taken: %s", e->id,
                 stream_settings(s)->stream, why);
    return true;
}

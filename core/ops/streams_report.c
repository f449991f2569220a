/*
 * streams_report: lengths, groups and consumers of streams, in two round
 * trips. No state of its own: it runs on the thread whose connection it is
 * given.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/entry.h"
#include "core/ops/streams.h"

#define NAME_BYTES 200

/* ---- one round trip: the streams and their groups ------------------------- */

/* Redis 7 tells the lag, unless entries were deleted; before, it is known
 * only when nothing or everything was delivered. */
static int64_t lag_of(const struct reply *group, const struct reply *stream,
                      int64_t length)
{
    const struct reply *lag = reply_field(group, "lag");
    const char *delivered = reply_str(reply_field(group, "last-delivered-id"));
    const char *newest = reply_str(reply_field(stream, "last-generated-id"));

    if (!reply_nil(lag))
        return reply_int(lag);
    if (strcmp(delivered, newest) == 0 || length == 0)
        return 0;
    return strcmp(delivered, "0-0") == 0 ? length : -1;
}

static void read_groups(struct stream_info *s, const struct reply *stream,
                        const struct reply *groups)
{
    s->group_count = reply_count(groups);
    s->groups = xcalloc(s->group_count + 1, sizeof *s->groups);
    for (size_t i = 0; i < s->group_count; i++) {
        const struct reply *group = reply_at(groups, i);

        s->groups[i] = (struct group_info){
            .name = entry_text(reply_field(group, "name"), NAME_BYTES),
            .pending = reply_int(reply_field(group, "pending")),
            .lag = lag_of(group, stream, s->length),
            .oldest_pending_ms = -1,
        };
    }
}

static void read_stream(struct stream_info *s, const struct reply *stream,
                        const struct reply *groups, int64_t now)
{
    const struct reply *last = reply_field(stream, "last-entry");

    s->newest_age_ms = -1;
    s->exists = reply_count(stream) > 0;
    if (!s->exists)
        return;
    s->length = reply_int(reply_field(stream, "length"));
    if (reply_count(last) > 0)
        s->newest_age_ms = entry_age(reply_str(reply_at(last, 0)), now);
    read_groups(s, stream, groups);
}

/* "no such key" and a key of another type are facts, anything else is a
 * failure. */
static bool is_failure(const struct reply *rep, struct err *err)
{
    const char *error = reply_error(rep);

    if (!error || strstr(error, "no such key") ||
        strncmp(error, "WRONGTYPE", 9) == 0)
        return false;
    err_set(err, ERR_REDIS, "Redis refused XINFO: %s", error);
    return true;
}

static bool ask_streams(struct redis *r, struct stream_report *report,
                        int64_t now, struct err *err)
{
    for (size_t i = 0; i < report->count; i++) {
        redis_cmd(r, "XINFO", "STREAM", report->streams[i].name);
        redis_cmd(r, "XINFO", "GROUPS", report->streams[i].name);
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < report->count; i++) {
        const struct reply *stream = redis_reply(r, 2 * i);

        if (is_failure(stream, err))
            return false;
        read_stream(&report->streams[i], stream, redis_reply(r, 2 * i + 1),
                    now);
    }
    return true;
}

/* ---- another: consumers and what is pending ------------------------------- */

static void read_consumers(struct group_info *g, const struct reply *list)
{
    g->consumer_count = reply_count(list);
    g->consumers = xcalloc(g->consumer_count + 1, sizeof *g->consumers);
    for (size_t i = 0; i < g->consumer_count; i++) {
        const struct reply *c = reply_at(list, i);

        g->consumers[i] = (struct consumer_info){
            .name = entry_text(reply_field(c, "name"), NAME_BYTES),
            .pending = reply_int(reply_field(c, "pending")),
            .idle_ms = reply_int(reply_field(c, "idle")),
        };
        g->idle_consumers += g->consumers[i].idle_ms > STREAM_IDLE_MS;
    }
}

static void read_pending(struct group_info *g, const struct reply *summary,
                         int64_t now)
{
    const struct reply *oldest = reply_at(summary, 1);

    if (!reply_nil(oldest))
        g->oldest_pending_ms = entry_age(reply_str(oldest), now);
}

static bool ask_groups(struct redis *r, struct stream_report *report,
                       int64_t now, struct err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < report->count; i++) {
        struct stream_info *s = &report->streams[i];

        for (size_t j = 0; j < s->group_count; j++) {
            redis_cmd(r, "XINFO", "CONSUMERS", s->name, s->groups[j].name);
            redis_cmd(r, "XPENDING", s->name, s->groups[j].name);
        }
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < report->count; i++) {
        struct stream_info *s = &report->streams[i];

        for (size_t j = 0; j < s->group_count; j++, at += 2) {
            read_consumers(&s->groups[j], redis_reply(r, at));
            read_pending(&s->groups[j], redis_reply(r, at + 1), now);
        }
    }
    return true;
}

/* ---- the report ----------------------------------------------------------- */

/* Names come sorted: one that was just added is the same again. */
static void add_stream(struct stream_report *report, const char *name)
{
    size_t n = report->count;

    if (n == 0 || strcmp(report->streams[n - 1].name, name) != 0)
        report->streams[report->count++] =
            (struct stream_info){ .name = xstrdup(name) };
}

static bool all_streams(struct redis *r, const struct config *cfg,
                        struct stream_report *out, struct err *err)
{
    struct stream_names names;

    if (!streams_find(r, cfg, &names, err))
        return false;
    out->cut = names.cut;
    out->streams = xcalloc(names.count + 1, sizeof *out->streams);
    for (size_t i = 0; i < names.count; i++)
        add_stream(out, names.names[i].stream);
    stream_names_dispose(&names);
    return true;
}

bool streams_report(struct redis *r, const struct config *cfg, const char *name,
                    int64_t now, struct stream_report *out, struct err *err)
{
    bool ok = true;

    *out = (struct stream_report){ 0 };
    if (name) {
        out->streams = xcalloc(1, sizeof *out->streams);
        add_stream(out, name);
    } else {
        ok = all_streams(r, cfg, out, err);
    }
    ok = ok && ask_streams(r, out, now, err) && ask_groups(r, out, now, err);
    if (!ok)
        stream_report_dispose(out);
    return ok;
}

static void group_dispose(struct group_info *g)
{
    for (size_t i = 0; i < g->consumer_count; i++)
        free(g->consumers[i].name);
    free(g->consumers);
    free(g->name);
}

void stream_report_dispose(struct stream_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct stream_info *s = &report->streams[i];

        for (size_t j = 0; j < s->group_count; j++)
            group_dispose(&s->groups[j]);
        free(s->groups);
        free(s->name);
    }
    free(report->streams);
    *report = (struct stream_report){ 0 };
}

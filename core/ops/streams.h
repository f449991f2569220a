/*
 * streams: what is in Redis Streams: lengths, groups, consumers, dead letters.
 *
 * Which streams: those named in configuration plus every stream key that
 * ends in ".dlq" (and the stream before the suffix), found by a SCAN bounded
 * in keys seen and in time; `cut` says that the bound was met.
 */
#ifndef CORE_OPS_STREAMS_H
#define CORE_OPS_STREAMS_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/store/redis.h"

struct stream_name {
    char *stream; /* "notify.events"; the key that requeued entries go to */
    char *dlq;    /* "notify.events.dlq" */
    bool configured;
};

struct stream_names {
    struct stream_name *names; /* sorted by stream */
    size_t count;
    bool cut; /* the scan stopped at its bound: there may be more */
};

MUST_CHECK bool streams_find(struct redis *r, const struct config *cfg,
                             struct stream_names *out, struct err *err);
void stream_names_dispose(struct stream_names *names);

/* The name for what a person typed ("notify.events" or its DLQ's key).
 * ERR_USER with the nearest name when there is none. out is a copy:
 * stream_name_dispose(). */
MUST_CHECK bool streams_resolve(struct redis *r, const struct config *cfg,
                                const char *typed, struct stream_name *out,
                                struct err *err);
void stream_name_dispose(struct stream_name *name);

struct consumer_info {
    char *name;
    int64_t pending;
    int64_t idle_ms; /* since it last asked */
};

struct group_info {
    char *name;
    int64_t pending;
    int64_t lag;               /* entries not delivered yet; -1: not known */
    int64_t oldest_pending_ms; /* age of the oldest pending; -1: none */
    struct consumer_info *consumers;
    size_t consumer_count;
    size_t idle_consumers; /* idle for longer than STREAM_IDLE_MS */
};
#define STREAM_IDLE_MS 60000

struct stream_info {
    char *name;
    bool exists;
    int64_t length;
    int64_t newest_age_ms; /* -1: empty */
    struct group_info *groups;
    size_t group_count;
};

struct stream_report {
    struct stream_info *streams; /* in the order asked */
    size_t count;
    bool cut;
};

/* name NULL: all of streams_find(), DLQs left out. now: wall ms. */
MUST_CHECK bool streams_report(struct redis *r, const struct config *cfg,
                               const char *name, int64_t now,
                               struct stream_report *out, struct err *err);
void stream_report_dispose(struct stream_report *report);

#endif

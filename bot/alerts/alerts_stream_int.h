/*
 * alerts_stream_int: what alerts_stream.c and alerts_entry.c share: the reader
 * and the entries that it reads. The reader's thread. Nobody else includes
 * this.
 */
#ifndef BOT_ALERTS_STREAM_INT_H
#define BOT_ALERTS_STREAM_INT_H

#include "bot/alerts/alerts_int.h"
#include "bot/flow/pulse.h"

/* An entry that was read. */
struct entry {
    char *id;
    char **fields; /* names and values in turn */
    size_t count;  /* of the pairs */
};

struct entries {
    struct entry *items;
    size_t count;
};

struct stream_reader {
    struct alerts *alerts;
    struct redis *redis;
    struct pulse *pulse;
    char consumer[64];
    bool grouped;              /* the group is there */
    int64_t claim_at, tidy_at; /* mono ms */
    size_t passed; /* entries that were too old, and nobody was told of yet */
    _Atomic bool ending;
    struct news news;

    pthread_mutex_t lock; /* of these: */
    int64_t unread_since;
    char why[sizeof((struct alerts_facts *)0)->stream_why];
};

/* Of the configuration as it is now. */
const struct config_alerts *stream_settings(const struct stream_reader *s);

/* entries: as XRANGE gives them; copied. Those that were deleted meanwhile
 * have no fields, and are none. */
void entries_read(struct entries *p, const struct reply *entries);
void entries_dispose(struct entries *p);

/* Has it been in the stream for longer than alerts.max_age? By its id, as Redis
 * gives them; one with an id that says no moment is not. */
bool entry_is_old(const struct stream_reader *s, const struct entry *e);

/* It failed, and that is its own fault: after alerts.attempts deliveries it
 * becomes a dead letter, once, whatever other replicas do. False: Redis did
 * not say. */
MUST_CHECK bool entry_failed(struct stream_reader *s, const struct entry *e,
                             const char *why, struct err *err);

#endif

/*
 * inbox: the stream <prefix>inbox, and the scripts that touch it.
 *
 * An entry holds the frame, the road it came by, the replica that owns it,
 * and when it was first recorded; it is deleted when its answer has left. The
 * stream is never trimmed by length. Each key of redelivery (envelope.h) is
 * remembered for at least 15 minutes with the entry it led to (Slack's last
 * redelivery comes after 5), in hashes <prefix>seen:<n>.
 *
 * <prefix>replica:<id> lives 15 s and is renewed: an entry whose owner's key
 * is gone is taken over.
 */
#ifndef BOT_INBOX_H
#define BOT_INBOX_H

#include "bot/flow/envelope.h"
#include "core/base/digest.h"
#include "core/store/redis.h"

#define REPLICA_LIFE_MS 15000
#define TAKE_OVER_MS    10000 /* entries younger than this are left alone */

/* Names; read-only, shared by all threads. */
struct inbox {
    char *stream;       /* "opsbot:inbox" */
    char *seen;         /* "opsbot:seen:" */
    char *replica;      /* "opsbot:replica:<id>" */
    char *replicas;     /* "opsbot:replica:" */
    char id[RANDOM_ID]; /* this replica: new at each start */
};

void inbox_init(struct inbox *box, const char *prefix);
void inbox_dispose(struct inbox *box);

/*
 * Records n envelopes and removes m settled entries: one round trip. Sets
 * env->entry and recorded_at; entry stays NULL for one that was seen before.
 */
MUST_CHECK bool inbox_record(const struct inbox *box, struct redis *r,
                             struct envelope *const *envs, size_t n,
                             char *const *settled, size_t m, struct err *err);

/* What a batch given up for lost would leave behind if it still landed. */
struct inbox_late {
    char *keys[ENVELOPE_KEYS]; /* of redelivery; the first is the envelope's */
};

/* Removes exactly that, where it has landed: the entry, and the keys that
 * lead to it, so that Slack's next delivery counts as the first. */
MUST_CHECK bool inbox_forget(const struct inbox *box, struct redis *r,
                             const struct inbox_late *late, size_t n,
                             struct err *err);

/* Says that this replica lives. */
MUST_CHECK bool inbox_renew(const struct inbox *box, struct redis *r,
                            struct err *err);
/* At a proper end: what is left may be taken over at once. */
void inbox_leave(const struct inbox *box, struct redis *r);

/*
 * Takes over about max entries older than TAKE_OVER_MS whose owner is gone
 * (moved to this replica by one script, so that two survivors cannot both
 * take one). Calls got() for each; it owns the envelope. An entry that cannot
 * be read is deleted and logged. count: how many were taken.
 */
MUST_CHECK bool inbox_take_over(const struct inbox *box, struct redis *r,
                                size_t max,
                                void (*got)(void *arg, struct envelope *env),
                                void *arg, size_t *count, struct err *err);

/*
 * The same for what one dead replica left, however young: its key is taken
 * away first. dead must be certain (see state.h).
 */
MUST_CHECK bool inbox_inherit(const struct inbox *box, struct redis *r,
                              const char *dead, size_t max,
                              void (*got)(void *arg, struct envelope *env),
                              void *arg, size_t *count, struct err *err);

/* Entries now, for health. -1: not known. */
int64_t inbox_depth(const struct inbox *box, struct redis *r);

#endif

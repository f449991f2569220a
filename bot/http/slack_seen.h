/*
 * slack_seen: signatures of requests that were taken, for as long as a replay
 * of one would pass. The inbox knows them for good, and for all replicas; this
 * is for while Redis is away. One thread, no clock of its own.
 *
 * Of bounded size: the oldest is forgotten for a newcomer. Only what was
 * verified gets in here, so that only Slack could fill it.
 */
#ifndef BOT_SLACK_SEEN_H
#define BOT_SLACK_SEEN_H

#include <stddef.h>
#include <stdint.h>

#define SEEN_MS   (2 * 300 * 1000 + 1000) /* of a timestamp's skew, both ways */
#define SEEN_MOST 65536

enum seen_state {
    SEEN_FREE,    /* it was forgotten, or is too old */
    SEEN_PENDING, /* its request has no answer yet */
    SEEN_TAKEN,   /* recorded, or run */
};

struct seen {
    uint64_t key[2]; /* of its signature */
    uint64_t who;    /* the request's number */
    int64_t at;      /* mono ms */
    struct seen *next;
    enum seen_state state;
};

struct seen_table;

struct seen_table *seen_new(void);
void seen_free(struct seen_table *t); /* NULL is fine */

/*
 * How the signature ("v0=" and 64 hex digits) stands. SEEN_FREE: it was not
 * there, and is from now on, pending, as *entry. *entry is borrowed, and may
 * become another's: see seen_conclude().
 */
enum seen_state seen_look(struct seen_table *t, const char *signature,
                          uint64_t who, int64_t now, struct seen **entry);
/* What became of request who, unless entry is another's by now. SEEN_FREE: it
 * may come again. */
void seen_conclude(struct seen *entry, uint64_t who, enum seen_state state);

#endif

/*
 * sender_pace: when a post may go: budgets, pauses, refused tokens.
 *
 * Pure policy: no I/O, no clock of its own (now is monotonic milliseconds).
 * The sender thread's; tests'.
 */
#ifndef BOT_SENDER_PACE_H
#define BOT_SENDER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "bot/sender/post.h"

#define PACE_CHANNEL_MS    1000 /* one chat.postMessage a second and channel */
#define PACE_CHANNEL_BURST 3    /* of them at once after a silence */
#define PACE_KEPT                                                              \
    5                        /* of a burst one in so many, and at least one,
                                  * is kept for the lanes critical and click */
#define PACE_TOKEN_MS  30000 /* between tries of a refused token */
#define PACE_SPREAD    3     /* channels limited … */
#define PACE_SPREAD_MS 10000 /* … within this pause the method */

struct pace;

struct pace *pace_new(void);
void pace_free(struct pace *p);

/* The earliest moment post may go; not after now: at once. post->rule is set
 * (here and below). */
int64_t pace_when(const struct pace *p, const struct post *post);
/* It goes now: takes from its budgets. */
void pace_take(struct pace *p, const struct post *post, int64_t now);
/* When to give up. Later than post->deadline while its token is refused and
 * for a while after; never for a post that can wait for that. */
int64_t pace_end(const struct pace *p, const struct post *post);

/* Slack answered 429: pauses the channel, or the method, until `until`. */
void pace_limited(struct pace *p, const struct post *post, int64_t now,
                  int64_t until);

/* Slack refused the token post was sent with. */
void pace_token_refused(struct pace *p, const struct post *post, int64_t now);
/* Slack took it. True when it was refused until now. */
bool pace_token_taken(struct pace *p, const struct post *post, int64_t now);
bool pace_any_refused(const struct pace *p);

#endif

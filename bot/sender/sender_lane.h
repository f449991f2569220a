/*
 * sender_lane: which post goes next.
 *
 * Posts with one channel (or one URL) and one lane form a flow, and so do edits:
 * they go one after the other, and one that is tried again holds up those
 * behind it.
 * Flows do not wait for each other, except for budgets (sender_pace) and for
 * connections; there higher lanes go first, and the two lowest leave a few
 * connections to the others.
 *
 * Pure policy: no I/O, no clock of its own (now is monotonic milliseconds).
 * The sender thread's; tests'.
 */
#ifndef BOT_SENDER_LANE_H
#define BOT_SENDER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/sender/post.h"

#define LANES           POST_LANES
#define ROAD_FLIGHTS    16 /* requests at once: Web API; and response URLs */
#define ROAD_LOW_FLIGHT 12 /* of them for the lanes edit and info */

struct lanes;

struct lanes *lanes_new(void);
void lanes_free(struct lanes *l); /* frees what it holds; NULL is fine */

/* Takes post, sets its rule, its start and, if it has none, its deadline. */
void lanes_add(struct lanes *l, struct post *post, int64_t now);

/*
 * The next post that may go now, or NULL. Expired: its time is over; it has
 * left the lanes and is the caller's. Otherwise it is in flight, and the
 * caller answers with one of the two below.
 */
struct post *lanes_next(struct lanes *l, int64_t now, bool *expired);

/* It is over; it has left the lanes and is the caller's. */
void lanes_settle(struct lanes *l, struct post *post);
/* It goes again, in its place, not before post->not_before. */
void lanes_again(struct lanes *l, struct post *post);

/* What Slack said of limits and tokens; see sender_pace.h. */
void lanes_limited(struct lanes *l, const struct post *post, int64_t now,
                   int64_t until);
void lanes_token_refused(struct lanes *l, const struct post *post, int64_t now);
/* True when it was refused until now. */
bool lanes_token_taken(struct lanes *l, const struct post *post, int64_t now);
bool lanes_any_refused(const struct lanes *l);

/* After lanes_next() gave NULL: how long it will, in ms, if nothing happens;
 * at most `most`. */
int lanes_wait(const struct lanes *l, int64_t now, int most);

size_t lanes_len(const struct lanes *l);
const struct post *lanes_oldest(const struct lanes *l); /* NULL: empty */

/* The end: takes out one post, in flight or not, oldest first; NULL when
 * empty. After it nothing may be added, or asked for with lanes_next(). */
struct post *lanes_evict(struct lanes *l);

/* Full jitter: a random time up to 250 ms, doubled with each attempt (from
 * 1), up to 15 s. random: any number. */
int64_t retry_delay_ms(int attempts, uint32_t random);

#endif

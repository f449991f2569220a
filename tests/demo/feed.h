/*
 * feed: what the demo operates: two streams, a producer and a consumer.
 *
 * `orders` is read by group `billing`, `notify.events` by group `notifier`,
 * with XREADGROUP and XACK as services do it. What cannot be handled goes to
 * the stream's `.dlq` with the original fields, the error, the original id,
 * the attempts and the time. A second notifier "crashed" with three entries
 * in hand, and group `archive` is behind. Two threads of its own, which end
 * with feed_stop(); they try again when Redis does not answer.
 */
#ifndef DEMO_FEED_H
#define DEMO_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct feed;

/* path: the socket of Redis; borrowed. */
struct feed *feed_start(const char *path);
void feed_stop(struct feed *feed); /* joins; NULL is fine */

/* Since the start. */
int64_t feed_produced(struct feed *feed);
int64_t feed_handled(struct feed *feed);
int64_t feed_dead(struct feed *feed); /* dead-lettered */

/* True when the dead letters that the tour shows are there. */
bool feed_warm(void *feed);

#endif

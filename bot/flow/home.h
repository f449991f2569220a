/*
 * home: publishes App Home. One thread, with its own connections.
 *
 * It is published when its person opens it, presses something on it, or
 * changes something by a command while it was looked at since we started; at
 * once, and then at most every 2 s a person. What is published is always
 * complete and the newest, so that doing it twice does no harm; hence nothing
 * of it is kept but in the inbox, until Slack has taken it.
 */
#ifndef BOT_HOME_H
#define BOT_HOME_H

#include "bot/sender/sender.h"
#include "commands/command.h"
#include "core/config_now.h"

struct homes;

/* All borrowed for life. */
struct home_needs {
    const struct config_holder *config;
    const struct services *services;
    const char *replica;
    struct sender *sender;
    struct queue *intake; /* for what is settled */
    struct store_health *redis, *postgres;
    void (*vitals)(void *arg, struct vitals *out); /* any thread */
    void *vitals_arg;
};

struct homes *homes_start(const struct home_needs *needs, struct err *err);

/* Where envelopes of people who opened it go. */
struct queue *homes_queue(struct homes *h);

/* Any thread: somebody pressed something on it, or changed something
 * elsewhere. */
void homes_changed(void *homes, const char *user, bool at_home);

int64_t homes_turned_ms(struct homes *h); /* for /health */

/* Publishes what waits, joins, frees. Before the sender's end. NULL is fine.
 */
void homes_stop(struct homes *h);

#endif

/*
 * poster: the outbox thread. Claims rows, hands them to the sender, records
 * what came of them (P5).
 *
 * A row is posted with metadata that names it, so that a post whose outcome
 * is not known is looked for in the channel's history before it is sent
 * again. Where the bot is not a member it joins a public channel; where it
 * cannot, the post goes by the command's response URL, else it is marked
 * undeliverable and told in the log.
 */
#ifndef BOT_POSTER_H
#define BOT_POSTER_H

#include "bot/sender/sender.h"
#include "core/store/health.h"

struct poster;

struct poster_needs {
    const struct config *config;
    struct sender *sender;
    struct store_health *postgres;
    const char *replica;
};

struct poster *poster_start(const struct poster_needs *needs, struct err *err);

/* There may be rows now. Any thread; arg is the poster. */
void poster_kick(void *poster);

int64_t poster_turned_ms(struct poster *p); /* since it last turned */

/* What is not posted stays in the outbox. Joins. After the sender's end call
 * poster_free(): until then posts may still report. */
void poster_stop(struct poster *p);
void poster_free(struct poster *p);

#endif

/*
 * poster: the outbox thread. Claims rows, loads and renders what they name,
 * hands them to the sender, records what came of them (P5).
 *
 * A message is posted, a card posted and from then on edited, with metadata
 * that name it, so that a post whose outcome is not known is looked for in
 * the channel's history, twice, before it is sent again; where nobody can
 * look it is marked "(repeated)". What comes late says how late. Where the
 * bot is not a member it joins a public channel; where it cannot, the post
 * goes by the command's response URL, else it is undeliverable: its text goes
 * to channels.fallback, and the row waits for `outbox retry`.
 */
#ifndef BOT_POSTER_H
#define BOT_POSTER_H

#include "bot/sender/sender.h"
#include "commands/command.h"
#include "core/config_now.h"
#include "core/store/health.h"

struct poster;

struct poster_needs {
    const struct config_holder *config;
    struct sender *sender;
    struct store_health *postgres;
    const char *replica;
};

struct poster *poster_start(const struct poster_needs *needs, struct err *err);

/* There may be rows now. Any thread; arg is the poster. */
void poster_kick(void *poster);

/* A card that somebody pressed on takes its own place, by the press's response
 * URL, in the lane of clicks; what the outbox holds meanwhile goes on when that
 * is over. Any thread; poster is one. */
struct poster_click {
    struct card_edit *edit; /* what it holds is taken */
    const char *channel, *response_url, *trace;
    int64_t received_us; /* mono: when the press came */
};
void poster_click(void *poster, const struct poster_click *click);

int64_t poster_turned_ms(struct poster *p); /* since it last turned */

/* What is not posted stays in the outbox. Joins. After the sender's end call
 * poster_free(): until then posts may still report. It writes their ends down
 * and gives up the channels. */
void poster_stop(struct poster *p);
void poster_free(struct poster *p);

#endif

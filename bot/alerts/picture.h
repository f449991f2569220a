/*
 * picture: the thread that draws what is behind an alert and puts it into the
 * thread of its card: one for each group of critical or high alerts, or about a
 * queue, once, a moment after its card (core/alert/picture.h). The card waits for nothing of
 * it.
 *
 * The line is what the alert's own query was, where its link leads to the
 * Prometheus of one of our checks; of an alert about a check how long that
 * took; about a stream, how many dead letters it had, or how long its oldest
 * entry had waited (core/alert/sample.h); else there is none. The strip is when
 * the same fired before.
 *
 * One at a time, PICTURE_PACE_MS apart: in a storm cards come first. What
 * fails is tried again until it is too old; then a line in the log says so.
 */
#ifndef BOT_PICTURE_H
#define BOT_PICTURE_H

#include "bot/sender/sender.h"
#include "core/config_now.h"
#include "core/store/health.h"

#define PICTURE_PACE_MS 2000

struct pictures;

/* All borrowed for life. */
struct pictures_needs {
    const struct config_holder *config;
    struct sender *sender;
    struct store_health *postgres;
};

struct pictures *pictures_start(const struct pictures_needs *needs,
                                struct err *err);
int64_t pictures_turned_ms(struct pictures *p); /* since it last turned */
/* Begins no other. NULL is fine. */
void pictures_end(struct pictures *p);
/* The one under way comes to its next step, and is left; joins, frees: before
 * the sender's end, for it waits for that. NULL is fine. */
void pictures_stop(struct pictures *p);

#endif

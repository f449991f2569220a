/*
 * askings: answers that wait for checks (struct later in commands/command.h),
 * off the workers. One thread.
 *
 * Each is told once: when all is in, or LATER_MS after it was asked with what
 * is there; where that left something open, once more when the rest is in. An
 * answer is told as any other: on the ack while that is held, else by response
 * URL, where the second always goes: in the place of the first for a button
 * that replaces its card, below it for what was typed, which Slack lets nobody
 * edit. One for a channel is a card of the outbox, and is edited.
 *
 * Who asked by the admin API is told once, by the time they wait for.
 *
 * The inbox keeps the envelope until the first was told: after a crash it is
 * asked again. A second one that a crash takes is lost; the first says that it
 * was to come.
 */
#ifndef BOT_ASKINGS_H
#define BOT_ASKINGS_H

#include "bot/flow/envelope.h"
#include "bot/sender/sender.h"
#include "commands/command.h"
#include "core/base/digest.h"

struct askings;

/* All borrowed for life. */
struct askings_needs {
    const struct config *config; /* what needs a restart of it */
    struct store_health *postgres;
    struct sender *sender;
    struct queue *intake;
    void (*vitals)(void *arg, struct vitals *out);
    void *vitals_arg;
    void (*posted)(void *arg); /* a card is in the outbox */
    void *posted_arg;
};

struct askings *askings_start(const struct askings_needs *needs,
                              struct err *err);

struct asking_new {
    struct envelope *env; /* taken */
    struct later *later;  /* taken */
    const char *op;       /* copied */
    const char *command;  /* its name; static */
    bool replace;         /* a button whose answer takes its card's place */
    bool share;           /* for the channel */
};
/* Any thread, until askings_end(). */
void askings_add(struct askings *a, const struct asking_new *asked);

int64_t askings_turned_ms(const struct askings *a); /* since it last turned */

/* Tells what is there by now, and joins. NULL is fine. */
void askings_end(struct askings *a);
/* When no check runs any more: until then one may still report. NULL is fine.
 */
void askings_free(struct askings *a);

#endif

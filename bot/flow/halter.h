/*
 * halter: tells the targets of halts and unhalts, asks them whether they have
 * done it, and keeps the card true meanwhile. One thread.
 *
 * It has the runs that workers hand to it, and those that another replica
 * left when it died. What changes is saved, and the outbox shows it. While
 * Postgres is away the card is posted and edited through the sender, past the
 * outbox; when it is back the run is recorded, its card adopted, and nothing
 * is posted twice. A halt that Redis did not hear of is set there when it is
 * back, unless somebody acted on the scope since.
 */
#ifndef BOT_HALTER_H
#define BOT_HALTER_H

#include "bot/sender/sender.h"
#include "core/config_now.h"
#include "core/ops/halt.h"
#include "core/store/health.h"

struct halter;

/* All borrowed for life. */
struct halter_needs {
    const struct config_holder *config;
    struct sender *sender;
    struct store_health *redis, *postgres;
    const char *replica;
    void (*posted)(void *arg); /* a card is due in the outbox; any thread */
    void *posted_arg;
};

struct halter *halter_start(const struct halter_needs *needs, struct err *err);

/* Takes run. recorded: its row and card are in Postgres. Any thread. */
void halter_begun(struct halter *h, struct halt_run *run, const struct act *act,
                  bool recorded);

struct halter_facts {
    int64_t turned_ms;
    size_t running;    /* halts and unhalts whose targets have not all said */
    size_t unrecorded; /* those that Postgres does not know of yet */
};
void halter_facts(struct halter *h, struct halter_facts *out); /* any thread */

/* What is not over is left to another replica, or the next start. Joins.
 * After the sender's end call halter_free(): until then posts report. */
void halter_stop(struct halter *h);
void halter_free(struct halter *h); /* NULL is fine */

#endif

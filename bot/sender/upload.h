/*
 * upload: a file into a thread of a channel, as Slack has it: an address is
 * asked for, the bytes are sent there, and then it is shared. The two calls go
 * through the sender, with its budgets; the bytes over a connection of its
 * own, so that they delay nobody.
 *
 * Waits; not for a thread that others wait for.
 */
#ifndef BOT_UPLOAD_H
#define BOT_UPLOAD_H

#include <stdatomic.h>
#include <stddef.h>

#include "bot/sender/sender.h"

#define UPLOAD_MS 3000 /* for each of the three: a stop waits so long */

/* All borrowed. */
struct upload {
    const char *name;  /* "A-1042.png" */
    const char *title; /* for people */
    const char *alt;   /* what it shows, for who does not see it; ≤ 1000 */
    const void *bytes; /* at least one */
    size_t len;
    const char *channel, *thread_ts; /* thread_ts NULL: none */
    const atomic_bool *stop;         /* true: nothing more is begun */
};

/* ERR_SLACK: it is not there, unless only its last answer was lost. *again:
 * trying once more may help. */
MUST_CHECK bool upload_file(struct sender *s, const struct config *cfg,
                            const struct upload *u, bool *again,
                            struct err *err);

#endif

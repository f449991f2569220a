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

#define UPLOAD_MS 3000 /* for each of the three: a stop waits so long … */
#define UPLOAD_PACE                                                            \
    100 /* bytes a ms: what is large has longer; a stop
                          * breaks that off */

/* All borrowed. */
struct upload {
    const char *name;  /* "A-1042.png" */
    const char *title; /* for people */
    const char *alt;   /* what it shows, for who does not see it; ≤ 1000 */
    const void *bytes; /* at least one */
    size_t len;
    const char *channel, *thread_ts; /* thread_ts NULL: none */
    const atomic_bool *stop;         /* true: nothing more is begun */
    /* It may be in the thread already, by its name: that is looked for before
     * anything is sent, and without an answer nothing is. */
    bool look;
};

/* *link: where it is, as Slack says it, "" when it does not; heap; NULL: not
 * wanted. ERR_SLACK: it is not there, unless only its last answer was lost: by
 * name, with look, it is found then. *again: trying once more may help. */
MUST_CHECK bool upload_file(struct sender *s, const struct config *cfg,
                            const struct upload *u, char **link, bool *again,
                            struct err *err);

/* Is a file of this name in the thread? *link as above. ERR_SLACK:
 * there is no answer. */
MUST_CHECK bool upload_look(struct sender *s, const struct upload *u,
                            bool *there, char **link, struct err *err);

#endif

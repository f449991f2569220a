/*
 * state: the state directory, and who ran in it before us.
 *
 * <dir>/lock is held (flock) for the life of the process, <dir>/replica names
 * the replica that holds it. Whoever gets the lock knows for certain that the
 * replica named there is dead, and what it left can be taken up at once
 * instead of when its leases are over. Two bots may share a directory: the
 * second goes on without. A directory that cannot be written is never a
 * reason not to start.
 *
 * Opened before threads, read-only afterwards: any thread.
 */
#ifndef BOT_STATE_H
#define BOT_STATE_H

#include <stdbool.h>

#include "core/base/digest.h"

enum state_hold {
    STATE_OURS,        /* the lock is held */
    STATE_SHARED,      /* another bot holds it */
    STATE_UNAVAILABLE, /* the directory cannot be used; why says it */
};

struct state {
    enum state_hold hold;
    int lock;                    /* descriptor, or -1 */
    char predecessor[RANDOM_ID]; /* replica id of the last run; "": none, or
                                  * it may live */
    char why[200];
};

/* Makes dir, takes the lock, reads the predecessor, writes id. Logs what is
 * not as it should be. */
void state_open(struct state *s, const char *dir, const char *id);
/* Lets the lock go. The id stays: the next run clears up after this one. */
void state_close(struct state *s);

#endif

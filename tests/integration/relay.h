/*
 * relay: a Redis that one bot alone loses: its connections go through a child
 * that passes bytes on, until it is stopped. One thread; what cannot be done
 * fails the test, as in harness.h.
 */
#ifndef INTEGRATION_RELAY_H
#define INTEGRATION_RELAY_H

#include "tests/harness/harness.h"

struct relay {
    char env[64]; /* "REDIS_URL=redis://127.0.0.1:PORT/0" */
    char path[108];
    int port;
    pid_t pid; /* 0: stopped */
};

/* For the harness's Redis. It dies with us. */
void relay_start(struct relay *r, struct harness *h);
/* All its connections end, and there are no new ones. */
void relay_stop(struct relay *r);
void relay_again(struct relay *r); /* at the same port */

#endif

/*
 * bulk: a bulk requeue whose bots are killed (kill -9) again and again at
 * random moments, and what must be true in the end: what was asked, what
 * Slack saw, the streams, the audit.
 *
 * BULK_SEED in the environment repeats a run; it is printed at the start.
 */
#ifndef INTEGRATION_BULK_H
#define INTEGRATION_BULK_H

#include "tests/integration/jobs.h"

struct bulk {
    int entries;
    const char *rate; /* so that all the kills fall inside the run */
    int kills;
    int bots; /* 1 or 2; of two, one lives at any time */
};

/* The whole of it, from the question to the checks. */
void bulk_kill(const struct bulk *bulk);

/* All were moved by one job, and all that tells of it says so. */
void bulk_expect(struct harness *h, int entries);

#endif

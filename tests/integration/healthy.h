/*
 * healthy: a bot with agents that it checks, for the tests of health checks.
 * What cannot be done fails the test, as in harness.h.
 *
 * Each of four agents is a check of its name, asked once a second, failing and
 * passing after 2 in a row: risk is critical and of scope trading, execution
 * and signals are high, market-data is a warning.
 */
#ifndef INTEGRATION_HEALTHY_H
#define INTEGRATION_HEALTHY_H

#include "tests/harness/agents.h"
#include "tests/integration/common.h"

struct healthy {
    struct agents *agents;
    struct harness *h;
    char *yaml;
    /* Takes connections, and says nothing: for one more check, slow, of 20 s,
     * which is asked once an hour. -1: there is none. */
    int mute;
};

/* more: yaml before the checks, may be "". */
struct healthy healthy_start(const char *more);
struct healthy healthy_start_slow(void);
void healthy_stop(struct healthy *t);

/* Connections to an agent ("*": all) are refused, or no more. */
void healthy_down(struct healthy *t, const char *agent, bool down);
/* Waits until Postgres has the mark ("failing") of a check. */
void healthy_wait(struct healthy *t, const char *check, const char *mark);
/* Types "health" and more as U0ANN in C0OPS. New ref. */
json_t *healthy_ask(struct healthy *t, const char *text);
/* The moment of since of a check, as Postgres has it. Heap. */
char *healthy_since(struct healthy *t, const char *check);

#endif

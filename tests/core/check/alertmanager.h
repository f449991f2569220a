/*
 * alertmanager: a real Alertmanager of one test's own, on a port of 127.0.0.1,
 * that tells a bot of everything. What cannot be done fails the test. It dies
 * with the test's process. One thread, the main one.
 */
#ifndef TESTS_CORE_CHECK_ALERTMANAGER_H
#define TESTS_CORE_CHECK_ALERTMANAGER_H

#include "tests/harness/harness.h"

struct alertmanager {
    struct harness *harness; /* whose directory it uses; borrowed */
    struct process *process;
    int port;
    char url[40]; /* "http://127.0.0.1:PORT" */
};

/* Tells the bot at address by this token; groups at once, and repeats every
 * two seconds. It is ready when this returns. */
void alertmanager_start(struct alertmanager *a, struct harness *h,
                        const char *address, const char *token);
void alertmanager_stop(struct alertmanager *a); /* at once */

/* Waits until so many webhooks were sent and answered 2xx. */
void alertmanager_wait_told(struct alertmanager *a, int n);

#endif

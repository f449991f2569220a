/*
 * prometheus: a real Prometheus of one test's own, on a port of 127.0.0.1
 * and with its data in a directory that goes with it. It scrapes itself (job
 * "itself") and a target that nobody serves (job "away"), or what the test says.
 *
 * Nothing here returns an error: what cannot be done aborts the test. It dies
 * with the test's process. One thread, the main one.
 */
#ifndef TESTS_CORE_CHECK_PROMETHEUS_H
#define TESTS_CORE_CHECK_PROMETHEUS_H

#include "tests/harness/harness.h"

struct prometheus {
    struct harness *harness;
    struct process *process; /* for process_signal() */
    int port;
    char url[40];    /* "http://127.0.0.1:PORT" */
    const char *job; /* an entry of scrape_configs, in place of the two;
                      * borrowed; set before the start */
};

void prometheus_start(struct prometheus *p); /* it is ready for queries */
void prometheus_stop(struct prometheus *p);  /* at once, and its data */

/* SIGTERM, and waits until it is gone; then on the same port again. */
void prometheus_end(struct prometheus *p);
void prometheus_again(struct prometheus *p);

/* Until both jobs have been scraped: some five seconds after its start. */
void prometheus_wait_scraped(struct prometheus *p);

#endif

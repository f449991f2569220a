/*
 * jobs: the thread that carries out bulk moves (core/ops/job.h).
 *
 * It claims jobs that nobody has and steps them by turns, so that one that
 * goes slowly holds up no other. A step is at most a second of work. While a
 * store is away it waits; nothing is lost, and another replica may go on.
 */
#ifndef BOT_JOBS_H
#define BOT_JOBS_H

#include <stddef.h>

#include "core/config_now.h"
#include "core/store/health.h"

struct jobs;

struct jobs_needs {
    const struct config_holder *config;
    const char *replica;
    struct store_health *redis, *postgres;
    void (*touched)(void *arg); /* cards have changed; any thread */
    void *touched_arg;
};

struct jobs *jobs_start(const struct jobs_needs *needs, struct err *err);

/* A job row was committed, or one is to stop. Any thread; NULL is fine. */
void jobs_kick(struct jobs *j);

struct jobs_facts {
    int64_t turned_ms; /* since it last turned */
    size_t running;    /* that this replica has */
};
void jobs_facts(struct jobs *j, struct jobs_facts *out);

/* Finishes the step it is in, and gives the rest to whoever comes. Joins,
 * frees; NULL is fine. */
void jobs_stop(struct jobs *j);

#endif

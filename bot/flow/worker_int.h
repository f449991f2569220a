/*
 * worker_int: the workers from the inside, for worker.c (what they take, and
 * how it is run) and worker_out.c (what is recorded of it, and how the answer
 * leaves). Nobody else includes this. A worker belongs to its thread.
 */
#ifndef BOT_WORKER_INT_H
#define BOT_WORKER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/flow/task.h"
#include "bot/flow/worker.h"

#define QUICK  4
#define SLOW   2
#define URGENT 1
#define BATCH  16

struct worker {
    struct workers *all;
    pthread_t thread;
    struct queue *queue;
    size_t batch;
    struct task tasks[BATCH];
    size_t n; /* tasks of this turn */
    struct task_world world;
    struct db_op ops[BATCH]; /* their audit rows */
    _Atomic int64_t turned;  /* mono ms */
};

struct workers {
    struct worker_needs needs;
    struct queue *quick, *slow, *urgent;
    struct worker workers[QUICK + SLOW + URGENT];
    size_t started; /* of workers */
    _Atomic uint64_t answered, failed;
};

/* The audit rows of all its tasks, in one transaction: before any answer
 * leaves (P3). What Postgres does not take waits in Redis, or the journal. */
void worker_audit(struct worker *w);
/* The answer leaves, or goes to those that are not there yet. */
void worker_let_go(struct worker *w, struct task *t);

#endif

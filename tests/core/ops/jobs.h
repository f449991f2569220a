/*
 * jobs: what the tests of jobs share: a dead-letter queue "s.dlq" of stream
 * "s", jobs on it, and their steps. What cannot be done fails the test.
 */
#ifndef TESTS_CORE_OPS_JOBS_H
#define TESTS_CORE_OPS_JOBS_H

#include "core/ops/job.h"
#include "tests/core/ops/world.h"

extern struct stream_name jobs_name;

/* Entries n=0 … count-1, with the fields of a dead letter. */
void jobs_fill(struct world *w, int count);

/* Of all, or of ids: looked for, begun and committed. set: the caller's, or
 * NULL. */
void jobs_begin_all(struct world *w, const char *op, enum job_kind kind,
                    int rate, struct job_set *set);
void jobs_begin_ids(struct world *w, const char *op, enum job_kind kind,
                    const char *const *ids, size_t count, struct job_set *set);

/* Claims for replica; NULL when there is nothing to claim. */
struct job_run *jobs_claim(struct world *w, const char *replica);
/* One step that must not fail. */
enum job_step jobs_step(struct world *w, struct job_run *run, int *wait_ms);
/* Claims and steps until it is more than MORE. */
enum job_step jobs_run(struct world *w, const char *replica);
/* Its lease is over. */
void jobs_expire(struct world *w);

void jobs_expect(struct world *w, const char *op, enum job_state state,
                 int64_t moved, int64_t gone, int64_t refused);
/* Of n=0 … count-1 there is one each in key. */
void jobs_expect_each_once(struct world *w, const char *key, int count);

#endif

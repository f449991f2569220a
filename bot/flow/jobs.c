/* jobs: see jobs.h. */
#include "bot/flow/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/job.h"

#define AT_ONCE  8
#define CLAIM_MS 1000 /* how often it looks for jobs when nobody says so */
#define LATER_MS 1000 /* a store is away */

/* One that we have. */
struct turn {
    struct job_run *run;
    int64_t due; /* mono ms of its next step */
};

struct jobs {
    struct jobs_needs needs;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop, kicked; /* under the lock */
    struct redis *redis;
    struct db *db;
    struct turn turns[AT_ONCE];
    size_t n;
    int64_t claim_due; /* mono ms */
    _Atomic int64_t turned;
    atomic_size_t running;
};

/* ---- claiming ------------------------------------------------------------------ */

static bool stores_up(const struct jobs *j)
{
    return store_up(j->needs.redis) && store_up(j->needs.postgres);
}

static void take(struct jobs *j, struct job_run *run)
{
    log_info("jobs", &(struct log_ctx){ .op = job_run_id(run) },
             "this replica carries it out");
    j->turns[j->n++] = (struct turn){ .run = run, .due = clock_mono_ms() };
    atomic_store(&j->running, j->n);
}

/* All that nobody has, as long as there is room. */
static void claim(struct jobs *j)
{
    struct job_run *run = NULL;
    struct err err = { 0 };

    if (clock_mono_ms() < j->claim_due || !stores_up(j))
        return;
    j->claim_due = clock_mono_ms() + CLAIM_MS;
    while (j->n < AT_ONCE) {
        if (!job_claim(j->db, j->needs.replica, &run, &err)) {
            log_debug("jobs", NULL, "%s", err.text);
            return;
        }
        if (!run)
            return;
        take(j, run);
    }
}

/* ---- stepping ------------------------------------------------------------------ */

static void drop(struct jobs *j, struct turn *t)
{
    job_run_free(t->run);
    *t = j->turns[--j->n];
    atomic_store(&j->running, j->n);
    j->claim_due = 0; /* there is room again */
}

static void step(struct jobs *j, struct turn *t)
{
    struct log_ctx ctx = { .op = job_run_id(t->run) };
    struct err err = { 0 };
    int wait_ms = 0;
    enum job_step came = job_step(t->run, j->redis, j->db,
                                  config_now(j->needs.config), &wait_ms, &err);

    if (job_run_touched(t->run))
        j->needs.touched(j->needs.touched_arg);
    switch (came) {
    case JOB_STEP_MORE:
        t->due = clock_mono_ms() + wait_ms;
        break;
    case JOB_STEP_OVER:
        log_info("jobs", &ctx, "over");
        drop(j, t);
        break;
    case JOB_STEP_LOST:
        log_info("jobs", &ctx, "another replica has it");
        drop(j, t);
        break;
    case JOB_STEP_LATER:
        log_debug("jobs", &ctx, "%s", err.text);
        t->due = clock_mono_ms() + LATER_MS;
        break;
    }
}

/* The one that is due first; NULL: there is none. */
static struct turn *next_turn(struct jobs *j)
{
    struct turn *first = NULL;

    for (size_t i = 0; i < j->n; i++)
        if (!first || j->turns[i].due < first->due)
            first = &j->turns[i];
    return first;
}

/* One round. The result: mono ms at which there is something to do again. */
static int64_t turn(struct jobs *j)
{
    struct turn *next;

    atomic_store(&j->turned, clock_mono_ms());
    claim(j);
    next = next_turn(j);
    if (next && next->due <= clock_mono_ms())
        step(j, next);
    next = next_turn(j);
    if (!stores_up(j))
        return clock_mono_ms() + LATER_MS;
    if (next && (j->n == AT_ONCE || next->due < j->claim_due))
        return next->due;
    return j->claim_due;
}

/* ---- the thread ---------------------------------------------------------------- */

/* Until then, or until somebody kicks. True: go on. */
static bool wait_for(struct jobs *j, int64_t until_ms)
{
    bool stop;

    pthread_mutex_lock(&j->lock);
    while (!j->stop && !j->kicked && clock_mono_ms() < until_ms)
        (void)cond_wait(&j->wake, &j->lock, until_ms);
    if (j->kicked)
        j->claim_due = 0;
    j->kicked = false;
    stop = j->stop;
    pthread_mutex_unlock(&j->lock);
    return !stop;
}

/* Another replica need not wait until our leases run out. */
static void leave(struct jobs *j)
{
    struct err err = { 0 };
    bool any = j->n > 0;

    while (j->n)
        drop(j, &j->turns[0]);
    if (any && store_up(j->needs.postgres) &&
        !job_release(j->db, j->needs.replica, &err))
        log_warn("jobs", NULL, "%s", err.text);
}

static void *jobs_main(void *arg)
{
    struct jobs *j = arg;

    pthread_setname_np(pthread_self(), "jobs");
    while (wait_for(j, turn(j)))
        ;
    leave(j);
    return NULL;
}

static void jobs_free(struct jobs *j)
{
    redis_free(j->redis);
    db_free(j->db);
    pthread_cond_destroy(&j->wake);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

struct jobs *jobs_start(const struct jobs_needs *needs, struct err *err)
{
    struct jobs *j = xcalloc(1, sizeof *j);

    j->needs = *needs;
    pthread_mutex_init(&j->lock, NULL);
    cond_init(&j->wake);
    j->redis = redis_new(&config_now(needs->config)->redis, needs->redis);
    j->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&j->turned, clock_mono_ms());
    if (pthread_create(&j->thread, NULL, jobs_main, j) == 0)
        return j;
    err_set(err, ERR_SYSTEM, "The jobs thread could not be started.");
    jobs_free(j);
    return NULL;
}

void jobs_kick(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->kicked = true;
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->lock);
}

void jobs_facts(struct jobs *j, struct jobs_facts *out)
{
    *out = (struct jobs_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&j->turned),
        .running = atomic_load(&j->running),
    };
}

void jobs_stop(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    jobs_free(j);
}

#include "bot/flow/check_pool_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define IDLE_MS     30000
#define STACK_BYTES (512u << 10)

/* ---- running ------------------------------------------------------------------- */

/* With the lock, which it lets go of meanwhile. */
static void run_one(struct check_pool *p)
{
    struct slot *s = slot_dequeue(p), *over;
    struct check_result result = { 0 };
    struct waiter *joined;
    size_t complete;
    bool counts;

    pthread_mutex_unlock(&p->lock);
    checker_run(s->checker, &result);
    pthread_mutex_lock(&p->lock);
    counts = !s->retired;
    pthread_mutex_unlock(&p->lock);
    if (counts)
        p->needs.took(p->needs.arg, s->spec, &result);
    pthread_mutex_lock(&p->lock);
    joined = s->joined;
    over = slot_over(p, s);
    pthread_mutex_unlock(&p->lock);
    complete = waiters_tell(joined, &result);
    if (over)
        slot_free(over);
    pthread_mutex_lock(&p->lock);
    p->rounds -= complete;
}

static void leave_idle(struct check_pool *p, const struct hand *hand)
{
    struct hand **at = &p->idle;

    while (*at && *at != hand)
        at = &(*at)->next;
    if (*at)
        *at = hand->next;
}

/* With the lock. False: nothing came for long, or it is the end. */
static bool wait_for_work(struct check_pool *p, struct hand *hand)
{
    int64_t until = clock_mono_ms() + IDLE_MS;
    bool late = false;

    hand->next = p->idle;
    p->idle = hand;
    while (!hand->called && !p->ending && !late)
        late = !cond_wait(&hand->call, &p->lock, until);
    leave_idle(p, hand);
    return hand->called;
}

/* Of what is queued, one each is for those who were called. */
static void *hand_main(void *arg)
{
    struct hand *hand = arg;
    struct check_pool *p = hand->pool;

    pthread_setname_np(pthread_self(), "check");
    pthread_mutex_lock(&p->lock);
    do {
        hand->called = false;
        p->coming--;
        while (p->queued > p->coming)
            run_one(p);
    } while (wait_for_work(p, hand));
    hand->state = HAND_OVER;
    p->alive--;
    pthread_cond_broadcast(&p->fewer);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static struct hand *free_hand(struct check_pool *p)
{
    for (size_t i = 0; i < CHECK_THREADS; i++) {
        struct hand *h = &p->hands[i];

        if (h->state == HAND_OVER) {
            pthread_join(h->thread, NULL); /* it has let go of the lock */
            h->state = HAND_FREE;
        }
        if (h->state == HAND_FREE)
            return h;
    }
    return NULL;
}

/* Under the lock. False: the system gives no thread; those there are go on. */
static bool start_hand(struct check_pool *p)
{
    struct hand *h = free_hand(p);
    pthread_attr_t attr;
    int problem;

    if (!h)
        return false;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    h->called = true;
    h->state = HAND_ALIVE;
    problem = pthread_create(&h->thread, &attr, hand_main, h);
    pthread_attr_destroy(&attr);
    if (!problem) {
        p->alive++;
        p->coming++;
        news_over(&p->news);
        return true;
    }
    h->state = HAND_FREE;
    if (news_is(&p->news, strerror(problem)))
        log_warn("checks", NULL, "no thread for a check (%s): %u wait",
                 strerror(problem), p->queued);
    return false;
}

static void call_idle(struct check_pool *p)
{
    struct hand *hand = p->idle;

    p->idle = hand->next;
    hand->called = true;
    p->coming++;
    pthread_cond_signal(&hand->call);
}

/* Under the lock: a thread for each that waits. */
static void staff(struct check_pool *p)
{
    size_t checks = p->count + p->retired_count;
    size_t most = checks < CHECK_THREADS ? checks : CHECK_THREADS;

    while (p->queued > p->coming) {
        if (p->idle)
            call_idle(p);
        else if (p->alive >= most || !start_hand(p))
            return;
    }
}

bool check_pool_run(struct check_pool *p, const char *id)
{
    struct slot *s;
    bool starts;

    pthread_mutex_lock(&p->lock);
    s = slot_find(p, id);
    starts = s && s->run == RUN_NOT && !p->ending;
    if (starts)
        slot_enqueue(p, s);
    if (p->queued)
        staff(p);
    pthread_mutex_unlock(&p->lock);
    return starts;
}

/* It was there when it was asked for, and a reload took it away. How many
 * rounds were completed by it. */
static size_t put_gone(struct round *round, size_t index)
{
    struct check_result gone = { .at = clock_wall_ms() };

    snprintf(gone.text, sizeof gone.text,
             "it is not configured any more (reloaded just now)");
    return round_put(round, index, &gone);
}

/* Under the lock. */
static size_t ask_one(struct check_pool *p, struct round *round, size_t index)
{
    struct slot *s = slot_find(p, round_check(round, index)->id);
    bool fresh =
        s && s->run == RUN_NOW && clock_mono_ms() - s->began < CHECK_JOIN_MS;

    if (!s)
        return put_gone(round, index);
    waiter_add(fresh ? &s->joined : &s->waiting, round, index);
    if (s->run == RUN_NOT)
        slot_enqueue(p, s);
    return 0;
}

bool check_pool_ask(struct check_pool *p, struct round *round)
{
    bool room;

    pthread_mutex_lock(&p->lock);
    room = p->rounds < CHECK_ROUNDS && !p->ending;
    if (room && round_count(round) > 0) {
        p->rounds++;
        for (size_t i = 0; i < round_count(round); i++)
            p->rounds -= ask_one(p, round, i);
        staff(p);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

static void count_run(const struct slot *s, int64_t now,
                      struct check_pool_facts *out)
{
    if (s->run != RUN_NOW)
        return;
    out->running++;
    if (now - s->began > out->longest_ms)
        out->longest_ms = now - s->began;
}

void check_pool_facts(struct check_pool *p, struct check_pool_facts *out)
{
    int64_t now = clock_mono_ms();

    pthread_mutex_lock(&p->lock);
    *out =
        (struct check_pool_facts){ .threads = p->alive, .waiting = p->queued };
    for (unsigned i = 0; i < p->count; i++)
        count_run(p->slots[i], now, out);
    for (const struct slot *s = p->retired; s; s = s->next_retired)
        count_run(s, now, out);
    pthread_mutex_unlock(&p->lock);
}

/* ---- life ------------------------------------------------------------------------ */

static void init_wait(struct check_pool *p)
{
    pthread_mutex_init(&p->lock, NULL);
    cond_init(&p->fewer);
    for (size_t i = 0; i < CHECK_THREADS; i++) {
        p->hands[i].pool = p;
        cond_init(&p->hands[i].call);
    }
}

struct check_pool *check_pool_new(const struct check_pool_needs *needs)
{
    struct check_pool *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    p->last = &p->queue;
    init_wait(p);
    check_pool_adopt(p, config_now(needs->world->config));
    return p;
}

void check_pool_end(struct check_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    p->queue = NULL;
    p->last = &p->queue;
    p->queued = 0;
    for (size_t i = 0; i < CHECK_THREADS; i++)
        pthread_cond_signal(&p->hands[i].call);
    pthread_mutex_unlock(&p->lock);
}

static bool all_over(struct check_pool *p, int64_t until)
{
    size_t alive;

    pthread_mutex_lock(&p->lock);
    while (p->alive > 0 && cond_wait(&p->fewer, &p->lock, until))
        ;
    alive = p->alive;
    pthread_mutex_unlock(&p->lock);
    if (alive)
        log_warn("checks", NULL, "%zu check(s) did not end in time: left",
                 alive);
    return alive == 0;
}

bool check_pool_stop(struct check_pool *p, int64_t until)
{
    if (!p)
        return true;
    check_pool_end(p);
    if (!all_over(p, until))
        return false;
    for (size_t i = 0; i < CHECK_THREADS; i++) {
        if (p->hands[i].state == HAND_OVER)
            pthread_join(p->hands[i].thread, NULL);
        pthread_cond_destroy(&p->hands[i].call);
    }
    for (unsigned i = 0; i < p->count; i++)
        slot_free(p->slots[i]);
    slots_free(p->retired);
    pthread_cond_destroy(&p->fewer);
    pthread_mutex_destroy(&p->lock);
    free(p->slots);
    free(p);
    return true;
}

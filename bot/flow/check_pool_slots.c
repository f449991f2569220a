/*
 * check_pool_slots: the checks of the pool: who waits for them, which are to
 * run, and what a reload makes of them. See check_pool_int.h.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/flow/check_pool_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

/* ---- who waits --------------------------------------------------------------- */

void waiter_add(struct waiter **list, struct round *round, size_t index)
{
    struct waiter *w = xcalloc(1, sizeof *w);

    w->round = round_hold(round);
    w->index = index;
    w->next = *list;
    *list = w;
}

size_t waiters_tell(struct waiter *list, const struct check_result *result)
{
    struct waiter *next;
    size_t complete = 0;

    for (struct waiter *w = list; w; w = next) {
        next = w->next;
        if (result)
            complete += round_put(w->round, w->index, result);
        round_drop(w->round);
        free(w);
    }
    return complete;
}

/* ---- the queue ---------------------------------------------------------------- */

struct slot *slot_find(const struct check_pool *p, const char *id)
{
    for (unsigned i = 0; i < p->count; i++)
        if (strcmp(p->slots[i]->spec->id, id) == 0)
            return p->slots[i];
    return NULL;
}

void slot_enqueue(struct check_pool *p, struct slot *s)
{
    s->next = NULL;
    *p->last = s;
    p->last = &s->next;
    p->queued++;
    s->run = RUN_QUEUED;
}

struct slot *slot_dequeue(struct check_pool *p)
{
    struct slot *s = p->queue;

    p->queue = s->next;
    if (!p->queue)
        p->last = &p->queue;
    p->queued--;
    s->run = RUN_NOW;
    s->began = clock_mono_ms();
    s->joined = s->waiting;
    s->waiting = NULL;
    return s;
}

void slot_free(struct slot *s)
{
    (void)waiters_tell(s->waiting, NULL);
    checker_free(s->checker);
    free(s);
}

/* One that nobody else knows. */
static struct slot *forget(struct check_pool *p, struct slot *s)
{
    struct slot **at = &p->retired;

    while (*at != s)
        at = &(*at)->next_retired;
    *at = s->next_retired;
    p->retired_count--;
    return s;
}

struct slot *slot_over(struct check_pool *p, struct slot *s)
{
    s->joined = NULL;
    s->run = RUN_NOT;
    if (s->waiting && !p->ending)
        slot_enqueue(p, s);
    else if (s->retired)
        return forget(p, s);
    return NULL;
}

/* ---- reload ---------------------------------------------------------------------- */

static struct slot *slot_new(const struct check_pool *p,
                             const struct config_check *spec)
{
    struct slot *s = xcalloc(1, sizeof *s);

    s->spec = spec;
    s->checker = checker_new(spec, p->needs.world);
    return s;
}

/* The slots of cfg, those there are where they
 * fit. */
static struct slot **slots_of(struct check_pool *p, const struct config *cfg)
{
    struct slot **slots = xcalloc(cfg->checks_count + 1, sizeof *slots);

    for (unsigned i = 0; i < p->count; i++)
        p->slots[i]->retired = true;
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct config_check *spec = &cfg->checks[i];
        struct slot *old = slot_find(p, spec->id);

        slots[i] =
            old && config_check_same(old->spec, spec) ? old : slot_new(p, spec);
        slots[i]->retired = false;
    }
    return slots;
}

/* What is left is freed when its run is over; gives those that do not run. */
static struct slot *retire_rest(struct check_pool *p)
{
    struct slot *idle = NULL;

    for (unsigned i = 0; i < p->count; i++) {
        struct slot *s = p->slots[i], **list = &p->retired;

        if (!s->retired)
            continue;
        if (s->run == RUN_NOT)
            list = &idle;
        else
            p->retired_count++;
        s->next_retired = *list;
        *list = s;
    }
    return idle;
}

void slots_free(struct slot *s)
{
    struct slot *next;

    for (; s; s = next) {
        next = s->next_retired;
        slot_free(s);
    }
}

void check_pool_adopt(struct check_pool *p, const struct config *cfg)
{
    struct slot **slots, *idle;

    pthread_mutex_lock(&p->lock);
    slots = slots_of(p, cfg);
    idle = retire_rest(p);
    free(p->slots);
    p->slots = slots;
    p->count = cfg->checks_count;
    pthread_mutex_unlock(&p->lock);
    slots_free(idle);
}

/*
 * loop: see loop.h.
 */
#include "tests/sandbox/wire/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define HOOKS 8
#define BATCH 256

/* A binary heap; at[0] is not used, so that slot 0 means "not armed". */
struct heap {
    struct timer **at;
    size_t count;
    size_t room;
};

struct loop {
    int epoll;
    bool stopping;
    bool again;
    const struct slacktime *time;
    struct heap heaps[2]; /* by enum time_base */
    struct {
        void (*run)(void *arg);
        void *arg;
    } hooks[HOOKS];
    size_t hook_count;
};

/* ---- timers ------------------------------------------------------------- */

static void heap_place(struct heap *h, struct timer *t, size_t slot)
{
    h->at[slot] = t;
    t->slot = slot;
}

static void heap_up(struct heap *h, struct timer *t, size_t slot)
{
    while (slot > 1 && h->at[slot / 2]->at_us > t->at_us) {
        heap_place(h, h->at[slot / 2], slot);
        slot /= 2;
    }
    heap_place(h, t, slot);
}

static void heap_down(struct heap *h, struct timer *t, size_t slot)
{
    for (;;) {
        size_t child = slot * 2;

        if (child > h->count)
            break;
        if (child < h->count && h->at[child + 1]->at_us < h->at[child]->at_us)
            child++;
        if (h->at[child]->at_us >= t->at_us)
            break;
        heap_place(h, h->at[child], slot);
        slot = child;
    }
    heap_place(h, t, slot);
}

static int64_t now_us(const struct loop *loop, enum time_base base)
{
    return base == TIME_REAL ? clock_mono_us() : slacktime_us(loop->time);
}

void timer_start(struct loop *loop, struct timer *timer, int64_t delay_us)
{
    struct heap *h = &loop->heaps[timer->base];

    timer_stop(loop, timer);
    if (h->count + 2 > h->room) {
        h->room = h->room ? h->room * 2 : 64;
        h->at = xrealloc(h->at, h->room * sizeof(*h->at));
    }
    timer->at_us = now_us(loop, timer->base) + delay_us;
    heap_up(h, timer, ++h->count);
}

void timer_stop(struct loop *loop, struct timer *timer)
{
    struct heap *h = &loop->heaps[timer->base];
    size_t slot = timer->slot;
    struct timer *last;

    if (!slot)
        return;
    timer->slot = 0;
    last = h->at[h->count--];
    if (last == timer)
        return;
    if (slot > 1 && h->at[slot / 2]->at_us > last->at_us)
        heap_up(h, last, slot);
    else
        heap_down(h, last, slot);
}

/* A timer that arms itself again waits for the next turn. */
static void fire_due(struct loop *loop, enum time_base base)
{
    struct heap *h = &loop->heaps[base];
    int64_t now = now_us(loop, base);

    while (h->count && h->at[1]->at_us < now) {
        struct timer *t = h->at[1];

        timer_stop(loop, t);
        t->fire(t->arg);
    }
}

/* Real milliseconds until the first timer, -1: none. */
static int wait_ms(const struct loop *loop)
{
    double best = -1;

    if (loop->again)
        return 0;
    for (int base = TIME_REAL; base <= TIME_SLACK; base++) {
        const struct heap *h = &loop->heaps[base];
        double us;

        if (!h->count)
            continue;
        us = (double)(h->at[1]->at_us - now_us(loop, (enum time_base)base));
        if (base == TIME_SLACK)
            us /= loop->time->scale;
        if (us <= 0)
            return 0;
        if (best < 0 || us < best)
            best = us;
    }
    if (best > 60e6)
        best = 60e6;
    return best < 0 ? -1 : (int)(best / 1000) + 1;
}

/* ---- the loop ----------------------------------------------------------- */

bool loop_new(struct loop **out, const struct slacktime *time, struct err *err)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return err_set(err, ERR_SYSTEM, "epoll_create1: %s", strerror(errno));
    *out = xcalloc(1, sizeof(**out));
    (*out)->epoll = fd;
    (*out)->time = time;
    return true;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll);
    free(loop->heaps[0].at);
    free(loop->heaps[1].at);
    free(loop);
}

static void turn(struct loop *loop)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(loop->epoll, events, BATCH, wait_ms(loop));

    loop->again = false;
    for (int i = 0; i < n; i++) {
        struct source *source = events[i].data.ptr;

        source->ready(source, events[i].events);
    }
    fire_due(loop, TIME_REAL);
    fire_due(loop, TIME_SLACK);
    for (size_t i = 0; i < loop->hook_count; i++)
        loop->hooks[i].run(loop->hooks[i].arg);
}

void loop_run(struct loop *loop)
{
    loop->stopping = false;
    while (!loop->stopping)
        turn(loop);
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

void loop_again(struct loop *loop)
{
    loop->again = true;
}

void loop_each_turn(struct loop *loop, void (*hook)(void *arg), void *arg)
{
    if (loop->hook_count == HOOKS)
        abort();
    loop->hooks[loop->hook_count].run = hook;
    loop->hooks[loop->hook_count++].arg = arg;
}

static bool control(struct loop *loop, int op, struct source *source,
                    uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = source };

    source->events = events;
    return epoll_ctl(loop->epoll, op, source->fd, &event) == 0;
}

bool loop_add(struct loop *loop, struct source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, source, events);
}

void loop_watch(struct loop *loop, struct source *source, uint32_t events)
{
    if (source->events != events)
        control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct loop *loop, struct source *source)
{
    control(loop, EPOLL_CTL_DEL, source, 0);
}

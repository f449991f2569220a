/*
 * A flow is in one of four places: in a ready list (per lane and road), in
 * the heap of those that wait for a moment, in flight, or, when empty,
 * nowhere: then it is freed. Only its first post ever moves.
 */
#include "bot/sender/sender_lane.h"

#include <stdlib.h>

#include "bot/sender/sender_flow.h"
#include "bot/sender/sender_pace.h"
#include "bot/sender/sender_rule.h"
#include "core/base/mem.h"

/* A longer deadline of ours stands still while the token is refused; that of
 * a modal, or one the caller set, does not. */
#define PATIENT_MS 60000

struct ready {
    struct flow *first, **last;
};

struct lanes {
    struct pace *pace;
    struct flow_table table;
    struct ready ready[LANES][ROADS];
    struct flow_heap waiting;
    int flying[ROADS];
    struct post *oldest, *newest;
    size_t len;
};

/* ---- ready lists ---------------------------------------------------------- */

static void ready_push(struct lanes *l, struct flow *f)
{
    struct ready *r = &l->ready[f->lane][f->road];

    f->next = NULL;
    *r->last = f;
    r->last = &f->next;
}

static struct flow *ready_pop(struct ready *r)
{
    struct flow *f = r->first;

    r->first = f->next;
    if (!r->first)
        r->last = &r->first;
    return f;
}

static void wake(struct lanes *l, int64_t until)
{
    while (l->waiting.len > 0 && l->waiting.flows[0]->due <= until)
        ready_push(l, flow_heap_pop(&l->waiting));
}

static void flow_go_on(struct lanes *l, struct flow *f)
{
    if (f->first)
        ready_push(l, f);
    else
        flow_free(&l->table, f);
}

/* ---- all posts ------------------------------------------------------------ */

static void count_in(struct lanes *l, struct post *post)
{
    post->older = l->newest;
    post->newer = NULL;
    if (l->newest)
        l->newest->newer = post;
    else
        l->oldest = post;
    l->newest = post;
    l->len++;
}

static void count_out(struct lanes *l, struct post *post)
{
    if (post->older)
        post->older->newer = post->newer;
    else
        l->oldest = post->newer;
    if (post->newer)
        post->newer->older = post->older;
    else
        l->newest = post->older;
    post->older = post->newer = NULL;
    l->len--;
}

void lanes_add(struct lanes *l, struct post *post, int64_t now)
{
    struct flow *f;
    bool is_new;

    post->rule = call_rule_find(post->method);
    if (!post->started)
        post->started = now;
    if (!post->deadline) {
        post->deadline = post->started + post->rule->deadline_ms;
        post->patient = !post->once && post->rule->deadline_ms >= PATIENT_MS;
    }
    count_in(l, post);
    f = flow_join(&l->table, post, &is_new);
    if (is_new)
        ready_push(l, f);
}

static bool has_room(const struct lanes *l, enum road road, enum post_lane lane)
{
    int most = lane >= POST_EDIT ? ROAD_LOW_FLIGHT : ROAD_FLIGHTS;

    return l->flying[road] < most;
}

/* Looks at the first post of f, which has no place now, and gives f one. */
static struct post *try_flow(struct lanes *l, struct flow *f, int64_t now,
                             bool *expired)
{
    struct post *post = flow_first(f);
    int64_t end = pace_end(l->pace, post);
    int64_t when = pace_when(l->pace, post);

    *expired = now >= end;
    if (*expired) {
        flow_drop_first(f);
        count_out(l, post);
        flow_go_on(l, f);
        return post;
    }
    if (when > now) {
        f->due = when < end ? when : end;
        flow_heap_push(&l->waiting, f);
        return NULL;
    }
    pace_take(l->pace, post, now);
    f->flying = true;
    l->flying[f->road]++;
    return post;
}

struct post *lanes_next(struct lanes *l, int64_t now, bool *expired)
{
    wake(l, now);
    for (enum post_lane lane = 0; lane < LANES; lane++) {
        for (enum road road = 0; road < ROADS; road++) {
            struct ready *r = &l->ready[lane][road];

            while (r->first && has_room(l, road, lane)) {
                struct post *post = try_flow(l, ready_pop(r), now, expired);

                if (post)
                    return post;
            }
        }
    }
    return NULL;
}

static struct flow *land(struct lanes *l, struct post *post)
{
    struct flow *f = post->flow;

    f->flying = false;
    l->flying[f->road]--;
    return f;
}

void lanes_settle(struct lanes *l, struct post *post)
{
    struct flow *f = land(l, post);

    flow_drop_first(f);
    count_out(l, post);
    flow_go_on(l, f);
}

void lanes_again(struct lanes *l, struct post *post)
{
    flow_go_on(l, land(l, post));
}

/* ---- what Slack said ------------------------------------------------------ */

void lanes_limited(struct lanes *l, const struct post *post, int64_t now,
                   int64_t until)
{
    pace_limited(l->pace, post, now, until);
}

void lanes_token_refused(struct lanes *l, const struct post *post, int64_t now)
{
    pace_token_refused(l->pace, post, now);
}

bool lanes_token_taken(struct lanes *l, const struct post *post, int64_t now)
{
    if (!pace_token_taken(l->pace, post, now))
        return false;
    wake(l, INT64_MAX);
    return true;
}

bool lanes_any_refused(const struct lanes *l)
{
    return pace_any_refused(l->pace);
}

/* ---- the whole ------------------------------------------------------------ */

int lanes_wait(const struct lanes *l, int64_t now, int most)
{
    int64_t wait = l->waiting.len ? l->waiting.flows[0]->due - now : most;

    if (wait < 0)
        return 0;
    return wait < most ? (int)wait : most;
}

size_t lanes_len(const struct lanes *l)
{
    return l->len;
}

const struct post *lanes_oldest(const struct lanes *l)
{
    return l->oldest;
}

int64_t retry_delay_ms(int attempts, uint32_t random)
{
    int64_t most = 15000;

    if (attempts < 7)
        most = 250LL << (attempts > 0 ? attempts - 1 : 0);
    return (int64_t)random % (most + 1);
}

struct lanes *lanes_new(void)
{
    struct lanes *l = xcalloc(1, sizeof *l);

    l->pace = pace_new();
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t road = 0; road < ROADS; road++)
            l->ready[lane][road].last = &l->ready[lane][road].first;
    return l;
}

static void leave_places(struct lanes *l)
{
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t road = 0; road < ROADS; road++)
            while (l->ready[lane][road].first)
                ready_pop(&l->ready[lane][road]);
    l->waiting.len = 0;
}

struct post *lanes_evict(struct lanes *l)
{
    struct post *post = l->oldest;
    struct flow *f;

    leave_places(l);
    if (!post)
        return NULL;
    f = post->flow;
    if (f->flying)
        land(l, post); /* the oldest is the first of its flow */
    flow_drop_first(f);
    count_out(l, post);
    if (!f->first)
        flow_free(&l->table, f);
    return post;
}

void lanes_free(struct lanes *l)
{
    struct post *post;

    if (!l)
        return;
    while ((post = lanes_evict(l)) != NULL)
        post_free(post);
    pace_free(l->pace);
    free(l->waiting.flows);
    free(l);
}

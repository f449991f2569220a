/*
 * hook: the runs whose targets are told to stop or start, and asked whether
 * they have: begun, turned, overtaken, let go. What one target does is
 * hook_target.c's. One thread, but for hooks_wake().
 *
 * Runs that are over are let go at the end of a turn only.
 */
#include "core/ops/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/net/web_flight.h"
#include "core/ops/halt_parts.h"
#include "core/ops/hook_parts.h"

#define KEPT_OPEN 256 /* connections */

/* ---- one run ------------------------------------------------------------------------ */

static char *body_of(const struct halt_run *run)
{
    char at[CLOCK_TEXT], generation[24];

    snprintf(generation, sizeof generation, "%lld", (long long)run->generation);
    return json_text(
        member_str("action", halt_action_name(run->action)),
        member_str("scope", run->scope),
        member_raw("generation", run->generation > 0 ? generation : NULL),
        member_str("reason", run->reason), member_str("by", run->by),
        member_str("at", clock_rfc3339(run->at, at)),
        member_str("op", run->op));
}

static bool is_later(const struct halt_run *a, const struct halt_run *b)
{
    if (a->generation > 0 && b->generation > 0)
        return a->generation > b->generation;
    return a->at > b->at;
}

/* A later action on the scope counts now: what is left of the other must not
 * reach a target after it. */
static void overtake(struct hook_run *loser, const struct halt_run *winner)
{
    for (size_t i = 0; i < loser->count; i++) {
        hook_target_drop(&loser->targets[i]);
    }
    halt_run_overtaken(loser->run, winner->action, winner->generation);
    loser->changed = true;
}

static void settle_rivals(struct hooks *h, struct hook_run *fresh)
{
    for (struct hook_run *r = h->runs; r; r = r->next) {
        const struct halt_run *a = fresh->run, *b = r->run;

        if (r == fresh || a->action == b->action ||
            strcmp(a->scope, b->scope) != 0)
            continue;
        if (is_later(b, a))
            overtake(fresh, b);
        else
            overtake(r, a);
    }
}

void hooks_start(struct hooks *h, struct halt_run *run)
{
    struct hook_run *r = xcalloc(1, sizeof *r);

    r->run = run;
    r->count = run->count;
    r->verify_s = config_now(h->config)->halt.verify_s;
    r->deadline = clock_mono_ms() + (int64_t)r->verify_s * 1000;
    r->body = body_of(run);
    r->targets = xcalloc(run->count + 1, sizeof *r->targets);
    r->next = h->runs;
    h->runs = r;
    for (size_t i = 0; i < r->count; i++) {
        r->targets[i].run = r;
        r->targets[i].shown = &run->targets[i];
        hook_target_begin(h, &r->targets[i]);
    }
    settle_rivals(h, r);
    halt_run_settle(run);
    r->changed |= run->finished; /* nothing will happen: say so at once */
}

static void run_free(struct hook_run *r)
{
    for (size_t i = 0; i < r->count; i++)
        hook_call_free(r->targets[i].call);
    free(r->targets);
    free(r->body);
    free(r);
}

/* ---- turning ---------------------------------------------------------------------------- */

/* What is due now; *wake: when the next is. */
static void begin_due(struct hooks *h, int64_t now, int64_t *wake)
{
    for (struct hook_run *r = h->runs; r; r = r->next)
        for (size_t i = 0; i < r->count; i++) {
            struct hook_target *t = &r->targets[i];
            int64_t next = r->deadline;

            if (t->step != STEP_OVER && now >= r->deadline)
                hook_target_expire(t);
            else if (hook_target_waits(t) && now >= t->due)
                hook_target_request(t);
            if (hook_target_waits(t) && t->due < next)
                next = t->due;
            if (t->step != STEP_OVER && next < *wake)
                *wake = next;
        }
}

static void take_answers(struct hooks *h)
{
    struct hook_answer answer;
    struct hook_target *t;

    while ((t = hook_next(h->deck, &answer)))
        hook_target_answer(t, &answer);
}

static bool any_changed(const struct hooks *h)
{
    const struct hook_run *r = h->runs;

    while (r && !r->changed)
        r = r->next;
    return r != NULL;
}

/* Lets go of r, if it is over. */
static void let_go(struct hooks *h, struct hook_run *r)
{
    struct hook_run **at = &h->runs;

    if (!r->run->finished)
        return;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    run_free(r);
}

/* changed() may free a finished run, and start others. */
static void tell_changes(struct hooks *h,
                         void (*changed)(void *arg, struct halt_run *run),
                         void *arg)
{
    struct hook_run *r = h->runs;

    while (r) {
        struct halt_run *run = r->run;

        if (!r->changed) {
            r = r->next;
            continue;
        }
        r->changed = false;
        halt_run_settle(run);
        let_go(h, r);
        changed(arg, run);
        r = h->runs;
    }
}

void hooks_turn(struct hooks *h, int wait_ms,
                void (*changed)(void *arg, struct halt_run *run), void *arg)
{
    int64_t now = clock_mono_ms(), wake = now + wait_ms;

    begin_due(h, now, &wake);
    if (wake < now || any_changed(h))
        wake = now;
    web_deck_turn(h->deck, (int)(wake - now));
    take_answers(h);
    tell_changes(h, changed, arg);
}

void hooks_wake(struct hooks *h)
{
    web_deck_wake(h->deck);
}

size_t hooks_running(const struct hooks *h)
{
    size_t running = 0;

    for (const struct hook_run *r = h->runs; r; r = r->next)
        running++;
    return running;
}

bool hooks_have(const struct hooks *h, const struct halt_run *run)
{
    const struct hook_run *r = h->runs;

    while (r && r->run != run)
        r = r->next;
    return r != NULL;
}

struct hooks *hooks_new(const struct config_holder *config)
{
    struct hooks *h = xcalloc(1, sizeof *h);

    h->config = config;
    h->deck = web_deck_new(KEPT_OPEN, 0);
    return h;
}

void hooks_free(struct hooks *h)
{
    if (!h)
        return;
    while (h->runs) {
        struct hook_run *r = h->runs;

        h->runs = r->next;
        run_free(r);
    }
    web_deck_free(h->deck);
    free(h);
}

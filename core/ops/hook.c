/*
 * hook: tells targets to stop or start, and asks them whether they have. One
 * thread, but for hooks_wake().
 *
 * Each target goes its own way through enum step, moved by step_enter() and
 * ended by target_end(); nothing waits for another. Runs that are over are
 * let go at the end of a turn only.
 */
#include "core/ops/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "core/ops/hook_verdict.h"

#define ASK_EVERY_MS    200
#define ASK_TIMEOUT_MS  2000
#define TELL_TIMEOUT_MS 5000 /* at most, and a quarter of the time there is */
#define TELL_FIRST_MS   100  /* doubled for each try after */
#define TELL_MOST_MS    1600

enum step {
    STEP_TELL,    /* at due: POST */
    STEP_TELLING, /* the POST is under way */
    STEP_PEEK,    /* at due: GET, though the hook was not taken */
    STEP_PEEKING, /* that GET is under way */
    STEP_ASK,     /* at due: GET */
    STEP_ASKING,  /* the GET is under way */
    STEP_OVER,    /* stopped or failed */
};

struct hook_target {
    struct hook_run *run;
    struct halt_target *shown; /* what people see */
    const struct config_target *config;
    struct hook_call *call;
    enum step step;
    int64_t due;  /* mono ms */
    int attempts; /* of telling */
};

struct hook_run {
    struct hook_run *next;
    struct halt_run *run;
    int64_t deadline; /* mono ms */
    unsigned verify_s;
    char *body;
    bool changed; /* since changed() was told */
    struct hook_target *targets;
    size_t count;
};

struct hooks {
    const struct config *cfg;
    struct hook_wire *wire;
    struct hook_run *runs;
};

/* ---- one target ------------------------------------------------------------------ */

static void step_enter(struct hook_target *t, enum step to, int64_t due)
{
    t->step = to;
    t->due = due;
}

static void show(struct hook_target *t, enum halt_progress progress,
                 const char *detail)
{
    if (halt_target_set(t->shown, progress, detail))
        t->run->changed = true;
}

static void target_end(struct hook_target *t, enum halt_progress how,
                       const char *detail)
{
    const struct halt_run *run = t->run->run;
    const struct log_ctx ctx = { .op = run->op };
    int64_t took = clock_wall_ms() - run->at;

    hook_call_free(t->call);
    t->call = NULL;
    step_enter(t, STEP_OVER, 0);
    if (how == TARGET_STOPPED)
        t->shown->took_ms = took > 0 ? took : 0;
    else
        log_warn("halt", &ctx, "%s of %s: target %s: %s",
                 halt_action_name(run->action), run->scope, t->shown->name,
                 detail);
    show(t, how, detail);
    t->run->changed = true;
}

static const char *tell_url(const struct config_target *c,
                            enum halt_action action)
{
    return action == HALT_START && c->unhalt_url ? c->unhalt_url : c->halt_url;
}

/* A hook that is never answered leaves time to ask, and to tell again. */
static long tell_timeout(const struct hook_target *t)
{
    long quarter = (long)t->run->verify_s * 250;

    return t->config->health_url && quarter < TELL_TIMEOUT_MS ? quarter
                                                              : TELL_TIMEOUT_MS;
}

/* What is under way when the time is over is dropped: a shorter time-out
 * would only hide what the target said before. */
static void begin_request(struct hook_target *t)
{
    bool tell = t->step == STEP_TELL;
    const char *url =
        tell ? tell_url(t->config, t->run->run->action) : t->config->health_url;
    struct err why;

    if (!hook_call_send(t->call, url, tell ? t->run->body : NULL,
                        tell ? tell_timeout(t) : ASK_TIMEOUT_MS, &why))
        target_end(t, TARGET_FAILED, why.text);
    else
        step_enter(t,
                   tell                   ? STEP_TELLING
                   : t->step == STEP_PEEK ? STEP_PEEKING
                                          : STEP_ASKING,
                   0);
}

static int64_t next_tell(const struct hook_target *t)
{
    int64_t pause = (int64_t)TELL_FIRST_MS
                    << (t->attempts < 5 ? t->attempts - 1 : 4);

    return clock_mono_ms() + (pause < TELL_MOST_MS ? pause : TELL_MOST_MS);
}

static void told(struct hook_target *t, const struct hook_answer *a)
{
    char *detail;

    switch (hook_taken(a, t->run->run->action, &detail)) {
    case HOOK_YES:
        if (!t->config->health_url) {
            target_end(t, TARGET_STOPPED, "");
            break;
        }
        show(t, TARGET_WAITING, "");
        step_enter(t, STEP_ASK, clock_mono_ms());
        break;
    case HOOK_LATER:
        t->attempts++;
        show(t, TARGET_WAITING, detail);
        if (t->config->health_url)
            step_enter(t, STEP_PEEK, clock_mono_ms());
        else
            step_enter(t, STEP_TELL, next_tell(t));
        break;
    case HOOK_NEVER:
        target_end(t, TARGET_FAILED, detail);
        break;
    }
    free(detail);
}

static void asked(struct hook_target *t, const struct hook_answer *a)
{
    char *detail;

    switch (hook_confirmed(a, t->config, t->run->run->action, &detail)) {
    case HOOK_YES:
        target_end(t, TARGET_STOPPED, "");
        break;
    case HOOK_LATER:
        show(t, TARGET_ASKED, detail);
        step_enter(t, STEP_ASK, clock_mono_ms() + ASK_EVERY_MS);
        break;
    case HOOK_NEVER:
        target_end(t, TARGET_FAILED, detail);
        break;
    }
    free(detail);
}

/* It has not taken the hook: only that it is as it should be counts. What it
 * said to the hook is what people need to know. */
static void peeked(struct hook_target *t, const struct hook_answer *a)
{
    enum halt_action action = t->run->run->action;
    char *detail;

    if (hook_confirmed(a, t->config, action, &detail) == HOOK_YES)
        target_end(t, TARGET_STOPPED, "");
    else
        step_enter(t, STEP_TELL, next_tell(t));
    free(detail);
}

/* Its time is over. */
static void expire(struct hook_target *t)
{
    const char *last = t->shown->detail;
    char *detail = xasprintf("has not confirmed after %u s%s%s",
                             t->run->verify_s, last[0] ? ": " : "", last);

    target_end(t, TARGET_FAILED, detail);
    free(detail);
}

/* ---- one run ------------------------------------------------------------------------ */

/* Where to go on: a target that was asked has been told. */
static void target_begin(struct hooks *h, struct hook_target *t)
{
    const struct halt_run *run = t->run->run;
    bool hook, was_told = t->shown->progress == TARGET_ASKED;

    if (halt_target_over(t->shown)) {
        step_enter(t, STEP_OVER, 0);
        return;
    }
    t->config = halt_target_config(h->cfg, t->shown->name);
    if (!t->config) {
        target_end(t, TARGET_FAILED, "is not configured any more");
        return;
    }
    hook = tell_url(t->config, run->action) != NULL;
    if (!hook && !t->config->health_url) {
        target_end(t, TARGET_FAILED, "has neither a hook nor a health URL");
        return;
    }
    t->call = hook_call_new(h->wire, t->config, run->op, t);
    step_enter(
        t, hook && !(was_told && t->config->health_url) ? STEP_TELL : STEP_ASK,
        clock_mono_ms());
}

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
        struct hook_target *t = &loser->targets[i];

        hook_call_free(t->call);
        t->call = NULL;
        step_enter(t, STEP_OVER, 0);
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
    r->verify_s = h->cfg->halt.verify_s;
    r->deadline = clock_mono_ms() + (int64_t)r->verify_s * 1000;
    r->body = body_of(run);
    r->targets = xcalloc(run->count + 1, sizeof *r->targets);
    r->next = h->runs;
    h->runs = r;
    for (size_t i = 0; i < r->count; i++) {
        r->targets[i].run = r;
        r->targets[i].shown = &run->targets[i];
        target_begin(h, &r->targets[i]);
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

static bool is_waiting(const struct hook_target *t)
{
    return t->step == STEP_TELL || t->step == STEP_PEEK || t->step == STEP_ASK;
}

/* What is due now; *wake: when the next is. */
static void begin_due(struct hooks *h, int64_t now, int64_t *wake)
{
    for (struct hook_run *r = h->runs; r; r = r->next)
        for (size_t i = 0; i < r->count; i++) {
            struct hook_target *t = &r->targets[i];
            int64_t next = r->deadline;

            if (t->step != STEP_OVER && now >= r->deadline)
                expire(t);
            else if (is_waiting(t) && now >= t->due)
                begin_request(t);
            if (is_waiting(t) && t->due < next)
                next = t->due;
            if (t->step != STEP_OVER && next < *wake)
                *wake = next;
        }
}

static void take_answers(struct hooks *h)
{
    struct hook_answer answer;
    struct hook_target *t;

    while ((t = hook_wire_next(h->wire, &answer))) {
        if (t->step == STEP_TELLING)
            told(t, &answer);
        else if (t->step == STEP_PEEKING)
            peeked(t, &answer);
        else
            asked(t, &answer);
    }
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
    hook_wire_turn(h->wire, (int)(wake - now));
    take_answers(h);
    tell_changes(h, changed, arg);
}

void hooks_wake(struct hooks *h)
{
    hook_wire_wake(h->wire);
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

struct hooks *hooks_new(const struct config *cfg)
{
    struct hooks *h = xcalloc(1, sizeof *h);

    h->cfg = cfg;
    h->wire = hook_wire_new();
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
    hook_wire_free(h->wire);
    free(h);
}

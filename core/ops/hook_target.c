/*
 * hook_target: one target of a run: told by its hook, asked by its health,
 * until it has stopped or failed. The thread of the hooks.
 *
 * Each goes its own way through enum hook_step, moved by step_enter() and
 * ended by target_end(); nothing waits for another.
 */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "core/ops/hook_parts.h"
#include "core/ops/hook_verdict.h"

#define ASK_EVERY_MS    200
#define ASK_TIMEOUT_MS  2000
#define TELL_TIMEOUT_MS 5000 /* at most, and a quarter of the time there is */
#define TELL_FIRST_MS   100  /* doubled for each try after */
#define TELL_MOST_MS    1600

/* ---- its steps -------------------------------------------------------------------- */

static void step_enter(struct hook_target *t, enum hook_step to, int64_t due)
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

void hook_target_drop(struct hook_target *t)
{
    hook_call_free(t->call);
    t->call = NULL;
    step_enter(t, STEP_OVER, 0);
}

static void target_end(struct hook_target *t, enum halt_progress how,
                       const char *detail)
{
    const struct halt_run *run = t->run->run;
    const struct log_ctx ctx = { .op = run->op };
    int64_t took = clock_wall_ms() - run->at;

    hook_target_drop(t);
    if (how == TARGET_STOPPED)
        t->shown->took_ms = took > 0 ? took : 0;
    else
        log_warn("halt", &ctx, "%s of %s: target %s: %s",
                 halt_action_name(run->action), run->scope, t->shown->name,
                 detail);
    show(t, how, detail);
    t->run->changed = true;
}

/* ---- requests --------------------------------------------------------------------- */

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
void hook_target_request(struct hook_target *t)
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

bool hook_target_waits(const struct hook_target *t)
{
    return t->step == STEP_TELL || t->step == STEP_PEEK || t->step == STEP_ASK;
}

/* ---- answers ---------------------------------------------------------------------- */

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

void hook_target_answer(struct hook_target *t, const struct hook_answer *a)
{
    if (t->step == STEP_TELLING)
        told(t, a);
    else if (t->step == STEP_PEEKING)
        peeked(t, a);
    else
        asked(t, a);
}

/* ---- its begin and its end --------------------------------------------------------- */

void hook_target_expire(struct hook_target *t)
{
    const char *last = t->shown->detail;
    char *detail = xasprintf("has not confirmed after %u s%s%s",
                             t->run->verify_s, last[0] ? ": " : "", last);

    target_end(t, TARGET_FAILED, detail);
    free(detail);
}

void hook_target_begin(struct hooks *h, struct hook_target *t)
{
    const struct halt_run *run = t->run->run;
    bool hook, was_told = t->shown->progress == TARGET_ASKED;

    if (halt_target_over(t->shown)) {
        step_enter(t, STEP_OVER, 0);
        return;
    }
    t->config = halt_target_config(config_now(h->config), t->shown->name);
    if (!t->config) {
        target_end(t, TARGET_FAILED, "is not configured any more");
        return;
    }
    hook = tell_url(t->config, run->action) != NULL;
    if (!hook && !t->config->health_url) {
        target_end(t, TARGET_FAILED, "has neither a hook nor a health URL");
        return;
    }
    t->call = hook_call_new(h->deck, t->config, run->op, t);
    step_enter(
        t, hook && !(was_told && t->config->health_url) ? STEP_TELL : STEP_ASK,
        clock_mono_ms());
}

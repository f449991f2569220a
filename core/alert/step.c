/*
 * step: see step.h. Which step it is, and what holds after each. Pure.
 */
#include "core/alert/step_parts.h"

/* A clock that went back, or a shorter pause: nothing waits longer than what is
 * configured now. */
static void limit(int64_t *at, int64_t latest)
{
    if (*at > latest)
        *at = latest;
}

static void mind_clock(struct stepping *s)
{
    struct alert_group *g = s->g;
    const struct route *route = s->terms->route;
    int64_t now = s->in->now;
    int64_t pause = route->wait_ms > route->interval_ms ? route->wait_ms
                                                        : route->interval_ms;

    if (g->step_at && g->step >= step_count(s))
        g->step_at = 0; /* its policy is shorter now */
    if (g->step_at)
        limit(&g->step_at, now + route->policy->steps[g->step].after_ms);
    limit(&g->tell_at, now + pause);
    limit(&g->repeat_at, route->repeat_ms > 0 ? now + route->repeat_ms : 0);
}

static void finish(struct stepping *s)
{
    struct alert_group *g = s->g;

    mind_clock(s);
    g->due_at = g->resolved_at ? 0 : step_due(g);
    s->out->critical = g->severity == ALERT_CRITICAL && !step_quiet(g);
    if (!g->posted_at || g->storm) /* there is no thread */
        for (size_t i = 0; i < s->out->lines_count; i++)
            s->out->lines[i].voice = VOICE_NONE;
    if (!s->out->changed)
        return;
    g->version++;
    g->changed_at = s->in->now;
    if (s->turned)
        g->turned = g->version;
    if (s->worse)
        g->worse = g->version;
}

void group_step(struct alert_group *g, const struct step_terms *terms,
                const struct step_input *in, struct step_out *out)
{
    struct stepping s = { .g = g, .terms = terms, .in = in, .out = out };

    *out = (struct step_out){ .result = STEP_DONE };
    if (in->kind == STEP_NEWS || in->kind == STEP_QUIET)
        step_news(&s);
    else if (in->kind == STEP_TICK)
        step_tick(&s);
    else
        step_person(&s);
    finish(&s);
}

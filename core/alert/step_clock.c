/*
 * step_clock: who hears of a step, and the clock of its escalation. Declared in
 * step_parts.h. Pure.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/step_parts.h"
#include "core/base/mem.h"

void step_text(char **text, const char *value)
{
    char *copy = xstrdup(value ? value : "");

    free(*text);
    *text = copy;
}

bool step_acked(const struct alert_group *g)
{
    return g->acked_by && g->acked_by[0];
}

bool step_quiet(const struct alert_group *g)
{
    return g->quiet_why && g->quiet_why[0];
}

bool step_waiting(const struct alert_group *g)
{
    return !g->posted_at && !g->storm;
}

const struct config_alert_severity *step_of(const struct stepping *s)
{
    return &s->terms->of[s->g->severity];
}

/* ---- lines --------------------------------------------------------------------- */

static char *copy_of(const char *text)
{
    return xstrdup(text ? text : "");
}

struct step_line *step_say(struct stepping *s, enum group_reason reason,
                           enum config_voice voice)
{
    struct step_line *line = &s->out->lines[s->out->lines_count++];

    *line = (struct step_line){
        .change = { .reason = reason,
                    .at = s->in->now,
                    .actor = copy_of(s->in->actor),
                    .actor_name = copy_of(s->in->actor_name),
                    .text = xstrdup("") },
        .voice = voice,
    };
    s->out->changed = true;
    return line;
}

void step_heard(struct stepping *s)
{
    s->g->fresh = 0;
    s->g->heard = s->g->version + 1; /* that of this step */
}

struct step_line *step_tell(struct stepping *s, enum group_reason reason,
                            enum config_voice voice)
{
    struct alert_group *g = s->g;
    bool quiet = step_quiet(g);
    struct step_line *line = step_say(s, reason, quiet ? VOICE_NONE : voice);

    if (quiet)
        return line;
    line->tell = !step_acked(g) && !s->in->news.told;
    g->told_at = s->in->now;
    g->told_why = reason;
    step_heard(s);
    g->tell_at = 0;
    g->repeat_at = step_acked(g) || s->terms->route->repeat_ms <= 0
                       ? 0
                       : s->in->now + s->terms->route->repeat_ms;
    return line;
}

void step_out_dispose(struct step_out *out)
{
    for (size_t i = 0; i < out->lines_count; i++)
        group_change_dispose(&out->lines[i].change);
    *out = (struct step_out){ 0 };
}

/* ---- its escalation ------------------------------------------------------------ */

static const struct config_policy *policy(const struct stepping *s)
{
    return s->terms->route->policy;
}

int step_count(const struct stepping *s)
{
    return policy(s) ? (int)policy(s)->steps_count : 0;
}

static int64_t pause_before(const struct stepping *s, int step)
{
    return step < step_count(s) ? policy(s)->steps[step].after_ms : 0;
}

void step_clock_reset(struct stepping *s)
{
    struct alert_group *g = s->g;

    step_text(&g->policy, policy(s) ? policy(s)->name : "");
    g->step = g->round = 0;
    g->step_at = 0;
    g->step_left_ms = pause_before(s, 0);
}

void step_clock_stop(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->step_at)
        g->step_left_ms = g->step_at > s->in->now ? g->step_at - s->in->now : 0;
    g->step_at = 0;
}

/* Nobody is paged for what nobody was told of. */
void step_clock_go(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->step_at || g->resolved_at || step_acked(g) || step_quiet(g) ||
        !g->told_at || g->step >= step_count(s))
        return;
    g->step_at = s->in->now + g->step_left_ms;
    g->step_left_ms = 0;
}

/* What comes after: the next step, the first one again, or nothing. */
static void advance(struct stepping *s)
{
    struct alert_group *g = s->g;

    g->step++;
    if (g->step >= step_count(s) && g->round < (int)policy(s)->repeat) {
        g->step = 0;
        g->round++;
    }
    g->step_at = 0;
    g->step_left_ms = pause_before(s, g->step);
    step_clock_go(s);
}

void step_pass(struct stepping *s)
{
    if (s->g->step < step_count(s))
        advance(s);
}

void step_take(struct stepping *s)
{
    struct alert_group *g = s->g;
    /* Whoever tells the step's targets says so in the thread. */
    struct step_line *line = step_say(s, REASON_ESCALATED, VOICE_NONE);

    line->change.n = g->step + 1;
    line->change.of = step_count(s);
    s->out->page = true;
    s->out->page_step = g->step;
    s->out->page_round = g->round;
    if (g->storm || !g->posted_at) { /* who is paged has to see what for */
        g->storm = 0;
        g->posted_at = s->in->now;
        s->out->post = true;
    }
    if (!g->told_at && g->tell_at) /* it waited: no longer */
        step_tell(s, REASON_FIRST,
                  s->terms->route->mention_count > 0 ? VOICE_THREAD
                                                     : VOICE_NONE);
    s->turned = true;
    advance(s);
}

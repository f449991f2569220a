/*
 * take_alerts: what the events of a batch make of the alerts in their groups.
 * Declared in take_parts.h.
 *
 * The counts of a group are kept by what changes: nothing counts a hundred
 * thousand alerts because one of them is over.
 */
#include <string.h>

#include "core/alert/mute.h"
#include "core/alert/take_parts.h"

static void leave_counts(struct alert_group *g, const struct alert_state *s)
{
    g->firing--;
    g->by[s->severity]--;
    g->muted -= s->muted;
}

static void enter_counts(struct alert_group *g, const struct alert_state *s)
{
    g->firing++;
    g->by[s->severity]++;
    g->muted += s->muted;
}

static void end_one(struct touched_group *to, struct alert_state *s,
                    const struct alert_event *e)
{
    if (!s->firing)
        return;
    leave_counts(&to->g, s);
    s->firing = s->muted = false;
    s->ended = e->resolved ? e->ended ? e->ended : e->received : e->at;
    s->last = e;
    to->in.news.resolved++;
    to->in.news.gone += s->joined > to->g.heard;
    if (e->resolved && s->ended > to->g.ended_at)
        to->g.ended_at = s->ended;
    to->moved = true;
    to->silent |= strcmp(s->fingerprint, to->g.speaker) == 0;
}

/* Whoever has the group has this one too: Redis has to hear of its trace id. */
static void mind_trace(struct taking *t, struct touched_group *to,
                       const struct alert_state *s, const struct alert_event *e)
{
    const char *was = s->fired ? s->fired->trace : s->trace ? s->trace : "";

    if (was[0] && strcmp(was, e->trace) != 0)
        take_replaced(t, s, was);
    if (!e->trace[0] || !to->g.acked_by[0] ||
        (s->firing && strcmp(was, e->trace) == 0))
        return;
    to->g.ack_owed = true;
    to->moved = true;
}

static void fire_one(struct taking *t, struct touched_group *to,
                     struct alert_state *s, size_t event)
{
    const struct alert_event *e = &t->events[event];
    bool muted = t->why[event] != NULL;

    mind_trace(t, to, s, e);
    if (s->firing) {
        to->moved |= s->severity != e->severity || s->muted != muted;
        leave_counts(&to->g, s);
    } else {
        to->g.total += !s->known && !s->fired;
        to->in.news.added++;
        s->joined = to->g.version + 1;
        to->moved = true;
    }
    s->firing = true;
    s->muted = muted;
    s->severity = e->severity;
    s->why = t->why[event];
    s->until = t->until[event];
    s->at = e->at ? e->at : e->received;
    s->ended = 0;
    s->fired = s->last = e;
    enter_counts(&to->g, s);
    take_speak(to, e);
    if (to->g.resolved_at && to->in.news.added == 1) {
        to->g.started_at = s->at < t->turns.now ? s->at : t->turns.now;
        to->g.ended_at = 0;
    }
}

static void apply(struct taking *t)
{
    for (size_t i = 0; i < t->targets_count; i++) {
        const struct target *target = &t->targets[i];
        const struct alert_event *e = &t->events[target->event];
        struct alert_state *s;

        if (target->group == TAKE_NONE)
            continue;
        s = take_state(t, target->group, e->fingerprint);
        if (target->route)
            fire_one(t, &t->groups[target->group], s, target->event);
        else
            end_one(&t->groups[target->group], s, e);
    }
}

bool take_alerts(struct taking *t)
{
    if (!take_states_look(t) || !mute_look(t->w, t->events, t->news, t->count,
                                           t->why, t->until, t->err))
        return false;
    apply(t);
    return take_states_write(t) && take_over(t);
}

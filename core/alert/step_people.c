/*
 * step_people: what people do to a group. Declared in step_parts.h. Pure.
 *
 * Nothing that a person does fires again what is over, and a button that was
 * pressed on another state than the present one changes nothing.
 */
#include <string.h>

#include "core/alert/step_parts.h"

#define MINUTE INT64_C(60000)

static void refuse(struct stepping *s, enum step_result why)
{
    s->out->result = why;
}

/* The person saw a state that is not the present one. */
static bool stale(const struct stepping *s)
{
    return s->in->version && s->in->version < s->g->turned;
}

/* It is resolved: whoever saw that is told so. */
static bool gone(struct stepping *s)
{
    if (!s->g->resolved_at)
        return false;
    refuse(s, stale(s) ? STEP_STALE : STEP_OVER);
    return true;
}

static const char *given(const char *text)
{
    return text ? text : "";
}

static bool is_actors(const struct stepping *s, const char *user)
{
    return strcmp(user, given(s->in->actor)) == 0;
}

/* ---- acknowledged ---------------------------------------------------------------- */

void step_ack_clear(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!step_acked(g))
        return;
    step_text(&g->acked_by, "");
    step_text(&g->acked_name, "");
    step_text(&g->ack_note, "");
    g->acked_at = g->ack_until = 0;
    g->ack_asked = false;
    g->ack_owed = true;
    s->turned = true;
}

static int64_t lease_end(const struct stepping *s)
{
    if (s->in->until != STEP_LEASE)
        return s->in->until;
    return step_of(s)->lease_ms ? s->in->now + step_of(s)->lease_ms : 0;
}

static bool lease_over(const struct stepping *s)
{
    return s->g->ack_until && s->g->ack_until <= s->in->now;
}

/* Pressed twice is pressed once; what is a minute longer is longer, and who was
 * asked has answered. Nobody gets a shorter one by that. */
static bool is_longer(const struct alert_group *g, int64_t until)
{
    if (!g->ack_until)
        return false;
    return !until || until >= g->ack_until + (g->ack_asked ? 1 : MINUTE);
}

static void extend(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t until = lease_end(s);
    bool longer = is_longer(g, until);
    const char *note = given(s->in->text);
    struct step_line *line;

    if (!longer && (!note[0] || strcmp(note, g->ack_note) == 0)) {
        refuse(s, STEP_NOTHING);
        return;
    }
    if (longer) {
        g->ack_until = until;
        g->ack_asked = false;
    }
    if (note[0])
        step_text(&g->ack_note, note);
    g->ack_owed = true;
    line = step_say(s, longer ? REASON_EXTENDED : REASON_NOTE,
                    step_of(s)->chatter);
    step_text(&line->change.text, note);
    line->change.until = longer ? until : 0;
}

static void acknowledge(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line = step_say(s, REASON_ACKED, step_of(s)->better);

    step_text(&line->change.text, s->in->text);
    if (g->step_at) { /* which step it cancels */
        line->change.n = g->step + 1;
        line->change.of = step_count(s);
    }
    step_clock_stop(s);
    step_text(&g->acked_by, s->in->actor);
    step_text(&g->acked_name, s->in->actor_name);
    step_text(&g->ack_note, s->in->text);
    g->acked_at = s->in->now;
    g->ack_until = line->change.until = lease_end(s);
    g->ack_asked = false;
    g->ack_owed = true;
    g->repeat_at = 0;
    s->turned = true;
}

/* Pressed on the card of something less: who takes a warning does not take a
 * critical by that. Any other change of state leaves it what was meant. */
static bool was_less(const struct stepping *s)
{
    return s->in->version && s->in->version < s->g->worse &&
           s->g->severity == ALERT_CRITICAL;
}

static void ack(struct stepping *s)
{
    if (gone(s))
        return;
    if (step_acked(s->g) && !lease_over(s) && !is_actors(s, s->g->acked_by))
        refuse(s, STEP_TAKEN);
    else if (was_less(s))
        refuse(s, STEP_STALE);
    else if (!step_acked(s->g) || lease_over(s))
        acknowledge(s);
    else
        extend(s);
}

static void unack(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line;

    if (gone(s))
        return;
    if (!step_acked(g) || stale(s)) {
        refuse(s, step_acked(g) ? STEP_STALE : STEP_NOTHING);
        return;
    }
    step_ack_clear(s);
    step_clock_go(s);
    line = step_say(s, REASON_UNACKED,
                    step_quiet(g) ? VOICE_NONE : step_of(s)->worse);
    step_text(&line->change.text, s->in->text);
    if (g->step_at) { /* which one goes on */
        line->change.n = g->step + 1;
        line->change.of = step_count(s);
    }
    if (!step_quiet(g) && g->told_at && s->terms->route->repeat_ms > 0)
        g->repeat_at = s->in->now + s->terms->route->repeat_ms;
}

/* ---- the others ------------------------------------------------------------------ */

void step_over(struct stepping *s, const char *by)
{
    struct alert_group *g = s->g;
    struct step_line *line = step_say(
        s, REASON_RESOLVED, step_quiet(g) ? VOICE_NONE : step_of(s)->better);

    step_text(&line->change.text, by[0] ? s->in->text : "");
    step_ack_clear(s);
    g->resolved_at = s->in->now;
    step_text(&g->resolved_by, by);
    step_text(&g->quiet_why, "");
    g->quiet_until = g->look_at = 0;
    g->firing = g->muted = g->fresh = 0;
    memset(g->by, 0, sizeof g->by);
    g->step = g->round = 0;
    g->step_at = g->step_left_ms = 0;
    g->tell_at = g->repeat_at = 0;
    s->turned = true;
}

static void resolve(struct stepping *s)
{
    if (gone(s))
        return;
    if (stale(s))
        refuse(s, STEP_STALE);
    else if (s->g->resolves && !s->in->force)
        refuse(s, STEP_REFUSED);
    else
        step_over(s, given(s->in->actor));
}

static void escalate(struct stepping *s)
{
    if (gone(s))
        return;
    if (step_acked(s->g) && !lease_over(s))
        refuse(s, STEP_TAKEN);
    else if (stale(s))
        refuse(s, STEP_STALE);
    else if (s->g->step >= step_count(s))
        refuse(s, STEP_NOTHING);
    else
        step_take(s);
}

static void assign(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (gone(s))
        return;
    if (g->assignee && strcmp(g->assignee, given(s->in->text)) == 0) {
        refuse(s, STEP_NOTHING);
        return;
    }
    step_text(&g->assignee, s->in->text);
    step_text(&g->assigned_by, s->in->actor);
    step_text(&step_say(s, REASON_ASSIGNED, step_of(s)->chatter)->change.text,
              s->in->text);
}

/* Of what is over too: what was found out afterwards. */
static void note(struct stepping *s)
{
    step_text(&step_say(s, REASON_NOTE, step_of(s)->chatter)->change.text,
              s->in->text);
}

void step_person(struct stepping *s)
{
    switch (s->in->kind) {
    case STEP_ACK:
        ack(s);
        break;
    case STEP_UNACK:
        unack(s);
        break;
    case STEP_RESOLVE:
        resolve(s);
        break;
    case STEP_ESCALATE:
        escalate(s);
        break;
    case STEP_ASSIGN:
        assign(s);
        break;
    default:
        note(s);
    }
}

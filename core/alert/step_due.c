/*
 * step_due: what the clock does to a group, and when it has to look again.
 * Declared in step_parts.h. Pure.
 */
#include <stdlib.h>

#include "core/alert/step_parts.h"
#include "core/base/mem.h"

#define ASK INT64_C(300000) /* before the end of a lease */

static bool is_due(const struct stepping *s, int64_t at)
{
    return at && at <= s->in->now;
}

/* Five minutes before its end; of a short one, in the middle. */
static int64_t ask_at(const struct alert_group *g)
{
    int64_t middle = g->acked_at + (g->ack_until - g->acked_at) / 2;

    return g->ack_until - ASK > middle ? g->ack_until - ASK : middle;
}

static int64_t lease_due(const struct alert_group *g)
{
    if (!step_acked(g) || !g->ack_until)
        return 0;
    return g->ack_asked || step_quiet(g) ? g->ack_until : ask_at(g);
}

static void mind_lease(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line;

    if (!step_acked(g) || !g->ack_until || !is_due(s, lease_due(g)))
        return;
    if (!is_due(s, g->ack_until)) {
        g->ack_asked = true;
        line = step_say(s, REASON_ASKED, VOICE_THREAD);
        line->change.until = g->ack_until;
        step_text(&line->change.text, g->acked_by);
        return;
    }
    {
        char *who = xstrdup(g->acked_by);

        step_ack_clear(s);
        line = step_waiting(g) /* told when it is over, of all there is */
                   ? step_say(s, REASON_ACK_EXPIRED, VOICE_NONE)
                   : step_tell(s, REASON_ACK_EXPIRED, step_of(s)->worse);
        step_text(&line->change.text, who);
        free(who);
    }
    step_clock_go(s);
}

static void mind_owed(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!is_due(s, g->tell_at))
        return;
    g->tell_at = 0;
    if (step_waiting(g))
        step_first(s);
    else if (g->fresh > 0 && !step_quiet(g))
        step_more(s);
}

static void mind_repeat(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!is_due(s, g->repeat_at))
        return;
    g->repeat_at = 0;
    if (!step_acked(g) && !step_quiet(g))
        step_tell(s, REASON_REPEAT, step_of(s)->worse);
}

void step_tick(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->resolved_at)
        return;
    s->out->started_before = is_due(s, g->due_at) ? s->in->now - g->due_at : 0;
    step_mind_quiet(s);
    mind_lease(s);
    mind_owed(s);
    mind_repeat(s);
    if (is_due(s, g->step_at) && g->step < step_count(s))
        step_take(s);
}

int64_t step_due(const struct alert_group *g)
{
    int64_t all[] = { g->tell_at, g->repeat_at, g->step_at, g->look_at,
                      lease_due(g) };
    int64_t first_of = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] && (!first_of || all[i] < first_of))
            first_of = all[i];
    return first_of;
}

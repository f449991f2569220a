/*
 * step_quiet: a group loses its voice, and gets it back. Declared in
 * step_parts.h. Pure.
 *
 * What is quiet is counted and told to nobody; what was not said meanwhile is
 * said by the one line with which its voice is back.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/step_parts.h"
#include "core/base/mem.h"

#define OUT_OF_HOURS "its route is quiet at this time"

static void hush(struct stepping *s, const char *why, int64_t until)
{
    struct alert_group *g = s->g;
    struct step_line *line;

    step_clock_stop(s);
    g->tell_at = g->repeat_at = 0;
    step_text(&g->quiet_why, why);
    g->quiet_until = until;
    line = step_say(s, REASON_SILENCED,
                    g->posted_at ? step_of(s)->chatter : VOICE_NONE);
    if (step_waiting(g) && g->version) { /* nothing more is waited for */
        s->out->post = true;
        g->posted_at = s->in->now;
    }
    step_text(&line->change.text, why);
    line->change.until = until;
    s->turned = true;
}

/* It gets its voice back: what was not said meanwhile is said by this, in a low
 * voice where somebody has it. */
static void unhush(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t fresh = g->fresh;
    struct step_line *line;

    step_text(&g->quiet_why, "");
    g->quiet_until = 0;
    line = step_tell(s, REASON_UNSILENCED,
                     step_acked(g) ? step_of(s)->chatter : step_of(s)->worse);
    step_text(&line->change.text, s->in->heard);
    line->change.n = fresh;
    step_clock_go(s);
    s->turned = true;
}

void step_mind_quiet(struct stepping *s)
{
    struct alert_group *g = s->g;
    bool muted = g->firing > 0 && g->muted >= g->firing;
    bool quiet = muted || (g->firing > 0 && s->in->quiet);
    const char *why = muted && s->in->text ? s->in->text : "";
    int64_t until = why[0] ? s->in->until : 0;

    g->look_at = s->in->quiet ? s->in->look_at : 0;
    if (!why[0])
        why = muted && step_quiet(g) ? g->quiet_why
              : muted                ? "silenced"
                                     : OUT_OF_HOURS;
    if (quiet && !step_quiet(g))
        hush(s, why, until);
    else if (!quiet && step_quiet(g))
        unhush(s);
    else if (quiet && (until || strcmp(why, g->quiet_why) != 0)) {
        char *copy = xstrdup(why); /* it may be the one that is replaced */

        step_text(&g->quiet_why, copy);
        free(copy);
        g->quiet_until = until;
    }
}

/*
 * step_news: what news do to a group: it begins, fires again, goes on, is over.
 * Declared in step_parts.h. Pure.
 *
 * First it is decided whether the group is quiet, then what has happened, then
 * who hears of it.
 */
#include <stdlib.h>

#include "core/alert/step_parts.h"
#include "core/base/mem.h"

#define HOUR INT64_C(3600000)

/* ---- it begins -------------------------------------------------------------------- */

static enum alert_severity worst(const struct alert_group *g)
{
    int i = 0;

    while (i < ALERT_SEVERITIES && g->by[i] <= 0)
        i++;
    return i < ALERT_SEVERITIES ? (enum alert_severity)i : g->severity;
}

/* It waits until others have joined it, or not. */
static int64_t wait_of(const struct stepping *s)
{
    const struct route *route = s->terms->route;

    return s->g->severity == ALERT_CRITICAL && !route->wait_set
               ? 0
               : route->wait_ms;
}

/* Its card; who follows its route is mentioned below it. */
void step_first(struct stepping *s)
{
    struct alert_group *g = s->g;
    bool mentions = s->terms->route->mention_count > 0 && !s->in->news.told;

    if (!g->storm) {
        s->out->post = true;
        g->posted_at = s->in->now;
    }
    step_tell(s, REASON_FIRST, mentions ? VOICE_THREAD : VOICE_NONE);
    if (s->in->news.paged)
        step_pass(s);
    step_clock_go(s);
}

static void first_or_wait(struct stepping *s)
{
    int64_t wait = wait_of(s);

    if (wait > 0 && !step_quiet(s->g))
        s->g->tell_at = s->in->now + wait;
    else
        step_first(s);
}

/* Of what was over before anybody could be told: its card, for the record. */
static void first_and_over(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (wait_of(s) <= 0) {
        s->out->post = !g->storm;
        g->posted_at = g->storm ? 0 : s->in->now;
        step_say(s, REASON_FIRST, VOICE_NONE);
    }
    step_over(s, "");
}

static void begin(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (!g->started_at)
        g->started_at = s->in->now;
    g->severity = worst(g);
    g->fresh = s->in->news.added - s->in->news.gone;
    step_clock_reset(s);
    step_mind_quiet(s);
    if (g->firing > 0)
        first_or_wait(s);
    else
        first_and_over(s);
    s->out->changed = s->turned = true;
}

/* ---- it fires again ---------------------------------------------------------------- */

/*
 * The first time in an hour it is said; the second time that it flaps; and then
 * once an hour how often it did.
 */
static void say_again(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t since = s->in->now - g->flap_at;
    bool rolls = !g->flap_at || since < 0 || since >= HOUR;
    bool flapped = g->flap_at && since < 2 * HOUR && g->flaps > 1;
    bool said = g->told_why == REASON_FLAPPING && g->told_at >= g->flap_at;
    int64_t n = rolls ? g->flaps : g->flaps + 1;

    g->flaps = rolls ? 1 : g->flaps + 1;
    if (rolls)
        g->flap_at = s->in->now;
    if (rolls && !flapped)
        step_tell(s, REASON_AGAIN, step_of(s)->worse);
    else if (rolls || !said)
        step_tell(s, REASON_FLAPPING, step_of(s)->worse)->change.n = n;
    else {
        step_say(s, REASON_FLAPPING, VOICE_NONE)->change.n = n;
        if (!step_quiet(g)) /* nor said as "new" later */
            step_heard(s);
    }
}

static void again(struct stepping *s)
{
    struct alert_group *g = s->g;
    enum alert_severity was = g->severity;

    g->over_at = g->resolved_at;
    g->resolved_at = 0;
    step_text(&g->resolved_by, "");
    g->severity = worst(g);
    s->worse = g->severity < was;
    g->fresh = s->in->news.added - s->in->news.gone;
    step_clock_reset(s);
    step_mind_quiet(s);
    if (step_waiting(g)) {
        first_or_wait(s);
    } else {
        say_again(s);
        if (!step_quiet(g) && s->terms->route->repeat_ms > 0)
            g->repeat_at = s->in->now + s->terms->route->repeat_ms;
        step_clock_go(s);
        s->out->post = !g->storm;
    }
    s->out->changed = s->turned = true;
}

/* ---- it goes on --------------------------------------------------------------------- */

/* Who took a warning did not take a critical. */
static void void_ack(struct stepping *s, char **said)
{
    struct alert_group *g = s->g;

    if (g->severity != ALERT_CRITICAL || !step_acked(g))
        return;
    *said = xasprintf("it was acknowledged by %s before it was critical, and "
                      "is open again",
                      g->acked_name && g->acked_name[0] ? g->acked_name
                                                        : g->acked_by);
    step_ack_clear(s);
}

static void worse(struct stepping *s)
{
    struct alert_group *g = s->g;
    struct step_line *line;
    char *said = NULL;

    void_ack(s, &said);
    if (g->storm && g->severity <= ALERT_HIGH) { /* a card of its own */
        g->storm = 0;
        g->posted_at = s->in->now;
        s->out->post = true;
    }
    if (step_waiting(g) && wait_of(s) > 0)
        line = step_say(s, REASON_WORSE, VOICE_NONE);
    else {
        if (step_waiting(g)) {
            s->out->post = true;
            g->posted_at = s->in->now;
        }
        line = step_tell(s, REASON_WORSE, step_of(s)->worse);
        step_clock_go(s);
    }
    step_text(&line->change.text, said);
    free(said);
    s->turned = s->worse = true;
}

static void mind_severity(struct stepping *s)
{
    struct alert_group *g = s->g;
    enum alert_severity was = g->severity;

    g->severity = worst(g);
    if (g->severity < was)
        worse(s);
    else if (g->severity > was)
        step_say(s, REASON_BETTER,
                 step_quiet(g) ? VOICE_NONE : step_of(s)->better);
}

void step_more(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t n = g->fresh;

    step_tell(s, REASON_MORE,
              step_acked(g) ? step_of(s)->chatter : step_of(s)->worse)
        ->change.n = n;
}

/* Now, or when the interval since people were told is over. What has come and
 * gone by then is no news: the card counts it. */
static void mind_more(struct stepping *s)
{
    struct alert_group *g = s->g;
    int64_t next = g->told_at + s->terms->route->interval_ms;

    if (g->fresh <= 0 && !step_waiting(g))
        g->tell_at = 0;
    if (g->fresh <= 0 || step_quiet(g) || g->tell_at)
        return;
    if (next <= s->in->now)
        step_more(s);
    else
        g->tell_at = next;
}

static void go_on(struct stepping *s)
{
    struct alert_group *g = s->g;

    g->fresh += s->in->news.added - s->in->news.gone;
    step_mind_quiet(s);
    mind_severity(s);
    if (s->in->news.resolved > 0)
        step_say(s, REASON_SOME_OVER, VOICE_NONE)->change.n =
            s->in->news.resolved;
    mind_more(s);
    if (s->in->news.added > 0 && step_acked(g))
        g->ack_owed = true; /* Redis has not heard of their trace ids */
    if (s->in->news.added > 0 || s->in->news.renewed ||
        s->in->kind == STEP_QUIET)
        s->out->changed = true;
}

/* News, and what is muted: the counts are in. */
void step_news(struct stepping *s)
{
    struct alert_group *g = s->g;

    if (g->version == 0)
        begin(s);
    else if (g->resolved_at && g->firing > 0 && s->in->kind == STEP_NEWS)
        again(s);
    else if (!g->resolved_at && g->firing > 0)
        go_on(s);
    else if (!g->resolved_at)
        step_over(s, "");
}

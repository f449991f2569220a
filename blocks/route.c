/* route: see route.h. */
#include "blocks/route.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/alert.h"
#include "blocks/words.h"
#include "core/base/clock.h"

#define WHOM_SPANS  24
#define STEPS_SHOWN 8

static void told_dispose(struct route_told *told)
{
    for (size_t i = 0; i < told->whom_count; i++)
        free(told->whom[i].person);
    free(told->whom);
}

void route_test_dispose(struct route_test *t)
{
    for (size_t i = 0; i < t->count; i++) {
        told_dispose(&t->routes[i].mention);
        for (size_t s = 0; s < t->routes[i].steps_count; s++)
            told_dispose(&t->routes[i].steps[s]);
        free(t->routes[i].steps);
    }
    free(t->routes);
    free(t->silences);
    *t = (struct route_test){ .event = NULL };
}

/* ---- people ------------------------------------------------------------------ */

/* A line, while it is written; what does not fit is counted. */
struct line {
    struct span spans[WHOM_SPANS + 2];
    size_t count;
};

static void line_add(struct line *l, struct span span)
{
    if (l->count < WHOM_SPANS)
        l->spans[l->count++] = span;
    l->spans[l->count] = (struct span){ .kind = SPAN_END };
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What its first letter says, as Slack's ids have it. */
static struct span of_id(const char *id)
{
    switch (*id) {
    case 'S':
        return say_group(id, NULL);
    case 'C':
    case 'G':
        return say_channel(id);
    case 'U':
    case 'W':
        return say_user(id, NULL);
    default:
        return say_text(id);
    }
}

static void whom_add(struct card *card, struct line *l,
                     const struct route_whom *whom)
{
    const char *target = whom->target;

    if (begins(target, "oncall:")) {
        if (whom->person)
            line_add(l, say_user(whom->person, NULL));
        line_add(l, say_fmt(card, "%s%s%s", whom->person ? " (on call: " : "",
                            target + strlen("oncall:"),
                            whom->person ? ")" : ": nobody is on call"));
    } else if (begins(target, "dm:")) {
        line_add(l, say_user(target + strlen("dm:"), NULL));
        line_add(l, say_text(" (direct message)"));
    } else if (begins(target, "webhook:")) {
        line_add(l, say_fmt(card, "pager %s", target + strlen("webhook:")));
    } else if (strcmp(target, "here") == 0 || strcmp(target, "channel") == 0) {
        /* Its name alone: this card notifies nobody. */
        line_add(l, say_fmt(card, "everybody (%s)", target));
    } else {
        line_add(l, of_id(target));
    }
}

static void told_add(struct card *card, struct line *l,
                     const struct route_told *told)
{
    for (size_t i = 0; i < told->whom_count; i++) {
        if (i)
            line_add(l, say_text(", "));
        whom_add(card, l, &told->whom[i]);
    }
}

/* ---- the way ------------------------------------------------------------------- */

static void step_words(struct buf *out, const struct route_step *step)
{
    const struct config_route *of = step->route->of;

    buf_str(out, of->match_count ? " matches " : " takes everything");
    for (unsigned i = 0; i < of->match_count; i++)
        buf_fmt(out, "%s%s", i ? ", " : "", of->match[i]);
    if (step->passed)
        buf_fmt(out, "; %zu before it do%s not", step->passed,
                step->passed == 1 ? "es" : "");
    if (step->went_on)
        buf_fmt(out, "; %zu before it took it and went on", step->went_on);
}

static void way_lines(struct card *card, const struct route_taken *t)
{
    for (size_t i = 1; i < t->way_count; i++) {
        struct buf words = { 0 };

        step_words(&words, &t->way[i]);
        card_detail(card, LINE(say_fmt(card, "%zu. ", i),
                               say_bold(t->way[i].route->path),
                               say_text(buf_text(&words))));
        buf_dispose(&words);
    }
    if (t->way_count == 1)
        card_detail(card, LINE(say_text("no route below matches: the first one "
                                        "takes it")));
}

/* ---- what a route says ------------------------------------------------------------ */

static void channels_line(struct card *card, const struct route_taken *t)
{
    const struct route *r = t->route;
    struct line l = { .count = 0 };

    line_add(&l, say_text(r->channels_count ? "posted to "
                                            : "posted nowhere: "
                                              "there is no channel"));
    for (size_t i = 0; i < r->channels_count; i++) {
        if (i)
            line_add(&l, say_text(", "));
        line_add(&l, of_id(r->channels[i]));
    }
    if (t->mention.whom_count)
        line_add(&l, say_text("; mentions "));
    told_add(card, &l, &t->mention);
    card_detail(card, l.spans);
}

static void groups_line(struct card *card, const struct route *r)
{
    struct buf by = { 0 };

    for (size_t i = 0; i < r->group_by_count; i++)
        buf_fmt(&by, "%s%s", i ? ", " : "", r->group_by[i]);
    if (r->by_all)
        card_detail(card, LINE(say_text("each alert has a card of its own")));
    else if (by.len)
        card_detail(card, LINE(say_text("one card for each "),
                               say_text(buf_text(&by))));
    else
        card_detail(card, LINE(say_text("one card for all of the route")));
    buf_dispose(&by);
}

static void times_line(struct card *card, const struct route_test *test,
                       const struct route *r)
{
    bool critical = test->event->severity == ALERT_CRITICAL && !r->wait_set;
    char wait[CLOCK_TEXT], interval[CLOCK_TEXT], repeat[CLOCK_TEXT];
    int64_t wait_ms = critical ? 0 : r->wait_ms;

    card_detail(
        card,
        LINE(say_fmt(card,
                     "told %s%s; of more in it after %s; %s%s while it fires",
                     wait_ms ? "after " : "at once",
                     wait_ms ? clock_age(wait_ms, wait) : "",
                     clock_age(r->interval_ms, interval),
                     r->repeat_ms ? "again every " : "not again",
                     r->repeat_ms ? clock_age(r->repeat_ms, repeat) : "")));
}

/* With a dash of its own: ":00-06:" reads like the name of an emoji. */
static void window_times(struct buf *out, unsigned i, const char *times)
{
    size_t from = strcspn(times, "-");

    buf_fmt(out, "%s%.*s%s%s", i ? ", " : " (", (int)from, times,
            times[from] ? "–" : "", times + from + (times[from] != '\0'));
}

static void window_line(struct card *card, const struct route_taken *t)
{
    struct buf times = { 0 };

    if (!t->window)
        return;
    for (unsigned i = 0; i < t->window->times_count; i++)
        window_times(&times, i, t->window->times[i]);
    if (times.len)
        buf_fmt(&times, " %s)", t->window->zone ? t->window->zone : "UTC");
    card_detail(card,
                LINE(say_text("🔕 quiet then: "),
                     say_fmt(card, "it is %s the window ",
                             t->outside ? "outside of" : "in"),
                     say_bold(t->window->name), say_text(buf_text(&times)),
                     say_text(". Its card is there, nobody is told")));
    buf_dispose(&times);
}

/* ---- its escalation ----------------------------------------------------------------- */

static void plan_lines(struct card *card, const struct route_taken *t)
{
    const struct config_policy *policy = t->route->policy;

    if (!policy) {
        card_detail(card, LINE(say_text("no escalation")));
        return;
    }
    card_detail(card,
                LINE(say_text("escalates by "), say_bold(policy->name),
                     say_text(t->window ? ", but not while it is quiet"
                                        : " until it is acknowledged"),
                     policy->repeat
                         ? say_fmt(card, ", and %u times more:", policy->repeat)
                         : say_text(":")));
    for (size_t i = 0; i < t->steps_count && i < STEPS_SHOWN; i++) {
        struct line l = { .count = 0 };

        line_add(&l, say_fmt(card, "   step %zu: ", i + 1));
        line_add(&l, say_at(t->steps[i].at));
        line_add(&l, say_text(" "));
        told_add(card, &l, &t->steps[i]);
        card_detail(card, l.spans);
    }
    if (t->steps_count > STEPS_SHOWN)
        card_detail(card, LINE(say_fmt(card, "   and %zu more",
                                       t->steps_count - STEPS_SHOWN)));
}

static void route_row(struct card *card, const struct route_test *test,
                      const struct route_taken *t)
{
    card_row(card, LINE(say_bold(t->route->path)));
    row_cell(card, "route", t->route->path);
    row_cell(card, "quiet", t->window ? t->window->name : "");
    row_cell(card, "policy", t->route->policy ? t->route->policy->name : "");
    row_cell_number(card, "channels", (int64_t)t->route->channels_count);
    way_lines(card, t);
    window_line(card, t);
    channels_line(card, t);
    groups_line(card, t->route);
    times_line(card, test, t->route);
    plan_lines(card, t);
    if (t->route->runbook)
        card_detail(card, LINE(say_link("Runbook", t->route->runbook)));
}

/* ---- what else mutes it --------------------------------------------------------------- */

static void silence_notes(struct card *card, const struct route_test *t)
{
    for (size_t i = 0; i < t->silences_count; i++) {
        const struct silence *s = t->silences[i];

        card_note(
            card,
            LINE(say_fmt(card, "🔕 Silenced by S-%lld of ", (long long)s->id),
                 say_user(s->by, s->by_name), say_text(" until "),
                 say_at(s->until), say_fmt(card, ": %s", s->reason)));
    }
    if (t->unsure)
        card_note(card, LINE(say_text("Postgres is away: silences, and who "
                                      "stands in on call, are not known.")));
}

static void rule_words(struct buf *out, const struct config_inhibit *rule,
                       char *const *matchers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_fmt(out, "%s%s", i ? ", " : "", matchers[i]);
    for (unsigned i = 0; i < rule->equal_count; i++)
        buf_fmt(out, "%s%s", i ? ", " : " with the same ", rule->equal[i]);
}

static void rule_notes(struct card *card, const struct route_test *t)
{
    for (size_t i = 0; i < t->rules_count; i++) {
        const struct config_inhibit *of = t->rules[i].of;
        struct buf by = { 0 }, what = { 0 };

        rule_words(&by, of, of->source, of->source_count);
        rule_words(&what, of, of->target, of->target_count);
        if (t->rules[i].target)
            card_note(card, LINE(say_fmt(card,
                                         "Inhibited by the rule %s while "
                                         "something fires that is %s",
                                         of->name, buf_text(&by))));
        if (t->rules[i].source)
            card_note(card, LINE(say_fmt(card,
                                         "By the rule %s it inhibits "
                                         "what is %s",
                                         of->name, buf_text(&what))));
        buf_dispose(&by);
        buf_dispose(&what);
    }
}

/* ---- all of it -------------------------------------------------------------------------- */

static bool is_quiet(const struct route_test *t)
{
    size_t quiet = 0;

    for (size_t i = 0; i < t->count; i++)
        quiet += t->routes[i].window != NULL;
    return quiet == t->count || t->silences_count > 0;
}

void route_test_card(struct card *card, const struct route_test *t,
                     const char *again)
{
    char *labels = labels_shown(&t->event->labels);

    if (t->count == 1)
        card_title(card, is_quiet(t) ? TONE_WARN : TONE_OK, "%s takes it%s",
                   t->routes[0].route->path,
                   is_quiet(t) ? ", and nobody is told" : "");
    else
        card_title(card, is_quiet(t) ? TONE_WARN : TONE_OK,
                   "%zu routes take it%s", t->count,
                   is_quiet(t) ? ", and nobody is told" : "");
    card_lead(card, LINE(say_bold(alert_severity_text(t->event->severity)),
                         say_text(" "), say_code(labels), say_text(" at "),
                         say_at(t->at)));
    for (size_t i = 0; i < t->count; i++)
        route_row(card, t, &t->routes[i]);
    silence_notes(card, t);
    rule_notes(card, t);
    card_note(card, LINE(say_text("Nothing was sent: this only looks.")));
    if (again)
        card_action(card, &(struct action){ .label = "Look again",
                                            .command = again,
                                            .replace = true });
    free(labels);
}

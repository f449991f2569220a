/* page_text: see page.h. Pure: no I/O, no clock. */
#include <stdio.h>
#include <stdlib.h>

#include "core/alert/page.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static const char *word_of(enum alert_severity severity)
{
    static const char *const words[ALERT_SEVERITIES] = {
        [ALERT_CRITICAL] = "CRITICAL",
        [ALERT_HIGH] = "HIGH",
        [ALERT_WARNING] = "WARNING",
        [ALERT_INFO] = "INFO",
    };

    return words[severity];
}

char *page_subject(const struct alert_group *g)
{
    const char *test = g->test ? "TEST " : "", *word = word_of(g->severity);

    if (!g->number)
        return xasprintf("%s[%s] %s", test, word, g->title);
    return xasprintf("%s[%s] %s (A-%lld)", test, word, g->title,
                     (long long)g->number);
}

char *page_escaped(const char *text)
{
    struct buf b = { 0 };

    for (; *text; text++) {
        if (*text == '&')
            buf_str(&b, "&amp;");
        else if (*text == '<')
            buf_str(&b, "&lt;");
        else if (*text == '>')
            buf_str(&b, "&gt;");
        else
            buf_char(&b, *text);
    }
    return buf_take(&b);
}

static void add_line(struct buf *b, const char *name, const char *value)
{
    if (value && value[0])
        buf_fmt(b, "%s: %s\n", name, value);
}

char *page_words(const struct alert_group *g)
{
    char at[CLOCK_TEXT], *labels = labels_shown(&g->labels);
    char *subject = page_subject(g);
    struct buf b = { 0 };

    buf_fmt(&b, "%s\n", subject);
    if (g->message[0])
        buf_fmt(&b, "%s\n", g->message);
    buf_char(&b, '\n');
    add_line(&b, "State", group_state_name(group_state(g)));
    add_line(&b, "Since", clock_rfc3339(g->started_at, at));
    buf_fmt(&b, "Alerts: %lld firing of %lld\n", (long long)g->firing,
            (long long)g->total);
    add_line(&b, "Source", g->source);
    add_line(&b, "Labels", labels);
    add_line(&b, "Runbook", g->runbook);
    for (size_t i = 0; i < g->links_count; i++)
        add_line(&b, g->links[i].label, g->links[i].url);
    free(labels);
    free(subject);
    return buf_take(&b);
}

/* {"label":"url"} of its links, in their order. */
static char *links_json(const struct alert_group *g)
{
    struct buf b = { 0 };

    buf_char(&b, '[');
    for (size_t i = 0; i < g->links_count; i++) {
        char *one = json_text(member_str("label", g->links[i].label),
                              member_str("url", g->links[i].url));

        buf_fmt(&b, "%s%s", i ? "," : "", one);
        free(one);
    }
    buf_char(&b, ']');
    return buf_take(&b);
}

char *page_json(const struct alert_group *g, const char *event, const char *key,
                int step, int of)
{
    char at[CLOCK_TEXT], number[32];
    char *labels = labels_text(&g->labels), *links = links_json(g);
    char *summary = page_subject(g), *steps = NULL, *text;

    snprintf(number, sizeof number, "A-%lld", (long long)g->number);
    if (step)
        steps = json_text(member_str("policy", g->policy),
                          member_int("step", step), member_int("of", of));
    text = json_text(
        member_str("event", event), member_str("key", key),
        member_str("alert", g->number ? number : NULL),
        member_str("summary", summary),
        member_str("severity", event_severity_name(g->severity)),
        member_str("state", group_state_name(group_state(g))),
        member_bool("test", g->test), member_str("title", g->title),
        member_str("message", g->message), member_str("source", g->source),
        member_str("since", clock_rfc3339(g->started_at, at)),
        member_int("firing", g->firing), member_int("total", g->total),
        member_raw("labels", labels), member_raw("links", links),
        member_str("runbook", g->runbook[0] ? g->runbook : NULL),
        member_raw("escalation", steps));
    free(labels);
    free(links);
    free(summary);
    free(steps);
    return text;
}

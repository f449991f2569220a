/*
 * event_view: what senders write, made out: members and fields, times, links,
 * labels. Senders write as they like; what can be understood is. No state, any
 * thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/alert/event_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- members ---------------------------------------------------------------- */

static char *member(const struct event_view *view, const char *name)
{
    char path[256];

    if (!view->doc)
        return NULL;
    if ((size_t)snprintf(path, sizeof path, "%s%s%s", view->at,
                         *view->at ? "." : "", name) >= sizeof path)
        return NULL;
    return json_doc_value(view->doc, path);
}

char *event_get(const struct event_view *view, const char *name)
{
    char *value;

    if (!name || !*name)
        return NULL;
    value = member(view, name);
    for (size_t i = 0; !value && i < view->count; i++) {
        if (strcmp(view->fields[2 * i], name) == 0)
            value = xstrdup(view->fields[2 * i + 1]);
    }
    return value;
}

char *event_first(const struct event_view *view, const char *const *names)
{
    for (; *names; names++) {
        char *value = event_get(view, *names);

        if (value && !text_blank(value))
            return value;
        free(value);
    }
    return NULL;
}

/* ---- times, states ------------------------------------------------------------ */

/* One without a zone is UTC: better than the moment at which it came. */
static int64_t time_of(const char *text)
{
    int64_t ms = clock_read(text);
    char *there;

    if (ms)
        return ms;
    there = xasprintf("%sZ", text);
    ms = clock_read(there);
    free(there);
    return ms;
}

int64_t event_time(const char *text)
{
    char *end;
    double n;

    if (!text || !isdigit((unsigned char)*text))
        return 0;
    n = strtod(text, &end);
    if (*end) {
        int64_t ms = time_of(text);

        return ms > 0 && ms <= CLOCK_LAST ? ms : 0;
    }
    /* 1e11 s is the year 5138, 1e11 ms is 1973. */
    if (n < 1e11)
        n *= 1e3;
    else if (n >= 1e17)
        n /= 1e6;
    else if (n >= 1e14)
        n /= 1e3;
    return n >= 0 && n <= (double)CLOCK_LAST ? (int64_t)n : 0;
}

bool event_over(const char *status)
{
    static const char *const words[] = { "resolved", "ok", "closed",
                                         "recovered" };

    for (size_t i = 0; status && i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(status, words[i]) == 0)
            return true;
    }
    return false;
}

/* ---- links --------------------------------------------------------------------- */

static void link_object(struct alert_event *e, const struct event_view *view)
{
    static const char *const labels[] = { "label", "title", "text", "name",
                                          NULL };
    static const char *const urls[] = { "url", "href", NULL };
    char *label = event_first(view, labels), *url = event_first(view, urls);

    event_link(e, label, url);
    free(label);
    free(url);
}

static void link_list(struct alert_event *e, const struct json_doc *doc)
{
    size_t count = json_doc_count(doc, "");

    for (size_t i = 0; i < count && e->links_count < EVENT_LINKS; i++) {
        char at[TEXT_NUMBER];

        text_number(at, (int64_t)i);
        if (*json_doc_str(doc, at))
            event_link(e, NULL, json_doc_str(doc, at));
        else
            link_object(e, &(struct event_view){ .doc = doc, .at = at });
    }
}

static void link_words(struct alert_event *e, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, " \t\r\n,");
        char *url = xstrndup(text, len);

        event_link(e, NULL, url);
        free(url);
        text += len;
        text += strspn(text, " \t\r\n,");
    }
}

/* {"Dashboard": "https://…"}. */
static void link_named(void *arg, const char *name, const char *value)
{
    event_link(arg, name, value);
}

void event_links(struct alert_event *e, const char *text)
{
    struct err err;
    struct json_doc *doc = *text == '[' || *text == '{'
                               ? event_doc(text, strlen(text), &err)
                               : NULL;

    if (doc && *text == '[')
        link_list(e, doc);
    else if (doc && (json_doc_has(doc, "url") || json_doc_has(doc, "href")))
        link_object(e, &(struct event_view){ .doc = doc, .at = "" });
    else if (doc)
        json_doc_each(doc, "", link_named, e);
    else
        link_words(e, text);
    json_doc_free(doc);
}

/* ---- labels -------------------------------------------------------------------- */

/* "a=1" of len bytes. */
static bool label_pair(struct labels *l, const char *pair, size_t len)
{
    const char *is = memchr(pair, '=', len);
    char *name, *value;

    if (!is || is == pair)
        return false;
    name = xstrndup(pair, (size_t)(is - pair));
    value = xstrndup(is + 1, len - (size_t)(is + 1 - pair));
    labels_set(l, name, value);
    free(name);
    free(value);
    return true;
}

static bool label_pairs(struct alert_event *e, const char *text)
{
    size_t len;

    while (*text) {
        text += strspn(text, " \t\r\n,");
        len = strcspn(text, ",");
        while (len > 0 && isspace((unsigned char)text[len - 1]))
            len--;
        if (len > 0 && !label_pair(&e->labels, text, len))
            return false;
        text += strcspn(text, ",");
    }
    return true;
}

bool event_labels(struct alert_event *e, const char *text)
{
    struct err err;
    struct json_doc *doc;
    char line[64];

    if (*text != '{')
        return label_pairs(e, text);
    doc = event_doc(text, strlen(text), &err);
    if (!doc)
        return false;
    labels_dispose(&e->labels);
    labels_read(&e->labels, doc, "");
    if (json_doc_count(doc, "") > LABELS_MOST) {
        snprintf(line, sizeof line, "%zu of its labels were left out.",
                 json_doc_count(doc, "") - LABELS_MOST);
        event_say(e, line);
    }
    json_doc_free(doc);
    return true;
}

/*
 * event_make: events of a stream's entry and of generic JSON, by the names of
 * their fields that the configuration has. No state, any thread.
 *
 * A field of another type than expected is taken as its text. What is in no
 * way an alert is one that has neither title nor message nor labels.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/event_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static void take_labels(struct alert_event *e, const struct event_view *view,
                        const char *name)
{
    char *text = event_get(view, name), *line;

    if (text && *text && !event_labels(e, text)) {
        line = xasprintf("%s: %s", name, text);
        event_say(e, line);
        free(line);
    }
    free(text);
}

static void take_links(struct alert_event *e, const struct event_view *view,
                       const char *name)
{
    char *text = event_get(view, name);

    if (text)
        event_links(e, text);
    free(text);
}

static void take_state(struct alert_event *e, const struct event_view *view,
                       const struct config_alert_fields *f)
{
    char *status = event_get(view, f->status), *at = event_get(view, f->at);

    e->resolves = status && *status;
    e->resolved = event_over(status);
    if (e->resolved)
        e->ended = event_time(at);
    else
        e->at = event_time(at);
    free(status);
    free(at);
}

static bool take(struct alert_event *e, const struct event_view *view,
                 const struct config *cfg, struct err *err)
{
    const struct config_alert_fields *f = &cfg->alerts.fields;
    char *severity = event_get(view, f->severity);

    e->trace = event_get(view, f->trace);
    e->fingerprint = event_get(view, f->fingerprint);
    e->source = event_get(view, f->source);
    e->title = event_get(view, f->title);
    e->message = event_get(view, f->message);
    event_runbook(e, event_get(view, f->runbook));
    take_labels(e, view, f->labels);
    take_links(e, view, f->links);
    take_state(e, view, f);
    event_rank(e, cfg,
               severity ? severity : labels_get(&e->labels, "severity"));
    free(severity);
    if ((e->title && !text_blank(e->title)) ||
        (e->message && !text_blank(e->message)) || e->labels.count > 0)
        return true;
    return err_set(err, ERR_USER,
                   "it has no %s, no %s and no %s: nobody could tell what it "
                   "is about",
                   f->title, f->message, f->labels);
}

/* ---- the stream ------------------------------------------------------------ */

/* The payload among the fields: NULL when there is none. False: it cannot be
 * read. */
static bool payload_of(const struct event_view *view, const struct config *cfg,
                       struct json_doc **doc, struct err *err)
{
    char *text = event_get(view, cfg->alerts.fields.payload);
    bool ok = true;

    *doc = NULL;
    if (!text || text_blank(text)) {
        free(text); /* its other fields say it */
        return true;
    }
    if (strlen(text) > EVENT_BYTES) {
        ok = err_set(err, ERR_USER, "its %s has more than %d bytes",
                     cfg->alerts.fields.payload, EVENT_BYTES);
    } else {
        *doc = event_doc(text, strlen(text), err);
        ok = *doc || err_prefix(err, "its %s", cfg->alerts.fields.payload);
    }
    free(text);
    return ok;
}

bool event_of_fields(struct alert_event *out, const struct config *cfg,
                     const char *id, const char *const *fields, size_t count,
                     struct err *err)
{
    struct event_view view = { .at = "", .fields = fields, .count = count };
    struct json_doc *doc;
    bool ok;

    *out = (struct alert_event){ 0 };
    if (!payload_of(&view, cfg, &doc, err))
        return false;
    view.doc = doc;
    ok = take(out, &view, cfg, err);
    json_doc_free(doc);
    if (!ok) {
        event_dispose(out);
        return false;
    }
    /* The id of an entry says when it was written: the same at every
     * delivery. */
    if (!out->at && !out->resolved)
        out->at = strtoll(id, NULL, 10);
    if (out->resolved && !out->ended)
        out->ended = strtoll(id, NULL, 10);
    if (!out->source || !*out->source) {
        free(out->source);
        out->source = xstrdup("stream");
    }
    event_finish(out, cfg);
    return true;
}

/* ---- generic JSON ------------------------------------------------------------- */

/* One of a document; measured only where the whole could hold one too large. */
static bool take_one(struct alert_event *out, const struct json_doc *doc,
                     const char *at, size_t len, const struct config *cfg,
                     struct err *err)
{
    struct event_view view = { .doc = doc, .at = at };
    char *raw = len > EVENT_BYTES ? json_doc_raw(doc, at) : NULL;
    size_t bytes = raw ? strlen(raw) : 0;

    free(raw);
    *out = (struct alert_event){ 0 };
    if (bytes > EVENT_BYTES)
        return err_set(err, ERR_USER, "it has more than %d bytes", EVENT_BYTES);
    if (!take(out, &view, cfg, err)) {
        event_dispose(out);
        return false;
    }
    event_finish(out, cfg);
    return true;
}

/* The elements of the list at `list`. */
static void take_list(struct alert_event *events, size_t *count, size_t *bad,
                      const struct json_doc *doc, const char *list, size_t all,
                      size_t len, const struct config *cfg, struct err *err)
{
    struct err why;

    for (size_t i = 0; i < all; i++) {
        char at[32];

        snprintf(at, sizeof at, "%s%s%zu", list, *list ? "." : "", i);
        if (take_one(&events[*count], doc, at, len, cfg, &why))
            ++*count;
        else if (++*bad == 1)
            err_set(err, ERR_USER, "alert %zu: %s", i + 1, why.text);
    }
}

/* The path of the list of alerts; NULL: it is one alert. */
static const char *list_of(const struct json_doc *doc, const char *body,
                           size_t len)
{
    size_t blank = 0;
    char *raw;
    bool empty;

    while (blank < len && strchr(" \t\r\n", body[blank]))
        blank++;
    if (blank < len && body[blank] == '[')
        return "";
    if (json_doc_has(doc, "alerts.0"))
        return "alerts";
    raw = json_doc_raw(doc, "alerts");
    empty = raw && strcmp(raw, "[]") == 0;
    free(raw);
    return empty ? "alerts" : NULL;
}

bool events_of_json(struct alert_event **events, size_t *count, size_t *bad,
                    const struct config *cfg, const char *body, size_t len,
                    struct err *err)
{
    struct json_doc *doc = event_doc(body, len, err);
    const char *list = doc ? list_of(doc, body, len) : NULL;
    size_t all = list ? json_doc_count(doc, list) : 1;

    *events = NULL;
    *count = *bad = 0;
    if (!doc)
        return false;
    *events = xcalloc(all + 1, sizeof **events);
    if (list)
        take_list(*events, count, bad, doc, list, all, len, cfg, err);
    else if (take_one(*events, doc, "", len, cfg, err))
        *count = 1;
    else
        *bad = 1;
    json_doc_free(doc);
    return events_settle(events, *count, *bad);
}

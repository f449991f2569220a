/*
 * event_alertmanager: the webhook of Prometheus' Alertmanager, version 4, as
 * Grafana sends it too. No state, any thread.
 *
 *     {"version":"4", "status":"firing", "receiver":…, "externalURL":…,
 *      "groupLabels":{}, "commonLabels":{}, "commonAnnotations":{},
 *      "truncatedAlerts":0,
 *      "alerts":[{"status":"firing", "labels":{}, "annotations":{},
 *                 "startsAt":…, "endsAt":…, "generatorURL":…,
 *                 "fingerprint":…, "silenceURL":…, "dashboardURL":…}]}
 *
 * It repeats what still fires: the same fingerprint since the same moment in
 * the same state is the same news.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/event_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static void take_texts(struct alert_event *e, const struct event_view *view)
{
    static const char *const titles[] = { "annotations.summary",
                                          "annotations.title", NULL };
    static const char *const messages[] = { "annotations.description",
                                            "annotations.message", NULL };
    static const char *const runbooks[] = { "annotations.runbook_url",
                                            "annotations.runbook", NULL };

    e->title = event_first(view, titles);
    e->message = event_first(view, messages);
    event_runbook(e, event_first(view, runbooks));
}

static void take_labels(struct alert_event *e, const struct event_view *view,
                        const struct event_view *whole)
{
    char *own = event_get(view, "labels");
    char *text = own ? own : event_get(whole, "commonLabels"), *line;

    if (text && *text && !event_labels(e, text)) {
        line = xasprintf("labels: %s", text);
        event_say(e, line);
        free(line);
    }
    free(text);
}

/* Best first: there is room for EVENT_LINKS. */
static void take_links(struct alert_event *e, const struct event_view *view,
                       const struct event_view *whole)
{
    static const struct {
        const char *name, *label;
    } links[] = {
        { "generatorURL", "Source" }, { "dashboardURL", "Dashboard" },
        { "panelURL", "Panel" },      { "silenceURL", "Silence there" },
        { "imageURL", "Image" },
    };
    char *url;

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        url = event_get(view, links[i].name);
        event_link(e, links[i].label, url);
        free(url);
    }
    url = event_get(whole, "externalURL");
    event_link(e, "Alertmanager", url);
    free(url);
}

static void take_state(struct alert_event *e, const struct event_view *view,
                       const struct event_view *whole)
{
    char *own = event_get(view, "status");
    char *status = own ? own : event_get(whole, "status");
    char *from = event_get(view, "startsAt"), *to = event_get(view, "endsAt");

    e->resolves = true;
    e->resolved = event_over(status);
    e->at = event_time(from);
    e->ended = e->resolved ? event_time(to) : 0; /* else: when it gives up */
    free(status);
    free(from);
    free(to);
}

/* Repeated by Alertmanager, and taken once: so never by its trace alone. */
static void take_identity(struct alert_event *e, const struct event_view *view,
                          const struct config *cfg)
{
    const char *trace = cfg->alerts.fields.trace;
    char print[LABELS_PRINT], at[TEXT_NUMBER], op[OP_ID];

    e->trace = xstrdup(trace ? labels_get(&e->labels, trace) : "");
    e->fingerprint = event_get(view, "fingerprint");
    if (!e->fingerprint || !*e->fingerprint) {
        labels_print(&e->labels, NULL, print);
        free(e->fingerprint);
        e->fingerprint = xstrdup(print);
    }
    text_number(at, e->at ? e->at : e->ended);
    digest_op(op, "alertmanager", e->fingerprint, at,
              e->resolved ? "resolved" : "firing", NULL);
    e->id = xasprintf("alertmanager:%s", op);
}

static bool take(struct alert_event *e, const struct event_view *view,
                 const struct event_view *whole, const struct config *cfg,
                 struct err *err)
{
    const char *severity;

    *e = (struct alert_event){ .source = xstrdup("alertmanager") };
    take_texts(e, view);
    take_labels(e, view, whole);
    if (e->labels.count == 0 && !e->title && !e->message) {
        event_dispose(e);
        return err_set(err, ERR_USER,
                       "it has no labels, no summary and no description: "
                       "nobody could tell what it is about");
    }
    take_links(e, view, whole);
    take_state(e, view, whole);
    severity = labels_get(&e->labels, "severity");
    event_rank(e, cfg, severity);
    take_identity(e, view, cfg);
    return true;
}

/* What Alertmanager left out (max_alerts) is said by the first. */
static void say_cut(struct alert_event *e, int64_t cut)
{
    char *line;

    if (cut <= 0)
        return;
    line = xasprintf("Alertmanager left %lld more alerts of this group out "
                     "(max_alerts of its webhook).",
                     (long long)cut);
    event_say(e, line);
    free(line);
}

static void take_all(struct alert_event *events, size_t *count, size_t *bad,
                     const struct json_doc *doc, const struct config *cfg,
                     struct err *err)
{
    const struct event_view whole = { .doc = doc, .at = "" };
    size_t all = json_doc_count(doc, "alerts");
    struct err why;

    for (size_t i = 0; i < all; i++) {
        char at[32];
        struct event_view view = { .doc = doc, .at = at };

        snprintf(at, sizeof at, "alerts.%zu", i);
        if (take(&events[*count], &view, &whole, cfg, &why)) {
            if (*count == 0)
                say_cut(events, json_doc_int(doc, "truncatedAlerts", 0));
            event_finish(&events[(*count)++], cfg);
        } else if (++*bad == 1) {
            err_set(err, ERR_USER, "alert %zu: %s", i + 1, why.text);
        }
    }
}

bool events_of_alertmanager(struct alert_event **events, size_t *count,
                            size_t *bad, const struct config *cfg,
                            const char *body, size_t len, struct err *err)
{
    struct json_doc *doc = event_doc(body, len, err);

    *events = NULL;
    *count = *bad = 0;
    if (!doc)
        return false;
    if (!json_doc_has(doc, "alerts")) {
        json_doc_free(doc);
        return err_set(err, ERR_USER,
                       "there are no `alerts` in it: that is no webhook of "
                       "Alertmanager (version 4)");
    }
    *events = xcalloc(json_doc_count(doc, "alerts") + 1, sizeof **events);
    take_all(*events, count, bad, doc, cfg, err);
    json_doc_free(doc);
    return events_settle(events, *count, *bad);
}

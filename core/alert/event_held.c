/*
 * event_held: events as text, and back: how they wait in Redis and in the
 * journal. No state, any thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/event.h"
#include "core/base/mem.h"

static char *links_text(const struct alert_event *e)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < e->links_count; i++) {
        char *link = json_text(member_str("label", e->links[i].label),
                               member_str("url", e->links[i].url));

        buf_str(&out, i ? "," : "");
        buf_str(&out, link);
        free(link);
    }
    buf_char(&out, ']');
    return buf_take(&out);
}

char *event_text(const struct alert_event *e)
{
    char *labels = labels_text(&e->labels), *links = links_text(e);
    char *text = json_text(
        member_str("id", e->id), member_str("trace", e->trace),
        member_str("fingerprint", e->fingerprint),
        member_str("source", e->source),
        member_str("severity", event_severity_name(e->severity)),
        member_bool("resolved", e->resolved),
        member_bool("resolves", e->resolves), member_bool("test", e->test),
        member_str("title", e->title), member_str("message", e->message),
        member_str("runbook", e->runbook), member_raw("labels", labels),
        member_raw("links", links), member_int("at", e->at),
        member_int("ended", e->ended), member_int("received", e->received),
        member_raw("shown", e->shown ? e->shown : "[]"));

    free(labels);
    free(links);
    return text;
}

static enum alert_severity severity_of(const char *name)
{
    for (int s = 0; s < ALERT_SEVERITIES; s++)
        if (strcmp(event_severity_name((enum alert_severity)s), name) == 0)
            return (enum alert_severity)s;
    return ALERT_HIGH;
}

static void read_links(struct alert_event *out, const struct json_doc *doc)
{
    size_t count = json_doc_count(doc, "links");

    for (size_t i = 0; i < count && i < EVENT_LINKS; i++) {
        char label[32], url[32];

        snprintf(label, sizeof label, "links.%zu.label", i);
        snprintf(url, sizeof url, "links.%zu.url", i);
        out->links[out->links_count++] = (struct alert_link){
            xstrdup(json_doc_str(doc, label)),
            xstrdup(json_doc_str(doc, url)),
        };
    }
}

bool event_read(struct alert_event *out, const char *text, struct err *err)
{
    struct json_doc *doc = json_doc_parse(text, strlen(text), err);

    *out = (struct alert_event){ 0 };
    if (!doc)
        return err_prefix(err, "an alert that was held");
    if (!*json_doc_str(doc, "id") || !*json_doc_str(doc, "fingerprint")) {
        json_doc_free(doc);
        return err_set(err, ERR_USER,
                       "an alert that was held has no id: nothing of ours "
                       "wrote that");
    }
    *out = (struct alert_event){
        .id = xstrdup(json_doc_str(doc, "id")),
        .trace = xstrdup(json_doc_str(doc, "trace")),
        .fingerprint = xstrdup(json_doc_str(doc, "fingerprint")),
        .source = xstrdup(json_doc_str(doc, "source")),
        .severity = severity_of(json_doc_str(doc, "severity")),
        .resolved = json_doc_bool(doc, "resolved"),
        .resolves = json_doc_bool(doc, "resolves"),
        .test = json_doc_bool(doc, "test"),
        .title = xstrdup(json_doc_str(doc, "title")),
        .message = xstrdup(json_doc_str(doc, "message")),
        .runbook = xstrdup(json_doc_str(doc, "runbook")),
        .at = json_doc_int(doc, "at", 0),
        .ended = json_doc_int(doc, "ended", 0),
        .received = json_doc_int(doc, "received", 0),
    };
    labels_read(&out->labels, doc, "labels");
    read_links(out, doc);
    out->shown = json_doc_raw(doc, "shown");
    if (out->shown && out->shown[0] != '[') {
        free(out->shown);
        out->shown = NULL;
    }
    json_doc_free(doc);
    return true;
}

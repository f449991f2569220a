/*
 * event_parts: what the files of event.h share. Nobody else includes this.
 */
#ifndef CORE_ALERT_EVENT_PARTS_H
#define CORE_ALERT_EVENT_PARTS_H

#include "core/alert/event.h"

/* Where an event is read from: a JSON object of a document, an entry's fields,
 * or both. What the object does not have, the fields may. */
struct event_view {
    const struct json_doc *doc; /* NULL: none */
    const char *at;             /* the object's path in it: "alerts.3", "" */
    const char *const *fields;  /* names and values in turn */
    size_t count;               /* of the pairs */
};

/* A document; NULL: ERR_USER. What is not UTF-8, half a surrogate pair, NULs and
 * bare control characters are repaired and not refused. */
struct json_doc *event_doc(const char *text, size_t len, struct err *err);

/* A member by its path below the object; no such path, or a name that is NULL
 * or "": NULL. A text as it is, everything else as its JSON. Heap. */
char *event_get(const struct event_view *view, const char *name);
/* The first of names (NULL-ended) that has a text, or NULL. Heap. */
char *event_first(const struct event_view *view, const char *const *names);

/* Wall ms of RFC 3339 (UTC where it names no zone), or of a number: seconds, milli-, micro- or nanoseconds
 * since 1970, whichever it can be. 0: neither, or before 1970. */
int64_t event_time(const char *text);

/* "resolved", "ok", "closed", "recovered": it is over. */
bool event_over(const char *status);

/* Adds one while there is room. What is no URL of http or https is left out.
 * label NULL or "": the URL's host. */
void event_link(struct alert_event *e, const char *label, const char *url);
/* From a list of URLs or of {"label","url"}, one of these, or URLs in a text
 * with blanks or commas between. */
void event_links(struct alert_event *e, const char *text);
/* One that is no URL is a word to whoever reads the message. Takes text, which
 * may be NULL. */
void event_runbook(struct alert_event *e, char *text);
/* {"a":"1"}, or a=1,b=2. False: it is neither. */
bool event_labels(struct alert_event *e, const char *text);
/* One more line of the message. */
void event_say(struct alert_event *e, const char *line);

/* Its severity by the name that was sent. One that nobody knows is high, and
 * the message says so: better heard of than not. NULL: warning. */
void event_rank(struct alert_event *e, const struct config *cfg,
                const char *name);

/* How a maker of several ends: false, and nothing to be freed, when there are
 * only bad ones. */
bool events_settle(struct alert_event **events, size_t count, size_t bad);

#endif

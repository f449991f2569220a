/*
 * event: one alert as it comes in, whoever sent it: the stream, Alertmanager,
 * POST /alerts, the bot itself, a person who tests. No I/O; any thread.
 *
 * What is the same alert has the same fingerprint; what is the same news of
 * it has the same id, so that news that come twice are taken once (P2).
 */
#ifndef CORE_ALERT_EVENT_H
#define CORE_ALERT_EVENT_H

#include <stdint.h>

#include "core/alert/label.h"
#include "core/base/err.h"
#include "core/config.h"

/* Characters; longer ones are cut with a mark. */
#define EVENT_TITLE   150
#define EVENT_MESSAGE 2500
#define EVENT_LINKS   5
#define EVENT_BYTES   1048576 /* of one in JSON: larger is refused */

struct alert_link {
    char *label, *url; /* https or http */
};

/* All text heap and not NULL once it was made. */
struct alert_event {
    char *id;          /* of this news: traceId; else of fingerprint, at and
                        * state. At most 200 bytes */
    char *trace;       /* traceId, or "" */
    char *fingerprint; /* at most 64 bytes */
    char *source;      /* "alertmanager", "stream", "http", "bot", "test", or
                        * as the sender calls itself */
    enum alert_severity severity;
    bool resolved;
    bool resolves; /* its source says when it is over */
    bool test;
    char *title, *message, *runbook; /* runbook: URL or "" */
    struct labels labels;            /* severity, alertname, source included */
    struct alert_link links[EVENT_LINKS];
    size_t links_count;
    int64_t at;       /* wall ms: since when; of a resolved one: since when it
                       * had been firing, 0 where that is not known */
    int64_t ended;    /* wall ms; 0: it has not */
    int64_t received; /* wall ms: when it came to us, for "late" */
    char *shown; /* cards that were posted for it without Postgres, a list of
                  * {"key": of their group, "op": theirs, "told": it mentions
                  * people, "paged": all of the first step}; NULL: none */
};

void event_dispose(struct alert_event *e);

/* Fills what is not there: id, fingerprint, labels severity and source; cuts
 * and masks texts (secrets); received if 0. Every maker ends with it. */
void event_finish(struct alert_event *e, const struct config *cfg);

/* ---- makers: each gives a whole event, or ERR_USER with what is wrong ------- */

/* A severity by any name it has; false: nobody knows it. */
bool event_severity(const struct config *cfg, const char *name,
                    enum alert_severity *out);
/* "critical", and "🔴" is blocks'. Static. */
const char *event_severity_name(enum alert_severity severity);

/* An entry of the stream: names and values of its count fields in turn. */
MUST_CHECK bool event_of_fields(struct alert_event *out,
                                const struct config *cfg, const char *id,
                                const char *const *fields, size_t count,
                                struct err *err);
/* Generic JSON (POST /alerts, a payload): one object of the configured names,
 * or a list of them, or {"alerts": […]}. *events heap, each disposed of by the
 * caller; *bad: how many were none, err then says why the first was not.
 * ERR_USER only when nothing can be read, or all are bad. */
MUST_CHECK bool events_of_json(struct alert_event **events, size_t *count,
                               size_t *bad, const struct config *cfg,
                               const char *body, size_t len, struct err *err);
/* Alertmanager's webhook, version 4 (docs: prometheus.io, webhook_config). */
MUST_CHECK bool events_of_alertmanager(struct alert_event **events,
                                       size_t *count, size_t *bad,
                                       const struct config *cfg,
                                       const char *body, size_t len,
                                       struct err *err);
void events_free(struct alert_event *events, size_t count);

/* ---- as it is held (Redis, journal) ---------------------------------------- */

/* A JSON object; heap. And back: ERR_USER. */
char *event_text(const struct alert_event *e);
MUST_CHECK bool event_read(struct alert_event *out, const char *text,
                           struct err *err);

#endif

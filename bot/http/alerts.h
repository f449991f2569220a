/*
 * alerts: what others tell us of over HTTP, on the public listener:
 *
 *   POST /alerts/alertmanager  the webhook of Alertmanager, version 4
 *   POST /alerts               alerts in JSON (event.h: events_of_json)
 *   POST /events/deploy        a deployment (context.h: deploy_read)
 *
 * Who may: whoever shows a token of alerts.tokens ("Authorization: Bearer …");
 * to the last two also who signs with alerts.secret, as Slack does:
 *
 *   X-Opsbot-Timestamp: 1763653267
 *   X-Opsbot-Signature: v0=<hex HMAC-SHA256 of "v0:<timestamp>:<body>">
 *
 * at most SIGNATURE_SKEW_S old, and once; by Slack's own names of these two
 * (X-Slack-Request-Timestamp, X-Slack-Signature) as well. Where neither is configured, whoever
 * asks from this machine and not through a proxy.
 *
 * Answered when it is decided where the alerts are, never before:
 *   200  {"ok":true,"taken":3,"known":1,"bad":0}: Postgres has them, or Redis
 *        or the journal ("held":true) until it is back; known: came before
 *   400  nothing in it can be read, now or ever; 401, 403, 405, 413
 *   429  too many requests of this sender (alerts.rate), to Alertmanager, which
 *        gives up at any 4xx, 503; 503  nobody can keep them, or too many wait:
 *        both with Retry-After
 * All but 200 are {"ok":false,"error":"…"}.
 *
 * Runs on the server's thread, but for what says otherwise.
 */
#ifndef BOT_HTTP_ALERTS_H
#define BOT_HTTP_ALERTS_H

#include "bot/alerts/alerts.h"
#include "bot/http/server.h"

#define HTTP_ALERTS_BODY_MAX   (8 << 20) /* bytes; signed ones: */
#define HTTP_ALERTS_SIGNED_MAX (1 << 20)
#define HTTP_ALERTS_BODY_MS    30000

struct http_alerts;

/* Both borrowed for life. */
struct http_alerts *http_alerts_new(const struct config_holder *config,
                                    struct alerts *alerts);
/* When no other thread knows it any more. NULL is fine. */
void http_alerts_free(struct http_alerts *h);

/* Is path one of ours? */
bool http_alerts_has(const char *path);
/* As those of a listener (server.h). */
void http_alerts_begin(struct http_alerts *h, struct request *rq);
void http_alerts_handle(struct http_alerts *h, struct request *rq);

#define HTTP_ALERTS_PATHS    3
#define HTTP_ALERTS_STATUSES 8
/* "/alerts", and 200, of the indices below. Static. */
const char *http_alerts_path(size_t i);
int http_alerts_status(size_t i);

/* Any thread. */
struct http_alerts_facts {
    /* answered, by path and status */
    uint64_t requests[HTTP_ALERTS_PATHS][HTTP_ALERTS_STATUSES];
    uint64_t bad; /* alerts and bodies that cannot be read */
};
/* h NULL: nothing was asked. */
void http_alerts_facts(const struct http_alerts *h,
                       struct http_alerts_facts *out);

#endif

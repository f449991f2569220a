#include "bot/http/alerts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/admin/admin_rate.h"
#include "bot/http/alerts_who.h"
#include "bot/http/slack_seen.h"
#include "core/alert/context.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"

#define AGAIN_S 5 /* until a sender should try again */

struct http_alerts {
    const struct config_holder *config;
    struct alerts *alerts;
    struct admin_rates rates;
    struct seen_table *seen;
    struct news denied_news, bad_news, refused_news;
    _Atomic uint64_t requests[HTTP_ALERTS_PATHS][HTTP_ALERTS_STATUSES], bad;
};

enum path { PATH_ALERTMANAGER, PATH_ALERTS, PATH_DEPLOY };

static const struct {
    const char *path;
    bool may_sign;
} paths[] = {
    [PATH_ALERTMANAGER] = { "/alerts/alertmanager", false },
    [PATH_ALERTS] = { "/alerts", true },
    [PATH_DEPLOY] = { "/events/deploy", true },
};
#define PATHS (sizeof paths / sizeof *paths)

static_assert(PATHS == HTTP_ALERTS_PATHS, "each path is counted");

static const int statuses[HTTP_ALERTS_STATUSES] = { 200, 400, 401, 403,
                                                    405, 413, 429, 503 };

/* A request that waits for its batch. */
struct ticket {
    struct http_alerts *http;
    struct server *server;
    uint64_t number;            /* of the request */
    struct alerts_batch *batch; /* borrowed until it is done */
    struct seen *seen;          /* of one that is signed, else NULL */
    char who[96];
    size_t all, bad;
    enum alerts_kept kept;
    size_t known;
    char why[sizeof((struct err *)0)->text];
};

/* ---- answers -------------------------------------------------------------------- */

/* What is asked at a path that is none of ours is not counted. */
static void count(struct http_alerts *h, const char *path, int status)
{
    for (size_t p = 0; p < PATHS; p++)
        for (size_t s = 0; s < HTTP_ALERTS_STATUSES; s++)
            if (statuses[s] == status && strcmp(paths[p].path, path) == 0)
                atomic_fetch_add(&h->requests[p][s], 1);
}

static void answer(struct http_alerts *h, struct request *rq, int status,
                   const char *json, int wait_s)
{
    count(h, request_path(rq), status);
    request_answer(rq, &(struct reply){ .status = status,
                                        .type = "application/json",
                                        .body = json,
                                        .len = strlen(json),
                                        .allow = status == 405 ? "POST" : NULL,
                                        .retry_after_s = wait_s });
}

static void refuse(struct http_alerts *h, struct request *rq, int status,
                   const char *why, int wait_s)
{
    char *json = json_text(member_bool("ok", false), member_str("error", why));

    answer(h, rq, status, json, wait_s);
    free(json);
}

/* What was not taken is said in the log too: a sender rarely reads answers. */
static void turn_away(struct http_alerts *h, struct request *rq, int status,
                      const char *why)
{
    if (news_is(&h->denied_news, why))
        log_warn("alerts", NULL, "%s from %s is refused: %s", request_path(rq),
                 request_peer(rq)->address, why);
    refuse(h, rq, status, why, 0);
}

static void unreadable(struct http_alerts *h, struct request *rq,
                       const char *who, int status, const char *why)
{
    atomic_fetch_add(&h->bad, 1);
    if (news_is(&h->bad_news, why))
        log_warn("alerts", NULL, "%s of %s cannot be read: %s",
                 request_path(rq), who, why);
    refuse(h, rq, status, why, 0);
}

static void later(struct http_alerts *h, struct request *rq, const char *who,
                  const char *why)
{
    if (news_is(&h->refused_news, why))
        log_warn("alerts", NULL, "%s of %s is to come again: %s",
                 request_path(rq), who, why);
    refuse(h, rq, 503, why, AGAIN_S);
}

static void accept(struct http_alerts *h, struct request *rq, size_t taken,
                   size_t known, size_t bad, bool held)
{
    char *json = held ? json_text(member_bool("ok", true),
                                  member_int("taken", (int64_t)taken),
                                  member_int("known", (int64_t)known),
                                  member_int("bad", (int64_t)bad),
                                  member_bool("held", true))
                      : json_text(member_bool("ok", true),
                                  member_int("taken", (int64_t)taken),
                                  member_int("known", (int64_t)known),
                                  member_int("bad", (int64_t)bad));

    answer(h, rq, 200, json, 0);
    free(json);
}

/* ---- what became of a batch ------------------------------------------------------ */

/* The server's thread; also when it stops. Takes the ticket. */
static void deliver(void *arg)
{
    struct ticket *t = arg;
    struct request *rq = server_request(t->server, t->number);
    bool kept = t->kept <= ALERTS_HELD;

    if (t->seen)
        seen_conclude(t->seen, t->number, kept ? SEEN_TAKEN : SEEN_FREE);
    if (rq && kept)
        accept(t->http, rq, t->all - t->known, t->known, t->bad,
               t->kept == ALERTS_HELD);
    else if (rq)
        later(t->http, rq, t->who, t->why);
    free(t);
}

/* The alerts thread. Whoever has left is told nothing. */
static void done(void *arg, enum alerts_kept kept, const char *why)
{
    struct ticket *t = arg;

    t->kept = kept;
    t->known = t->batch->known;
    strncpy(t->why, why, sizeof t->why - 1);
    if (!server_run(t->server, deliver, t))
        free(t);
}

/* ---- in ---------------------------------------------------------------------------- */

static void submit(struct http_alerts *h, struct request *rq,
                   const struct alerts_who *who, struct seen *seen,
                   struct alerts_batch *b, size_t bad)
{
    struct ticket *t = xcalloc(1, sizeof *t);

    *t = (struct ticket){ .http = h,
                          .server = request_server(rq),
                          .number = request_number(rq),
                          .batch = b,
                          .seen = seen,
                          .all = b->deploy ? 1 : b->count,
                          .bad = bad };
    memcpy(t->who, who->name, sizeof t->who);
    b->done = done;
    b->arg = t;
    if (alerts_submit(h->alerts, b) == PUSH_OK)
        return;
    free(t);
    alerts_batch_free(b);
    if (seen)
        seen_conclude(seen, request_number(rq), SEEN_FREE);
    later(h, rq, who->name, "Too many alerts wait: send it again.");
}

static void take_alerts(struct http_alerts *h, struct request *rq,
                        enum path path, const struct alerts_who *who,
                        struct seen *seen)
{
    const struct config *cfg = config_now(h->config);
    struct alert_event *events;
    size_t len, count, bad;
    const char *body = request_body(rq, &len);
    struct err err = { 0 };
    bool ok = path == PATH_ALERTMANAGER
                  ? events_of_alertmanager(&events, &count, &bad, cfg, body,
                                           len, &err)
                  : events_of_json(&events, &count, &bad, cfg, body, len, &err);

    atomic_fetch_add(&h->bad, bad);
    if (bad && news_is(&h->bad_news, err.text))
        log_warn("alerts", NULL, "%zu alert(s) in %s of %s cannot be read: %s",
                 bad, request_path(rq), who->name, err.text);
    if (ok && count > 0) {
        submit(h, rq, who, seen, alerts_batch_new(events, count), bad);
        return;
    }
    if (seen)
        seen_conclude(seen, request_number(rq), SEEN_FREE);
    if (!ok) {
        unreadable(h, rq, who->name, 400, err.text);
        return;
    }
    free(events);
    accept(h, rq, 0, 0, 0, false);
}

/* What is signed the same is the same: once, if it was taken. */
static void take_deploy(struct http_alerts *h, struct request *rq,
                        const struct alerts_who *who, struct seen *seen)
{
    size_t len;
    const char *body = request_body(rq, &len);
    struct deploy *deploy = xcalloc(1, sizeof *deploy);
    struct alerts_batch *b;
    struct err err = { 0 };

    if (!deploy_read(deploy, body, len, &err)) {
        free(deploy);
        if (seen)
            seen_conclude(seen, request_number(rq), SEEN_FREE);
        unreadable(h, rq, who->name, 400, err.text);
        return;
    }
    b = alerts_batch_new(NULL, 0);
    b->deploy = deploy;
    submit(h, rq, who, seen, b, 0);
}

/* False: it is answered. */
static bool find_path(struct http_alerts *h, struct request *rq, enum path *out)
{
    for (size_t i = 0; i < PATHS; i++) {
        if (strcmp(request_path(rq), paths[i].path) != 0)
            continue;
        *out = (enum path)i;
        if (request_method(rq) == METHOD_POST)
            return true;
        refuse(h, rq, 405, "This is for POST.", 0);
        return false;
    }
    refuse(h, rq, 404,
           "There is /alerts, /alerts/alertmanager and /events/deploy.", 0);
    return false;
}

bool http_alerts_has(const char *path)
{
    return strcmp(path, "/alerts") == 0 || strncmp(path, "/alerts/", 8) == 0 ||
           strncmp(path, "/events/", 8) == 0;
}

/* False: it is answered. */
static bool may(struct http_alerts *h, struct request *rq, enum path *path,
                struct alerts_who *who)
{
    const struct config_alerts *cfg = &config_now(h->config)->alerts;
    const char *why = "";
    int status;

    if (!find_path(h, rq, path))
        return false;
    status =
        alerts_who(cfg, rq, paths[*path].may_sign, clock_wall_ms(), who, &why);
    if (status)
        turn_away(h, rq, status, why);
    return status == 0;
}

void http_alerts_begin(struct http_alerts *h, struct request *rq)
{
    char bucket[160];
    struct alerts_who who;
    enum path path;
    int wait_s;

    if (!may(h, rq, &path, &who))
        return;
    h->rates.rate = config_now(h->config)->alerts.rate;
    /* The body is not here yet: whoever says that it is signed may be anybody,
     * and takes nothing from who signs elsewhere. */
    snprintf(bucket, sizeof bucket, "%s%s%s", who.name,
             who.is_signed ? " " : "",
             who.is_signed ? request_peer(rq)->address : "");
    if (admin_rate_take(&h->rates, bucket, clock_mono_ms(), &wait_s))
        return;
    /* Alertmanager gives up what is answered with a 4xx. */
    refuse(h, rq, path == PATH_ALERTMANAGER ? 503 : 429,
           "Too many requests (alerts.rate): send it again.", wait_s);
}

/* Of one that is signed. False: it is answered. */
static bool is_first(struct http_alerts *h, struct request *rq,
                     struct seen **seen)
{
    switch (seen_look(h->seen, alerts_who_signature(rq), request_number(rq),
                      clock_mono_ms(), seen)) {
    case SEEN_FREE:
        return true;
    case SEEN_PENDING:
        refuse(h, rq, 503, "The same request is just being taken.", 1);
        break;
    case SEEN_TAKEN:
        answer(h, rq, 200,
               "{\"ok\":true,\"taken\":0,\"known\":0,\"bad\":0,"
               "\"replay\":true}",
               0);
        break;
    }
    return false;
}

static bool is_verified(struct http_alerts *h, struct request *rq,
                        struct seen **seen)
{
    size_t len;

    request_body(rq, &len);
    if (len > HTTP_ALERTS_SIGNED_MAX) {
        unreadable(h, rq, "signed", 413,
                   "A signed body may have 1 MiB: send less at once.");
        return false;
    }
    if (!alerts_who_signed(&config_now(h->config)->alerts, rq)) {
        turn_away(h, rq, 401,
                  "X-Opsbot-Signature is not that of this body by "
                  "alerts.secret.");
        return false;
    }
    return is_first(h, rq, seen);
}

void http_alerts_handle(struct http_alerts *h, struct request *rq)
{
    struct alerts_who who;
    struct seen *seen = NULL;
    enum path path;

    if (!may(h, rq, &path, &who))
        return;
    if (!config_now(h->config)->alerts.on) {
        later(h, rq, who.name,
              "Alerts are off: the configuration has no section `alerts`.");
        return;
    }
    if (who.is_signed && !is_verified(h, rq, &seen))
        return;
    if (path == PATH_DEPLOY)
        take_deploy(h, rq, &who, seen);
    else
        take_alerts(h, rq, path, &who, seen);
}

/* ---- life ---------------------------------------------------------------------------- */

struct http_alerts *http_alerts_new(const struct config_holder *config,
                                    struct alerts *alerts)
{
    struct http_alerts *h = xcalloc(1, sizeof *h);

    h->config = config;
    h->alerts = alerts;
    h->seen = seen_new();
    return h;
}

void http_alerts_free(struct http_alerts *h)
{
    if (!h)
        return;
    seen_free(h->seen);
    free(h);
}

/* ---- facts --------------------------------------------------------------------------- */

const char *http_alerts_path(size_t i)
{
    return paths[i].path;
}

int http_alerts_status(size_t i)
{
    return statuses[i];
}

void http_alerts_facts(const struct http_alerts *h,
                       struct http_alerts_facts *out)
{
    *out = (struct http_alerts_facts){ .bad = 0 };
    if (!h)
        return;
    for (size_t p = 0; p < PATHS; p++)
        for (size_t s = 0; s < HTTP_ALERTS_STATUSES; s++)
            out->requests[p][s] = atomic_load(&h->requests[p][s]);
    out->bad = atomic_load(&h->bad);
}

#include "bot/http/slack.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bot/http/slack_body.h"
#include "bot/http/slack_seen.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/signature.h"

#define AGAIN_MS      60000 /* until strangers are mentioned again */
#define SSL_CHECK_MAX 4096  /* bytes of a form that nobody signed */

struct slack {
    struct desk desk; /* the first: a road of ours is a slack */
    struct seen_table *seen;
    _Atomic(struct server *) server; /* once a request was there */
    int64_t said;                    /* mono ms: that strangers ask */

    pthread_mutex_t lock;
    pthread_cond_t empty; /* nothing is held */
    bool draining, drained;

    _Atomic uint64_t taken, forged, stale, malformed, replays;
};

static const struct {
    const char *path;
    enum slack_path is;
} paths[] = {
    { "/slack/commands", SLACK_COMMANDS },
    { "/slack/interactive", SLACK_INTERACTIVE },
    { "/slack/events", SLACK_EVENTS },
};

/* ---- what is answered --------------------------------------------------------- */

static void answer_empty(struct request *rq, int status, int retry_after_s)
{
    request_answer(rq, &(struct reply){ .status = status,
                                        .retry_after_s = retry_after_s });
}

static void answer_json(struct request *rq, const char *text)
{
    request_answer(rq, &(struct reply){ .status = 200,
                                        .type = "application/json",
                                        .body = text,
                                        .len = strlen(text) });
}

/* ---- who asks ----------------------------------------------------------------- */

static const char signature_header[] = "x-slack-signature";
static const char timestamp_header[] = "x-slack-request-timestamp";

/* Of a flood one line a minute. */
static void mention(struct slack *s, struct request *rq, const char *what)
{
    int64_t now = clock_mono_ms();

    if (s->said && now - s->said < AGAIN_MS)
        return;
    s->said = now;
    log_warn("slack", NULL,
             "a request from %s is not answered: %s (%" PRIu64
             " such so far). If it is Slack's, look at"
             " slack.signing_secret and at this machine's clock",
             request_peer(rq)->address, what,
             atomic_load(&s->forged) + atomic_load(&s->stale));
}

/* Neither says whether the other would have been right. */
static void turn_away(struct slack *s, struct request *rq,
                      _Atomic uint64_t *counter, const char *what)
{
    atomic_fetch_add(counter, 1);
    mention(s, rq, what);
    answer_empty(rq, 401, 0);
}

/* What the headers alone tell; of two the first counts, here and when it is
 * verified. False: it is turned away. */
static bool headers_fit(struct slack *s, struct request *rq)
{
    const char *timestamp = request_header(rq, timestamp_header, NULL);
    int64_t at = signature_time(timestamp);
    int64_t skew = at - clock_wall_ms() / 1000;

    if (at < 0 || !signature_formed(request_header(rq, signature_header, NULL)))
        turn_away(s, rq, &s->forged, "no signature");
    else if (skew > SIGNATURE_SKEW_S || skew < -SIGNATURE_SKEW_S)
        turn_away(s, rq, &s->stale, "a signature of another time");
    else
        return true;
    return false;
}

/* Slack may ask so before there is a secret. It is told nothing, and gets
 * nothing. */
static bool is_ssl_check(struct request *rq)
{
    size_t len, signatures;
    const char *body = request_body(rq, &len);

    request_header(rq, signature_header, &signatures);
    return !signatures && len <= SSL_CHECK_MAX && slack_ssl_check(body, len);
}

static bool is_verified(struct slack *s, struct request *rq)
{
    const struct config *cfg = config_now(s->desk.needs.config);
    size_t len;
    const char *body = request_body(rq, &len);

    if (!headers_fit(s, rq))
        return false;
    if (signature_fits(cfg->slack.signing_secret,
                       request_header(rq, signature_header, NULL),
                       request_header(rq, timestamp_header, NULL), body, len))
        return true;
    turn_away(s, rq, &s->forged, "a wrong signature");
    return false;
}

/* ---- in ------------------------------------------------------------------------- */

/* False: it is a replay, and answered. An event may only be taken for one that
 * is recorded by now. */
static bool is_first(struct slack *s, struct request *rq,
                     const struct envelope *env, struct seen **entry)
{
    enum seen_state state =
        seen_look(s->seen, request_header(rq, signature_header, NULL),
                  request_number(rq), clock_mono_ms(), entry);
    struct log_ctx ctx = { .trace = env->id, .user = env->user };

    if (state == SEEN_FREE)
        return true;
    atomic_fetch_add(&s->replays, 1);
    log_info("slack", &ctx, "a replay: not run");
    if (state == SEEN_PENDING && envelope_comes_again(env->kind))
        answer_empty(rq, 503, 1);
    else
        answer_empty(rq, 200, 0);
    return false;
}

/* Takes the tree out of read. */
static void take_envelope(struct slack *s, struct request *rq,
                          struct slack_read *read)
{
    const char *why = "";
    struct envelope *env =
        envelope_from(read->root, read->text, strlen(read->text), &why);
    struct seen *entry;

    read->root = NULL;
    if (!env) { /* an envelope id of ours always fits */
        request_text(rq, 400, "not an envelope\n", NULL);
        return;
    }
    if (!is_first(s, rq, env, &entry)) {
        envelope_free(env);
        return;
    }
    env->received_us = request_received_us(rq);
    env->keys[ENVELOPE_KEY_SIGNATURE] =
        xasprintf("sig:%s", request_header(rq, signature_header, NULL) + 3);
    atomic_fetch_add(&s->taken, 1);
    desk_take(&s->desk, env, entry, request_number(rq));
}

static void take_body(struct slack *s, struct request *rq,
                      struct slack_read *read)
{
    switch (read->kind) {
    case SLACK_FRAME:
        take_envelope(s, rq, read);
        break;
    case SLACK_CHALLENGE:
        log_info("slack", NULL, "Slack verified a request URL");
        answer_json(rq, read->text);
        break;
    case SLACK_NOTICE:
        log_warn("slack", NULL, "Slack says: %s", read->why);
        answer_empty(rq, 200, 0);
        break;
    case SLACK_SSL_CHECK:
        answer_empty(rq, 200, 0);
        break;
    case SLACK_BAD:
        atomic_fetch_add(&s->malformed, 1);
        log_warn("slack", NULL, "a signed request is refused: %s", read->why);
        request_text(rq, 400, "not what Slack sends\n", NULL);
        break;
    }
}

/* False: there is nothing here, or not so. */
static bool find_path(struct request *rq, enum slack_path *out)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(request_path(rq), paths[i].path) != 0)
            continue;
        *out = paths[i].is;
        if (request_method(rq) == METHOD_POST)
            return true;
        request_text(rq, 405, "not with this method\n", "POST");
        return false;
    }
    request_text(rq, 404, "not found\n", NULL);
    return false;
}

bool slack_has(const char *path)
{
    return strncmp(path, "/slack/", 7) == 0;
}

/* Whoever shows no signature need not send a body, but for an ssl_check. */
void slack_begin(struct slack *s, struct request *rq)
{
    enum slack_path path;
    size_t signatures;

    if (!find_path(rq, &path))
        return;
    request_header(rq, signature_header, &signatures);
    if (signatures)
        (void)headers_fit(s, rq);
}

void slack_handle(struct slack *s, struct request *rq)
{
    struct slack_body body = {
        .type = request_header(rq, "content-type", NULL),
        .signature = request_header(rq, signature_header, NULL),
        .retry = request_header(rq, "x-slack-retry-num", NULL),
    };
    struct slack_read read;
    size_t types;

    atomic_store(&s->server, request_server(rq));
    body.data = request_body(rq, &body.len);
    if (!find_path(rq, &body.path))
        return;
    if (is_ssl_check(rq)) {
        answer_empty(rq, 200, 0);
        return;
    }
    if (!is_verified(s, rq))
        return;
    request_header(rq, "content-type", &types);
    if (types > 1)
        body.type = ""; /* one reader's form is another's JSON */
    slack_read(&body, &read);
    take_body(s, rq, &read);
    slack_read_dispose(&read);
}

/* ---- out ------------------------------------------------------------------------ */

/* May it come again? Only what nobody recorded, nor ran. */
static void conclude(struct slack *s, const struct held *h)
{
    enum fate fate = h->slot ? hold_fate(&s->desk.holds, h->slot) : FATE_NONE;
    bool taken = fate == FATE_RECORDED || fate == FATE_CLAIMED;

    seen_conclude(h->end, h->who, taken ? SEEN_TAKEN : SEEN_FREE);
}

static struct request *request_of(struct slack *s, const struct held *h)
{
    struct server *server = atomic_load(&s->server);

    return server ? server_request(server, h->who) : NULL;
}

/* False: who asked has left. */
static bool ack(struct desk *d, const struct held *h, const char *payload)
{
    struct slack *s = (struct slack *)d;
    struct request *rq = request_of(s, h);

    conclude(s, h);
    if (!rq)
        return false;
    if (payload)
        answer_json(rq, payload);
    else
        answer_empty(rq, 200, 0);
    return true;
}

static void without_ack(struct desk *d, const struct held *h,
                        enum desk_without why)
{
    struct slack *s = (struct slack *)d;
    struct request *rq = request_of(s, h);

    conclude(s, h);
    if (!rq)
        return;
    switch (why) {
    case WITHOUT_RECORD:
        answer_empty(rq, 503, 1);
        break;
    case WITHOUT_ROOM:
        answer_empty(rq, 429, 1);
        break;
    case WITHOUT_TWIN:
        answer_empty(rq, 200, 0);
        break;
    }
}

static const struct desk_ways ways = { .area = "slack",
                                       .ack = ack,
                                       .without = without_ack };

static void deliver(void *verdict)
{
    struct verdict *v = verdict;

    desk_verdict(&((struct slack *)v->road)->desk, v);
}

/* Any thread. After the server's end nobody waits: what is recorded is
 * answered by whoever takes it over. */
static void tell(struct road *road, struct verdict *v)
{
    struct server *server = atomic_load(&((struct slack *)road)->server);

    if (!server_run(server, deliver, v))
        verdict_free(v);
}

/* ---- time ----------------------------------------------------------------------- */

void slack_tick(struct slack *s, int64_t now)
{
    desk_hand_over(&s->desk);
    desk_tick(&s->desk, now);
    if (s->desk.in_flight)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->draining && !s->drained) {
        s->drained = true;
        pthread_cond_signal(&s->empty);
    }
    pthread_mutex_unlock(&s->lock);
}

void slack_drain(struct slack *s, int grace_ms)
{
    int64_t until = clock_mono_ms() + grace_ms;
    bool more = true;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->draining = true;
    while (!s->drained && more)
        more = cond_wait(&s->empty, &s->lock, until);
    pthread_mutex_unlock(&s->lock);
}

void slack_facts(const struct slack *s, struct slack_facts *out)
{
    *out = (struct slack_facts){ .held = 0 };
    if (!s)
        return;
    *out = (struct slack_facts){
        .taken = atomic_load(&s->taken),
        .forged = atomic_load(&s->forged),
        .stale = atomic_load(&s->stale),
        .malformed = atomic_load(&s->malformed),
        .replays = atomic_load(&s->replays) + atomic_load(&s->desk.fact_twins),
        .refused = atomic_load(&s->desk.fact_refused),
        .late = atomic_load(&s->desk.fact_late),
        .held = atomic_load(&s->desk.fact_in_flight),
    };
}

/* ---- life ----------------------------------------------------------------------- */

struct slack *slack_new(const struct desk_needs *needs)
{
    struct slack *s = xcalloc(1, sizeof *s);

    desk_init(&s->desk, "http", tell, &ways, needs);
    s->seen = seen_new();
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->empty);
    return s;
}

void slack_free(struct slack *s)
{
    if (!s)
        return;
    desk_dispose(&s->desk);
    seen_free(s->seen);
    pthread_cond_destroy(&s->empty);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

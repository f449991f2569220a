#include "bot/sender/sender_http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_body.h"
#include "bot/sender/sender_rule.h"
#include "bot/version.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/net/web_flight.h"

#define ANSWER_MAX  (1 << 20)
#define ANSWER_KEEP (64 << 10) /* larger answer buffers are given back */
#define CONNECT_MS  3000
#define PER_HOST    16L
#define KEPT_OPEN   32L
#define SHORTEST_MS 250 /* an attempt is given at least that */

/* Whose token, and what kind of body. */
enum headers { HEADERS_URL, HEADERS_BOT, HEADERS_APP, HEADERS_KINDS };

struct transfer {
    struct transfer *next; /* in the list it is in: idle or flying */
    struct web_flight flight;
    struct post *post;
    struct buf form;  /* the body of a call that takes no JSON */
    const char *body; /* what is sent: the form, or the post's */
    size_t body_len, body_sent;
    struct buf answer;
    bool too_big;
    char why[CURL_ERROR_SIZE];
};

struct wire {
    struct web_deck *deck;
    const struct config *cfg;
    struct curl_slist *headers[HEADERS_KINDS][2]; /* [1]: form */
    bool direct; /* SLACK_API_URL is loopback: no proxy */
    struct transfer *idle, *flying;
    struct transfer *shown; /* its answer is lent out; reused after */
};

/* ---- curl's callbacks ----------------------------------------------------- */

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;

    t->too_big = t->answer.len + len > ANSWER_MAX;
    if (t->too_big)
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    buf_add(&t->answer, data, len);
    return len;
}

static size_t on_body(char *out, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = t->body_len - t->body_sent;

    if (len > size * count)
        len = size * count;
    memcpy(out, t->body + t->body_sent, len);
    t->body_sent += len;
    return len;
}

/* ---- transfers ------------------------------------------------------------ */

/* What holds for every request of a handle. */
static bool set_up(struct wire *w, struct transfer *t)
{
    CURL *e = t->flight.easy;
    unsigned bad = 0; /* CURLE_OK is 0 */

    bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad |=
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    bad |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, version_agent());
    bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    bad |= curl_easy_setopt(e, CURLOPT_READFUNCTION, on_body);
    bad |= curl_easy_setopt(e, CURLOPT_READDATA, t);
    if (w->direct)
        bad |= curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    return !bad;
}

static void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    web_flight_dispose(&t->flight);
    buf_dispose(&t->form);
    buf_dispose(&t->answer);
    free(t);
}

static struct transfer *transfer_get(struct wire *w)
{
    struct transfer *t = w->idle;

    if (t) {
        w->idle = t->next;
        return t;
    }
    t = xcalloc(1, sizeof *t);
    web_flight_init(&t->flight, w->deck, curl_easy_init(), t);
    if (t->flight.easy && set_up(w, t))
        return t;
    transfer_free(t);
    return NULL;
}

static void transfer_put(struct wire *w, struct transfer *t)
{
    if (!t)
        return;
    t->post = NULL;
    if (t->answer.cap > ANSWER_KEEP)
        buf_dispose(&t->answer);
    t->next = w->idle;
    w->idle = t;
}

static void leave_flight(struct wire *w, struct transfer *t)
{
    struct transfer **at = &w->flying;

    web_flight_land(&t->flight);
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
}

/* ---- one request ---------------------------------------------------------- */

static bool set_address(struct wire *w, struct transfer *t, struct err *err)
{
    const struct post *post = t->post;
    const char *api = w->cfg->slack.api_url;
    struct buf url = { 0 };
    bool ok;

    if (post->url && !body_url_allowed(post->url, api))
        return err_set(err, ERR_SLACK, "the response URL is not Slack's");
    if (post->url) {
        buf_str(&url, post->url);
    } else {
        buf_str(&url, api);
        buf_str(&url, post->method);
    }
    ok = curl_easy_setopt(t->flight.easy, CURLOPT_URL, buf_text(&url)) ==
         CURLE_OK;
    buf_dispose(&url);
    return ok || err_set(err, ERR_SLACK, "curl does not take the URL");
}

static bool set_body(struct transfer *t, struct err *err)
{
    const struct post *post = t->post;
    bool twice = (post->rule->flags & CALL_TWICE) && !post->once;
    unsigned bad = 0; /* CURLE_OK is 0 */

    t->body = post->body ? post->body : "{}";
    t->body_sent = 0;
    if (post->rule->flags & CALL_FORM) {
        buf_cut(&t->form, 0);
        if (!body_form(post->body, &t->form, err))
            return false;
        t->body = buf_text(&t->form);
    }
    t->body_len = strlen(t->body);
    bad |= curl_easy_setopt(t->flight.easy, CURLOPT_POST, 1L);
    bad |= curl_easy_setopt(t->flight.easy, CURLOPT_POSTFIELDS,
                            twice || !t->body_len ? t->body : NULL);
    bad |= curl_easy_setopt(t->flight.easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)t->body_len);
    return !bad || err_set(err, ERR_SLACK, "curl: no body");
}

static long timeout_of(const struct post *post, int64_t now)
{
    int64_t left = post->deadline - now;

    if (post->patient && left < 5000)
        left = 5000; /* there is time: cutting it short makes it unclear */
    if (left < SHORTEST_MS)
        left = SHORTEST_MS;
    return left < post->rule->timeout_ms ? (long)left
                                         : (long)post->rule->timeout_ms;
}

static struct curl_slist *headers_of(const struct wire *w,
                                     const struct post *post)
{
    enum headers kind = HEADERS_BOT;

    if (post->url)
        kind = HEADERS_URL;
    else if (post->app_token)
        kind = HEADERS_APP;
    return w->headers[kind][(post->rule->flags & CALL_FORM) ? 1 : 0];
}

bool wire_send(struct wire *w, struct post *post, int64_t now, struct err *err)
{
    struct transfer *t = transfer_get(w);
    unsigned bad = 0; /* CURLE_OK is 0 */

    if (!t)
        return err_set(err, ERR_SLACK, "curl gives no handle");
    t->post = post;
    t->too_big = false;
    t->why[0] = '\0';
    buf_cut(&t->answer, 0);
    if (!set_address(w, t, err) || !set_body(t, err))
        goto fail;
    bad |= curl_easy_setopt(t->flight.easy, CURLOPT_HTTPHEADER,
                            headers_of(w, post));
    bad |= curl_easy_setopt(t->flight.easy, CURLOPT_TIMEOUT_MS,
                            timeout_of(post, now));
    if (bad || !web_flight_begin(&t->flight)) {
        err_set(err, ERR_SLACK, "curl does not start the request");
        goto fail;
    }
    t->next = w->flying;
    w->flying = t;
    return true;
fail:
    transfer_put(w, t);
    return false;
}

/* ---- answers -------------------------------------------------------------- */

static bool had_left(const struct transfer *t)
{
    long sent = 0;

    curl_easy_getinfo(t->flight.easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

static void read_answer(struct transfer *t, CURLcode code, struct answer *out)
{
    curl_off_t wait = 0;
    long status = 0;

    *out = (struct answer){ .kind = ANSWER_HTTP };
    curl_easy_getinfo(t->flight.easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->flight.easy, CURLINFO_RETRY_AFTER, &wait);
    out->status = (int)status;
    out->retry_after_s = (int)(wait > 3600 ? 3600 : wait);
    out->body = buf_text(&t->answer);
    out->why = t->why[0] ? t->why : curl_easy_strerror(code);
    if (t->too_big)
        out->kind = ANSWER_TOO_BIG;
    else if (code != CURLE_OK)
        out->kind = had_left(t) ? ANSWER_LOST : ANSWER_UNSENT;
    if (out->kind != ANSWER_HTTP)
        out->body = "";
    if (out->kind == ANSWER_TOO_BIG)
        out->why = "the answer is larger than 1 MiB";
}

struct post *wire_next(struct wire *w, struct answer *answer)
{
    struct transfer *t;
    CURLcode code;

    transfer_put(w, w->shown);
    w->shown = NULL;
    t = web_deck_next(w->deck, &code);
    if (!t)
        return NULL;
    leave_flight(w, t);
    read_answer(t, code, answer);
    w->shown = t;
    return t->post;
}

bool wire_drop(struct wire *w, const struct post *post)
{
    struct transfer *t = w->flying;
    bool left;

    while (t && t->post != post)
        t = t->next;
    if (!t)
        return false;
    left = had_left(t);
    leave_flight(w, t);
    transfer_put(w, t);
    return left;
}

void wire_turn(struct wire *w, int wait_ms)
{
    web_deck_turn(w->deck, wait_ms);
}

void wire_wake(struct wire *w)
{
    web_deck_wake(w->deck);
}

/* ---- life ----------------------------------------------------------------- */

static struct curl_slist *headers_new(const char *token, bool form)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    char *auth;

    list = curl_slist_append(
        list, form ? "Content-Type: application/x-www-form-urlencoded"
                   : "Content-Type: application/json; charset=utf-8");
    if (!token)
        return list;
    auth = xasprintf("Authorization: Bearer %s", token);
    list = curl_slist_append(list, auth);
    explicit_bzero(auth, strlen(auth));
    free(auth);
    return list;
}

struct wire *wire_new(const struct config *cfg)
{
    struct wire *w = xcalloc(1, sizeof *w);
    const char *tokens[HEADERS_KINDS] = {
        [HEADERS_BOT] = cfg->slack.bot_token,
        [HEADERS_APP] = cfg->slack.app_token,
    };

    w->cfg = cfg;
    w->direct = body_url_loopback(cfg->slack.api_url);
    w->deck = web_deck_new(KEPT_OPEN, PER_HOST);
    for (int kind = 0; kind < HEADERS_KINDS; kind++)
        for (int form = 0; form < 2; form++)
            w->headers[kind][form] = headers_new(tokens[kind], form);
    return w;
}

void wire_free(struct wire *w)
{
    if (!w)
        return;
    transfer_put(w, w->shown);
    while (w->idle) {
        struct transfer *t = w->idle;

        w->idle = t->next;
        transfer_free(t);
    }
    for (int kind = 0; kind < HEADERS_KINDS; kind++)
        for (int form = 0; form < 2; form++)
            curl_slist_free_all(w->headers[kind][form]);
    web_deck_free(w->deck);
    free(w);
}

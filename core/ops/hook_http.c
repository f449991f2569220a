/*
 * hook_http: one target's requests: the curl handles behind hook.c. One
 * thread.
 */
#include "core/ops/hook_http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/net/web.h"
#include "core/net/web_flight.h"

#define CONNECT_MS 2000

struct hook_call {
    struct web_flight flight;
    const struct config_target *target;
    void *owner;
    struct curl_slist *tell, *ask; /* headers */
    bool too_big;
    long timeout_ms;
    struct buf answer;
    char *why;
    char curl_why[CURL_ERROR_SIZE];
};

/* ---- headers ------------------------------------------------------------------ */

static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return NULL;
    return text;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *x = part_of(a, part), *y = part_of(b, part);
    bool same = x && y && strcasecmp(x, y) == 0;

    curl_free(x);
    curl_free(y);
    return same;
}

/* Scheme, host and port: who gets a token of the one may see it as the
 * other. */
static bool same_server(const char *one, const char *other)
{
    CURLU *a = curl_url(), *b = curl_url();
    bool same = curl_url_set(a, CURLUPART_URL, one, 0) == CURLUE_OK &&
                curl_url_set(b, CURLUPART_URL, other, 0) == CURLUE_OK &&
                same_part(a, b, CURLUPART_SCHEME) &&
                same_part(a, b, CURLUPART_HOST) &&
                same_part(a, b, CURLUPART_PORT);

    curl_url_cleanup(a);
    curl_url_cleanup(b);
    return same;
}

static void make_headers(struct hook_call *c, const char *op)
{
    const struct config_target *t = c->target;
    char *key = xasprintf("Idempotency-Key: %s", op);

    c->ask = curl_slist_append(NULL, "Accept: application/json");
    c->tell = curl_slist_append(NULL, "Accept: application/json");
    c->tell = curl_slist_append(c->tell, "Content-Type: application/json");
    c->tell = curl_slist_append(c->tell, "Expect:");
    c->tell = curl_slist_append(c->tell, key);
    free(key);
    if (!t->token)
        return;
    c->tell = web_add_token(c->tell, t->token);
    if (!t->halt_url ||
        (t->health_url && same_server(t->halt_url, t->health_url)))
        c->ask = web_add_token(c->ask, t->token);
}

/* ---- a target's handle ---------------------------------------------------------- */

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct hook_call *c = arg;
    size_t len = size * count;

    c->too_big = c->answer.len + len > HOOK_ANSWER;
    if (c->too_big)
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    buf_add(&c->answer, data, len);
    return len;
}

/* What holds for every request of a handle. */
static bool set_up(struct hook_call *c)
{
    CURL *e = c->flight.easy;
    unsigned bad = 0; /* CURLE_OK is 0 */

    bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    return !bad;
}

struct hook_call *hook_call_new(struct web_deck *deck,
                                const struct config_target *target,
                                const char *op, void *owner)
{
    struct web_files files = { target->ca, target->client_cert,
                               target->client_key };
    struct hook_call *c = xcalloc(1, sizeof *c);

    c->target = target;
    c->owner = owner;
    web_flight_init(&c->flight, deck, web_new(&files, c->curl_why), c);
    if (!set_up(c))
        abort(); /* out of memory, as in mem.c */
    make_headers(c, op);
    return c;
}

void hook_call_free(struct hook_call *c)
{
    if (!c)
        return;
    web_flight_dispose(&c->flight);
    curl_slist_free_all(c->tell);
    curl_slist_free_all(c->ask);
    buf_dispose(&c->answer);
    free(c->why);
    free(c);
}

/* ---- requests ------------------------------------------------------------------- */

static bool set_request(struct hook_call *c, const char *url, const char *body)
{
    CURL *e = c->flight.easy;
    unsigned bad = 0;

    bad |= curl_easy_setopt(e, CURLOPT_URL, url);
    bad |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, c->timeout_ms);
    bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, body ? c->tell : c->ask);
    if (body) {
        bad |= curl_easy_setopt(e, CURLOPT_POST, 1L);
        bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
        bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                                (curl_off_t)strlen(body));
    } else {
        bad |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    return !bad;
}

bool hook_call_send(struct hook_call *c, const char *url, const char *body,
                    long timeout_ms, struct err *why)
{
    c->too_big = false;
    c->timeout_ms = timeout_ms;
    c->curl_why[0] = '\0';
    buf_cut(&c->answer, 0);
    if (!set_request(c, url, body) || !web_flight_begin(&c->flight))
        return err_set(why, ERR_SYSTEM, "curl does not take the request");
    return true;
}

static char *explain(const struct hook_call *c, CURLcode code)
{
    if (c->too_big)
        return xasprintf("its answer is larger than %d KiB", HOOK_ANSWER >> 10);
    return web_explain(c->flight.easy, code, c->curl_why, c->timeout_ms);
}

static void read_answer(struct hook_call *c, CURLcode code,
                        struct hook_answer *out)
{
    long status = 0;

    curl_easy_getinfo(c->flight.easy, CURLINFO_RESPONSE_CODE, &status);
    free(c->why);
    c->why = code == CURLE_OK ? xstrdup("") : explain(c, code);
    *out = (struct hook_answer){
        .status = (int)status,
        .whole = code == CURLE_OK,
        .never =
            code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
            code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE,
        .body = code == CURLE_OK ? buf_text(&c->answer) : "",
        .len = code == CURLE_OK ? c->answer.len : 0,
        .why = c->why,
    };
}

void *hook_next(struct web_deck *deck, struct hook_answer *out)
{
    CURLcode code;
    struct hook_call *c = web_deck_next(deck, &code);

    if (!c)
        return NULL;
    read_answer(c, code, out);
    return c->owner;
}

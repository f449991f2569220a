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
#include "core/base/text.h"

#define CONNECT_MS 2000
#define KEPT_OPEN  256L
#define WHY_MAX    160 /* characters */

struct hook_wire {
    CURLM *multi;
    int flights;
};

struct hook_call {
    struct hook_wire *wire;
    const struct config_target *target;
    void *owner;
    CURL *easy;
    struct curl_slist *tell, *ask; /* headers */
    bool flying, too_big;
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

static struct curl_slist *add_token(struct curl_slist *list, const char *token)
{
    char *header = xasprintf("Authorization: Bearer %s", token);

    list = curl_slist_append(list, header);
    explicit_bzero(header, strlen(header));
    free(header);
    return list;
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
    c->tell = add_token(c->tell, t->token);
    if (!t->halt_url ||
        (t->health_url && same_server(t->halt_url, t->health_url)))
        c->ask = add_token(c->ask, t->token);
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

static bool set_up_tls(const struct hook_call *c)
{
    const struct config_target *t = c->target;
    CURL *e = c->easy;
    unsigned bad = 0; /* CURLE_OK is 0 */

    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |=
        curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (t->ca) { /* and no other: not the system's beside it */
        bad |= curl_easy_setopt(e, CURLOPT_CAINFO, t->ca);
        bad |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    }
    if (t->client_cert)
        bad |= curl_easy_setopt(e, CURLOPT_SSLCERT, t->client_cert);
    if (t->client_key)
        bad |= curl_easy_setopt(e, CURLOPT_SSLKEY, t->client_key);
    return !bad;
}

/* What holds for every request of a handle. */
static bool set_up(struct hook_call *c)
{
    CURL *e = c->easy;
    unsigned bad = 0;

    bad |= curl_easy_setopt(e, CURLOPT_PRIVATE, c);
    bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* never joins DNS */
    bad |=
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, "opsbot");
    bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->curl_why);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    return !bad && set_up_tls(c);
}

struct hook_call *hook_call_new(struct hook_wire *w,
                                const struct config_target *target,
                                const char *op, void *owner)
{
    struct hook_call *c = xcalloc(1, sizeof *c);

    c->wire = w;
    c->target = target;
    c->owner = owner;
    c->easy = curl_easy_init();
    if (!c->easy || !set_up(c))
        abort(); /* out of memory, as in mem.c */
    make_headers(c, op);
    return c;
}

static void land(struct hook_call *c)
{
    if (!c->flying)
        return;
    c->flying = false;
    c->wire->flights--;
    curl_multi_remove_handle(c->wire->multi, c->easy);
}

void hook_call_free(struct hook_call *c)
{
    if (!c)
        return;
    land(c);
    curl_easy_cleanup(c->easy);
    curl_slist_free_all(c->tell);
    curl_slist_free_all(c->ask);
    buf_dispose(&c->answer);
    free(c->why);
    free(c);
}

/* ---- requests ------------------------------------------------------------------- */

static bool set_request(struct hook_call *c, const char *url, const char *body)
{
    CURL *e = c->easy;
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
    if (!set_request(c, url, body) ||
        curl_multi_add_handle(c->wire->multi, c->easy) != CURLM_OK)
        return err_set(why, ERR_SYSTEM, "curl does not take the request");
    c->flying = true;
    c->wire->flights++;
    return true;
}

/* curl's own words, fit to be shown. Of OpenSSL's only the end says anything:
 * "…:SSL routines::tlsv13 alert certificate required, errno 0". */
static char *curl_words(const struct hook_call *c, CURLcode code)
{
    const char *words = c->curl_why[0] ? c->curl_why : curl_easy_strerror(code);
    const char *inner = strstr(words, "SSL routines::");
    char *line, *masked, *cut;

    if (inner)
        line =
            xasprintf("TLS: %.*s", (int)strcspn(inner + 14, ","), inner + 14);
    else
        line = text_first_line(words);
    masked = text_mask(line, NULL, 0);
    cut = text_cut(masked, WHY_MAX);
    free(line);
    free(masked);
    return cut;
}

/* Never names the URL: people know the target by its name. */
static char *explain(const struct hook_call *c, CURLcode code)
{
    long error = 0;

    if (c->too_big)
        return xasprintf("its answer is larger than %d KiB", HOOK_ANSWER >> 10);
    curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &error);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return xstrdup("the name of its host is not known");
    case CURLE_COULDNT_CONNECT:
        return xasprintf("cannot connect: %s",
                         error ? strerror((int)error) : "no answer");
    case CURLE_OPERATION_TIMEDOUT:
        return xasprintf("no answer within %ld ms", c->timeout_ms);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        if (strstr(c->curl_why, "SSL")) /* as "certificate required" */
            return curl_words(c, code);
        return xstrdup("hung up without an answer");
    default:
        return curl_words(c, code);
    }
}

static void read_answer(struct hook_call *c, CURLcode code,
                        struct hook_answer *out)
{
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
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

/* ---- all of them ------------------------------------------------------------------ */

void hook_wire_turn(struct hook_wire *w, int wait_ms)
{
    int running;

    curl_multi_perform(w->multi, &running);
    if (running < w->flights)
        return; /* some are over already: nothing would end the wait */
    curl_multi_poll(w->multi, NULL, 0, wait_ms, NULL);
    curl_multi_perform(w->multi, &running);
}

void hook_wire_wake(struct hook_wire *w)
{
    curl_multi_wakeup(w->multi);
}

void *hook_wire_next(struct hook_wire *w, struct hook_answer *out)
{
    struct hook_call *c = NULL;
    struct CURLMsg *msg;
    CURLcode code;
    int left;

    msg = curl_multi_info_read(w->multi, &left);
    if (!msg || msg->msg != CURLMSG_DONE)
        return NULL;
    code = msg->data.result;
    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &c);
    land(c);
    read_answer(c, code, out);
    return c->owner;
}

struct hook_wire *hook_wire_new(void)
{
    struct hook_wire *w = xcalloc(1, sizeof *w);

    w->multi = curl_multi_init();
    if (!w->multi)
        abort(); /* out of memory, as in mem.c */
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, KEPT_OPEN);
    return w;
}

void hook_wire_free(struct hook_wire *w)
{
    if (!w)
        return;
    curl_multi_cleanup(w->multi);
    free(w);
}

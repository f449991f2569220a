/*
 * get: one GET over a connection that is kept. One thread at a time.
 */
#include "core/check/get.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/net/web.h"

#define CONNECTION_S 300L

struct get {
    CURL *easy;
    struct curl_slist *headers;
    struct buf body;
    bool cut;
    char why[CURL_ERROR_SIZE];
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct get *g = arg;
    size_t len = size * count, room = GET_BODY - g->body.len;

    buf_add(&g->body, data, len < room ? len : room);
    g->cut = len > room;
    return g->cut ? 0 : len; /* 0 ends the transfer: CURLE_WRITE_ERROR */
}

static bool set_up(struct get *g)
{
    unsigned bad = 0; /* CURLE_OK is 0 */

    bad |= curl_easy_setopt(g->easy, CURLOPT_HTTPHEADER, g->headers);
    bad |= curl_easy_setopt(g->easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_S);
    bad |= curl_easy_setopt(g->easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(g->easy, CURLOPT_WRITEDATA, g);
    return !bad;
}

struct get *get_new(const struct config_check *spec)
{
    struct web_files files = { spec->ca, spec->client_cert, spec->client_key };
    struct get *g = xcalloc(1, sizeof *g);

    g->easy = web_new(&files, g->why);
    g->headers = curl_slist_append(NULL, "Accept: application/json, */*");
    if (spec->token)
        g->headers = web_add_token(g->headers, spec->token);
    if (!set_up(g))
        abort(); /* out of memory, as in mem.c */
    return g;
}

void get_free(struct get *g)
{
    if (!g)
        return;
    curl_easy_cleanup(g->easy);
    curl_slist_free_all(g->headers);
    buf_dispose(&g->body);
    free(g);
}

char *get_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = xstrdup(escaped);

    if (!copy)
        abort(); /* out of memory, as in mem.c */
    curl_free(escaped);
    return copy;
}

static void explain(struct get *g, struct check_ask *ask, CURLcode code,
                    long status)
{
    char limit[CHECK_TIME];
    char *why = web_explain(g->easy, code, g->why, ask->spec->timeout_ms);

    if (code == CURLE_OPERATION_TIMEDOUT && status == 0)
        check_late(ask);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        check_bad(ask, "HTTP %ld, but its answer has no end within %s", status,
                  check_time((int64_t)ask->spec->timeout_ms * 1000, limit));
    else if (status > 0)
        check_bad(ask, "HTTP %ld, but hung up in the middle of its answer",
                  status);
    else
        check_bad(ask, "%s", why);
    free(why);
}

bool get_run(struct get *g, struct check_ask *ask, const char *url,
             struct get_answer *out)
{
    long left = check_left_ms(ask), status = 0;
    CURLcode code;

    g->cut = false;
    g->why[0] = '\0';
    buf_cut(&g->body, 0);
    curl_easy_setopt(g->easy, CURLOPT_URL, url);
    curl_easy_setopt(g->easy, CURLOPT_TIMEOUT_MS, left > 0 ? left : 1);
    curl_easy_setopt(g->easy, CURLOPT_CONNECTTIMEOUT_MS, left > 0 ? left : 1);
    code = curl_easy_perform(g->easy);
    curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && !g->cut) {
        explain(g, ask, code, status);
        return false;
    }
    *out = (struct get_answer){ .status = (int)status,
                                .body = buf_text(&g->body),
                                .len = g->body.len,
                                .cut = g->cut };
    return true;
}

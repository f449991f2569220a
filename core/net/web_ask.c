/*
 * web_ask: one HTTP request after the other, each waited for. One thread.
 */
#include "core/net/web_ask.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/net/web.h"

struct web_ask {
    CURL *easy;
    struct buf body;
    bool too_big;
    long status;
    char why[CURL_ERROR_SIZE];
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct web_ask *w = arg;
    size_t len = size * count;

    w->too_big = w->body.len + len > WEB_ASK_BODY;
    if (w->too_big)
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    buf_add(&w->body, data, len);
    return len;
}

struct web_ask *web_ask_new(const char *agent, bool proxy)
{
    static const struct web_files files = { NULL, NULL, NULL };
    struct web_ask *w = xcalloc(1, sizeof *w);
    unsigned bad = 0; /* CURLE_OK is 0 */

    w->easy = web_new(&files, w->why);
    bad |= curl_easy_setopt(w->easy, CURLOPT_USERAGENT, agent);
    bad |= curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(w->easy, CURLOPT_WRITEDATA, w);
    if (proxy)
        bad |= curl_easy_setopt(w->easy, CURLOPT_PROXY, NULL);
    if (bad)
        abort(); /* out of memory, as in mem.c */
    return w;
}

void web_ask_free(struct web_ask *w)
{
    if (!w)
        return;
    curl_easy_cleanup(w->easy);
    buf_dispose(&w->body);
    free(w);
}

static bool set_request(struct web_ask *w, const struct web_request *req)
{
    unsigned bad = 0;

    bad |= curl_easy_setopt(w->easy, CURLOPT_URL, req->url);
    bad |= curl_easy_setopt(w->easy, CURLOPT_TIMEOUT_MS, req->timeout_ms);
    bad |=
        curl_easy_setopt(w->easy, CURLOPT_CONNECTTIMEOUT_MS, req->timeout_ms);
    if (req->form) {
        bad |= curl_easy_setopt(w->easy, CURLOPT_POST, 1L);
        bad |= curl_easy_setopt(w->easy, CURLOPT_COPYPOSTFIELDS, req->form);
    } else {
        bad |= curl_easy_setopt(w->easy, CURLOPT_HTTPGET, 1L);
    }
    return !bad;
}

bool web_ask_run(struct web_ask *w, const struct web_request *req,
                 struct err *err)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    CURLcode code;
    char *why;

    w->too_big = false;
    w->status = 0;
    w->why[0] = '\0';
    buf_cut(&w->body, 0);
    if (req->token)
        headers = web_add_token(headers, req->token);
    if (!set_request(w, req) ||
        curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, headers) != CURLE_OK) {
        curl_slist_free_all(headers);
        return err_set(err, ERR_SYSTEM, "curl does not take the request");
    }
    code = curl_easy_perform(w->easy);
    curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &w->status);
    if (code == CURLE_OK)
        return true;
    if (w->too_big)
        return err_set(err, ERR_SYSTEM, "its answer is larger than %d KiB",
                       WEB_ASK_BODY >> 10);
    why = web_explain(w->easy, code, w->why, req->timeout_ms);
    err_set(err, ERR_SYSTEM, "%s", why);
    free(why);
    return false;
}

int web_ask_status(const struct web_ask *w)
{
    return (int)w->status;
}

const char *web_ask_body(const struct web_ask *w, size_t *len)
{
    if (len)
        *len = w->body.len;
    return buf_text(&w->body);
}

const char *web_ask_header(const struct web_ask *w, const char *name)
{
    struct curl_header *found;

    if (curl_easy_header(w->easy, name, 0, CURLH_HEADER, -1, &found) !=
        CURLHE_OK)
        return NULL;
    return found->value;
}

int64_t web_ask_date(const struct web_ask *w)
{
    const char *date = web_ask_header(w, "Date");
    time_t at = date ? curl_getdate(date, NULL) : -1;

    return at > 0 ? (int64_t)at * 1000 : 0;
}

void web_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *web_library(void)
{
    static char text[64];
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

    snprintf(text, sizeof text, "%s (%s)", v->version,
             v->ssl_version ? v->ssl_version : "without TLS");
    return text;
}

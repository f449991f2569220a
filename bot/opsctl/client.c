/* client: see client.h. */
#include "bot/opsctl/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/net/web.h"

#define ANSWER_MOST   (16 << 20) /* bytes */
#define TRIES         5
#define FIRST_WAIT_MS 200

struct client {
    const struct where *where;
    long timeout_ms;
    CURL *easy;
    char *url;
    struct buf body;
    char why[CURL_ERROR_SIZE];
};

static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct client *c = arg;

    if (c->body.len + size * count > ANSWER_MOST)
        return 0;
    buf_add(&c->body, data, size * count);
    return size * count;
}

struct client *client_new(const struct where *where, long timeout_ms)
{
    struct client *c = xcalloc(1, sizeof *c);
    struct web_files files = { .ca = where->ca,
                               .client_cert = where->cert,
                               .client_key = where->key };

    c->where = where;
    c->timeout_ms = timeout_ms;
    c->easy = web_new(&files, c->why);
    c->url = xasprintf("%s/admin/ops", where->url);
    curl_easy_setopt(c->easy, CURLOPT_URL, c->url);
    curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "opsctl");
    if (where->socket)
        curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, where->socket);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    buf_dispose(&c->body);
    free(c->url);
    free(c);
}

/* ---- one try -------------------------------------------------------------------- */

static struct curl_slist *headers_of(const struct client *c, const char *key)
{
    struct curl_slist *list = NULL;

    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "Accept: application/json");
    list = curl_slist_append(list, "Expect:");
    if (key) {
        char *header = xasprintf("Idempotency-Key: %s", key);

        list = curl_slist_append(list, header);
        free(header);
    }
    if (c->where->token)
        list = web_add_token(list, c->where->token);
    return list;
}

static CURLcode try_once(struct client *c, const char *body, const char *key,
                         long left_ms)
{
    struct curl_slist *headers = headers_of(c, key);
    CURLcode code;

    buf_cut(&c->body, 0);
    c->why[0] = '\0';
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, left_ms);
    code = curl_easy_perform(c->easy);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return code;
}

/* ---- why there is none ------------------------------------------------------------ */

/* A TLS end that refuses us also hangs up. */
static bool is_lost(const struct client *c, CURLcode code)
{
    return (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
            code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE) &&
           !strstr(c->why, "SSL");
}

static bool unreachable(struct client *c, struct err *err)
{
    const char *shown = c->where->shown;
    long error = 0;

    curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &error);
    if (c->where->socket && (error == EACCES || error == EPERM))
        return err_set(err, ERR_DENIED,
                       "You may not open %.120s: %s. Its group may: `ls -l` "
                       "shows which, and whoever runs opsbot can add you.",
                       shown, strerror((int)error));
    if (c->where->socket)
        return err_set(err, ERR_SYSTEM,
                       "Nobody answers at %.120s: %s. Is opsbot running here? "
                       "`--admin`, or OPSBOT_ADMIN, says where else it is.",
                       shown, error ? strerror((int)error) : "cannot connect");
    return err_set(err, ERR_SYSTEM,
                   "Nobody answers at %.120s: %s. Is opsbot running there, and "
                   "does its OPSBOT_ADMIN name this address?",
                   shown, error ? strerror((int)error) : "cannot connect");
}

static bool lost(const struct client *c, const char *how, const char *key,
                 struct err *err)
{
    if (!key)
        return err_set(err, ERR_BUSY, "opsbot at %.120s %s. Try again.",
                       c->where->shown, how);
    return err_set(err, ERR_BUSY,
                   "opsbot at %.100s %s: whether it was done is not known. "
                   "The same once more does nothing twice with "
                   "--idempotency-key %s",
                   c->where->shown, how, key);
}

/* The line had not been sent by then. */
static bool is_unsent(const struct client *c)
{
    curl_off_t us = 0;

    curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &us);
    return us == 0;
}

static bool is_tls(const struct client *c, CURLcode code)
{
    return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CERTPROBLEM ||
           code == CURLE_PEER_FAILED_VERIFICATION ||
           code == CURLE_SSL_CACERT_BADFILE || strstr(c->why, "SSL");
}

static bool other_reason(struct client *c, CURLcode code, struct err *err)
{
    char *why = web_explain(c->easy, code, c->why, c->timeout_ms);

    if (is_tls(c, code))
        err_set(err, ERR_CONFIG,
                "%.120s could not be asked: %.160s. Look at --ca, --cert and "
                "--key: each is a PEM file.",
                c->where->shown, why);
    else
        err_set(err, ERR_SYSTEM,
                "%.120s could not be asked: %.160s. Is the address right?",
                c->where->shown, why);
    free(why);
    return false;
}

static bool explain(struct client *c, CURLcode code, const char *key,
                    struct err *err)
{
    char how[64];

    snprintf(how, sizeof how, "gave no answer within %ld s",
             c->timeout_ms / 1000);
    if (code == CURLE_COULDNT_CONNECT)
        return unreachable(c, err);
    if (is_lost(c, code))
        return lost(c, "hung up without an answer", key, err);
    if (code == CURLE_OPERATION_TIMEDOUT && !is_unsent(c))
        return lost(c, how, key, err);
    return other_reason(c, code, err);
}

/* ---- until there is one ------------------------------------------------------------- */

/* Once an answer was lost, nobody at the door is a restart. */
static CURLcode until_answered(struct client *c, const char *body,
                               const char *key)
{
    int64_t end = clock_mono_ms() + c->timeout_ms;
    long wait = FIRST_WAIT_MS, left;
    CURLcode code = try_once(c, body, key, c->timeout_ms), again;

    for (int i = 1; i < TRIES && is_lost(c, code); i++, wait *= 2) {
        if (clock_mono_ms() + wait >= end)
            break;
        clock_rest(wait);
        left = (long)(end - clock_mono_ms());
        again = try_once(c, body, key, left > 0 ? left : 1);
        if (again != CURLE_COULDNT_CONNECT)
            code = again;
    }
    return code;
}

bool client_ask(struct client *c, const char *line, const char *key,
                struct answer *out, struct err *err)
{
    char *body = json_text(member_str("text", line));
    CURLcode code = until_answered(c, body, key);
    long http = 0;

    free(body);
    if (code != CURLE_OK)
        return explain(c, code, key, err);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &http);
    return answer_read(buf_text(&c->body), c->body.len, http, c->where->shown,
                       out, err);
}

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/harness/servers.h"

#define ANSWER_MS 30000 /* how long say() and press() wait */
#define COMING_MS 60000 /* what the sandbox is asked to wait for */

/* ---- HTTP --------------------------------------------------------------- */

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
    buf_add(arg, data, size * n);
    return size * n;
}

static struct curl_slist *headers_of(const struct http_ask *ask)
{
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/json");
    char *line;

    headers = curl_slist_append(headers, "Expect:");
    if (ask->token) {
        line = xasprintf("Authorization: Bearer %s", ask->token);
        headers = curl_slist_append(headers, line);
        free(line);
    }
    return headers;
}

long http_ask(struct harness *h, const struct http_ask *ask, char **answer)
{
    struct buf got = { 0 };
    struct curl_slist *headers = headers_of(ask);
    long status = 0;
    CURL *curl;

    if (!h->curl && !(h->curl = curl_easy_init()))
        harness_fail("curl does not start");
    curl = h->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, ask->url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     ask->limit_ms ? (long)ask->limit_ms : 600000L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    if (ask->body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    *answer = got.data ? buf_take(&got) : xstrdup("");
    return status;
}

long http_exchange(struct harness *h, const char *method, const char *url,
                   const char *body, char **answer)
{
    return http_ask(
        h, &(struct http_ask){ .method = method, .url = url, .body = body },
        answer);
}

void http_done(struct harness *h)
{
    if (h->curl)
        curl_easy_cleanup(h->curl);
    h->curl = NULL;
}

static json_t *control(struct harness *h, const char *method, const char *path,
                       json_t *body, bool strict)
{
    char *url = xasprintf("%s/control/%s", h->sandbox_url, path);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL, *answer;
    long status = http_exchange(h, method, url, text, &answer);
    json_error_t error;
    json_t *json = json_loads(answer, 0, &error);

    if (!json && strict)
        harness_fail("%s %s: HTTP %ld, not JSON: %.300s", method, url, status,
                     answer);
    if (strict && !json_is_true(json_object_get(json, "ok")))
        harness_fail("%s %s %s: %s", method, url, text ? text : "", answer);
    free(url);
    free(text);
    free(answer);
    json_decref(body);
    return json ? json : json_object();
}

char *sandbox_file(struct harness *h, const json_t *file)
{
    const char *url = json_string_value(json_object_get(file, "url_private"));
    char *text;

    if (!url || http_exchange(h, "GET", url, NULL, &text) != 200)
        harness_fail("the file %s is not there", url ? url : "without address");
    return text;
}

json_t *control_get(struct harness *h, const char *path)
{
    return control(h, "GET", path, NULL, true);
}

json_t *control_get_any(struct harness *h, const char *path)
{
    return control(h, "GET", path, NULL, false);
}

json_t *control_post(struct harness *h, const char *path, json_t *body)
{
    return control(h, "POST", path, body ? body : json_object(), true);
}

json_t *control_post_any(struct harness *h, const char *path, json_t *body)
{
    return control(h, "POST", path, body ? body : json_object(), false);
}

void control_delete(struct harness *h, const char *path)
{
    json_decref(control(h, "DELETE", path, NULL, true));
}

void control_wait(struct harness *h, const char *what, long long n)
{
    char *path = xasprintf("wait?for=%s&count=%lld&timeout=%d", what, n,
                           patient(COMING_MS));

    json_decref(control_get(h, path));
    free(path);
}

/* ---- people ------------------------------------------------------------- */

json_t *say(struct harness *h, const char *user, const char *channel,
            const char *text)
{
    return control_post(h, "command",
                        json_pack("{s:s, s:s, s:s, s:s, s:i}", "user", user,
                                  "channel", channel, "command", "/ops", "text",
                                  text, "wait", patient(ANSWER_MS)));
}

char *ask(struct harness *h, const char *user, const char *channel,
          const char *text)
{
    json_t *reply = say(h, user, channel, text);
    char *shown = reply_shown(reply);

    json_decref(reply);
    return shown;
}

size_t reply_messages(const json_t *reply)
{
    return json_array_size(json_object_get(reply, "messages"));
}

const json_t *reply_message(const json_t *reply, size_t i)
{
    return json_array_get(json_object_get(reply, "messages"), i);
}

char *reply_text(const json_t *reply)
{
    struct buf out = { 0 };

    buf_str(&out, "");
    for (size_t i = 0; i < reply_messages(reply); i++) {
        const json_t *message = reply_message(reply, i);

        if (i)
            buf_char(&out, '\n');
        buf_str(&out, json_string_value(json_object_get(message, "text")));
    }
    return out.data ? buf_take(&out) : xstrdup("");
}

/* Depth first: the first button of that label in any part of a message. */
static const json_t *find_button(const json_t *part, const char *label)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text"), *child, *found;
    const char *shown = json_string_value(json_object_get(text, "text"));
    const char *key;
    size_t i;

    if (type && !strcmp(type, "button") && shown && !strcmp(shown, label))
        return part;
    if (json_is_array(part)) {
        json_array_foreach(
            part, i,
            child) if ((found = find_button(child, label))) return found;
    } else if (json_is_object(part)) {
        json_object_foreach(
            (json_t *)part, key,
            child) if ((found = find_button(child, label))) return found;
    }
    return NULL;
}

const json_t *reply_button(const json_t *reply, const char *label)
{
    return find_button(json_object_get(reply, "messages"), label);
}

json_t *press(struct harness *h, const char *user, const char *channel,
              const json_t *reply, const char *label)
{
    const json_t *button = NULL, *message = NULL;
    char *shown;

    for (size_t i = 0; !button && i < reply_messages(reply); i++) {
        message = reply_message(reply, i);
        button = find_button(message, label);
    }
    if (!button) {
        shown = reply_shown(reply);
        harness_fail("no button \"%s\" in:\n%s", label, shown);
    }
    return control_post(h, "click",
                        json_pack("{s:s, s:s, s:O, s:O, s:O*, s:i}", "user",
                                  user, "channel", channel, "ts",
                                  json_object_get(message, "ts"), "action_id",
                                  json_object_get(button, "action_id"), "value",
                                  json_object_get(button, "value"), "wait",
                                  patient(ANSWER_MS)));
}

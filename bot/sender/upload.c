/* upload: see upload.h. */
#include "bot/sender/upload.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_body.h"
#include "core/base/mem.h"
#include "core/net/web.h"

/* Slack's answer holds the address and the id. */
struct place {
    char *url, *id;
};

static void place_dispose(struct place *p)
{
    free(p->url);
    free(p->id);
}

static char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));

    return xstrdup(text ? text : "");
}

/* Takes args. Heap answer; NULL. */
static json_t *call(struct sender *s, const char *method, json_t *args,
                    struct err *err)
{
    char *body = json_dumps(args, JSON_COMPACT), *text = NULL;
    json_t *answer = NULL;

    if (sender_call(s, method, body, UPLOAD_MS, &text, err))
        answer = json_loads(text, 0, NULL);
    json_decref(args);
    free(body);
    free(text);
    return answer;
}

static bool ask(struct sender *s, const struct upload *u, struct place *out,
                struct err *err)
{
    json_t *answer = call(s, "files.getUploadURLExternal",
                          json_pack("{ss sI ss}", "filename", u->name, "length",
                                    (json_int_t)u->len, "alt_txt", u->alt),
                          err);

    if (!answer)
        return false;
    out->url = text_of(answer, "upload_url");
    out->id = text_of(answer, "file_id");
    json_decref(answer);
    return true;
}

static size_t nobody(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

/* To Slack's host for files, or where its API is. */
static bool allowed(const char *url, const char *api_url)
{
    static const char files[] = "https://files.slack.com/";

    return strncmp(url, files, sizeof files - 1) == 0 ||
           body_url_allowed(url, api_url);
}

/* Not worth the wait of a program that ends. */
static int go_on(void *arg, curl_off_t total, curl_off_t now,
                 curl_off_t up_total, curl_off_t up_now)
{
    const struct upload *u = arg;

    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    return u->stop && atomic_load(u->stop);
}

static bool perform(CURL *easy, const char *why, struct err *err)
{
    CURLcode code = curl_easy_perform(easy);
    long status = 0;
    char *text;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status == 200)
        return true;
    if (code == CURLE_OK)
        return err_set(err, ERR_SLACK, "the upload was refused: HTTP %ld",
                       status);
    text = web_explain(easy, code, why, UPLOAD_MS);
    err_set(err, ERR_SLACK, "the upload failed: %s", text);
    free(text);
    return false;
}

static bool send_bytes(const struct upload *u, const char *url, struct err *err)
{
    char why[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/octet-stream");
    CURL *easy = web_new(&(struct web_files){ 0 }, why);
    bool ok;

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, u->bytes);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)u->len);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long)(UPLOAD_MS + u->len / UPLOAD_PACE));
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)(uintptr_t)u);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, nobody);
    ok = perform(easy, why, err);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return ok;
}

/* Takes link. */
static void give(char **to, char *link)
{
    if (to)
        *to = link;
    else
        free(link);
}

static bool share(struct sender *s, const struct upload *u, const char *id,
                  char **link, struct err *err)
{
    json_t *args = json_pack("{s[{ss ss}] ss}", "files", "id", id, "title",
                             u->title, "channel_id", u->channel);
    json_t *answer;

    if (u->thread_ts)
        json_object_set_new(args, "thread_ts", json_string(u->thread_ts));
    answer = call(s, "files.completeUploadExternal", args, err);
    if (answer)
        give(link, text_of(json_array_get(json_object_get(answer, "files"), 0),
                           "permalink"));
    json_decref(answer);
    return answer != NULL;
}

/* ---- is it there? ------------------------------------------------------------ */

/* The file of this name among messages; borrowed, or NULL. Whoever else put it
 * there: names say of what it is. */
static const json_t *file_in(const json_t *messages, const char *name)
{
    const json_t *message, *file;
    size_t i, k;

    json_array_foreach(messages, i, message)
    {
        json_array_foreach(json_object_get(message, "files"), k, file)
        {
            const char *its = json_string_value(json_object_get(file, "name"));

            if (its && strcmp(its, name) == 0)
                return file;
        }
    }
    return NULL;
}

/* One page from cursor on; *next heap, "": there are no more. */
static bool look_page(struct sender *s, const struct upload *u, char **next,
                      bool *there, char **link, struct err *err)
{
    json_t *answer =
        call(s, "conversations.replies",
             json_pack("{ss ss si ss}", "channel", u->channel, "ts",
                       u->thread_ts, "limit", 200, "cursor", *next),
             err);
    const json_t *file = file_in(json_object_get(answer, "messages"), u->name);

    if (!answer)
        return false;
    *there = file != NULL;
    if (file)
        give(link, text_of(file, "permalink"));
    free(*next);
    *next =
        text_of(json_object_get(answer, "response_metadata"), "next_cursor");
    json_decref(answer);
    return true;
}

bool upload_look(struct sender *s, const struct upload *u, bool *there,
                 char **link, struct err *err)
{
    char *next = xstrdup("");
    bool ok;

    *there = false;
    do
        ok = look_page(s, u, &next, there, link, err);
    while (ok && !*there && *next);
    free(next);
    return ok;
}

/* ---- all of it --------------------------------------------------------------- */

/* What will be refused again and again. */
static bool for_good(const char *text)
{
    static const char *const words[] = {
        "missing_scope",         "not_in_channel",
        "channel_not_found",     "is_archived",
        "file_uploads_disabled", "not_allowed_token_type",
        "invalid_thread_ts",     "thread_not_found",
        "unknown_method",        "posting_to_channel_denied",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

static bool goes_on(const struct upload *u, struct err *err)
{
    return !u->stop || !atomic_load(u->stop) ||
           err_set(err, ERR_BUSY, "the program ends");
}

static bool bring(struct sender *s, const struct config *cfg,
                  const struct upload *u, char **link, struct err *err)
{
    struct place place = { 0 };
    bool ok = ask(s, u, &place, err);

    if (ok && !allowed(place.url, cfg->slack.api_url))
        ok = err_set(err, ERR_SLACK,
                     "Slack gave an address for a file that "
                     "is not its own");
    ok = ok && goes_on(u, err) && send_bytes(u, place.url, err) &&
         goes_on(u, err) && share(s, u, place.id, link, err);
    place_dispose(&place);
    return ok;
}

bool upload_file(struct sender *s, const struct config *cfg,
                 const struct upload *u, char **link, bool *again,
                 struct err *err)
{
    bool there = false;
    bool ok = (!u->look || upload_look(s, u, &there, link, err)) &&
              (there || (goes_on(u, err) && bring(s, cfg, u, link, err)));

    *again = !ok && !for_good(err->text);
    return ok;
}

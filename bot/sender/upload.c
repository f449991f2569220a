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
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)UPLOAD_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, nobody);
    ok = perform(easy, why, err);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return ok;
}

static bool share(struct sender *s, const struct upload *u, const char *id,
                  struct err *err)
{
    json_t *args = json_pack("{s[{ss ss}] ss}", "files", "id", id, "title",
                             u->title, "channel_id", u->channel);
    json_t *answer;

    if (u->thread_ts)
        json_object_set_new(args, "thread_ts", json_string(u->thread_ts));
    answer = call(s, "files.completeUploadExternal", args, err);
    json_decref(answer);
    return answer != NULL;
}

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

bool upload_file(struct sender *s, const struct config *cfg,
                 const struct upload *u, bool *again, struct err *err)
{
    struct place place = { 0 };
    bool ok = ask(s, u, &place, err);

    if (ok && !allowed(place.url, cfg->slack.api_url))
        ok = err_set(err, ERR_SLACK,
                     "Slack gave an address for a file that "
                     "is not its own");
    ok = ok && goes_on(u, err) && send_bytes(u, place.url, err) &&
         goes_on(u, err) && share(s, u, place.id, err);
    *again = !ok && !for_good(err->text);
    place_dispose(&place);
    return ok;
}

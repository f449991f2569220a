/*
 * api_files: files.getUploadURLExternal and files.completeUploadExternal.
 *
 * Errors and shapes are those of the protocol (§5.3). One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/file.h"
#include "tests/sandbox/world/talk.h"

json_t *api_files_upload_url(struct call *c)
{
    json_t *refused = call_needs(c, "filename", "length", NULL), *answer;
    const char *alt = args_text(c->args, "alt_txt");
    const struct file *f;
    int64_t length;
    char *url;

    if (refused)
        return refused;
    if (!args_int(c->args, "length", 0, &length) || length < 1)
        return call_error("missing_argument");
    if (alt && blockkit_characters(alt) > FILE_ALT_MAX)
        return call_error("alt_txt_too_large");
    f = file_new(c->w, args_text(c->args, "filename"), alt, (size_t)length);
    url = file_upload_url(c->w, f);
    answer = call_ok();
    json_object_set_new(answer, "upload_url", json_string(url));
    json_object_set_new(answer, "file_id", json_string(f->id));
    free(url);
    return answer;
}

/* NULL: there is one that was not uploaded, or was never asked for. */
static json_t *files_of(struct call *c, const json_t *list)
{
    json_t *all = json_array(), *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const char *id = json_string_value(json_object_get(one, "id"));
        struct file *f = id ? file_find(c->w, id) : NULL;

        if (!f || !f->bytes) {
            json_decref(all);
            return NULL;
        }
        json_array_append_new(
            all, file_json(c->w, f,
                           json_string_value(json_object_get(one, "title"))));
    }
    return all;
}

static void mark_shared(struct call *c, const json_t *files)
{
    json_t *one;
    size_t i;

    json_array_foreach(files, i, one)
    {
        const char *id = json_string_value(json_object_get(one, "id"));
        struct file *f = file_find(c->w, id);

        f->shared = true;
    }
}

/* NULL and *out, *thread (0: none), or the answer. */
static json_t *check_where(struct call *c, struct channel **out,
                           int64_t *thread)
{
    const char *id = args_text(c->args, "channel_id");
    const char *ts = args_text(c->args, "thread_ts");

    *out = id ? channel_find(&c->w->team, id) : NULL;
    *thread = 0;
    if (!*out || !channel_visible(*out))
        return call_error("channel_not_found");
    if (!channel_has(*out, BOT_USER))
        return call_error("not_in_channel");
    if (ts && (!ts_parse(ts, thread) || !message_at(*out, *thread)))
        return call_error("invalid_thread_ts");
    return NULL;
}

static void share(struct call *c, struct channel *ch, int64_t thread,
                  json_t *files)
{
    struct origin origin = { .via = "api",
                             .user = BOT_USER,
                             .thread_ts = thread };
    const char *comment = args_text(c->args, "initial_comment");
    const struct message *m = message_post(
        c->w, ch, &origin,
        json_pack("{ss sO}", "text", comment ? comment : "", "files", files));

    mark_shared(c, files);
    talk_tell(c->w, ch, m);
}

json_t *api_files_complete(struct call *c)
{
    const json_t *list = args_value(c->args, "files");
    struct channel *ch = NULL;
    json_t *refused, *files, *answer;
    int64_t thread = 0;

    if (!json_array_size(list))
        return call_invalid("missing required field: files");
    refused =
        args_text(c->args, "channel_id") ? check_where(c, &ch, &thread) : NULL;
    if (refused)
        return refused;
    files = files_of(c, list);
    if (!files)
        return call_error("file_not_found");
    if (ch)
        share(c, ch, thread, files);
    answer = call_ok();
    json_object_set_new(answer, "files", files);
    return answer;
}

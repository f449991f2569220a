/* post: what may be said in a message; see post.h. */
#include "tests/sandbox/world/post.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/world.h"

void refusal_dispose(struct refusal *why)
{
    json_decref(why->problems);
    *why = (struct refusal){ 0 };
}

char *refusal_text(const struct refusal *why)
{
    struct buf b = { 0 };
    json_t *texts = blockkit_texts(why->problems, "");
    const char *first = json_string_value(json_array_get(texts, 0));

    buf_str(&b, why->error);
    if (first)
        buf_fmt(&b, ": %s", first);
    json_decref(texts);
    return buf_take(&b);
}

static bool refuse(struct refusal *why, const char *error)
{
    why->error = error;
    return false;
}

static bool list_given(const json_t *args, const char *key)
{
    return json_array_size(args_value(args, key)) > 0;
}

bool post_says(const json_t *args)
{
    return args_text(args, "text") || args_text(args, "markdown_text") ||
           list_given(args, "blocks") || list_given(args, "attachments");
}

static bool check_blocks(const json_t *blocks, struct refusal *why)
{
    if (!blocks)
        return true;
    if (!json_is_array(blocks))
        return refuse(why, "invalid_blocks_format");
    why->problems = blockkit_check(blocks, SURFACE_MESSAGE, "/blocks");
    if (why->problems)
        return refuse(why, "invalid_blocks");
    if (blockkit_length(blocks) > BLOCKS_TEXT_MAX)
        return refuse(why, "msg_blocks_too_long");
    return true;
}

static bool check_attachments(const json_t *attachments, struct refusal *why)
{
    if (!attachments)
        return true;
    if (!json_is_array(attachments))
        return refuse(why, "invalid_attachments");
    if (json_array_size(attachments) > ATTACHMENTS_MAX)
        return refuse(why, "too_many_attachments");
    why->problems = blockkit_check_attachments(attachments);
    return why->problems ? refuse(why, "invalid_blocks") : true;
}

static bool check_metadata(const json_t *metadata, struct refusal *why)
{
    char *text;
    size_t len;

    if (!metadata || (json_is_object(metadata) && !json_object_size(metadata)))
        return true;
    if (!json_is_object(metadata))
        return refuse(why, "invalid_metadata_format");
    if (!json_is_string(json_object_get(metadata, "event_type")) ||
        !json_is_object(json_object_get(metadata, "event_payload")))
        return refuse(why, "invalid_metadata_schema");
    text = json_dumps(metadata, JSON_COMPACT);
    len = strlen(text);
    free(text);
    return len <= METADATA_MAX ? true : refuse(why, "metadata_too_large");
}

static bool check_markdown(const json_t *args, struct refusal *why)
{
    const char *markdown = args_text(args, "markdown_text");

    if (!markdown)
        return true;
    if (args_text(args, "text") || list_given(args, "blocks"))
        return refuse(why, "markdown_text_conflict");
    if (blockkit_characters(markdown) > MARKDOWN_MAX)
        return refuse(why, "msg_too_long");
    return true;
}

/* The first TEXT_MAX characters. */
static json_t *cut_text(const char *text)
{
    size_t count = 0;
    const char *p = text;

    for (; *p; p++)
        if (((unsigned char)*p & 0xC0) != 0x80 && ++count > TEXT_MAX)
            break;
    return json_stringn(text, (size_t)(p - text));
}

static void copy_part(json_t *content, const json_t *args, const char *key)
{
    json_t *value = args_value(args, key);

    if (value)
        json_object_set(content, key, value);
}

static json_t *build(const json_t *args)
{
    json_t *content = json_object();
    const char *text = json_string_value(json_object_get(args, "text"));
    const char *markdown = args_text(args, "markdown_text");

    if (text)
        json_object_set_new(content, "text", cut_text(text));
    copy_part(content, args, "blocks");
    copy_part(content, args, "attachments");
    copy_part(content, args, "metadata");
    if (markdown) {
        json_object_set_new(content, "text", json_string(markdown));
        json_object_set_new(
            content, "blocks",
            json_pack("[{s:s, s:s}]", "type", "markdown", "text", markdown));
    }
    return content;
}

json_t *post_content(struct world *w, const json_t *args, const char *route,
                     struct refusal *why)
{
    const json_t *text = json_object_get(args, "text");

    *why = (struct refusal){ .problems_are = "invalid_blocks" };
    if (text && !json_is_string(text) && !json_is_null(text) &&
        !json_is_number(text)) {
        refuse(why, "invalid_arguments");
        return NULL;
    }
    if (!check_markdown(args, why) ||
        !check_blocks(args_value(args, "blocks"), why) ||
        !check_attachments(args_value(args, "attachments"), why) ||
        !check_metadata(args_value(args, "metadata"), why))
        return NULL;
    if (!post_says(args)) {
        refuse(why, "no_text");
        return NULL;
    }
    if (list_given(args, "blocks") && !args_text(args, "text") && w)
        world_note(w, "warning: blocks without text", route);
    return build(args);
}

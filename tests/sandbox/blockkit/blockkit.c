/* blockkit: whole messages and views; see blockkit.h. */
#include "tests/sandbox/blockkit/blockkit.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/blockkit/schema.h"

size_t blockkit_characters(const char *utf8)
{
    size_t count = 0;

    for (; *utf8; utf8++)
        count += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return count;
}

/* ---- problems ----------------------------------------------------------- */

void blockkit_problem(json_t **problems, const char *pointer,
                      const char *message)
{
    if (!*problems)
        *problems = json_array();
    json_array_append_new(*problems, json_pack("{s:s, s:s, s:s}", "code",
                                               "failed_constraint", "message",
                                               message, "pointer", pointer));
}

json_t *blockkit_texts(const json_t *problems, const char *prefix)
{
    json_t *texts = json_array();
    size_t i;
    json_t *one;

    json_array_foreach(problems, i, one)
    {
        char *text =
            xasprintf("%s%s [json-pointer:%s]", prefix,
                      json_string_value(json_object_get(one, "message")),
                      json_string_value(json_object_get(one, "pointer")));

        json_array_append_new(texts, json_string(text));
        free(text);
    }
    return texts;
}

/* ---- whole things ------------------------------------------------------- */

static struct check check_start(enum surface surface, const char *root)
{
    struct check c = { .surface = surface,
                       .block_ids = json_object(),
                       .action_ids = json_object() };

    buf_str(&c.at, root);
    return c;
}

static json_t *check_end(struct check *c)
{
    buf_dispose(&c->at);
    json_decref(c->block_ids);
    json_decref(c->action_ids);
    return c->problems;
}

json_t *blockkit_check(const json_t *blocks, enum surface surface,
                       const char *root)
{
    struct check c = check_start(surface, root);

    check_blocks(&c, blocks,
                 surface == SURFACE_MESSAGE ? BLOCKS_IN_MESSAGE
                                            : BLOCKS_IN_VIEW);
    return check_end(&c);
}

json_t *blockkit_check_attachments(const json_t *attachments)
{
    struct check c = check_start(SURFACE_MESSAGE, "/attachments");
    size_t i;
    json_t *one;

    json_array_foreach(attachments, i, one)
    {
        const json_t *blocks = json_object_get(one, "blocks");
        size_t before = check_enter_item(&c, i);

        if (!json_is_object(one))
            check_wrong(&c, "must be an object");
        if (blocks) {
            check_enter(&c, "blocks");
            check_blocks(&c, blocks, BLOCKS_IN_MESSAGE);
        }
        buf_cut(&c.at, before);
    }
    return check_end(&c);
}

json_t *blockkit_check_view(const json_t *view)
{
    const char *said = json_string_value(json_object_get(view, "type"));
    const char *type = said ? said : "";
    bool is_home = strcmp(type, "home") == 0;
    struct check c =
        check_start(is_home ? SURFACE_HOME : SURFACE_MODAL, "/view");

    if (check_typed(&c, view)) {
        if (!is_home && strcmp(type, "modal") != 0)
            check_wrong_in(&c, "type", "must be a valid enum value");
        else
            check_object(&c, view, is_home ? &schema_home : &schema_modal);
    }
    return check_end(&c);
}

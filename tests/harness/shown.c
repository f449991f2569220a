#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/harness/harness.h"

static bool is(const json_t *part, const char *type)
{
    const char *has = json_string_value(json_object_get(part, "type"));

    return has && !strcmp(has, type);
}

/* "text" of a part: a string, or a text object with one. */
static const char *text_of(const json_t *part, const char *key)
{
    const json_t *text = json_object_get(part, key);
    const char *s = json_string_value(text);

    if (!s)
        s = json_string_value(json_object_get(text, "text"));
    return s ? s : "";
}

static void add_line(struct buf *out, const char *line)
{
    if (!*line)
        return;
    if (out->len && out->data[out->len - 1] != '\n')
        buf_char(out, '\n');
    buf_str(out, line);
}

static void add_word(struct buf *out, const char *before, const char *word,
                     const char *after)
{
    if (out->len && out->data[out->len - 1] != '\n')
        buf_char(out, ' ');
    buf_fmt(out, "%s%s%s", before, word, after);
}

/* A button, a menu, an image, a text: what stands inside a block. */
static void show_element(struct buf *out, const json_t *element)
{
    if (is(element, "button"))
        add_word(out, "[", text_of(element, "text"), "]");
    else if (is(element, "overflow"))
        add_word(out, "[", "…", "]");
    else if (is(element, "image"))
        add_word(out, "(", text_of(element, "alt_text"), ")");
    else if (*text_of(element, "placeholder"))
        add_word(out, "[", text_of(element, "placeholder"), " ▾]");
    else
        add_word(out, "", text_of(element, "text"), "");
}

/* Rich text: the texts of all leaves, one after the other. */
static void show_rich(struct buf *out, const json_t *part)
{
    const json_t *child;
    size_t i;

    buf_str(out, text_of(part, "text"));
    json_array_foreach(json_object_get(part, "elements"), i, child)
        show_rich(out, child);
}

static void show_block(struct buf *out, const json_t *block)
{
    const json_t *child;
    size_t i;

    if (out->len)
        buf_char(out, '\n');
    if (is(block, "divider")) {
        buf_str(out, "────");
        return;
    }
    if (is(block, "rich_text")) {
        show_rich(out, block);
        return;
    }
    buf_str(out, text_of(block, "text"));
    json_array_foreach(json_object_get(block, "fields"), i, child)
        add_line(out, text_of(child, "text"));
    if (json_object_get(block, "accessory"))
        show_element(out, json_object_get(block, "accessory"));
    json_array_foreach(json_object_get(block, "elements"), i, child)
        show_element(out, child);
    if (is(block, "image"))
        add_line(out, text_of(block, "alt_text"));
    if (is(block, "input"))
        add_line(out, text_of(block, "label"));
}

/* Wide spaces as the two that the bot meant by them. */
static char *with_spaces(struct buf *shown)
{
    char *text = shown->data ? buf_take(shown) : xstrdup("");
    char *to = text;

    for (const char *from = text; *from; to++) {
        bool wide = strncmp(from, "\u2002", 3) == 0;

        *to = wide ? ' ' : *from;
        from += wide ? 3 : 1;
    }
    *to = '\0';
    return text;
}

char *reply_shown(const json_t *reply)
{
    struct buf all = { 0 };
    const json_t *message, *block;
    size_t i, j;

    json_array_foreach(json_object_get(reply, "messages"), i, message)
    {
        struct buf one = { 0 };

        json_array_foreach(json_object_get(message, "blocks"), j, block)
            show_block(&one, block);
        add_line(&all, one.len ? one.data : text_of(message, "text"));
        buf_dispose(&one);
    }
    return with_spaces(&all);
}

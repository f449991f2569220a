/* message: see message.h. */
#include "tests/demo/message.h"

#include <string.h>
#include <strings.h>

#include "tests/demo/paper.h"

static bool is(const json_t *part, const char *type)
{
    const char *has = json_string_value(json_object_get(part, "type"));

    return has && strcmp(has, type) == 0;
}

/* The text of a text object, or of the one that part has under key. */
static const char *text_of(const json_t *part, const char *key)
{
    const json_t *text = key ? json_object_get(part, key) : part;
    const char *s = json_string_value(json_object_get(text, "text"));

    return s ? s : "";
}

static void line_end(struct buf *out)
{
    if (out->len && out->data[out->len - 1] != '\n')
        buf_char(out, '\n');
}

static void menu(struct buf *out, const json_t *element)
{
    const json_t *option;
    size_t i;

    buf_fmt(out, "%s[⋯ ", ink(INK_KEY));
    json_array_foreach(json_object_get(element, "options"), i, option)
    {
        buf_fmt(out, "%s%s", i ? " | " : "", text_of(option, "text"));
    }
    buf_fmt(out, "]%s", ink(INK_END));
}

static void button(struct buf *out, const json_t *element)
{
    if (is(element, "button"))
        buf_fmt(out, "%s[%s]%s", ink(INK_KEY), text_of(element, "text"),
                ink(INK_END));
    else if (is(element, "overflow"))
        menu(out, element);
}

/* ---- blocks -------------------------------------------------------------- */

/* A field is a label, and under it the value: here they stand side by side. */
static void fields(struct buf *out, const json_t *array)
{
    struct buf label = { 0 };
    const json_t *field;
    size_t i, widest = 0;

    for (int pass = 0; pass < 2; pass++)
        json_array_foreach(array, i, field)
        {
            const char *text = text_of(field, NULL);
            size_t len = strcspn(text, "\n"), width;

            buf_cut(&label, 0);
            buf_add(&label, text, len);
            text += len + (text[len] == '\n');
            len = out->len;
            markup_text(out, buf_text(&label));
            width = paper_width(buf_text(out) + (out->data ? len : 0));
            if (pass == 0) {
                buf_cut(out, len);
                widest = width > widest ? width : widest;
                continue;
            }
            buf_fmt(out, "%*s", (int)(widest - width + 2), "");
            markup_text(out, text);
            line_end(out);
        }
    buf_dispose(&label);
}

static void section(struct buf *out, const json_t *block)
{
    const json_t *accessory = json_object_get(block, "accessory");

    markup_text(out, text_of(block, "text"));
    if (accessory && out->len && out->data[out->len - 1] != '\n')
        buf_str(out, "  ");
    button(out, accessory);
    line_end(out);
    fields(out, json_object_get(block, "fields"));
}

static void actions(struct buf *out, const json_t *block)
{
    const json_t *element;
    size_t i;

    json_array_foreach(json_object_get(block, "elements"), i, element)
    {
        buf_str(out, i ? "  " : "");
        button(out, element);
    }
    line_end(out);
}

static void context(struct buf *out, const json_t *block)
{
    const json_t *element;
    size_t i;

    json_array_foreach(json_object_get(block, "elements"), i, element)
    {
        buf_str(out, ink(INK_DIM));
        markup_text(out, text_of(element, NULL));
        buf_str(out, ink(INK_END));
        line_end(out);
    }
}

/* The same as a person who cannot see it is told. */
static void image(struct buf *out, const json_t *block)
{
    const char *alt = json_string_value(json_object_get(block, "alt_text"));

    buf_fmt(out, "%s(picture: %s)%s\n", ink(INK_DIM), alt ? alt : "",
            ink(INK_END));
}

static void blocks_lines(struct buf *out, const json_t *blocks)
{
    const json_t *block;
    size_t i;

    json_array_foreach(blocks, i, block)
    {
        if (is(block, "header"))
            buf_fmt(out, "%s%s%s\n", ink(INK_BOLD), text_of(block, "text"),
                    ink(INK_END));
        else if (is(block, "section"))
            section(out, block);
        else if (is(block, "actions"))
            actions(out, block);
        else if (is(block, "context"))
            context(out, block);
        else if (is(block, "divider"))
            buf_str(out, "────\n");
        else if (is(block, "image"))
            image(out, block);
    }
}

static void files(struct buf *out, const json_t *message)
{
    const json_t *file;
    size_t i;

    json_array_foreach(json_object_get(message, "files"), i, file)
    {
        const char *title = json_string_value(json_object_get(file, "title"));

        line_end(out);
        buf_fmt(out, "%s(file: %s)%s\n", ink(INK_DIM), title ? title : "",
                ink(INK_END));
    }
}

void message_lines(struct buf *out, const json_t *message)
{
    const json_t *blocks = json_object_get(message, "blocks"), *attachment;
    size_t i;

    blocks_lines(out, blocks);
    if (json_array_size(blocks) == 0)
        markup_text(out, text_of(message, NULL));
    json_array_foreach(json_object_get(message, "attachments"), i, attachment)
    {
        line_end(out);
        blocks_lines(out, json_object_get(attachment, "blocks"));
    }
    files(out, message);
    line_end(out);
}

/* ---- buttons ------------------------------------------------------------- */

struct search {
    const char *label;
    int nth;
    const json_t *element; /* the button or menu looked at */
};

static const json_t *find(struct search *s, const json_t *part);

/* part is what is pressed itself. */
static bool found_here(struct search *s, const json_t *part)
{
    if (is(part, "button") || is(part, "overflow"))
        s->element = part;
    return s->element && !is(part, "overflow") &&
           (is(part, "button") || json_object_get(part, "value")) &&
           strcasecmp(text_of(part, "text"), s->label) == 0 && --s->nth == 0;
}

static const json_t *find_below(struct search *s, const json_t *part)
{
    const json_t *child, *found = NULL;
    const char *key;
    size_t i;

    if (json_is_array(part)) {
        json_array_foreach(part, i, child)
        {
            if ((found = find(s, child)))
                break;
        }
        return found;
    }
    json_object_foreach((json_t *)part, key, child)
    {
        if ((found = find(s, child)))
            break;
    }
    return found;
}

static const json_t *find(struct search *s, const json_t *part)
{
    if (!json_is_array(part) && !json_is_object(part))
        return NULL;
    return found_here(s, part) ? part : find_below(s, part);
}

const json_t *message_button(const json_t *message, const char *label, int nth,
                             const json_t **element)
{
    struct search s = { .label = label, .nth = nth };
    const json_t *found = find(&s, json_object_get(message, "blocks"));

    if (!found)
        found = find(&s, json_object_get(message, "attachments"));
    *element = s.element;
    return found;
}

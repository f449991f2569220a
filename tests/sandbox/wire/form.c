/*
 * form: see form.h.
 */
#include "tests/sandbox/wire/form.h"

#include <stdlib.h>
#include <string.h>

static bool stands(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

void form_escape(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (stands(*text))
            buf_char(out, *text);
        else if (*text == ' ')
            buf_char(out, '+');
        else
            buf_fmt(out, "%%%02X", (unsigned char)*text);
    }
}

void form_field(struct buf *out, const char *name, const char *value)
{
    if (out->len)
        buf_char(out, '&');
    form_escape(out, name);
    buf_char(out, '=');
    form_escape(out, value);
}

void form_object(struct buf *out, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        char *text;

        if (json_is_string(value)) {
            form_field(out, name, json_string_value(value));
        } else if (!json_is_null(value)) {
            text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
            form_field(out, name, text);
            free(text);
        }
    }
}

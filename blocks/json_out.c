/* json_out: see json_out.h. */
#include "blocks/json_out.h"

#include <string.h>

/* ,"key": with its comma or, where none belongs, without. */
void json_out_piece(struct json_out *out, const char *piece, size_t len)
{
    size_t skip = out->comma ? 0 : 1;

    buf_add(out->buf, piece + skip, len - skip);
    out->comma = false;
}

void json_out_raw(struct json_out *out, const char *json, size_t len)
{
    if (out->comma)
        buf_char(out->buf, ',');
    buf_add(out->buf, json, len);
    out->comma = true;
}

void json_out_open(struct json_out *out, char bracket)
{
    json_out_raw(out, &bracket, 1);
    out->comma = false;
}

void json_out_close(struct json_out *out, char bracket)
{
    buf_char(out->buf, bracket);
    out->comma = true;
}

void json_out_bool(struct json_out *out, bool yes)
{
    json_out_raw(out, yes ? "true" : "false", yes ? 4 : 5);
}

/* What JSON wants escaped, and nothing else: 0x7f and beyond ASCII stay. */
static void escape(struct buf *buf, char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *n = names; *n; n += 2)
        if (*n == c) {
            buf_add(buf, (const char[]){ '\\', n[1] }, 2);
            return;
        }
    buf_fmt(buf, "\\u%04X", (unsigned)(unsigned char)c);
}

static bool as_it_stands(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

void json_out_text(struct json_out *out, const char *text, size_t len)
{
    size_t from = 0;

    json_out_raw(out, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        if (as_it_stands(text[i]))
            continue;
        buf_add(out->buf, text + from, i - from);
        escape(out->buf, text[i]);
        from = i + 1;
    }
    buf_add(out->buf, text + from, len - from);
    buf_char(out->buf, '"');
}

void json_out_word(struct json_out *out, const char *word)
{
    json_out_text(out, word, strlen(word));
}

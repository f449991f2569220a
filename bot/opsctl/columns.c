/* columns: see columns.h. */
#include "bot/opsctl/columns.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "core/base/text.h"

void columns_ready(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

/* The character at s, len bytes that are valid. */
static wchar_t character(const char *s, size_t len)
{
    unsigned c = (unsigned char)*s;

    if (len > 1)
        c &= 0x7fu >> len;
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3fu);
    return (wchar_t)c;
}

/* Bytes of the next character, its columns in *columns. */
static size_t step(const char *s, size_t *columns)
{
    size_t len = text_char(s, strnlen(s, 4));
    int wide;

    if (len == 0) {
        *columns = 1;
        return 1;
    }
    wide = wcwidth(character(s, len));
    *columns = wide < 0 ? 1 : (size_t)wide;
    return len;
}

size_t columns_width(const char *text)
{
    size_t width = 0, columns;

    while (*text) {
        text += step(text, &columns);
        width += columns;
    }
    return width;
}

void columns_cut(struct buf *out, const char *text, size_t width)
{
    size_t at = 0, used = 0, columns, len;

    if (columns_width(text) <= width) {
        buf_str(out, text);
        return;
    }
    while (text[at]) {
        len = step(text + at, &columns);
        if (used + columns + 1 > width)
            break;
        at += len;
        used += columns;
    }
    buf_add(out, text, at);
    if (width)
        buf_str(out, "…");
}

void columns_fill(struct buf *out, const char *text, size_t width, bool right)
{
    size_t used;
    struct buf cut = { 0 };

    columns_cut(&cut, text, width);
    used = columns_width(buf_text(&cut));
    if (right)
        buf_fmt(out, "%*s%s", (int)(width - used), "", buf_text(&cut));
    else
        buf_fmt(out, "%s%*s", buf_text(&cut), (int)(width - used), "");
    buf_dispose(&cut);
}

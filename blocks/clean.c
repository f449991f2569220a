/*
 * clean: what a text goes through before it is part of a card, and how clean
 * text is measured.
 *
 * Slack does not say what a character is, so that everything is counted in
 * UTF-16: that is never less than the number of code points.
 */
#include "blocks/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

bool clean_already(const char *text, enum clean how, size_t *len)
{
    const char *p = text;

    while ((*p >= 0x20 && *p < 0x7f) || (*p == '\n' && how == CLEAN_BLOCK))
        p++;
    *len = (size_t)(p - text);
    return !*p;
}

void clean_text(struct buf *out, const char *text, enum clean how)
{
    size_t len;
    char *plain;

    if (clean_already(text, how, &len)) {
        buf_add(out, text, len);
        return;
    }
    plain = text_plain(text);
    if (how == CLEAN_LINE)
        for (char *p = plain; *p; p++)
            if (*p == '\n')
                *p = ' ';
    buf_str(out, plain);
    free(plain);
}

size_t clean_step(const char *text, size_t *units)
{
    unsigned char c = (unsigned char)*text;

    *units = c >= 0xf0 ? 2 : 1;
    if (c < 0x80)
        return c ? 1 : 0;
    return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
}

size_t clean_units(const char *text)
{
    size_t units = 0;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x80 || c >= 0xc0)
            units += c >= 0xf0 ? 2 : 1;
    }
    return units;
}

/*
 * text: UTF-8 checked, repaired, cut and made plain; the nearest word.
 * Pure, any thread. Secrets are in text_mask.c.
 */
#include "core/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define BAD_BYTE "\xef\xbf\xbd" /* U+FFFD */
#define CUT_MARK "\xe2\x80\xa6" /* … */

/* Bytes that a lead byte announces, and the bounds of the byte after it:
 * those exclude overlong forms, surrogates and what lies past U+10FFFF. */
static size_t announced(unsigned char lead, unsigned char *low,
                        unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    if (lead == 0xe0)
        *low = 0xa0;
    if (lead == 0xed)
        *high = 0x9f;
    if (lead == 0xf0)
        *low = 0x90;
    if (lead == 0xf4)
        *high = 0x8f;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

size_t text_char(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    unsigned char low, high;
    size_t n;

    if (len == 0)
        return 0;
    n = announced(u[0], &low, &high);
    if (n > len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (u[i] < low || u[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return n;
}

/* As text_char(), but a bad byte is a character of its own. */
static size_t step(const char *s, size_t len)
{
    size_t n = text_char(s, len);

    return n ? n : 1;
}

bool text_valid(const char *s, size_t len)
{
    while (len > 0) {
        size_t n = text_char(s, len);

        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

size_t text_length(const char *s)
{
    size_t left = s ? strlen(s) : 0, count = 0;

    while (left > 0) {
        size_t n = step(s, left);

        s += n;
        left -= n;
        count++;
    }
    return count;
}

uint32_t text_hash(const char *s)
{
    uint32_t n = 2166136261u;

    for (; *s; s++)
        n = (n ^ (unsigned char)*s) * 16777619u;
    return n;
}

static void add_repaired(struct buf *out, const char *s, size_t len)
{
    while (len > 0) {
        size_t n = text_char(s, len);

        if (n > 0 && *s != '\0')
            buf_add(out, s, n);
        else
            buf_str(out, BAD_BYTE);
        s += n ? n : 1;
        len -= n ? n : 1;
    }
}

char *text_repair(const char *s, size_t len)
{
    struct buf out = { 0 };

    if (s)
        add_repaired(&out, s, len);
    return buf_take(&out);
}

char *text_cut(const char *s, size_t max)
{
    struct buf out = { 0 };
    size_t left = s ? strlen(s) : 0, keep = 0;

    if (text_length(s) <= max)
        return text_repair(s, left);
    for (size_t i = 1; i < max; i++)
        keep += step(s + keep, left - keep);
    add_repaired(&out, s, keep);
    if (max > 0)
        buf_str(&out, CUT_MARK);
    return buf_take(&out);
}

static uint32_t code_point(const char *s, size_t n)
{
    static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t c = (unsigned char)s[0] & lead_bits[n];

    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    return c;
}

/* Characters that are not seen and change how others are. The joiners U+200C
 * and U+200D stay: scripts and emoji are written with them. */
static bool hidden(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
           c == 0xad || c == 0x61c || c == 0x200b || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

/* Bytes of the white space at text; 0: none there. */
static size_t space_here(const char *text)
{
    static const char *const spaces[] = {
        " ",      "\n",     "\t",     "\r",     "\u00a0", "\u1680",
        "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
        "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u200c",
        "\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2800",
        "\u3000", "\ufe0f", "\u3164", "\uffa0", "\u115f", "\u1160",
    };

    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        size_t len = strlen(spaces[i]);

        if (*text == *spaces[i] && !strncmp(text, spaces[i], len))
            return len;
    }
    return 0;
}

bool text_blank(const char *s)
{
    while (s && *s) {
        size_t len;

        if (*s > ' ' || !(len = space_here(s)))
            return false;
        s += len;
    }
    return true;
}

char *text_plain(const char *s)
{
    struct buf out = { 0 };
    size_t left = s ? strlen(s) : 0;

    while (left > 0) {
        size_t n = text_char(s, left);

        if (n == 0)
            buf_str(&out, BAD_BYTE);
        else if (*s == '\t')
            buf_char(&out, ' ');
        else if (!hidden(code_point(s, n)))
            buf_add(&out, s, n);
        s += n ? n : 1;
        left -= n ? n : 1;
    }
    return buf_take(&out);
}

char *text_first_line(const char *s)
{
    char *plain = text_plain(s), *line;
    const char *start = plain + strspn(plain, " \n");
    size_t len = strcspn(start, "\n");

    while (len > 0 && start[len - 1] == ' ')
        len--;
    line = xstrndup(start, len);
    free(plain);
    return line;
}

/* ---- the nearest word ----------------------------------------------------- */

#define NEAREST_BYTES 64

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters changed, added, left out, or two neighbours swapped. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NEAREST_BYTES + 1], la = strlen(a), lb = strlen(b);
    size_t *before = rows[0], *above = rows[1], *now = rows[2];

    for (size_t j = 0; j <= lb; j++)
        above[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = least(above[j] + 1, now[j - 1] + 1,
                           above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = above;
        above = now;
        now = spare;
    }
    return above[lb];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t len = word ? strlen(word) : 0;
    size_t best = len < 3 ? 2 : len / 3 + 2; /* one more than is near */

    if (len == 0 || len > NEAREST_BYTES)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t d;

        if (strlen(names[i]) > NEAREST_BYTES)
            continue;
        d = distance(word, names[i]);
        if (d < best && d < len) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

const char *text_number(char out[TEXT_NUMBER], int64_t n)
{
    snprintf(out, TEXT_NUMBER, "%" PRId64, n);
    return out;
}

/* ---- escapes ---------------------------------------------------------------- */

int text_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *text_unescape(const char *s, size_t len, bool form)
{
    char *out = xmalloc(len + 1), *to = out;

    for (size_t i = 0; i < len; i++) {
        char c = form && s[i] == '+' ? ' ' : s[i];

        if (c == '%') {
            int high = i + 2 < len ? text_hex(s[i + 1]) : -1;
            int low = high < 0 ? -1 : text_hex(s[i + 2]);

            c = low < 0 ? '\0' : (char)(high * 16 + low);
            i += 2;
        }
        if (!c) {
            free(out);
            return NULL;
        }
        *to++ = c;
    }
    *to = '\0';
    return out;
}

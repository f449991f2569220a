/* words: see words.h. */
#include "blocks/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"

const char *words_count(int64_t n, char out[WORDS_TEXT])
{
    char digits[WORDS_TEXT];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        out[at++] = digits[i];
        if (digits[i] != '-' && i + 1 < len && (len - 1 - i) % 3 == 0)
            out[at++] = ',';
    }
    out[at] = '\0';
    return out;
}

const char *words_us(int64_t us, char out[WORDS_TEXT])
{
    if (us < 100)
        snprintf(out, WORDS_TEXT, "< 0.1 ms");
    else if (us < 10000)
        snprintf(out, WORDS_TEXT, "%.1f ms", (double)us / 1e3);
    else if (us < 1000000)
        snprintf(out, WORDS_TEXT, "%lld ms", (long long)(us / 1000));
    else
        snprintf(out, WORDS_TEXT, "%.1f s", (double)us / 1e6);
    return out;
}

const char *words_of(size_t n, size_t all, char out[WORDS_TEXT])
{
    if (n == 1 && all == 1)
        snprintf(out, WORDS_TEXT, "1");
    else
        snprintf(out, WORDS_TEXT, "%zu of %zu", n, all);
    return out;
}

const char *words_s(int64_t n)
{
    return n == 1 ? "" : "s";
}

const char *words_op(const char *op, char out[WORDS_TEXT])
{
    snprintf(out, WORDS_TEXT, "%.*s", OP_SHOWN, op ? op : "");
    return out;
}

const char *words_between(size_t i, size_t n)
{
    if (i == 0)
        return "";
    return i + 1 == n ? " and " : ", ";
}

static bool is_safe(const char *word)
{
    if (!*word || strncmp(word, "--", 2) == 0)
        return false;
    for (; *word; word++)
        if (!isalnum((unsigned char)*word) && !strchr("._:/@+,-", *word))
            return false;
    return true;
}

/* U+201C to U+201F: the parser takes them for quotes too. */
static bool is_smart_quote(const char *p)
{
    unsigned char last =
        strncmp(p, "\xe2\x80", 2) == 0 ? (unsigned char)p[2] : (unsigned char)0;

    return last >= 0x9c && last <= 0x9f;
}

static bool is_entity(const char *p)
{
    return strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 ||
           strncmp(p, "&gt;", 4) == 0;
}

void words_typed(struct buf *line, const char *word)
{
    if (line->len)
        buf_char(line, ' ');
    if (is_safe(word))
        buf_str(line, word);
    else
        words_quoted(line, word);
}

void words_quoted(struct buf *line, const char *word)
{
    buf_char(line, '"');
    for (; *word; word++) {
        if (*word == '"' || *word == '\\' || is_smart_quote(word))
            buf_char(line, '\\');
        if (is_entity(word))
            buf_str(line, "&amp;");
        else if (*word == '<')
            buf_str(line, "&lt;");
        else
            buf_char(line, *word);
    }
    buf_char(line, '"');
}

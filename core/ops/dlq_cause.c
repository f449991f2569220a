/*
 * dlq_cause: why entries died, like joined with like. Pure, any thread.
 */
#include "core/ops/dlq_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define CAUSE_LENGTH 120

/* ---- folding -------------------------------------------------------------- */

static bool word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* 0xdeadbeef, 550e8400-e29b-…, 7f3a9c01d2: long hexadecimal with a digit. */
static bool is_id(const char *s, size_t len)
{
    bool prefix = len > 2 && s[0] == '0' && s[1] == 'x';
    size_t digits = 0;

    if (len < 8 && !prefix)
        return false;
    for (size_t i = prefix ? 2 : 0; i < len; i++) {
        if (!isxdigit((unsigned char)s[i]) && s[i] != '-')
            return false;
        digits += isdigit((unsigned char)s[i]) != 0;
    }
    return prefix || digits > 0;
}

/* One '#', also for what a dot or colon joins: 10.0.0.1:8080. */
static void add_hash(struct buf *out)
{
    size_t n = out->len;

    if (n >= 2 && strchr(".:,", out->data[n - 1]) && out->data[n - 2] == '#')
        buf_cut(out, n - 1);
    else if (n == 0 || out->data[n - 1] != '#')
        buf_char(out, '#');
}

static void fold_word(struct buf *out, const char *s, size_t len)
{
    if (is_id(s, len)) {
        add_hash(out);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (isdigit((unsigned char)s[i]))
            add_hash(out);
        else
            buf_char(out, s[i]);
    }
}

/* Bytes of a quoted id at s, quotes included: one word with a digit. 0: it
 * is none. */
static size_t quoted_id(const char *s)
{
    size_t len = strcspn(s + 1, "'\"` \t");
    bool digit = false;

    if (!strchr("'\"`", s[0]) || len == 0 || s[1 + len] != s[0])
        return 0;
    for (size_t i = 1; i <= len; i++)
        digit = digit || isdigit((unsigned char)s[i]);
    return digit ? len + 2 : 0;
}

static char *fold(const char *s)
{
    struct buf out = { 0 };
    char *text;

    while (*s) {
        size_t len = quoted_id(s);

        if (len > 0) {
            buf_char(&out, *s);
            buf_char(&out, '#');
            buf_char(&out, *s);
        } else if (word_byte(*s)) {
            while (word_byte(s[len]))
                len++;
            fold_word(&out, s, len);
        } else {
            len = 1;
            buf_char(&out, *s);
        }
        s += len;
    }
    text = text_cut(buf_text(&out), CAUSE_LENGTH);
    buf_dispose(&out);
    return text;
}

char *dlq_cause_of(const struct config *cfg, const char *error)
{
    char *masked =
        text_mask(error, (const char *const *)cfg->mask, cfg->mask_count);
    char *line = text_first_line(masked);
    char *cause = line[0] ? fold(line) : xstrdup("no error recorded");

    free(masked);
    free(line);
    return cause;
}

/* ---- counting ------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keeps the DLQ_CAUSES most frequent, most frequent first. Takes text. */
static void keep_cause(struct dlq_summary *q, char *text, size_t count)
{
    size_t at = q->cause_count;

    while (at > 0 && q->causes[at - 1].count < count)
        at--;
    if (at == DLQ_CAUSES) {
        free(text);
        return;
    }
    if (q->cause_count == DLQ_CAUSES)
        free(q->causes[--q->cause_count].text);
    memmove(&q->causes[at + 1], &q->causes[at],
            (q->cause_count - at) * sizeof q->causes[0]);
    q->causes[at] = (struct dlq_cause){ .text = text, .count = count };
    q->cause_count++;
}

void dlq_count_causes(struct dlq_summary *q, char **texts, size_t n)
{
    size_t run = 1;

    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && strcmp(texts[i], texts[i + 1]) == 0) {
            free(texts[i]);
            run++;
            continue;
        }
        keep_cause(q, texts[i], run);
        run = 1;
    }
}

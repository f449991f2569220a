/*
 * dlq_cause: why entries died, like joined with like. Pure, any thread.
 */
#include "core/ops/dlq_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* ---- numbers that tell one cause from another ------------------------------ */

/* What the words before a number promise. */
enum promise {
    PROMISE_NONE,
    PROMISE_HTTP,     /* its version, its status */
    PROMISE_CODE,     /* "exit status 137", "errno 111" */
    PROMISE_SQLSTATE, /* "23505", "HY000" */
};

static bool word_is(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(s, word, len) == 0;
}

static bool word_ends(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);

    return len >= n && strncasecmp(s + len - n, end, n) == 0;
}

/* status_code, statusCode and exit-code, but not barcode. */
static bool names_code(const char *s, size_t len)
{
    if (word_is(s, len, "exit") || word_is(s, len, "exited") ||
        word_is(s, len, "errno") || word_is(s, len, "signal") ||
        word_is(s, len, "code") || word_ends(s, len, "status"))
        return true;
    return word_ends(s, len, "_code") || word_ends(s, len, "-code") ||
           (len > 4 && strncmp(s + len - 4, "Code", 4) == 0) ||
           word_ends(s, len, "statuscode") || word_ends(s, len, "exitcode");
}

/* After a word: "HTTP response status code 500" is still about HTTP. */
static enum promise promised(enum promise before, const char *s, size_t len)
{
    static const char *const passed[] = { "error",    "response", "request",
                                          "returned", "with",     "was",
                                          "is" };

    if (word_is(s, len, "http") || word_is(s, len, "https"))
        return PROMISE_HTTP;
    if (word_ends(s, len, "sqlstate"))
        return PROMISE_SQLSTATE;
    if (names_code(s, len))
        return before == PROMISE_HTTP ? PROMISE_HTTP : PROMISE_CODE;
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (word_is(s, len, passed[i]))
            return before;
    if (before == PROMISE_HTTP && len == 1 && isdigit((unsigned char)*s))
        return before;
    return PROMISE_NONE;
}

/* "500 Internal Server Error", without a word before it. */
static bool is_reason(const char *s)
{
    static const char *const reasons[] = {
        "Bad Request",
        "Unauthorized",
        "Forbidden",
        "Not Found",
        "Request Timeout",
        "Conflict",
        "Gone",
        "Too Many Requests",
        "Internal Server Error",
        "Not Implemented",
        "Bad Gateway",
        "Service Unavailable",
        "Gateway Timeout",
        "Server Error",
        "Client Error",
        "Method Not Allowed",
        "Unprocessable",
        "Payload Too Large",
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strncmp(s, reasons[i], strlen(reasons[i])) == 0)
            return true;
    return false;
}

/* A piece of an address or a fraction: 127.0.0.1:8080. */
static bool joined(const char *s)
{
    return (*s == '.' || *s == ':') && isdigit((unsigned char)s[1]);
}

static bool tells(enum promise promise, const char *s, size_t len)
{
    size_t digits = strspn(s, "0123456789");

    if (promise == PROMISE_SQLSTATE)
        return len == 5 &&
               strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= len;
    if (digits != len || (len > 1 && joined(s + len)))
        return false;
    if (promise == PROMISE_CODE)
        return len <= 3;
    if (promise == PROMISE_HTTP)
        return len == 1 || len == 3;
    return len == 3 && s[3] == ' ' && is_reason(s + 4);
}

/* ---- a whole line ---------------------------------------------------------- */

/* Bytes of a quoted id at s, quotes included: one word with a digit. 0: it
 * is none; text is where the line starts. */
static size_t quoted_id(const char *text, const char *s, enum promise promise)
{
    size_t len = strcspn(s + 1, "'\"` \t");
    bool digit = false;

    if (!strchr("'\"`", s[0]) || len == 0 || s[1 + len] != s[0] ||
        (s > text && word_byte(s[-1])))
        return 0;
    for (size_t i = 1; i <= len; i++)
        digit = digit || isdigit((unsigned char)s[i]);
    return digit && !tells(promise, s + 1, len) ? len + 2 : 0;
}

/* The word at s, as it is or folded. Its length. */
static size_t take_word(struct buf *out, const char *s, enum promise *promise)
{
    size_t len = 0;

    while (word_byte(s[len]))
        len++;
    if (tells(*promise, s, len))
        buf_add(out, s, len);
    else
        fold_word(out, s, len);
    *promise = promised(*promise, s, len);
    return len;
}

static char *fold(const char *line)
{
    const char *s = line;
    enum promise promise = PROMISE_NONE;
    struct buf out = { 0 };
    char *text;

    while (*s) {
        size_t len = quoted_id(line, s, promise);

        if (len > 0) {
            buf_char(&out, *s);
            buf_char(&out, '#');
            buf_char(&out, *s);
        } else if (word_byte(*s)) {
            len = take_word(&out, s, &promise);
        } else {
            if (strchr(",;|", *s))
                promise = PROMISE_NONE;
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

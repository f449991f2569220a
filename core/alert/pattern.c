#include "core/alert/pattern.h"

#include <ctype.h>
#include <locale.h>
#include <pthread.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

/* ".*", ".+" on one side of a word. */
enum side { SIDE_NONE, SIDE_ANY, SIDE_SOME };

enum pattern_kind {
    PATTERN_WORDS, /* "pay", "pay|bill" */
    PATTERN_PART,  /* "pay.*", ".*-db", ".+" */
    PATTERN_REGEX
};

struct pattern {
    enum pattern_kind kind;
    char **words;
    size_t count;
    char *part; /* of REGEX: what has to be in it; NULL: not known */
    size_t len;
    enum side before, after;
    regex_t regex;
    /* For a value of several lines, where "." is not all the same to POSIX as
     * it is to RE2; made only where there is one. */
    regex_t lines;
    bool has_lines;
};

/* A character is one, not its bytes; whatever the process's locale is. */
static locale_t utf8;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void utf8_make(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static locale_t utf8_enter(void)
{
    pthread_once(&once, utf8_make);
    return utf8 ? uselocale(utf8) : (locale_t)0;
}

static void utf8_leave(locale_t before)
{
    if (before)
        uselocale(before);
}

/* ---- what needs no machine ---------------------------------------------------- */

/* One character that is itself, "a" or "\.": moves *p past it. */
static bool literal(const char **p, char *c)
{
    const char *s = *p;

    if (*s == '\\' && ispunct((unsigned char)s[1])) {
        *c = s[1];
        *p = s + 2;
        return true;
    }
    if (!*s || strchr(".[()*+?{|^$\\", *s))
        return false;
    *c = *s;
    *p = s + 1;
    return true;
}

static char *literals(const char **p)
{
    struct buf out = { 0 };
    char c;

    buf_str(&out, "");
    while (literal(p, &c))
        buf_char(&out, c);
    return buf_take(&out);
}

static int in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void words_free(struct pattern *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->words[i]);
    free(p->words);
    p->words = NULL;
    p->count = 0;
}

/* "pay|bill", "(pay|bill)", "(?:pay|bill)". */
static bool words_read(struct pattern *p, const char *text)
{
    bool inside = *text == '(', closed;

    text += inside ? (strncmp(text, "(?:", 3) == 0 ? 3 : 1) : 0;
    do {
        p->words = xrealloc(p->words, (p->count + 1) * sizeof *p->words);
        p->words[p->count++] = literals(&text);
    } while (*text++ == '|');
    closed = *--text == ')';
    if (inside != closed || text[closed]) {
        words_free(p);
        return false;
    }
    qsort(p->words, p->count, sizeof *p->words, in_order);
    p->kind = PATTERN_WORDS;
    return true;
}

static enum side side_read(const char **p)
{
    if (**p != '.' || ((*p)[1] != '*' && (*p)[1] != '+'))
        return SIDE_NONE;
    *p += 2;
    return (*p)[-1] == '*' ? SIDE_ANY : SIDE_SOME;
}

static bool part_read(struct pattern *p, const char *text)
{
    p->before = side_read(&text);
    p->part = literals(&text);
    p->after = side_read(&text);
    if (*text) {
        free(p->part);
        p->part = NULL;
        return false;
    }
    p->len = strlen(p->part);
    p->kind = PATTERN_PART;
    return true;
}

/* "." takes no line feed. */
static bool any_fits(enum side side, const char *s, size_t len)
{
    if (side == SIDE_NONE)
        return len == 0;
    return (side == SIDE_ANY || len > 0) && !memchr(s, '\n', len);
}

static bool part_fits(const struct pattern *p, const char *value)
{
    size_t len = strlen(value);
    const char *at = value;

    if (len < p->len)
        return false;
    if (p->before == SIDE_NONE)
        return memcmp(value, p->part, p->len) == 0 &&
               any_fits(p->after, value + p->len, len - p->len);
    if (p->after == SIDE_NONE)
        return memcmp(value + len - p->len, p->part, p->len) == 0 &&
               any_fits(p->before, value, len - p->len);
    while ((at = strstr(at, p->part)) != NULL) {
        size_t behind = (size_t)(at - value) + p->len;

        if (any_fits(p->before, value, (size_t)(at - value)) &&
            any_fits(p->after, value + behind, len - behind))
            return true;
        if (!*at++)
            return false;
    }
    return false;
}

/* ---- what does ---------------------------------------------------------------- */

/* Past "[…]". */
static const char *past_list(const char *s)
{
    s += s[1] == '^' ? 2 : 1;
    s += *s == ']';
    while (*s && *s != ']')
        s += *s == '\\' && s[1] ? 2
             : strncmp(s, "[:", 2) == 0 && strstr(s, ":]")
                 ? strstr(s, ":]") - s + 2
                 : 1;
    return *s ? s + 1 : s;
}

/* Past "(…)", whatever is in it. */
static const char *past_group(const char *s)
{
    int depth = 0;

    while (*s) {
        if (*s == '[') {
            s = past_list(s);
            continue;
        }
        depth += (*s == '(') - (*s == ')');
        s += *s == '\\' && s[1] ? 2 : 1;
        if (depth == 0)
            return s;
    }
    return s;
}

static const char *past_one(const char *s)
{
    size_t digits = strspn(s + 1, "0123456789,");

    if (*s == '{' && s[1 + digits] == '}')
        return s + digits + 2;
    if (*s == '[')
        return past_list(s);
    if (*s == '(')
        return past_group(s);
    return s + (*s == '\\' && s[1] ? 2 : 1);
}

/* The last character may be there any number of times: it says nothing. */
static void drop_last(struct buf *run)
{
    while (run->len && ((unsigned char)run->data[run->len - 1] & 0xc0) == 0x80)
        buf_cut(run, run->len - 1);
    if (run->len)
        buf_cut(run, run->len - 1);
}

static void keep_longer(struct pattern *p, struct buf *run)
{
    if (run->len > p->len) {
        free(p->part);
        p->part = xstrdup(run->data);
        p->len = run->len;
    }
    buf_cut(run, 0);
}

/*
 * The longest word that has to be in whatever fits. Looking for it is cheap,
 * and nearly all that does not fit does not have it.
 */
static void needs_find(struct pattern *p, const char *s)
{
    struct buf run = { 0 };
    char c;

    while (*s && *s != '|') {
        if (literal(&s, &c)) {
            buf_char(&run, c);
            if (*s && strchr("*?{", *s))
                drop_last(&run);
            continue;
        }
        keep_longer(p, &run);
        s = past_one(s);
    }
    keep_longer(p, &run);
    buf_dispose(&run);
    if (*s == '|') {
        free(p->part);
        p->part = NULL;
        p->len = 0;
    }
}

static bool regex_make(regex_t *out, const char *posix, bool fold,
                       struct err *err)
{
    char *whole = xasprintf("^(%s)$", posix);
    locale_t before = utf8_enter();
    int flags = REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0);
    int rc = regcomp(out, whole, flags);
    char why[100];

    utf8_leave(before);
    free(whole);
    if (rc == 0)
        return true;
    regerror(rc, out, why, sizeof why);
    return err_set(err, ERR_USER, "the regular expression cannot be read: %s",
                   why);
}

/* posix: of text, where "." takes everything. */
static bool machine_make(struct pattern *p, const char *text, const char *posix,
                         bool fold, struct err *err)
{
    bool same;
    char *lines;

    if (!regex_make(&p->regex, posix, fold, err))
        return false;
    p->kind = PATTERN_REGEX;
    lines = pattern_posix(text, "[^\n]", &same, err);
    p->has_lines = lines && strcmp(lines, posix) != 0 &&
                   regex_make(&p->lines, lines, fold, err);
    same = lines && (p->has_lines || strcmp(lines, posix) == 0);
    free(lines);
    if (!same)
        regfree(&p->regex);
    return same;
}

struct pattern *pattern_new(const char *text, struct err *err)
{
    struct pattern *p = xcalloc(1, sizeof *p);
    bool fold = false, ok;
    char *posix = pattern_posix(text, ".", &fold, err);

    ok = posix != NULL;
    if (ok && (fold || (!words_read(p, text) && !part_read(p, text)))) {
        ok = machine_make(p, text, posix, fold, err);
        if (ok && !fold)
            needs_find(p, text);
    }
    free(posix);
    if (ok)
        return p;
    free(p);
    return NULL;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    if (p->kind == PATTERN_REGEX)
        regfree(&p->regex);
    if (p->has_lines)
        regfree(&p->lines);
    words_free(p);
    free(p->part);
    free(p);
}

static bool regex_fits(const struct pattern *p, const char *value)
{
    const regex_t *regex =
        p->has_lines && strchr(value, '\n') ? &p->lines : &p->regex;
    locale_t before;
    bool fits;

    if (p->part && !strstr(value, p->part))
        return false;
    before = utf8_enter();
    fits = regexec(regex, value, 0, NULL, 0) == 0;
    utf8_leave(before);
    return fits;
}

bool pattern_fits(const struct pattern *p, const char *value)
{
    switch (p->kind) {
    case PATTERN_WORDS:
        return bsearch(&value, p->words, p->count, sizeof *p->words,
                       in_order) != NULL;
    case PATTERN_PART:
        return part_fits(p, value);
    case PATTERN_REGEX:
        return regex_fits(p, value);
    }
    return false;
}

const char *const *pattern_words(const struct pattern *p, size_t *count)
{
    *count = p->kind == PATTERN_WORDS ? p->count : 0;
    return p->kind == PATTERN_WORDS ? (const char *const *)p->words : NULL;
}

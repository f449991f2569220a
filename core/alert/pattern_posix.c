/*
 * pattern_posix: from RE2's writing to POSIX's. See pattern.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/pattern.h"
#include "core/base/buf.h"

/* What is being translated. */
struct work {
    const char *at; /* what comes next */
    struct buf out;
    long repeats;    /* all {…} so far, multiplied */
    const char *any; /* what "." becomes */
    struct err *err;
};

static bool no(struct work *w, const char *what, const char *instead)
{
    return err_set(w->err, ERR_USER,
                   "a regular expression has %s, which is not known here; %s",
                   what, instead);
}

/* ---- one character after a backslash ------------------------------------------ */

#define DIGITS "0-9"
#define WORD   "0-9A-Za-z_"
#define BLANKS "\t\n\f\r "

/* What \d, \w, \s stand for; NULL: something else. */
static const char *class_of(char c)
{
    switch (tolower((unsigned char)c)) {
    case 'd':
        return DIGITS;
    case 'w':
        return WORD;
    case 's':
        return BLANKS;
    default:
        return NULL;
    }
}

/* The character that \n, \t, \. stand for; 0: none. */
static char plain_of(char c)
{
    static const char from[] = "aftnrv", to[] = "\a\f\t\n\r\v";
    const char *hit = c ? strchr(from, c) : NULL;

    if (hit)
        return to[hit - from];
    return ispunct((unsigned char)c) ? c : '\0';
}

static bool unknown(struct work *w, char c)
{
    char what[40];

    if (isdigit((unsigned char)c))
        return no(w, "a back reference",
                  "a pattern cannot say \"the same again\"");
    if (!c)
        return err_set(w->err, ERR_USER,
                       "a regular expression ends in a backslash");
    snprintf(what, sizeof what,
             isalpha((unsigned char)c) ? "\\%c" : "an escape", c);
    return no(w, what, "write the characters themselves, or a list in […]");
}

static void put_plain(struct buf *out, char c)
{
    if (strchr(".[()*+?{|^$\\", c))
        buf_char(out, '\\');
    buf_char(out, c);
}

static bool escape(struct work *w)
{
    char c = w->at[1];
    const char *list = c ? class_of(c) : NULL;

    if (list)
        buf_fmt(&w->out, "[%s%s]", isupper((unsigned char)c) ? "^" : "", list);
    else if (c == 'b' || c == 'B')
        buf_fmt(&w->out, "\\%c", c);
    else if (c && plain_of(c))
        put_plain(&w->out, plain_of(c));
    else
        return unknown(w, c);
    w->at += 2;
    return true;
}

/* ---- […] ----------------------------------------------------------------------- */

/* In POSIX a backslash is itself in there, so these have their places. */
struct list {
    struct buf body;
    bool close, open, dash, caret;
};

static bool list_put(struct work *w, struct list *l, char c)
{
    l->close |= c == ']';
    l->open |= c == '[';
    l->dash |= c == '-';
    l->caret |= c == '^';
    if (strchr("][-^", c) == NULL)
        buf_char(&l->body, c);
    else if (w->at[0] == '-' && w->at[1] && w->at[1] != ']')
        return no(w, "a range from one of ] [ - ^", "list them instead");
    return true;
}

static bool list_escape(struct work *w, struct list *l)
{
    char c = w->at[1];

    if (l->body.len && l->body.data[l->body.len - 1] == '-')
        return no(w, "a range up to an escape", "write the character itself");
    if (c && class_of(c) && !isupper((unsigned char)c)) {
        buf_str(&l->body, class_of(c));
        w->at += 2;
        return true;
    }
    if (!c || !plain_of(c))
        return unknown(w, c);
    w->at += 2;
    return list_put(w, l, plain_of(c));
}

/* What "[:alpha:]" and its like stand for in RE2: ASCII alone, and that of
 * the C library is not. The four that have a place of their own stand apart. */
static const struct {
    const char *name, *body;
    bool placed;
} classes[] = {
    { "[:alnum:]", "0-9A-Za-z", false },
    { "[:alpha:]", "A-Za-z", false },
    { "[:ascii:]", "\001-,.-Z\\_-\177", true },
    { "[:blank:]", "\t ", false },
    { "[:cntrl:]", "\001-\037\177", false },
    { "[:digit:]", DIGITS, false },
    { "[:graph:]", "!-,.-Z\\_-~", true },
    { "[:lower:]", "a-z", false },
    { "[:print:]", " -,.-Z\\_-~", true },
    { "[:punct:]", "!-,./:-@\\_`{-~", true },
    { "[:space:]", "\t\n\v\f\r ", false },
    { "[:upper:]", "A-Z", false },
    { "[:word:]", WORD, false },
    { "[:xdigit:]", "0-9A-Fa-f", false },
};

/* "[:alpha:]". False: it is none. */
static bool list_class(struct work *w, struct list *l)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t len = strlen(classes[i].name);

        if (strncmp(w->at, classes[i].name, len) != 0)
            continue;
        buf_str(&l->body, classes[i].body);
        l->close |= classes[i].placed;
        l->open |= classes[i].placed;
        l->dash |= classes[i].placed;
        l->caret |= classes[i].placed;
        w->at += len;
        return true;
    }
    return false;
}

static bool list_item(struct work *w, struct list *l)
{
    char c = *w->at;

    if (c == '\\')
        return list_escape(w, l);
    if (c == '[' && list_class(w, l))
        return true;
    w->at++;
    if (c == '-' && l->body.len && *w->at != ']') {
        /* A range: what is on its right has to be itself. */
        if (strchr("[-^", *w->at))
            return no(w, "a range up to one of [ - ^", "list them instead");
        buf_char(&l->body, c);
        return true;
    }
    return list_put(w, l, c);
}

/* "]" first, "^" not first, "-" last: there they are themselves. */
static void list_end(struct work *w, struct list *l, bool negated)
{
    bool bare = !negated && !l->close && !l->open && !l->body.len;

    if (bare && l->caret) {
        buf_str(&w->out, l->dash ? "[-^]" : "\\^");
        return;
    }
    buf_str(&w->out, negated ? "[^" : "[");
    buf_str(&w->out, l->close ? "]" : NULL);
    buf_add(&w->out, buf_text(&l->body), l->body.len);
    buf_str(&w->out, l->open ? "[" : NULL);
    buf_str(&w->out, l->caret ? "^" : NULL);
    buf_str(&w->out, l->dash ? "-" : NULL);
    buf_char(&w->out, ']');
}

static bool list(struct work *w)
{
    struct list l = { .close = false };
    bool first = true, ok = true, negated;

    w->at++;
    negated = *w->at == '^';
    w->at += negated;
    while (ok && *w->at && (first || *w->at != ']')) {
        ok = list_item(w, &l);
        first = false;
    }
    if (ok && *w->at != ']')
        ok = err_set(w->err, ERR_USER,
                     "a regular expression has a [ without its ]");
    if (ok) {
        list_end(w, &l, negated);
        w->at++;
    }
    buf_dispose(&l.body);
    return ok;
}

/* ---- all the rest -------------------------------------------------------------- */

/* "{2}", "{2,}", "{2,5}": its length; 0: braces that are themselves. */
static size_t repeat(const char *s, long *most)
{
    char *end;

    if (!isdigit((unsigned char)s[1]))
        return 0;
    *most = strtol(s + 1, &end, 10);
    if (*end == ',' && isdigit((unsigned char)end[1]))
        *most = strtol(end + 1, &end, 10);
    else if (*end == ',')
        end++;
    return *end == '}' ? (size_t)(end - s) + 1 : 0;
}

static bool braces(struct work *w)
{
    long most = 1;
    size_t len = repeat(w->at, &most);

    if (len == 0) {
        put_plain(&w->out, *w->at++);
        return true;
    }
    if (most < 0 || most > PATTERN_REPEATS ||
        (w->repeats *= most ? most : 1) > PATTERN_REPEATS)
        return err_set(w->err, ERR_USER,
                       "a regular expression repeats too much with {…}: at "
                       "most %d times, all of it together",
                       PATTERN_REPEATS);
    buf_add(&w->out, w->at, len);
    w->at += len;
    return true;
}

/* "?" behind *, +, ? and }: as few as possible. All of the value has to match,
 * so it is all the same. */
static void lazy(struct work *w)
{
    w->at += *w->at == '?';
}

static bool group(struct work *w)
{
    if (w->at[1] == '?' && w->at[2] != ':')
        return no(w, "(?", "(?i) can stand at the very beginning");
    buf_char(&w->out, '(');
    w->at += w->at[1] == '?' ? 3 : 1;
    return true;
}

static bool next(struct work *w)
{
    switch (*w->at) {
    case '\\':
        return escape(w);
    case '[':
        return list(w);
    case '(':
        return group(w);
    case '.':
        buf_str(&w->out, w->any);
        w->at++;
        return true;
    case '{':
        if (!braces(w))
            return false;
        lazy(w);
        return true;
    case '*':
    case '+':
    case '?':
        buf_char(&w->out, *w->at++);
        lazy(w);
        return true;
    default:
        buf_char(&w->out, *w->at++);
        return true;
    }
}

char *pattern_posix(const char *text, const char *any, bool *fold,
                    struct err *err)
{
    struct work w = { .at = text, .repeats = 1, .any = any, .err = err };
    bool ok = true;

    if (strlen(text) > PATTERN_MOST) {
        err_set(err, ERR_USER,
                "a regular expression has %zu characters; %d "
                "are the most",
                strlen(text), PATTERN_MOST);
        return NULL;
    }
    *fold = strncmp(text, "(?i)", 4) == 0;
    w.at += *fold ? 4 : 0;
    while (ok && *w.at)
        ok = next(&w);
    if (ok) {
        buf_str(&w.out, "");
        return buf_take(&w.out);
    }
    buf_dispose(&w.out);
    return NULL;
}

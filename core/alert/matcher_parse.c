/*
 * matcher_parse: one matcher as people write it. Alertmanager knows two ways,
 * and so do we, in the same order:
 *
 *   classic  name=value, name="value", nothing quoted but the value; in it
 *            \n, \" and \\ are escapes, any other backslash is itself
 *   UTF-8    name or "näme", value or "välue"; what is not quoted has none of
 *            { } ! = ~ , \ " ' ` and no blanks; escapes as Go has them
 *
 * What both can read is read as the classic one does.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define BLANKS "\t\n\f\r "

/* Moves *p past an operator. */
static bool operator_read(const char **p, enum match_op *op)
{
    static const struct {
        const char *text;
        enum match_op op;
    } all[] = { { "=~", MATCH_RE },
                { "!~", MATCH_NOT_RE },
                { "!=", MATCH_NOT },
                { "=", MATCH_IS } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strncmp(*p, all[i].text, strlen(all[i].text)) == 0) {
            *op = all[i].op;
            *p += strlen(all[i].text);
            return true;
        }
    return false;
}

static void parsed_free(struct matcher *m)
{
    free(m->name);
    free(m->value);
    m->name = m->value = NULL;
}

/* ---- classic ------------------------------------------------------------------- */

static size_t classic_name(const char *s)
{
    size_t len = 0;

    if (isdigit((unsigned char)*s))
        return 0;
    while (isalnum((unsigned char)s[len]) || (s[len] && strchr("_:", s[len])))
        len++;
    return len;
}

/* len bytes without their escapes; NULL: a quote where none may be. */
static char *classic_value(const char *s, size_t len)
{
    bool open = len > 0 && *s == '"';
    struct buf out = { 0 };
    bool bad = false;

    buf_str(&out, "");
    for (size_t i = open; i < len && !bad; i++) {
        if (s[i] == '\\' && i + 1 < len) {
            i++;
            if (!strchr("n\"\\", s[i]))
                buf_char(&out, '\\');
            buf_char(&out, s[i] == 'n' ? '\n' : s[i]);
        } else if (s[i] == '"') {
            bad = !open || i + 1 < len;
            open = false;
        } else {
            buf_char(&out, s[i]);
        }
    }
    if (!bad && !open)
        return buf_take(&out);
    buf_dispose(&out);
    return NULL;
}

static bool classic(struct matcher *out, const char *s)
{
    size_t len;

    s += strspn(s, BLANKS);
    len = classic_name(s);
    if (len == 0)
        return false;
    out->name = xstrndup(s, len);
    s += len;
    s += strspn(s, BLANKS);
    if (!operator_read(&s, &out->op))
        return false;
    s += strspn(s, BLANKS);
    len = strlen(s);
    while (len && strchr(BLANKS, s[len - 1]))
        len--;
    out->value = classic_value(s, len);
    return out->value != NULL;
}

/* ---- UTF-8 --------------------------------------------------------------------- */

static size_t blank_at(const char *s)
{
    char one[5] = "";
    size_t len = text_char(s, strlen(s));

    memcpy(one, s, len);
    return len && text_blank(one) ? len : 0;
}

static const char *past_blanks(const char *s)
{
    while (*s && blank_at(s))
        s += blank_at(s);
    return s;
}

static void put_code(struct buf *out, unsigned long code)
{
    if (code < 0x80) {
        buf_char(out, (char)code);
    } else if (code < 0x800) {
        buf_char(out, (char)(0xc0 | code >> 6));
    } else if (code < 0x10000) {
        buf_char(out, (char)(0xe0 | code >> 12));
        buf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
    } else {
        buf_char(out, (char)(0xf0 | code >> 18));
        buf_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        buf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
    }
    if (code >= 0x80)
        buf_char(out, (char)(0x80 | (code & 0x3f)));
}

/* n digits of the base behind *p as a byte or a character. */
static bool put_number(struct buf *out, const char **p, int n, int base,
                       bool byte)
{
    unsigned long code = 0;

    for (int i = 0; i < n; i++) {
        int digit = **p ? text_hex(**p) : -1;

        if (digit < 0 || digit >= base)
            return false;
        code = code * (unsigned long)base + (unsigned long)digit;
        ++*p;
    }
    if (code == 0 || (byte && code > 255) || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000))
        return false;
    if (byte)
        buf_char(out, (char)code);
    else
        put_code(out, code);
    return true;
}

/* Behind a backslash. */
static bool put_escape(struct buf *out, const char **p)
{
    static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
    char c = **p;
    const char *hit = c ? strchr(from, c) : NULL;

    if (c >= '0' && c <= '7')
        return put_number(out, p, 3, 8, true);
    if (c)
        ++*p;
    if (hit)
        buf_char(out, to[hit - from]);
    else if (c == 'x')
        return put_number(out, p, 2, 16, true);
    else if (c == 'u' || c == 'U')
        return put_number(out, p, c == 'u' ? 4 : 8, 16, false);
    return hit != NULL;
}

static char *quoted_read(const char **p)
{
    struct buf out = { 0 };
    bool ok = true;

    buf_str(&out, "");
    for (++*p; ok && **p && **p != '"';) {
        char c = *(*p)++;

        if (c == '\\')
            ok = put_escape(&out, p);
        else
            buf_char(&out, c);
        ok = ok && c != '\n';
    }
    if (ok && *(*p) == '"' && text_valid(out.data, out.len)) {
        ++*p;
        return buf_take(&out);
    }
    buf_dispose(&out);
    return NULL;
}

static char *bare_read(const char **p)
{
    const char *from = *p, *s = from;

    while (*s && !strchr("{}!=~,\\\"'`", *s) && !blank_at(s))
        s += text_char(s, strlen(s)) ? text_char(s, strlen(s)) : 1;
    *p = s;
    return s == from ? NULL : xstrndup(from, (size_t)(s - from));
}

static char *word_read(const char **p)
{
    *p = past_blanks(*p);
    return **p == '"' ? quoted_read(p) : bare_read(p);
}

static bool utf8(struct matcher *out, const char *s)
{
    out->name = word_read(&s);
    s = past_blanks(s);
    if (!out->name || !*out->name || !operator_read(&s, &out->op))
        return false;
    out->value = word_read(&s);
    return out->value && !*past_blanks(s);
}

/* ---- both ---------------------------------------------------------------------- */

static bool explain(const char *text, struct err *err)
{
    static const char form[] =
        "A matcher is a label, one of = != =~ !~, and a value: "
        "severity=\"critical\", service=~\"pay|bill.*\"";
    const char *op = strpbrk(text, "=!");
    enum match_op any;

    if (text_blank(text))
        return err_set(err, ERR_USER, "There is no matcher. %s", form);
    if (!op || !operator_read(&op, &any))
        return err_set(err, ERR_USER, "`%s` does not say how it compares. %s",
                       text, form);
    if (past_blanks(text)[0] == '=' || past_blanks(text)[0] == '!')
        return err_set(err, ERR_USER, "`%s` names no label. %s", text, form);
    if (strchr(text, '"'))
        return err_set(err, ERR_USER,
                       "the quotes of `%s` do not fit: they go around all of "
                       "a name or a value, and one inside is written \\\"",
                       text);
    return err_set(err, ERR_USER,
                   "`%s` cannot be read: quote a name or a value that has "
                   "other than letters, digits and _. %s",
                   text, form);
}

bool matcher_parse(struct matcher *out, const char *text, struct err *err)
{
    if (!text_valid(text, strlen(text)))
        return err_set(err, ERR_USER, "a matcher is not UTF-8");
    if (classic(out, text))
        return true;
    parsed_free(out);
    if (utf8(out, text))
        return true;
    parsed_free(out);
    return explain(text, err);
}

/* ---- several in one text ------------------------------------------------------- */

/* Without the braces around it, if there are both. */
static char *inside(const char *text)
{
    size_t len;

    text = past_blanks(text);
    len = strlen(text);
    while (len && strchr(BLANKS, text[len - 1]))
        len--;
    if (len >= 2 && *text == '{' && text[len - 1] == '}')
        return xstrndup(text + 1, len - 2);
    return xstrndup(text, len);
}

/* The next comma outside of quotes, or the end. */
static const char *part_end(const char *s)
{
    bool quotes = false;

    for (; *s && (quotes || *s != ','); s++) {
        if (*s == '\\' && s[1])
            s++;
        else if (*s == '"')
            quotes = !quotes;
    }
    return s;
}

size_t matchers_split(const char *text, char ***out)
{
    char *all = inside(text);
    const char *s = all;
    size_t count = 0;

    *out = NULL;
    while (!text_blank(s)) {
        const char *end = part_end(s);

        *out = xrealloc(*out, (count + 1) * sizeof **out);
        (*out)[count++] = xstrndup(s, (size_t)(end - s));
        s = end + (*end == ',');
    }
    free(all);
    return count;
}

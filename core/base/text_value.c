/*
 * text_value: see text_value.h. Configuration, JSON (within JSON), command
 * lines, headers, query strings, environments and XML all put a value after
 * its name; where it ends depends on which of them it is. In doubt too much
 * is hidden. Pure, any thread.
 */
#include "core/base/text_value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

#define BLANK " \t"

/* ---- quotes and brackets --------------------------------------------------- */

/* A quote at s and the backslashes before it, which there are in JSON within
 * JSON. Their bytes; 0: none is there. */
static size_t quote_bytes(const char *s)
{
    size_t n = strspn(s, "\\");

    return s[n] && strchr("\"'`", s[n]) ? n + 1 : 0;
}

/* Whether a quote after so many backslashes closes one after so many others.
 * Each level of JSON within JSON doubles them and adds one; an even number
 * means that a string further out ends here. */
static bool closes(size_t slashes, size_t opening)
{
    for (; opening > 0; opening /= 2) {
        if (slashes % 2 == 0)
            return true;
        slashes /= 2;
    }
    return slashes % 2 == 0;
}

/* Bytes from s, after its opening quote, up to the closing one and its
 * backslashes; all there is if nothing closes it. */
static size_t quoted(const char *s, char quote, size_t opening)
{
    size_t slashes = 0, i;

    for (i = 0; s[i]; i++) {
        if (s[i] == quote && closes(slashes, opening))
            return i - (slashes < opening ? slashes : opening);
        slashes = s[i] == '\\' ? slashes + 1 : 0;
    }
    return i;
}

/* Bytes of the whole string at s, quotes included; 0: none starts here. An
 * apostrophe inside a word starts none. */
static size_t string_bytes(const char *s, char before)
{
    size_t open = quote_bytes(s), n = open;

    if (open == 0 || s[open - 1] == '`' ||
        (s[open - 1] == '\'' && isalnum((unsigned char)before)))
        return 0;
    n += quoted(s + n, s[open - 1], open - 1);
    return n + quote_bytes(s + n);
}

/* Bytes of a whole object or list; brackets inside strings do not count. */
static size_t bracketed(const char *s)
{
    size_t depth = 0, i = 0;

    while (s[i]) {
        size_t string = i > 0 ? string_bytes(s + i, s[i - 1]) : 0;

        if (string > 0) {
            i += string;
            continue;
        }
        if (s[i] == '{' || s[i] == '[')
            depth++;
        if ((s[i] == '}' || s[i] == ']') && --depth == 0)
            return i + 1;
        i += s[i] == '\\' ? strspn(s + i, "\\") : 1;
    }
    return i;
}

/* ---- between name and value ------------------------------------------------- */

/* ["--password","hunter2"]: from one string to the next. */
static size_t next_string(const char *s)
{
    size_t quote = quote_bytes(s), gap;

    if (quote == 0)
        return 0;
    gap = strspn(s + quote, ", \t\r\n");
    return gap > 0 && quote_bytes(s + quote + gap) ? quote + gap : 0;
}

/* {"name":"password","value":"hunter2"} */
static size_t value_member(const char *s)
{
    size_t n = next_string(s);

    if (n == 0)
        return 0;
    n += quote_bytes(s + n);
    if (strncasecmp(s + n, "value", 5) != 0)
        return 0;
    n += 5;
    n += quote_bytes(s + n);
    n += strspn(s + n, BLANK);
    if (s[n] != ':')
        return 0;
    return n + 1 + strspn(s + n + 1, BLANK);
}

static bool encoded(const char *s)
{
    return strncasecmp(s, "%3d", 3) == 0 || strncasecmp(s, "%3a", 3) == 0;
}

/* <password>hunter2</password>, not the <token> of a usage line. */
static bool is_element(const struct text_name *name)
{
    const char *s = name->s + name->len;

    return name->before == '<' && *s == '>' &&
           strncmp(s + strcspn(s, "<"), "</", 2) == 0;
}

static size_t after_option(const char *s)
{
    return *s == ' ' || *s == '\t' ? strspn(s, " \t=:") : next_string(s);
}

/* Bytes after the name up to its value; 0: nothing announces one. */
static size_t separator(const struct text_name *name)
{
    const char *s = name->s + name->len;
    size_t n = name->s[0] == '-' ? after_option(s) : value_member(s);

    if (n > 0)
        return n;
    if (encoded(s))
        return 3;
    if (is_element(name))
        return 1;
    n = quote_bytes(s);
    n += strspn(s + n, BLANK);
    if (s[n] != '=' && s[n] != ':')
        return 0;
    n += strspn(s + n, "=:>");
    return n + strspn(s + n, BLANK);
}

/* ---- the value -------------------------------------------------------------- */

static bool contains(const struct text_name *name, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= name->len; i++)
        if (strncasecmp(name->s + i, word, n) == 0)
            return true;
    return false;
}

/* A header's value has spaces in it: "Authorization: Basic …". */
static bool is_header(const struct text_name *name)
{
    return contains(name, "authorization") || contains(name, "cookie");
}

/* DB_PASSWORD=…, but not in a query string. */
static bool is_variable(const struct text_name *name)
{
    size_t n = strspn(name->s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return n == name->len && name->s[n] == '=' &&
           !(name->before && strchr("?&", name->before));
}

static const char *ends_of(const struct text_name *name)
{
    if (is_header(name))
        return "\r\n";
    if (is_element(name))
        return "<";
    return is_variable(name) ? " \t\r\n\"'`" : " \t\r\n,;&)]}\"'<>|";
}

static size_t bare_bytes(const struct text_name *name, const char *s)
{
    size_t n = strcspn(s, ends_of(name));
    const char *next =
        encoded(name->s + name->len) ? memmem(s, n, "%26", 3) : NULL;

    return next ? (size_t)(next - s) : n;
}

bool text_value_announced(const struct text_name *name)
{
    return separator(name) > 0 && strncmp(name->s + name->len, "://", 3) != 0;
}

bool text_value_find(const struct text_name *name, struct text_value *out)
{
    size_t gap = separator(name), quote;
    const char *s = name->s + name->len + gap;

    quote = quote_bytes(s);
    out->shown = gap + quote;
    if (quote > 0)
        out->hidden = quoted(s + quote, s[quote - 1], quote - 1);
    else if (*s == '{' || *s == '[')
        out->hidden = bracketed(s);
    else
        out->hidden = bare_bytes(name, s);
    return out->hidden > 0;
}

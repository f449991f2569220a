/*
 * text_mask: secrets taken out of text that people will see (P8). Any thread.
 *
 * First those that are known by their value: ours. Then those that look so.
 * One walk over the text. At each place every rule is asked in turn whether a
 * secret starts there; the first that says yes writes what may be shown and
 * tells how far it went. A rule errs on the side of hiding. Which names are
 * secret is in text_secret.c, where their values stand in text_value.c.
 */
#include "core/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/text_value.h"

/* Where a rule looks: text[at] and what stands before it. */
struct place {
    const char *text;
    size_t at;
    const char *const *extra; /* more secret names */
    size_t extra_count;
};

/* Bytes of the secret at p, after writing its stand-in; 0: none here. */
typedef size_t rule(const struct place *p, struct buf *out);

static bool word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* After the escape for a character that may stand before a word: %3F or \n. */
static bool at_escaped_word(const struct place *p)
{
    const char *s = p->text + p->at;

    if (p->at >= 3 && s[-3] == '%')
        return isxdigit((unsigned char)s[-2]) && isxdigit((unsigned char)s[-1]);
    return p->at >= 2 && s[-2] == '\\' && strchr("nrt", s[-1]);
}

static bool at_word(const struct place *p)
{
    return p->at == 0 || !word_byte(p->text[p->at - 1]) || at_escaped_word(p);
}

static size_t span_of(const char *s, const char *more)
{
    size_t n = 0;

    while (s[n] && (isalnum((unsigned char)s[n]) || strchr(more, s[n])))
        n++;
    return n;
}

/* ---- tokens known by their looks ------------------------------------------ */

static const struct token {
    const char *prefix;
    const char *bytes; /* besides letters and digits */
    size_t least;      /* bytes after the prefix */
} tokens[] = {
    { "xoxb-", "-", 6 },
    { "xoxp-", "-", 6 },
    { "xoxa-", "-", 6 },
    { "xoxr-", "-", 6 },
    { "xoxs-", "-", 6 },
    { "xoxc-", "-", 6 },
    { "xoxd-", "-%", 6 },
    { "xoxe-", "-", 6 },
    { "xoxe.xox", "-", 6 },
    { "xapp-", "-", 6 },
    { "xwfp-", "-", 6 },
    { "AKIA", "", 16 },
    { "ASIA", "", 16 },
    { "ghp_", "", 20 },
    { "gho_", "", 20 },
    { "ghs_", "", 20 },
    { "ghu_", "", 20 },
    { "github_pat_", "_", 20 },
    { "glpat-", "_-", 16 },
    { "AIza", "_-", 30 },
    { "ya29.", "_-.", 16 },
    { "sk_live_", "", 16 },
    { "sk_test_", "", 16 },
    { "rk_live_", "", 16 },
    { "sk-ant-", "_-", 16 },
    { "sk-proj-", "_-", 16 },
    { "hooks.slack.com/", "/_-", 12 },
};

static size_t known_token(const struct place *p, struct buf *out)
{
    const char *s = p->text + p->at;

    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        size_t prefix = strlen(tokens[i].prefix), rest;

        if (strncmp(s, tokens[i].prefix, prefix) != 0)
            continue;
        rest = span_of(s + prefix, tokens[i].bytes);
        if (rest < tokens[i].least)
            continue;
        buf_str(out, TEXT_MASKED);
        return prefix + rest;
    }
    return 0;
}

/* Three runs of base64url joined by dots, the first one a JSON object. */
static size_t json_web_token(const struct place *p, struct buf *out)
{
    const char *s = p->text + p->at;
    size_t head, body;

    if (strncmp(s, "eyJ", 3) != 0 || !at_word(p))
        return 0;
    head = span_of(s, "_-");
    if (s[head] != '.')
        return 0;
    body = span_of(s + head + 1, "_-");
    if (body < 8)
        return 0;
    buf_str(out, TEXT_MASKED);
    return head + 1 + body + span_of(s + head + 1 + body, "_-.=");
}

static size_t private_key(const struct place *p, struct buf *out)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    const char *s = p->text + p->at, *to, *dashes;
    size_t head;

    if (strncmp(s, begin, sizeof begin - 1) != 0)
        return 0;
    head =
        strspn(s + sizeof begin - 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
    if (!memmem(s, sizeof begin - 1 + head, "PRIVATE KEY", 11))
        return 0;
    buf_str(out, TEXT_MASKED);
    to = strstr(s, end);
    dashes = to ? strstr(to + sizeof end - 1, "-----") : NULL;
    return dashes ? (size_t)(dashes + 5 - s) : strlen(s);
}

/* What an encoded name and password have, and a word of prose has not. */
static bool looks_encoded(const char *s, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (!islower((unsigned char)s[i]))
            return true;
    return false;
}

/* "Bearer abc…": the scheme stays. Short words after it are prose. */
static size_t credentials(const struct place *p, struct buf *out)
{
    const char *s = p->text + p->at;
    bool basic = strncasecmp(s, "basic", 5) == 0;
    size_t scheme = basic ? 5 : 6, gap, token;

    if ((!basic && strncasecmp(s, "bearer", 6) != 0) || !at_word(p))
        return 0;
    gap = strspn(s + scheme, " \t");
    token = span_of(s + scheme + gap, "-._~+/=");
    if (gap == 0 || token < (basic ? 8 : 12) ||
        (basic && !looks_encoded(s + scheme + gap, token)))
        return 0;
    buf_add(out, s, scheme + gap);
    buf_str(out, TEXT_MASKED);
    return scheme + gap + token;
}

#define LOGIN_BYTES 512 /* looked through for an "@" */

/* scheme://user:password@host. People put any of "@/?#" into a password
 * unescaped; only a colon that starts a port tells that there is none. */
static size_t url_password(const struct place *p, struct buf *out)
{
    const char *s = p->text + p->at, *authority = s + 3, *colon, *at;
    size_t digits, len = 0;

    if (strncmp(s, "://", 3) != 0)
        return 0;
    while (len < LOGIN_BYTES && authority[len] &&
           !strchr(" \t\r\n\"'<>", authority[len]))
        len++;
    at = memrchr(authority, '@', len);
    colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (!colon || at - colon < 2 ||
        memchr(authority, '/', (size_t)(colon - authority)))
        return 0;
    digits = strspn(colon + 1, "0123456789");
    if (digits > 0 && strchr("/?#", colon[1 + digits]))
        return 0;
    buf_add(out, s, (size_t)(colon + 1 - s));
    buf_str(out, TEXT_MASKED);
    return (size_t)(at - s);
}

/* ---- values known by their names ------------------------------------------- */

/* The end of a long name is enough: its noun is there. */
#define NAME_BYTES 64

static size_t named_value(const struct place *p, struct buf *out)
{
    const char *s = p->text + p->at;
    struct text_name found = { s, 0, p->at > 0 ? s[-1] : '\0' };
    struct text_value value;
    char name[NAME_BYTES + 1];
    size_t len;

    /* A dotted name is looked at once, as a whole. */
    if (!at_word(p) || found.before == '.')
        return 0;
    found.len = len = span_of(s, "_-.");
    if (len == 0 || !text_value_announced(&found))
        return 0;
    snprintf(name, sizeof name, "%.*s",
             (int)(len < NAME_BYTES ? len : NAME_BYTES),
             len < NAME_BYTES ? s : s + len - NAME_BYTES);
    if (!text_secret_name(name, p->extra, p->extra_count) ||
        !text_value_find(&found, &value))
        return 0;
    buf_add(out, s, len + value.shown);
    buf_str(out, TEXT_MASKED);
    return len + value.shown + value.hidden;
}

/* ---- the walk --------------------------------------------------------------- */

static size_t mask_at(const struct place *p, struct buf *out)
{
    static rule *const rules[] = { private_key,  known_token, json_web_token,
                                   url_password, credentials, named_value };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        size_t n = rules[i](p, out);

        if (n > 0)
            return n;
    }
    return 0;
}

char *text_mask(const char *text, const char *const *extra, size_t n)
{
    char *whole = text_repair(text, text ? strlen(text) : 0);
    char *clean = log_hide(whole);
    struct place p = { .text = clean, .extra = extra, .extra_count = n };
    struct buf out = { 0 };

    while (clean[p.at]) {
        size_t taken = mask_at(&p, &out);

        if (taken == 0) {
            buf_char(&out, clean[p.at]);
            taken = 1;
        }
        p.at += taken;
    }
    free(whole);
    free(clean);
    return buf_take(&out);
}

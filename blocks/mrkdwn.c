/*
 * mrkdwn: writes data so that Slack shows it as it is; see mrkdwn.h. The
 * tokens that are markup on purpose are in mrkdwn_span.c.
 *
 * An ink is full one unit before its limit: the last unit is for the mark.
 * Whoever opens a pair of markers keeps room for the closing one.
 */
#include "blocks/mrkdwn.h"

#include <string.h>

#include "blocks/model.h"
#include "blocks/render.h"
#include "core/base/text.h"

#define CUT_MARK "…"
#define FENCE    "```"
/* A space beside another one: Slack, like any page, shows two as one. */
#define GAP           "\u2002"
#define PAYLOAD_LINES 40

void ink_start(struct ink *ink, struct buf *out, size_t limit)
{
    *ink = (struct ink){ .out = out,
                         .start = out->len,
                         .limit = limit,
                         .last = '\n',
                         .fresh = true };
}

/* Room for so many units besides the mark? If not, the text ends here. */
static bool ink_room(struct ink *ink, size_t units)
{
    if (ink->full)
        return false;
    if (ink->units + units + 1 <= ink->limit)
        return true;
    buf_str(ink->out, CUT_MARK);
    ink->units++;
    ink->full = true;
    return false;
}

/* What was made room for. */
static void ink_add(struct ink *ink, const char *s, size_t len, size_t units)
{
    buf_add(ink->out, s, len);
    ink->units += units;
    ink->last = s[len - 1];
    ink->fresh = ink->last == '\n' || (ink->fresh && strspn(s, " ") >= len);
}

void ink_raw(struct ink *ink, const char *text)
{
    size_t units = clean_units(text);

    if (*text && ink_room(ink, units))
        ink_add(ink, text, strlen(text), units);
}

void ink_newline(struct ink *ink)
{
    if (ink->out->len > ink->start)
        ink_raw(ink, "\n");
}

bool ink_blank(const struct ink *ink)
{
    return ink->out->len == ink->start ||
           text_blank(ink->out->data + ink->start);
}

/* ---- one character ------------------------------------------------------- */

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* Slack opens markup after anything but a word, before anything but space. */
static bool could_open(const struct ink *ink, char next)
{
    return !word_char(ink->last) && next != ' ' && next != '\n';
}

/* ":name:" at s, at the start of a word. Not "14:02:33", not "a:b:c". */
static bool emoji_here(const struct ink *ink, const char *s)
{
    size_t len = 0;

    if (word_char(ink->last))
        return false;
    for (s++; word_char(*s) || *s & '\x80' || (*s && strchr("_+-'", *s)); s++)
        len++;
    return len > 0 && *s == ':';
}

/* In plain_text nothing is parsed today; what would be, is not written. */
static const char *spell_plain(const struct ink *ink, const char *s)
{
    if (*s == '<' && (word_char(s[1]) || (s[1] && strchr("!@#/", s[1]))))
        return "‹";
    return *s == ':' && emoji_here(ink, s) ? "∶" : NULL;
}

static const char *spell_markup(const struct ink *ink, const char *s,
                                enum ink_kind kind)
{
    bool opens = could_open(ink, s[1]);

    if (*s == '*')
        return opens || kind == INK_BOLD ? "∗" : NULL;
    if (*s == '_')
        return opens ? "ˍ" : NULL;
    if (*s == '~')
        return opens ? "∼" : NULL;
    if (*s == ' ')
        return ink->last == ' ' ? GAP : NULL;
    if (*s == ':')
        return emoji_here(ink, s) ? "∶" : NULL;
    return NULL;
}

/* What is written for the character at s; NULL: itself. */
static const char *spell(const struct ink *ink, const char *s,
                         enum ink_kind kind)
{
    if (kind == INK_PLAIN)
        return spell_plain(ink, s);
    if (*s == '&')
        return "&amp;";
    if (*s == '<')
        return "&lt;";
    if (*s == '>')
        return ink->fresh && kind == INK_TEXT ? "›" : "&gt;";
    if (*s == '`')
        return kind != INK_PAYLOAD || ink->last == '`' || s[1] == '`' ? "ˋ"
                                                                      : NULL;
    if (kind == INK_CODE || kind == INK_PAYLOAD)
        return NULL;
    return spell_markup(ink, s, kind);
}

/* Bytes that are themselves wherever they stand; before is what does before
 * them. Of spaces in a row only the first one is. */
static size_t harmless(const char *s, size_t max, char before)
{
    static const bool special[128] = {
        ['&'] = true, ['<'] = true, ['>'] = true, ['`'] = true,
        ['*'] = true, ['_'] = true, ['~'] = true, [':'] = true,
    };
    size_t n = 0;

    while (n < max && s[n] >= ' ' && s[n] < 0x7f && !special[(int)s[n]] &&
           (s[n] != ' ' || before != ' '))
        before = s[n++];
    return n;
}

static void ink_character(struct ink *ink, const char **s, enum ink_kind kind,
                          size_t reserve)
{
    const char *as = spell(ink, *s, kind);
    size_t units, len = clean_step(*s, &units);
    bool fresh = ink->fresh && **s == ' ';
    char was = **s;

    if (as)
        units = clean_units(as);
    if (!ink_room(ink, units + reserve))
        return;
    ink_add(ink, as ? as : *s, as ? strlen(as) : len, units);
    if (as)
        ink->last = was;
    ink->fresh = ink->fresh || fresh;
    *s += len;
}

static void ink_chars(struct ink *ink, const char *s, size_t len,
                      enum ink_kind kind, size_t reserve)
{
    const char *end = s + len;

    while (s < end && !ink->full) {
        size_t used = ink->units + reserve + 1;
        size_t room = used < ink->limit ? ink->limit - used : 0;
        size_t left = (size_t)(end - s);
        size_t run = harmless(s, left < room ? left : room, ink->last);

        if (run)
            ink_add(ink, s, run, run);
        s += run;
        if (s < end)
            ink_character(ink, &s, kind, reserve);
    }
}

void ink_text(struct ink *ink, const char *text, enum ink_kind kind)
{
    ink_chars(ink, text, strlen(text), kind, 0);
}

/* ---- pairs --------------------------------------------------------------- */

/* Slack takes no marker between two letters, nor beside another marker. What
 * is not ASCII may be a letter. */
static bool apart(char c)
{
    return !c || c == '\n' ||
           (c >= ' ' && c < 0x7f && !word_char(c) && !strchr("*_~`", c));
}

static void ink_close(struct ink *ink, const char *marker)
{
    buf_str(ink->out, marker);
    ink->units += clean_units(marker);
    ink->last = '`';
    ink->fresh = false;
}

/* Spaces at its ends are left outside: inside they would undo the markup. */
void ink_pair(struct ink *ink, const char *text, enum ink_kind kind, char next)
{
    const char *marker = kind == INK_BOLD ? "*" : "`";
    size_t lead = strspn(text, " "), len = strlen(text), end = len;

    while (end > lead && text[end - 1] == ' ')
        end--;
    ink_chars(ink, text, lead, INK_TEXT, 0);
    if (text_blank(text) || !apart(ink->last) ||
        !apart(end < len ? ' ' : next)) {
        ink_chars(ink, text + lead, len - lead, INK_TEXT, 0);
        return;
    }
    if (!ink_room(ink, 4))
        return;
    ink_add(ink, marker, 1, 1);
    ink_chars(ink, text + lead, end - lead, kind, 1);
    ink_close(ink, marker);
    ink_chars(ink, text + end, len - end, INK_TEXT, 0);
}

void ink_bold(struct ink *ink, const char *text)
{
    ink_pair(ink, text, INK_BOLD, ' ');
}

size_t ink_narrow(struct ink *ink, size_t limit)
{
    size_t was = ink->limit;

    if (!ink->full && ink->units + limit < was)
        ink->limit = ink->units + limit;
    return was;
}

void ink_widen(struct ink *ink, size_t was)
{
    if (ink->limit < was)
        ink->full = false;
    ink->limit = was;
}

/* How much of a payload is shown: so many lines, no empty ones at its end. */
static size_t payload_bytes(const char *text)
{
    size_t lines = 0, len = 0;

    while (text[len] && (text[len] != '\n' || ++lines < PAYLOAD_LINES))
        len++;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    return len;
}

void ink_payload(struct ink *ink, const char *text, size_t limit)
{
    size_t len = payload_bytes(text), was = ink_narrow(ink, limit);

    if (!text_blank(text) && ink_room(ink, 24)) {
        ink_newline(ink);
        ink_add(ink, FENCE "\n", 4, 4);
        ink_chars(ink, text, len, INK_PAYLOAD, 5);
        if (!text_blank(text + len) && !ink->full)
            ink_close(ink, CUT_MARK);
        ink_close(ink, "\n" FENCE);
    }
    ink_widen(ink, was);
}

void mrkdwn_escape(struct buf *out, const char *text)
{
    struct buf clean = { 0 };

    clean_text(&clean, text ? text : "", CLEAN_BLOCK);
    for (const char *p = buf_text(&clean); *p; p++) {
        if (*p == '&')
            buf_str(out, "&amp;");
        else if (*p == '<')
            buf_str(out, "&lt;");
        else if (*p == '>')
            buf_str(out, "&gt;");
        else
            buf_char(out, *p);
    }
    buf_dispose(&clean);
}

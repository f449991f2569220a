/*
 * mrkdwn_span: spans as mrkdwn. The only place where <…> tokens are made:
 * each is put together from parts that were looked at, and written whole.
 */
#include "blocks/mrkdwn.h"

#include <string.h>

#include "blocks/model.h"
#include "core/base/text.h"
#include "core/rights.h"

#define ID_BYTES    64
#define URL_BYTES   1500
#define LABEL_UNITS 150

static bool id_token(const char *id)
{
    size_t len = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    return len > 0 && len <= ID_BYTES && !id[len];
}

/* mark is "@" or "#", start what stands for it in a reference: "<@U012>", or
 * "@name" where the id is no id. Who came by the admin API is nobody in Slack:
 * "token:ci" as it stands, which no person is called. */
static void ink_reference(struct ink *ink, const char *mark, const char *start,
                          const struct span *span)
{
    struct buf token = { 0 };

    if (span->kind == SPAN_USER && rights_identity(span->text)) {
        ink_text(ink, span->text, INK_TEXT);
    } else if (id_token(span->text)) {
        buf_fmt(&token, "<%s%s>", start, span->text);
        ink_raw(ink, token.data);
    } else {
        if (*span->other || *mark == '#')
            ink_text(ink, mark, INK_TEXT);
        ink_text(ink, *span->other ? span->other : span->text, INK_TEXT);
    }
    buf_dispose(&token);
}

static void ink_all(struct ink *ink, const char *whom)
{
    if (!strcmp(whom, "here") || !strcmp(whom, "channel")) {
        ink_raw(ink, whom[0] == 'h' ? "<!here>" : "<!channel>");
    } else {
        ink_text(ink, "@", INK_TEXT);
        ink_text(ink, whom, INK_TEXT);
    }
}

#define A_DAY_MS 86400000

static void ink_when(struct ink *ink, const struct span *span)
{
    int64_t apart = span->now_ms - span->at_ms;
    bool near = apart < A_DAY_MS && apart > -A_DAY_MS;
    char clock[WHEN_TEXT], age[WHEN_TEXT];
    struct buf token = { 0 };

    if (when_known(span)) {
        buf_fmt(&token, "<!date^%lld^%s{time}|%s>",
                (long long)(span->at_ms / 1000),
                near ? "" : "{date_short_pretty} ", when_clock(span, clock));
        ink_raw(ink, token.data);
        if (!when_lasts(span)) {
            ink_text(ink, " (", INK_TEXT);
            ink_text(ink, when_age(span, age), INK_TEXT);
            ink_text(ink, ")", INK_TEXT);
        }
    } else {
        ink_text(ink, when_clock(span, clock), INK_TEXT);
    }
    buf_dispose(&token);
}

/* A URL inside <…>: what would end it, and all beyond ASCII, as %XX. */
static void url_add(struct buf *out, const char *url)
{
    for (; *url; url++) {
        unsigned char c = (unsigned char)*url;

        if (c <= ' ' || c >= 0x7f || strchr("<>|\"`", c))
            buf_fmt(out, "%%%02X", c);
        else if (c == '&')
            buf_str(out, "&amp;");
        else
            buf_char(out, (char)c);
    }
}

static bool url_leads(const char *url)
{
    return (!strncmp(url, "https://", 8) && url[8]) ||
           (!strncmp(url, "http://", 7) && url[7]);
}

/* "<url|label>" behind what is there. False: no such link can be written. */
static bool link_token(struct buf *token, const char *text, const char *url)
{
    size_t before = token->len;
    struct ink label;

    buf_char(token, '<');
    url_add(token, url);
    if (!url_leads(url) || token->len - before > URL_BYTES) {
        buf_cut(token, before);
        return false;
    }
    if (!text_blank(text)) {
        buf_char(token, '|');
        ink_start(&label, token, LABEL_UNITS);
        label.fresh = false;
        ink_text(&label, text, INK_TEXT);
    }
    buf_char(token, '>');
    return true;
}

static void ink_link(struct ink *ink, const struct span *span)
{
    struct buf token = { 0 };

    if (link_token(&token, span->text, span->other)) {
        ink_raw(ink, token.data);
    } else {
        ink_text(ink, span->text, INK_TEXT);
        if (*span->other && strlen(span->other) <= URL_BYTES) {
            ink_text(ink, *span->text ? " (" : "(", INK_TEXT);
            ink_text(ink, span->other, INK_TEXT);
            ink_text(ink, ")", INK_TEXT);
        }
    }
    buf_dispose(&token);
}

void ink_title(struct ink *ink, const char *title, const char *url)
{
    struct buf token = { 0 };

    buf_char(&token, '*');
    if (link_token(&token, title, url)) {
        buf_char(&token, '*');
        ink_raw(ink, token.data);
    } else {
        ink_pair(ink, title, INK_BOLD, '\0');
    }
    buf_dispose(&token);
}

/* The first character that a reader will see after the span before. Two runs
 * of markup side by side count as letters: Slack takes neither. */
static char first_of(const struct span *span)
{
    while (span->kind == SPAN_TEXT && !*span->text)
        span++;
    switch (span->kind) {
    case SPAN_END:
        return '\0';
    case SPAN_TEXT:
        return span->text[0];
    case SPAN_BOLD:
    case SPAN_CODE:
        return span->text[0] == ' ' ? ' ' : 'a';
    default:
        return '<';
    }
}

static void ink_span(struct ink *ink, const struct span *span)
{
    switch (span->kind) {
    case SPAN_END:
        break;
    case SPAN_TEXT:
        ink_text(ink, span->text, INK_TEXT);
        break;
    case SPAN_BOLD:
        ink_pair(ink, span->text, INK_BOLD, first_of(span + 1));
        break;
    case SPAN_CODE:
        ink_pair(ink, span->text, INK_CODE, first_of(span + 1));
        break;
    case SPAN_USER:
        ink_reference(ink, "@", "@", span);
        break;
    case SPAN_CHANNEL:
        ink_reference(ink, "#", "#", span);
        break;
    case SPAN_GROUP:
        ink_reference(ink, "@", "!subteam^", span);
        break;
    case SPAN_ALL:
        ink_all(ink, span->text);
        break;
    case SPAN_WHEN:
        ink_when(ink, span);
        break;
    case SPAN_LINK:
        ink_link(ink, span);
        break;
    }
}

void ink_line(struct ink *ink, const struct span *spans, size_t limit)
{
    size_t was = ink_narrow(ink, limit);

    for (; spans && spans->kind != SPAN_END; spans++)
        ink_span(ink, spans);
    ink_widen(ink, was);
}

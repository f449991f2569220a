/*
 * card: collects what is to be shown, in the card's arena (card_arena.c).
 *
 * Lists are linked in order of arrival through a pointer to the last link.
 * Texts are cleaned on the way in, once, so that no renderer has to.
 */
#include "blocks/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define SLASH "/ops"

/* What is too long ends in a mark; the half character before it, if any, is
 * repaired by the cleaning that follows. */
static char *keep_cut(struct card *card, const char *text, enum clean how)
{
    struct buf raw = { 0 }, clean = { 0 };
    size_t len = strnlen(text, CARD_TEXT_BYTES);
    char *copy;

    while (len > CARD_TEXT_BYTES - 4 &&
           ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    buf_add(&raw, text, len);
    if (text[len])
        buf_str(&raw, "…");
    clean_text(&clean, buf_text(&raw), how);
    copy = keep_bytes(card, buf_text(&clean), clean.len);
    buf_dispose(&raw);
    buf_dispose(&clean);
    return copy;
}

static const char *keep_text(struct card *card, const char *text,
                             enum clean how)
{
    size_t len;

    if (!text || !*text)
        return "";
    if (clean_already(text, how, &len) && len < CARD_TEXT_BYTES)
        return keep_bytes(card, text, len);
    return keep_cut(card, text, how);
}

static const struct span *keep_line(struct card *card, const struct span *line)
{
    size_t count = 0;
    struct span *copy;

    while (line && line[count].kind != SPAN_END)
        count++;
    copy = keep(card, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = line[i];
        copy[i].text = keep_text(card, line[i].text, CLEAN_LINE);
        copy[i].other = keep_text(card, line[i].other, CLEAN_LINE);
    }
    copy[count] = (struct span){ .kind = SPAN_END };
    return copy;
}

static char *keep_format(struct card *card, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;
    char *text;
    int n;

    va_copy(again, ap);
    n = vsnprintf(small, sizeof small, fmt, ap);
    if (n < 0)
        n = 0;
    if ((size_t)n < sizeof small) {
        text = keep_bytes(card, small, (size_t)n);
    } else {
        text = keep(card, (size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return text;
}

struct span say_text(const char *text)
{
    return (struct span){ .kind = SPAN_TEXT, .text = text };
}

struct span say_bold(const char *text)
{
    return (struct span){ .kind = SPAN_BOLD, .text = text };
}

struct span say_code(const char *text)
{
    return (struct span){ .kind = SPAN_CODE, .text = text };
}

struct span say_user(const char *id, const char *name)
{
    return (struct span){ .kind = SPAN_USER, .text = id, .other = name };
}

struct span say_channel(const char *id)
{
    return (struct span){ .kind = SPAN_CHANNEL, .text = id };
}

struct span say_group(const char *id, const char *handle)
{
    return (struct span){ .kind = SPAN_GROUP, .text = id, .other = handle };
}

struct span say_all(const char *whom)
{
    return (struct span){ .kind = SPAN_ALL, .text = whom };
}

struct span say_link(const char *label, const char *url)
{
    return (struct span){ .kind = SPAN_LINK, .text = label, .other = url };
}

struct span say_when(int64_t at_ms, int64_t now_ms)
{
    return (struct span){ .kind = SPAN_WHEN, .at_ms = at_ms, .now_ms = now_ms };
}

struct span say_at(int64_t at_ms)
{
    return say_when(at_ms, 0);
}

struct span say_fmt(struct card *card, const char *fmt, ...)
{
    struct span span = { .kind = SPAN_TEXT };
    va_list ap;

    va_start(ap, fmt);
    span.text = keep_format(card, fmt, ap);
    va_end(ap);
    return span;
}

struct span say_typed(struct card *card, const char *command)
{
    struct span span =
        say_fmt(card, "%s%s%s", card->slash, *command ? " " : "", command);

    span.kind = SPAN_CODE;
    return span;
}

static void card_clear(struct card *card)
{
    struct chunk *first = card->chunks;

    *card = (struct card){ .chunks = first };
    card->fields_end = &card->fields;
    card->rows_end = &card->rows;
    card->notes_end = &card->notes;
    card->buttons_end = &card->buttons;
    card->more_end = &card->more;
    card->slash = SLASH;
}

struct card *card_new(void)
{
    struct card *card = xcalloc(1, sizeof *card);

    card->chunks = chunk_new(0, NULL);
    card_clear(card);
    return card;
}

void card_free(struct card *card)
{
    if (!card)
        return;
    chunks_free(card->chunks);
    free(card);
}

void card_reset(struct card *card)
{
    card->chunks = chunks_reset(card->chunks);
    card_clear(card);
}

void card_title(struct card *card, enum tone tone, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    card->title = keep_text(card, keep_format(card, fmt, ap), CLEAN_LINE);
    va_end(ap);
    card->tone = tone;
}

static bool url_leads(const char *url)
{
    size_t scheme = !strncmp(url, "https://", 8)  ? 8
                    : !strncmp(url, "http://", 7) ? 7
                                                  : 0;

    return scheme && strchr("/?#", url[scheme]) == NULL;
}

/* What no URL may hold is written as %XX; one that is too long is none: part
 * of it would lead elsewhere. */
static const char *keep_url(struct card *card, const char *url)
{
    const char *kept = NULL;
    struct buf out = { 0 };

    if (!url || !url_leads(url))
        return NULL;
    for (const char *p = url; *p && out.len <= CARD_URL_BYTES; p++) {
        unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c >= 0x7f || strchr("<>|\"`\\^{}", c))
            buf_fmt(&out, "%%%02X", c);
        else
            buf_char(&out, *p);
    }
    if (out.len <= CARD_URL_BYTES)
        kept = keep_bytes(card, out.data, out.len);
    buf_dispose(&out);
    return kept;
}

void card_link(struct card *card, const char *url)
{
    card->link = keep_url(card, url);
}

void card_summary(struct card *card, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    card->summary = keep_text(card, keep_format(card, fmt, ap), CLEAN_LINE);
    va_end(ap);
}

void card_colour(struct card *card, const char *colour)
{
    card->colour = keep_text(card, colour, CLEAN_LINE);
}

void card_broadcast(struct card *card)
{
    card->broadcast = true;
}

void card_lead(struct card *card, const struct span *line)
{
    card->lead = keep_line(card, line);
}

void card_closing(struct card *card, const struct span *line)
{
    card->closing = keep_line(card, line);
}

void card_field(struct card *card, const char *label, const struct span *line)
{
    struct field *field = keep(card, sizeof *field);

    field->label = keep_text(card, label, CLEAN_LINE);
    field->spans = keep_line(card, line);
    field->next = NULL;
    *card->fields_end = field;
    card->fields_end = &field->next;
}

static struct row *row_add(struct card *card)
{
    struct row *row = keep(card, sizeof *row);

    *row = (struct row){ 0 };
    row->cells_end = &row->cells;
    *card->rows_end = row;
    card->rows_end = &row->next;
    card->last_row = row;
    card->row_count++;
    return row;
}

static struct row *row_last(struct card *card)
{
    return card->last_row ? card->last_row : row_add(card);
}

void card_row(struct card *card, const struct span *line)
{
    row_add(card)->spans = keep_line(card, line);
}

void card_rows(struct card *card, size_t shown)
{
    card->rows_shown = shown;
}

static struct line *line_new(struct card *card, const struct span *spans)
{
    struct line *line = keep(card, sizeof *line);

    line->spans = keep_line(card, spans);
    line->next = NULL;
    return line;
}

void card_detail(struct card *card, const struct span *line)
{
    struct line **end = &row_last(card)->details;

    while (*end)
        end = &(*end)->next;
    *end = line_new(card, line);
}

void card_payload(struct card *card, const char *text)
{
    row_last(card)->payload = keep_text(card, text, CLEAN_BLOCK);
}

static void cell_add(struct card *card, const char *name, const char *text)
{
    struct row *row = row_last(card);
    struct cell *cell = keep(card, sizeof *cell);

    *cell = (struct cell){ .name = name, .text = text };
    *row->cells_end = cell;
    row->cells_end = &cell->next;
}

void row_cell(struct card *card, const char *name, const char *text)
{
    if (text && *text)
        cell_add(card, keep_text(card, name, CLEAN_LINE),
                 keep_text(card, text, CLEAN_LINE));
}

void row_cell_number(struct card *card, const char *name, int64_t n)
{
    char digits[TEXT_NUMBER];

    if (n >= 0)
        row_cell(card, name, text_number(digits, n));
}

void row_cell_at(struct card *card, const char *name, int64_t at_ms)
{
    char stamp[CLOCK_TEXT];

    if (at_ms > 0 && at_ms <= CLOCK_LAST)
        row_cell(card, name, clock_rfc3339(at_ms, stamp));
}

void row_item(struct card *card)
{
    cell_add(card, NULL, NULL);
}

/* Byte for byte; one that is too long to be carried is kept all the same, for
 * its typed twin. */
static struct button *button_new(struct card *card, const struct action *action)
{
    struct button *button = keep(card, sizeof *button);
    const char *command = action->command ? action->command : "";

    button->next = NULL;
    button->action = *action;
    button->action.label = keep_text(card, action->label, CLEAN_LINE);
    button->action.command = keep_bytes(card, command, strlen(command));
    button->action.confirm =
        action->confirm ? keep_text(card, action->confirm, CLEAN_LINE) : NULL;
    button->action.url = keep_url(card, action->url);
    return button;
}

void card_row_action(struct card *card, const struct action *action)
{
    struct button **end = &row_last(card)->buttons;

    while (*end)
        end = &(*end)->next;
    *end = button_new(card, action);
}

void card_note(struct card *card, const struct span *line)
{
    struct line *note = line_new(card, line);

    *card->notes_end = note;
    card->notes_end = &note->next;
}

void card_action(struct card *card, const struct action *action)
{
    struct button *button = button_new(card, action);

    *card->buttons_end = button;
    card->buttons_end = &button->next;
}

void card_more(struct card *card, const struct action *action)
{
    struct button *button = button_new(card, action);

    *card->more_end = button;
    card->more_end = &button->next;
}

void card_audience(struct card *card, enum audience audience)
{
    card->audience = audience;
}

void card_nonce(struct card *card, const char *nonce)
{
    size_t len = 0;

    for (; nonce && *nonce && len < sizeof card->nonce - 1; nonce++)
        if (press_nonce_char(*nonce))
            card->nonce[len++] = *nonce;
    card->nonce[len] = '\0';
}

void card_slash(struct card *card, const char *slash)
{
    card->slash = slash && *slash ? keep_text(card, slash, CLEAN_LINE) : SLASH;
}

bool card_empty(const struct card *card)
{
    return (!card->title || !*card->title) && !card->lead && !card->fields &&
           !card->rows && !card->notes && !card->buttons;
}

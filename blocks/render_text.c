/*
 * render_text: a card as plain text, for terminals, notifications and as the
 * last resort in Slack. Every button is there as what can be typed (P9).
 */
#include "blocks/model.h"
#include "blocks/render.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define SUMMARY_UNITS 300
#define LABEL_COLUMN  24

static const struct {
    const char *icon, *name;
} tones[] = {
    [TONE_NONE] = { "", "none" },
    [TONE_OK] = { "✅", "ok" },
    [TONE_BAD] = { "🔴", "bad" },
    [TONE_WARN] = { "🟠", "warn" },
    [TONE_MAIL] = { "📮", "mail" },
    [TONE_REQUEUE] = { "↩️", "requeue" },
    [TONE_HALT] = { "⛔", "halt" },
    [TONE_REFUSED] = { "🚫", "refused" },
    [TONE_HELP] = { "💡", "help" },
    [TONE_INFO] = { "ℹ️", "info" },
    [TONE_ALARM] = { "🚨", "alarm" },
    [TONE_RUN] = { "▶️", "run" },
    [TONE_TRASH] = { "🗑️", "trash" },
};

const char *tone_icon(enum tone tone)
{
    return tones[tone].icon;
}

const char *tone_name(enum tone tone)
{
    return tones[tone].name;
}

const char *render_icon(const char *tone)
{
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++)
        if (strcmp(tones[i].name, tone) == 0)
            return tones[i].icon;
    return "";
}

/* ---- summary ------------------------------------------------------------- */

static bool nothing_since(const struct buf *out, size_t start)
{
    return text_blank(buf_text(out) + (out->data ? start : 0));
}

static void title_line(struct buf *out, const struct card *card)
{
    const char *title = card->title ? card->title : "";

    buf_str(out, tone_icon(card->tone));
    if (card->tone != TONE_NONE && *title)
        buf_char(out, ' ');
    buf_str(out, title);
}

/* A card with neither title nor lead still says something. */
static void something(struct buf *out, const struct card *card)
{
    size_t start = out->len;

    if (card->rows)
        plain_line(out, card->rows->spans, READER_PERSON);
    if (nothing_since(out, start) && card->fields) {
        buf_fmt(out, "%s: ", card->fields->label);
        plain_line(out, card->fields->spans, READER_PERSON);
    }
    if (nothing_since(out, start) && card->notes)
        plain_line(out, card->notes->spans, READER_PERSON);
    if (nothing_since(out, start))
        buf_str(out, "(nothing to show)");
}

static void cut_units(struct buf *out, size_t start, size_t max)
{
    size_t at = start, units = 0, step, more;

    if (clean_units(out->data + start) <= max)
        return;
    for (;;) {
        step = clean_step(out->data + at, &more);
        if (units + more > max - 1)
            break;
        units += more;
        at += step;
    }
    buf_cut(out, at);
    buf_str(out, "…");
}

/* A notification shows no more than this: what is wrong has to be in it. */
void plain_summary(struct buf *out, const struct card *card)
{
    size_t start = out->len, title, lead;

    if (card->summary && !text_blank(card->summary)) {
        buf_str(out, card->summary);
        cut_units(out, start, SUMMARY_UNITS);
        return;
    }
    title_line(out, card);
    title = out->len;
    if (!nothing_since(out, start))
        buf_str(out, " — ");
    lead = out->len;
    plain_line(out, card->lead, READER_PERSON);
    if (nothing_since(out, lead) && card->rows)
        plain_line(out, card->rows->spans, READER_PERSON);
    if (nothing_since(out, lead))
        buf_cut(out, title);
    if (nothing_since(out, start))
        something(out, card);
    cut_units(out, start, SUMMARY_UNITS);
}

/* ---- the whole card ------------------------------------------------------ */

/* An empty line before the next part, unless it is the first. */
static void part(struct buf *out)
{
    if (out->len)
        buf_char(out, '\n');
}

static void line_of(struct buf *out, const char *before,
                    const struct span *spans)
{
    size_t start = out->len;

    buf_str(out, before);
    plain_line(out, spans, READER_PERSON);
    if (nothing_since(out, start))
        buf_cut(out, start);
    else
        buf_char(out, '\n');
}

static void typed(struct buf *out, const struct card *card, const char *command)
{
    buf_fmt(out, "%s ", card->slash);
    clean_text(out, command, CLEAN_LINE);
}

static void twins(struct buf *out, const struct card *card, const char *before,
                  const struct button *buttons)
{
    for (; buttons; buttons = buttons->next) {
        const struct action *action = &buttons->action;

        buf_fmt(out, "%s→ ", before);
        if (action->url)
            buf_fmt(out, "%s ", action->url);
        else
            typed(out, card, action->command);
        if (!text_blank(action->label))
            buf_fmt(out, "  (%s)", action->label);
        buf_char(out, '\n');
    }
}

static void fields_text(struct buf *out, const struct field *fields)
{
    size_t column = 0;

    for (const struct field *f = fields; f; f = f->next) {
        size_t units = clean_units(f->label);

        if (units > column && units <= LABEL_COLUMN)
            column = units;
    }
    for (const struct field *f = fields; f; f = f->next) {
        size_t units = clean_units(f->label);

        buf_fmt(out, "%s:%*s ", f->label,
                units < column ? (int)(column - units) : 0, "");
        plain_line(out, f->spans, READER_PERSON);
        buf_char(out, '\n');
    }
}

static void payload_text(struct buf *out, const char *payload)
{
    if (!payload || text_blank(payload))
        return;
    buf_str(out, "    ");
    for (; *payload; payload++) {
        buf_char(out, *payload);
        if (*payload == '\n' && payload[1])
            buf_str(out, "    ");
    }
    if (out->data[out->len - 1] != '\n')
        buf_char(out, '\n');
}

static void row_text(struct buf *out, const struct card *card,
                     const struct row *row)
{
    line_of(out, "", row->spans);
    for (const struct line *d = row->details; d; d = d->next)
        line_of(out, "  ", d->spans);
    payload_text(out, row->payload);
    twins(out, card, "  ", row->buttons);
}

static void rows_text(struct buf *out, const struct card *card, size_t most)
{
    const struct row *row = card->rows;
    size_t shown = 0;

    for (; row && shown < most; row = row->next, shown++)
        row_text(out, card, row);
    if (row)
        buf_fmt(out, "…and %zu more\n", card->row_count - shown);
}

void plain_card(struct buf *out, const struct card *card, size_t rows)
{
    title_line(out, card);
    part(out);
    if (card->link)
        buf_fmt(out, "%s\n", card->link);
    line_of(out, "", card->lead);
    if (card->fields)
        part(out);
    fields_text(out, card->fields);
    if (card->rows)
        part(out);
    rows_text(out, card, rows);
    if (card->notes)
        part(out);
    for (const struct line *n = card->notes; n; n = n->next)
        line_of(out, "", n->spans);
    if (card->buttons || card->more)
        part(out);
    twins(out, card, "", card->buttons);
    twins(out, card, "", card->more);
    if (card->closing)
        part(out);
    line_of(out, "", card->closing);
}

char *render_text(const struct card *card)
{
    struct buf out = { 0 };

    plain_card(&out, card, (size_t)-1);
    if (nothing_since(&out, 0)) {
        buf_cut(&out, 0);
        plain_summary(&out, card);
        buf_char(&out, '\n');
    }
    return buf_take(&out);
}

void render_when(struct buf *out, int64_t at_ms, int64_t now_ms)
{
    plain_line(out, LINE(say_when(at_ms, now_ms)), READER_PERSON);
}

void render_age(struct buf *out, int64_t at_ms, int64_t now_ms)
{
    char age[WHEN_TEXT];
    struct span span = say_when(at_ms, now_ms);

    buf_str(out, when_age(&span, age));
}

char *render_summary(const struct card *card)
{
    struct buf out = { 0 };

    plain_summary(&out, card);
    return buf_take(&out);
}

/*
 * render_blocks: lays a card out as blocks, top to bottom.
 *
 * header        icon and title; a section where the title is a link
 * section       lead
 * sections      fields, ten to a section
 * sections      rows: neighbours without a button or payload share one; a
 *               single button stands beside its row, more stand under it
 * context       "and 38 more", notes
 * actions       at the end, behind them the menu
 *
 * Of a card with a colour all but the title is in an attachment, which alone
 * can have one.
 */
#include "blocks/render_blocks.h"

#include <stdio.h>
#include <string.h>

#include "blocks/mrkdwn.h"
#include "blocks/render.h"
#include "blocks/render_parts.h"
#include "core/base/text.h"

#define HEADER_UNITS   150
#define SECTION_UNITS  2900
#define FIELDS_IN_ONE  10
#define FIELDS_SHOWN   20
#define LABEL_UNITS    80
#define NOTES_UNITS    1900
#define NOTES_SHOWN    9
#define BUTTONS_IN_ROW 5
#define BUTTONS_AT_END 5
#define MENU_OPTIONS   5
/* Says that a detail belongs to the line above; Slack keeps this space. */
#define INDENT "\u2003"

/* Left open for what stands beside the text. */
static void section_open(struct sheet *sheet, const struct ink *ink)
{
    sheet_open(sheet, "section");
    json_out_key(sheet->out, "text");
    sheet_text(sheet, ink, "mrkdwn");
}

static void section_add(struct sheet *sheet, const struct ink *ink)
{
    section_open(sheet, ink);
    sheet_close(sheet);
}

/* A header has no links. */
static void title_add(struct sheet *sheet)
{
    const struct card *card = sheet->card;
    struct ink ink;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    if (card->tone != TONE_NONE) {
        ink_raw(&ink, tone_icon(card->tone));
        ink_raw(&ink, " ");
    }
    ink_title(&ink, card->title, card->link ? card->link : "");
    section_add(sheet, &ink);
}

static void header_add(struct sheet *sheet)
{
    const struct card *card = sheet->card;
    const char *title = card->title ? card->title : "";
    struct ink ink;

    if (text_blank(title) && card->tone == TONE_NONE)
        return;
    if (!text_blank(title) && (card->link || card->colour)) {
        title_add(sheet);
        return;
    }
    sheet_ink(sheet, &ink, HEADER_UNITS);
    ink_raw(&ink, tone_icon(card->tone));
    if (!text_blank(title) && card->tone != TONE_NONE)
        ink_raw(&ink, " ");
    ink_text(&ink, title, INK_PLAIN);
    sheet_open(sheet, "header");
    json_out_key(sheet->out, "text");
    sheet_text(sheet, &ink, "plain_text");
    sheet_close(sheet);
}

static void lead_add(struct sheet *sheet)
{
    struct ink ink;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    ink_line(&ink, sheet->card->lead, sheet->plan->lead);
    if (!ink_blank(&ink))
        section_add(sheet, &ink);
}

/* ---- small print --------------------------------------------------------- */

static void context_add(struct sheet *sheet, const struct ink *ink)
{
    sheet_open(sheet, "context");
    json_out_key(sheet->out, "elements");
    json_out_open(sheet->out, '[');
    sheet_text(sheet, ink, "mrkdwn");
    json_out_close(sheet->out, ']');
    sheet_close(sheet);
}

static void more_add(struct sheet *sheet, size_t hidden, const char *what)
{
    struct ink ink;
    char text[64];

    if (!hidden)
        return;
    snprintf(text, sizeof text, "…and %zu more%s", hidden, what);
    sheet_ink(sheet, &ink, sizeof text);
    ink_raw(&ink, text);
    context_add(sheet, &ink);
}

/* One text with a line for each: as elements of their own they would run on
 * beside one another. */
static void notes_add(struct sheet *sheet)
{
    size_t shown = 0;
    struct ink ink;

    sheet_ink(sheet, &ink, NOTES_UNITS);
    for (const struct line *n = sheet->card->notes; n && shown <= NOTES_SHOWN;
         n = n->next, shown++) {
        ink_newline(&ink);
        if (shown < NOTES_SHOWN)
            ink_line(&ink, n->spans, sheet->plan->line);
        else
            ink_raw(&ink, "…");
    }
    if (!ink_blank(&ink))
        context_add(sheet, &ink);
}

/* ---- fields -------------------------------------------------------------- */

static void field_put(struct sheet *sheet, const struct field *field)
{
    struct ink ink;
    size_t was;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    was = ink_narrow(&ink, LABEL_UNITS);
    ink_bold(&ink, field->label);
    ink_widen(&ink, was);
    ink_newline(&ink);
    ink_line(&ink, field->spans, sheet->plan->line);
    if (ink_blank(&ink))
        ink_raw(&ink, "–");
    sheet_text(sheet, &ink, "mrkdwn");
}

/* One section, from *field on, which is not the end. Gives how many. */
static size_t fields_join(struct sheet *sheet, const struct field **field)
{
    size_t joined = 0;

    sheet_open(sheet, "section");
    json_out_key(sheet->out, "fields");
    json_out_open(sheet->out, '[');
    for (; *field && joined < FIELDS_IN_ONE; *field = (*field)->next, joined++)
        field_put(sheet, *field);
    json_out_close(sheet->out, ']');
    sheet_close(sheet);
    return joined;
}

static void fields_add(struct sheet *sheet)
{
    const struct field *field = sheet->card->fields;
    size_t shown = 0, hidden = 0;

    while (field && shown < FIELDS_SHOWN)
        shown += fields_join(sheet, &field);
    for (; field; field = field->next)
        hidden++;
    more_add(sheet, hidden, " fields");
}

/* ---- rows ---------------------------------------------------------------- */

static bool row_alone(const struct row *row)
{
    return row->buttons || row->payload;
}

static void row_ink(struct ink *ink, const struct row *row,
                    const struct plan *plan)
{
    ink_line(ink, row->spans, plan->line);
    for (const struct line *d = plan->details ? row->details : NULL; d;
         d = d->next) {
        ink_newline(ink);
        ink_raw(ink, INDENT);
        ink->last = ' ';
        ink_line(ink, d->spans, plan->line);
    }
    if (row->payload && plan->payload)
        ink_payload(ink, row->payload, plan->payload);
}

static void buttons_add(struct sheet *sheet)
{
    sheet_open(sheet, "actions");
    json_out_key(sheet->out, "elements");
    json_out_open(sheet->out, '[');
    json_out_raw(sheet->out, sheet->buttons.data, sheet->buttons.len);
    json_out_close(sheet->out, ']');
    sheet_name(sheet);
    sheet_close(sheet);
}

static void button_beside(struct sheet *sheet)
{
    json_out_key(sheet->out, "accessory");
    json_out_raw(sheet->out, sheet->buttons.data, sheet->buttons.len);
    sheet_name(sheet);
}

/* A row with buttons or a payload: a section of its own. */
static void row_add(struct sheet *sheet, const struct row *row)
{
    size_t buttons = sheet_buttons(sheet, row->buttons, row, BUTTONS_IN_ROW);
    struct ink ink;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    row_ink(&ink, row, sheet->plan);
    if (!ink_blank(&ink)) {
        section_open(sheet, &ink);
        if (buttons == 1) {
            button_beside(sheet);
            buttons = 0;
        }
        sheet_close(sheet);
    }
    if (buttons)
        buttons_add(sheet);
}

/* As many rows as fit into one section, from *row on; at most so many. */
static size_t rows_join(struct sheet *sheet, const struct row **row, size_t max)
{
    size_t joined = 0, len;
    struct ink ink, before;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    for (; *row && joined < max && !row_alone(*row); *row = (*row)->next) {
        before = ink;
        len = sheet->text.len;
        ink_newline(&ink);
        row_ink(&ink, *row, sheet->plan);
        if (ink.full && joined) {
            ink = before;
            buf_cut(&sheet->text, len);
            break;
        }
        joined++;
    }
    if (!ink_blank(&ink))
        section_add(sheet, &ink);
    return joined;
}

static void rows_add(struct sheet *sheet)
{
    const struct row *row = sheet->card->rows;
    size_t shown = 0, most = sheet->plan->rows;

    if (sheet->card->rows_shown && most == RENDER_ROWS)
        most = sheet->card->rows_shown;
    while (row && shown < most) {
        if (row_alone(row)) {
            row_add(sheet, row);
            row = row->next;
            shown++;
        } else {
            shown += rows_join(sheet, &row, most - shown);
        }
    }
    more_add(sheet, sheet->card->row_count - shown, "");
}

/* Everything under the title. */
static void body_add(struct sheet *sheet)
{
    size_t buttons;

    lead_add(sheet);
    fields_add(sheet);
    rows_add(sheet);
    notes_add(sheet);
    buttons = sheet_buttons(sheet, sheet->card->buttons, NULL, BUTTONS_AT_END);
    buttons += sheet_menu(sheet, sheet->card->more, MENU_OPTIONS);
    if (buttons)
        buttons_add(sheet);
}

/* The blocks so far are closed; those of the attachment are left open, and
 * what is around them is closed by the caller's bracket. */
static void attachment_add(struct sheet *sheet)
{
    struct json_out *out = sheet->out;
    struct buf blocks = { 0 };
    struct json_out inner = { .buf = &blocks };

    json_out_close(out, ']');
    json_out_key(out, "attachments");
    json_out_open(out, '[');
    sheet->out = &inner;
    body_add(sheet);
    sheet->out = out;
    if (blocks.len) {
        json_out_open(out, '{');
        json_out_key(out, "color");
        json_out_word(out, sheet->card->colour);
        json_out_key(out, "blocks");
        json_out_open(out, '[');
        json_out_raw(out, blocks.data, blocks.len);
        json_out_close(out, ']');
        json_out_close(out, '}');
    }
    buf_dispose(&blocks);
}

struct blocks_size render_blocks(struct json_out *out, const struct card *card,
                                 const struct plan *plan)
{
    struct sheet sheet = { .card = card, .plan = plan, .out = out };

    json_out_open(out, '[');
    header_add(&sheet);
    if (card->colour)
        attachment_add(&sheet);
    else
        body_add(&sheet);
    json_out_close(out, ']');
    buf_dispose(&sheet.text);
    buf_dispose(&sheet.buttons);
    return (struct blocks_size){ sheet.blocks, sheet.units };
}

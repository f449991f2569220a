/*
 * render_blocks: lays a card out as blocks, top to bottom.
 *
 * header        icon and title
 * section       lead
 * sections      fields, ten to a section
 * sections      rows: neighbours without a button or payload share one; a
 *               single button stands beside its row, more stand under it
 * context       "and 38 more", notes
 * actions       at the end
 */
#include "blocks/render_blocks.h"

#include <stdio.h>
#include <string.h>

#include "blocks/mrkdwn.h"
#include "blocks/render_parts.h"

#define HEADER_UNITS   150
#define SECTION_UNITS  2900
#define FIELDS_IN_ONE  10
#define FIELDS_SHOWN   20
#define LABEL_UNITS    80
#define NOTES_SHOWN    9
#define BUTTONS_IN_ROW 5
#define BUTTONS_AT_END 5
/* Says that a detail belongs to the line above; Slack keeps this space. */
#define INDENT "\u2003"

static void header_add(struct sheet *sheet)
{
    const struct card *card = sheet->card;
    const char *title = card->title ? card->title : "";
    struct ink ink;

    if (clean_blank(title) && card->tone == TONE_NONE)
        return;
    sheet_ink(sheet, &ink, HEADER_UNITS);
    ink_raw(&ink, tone_icon(card->tone));
    if (!clean_blank(title) && card->tone != TONE_NONE)
        ink_raw(&ink, " ");
    ink_text(&ink, title, INK_PLAIN);
    sheet_add(sheet, "header", "text", sheet_text(sheet, &ink, "plain_text"));
}

static json_t *section_add(struct sheet *sheet, const struct ink *ink)
{
    return sheet_add(sheet, "section", "text",
                     sheet_text(sheet, ink, "mrkdwn"));
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

static void context_add(struct sheet *sheet, json_t *elements)
{
    if (json_array_size(elements))
        sheet_add(sheet, "context", "elements", elements);
    else
        json_decref(elements);
}

static void more_add(struct sheet *sheet, size_t hidden, const char *what)
{
    json_t *elements = json_array();
    struct ink ink;
    char text[64];

    if (hidden) {
        snprintf(text, sizeof text, "…and %zu more%s", hidden, what);
        sheet_ink(sheet, &ink, sizeof text);
        ink_raw(&ink, text);
        json_array_append_new(elements, sheet_text(sheet, &ink, "mrkdwn"));
    }
    context_add(sheet, elements);
}

static void notes_add(struct sheet *sheet)
{
    json_t *elements = json_array();

    for (const struct line *n = sheet->card->notes; n; n = n->next) {
        struct ink ink;

        sheet_ink(sheet, &ink, SECTION_UNITS);
        if (json_array_size(elements) < NOTES_SHOWN)
            ink_line(&ink, n->spans, sheet->plan->line);
        else
            ink_raw(&ink, "…");
        if (!ink_blank(&ink))
            json_array_append_new(elements, sheet_text(sheet, &ink, "mrkdwn"));
        if (json_array_size(elements) > NOTES_SHOWN)
            break;
    }
    context_add(sheet, elements);
}

/* ---- fields -------------------------------------------------------------- */

static json_t *field_text(struct sheet *sheet, const struct field *field)
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
    return sheet_text(sheet, &ink, "mrkdwn");
}

static void fields_add(struct sheet *sheet)
{
    json_t *texts = NULL;
    size_t shown = 0, hidden = 0;

    for (const struct field *f = sheet->card->fields; f; f = f->next) {
        if (shown == FIELDS_SHOWN) {
            hidden++;
            continue;
        }
        if (shown++ % FIELDS_IN_ONE == 0) {
            texts = json_array();
            sheet_add(sheet, "section", "fields", texts);
        }
        json_array_append_new(texts, field_text(sheet, f));
    }
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

static void buttons_add(struct sheet *sheet, json_t *buttons)
{
    if (json_array_size(buttons))
        sheet_name(sheet, sheet_add(sheet, "actions", "elements", buttons));
    else
        json_decref(buttons);
}

/* A row with buttons or a payload: a section of its own. */
static void row_add(struct sheet *sheet, const struct row *row)
{
    json_t *buttons = sheet_buttons(sheet, row->buttons, row, BUTTONS_IN_ROW);
    struct ink ink;
    json_t *section;

    sheet_ink(sheet, &ink, SECTION_UNITS);
    row_ink(&ink, row, sheet->plan);
    if (!ink_blank(&ink)) {
        section = section_add(sheet, &ink);
        if (json_array_size(buttons) == 1) {
            json_object_set(section, "accessory", json_array_get(buttons, 0));
            json_array_clear(buttons);
            sheet_name(sheet, section);
        }
    }
    buttons_add(sheet, buttons);
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

json_t *render_blocks(const struct card *card, const struct plan *plan,
                      size_t *units)
{
    struct sheet sheet = { .card = card, .plan = plan, .blocks = json_array() };

    header_add(&sheet);
    lead_add(&sheet);
    fields_add(&sheet);
    rows_add(&sheet);
    notes_add(&sheet);
    buttons_add(&sheet,
                sheet_buttons(&sheet, card->buttons, NULL, BUTTONS_AT_END));
    buf_dispose(&sheet.text);
    *units = sheet.units;
    return sheet.blocks;
}

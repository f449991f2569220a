/*
 * render_parts: text objects, buttons and ids; see render_parts.h.
 *
 * Everything put into JSON here is clean (model.h), so that jansson need not
 * look at it again.
 */
#include "blocks/render_parts.h"

#include <stdio.h>
#include <string.h>

#define BUTTON_UNITS        75
#define CONFIRM_TITLE_UNITS 100
#define CONFIRM_TEXT_UNITS  300
#define CONFIRM_LABEL_UNITS 30

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}

static json_t *string_of(const struct buf *text)
{
    return json_stringn_nocheck(buf_text(text), text->len);
}

void sheet_ink(struct sheet *sheet, struct ink *ink, size_t limit)
{
    buf_cut(&sheet->text, 0);
    ink_start(ink, &sheet->text, limit);
}

json_t *sheet_text(struct sheet *sheet, const struct ink *ink, const char *type)
{
    json_t *object = json_object();

    set(object, "type", json_string_nocheck(type));
    set(object, "text", string_of(&sheet->text));
    /* plain_text: our icons; names of emoji were taken apart by the ink.
     * mrkdwn: no links made of what merely looks like one. */
    set(object, *type == 'p' ? "emoji" : "verbatim", json_true());
    sheet->units += ink->units;
    return object;
}

json_t *sheet_add(struct sheet *sheet, const char *type, const char *key,
                  json_t *value)
{
    json_t *block = json_object();

    set(block, "type", json_string_nocheck(type));
    set(block, key, value);
    json_array_append_new(sheet->blocks, block);
    return block;
}

void sheet_name(struct sheet *sheet, json_t *block)
{
    char id[CARD_NONCE_BYTES + 24];

    if (!*sheet->card->nonce)
        return;
    snprintf(id, sizeof id, "%s.%zu", sheet->card->nonce,
             json_array_size(sheet->blocks));
    set(block, "block_id", json_string_nocheck(id));
}

/* ---- buttons ------------------------------------------------------------- */

static const char *style_name(enum style style)
{
    return style == STYLE_PRIMARY ? "primary" : "danger";
}

/* What is written on the button. Never blank. */
static void label_ink(struct ink *ink, const struct action *action)
{
    struct buf command = { 0 };

    if (clean_blank(action->label)) {
        clean_text(&command, action->command, CLEAN_LINE);
        ink_text(ink, buf_text(&command), INK_PLAIN);
        buf_dispose(&command);
    } else {
        ink_text(ink, action->label, INK_PLAIN);
    }
    if (ink_blank(ink))
        ink_raw(ink, "…");
}

static json_t *label_object(struct sheet *sheet, const struct action *action,
                            size_t limit)
{
    struct ink ink;

    sheet_ink(sheet, &ink, limit);
    label_ink(&ink, action);
    return sheet_text(sheet, &ink, "plain_text");
}

static json_t *plain_object(struct sheet *sheet, const char *text, size_t limit)
{
    struct ink ink;

    sheet_ink(sheet, &ink, limit);
    ink_text(&ink, text, INK_PLAIN);
    return sheet_text(sheet, &ink, "plain_text");
}

static json_t *confirm_object(struct sheet *sheet, const struct action *action)
{
    const char *text = action->confirm;
    json_t *confirm = json_object();

    if (clean_blank(text))
        text = "This changes something. Go on?";
    set(confirm, "title", label_object(sheet, action, CONFIRM_TITLE_UNITS));
    set(confirm, "text", plain_object(sheet, text, CONFIRM_TEXT_UNITS));
    set(confirm, "confirm", label_object(sheet, action, CONFIRM_LABEL_UNITS));
    set(confirm, "deny", plain_object(sheet, "Cancel", CONFIRM_LABEL_UNITS));
    if (action->style != STYLE_PLAIN)
        set(confirm, "style", json_string_nocheck(style_name(action->style)));
    return confirm;
}

/* What the row is about: its first words. NULL: it has none. */
static const char *row_subject(const struct row *row)
{
    for (const struct span *s = row ? row->spans : NULL;
         s && s->kind != SPAN_END; s++)
        if (s->kind <= SPAN_CODE && !clean_blank(s->text))
            return s->text;
    return NULL;
}

/* "Show" is enough for who sees the row; a screen reader says "Show
 * notify.events". */
static void accessibility_set(struct sheet *sheet, json_t *button,
                              const struct action *action,
                              const struct row *row)
{
    const char *subject = row_subject(row);
    struct ink ink;

    if (!subject || strstr(action->label, subject) ||
        strstr(subject, action->command))
        return;
    sheet_ink(sheet, &ink, BUTTON_UNITS);
    label_ink(&ink, action);
    ink_raw(&ink, " ");
    ink_text(&ink, subject, INK_PLAIN);
    set(button, "accessibility_label", string_of(&sheet->text));
    sheet->units += ink.units;
}

/* NULL: the command does not fit into a value, it can only be typed. */
static json_t *button_object(struct sheet *sheet, const struct action *action,
                             const struct row *row)
{
    json_t *button;
    char id[24];

    buf_cut(&sheet->text, 0);
    if (!press_write(&sheet->text, sheet->card->nonce, action->replace,
                     action->command))
        return NULL;
    button = json_object();
    snprintf(id, sizeof id, "ops.%u", ++sheet->actions);
    set(button, "type", json_string_nocheck("button"));
    set(button, "action_id", json_string_nocheck(id));
    set(button, "value", string_of(&sheet->text));
    set(button, "text", label_object(sheet, action, BUTTON_UNITS));
    if (action->style != STYLE_PLAIN)
        set(button, "style", json_string_nocheck(style_name(action->style)));
    if (action->confirm)
        set(button, "confirm", confirm_object(sheet, action));
    accessibility_set(sheet, button, action, row);
    return button;
}

json_t *sheet_buttons(struct sheet *sheet, const struct button *buttons,
                      const struct row *row, size_t max)
{
    json_t *array = json_array();

    for (; buttons && json_array_size(array) < max; buttons = buttons->next) {
        json_t *button = button_object(sheet, &buttons->action, row);

        if (button)
            json_array_append_new(array, button);
    }
    return array;
}

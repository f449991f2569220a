/*
 * render_parts: text objects, buttons and ids; see render_parts.h.
 *
 * Everything put into JSON here is clean (model.h), as json_out wants it.
 */
#include "blocks/render_parts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

#define BUTTON_UNITS        75
#define CONFIRM_TITLE_UNITS 100
#define CONFIRM_TEXT_UNITS  300
#define CONFIRM_LABEL_UNITS 30
#define OPTION_VALUE        150
#define NONCE_WITH_VERSION  18 /* characters of it that are left beside one */

static void text_put(struct json_out *out, const struct buf *text)
{
    json_out_text(out, buf_text(text), text->len);
}

void sheet_ink(struct sheet *sheet, struct ink *ink, size_t limit)
{
    buf_cut(&sheet->text, 0);
    ink_start(ink, &sheet->text, limit);
}

void sheet_text(struct sheet *sheet, const struct ink *ink, const char *type)
{
    struct json_out *out = sheet->out;

    json_out_open(out, '{');
    json_out_key(out, "type");
    json_out_word(out, type);
    json_out_key(out, "text");
    text_put(out, &sheet->text);
    /* plain_text: our icons; names of emoji were taken apart by the ink.
     * mrkdwn: no links made of what merely looks like one. */
    if (*type == 'p')
        json_out_key(out, "emoji");
    else
        json_out_key(out, "verbatim");
    json_out_bool(out, true);
    json_out_close(out, '}');
    sheet->units += ink->units;
}

void sheet_open(struct sheet *sheet, const char *type)
{
    sheet->blocks++;
    json_out_open(sheet->out, '{');
    json_out_key(sheet->out, "type");
    json_out_word(sheet->out, type);
}

void sheet_name(struct sheet *sheet)
{
    char id[CARD_NONCE_BYTES + 24];

    if (!*sheet->card->nonce)
        return;
    snprintf(id, sizeof id, "%s.%zu", sheet->card->nonce, sheet->blocks);
    json_out_key(sheet->out, "block_id");
    json_out_word(sheet->out, id);
}

void sheet_close(struct sheet *sheet)
{
    json_out_close(sheet->out, '}');
}

/* ---- buttons ------------------------------------------------------------- */

static void style_put(struct json_out *out, enum style style)
{
    if (style == STYLE_PLAIN)
        return;
    json_out_key(out, "style");
    json_out_word(out, style == STYLE_PRIMARY ? "primary" : "danger");
}

/* What is written on the button. Never blank. */
static void label_ink(struct ink *ink, const struct action *action)
{
    struct buf command = { 0 };

    if (text_blank(action->label)) {
        clean_text(&command, action->command, CLEAN_LINE);
        ink_text(ink, buf_text(&command), INK_PLAIN);
        buf_dispose(&command);
    } else {
        ink_text(ink, action->label, INK_PLAIN);
    }
    if (ink_blank(ink))
        ink_raw(ink, "…");
}

static void label_put(struct sheet *sheet, const struct action *action,
                      size_t limit)
{
    struct ink ink;

    sheet_ink(sheet, &ink, limit);
    label_ink(&ink, action);
    sheet_text(sheet, &ink, "plain_text");
}

static void plain_put(struct sheet *sheet, const char *text, size_t limit)
{
    struct ink ink;

    sheet_ink(sheet, &ink, limit);
    ink_text(&ink, text, INK_PLAIN);
    sheet_text(sheet, &ink, "plain_text");
}

static void confirm_put(struct sheet *sheet, const struct action *action)
{
    const char *text = action->confirm;
    struct json_out *out = sheet->out;

    if (text_blank(text))
        text = "This changes something. Go on?";
    json_out_key(out, "confirm");
    json_out_open(out, '{');
    json_out_key(out, "title");
    label_put(sheet, action, CONFIRM_TITLE_UNITS);
    json_out_key(out, "text");
    plain_put(sheet, text, CONFIRM_TEXT_UNITS);
    json_out_key(out, "confirm");
    label_put(sheet, action, CONFIRM_LABEL_UNITS);
    json_out_key(out, "deny");
    plain_put(sheet, "Cancel", CONFIRM_LABEL_UNITS);
    style_put(out, action->style);
    json_out_close(out, '}');
}

/* What the row is about: what stands out in it, or else its first words.
 * NULL: it has none. */
static const char *row_subject(const struct row *row)
{
    const char *first = NULL;

    for (const struct span *s = row ? row->spans : NULL;
         s && s->kind != SPAN_END; s++) {
        if (s->kind > SPAN_CODE || text_blank(s->text))
            continue;
        if (s->kind != SPAN_TEXT)
            return s->text;
        if (!first)
            first = s->text;
    }
    return first;
}

/* "Show" is enough for who sees the row; a screen reader says "Show
 * notify.events". */
static void accessibility_put(struct sheet *sheet, const struct action *action,
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
    json_out_key(sheet->out, "accessibility_label");
    text_put(sheet->out, &sheet->text);
    sheet->units += ink.units;
}

/* What stays of it before a version: not another version. */
static int nonce_kept(const char *nonce)
{
    size_t len = strcspn(nonce, ".");

    return (int)(len < NONCE_WITH_VERSION ? len : NONCE_WITH_VERSION);
}

/* What comes back when it is pressed; into sheet->text. False: the command
 * does not fit, it can only be typed. */
static bool value_make(struct sheet *sheet, const struct action *action)
{
    char nonce[CARD_NONCE_BYTES];

    buf_cut(&sheet->text, 0);
    if (action->url) {
        buf_str(&sheet->text, PRESS_LINK);
        return true;
    }
    snprintf(nonce, sizeof nonce, "%s", sheet->card->nonce);
    if (action->version > 0)
        snprintf(nonce, sizeof nonce, "%.*s.%lld", nonce_kept(nonce),
                 sheet->card->nonce, (long long)action->version);
    return press_write(&sheet->text, nonce, action->replace, action->command);
}

static void value_put(struct sheet *sheet, const struct action *action)
{
    json_out_key(sheet->out, "value");
    text_put(sheet->out, &sheet->text);
    if (!action->url)
        return;
    json_out_key(sheet->out, "url");
    json_out_word(sheet->out, action->url);
}

/* Opens the element. */
static void element_open(struct sheet *sheet, const char *type)
{
    char id[24];

    snprintf(id, sizeof id, "ops.%u", ++sheet->actions);
    json_out_open(sheet->out, '{');
    json_out_key(sheet->out, "type");
    json_out_word(sheet->out, type);
    json_out_key(sheet->out, "action_id");
    json_out_word(sheet->out, id);
}

/* False: it can only be typed. */
static bool button_put(struct sheet *sheet, const struct action *action,
                       const struct row *row)
{
    struct json_out *out = sheet->out;

    if (!value_make(sheet, action))
        return false;
    element_open(sheet, "button");
    value_put(sheet, action);
    json_out_key(out, "text");
    label_put(sheet, action, BUTTON_UNITS);
    style_put(out, action->style);
    if (action->confirm)
        confirm_put(sheet, action);
    accessibility_put(sheet, action, row);
    json_out_close(out, '}');
    return true;
}

size_t sheet_buttons(struct sheet *sheet, const struct button *buttons,
                     const struct row *row, size_t max)
{
    struct json_out aside = { .buf = &sheet->buttons }, *out = sheet->out;
    size_t count = 0;

    buf_cut(&sheet->buttons, 0);
    sheet->out = &aside;
    for (; buttons && count < max; buttons = buttons->next)
        if (button_put(sheet, &buttons->action, row))
            count++;
    sheet->out = out;
    return count;
}

static bool option_put(struct sheet *sheet, const struct action *action)
{
    if (!value_make(sheet, action) || sheet->text.len > OPTION_VALUE)
        return false;
    json_out_open(sheet->out, '{');
    value_put(sheet, action);
    json_out_key(sheet->out, "text");
    label_put(sheet, action, BUTTON_UNITS);
    json_out_close(sheet->out, '}');
    return true;
}

size_t sheet_menu(struct sheet *sheet, const struct button *options, size_t max)
{
    size_t before = sheet->buttons.len, count = 0;
    struct json_out aside = { .buf = &sheet->buttons, .comma = before > 0 };
    struct json_out *out = sheet->out;

    if (!options)
        return 0;
    sheet->out = &aside;
    element_open(sheet, "overflow");
    json_out_key(&aside, "options");
    json_out_open(&aside, '[');
    for (; options && count < max; options = options->next)
        if (option_put(sheet, &options->action))
            count++;
    json_out_close(&aside, ']');
    json_out_close(&aside, '}');
    sheet->out = out;
    if (count)
        return 1;
    buf_cut(&sheet->buttons, before);
    return 0;
}

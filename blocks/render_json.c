/*
 * render_json: a card for machines. Texts are plain, moments are RFC 3339,
 * and nothing is left out.
 *
 * {"title","tone","link","lead","fields":{label: text},
 *  "rows":[{"text","details":[…],"payload","actions":[…],"cells":{…}}],
 *  "notes":[…],"actions":[{"label","command" or "url"}],"closing"}
 *
 * What a card or a row does not have is absent, but for title, tone and rows.
 * A row that stands for several things has "items":[{…},…] in place of cells.
 */
#include <jansson.h>
#include <stdlib.h>

#include "blocks/model.h"
#include "blocks/render.h"
#include "core/base/mem.h"

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}

static json_t *line_json(const struct span *spans)
{
    struct buf text = { 0 };
    json_t *json;

    plain_line(&text, spans, READER_MACHINE);
    json = json_stringn_nocheck(buf_text(&text), text.len);
    buf_dispose(&text);
    return json;
}

static json_t *command_json(const char *command)
{
    struct buf text = { 0 };
    json_t *json;

    clean_text(&text, command, CLEAN_LINE);
    json = json_stringn_nocheck(buf_text(&text), text.len);
    buf_dispose(&text);
    return json;
}

static void set_lines(json_t *object, const char *key, const struct line *lines)
{
    json_t *array = lines ? json_array() : NULL;

    for (; lines; lines = lines->next)
        json_array_append_new(array, line_json(lines->spans));
    if (array)
        set(object, key, array);
}

static json_t *action_json(const struct action *button)
{
    json_t *action = json_object();

    set(action, "label", json_string_nocheck(button->label));
    if (button->url)
        set(action, "url", json_string_nocheck(button->url));
    else
        set(action, "command", command_json(button->command));
    return action;
}

/* Behind those that are there already. */
static void set_actions(json_t *object, const struct button *buttons)
{
    json_t *array = json_object_get(object, "actions");

    if (buttons && !array) {
        array = json_array();
        set(object, "actions", array);
    }
    for (; buttons; buttons = buttons->next)
        json_array_append_new(array, action_json(&buttons->action));
}

/* A label that is there already gets a number: nothing is lost. */
static void field_set(json_t *object, const struct field *field, size_t nth)
{
    struct buf label = { 0 };

    buf_str(&label, field->label);
    if (json_object_get(object, buf_text(&label)))
        buf_fmt(&label, " (%zu)", nth);
    set(object, buf_text(&label), line_json(field->spans));
    buf_dispose(&label);
}

static json_t *fields_json(const struct field *fields)
{
    json_t *object = json_object();

    for (size_t n = 1; fields; fields = fields->next)
        field_set(object, fields, n++);
    return object;
}

static const struct cell *cells_of(json_t *object, const struct cell *cell)
{
    for (; cell && cell->name; cell = cell->next)
        set(object, cell->name, json_string_nocheck(cell->text));
    return cell;
}

static void set_cells(json_t *object, const struct cell *cell)
{
    json_t *items = NULL, *cells;

    while (cell) {
        cells = json_object();
        if (cell->name) {
            cell = cells_of(cells, cell);
            set(object, "cells", cells);
            continue;
        }
        if (!items)
            items = json_array();
        cell = cells_of(cells, cell->next);
        json_array_append_new(items, cells);
    }
    if (items)
        set(object, "items", items);
}

static json_t *row_json(const struct row *row)
{
    json_t *object = json_object();

    set(object, "text", line_json(row->spans));
    set_lines(object, "details", row->details);
    if (row->payload)
        set(object, "payload", json_string_nocheck(row->payload));
    set_actions(object, row->buttons);
    set_cells(object, row->cells);
    return object;
}

char *render_json(const struct card *card)
{
    json_t *root = json_object(), *rows = json_array();
    char *text;

    set(root, "title", json_string_nocheck(card->title ? card->title : ""));
    set(root, "tone", json_string_nocheck(tone_name(card->tone)));
    if (card->link)
        set(root, "link", json_string_nocheck(card->link));
    if (card->lead)
        set(root, "lead", line_json(card->lead));
    if (card->fields)
        set(root, "fields", fields_json(card->fields));
    for (const struct row *row = card->rows; row; row = row->next)
        json_array_append_new(rows, row_json(row));
    set(root, "rows", rows);
    set_lines(root, "notes", card->notes);
    set_actions(root, card->buttons);
    set_actions(root, card->more);
    if (card->closing)
        set(root, "closing", line_json(card->closing));
    text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text ? text : xstrdup("{}");
}

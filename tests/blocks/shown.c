/* shown: see shown.h. */
#include "tests/blocks/shown.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "blocks/render.h"
#include "tests/blocks/golden.h"

static void golden_card(const char *name, const struct card *card)
{
    char *text = render_text(card);
    char file[80];

    snprintf(file, sizeof file, "%s.txt", name);
    golden_text(file, text);
    free(text);
}

/* For those who look at all cards, in whatever directory they name. */
static void keep(const char *name, const char *body)
{
    const char *dir = getenv("SHOWN_DIR");
    char path[256];
    FILE *f;

    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    f = fopen(path, "w");
    cr_assert(f && fputs(body, f) >= 0 && fclose(f) == 0,
              "%s: cannot be written", path);
}

static void keep_card(const char *name, const struct card *card)
{
    char *message = render_message(card, RENDER_ANSWER, 0);

    keep(name, message);
    free(message);
}

/* Of each row that has cells, these; NULL when none has. New reference. */
static json_t *cells_of(const struct card *card)
{
    char *text = render_json(card);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *row;
    json_t *all = json_array(), *cells;
    size_t i;

    cr_assert(root, "%s", text);
    json_array_foreach(json_object_get(root, "rows"), i, row)
    {
        cells = json_object_get(row, "cells");
        if (!cells)
            cells = json_object_get(row, "items");
        if (cells)
            json_array_append(all, cells);
    }
    json_decref(root);
    free(text);
    if (json_array_size(all))
        return all;
    json_decref(all);
    return NULL;
}

static void golden_cells(const char *name, const struct card *card)
{
    json_t *cells = cells_of(card);
    char file[80], *text;

    if (!cells)
        return;
    text = json_dumps(cells, JSON_COMPACT);
    snprintf(file, sizeof file, "%s.cells.json", name);
    golden_json(file, text);
    free(text);
    json_decref(cells);
}

void shown(const char *name, struct card *card)
{
    char *message = render_message(card, RENDER_ANSWER, 0);
    char file[80];

    snprintf(file, sizeof file, "%s.blocks.json", name);
    golden_json(file, message);
    free(message);
    golden_cells(name, card);
    shown_text(name, card);
}

void shown_text(const char *name, struct card *card)
{
    golden_card(name, card);
    keep_card(name, card);
    card_free(card);
}

void shown_body(const char *name, char *body)
{
    char file[80];

    snprintf(file, sizeof file, "%s.json", name);
    golden_json(file, body);
    keep(name, body);
    free(body);
}

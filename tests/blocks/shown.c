/* shown: see shown.h. */
#include "tests/blocks/shown.h"

#include <criterion/criterion.h>
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

void shown(const char *name, struct card *card)
{
    char *message = render_message(card, RENDER_ANSWER, 0);
    char file[80];

    snprintf(file, sizeof file, "%s.blocks.json", name);
    golden_json(file, message);
    free(message);
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

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
static void keep_card(const char *name, const struct card *card)
{
    const char *dir = getenv("SHOWN_DIR");
    char *message, path[256];
    FILE *f;

    if (!dir)
        return;
    message = render_message(card, RENDER_ANSWER, 0);
    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    f = fopen(path, "w");
    cr_assert(f && fputs(message, f) >= 0 && fclose(f) == 0,
              "%s: cannot be written", path);
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

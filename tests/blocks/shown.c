/* shown: see shown.h. */
#include "tests/blocks/shown.h"

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
    card_free(card);
}

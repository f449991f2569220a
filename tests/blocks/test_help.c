/* The cards of help. */
#include "blocks/help.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "tests/blocks/shown.h"

static const char *const flags[] = { "page=", "all", NULL };

static struct help_item items[] = {
    { .name = "help",
      .group = "general",
      .usage = "[group]",
      .summary = "What you may do",
      .example = "help dlq",
      .roles = "",
      .allowed = true,
      .bare = true },
    { .name = "dlq list",
      .group = "dlq",
      .usage = "",
      .summary = "Dead letters by stream",
      .example = "dlq list",
      .roles = "",
      .allowed = true,
      .bare = true },
    { .name = "dlq show",
      .group = "dlq",
      .usage = "<stream> [--page n]",
      .summary = "The dead letters of one stream",
      .example = "dlq show notify.events",
      .flags = flags,
      .right = "dlq.show",
      .roles = "operator, lead" },
    { .name = "audit",
      .group = "audit",
      .usage = "",
      .summary = "Who did what",
      .example = "audit",
      .right = "audit",
      .roles = "lead",
      .elsewhere = "C0SEC" },
    { .name = "halt",
      .group = "halt",
      .usage = "",
      .summary = "Stop",
      .example = "halt",
      .right = "halt",
      .roles = "" },
};

Test(help_card, what_one_may)
{
    struct help help = { .items = items, .count = 5, .topic = "" };
    struct card *card = card_new();

    help_card(card, &help);
    shown("help", card);
    card = card_new();
    help.all = true;
    help_card(card, &help);
    shown_text("help_all", card);
}

/* More than the rows that a card of another kind shows. */
Test(help_card, each_group_has_its_row)
{
    struct help_item many[RENDER_ROWS + 3];
    char groups[RENDER_ROWS + 3][16];
    struct help help = { .items = many, .topic = "" };
    struct card *card = card_new();
    char *text;

    for (; help.count < RENDER_ROWS + 3; help.count++) {
        snprintf(groups[help.count], 16, "group-%zu", help.count);
        many[help.count] = items[0];
        many[help.count].group = groups[help.count];
    }
    help_card(card, &help);
    text = render_message(card, RENDER_ANSWER, 0);
    cr_expect(strstr(text, "*group-12*"), "%s", text);
    free(text);
    card_free(card);
}

Test(help_card, a_group)
{
    struct help help = { .items = items + 1, .count = 2, .topic = "dlq" };
    struct card *card = card_new();

    help_detail_card(card, &help);
    shown("help_group", card);
    card = card_new();
    help.all = true;
    help_detail_card(card, &help);
    shown_text("help_group_all", card);
}

Test(help_card, all_allowed)
{
    struct help help = { .items = items, .count = 2, .topic = "" };
    struct card *card = card_new();

    card_slash(card, "/bot");
    help_card(card, &help);
    shown_text("help_allowed", card);
}

/* More than one screen shows with all that is to say about them. */
Test(help_card, many_by_name_alone)
{
    static char names[24][12];
    static struct help_item many[24];
    struct help help = { .items = many, .count = 24, .topic = "" };
    struct card *card = card_new();

    for (size_t i = 0; i < 24; i++) {
        many[i] = items[i < 12 ? 0 : 1];
        snprintf(names[i], sizeof names[i], "%s%zu", many[i].group, i);
        many[i].name = names[i];
        many[i].allowed = i != 3;
        many[i].right = "many";
    }
    help_card(card, &help);
    shown("help_many", card);
}

Test(help_card, one_command)
{
    struct help help = { .items = items + 2, .count = 1, .topic = "dlq show" };
    struct card *card = card_new();

    help_detail_card(card, &help);
    shown_text("help_one_denied", card);
    card = card_new();
    items[2].allowed = true;
    help_detail_card(card, &help);
    shown_text("help_one", card);
}

/* help: see help.h. */
#include "blocks/help.h"

#include <stdio.h>
#include <string.h>

#include "blocks/words.h"

#define GROUPS_SHOWN 5 /* buttons at the end of a card */

static size_t count_allowed(const struct help *help)
{
    size_t n = 0;

    for (size_t i = 0; i < help->count; i++)
        n += help->items[i].allowed;
    return n;
}

/* How to get a right that is missing: who has it, and where it is given. */
static void missing_note(struct card *card, const struct help_item *item)
{
    if (*item->roles)
        card_note(card,
                  LINE(say_code(item->name), say_text(" needs the right "),
                       say_code(item->right),
                       say_fmt(card, ": ask %s", item->roles)));
    else
        card_note(card,
                  LINE(say_code(item->name), say_text(" needs the right "),
                       say_code(item->right),
                       say_text(": no role gives it yet")));
}

static void missing_notes(struct card *card, const struct help *help)
{
    if (count_allowed(help) == help->count)
        return;
    for (size_t i = 0; i < help->count; i++)
        if (!help->items[i].allowed)
            missing_note(card, &help->items[i]);
    card_note(card, LINE(say_text("Rights are given in the configuration, "
                                  "under "),
                         say_code("roles:"), say_text(". What you have: "),
                         say_fmt(card, "%s whoami", help->slash)));
}

static void item_line(struct card *card, const struct help *help,
                      const struct help_item *item)
{
    card_detail(card, LINE(say_code(item->name),
                           say_fmt(card, "  %s, as in ", item->summary),
                           say_fmt(card, "%s %s", help->slash, item->example)));
}

/* Items from first that share its group: a row, and a line for each that is
 * allowed. Returns the first item after them. */
static size_t group_row(struct card *card, const struct help *help,
                        size_t first)
{
    const char *group = help->items[first].group;
    bool headed = false;
    size_t i = first;

    for (; i < help->count && strcmp(help->items[i].group, group) == 0; i++) {
        if (!help->items[i].allowed)
            continue;
        if (!headed)
            card_row(card, LINE(say_bold(group)));
        headed = true;
        item_line(card, help, &help->items[i]);
    }
    return i;
}

static void group_button(struct card *card, const char *group)
{
    char label[80], command[64];

    snprintf(label, sizeof label, "Help on %.40s", group);
    snprintf(command, sizeof command, "help %.40s", group);
    card_action(card, &(struct action){ .label = label, .command = command });
}

void help_card(struct card *card, const struct help *help)
{
    size_t allowed = count_allowed(help), shown = 0;

    card_title(card, TONE_HELP, "You may use %zu command%s", allowed,
               words_s((int64_t)allowed));
    card_lead(card, LINE(say_fmt(card, "Type %s and then:", help->slash)));
    for (size_t i = 0; i < help->count;)
        i = group_row(card, help, i);
    for (size_t i = 0; i < help->count && shown < GROUPS_SHOWN; i++) {
        const char *group = help->items[i].group;

        if (i > 0 && strcmp(help->items[i - 1].group, group) == 0)
            continue;
        group_button(card, group);
        shown++;
    }
    card_note(card,
              LINE(say_text("Answers are for you alone; "), say_code("--share"),
                   say_text(" shows one to the channel")));
    missing_notes(card, help);
}

static void flags_line(struct card *card, const char *const *flags)
{
    struct buf line = { 0 };

    for (; flags && *flags; flags++) {
        int len = (int)strcspn(*flags, "=");

        buf_fmt(&line, "%s--%.*s%s", line.len ? ", " : "", len, *flags,
                (*flags)[len] ? " …" : "");
    }
    if (line.len)
        card_detail(card, LINE(say_fmt(card, "flags: %s", buf_text(&line))));
    buf_dispose(&line);
}

static void item_button(struct card *card, const struct help_item *item)
{
    char label[80];

    if (!item->bare || !item->allowed)
        return;
    snprintf(label, sizeof label, "Run %.60s", item->name);
    card_row_action(
        card, &(struct action){ .label = label, .command = item->example });
}

static void item_row(struct card *card, const struct help *help,
                     const struct help_item *item)
{
    card_row(card, LINE(say_fmt(card, "%s ", help->slash), say_bold(item->name),
                        say_fmt(card, " %s", item->usage)));
    card_detail(card, LINE(say_text(item->summary)));
    flags_line(card, item->flags);
    card_detail(card, LINE(say_text("example: "), say_code(item->example)));
    item_button(card, item);
}

void help_detail_card(struct card *card, const struct help *help,
                      const char *title)
{
    card_title(card, TONE_HELP, "%s: %zu of %zu command%s you may use", title,
               count_allowed(help), help->count, words_s((int64_t)help->count));
    for (size_t i = 0; i < help->count; i++)
        item_row(card, help, &help->items[i]);
    missing_notes(card, help);
    card_action(card, &(struct action){ .label = "Help on everything",
                                        .command = "help" });
}

/* help: see help.h. */
#include "blocks/help.h"

#include <stdio.h>
#include <string.h>

#include "blocks/sentence.h"
#include "blocks/words.h"

#define GROUPS_SHOWN 5  /* buttons at the end of a card */
#define MANY         20 /* commands: more are told by name alone */
#define ROWS_SHOWN   40 /* one for each group: none is left out */

static size_t count_allowed(const struct help *help)
{
    size_t n = 0;

    for (size_t i = 0; i < help->count; i++)
        n += help->items[i].allowed;
    return n;
}

static void missing_line(struct card *card, const struct help_item *item)
{
    struct sentence s = { 0 };

    sentence_add(&s, say_code(item->name));
    sentence_add(&s, say_text(" needs the right "));
    sentence_add(&s, say_code(item->right));
    if (item->elsewhere) {
        sentence_add(&s, say_text(": yours in "));
        sentence_add(&s, say_channel(item->elsewhere));
    } else {
        sentence_add(
            &s, say_text(*item->roles ? ": ask " : ": no role gives it yet"));
        sentence_add(&s, say_text(item->roles));
    }
    card_detail(card, s.spans);
}

/* What they may not do, and how that could change. */
static void missing_rows(struct card *card, const struct help *help)
{
    card_row(card, LINE(say_bold("rights you do not have here")));
    for (size_t i = 0; i < help->count; i++)
        if (!help->items[i].allowed)
            missing_line(card, &help->items[i]);
    card_note(card, LINE(say_text("Rights are given in the configuration, "
                                  "under "),
                         say_code("roles:"), say_text(". What you have: "),
                         say_typed(card, "whoami")));
}

/* "help --all", or "help dlq --all". */
static struct span help_typed(struct card *card, const struct help *help)
{
    struct buf line = { 0 };
    struct span typed;

    buf_str(&line, "help");
    if (*help->topic)
        words_typed(&line, help->topic);
    buf_str(&line, " --all");
    typed = say_typed(card, buf_text(&line));
    buf_dispose(&line);
    return typed;
}

static void missing(struct card *card, const struct help *help)
{
    size_t n = help->count - count_allowed(help);

    if (n == 0)
        return;
    if (help->all || help->count == 1)
        missing_rows(card, help);
    else
        card_note(card, LINE(say_fmt(card,
                                     "%zu more command%s rights you do not "
                                     "have here: ",
                                     n, n == 1 ? " needs" : "s need"),
                             help_typed(card, help)));
}

/* An example says more than the name alone. */
static bool telling(const struct help_item *item)
{
    return strcmp(item->example, item->name) != 0;
}

static void item_line(struct card *card, const struct help_item *item)
{
    bool shown = telling(item);

    card_detail(card, LINE(say_code(item->name),
                           say_fmt(card, "  %s%s", item->summary,
                                   shown ? ", as in " : ""),
                           shown ? say_code(item->example) : say_text("")));
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
        item_line(card, &help->items[i]);
    }
    return i;
}

/* The same, by name alone: one line. */
static size_t group_line(struct card *card, const struct help *help,
                         size_t first)
{
    const char *group = help->items[first].group;
    struct buf names = { 0 };
    size_t i = first;

    for (; i < help->count && strcmp(help->items[i].group, group) == 0; i++)
        if (help->items[i].allowed)
            buf_fmt(&names, "%s%s", names.len ? " · " : "  ",
                    help->items[i].name);
    if (names.len)
        card_detail(
            card, LINE(say_bold(group), say_fmt(card, "%s", buf_text(&names))));
    buf_dispose(&names);
    return i;
}

static void groups(struct card *card, const struct help *help, bool many)
{
    if (many)
        card_row(card,
                 LINE(say_text("How they are typed says "), say_code("help"),
                      say_text(" with one of these groups, or a command:")));
    for (size_t i = 0; i < help->count;)
        i = many ? group_line(card, help, i) : group_row(card, help, i);
}

static void group_button(struct card *card, const char *group)
{
    char label[80], command[64];

    snprintf(label, sizeof label, "Help on %.40s", group);
    snprintf(command, sizeof command, "help %.40s", group);
    card_action(card, &(struct action){ .label = label, .command = command });
}

/* The first of its group that they may use. */
static bool first_allowed(const struct help *help, size_t i)
{
    if (!help->items[i].allowed)
        return false;
    for (size_t j = i; j-- > 0;)
        if (help->items[j].allowed &&
            strcmp(help->items[j].group, help->items[i].group) == 0)
            return false;
    return true;
}

void help_card(struct card *card, const struct help *help)
{
    size_t allowed = count_allowed(help), shown = 0;

    card_title(card, TONE_HELP, "You may use %zu command%s", allowed,
               words_s((int64_t)allowed));
    card_lead(card, LINE(say_text("Type "), say_typed(card, ""),
                         say_text(" and then:")));
    card_rows(card, ROWS_SHOWN);
    groups(card, help, allowed > MANY);
    for (size_t i = 0; i < help->count && shown < GROUPS_SHOWN; i++) {
        if (!first_allowed(help, i))
            continue;
        group_button(card, help->items[i].group);
        shown++;
    }
    card_note(card,
              LINE(say_text("Answers are for you alone; "), say_code("--share"),
                   say_text(" shows one to the channel.")));
    missing(card, help);
}

/* Those that its usage does not show. */
static void flags_line(struct card *card, const struct help_item *item)
{
    struct buf line = { 0 };

    for (const char *const *flag = item->flags; flag && *flag; flag++) {
        size_t start = line.len;
        int len = (int)strcspn(*flag, "=");

        buf_fmt(&line, "%s--%.*s", start ? ", " : "", len, *flag);
        if (strstr(item->usage, line.data + start + (start ? 2 : 0)))
            buf_cut(&line, start);
        else if ((*flag)[len])
            buf_str(&line, " …");
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
    card_row_action(card,
                    &(struct action){ .label = label, .command = item->name });
}

static void item_row(struct card *card, const struct help_item *item)
{
    struct span name = say_typed(card, item->name);

    name.kind = SPAN_BOLD;
    card_row(card, LINE(name, say_text(*item->usage ? " " : ""),
                        say_text(item->usage)));
    card_detail(card, LINE(say_text(item->summary)));
    flags_line(card, item);
    if (telling(item))
        card_detail(card,
                    LINE(say_text("as in "), say_typed(card, item->example)));
    item_button(card, item);
}

static void detail_title(struct card *card, const struct help *help)
{
    size_t allowed = count_allowed(help);
    const char *title = help->topic;

    if (help->count == 1)
        card_title(card, TONE_HELP,
                   allowed ? "How to use %s" : "You may not use %s", title);
    else if (allowed == help->count)
        card_title(card, TONE_HELP, "%s: %zu commands", title, help->count);
    else
        card_title(card, TONE_HELP, "%s: you may use %zu of %zu commands",
                   title, allowed, help->count);
}

void help_detail_card(struct card *card, const struct help *help)
{
    detail_title(card, help);
    for (size_t i = 0; i < help->count; i++)
        if (help->items[i].allowed || help->count == 1)
            item_row(card, &help->items[i]);
    missing(card, help);
    card_action(card, &(struct action){ .label = "Help on everything",
                                        .command = "help" });
}

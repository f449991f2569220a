/* show: see show.h. */
#include "bot/opsctl/show.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "bot/opsctl/answer.h"
#include "bot/opsctl/columns.h"
#include "bot/opsctl/table.h"
#include "core/base/text.h"

#define BOLD   "1"
#define DIM    "2"
#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"

/* ---- colour: never alone, always beside a word ---------------------------------- */

static const struct {
    const char *word, *colour;
} painted[] = {
    { "bad", RED },        { "critical", RED },      { "denied", RED },
    { "failed", RED },     { "failing", RED },       { "halt", RED },
    { "alarm", RED },      { "undeliverable", RED }, { "P0", RED },
    { "refused", RED },    { "high", YELLOW },       { "waiting", YELLOW },
    { "warn", YELLOW },    { "running", YELLOW },    { "cancelling", YELLOW },
    { "open", YELLOW },    { "P1", YELLOW },         { "done", GREEN },
    { "ok", GREEN },       { "passing", GREEN },     { "run", GREEN },
    { "resolved", GREEN },
};

static const char *colour_of(const char *word)
{
    for (size_t i = 0; i < sizeof painted / sizeof *painted; i++)
        if (strcmp(painted[i].word, word) == 0)
            return painted[i].colour;
    return NULL;
}

static void put(struct buf *out, const struct view *view, const char *colour,
                const char *text)
{
    if (view->colour && colour && *text)
        buf_fmt(out, "\x1b[%sm%s\x1b[0m", colour, text);
    else
        buf_str(out, text);
}

static void paint(struct buf *out, const char *value, const char *shown,
                  void *arg)
{
    put(out, arg, colour_of(value), shown);
}

/* ---- lines ------------------------------------------------------------------------ */

/* A line of its own, or several; blank ones are left out. */
static void line(struct buf *out, const struct view *view, const char *indent,
                 const char *colour, const char *text)
{
    char *plain = table_text(text, view->now);

    if (!text_blank(plain)) {
        buf_str(out, indent);
        put(out, view, colour, plain);
        buf_char(out, '\n');
    }
    free(plain);
}

static void lines(struct buf *out, const struct view *view, const char *indent,
                  const char *colour, const json_t *list)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);

        line(out, view, indent, colour, text ? text : "");
    }
}

/* One line of a payload, or all of it. */
static void payload(struct buf *out, const struct view *view, const char *text)
{
    char *plain = text_plain(text);

    for (char *at = plain, *end; *at; at = end) {
        size_t len = strcspn(at, "\n");
        struct buf cut = { 0 };

        end = at + len + (at[len] == '\n');
        at[len] = '\0';
        if (view->longer || view->width < 8)
            buf_str(&cut, at);
        else
            columns_cut(&cut, at, view->width - 4);
        buf_str(out, "    ");
        put(out, view, DIM, buf_text(&cut));
        buf_char(out, '\n');
        buf_dispose(&cut);
        if (!view->longer)
            break;
    }
    free(plain);
}

/* An empty line before the next part, unless it is the first. */
static size_t part(struct buf *out)
{
    if (out->len)
        buf_char(out, '\n');
    return out->len;
}

/* Nothing came after part(): its empty line goes. */
static void part_over(struct buf *out, size_t start)
{
    if (out->len == start && start)
        buf_cut(out, start - 1);
}

static void title(struct buf *out, const json_t *card, const struct view *view)
{
    const char *tone = part_text(card, "tone"), *icon = render_icon(tone);
    char *plain = table_text(part_text(card, "title"), view->now);
    struct buf whole = { 0 };

    buf_fmt(&whole, "%s%s%s", icon, *icon && *plain ? " " : "", plain);
    line(out, view, "", colour_of(tone) ? colour_of(tone) : BOLD,
         buf_text(&whole));
    line(out, view, "", NULL, part_text(card, "lead"));
    buf_dispose(&whole);
    free(plain);
}

static void fields(struct buf *out, const json_t *card, const struct view *view)
{
    json_t *all = json_object_get(card, "fields"), *value;
    size_t start = part(out), widest = 0;
    const char *name;

    json_object_foreach(all, name, value)
    {
        size_t width = columns_width(name);

        widest = width > widest ? width : widest;
    }
    json_object_foreach(all, name, value)
    {
        char *label = text_plain(name);
        struct buf head = { 0 };

        columns_fill(&head, label, widest, false);
        buf_str(&head, "  ");
        line(out, view, buf_text(&head), NULL,
             json_is_string(value) ? json_string_value(value) : "");
        buf_dispose(&head);
        free(label);
    }
    part_over(out, start);
}

/* ---- rows --------------------------------------------------------------------------- */

static void under_row(struct buf *out, const json_t *row,
                      const struct view *view, bool details)
{
    if (details)
        lines(out, view, "  ", NULL, part_list(row, "details"));
    payload(out, view, part_text(row, "payload"));
}

static void table_row(struct buf *out, const struct table *t,
                      const json_t *cells, const struct view *view)
{
    if (!json_is_object(cells))
        return;
    table_line(t, cells, out, paint, (void *)(uintptr_t)view);
    buf_char(out, '\n');
}

static void table(struct buf *out, const struct table *t, const json_t *rows,
                  const struct view *view)
{
    struct buf head = { 0 };
    const json_t *row, *item;
    size_t i, k;

    table_head(t, &head);
    put(out, view, BOLD, buf_text(&head));
    buf_char(out, '\n');
    json_array_foreach(rows, i, row)
    {
        const json_t *cells = json_object_get(row, "cells");
        const json_t *items = part_list(row, "items");

        table_row(out, t, cells, view);
        json_array_foreach(items, k, item)
        {
            table_row(out, t, item, view);
        }
        if (cells || items)
            under_row(out, row, view, view->longer && !items);
    }
    buf_dispose(&head);
}

static void rows(struct buf *out, const json_t *card, const struct view *view)
{
    const json_t *all = part_list(card, "rows"), *row;
    struct table *t = table_new(all, view->now);
    size_t start = part(out), i;

    if (t) {
        table_fit(t, view->longer ? 0 : view->width);
        table(out, t, all, view);
    }
    json_array_foreach(all, i, row)
    {
        if (json_object_get(row, "cells") || part_list(row, "items"))
            continue;
        line(out, view, "", NULL, part_text(row, "text"));
        under_row(out, row, view, true);
    }
    table_free(t);
    part_over(out, start);
}

/* ---- what to type next ---------------------------------------------------------------- */

static bool is_plain_word(char c)
{
    return isalnum((unsigned char)c) || strchr(" ._:/@+,-", c);
}

void show_typed(struct buf *out, const char *command)
{
    bool simple = true;

    for (const char *c = command; *c; c++)
        simple = simple && is_plain_word(*c);
    buf_str(out, "opsctl ops ");
    if (simple) {
        buf_str(out, command);
        return;
    }
    buf_char(out, '\'');
    for (const char *c = command; *c; c++)
        if (*c == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *c);
    buf_char(out, '\'');
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);

    return a >= b && strcmp(text + a - b, end) == 0;
}

/* Looking again is a key of the shell, and there is no channel to share in. */
static bool is_offered(const char *command, const struct view *view)
{
    return *command && !ends_with(command, " --share") &&
           !(view->asked && strcmp(command, view->asked) == 0);
}

static void actions(struct buf *out, const json_t *card,
                    const struct view *view)
{
    const json_t *all = part_list(card, "actions"), *action;
    size_t start = part(out), i;

    json_array_foreach(all, i, action)
    {
        char *command = text_plain(part_text(action, "command"));
        struct buf text = { 0 };

        buf_str(&text, "→ ");
        show_typed(&text, command);
        buf_fmt(&text, "  (%s)", part_text(action, "label"));
        if (is_offered(command, view))
            line(out, view, "", DIM, buf_text(&text));
        buf_dispose(&text);
        free(command);
    }
    part_over(out, start);
}

/* ---- plain text: the card once more -------------------------------------------------------- */

typedef void put_line(struct card *card, const struct span *spans);

static void say(struct card *card, put_line *put_it, const char *text,
                const struct view *view)
{
    char *plain = table_text(text, view->now);

    put_it(card, LINE(say_text(plain)));
    free(plain);
}

static void say_list(struct card *card, put_line *put_it, const json_t *list,
                     const struct view *view)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);

        say(card, put_it, text ? text : "", view);
    }
}

static void say_actions(struct card *card,
                        void (*put_it)(struct card *, const struct action *),
                        const json_t *list)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        put_it(card, &(struct action){ .label = part_text(one, "label"),
                                       .command = part_text(one, "command"),
                                       .url = part_text(one, "url") });
    }
}

static void say_rows(struct card *card, const json_t *all,
                     const struct view *view)
{
    const json_t *row;
    size_t i;

    json_array_foreach(all, i, row)
    {
        say(card, card_row, part_text(row, "text"), view);
        say_list(card, card_detail, part_list(row, "details"), view);
        if (*part_text(row, "payload"))
            card_payload(card, part_text(row, "payload"));
        say_actions(card, card_row_action, part_list(row, "actions"));
    }
}

static void say_fields(struct card *card, json_t *all, const struct view *view)
{
    const char *name;
    json_t *value;

    json_object_foreach(all, name, value)
    {
        char *plain = table_text(
            json_is_string(value) ? json_string_value(value) : "", view->now);

        card_field(card, name, LINE(say_text(plain)));
        free(plain);
    }
}

static void as_text(struct buf *out, const json_t *from,
                    const struct view *view)
{
    const char *icon = render_icon(part_text(from, "tone"));
    struct card *card = card_new();
    char *text;

    card_slash(card, "opsctl ops");
    card_title(card, TONE_NONE, "%s%s%s", icon, *icon ? " " : "",
               part_text(from, "title"));
    say(card, card_lead, part_text(from, "lead"), view);
    say_fields(card, json_object_get(from, "fields"), view);
    say_rows(card, part_list(from, "rows"), view);
    say_list(card, card_note, part_list(from, "notes"), view);
    say_actions(card, card_action, part_list(from, "actions"));
    say(card, card_closing, part_text(from, "closing"), view);
    text = render_text(card);
    buf_str(out, text);
    free(text);
    card_free(card);
}

void show_card(struct buf *out, const json_t *card, const struct view *view)
{
    struct buf whole = { 0 };
    size_t start;

    if (view->how == SHOW_TEXT) {
        as_text(out, card, view);
        return;
    }
    title(&whole, card, view);
    fields(&whole, card, view);
    rows(&whole, card, view);
    start = part(&whole);
    lines(&whole, view, "", DIM, part_list(card, "notes"));
    part_over(&whole, start);
    actions(&whole, card, view);
    buf_str(out, buf_text(&whole));
    buf_dispose(&whole);
}

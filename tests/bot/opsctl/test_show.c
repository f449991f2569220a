/*
 * What opsctl prints of a card: with and without colour, cut and whole, as a
 * table and as plain text.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/card.h"
#include "blocks/render.h"
#include "bot/opsctl/columns.h"
#include "bot/opsctl/show.h"

#define NOW INT64_C(1795442887000) /* 2026-11-23T14:08:07Z */

TestSuite(show, .init = columns_ready);

static struct card *letters(const char *slash)
{
    struct card *card = card_new();

    card_slash(card, slash);
    card_title(card, TONE_MAIL, "Dead letters: 12 in 1 of 2 streams");
    card_lead(card, LINE(say_text("as of "), say_when(NOW, NOW)));
    card_field(card, "Rate", LINE(say_text("200/s")));
    card_row(card, LINE(say_bold("orders"), say_text("  12")));
    row_cell(card, "stream", "orders");
    row_cell_number(card, "entries", 12);
    row_cell_at(card, "oldest", NOW - 360000);
    card_detail(card, LINE(say_text("top cause: HTTP 500")));
    card_payload(card, "{\"a\": 1,\n \"b\": 2}");
    card_row_action(card, &(struct action){ .label = "Show orders",
                                            .command = "dlq show orders" });
    card_row(card, LINE(say_text("and that is all")));
    card_note(card, LINE(say_text("no dead letters: fills")));
    card_action(
        card, &(struct action){ .label = "Look again", .command = "dlq list" });
    card_action(card, &(struct action){ .label = "Next",
                                        .command = "dlq show \"a'b\"" });
    card_closing(card, LINE(say_text("over")));
    return card;
}

/* Heap. Frees card. */
static char *shown(struct card *card, const struct view *view)
{
    char *text = render_json(card);
    json_t *json = json_loads(text, 0, NULL);
    struct buf out = { 0 };

    card_free(card);
    cr_assert(json, "%s", text);
    show_card(&out, json, view);
    json_decref(json);
    free(text);
    return buf_take(&out);
}

static void expect_shown(const struct view *view, const char *want)
{
    char *got = shown(letters("/ops"), view);

    cr_expect_str_eq(got, want);
    free(got);
}

Test(show, a_card_on_a_terminal)
{
    expect_shown(&(struct view){ .now = NOW, .asked = "dlq list", .width = 80 },
                 "📮 Dead letters: 12 in 1 of 2 streams\n"
                 "as of 14:08 UTC (just now)\n"
                 "\n"
                 "Rate  200/s\n"
                 "\n"
                 "STREAM  ENTRIES  OLDEST\n"
                 "orders       12  14:02 UTC (6 m ago)\n"
                 "    {\"a\": 1,\n"
                 "and that is all\n"
                 "\n"
                 "no dead letters: fills\n"
                 "\n"
                 "→ opsctl ops 'dlq show \"a'\\''b\"'  (Next)\n");
}

Test(show, all_of_it)
{
    char *got =
        shown(letters("/ops"), &(struct view){ .now = NOW, .longer = true });

    cr_expect(strstr(got, "  top cause: HTTP 500\n"
                          "    {\"a\": 1,\n"
                          "     \"b\": 2}\n"),
              "%s", got);
    cr_expect(strstr(got, "→ opsctl ops dlq list  (Look again)"), "%s", got);
    free(got);
}

/* The words are there without it as well. */
Test(show, colour_is_around_the_words)
{
    struct card *card = card_new();
    char *got;

    card_title(card, TONE_BAD, "UNHEALTHY");
    card_row(card, LINE(say_text("x")));
    row_cell(card, "state", "failing");
    row_cell(card, "check", "db");
    got = shown(card, &(struct view){ .now = NOW, .colour = true });
    cr_expect_str_eq(got, "\x1b[31m🔴 UNHEALTHY\x1b[0m\n\n"
                          "\x1b[1mSTATE    CHECK\x1b[0m\n"
                          "\x1b[31mfailing\x1b[0m  db\n");
    free(got);
}

/* An answer is data: it cannot colour, move or hide anything. */
Test(show, no_control_reaches_the_terminal)
{
    json_t *card = json_pack(
        "{s:s, s:s, s:{s:s}, s:[{s:s, s:{s:s}, s:s}], s:[s], s:[{s:s, s:s}]}",
        "title", "a\x1b[31m", "tone", "ok", "fields", "f\x1b", "v\x1b", "rows",
        "text", "t\x1b", "cells", "c\x1b", "d\x1b", "payload", "p\x1b", "notes",
        "n\x1b", "actions", "label", "l\x1b", "command", "c\x1b");
    enum show_how hows[] = { SHOW_TABLE, SHOW_TEXT };

    for (size_t i = 0; i < 2; i++) {
        struct buf out = { 0 };

        show_card(&out, card, &(struct view){ .how = hows[i], .now = NOW });
        cr_expect(!strchr(buf_text(&out), '\x1b'), "%s", buf_text(&out));
        buf_dispose(&out);
    }
    json_decref(card);
}

/* As Slack has it, but for how opsbot is called. */
Test(show, plain_text_is_that_of_the_card)
{
    struct card *card = letters("opsctl ops");
    char *want = render_text(card), *got;

    card_free(card);
    got =
        shown(letters("/ops"), &(struct view){ .how = SHOW_TEXT, .now = NOW });
    cr_expect_str_eq(got, want);
    free(want);
    free(got);
}

/* What is not as it should be is left out, not believed. */
Test(show, a_card_of_another_shape_is_no_crash)
{
    static const char *const cards[] = {
        "{}",
        "{\"title\":1,\"rows\":{},\"fields\":[],\"actions\":[1,{}],"
        "\"notes\":[1]}",
        "{\"rows\":[1,{\"cells\":[]},{\"items\":{}},{\"cells\":{\"a\":1}},"
        "{\"items\":[1,{}]}]}",
        "{\"rows\":[{\"details\":[{}],\"payload\":3}],\"lead\":null}",
    };

    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        for (int how = SHOW_TABLE; how <= SHOW_TEXT; how++) {
            json_t *card = json_loads(cards[i], 0, NULL);
            struct buf out = { 0 };

            cr_assert(card);
            show_card(&out, card,
                      &(struct view){ .how = (enum show_how)how,
                                      .longer = true,
                                      .now = NOW });
            buf_dispose(&out);
            json_decref(card);
        }
}

/*
 * What a card keeps: copies, cleaned, for as long as it is not reset.
 */
#include "blocks/card.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "core/base/mem.h"

static struct card *card;

static void setup(void)
{
    card = card_new();
}

static void teardown(void)
{
    card_free(card);
}

TestSuite(card, .init = setup, .fini = teardown);

static void text_is(const char *expected)
{
    char *text = render_text(card);

    cr_expect_str_eq(text, expected);
    free(text);
}

Test(card, keeps_copies)
{
    char word[] = "before";

    card_row(card, LINE(say_text(word)));
    strcpy(word, "after!");
    text_is("before\n");
}

Test(card, free_takes_null)
{
    card_free(NULL);
}

Test(card, is_empty_until_something_is_put_in)
{
    cr_expect(card_empty(card));
    card_audience(card, AUDIENCE_CHANNEL);
    card_nonce(card, "n");
    cr_expect(card_empty(card));
    card_note(card, LINE(say_text("x")));
    cr_expect_not(card_empty(card));
}

Test(card, can_be_used_again)
{
    for (int i = 0; i < 3; i++) {
        card_reset(card);
        cr_expect(card_empty(card));
        for (int j = 0; j < 500; j++)
            card_row(card, LINE(say_fmt(card, "row %d", j)));
    }
    card_reset(card);
    card_row(card, LINE(say_text("last")));
    text_is("last\n");
}

Test(card, a_second_title_or_lead_takes_the_place_of_the_first)
{
    card_title(card, TONE_BAD, "one");
    card_title(card, TONE_OK, "two");
    card_lead(card, LINE(say_text("one")));
    card_lead(card, LINE(say_text("two")));
    text_is("✅ two\ntwo\n");
}

Test(card, details_payload_and_buttons_belong_to_the_last_row)
{
    card_row(card, LINE(say_text("a")));
    card_row(card, LINE(say_text("b")));
    card_detail(card, LINE(say_text("d1")));
    card_detail(card, LINE(say_text("d2")));
    card_payload(card, "p\n");
    card_row_action(card, &(struct action){ .label = "Go", .command = "go b" });
    text_is("a\nb\n  d1\n  d2\n    p\n  → /ops go b  (Go)\n");
}

Test(card, without_a_row_they_make_one)
{
    card_payload(card, "p");
    card_detail(card, LINE(say_text("d")));
    text_is("  d\n    p\n");
}

Test(card, what_is_hidden_or_broken_does_not_get_in)
{
    card_row(card, LINE(say_text("a\xff\x1b[31m\nb\u202ec\u200bd")));
    text_is("a\uFFFD[31m bcd\n");
}

Test(card, absent_texts_are_empty)
{
    card_lead(card, NULL);
    card_field(card, NULL, LINE(say_text(NULL), say_user("U1", NULL)));
    card_row(card, LINE(say_link(NULL, NULL), say_code(NULL)));
    card_payload(card, NULL);
    card_nonce(card, NULL);
    card_action(card, &(struct action){ .label = NULL, .command = NULL });
    text_is(": U1\n\n\n→ /ops \n");
}

Test(card, an_enormous_text_is_cut)
{
    char *text = xmalloc(200001), *shown;

    memset(text, 'y', 200000);
    text[200000] = '\0';
    card_payload(card, text);
    card_title(card, TONE_NONE, "%s", text);
    shown = render_text(card);
    cr_expect_lt(strlen(shown), 140000);
    cr_expect(strstr(shown, "y…"));
    free(shown);
    free(text);
}

Test(card, is_typed_as_people_call_the_bot)
{
    static const char *const names[] = { "/bot", "", NULL };
    static const char *const shown[] = { "/bot", "/ops", "/ops" };

    for (size_t i = 0; i < 3; i++) {
        char want[64], *text;

        card_reset(card);
        card_slash(card, names[i]);
        card_lead(card, LINE(say_typed(card, "ping")));
        card_row(card, LINE(say_typed(card, "")));
        card_row_action(card, &(struct action){ .label = "A", .command = "a" });
        card_action(card, &(struct action){ .label = "B", .command = "b" });
        text = render_text(card);
        snprintf(want, sizeof want,
                 "%s ping\n\n%s\n  → %s a  (A)\n\n→ %s b  (B)\n", shown[i],
                 shown[i], shown[i], shown[i]);
        cr_expect(strstr(text, want), "%s", text);
        free(text);
    }
}

Test(card, a_nonce_holds_no_separators)
{
    char *message;

    card_nonce(card, "a:b c%d");
    card_action(card, &(struct action){ .label = "Go", .command = "go" });
    message = render_message(card, RENDER_POST, 0);
    cr_expect(strstr(message, "\"value\":\"1:abcd:-:go\""));
    cr_expect(strstr(message, "\"block_id\":\"abcd.1\""));
    free(message);
}

static void json_has(const char *part)
{
    char *json = render_json(card);

    cr_expect(strstr(json, part), "no %s in %s", part, json);
    free(json);
}

Test(card, cells_are_what_a_row_says_for_machines)
{
    card_row(card, LINE(say_text("orders  3")));
    row_cell(card, "stream", "orders\n\x01");
    row_cell_number(card, "entries", 3);
    row_cell_at(card, "oldest", INT64_C(1795442887000));
    text_is("orders  3\n");
    json_has("\"rows\":[{\"text\":\"orders  3\",\"cells\":{\"stream\":\"orders "
             "\",\"entries\":\"3\",\"oldest\":\"2026-11-23T14:08:07.000Z\"}}]");
}

Test(card, what_is_not_known_has_no_cell)
{
    card_row(card, LINE(say_text("x")));
    row_cell(card, "a", NULL);
    row_cell(card, "b", "");
    row_cell_number(card, "c", -1);
    row_cell_at(card, "d", 0);
    row_cell_at(card, "e", INT64_MAX);
    json_has("\"rows\":[{\"text\":\"x\"}]");
}

Test(card, a_row_stands_for_several_things)
{
    card_row(card, LINE(say_text("2 passing")));
    row_item(card);
    row_cell(card, "check", "a");
    row_item(card);
    row_cell(card, "check", "b");
    json_has("\"items\":[{\"check\":\"a\"},{\"check\":\"b\"}]");
}

Test(card, a_cell_without_a_row_makes_one)
{
    row_cell(card, "a", "1");
    json_has("\"rows\":[{\"text\":\"\",\"cells\":{\"a\":\"1\"}}]");
}

Test(card, the_closing_line_is_there_for_machines_too)
{
    card_closing(card, LINE(say_text("Overall Status: HEALTHY")));
    json_has("\"closing\":\"Overall Status: HEALTHY\"");
}

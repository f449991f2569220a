/*
 * What whole cards look like: golden files, and the steps of the size guard.
 */
#include "blocks/render.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/blocks/golden.h"

#define NOW INT64_C(1795442887000) /* 2026-11-23T14:08:07Z */
#define MIN INT64_C(60000)

static struct card *card;

static void setup(void)
{
    card = card_new();
}

static void teardown(void)
{
    card_free(card);
}

TestSuite(render, .init = setup, .fini = teardown);

/* The three forms of the card, and it is gone. */
static void golden_forms(const char *name, enum render_for how)
{
    char file[64], *message = render_message(card, how, 0);
    char *text = render_text(card), *json = render_json(card);

    snprintf(file, sizeof file, "%s.blocks.json", name);
    golden_json(file, message);
    snprintf(file, sizeof file, "%s.txt", name);
    golden_text(file, text);
    snprintf(file, sizeof file, "%s.json", name);
    golden_json(file, json);
    free(message);
    free(text);
    free(json);
}

static void dlq_row(const char *stream, const char *depth, int64_t minutes,
                    const char *cause, const char *command)
{
    card_row(card, LINE(say_bold(stream), say_fmt(card, "  %s  oldest ", depth),
                        say_when(NOW - minutes * MIN, NOW)));
    card_detail(card, LINE(say_text("top cause: "), say_text(cause)));
    card_row_action(card,
                    &(struct action){ .label = "Show", .command = command });
}

Test(render, a_list_with_a_button_to_each_row)
{
    card_nonce(card, "n7F3K");
    card_title(card, TONE_MAIL, "Dead letters: %s in %d of %d streams", "4,112",
               2, 5);
    dlq_row("notify.events", "4,102", 26,
            "HTTP 500 from hooks.slack.com ×3,980", "dlq show notify.events");
    dlq_row("pnl.events", "10", 180, "missing field \"amount\" ×10",
            "dlq show pnl.events");
    card_note(card, LINE(say_text("✅ no dead letters: orders, fills, audit")));
    golden_forms("list", RENDER_ANSWER);
}

static void page_entry(const char *id, const char *payload)
{
    char requeue[100], discard[100];

    snprintf(requeue, sizeof requeue, "dlq requeue notify.events %s", id);
    snprintf(discard, sizeof discard, "dlq discard notify.events %s", id);
    card_row(card, LINE(say_code(id), say_text(" · attempt 3 · "),
                        say_when(NOW - 30 * MIN, NOW)));
    card_detail(card, LINE(say_text("HTTP 500 <html> & no body")));
    card_payload(card, payload);
    card_row_action(card, &(struct action){ .label = "Requeue",
                                            .command = requeue,
                                            .style = STYLE_PRIMARY });
    card_row_action(card,
                    &(struct action){ .label = "Discard",
                                      .command = discard,
                                      .style = STYLE_DANGER,
                                      .confirm = "It is gone for good." });
}

Test(render, a_page_with_buttons)
{
    card_nonce(card, "n1");
    card_title(card, TONE_MAIL, "notify.events: 1 to 2 of 12");
    card_lead(card, LINE(say_text("Last requeued by "),
                         say_user("U0ANN", "ann"), say_text(", "),
                         say_when(NOW - 3000 * MIN, NOW), say_text(".")));
    card_field(card, "Stream", LINE(say_code("notify.events")));
    card_field(
        card, "Runbook",
        LINE(say_link("dead letters", "https://wiki.example/dlq?a=1&b=2")));
    page_entry("1700000000000-0",
               "{\"amount\": 1,\n \"note\": \"```x <!here>\"}");
    page_entry("1700000000001-0", "{}");
    card_action(card, &(struct action){ .label = "Next 10",
                                        .command = "dlq show notify.events "
                                                   "--page 2",
                                        .replace = true });
    golden_forms("page", RENDER_REPLACE);
}

Test(render, a_refusal)
{
    card_title(card, TONE_REFUSED, "You may not requeue dead letters");
    card_lead(card, LINE(say_text("It needs the right "),
                         say_code("dlq.requeue"), say_text(", which "),
                         say_user("U0LEE", "lee"), say_text(" has. Ask in "),
                         say_channel("C0OPS"), say_text(".")));
    golden_forms("refusal", RENDER_ANSWER);
}

Test(render, an_effect_is_posted)
{
    card_audience(card, AUDIENCE_CHANNEL);
    card_title(card, TONE_REQUEUE, "Requeued 1 of 1 · notify.events");
    card_lead(card, LINE(say_code("1700000000000-0"), say_text(" → "),
                         say_code("1700000555000-0"), say_text(" · by "),
                         say_user("U0ANN", "ann"), say_text(" · op 7F3K")));
    golden_forms("effect", RENDER_POST);
}

Test(render, an_empty_card_still_says_something)
{
    cr_expect(card_empty(card));
    golden_forms("empty", RENDER_ANSWER);
}

static void huge(size_t rows, size_t text)
{
    char *long_text = malloc(text + 1);

    memset(long_text, 'x', text);
    long_text[text] = '\0';
    card_title(card, TONE_BAD, "%s", long_text);
    card_lead(card, LINE(say_bold("Everything "), say_text(long_text)));
    for (size_t i = 0; i < rows; i++) {
        card_row(card, LINE(say_fmt(card, "row %zu ", i), say_text(long_text)));
        card_detail(card, LINE(say_text("detail "), say_text(long_text)));
        card_payload(card, long_text);
    }
    free(long_text);
}

Test(render, a_huge_card_is_cut)
{
    char *message;

    huge(48, 5000);
    message = render_message(card, RENDER_ANSWER, RENDER_ACK_BYTES);
    cr_expect_leq(strlen(message), (size_t)RENDER_ACK_BYTES);
    golden_json("huge.blocks.json", message);
    free(message);
}

/* ---- the steps ----------------------------------------------------------- */

static bool says(size_t max_bytes, const char *what)
{
    char *message = render_message(card, RENDER_ANSWER, max_bytes);
    bool found = strstr(message, what) != NULL;

    cr_expect(strlen(message) <= max_bytes, "%zu > %zu", strlen(message),
              max_bytes);
    free(message);
    return found;
}

Test(render, degrades_in_steps)
{
    huge(10, 400);
    cr_expect(says(19000, "row 9"));
    cr_expect(says(19000, "detail"));
    cr_expect_not(says(6000, "row 9"));
    cr_expect(says(6000, "more"));
    cr_expect(says(6000, "detail"));
    cr_expect_not(says(2700, "detail"));
    cr_expect(says(2700, "\"blocks\""));
    cr_expect_not(says(700, "\"blocks\""));
    cr_expect(says(200, "…"));
}

Test(render, a_replaced_message_loses_its_old_blocks_with_text_too)
{
    char *message;

    huge(1, 400);
    message = render_message(card, RENDER_REPLACE, 400);
    cr_expect(strstr(message, "\"blocks\":[]"));
    cr_expect(strstr(message, "\"replace_original\":true"));
    free(message);
}

Test(render, rows_without_buttons_share_a_section)
{
    char *message;
    json_t *root;

    for (int i = 0; i < 10; i++)
        card_row(card, LINE(say_fmt(card, "row %d", i)));
    message = render_message(card, RENDER_POST, 0);
    root = json_loads(message, 0, NULL);
    cr_expect_eq(json_array_size(json_object_get(root, "blocks")), 1);
    json_decref(root);
    free(message);
}

Test(render, what_cannot_be_carried_by_a_button_can_be_typed)
{
    char command[PRESS_COMMAND + 10], *message, *text;

    memset(command, 'x', sizeof command);
    command[sizeof command - 1] = '\0';
    card_title(card, TONE_OK, "Done");
    card_action(card, &(struct action){ .label = "Go", .command = command });
    message = render_message(card, RENDER_POST, 0);
    text = render_text(card);
    cr_expect_not(strstr(message, "button"));
    cr_expect(strstr(text, "→ /ops xxx"));
    free(message);
    free(text);
}

Test(render, a_summary_is_title_and_lead)
{
    char *summary;

    card_title(card, TONE_HALT, "HALTED · all");
    card_lead(card, LINE(say_text("by "), say_user("U0ANN", "ann")));
    summary = render_summary(card);
    cr_expect_str_eq(summary, "⛔ HALTED · all — by @ann");
    free(summary);
}

Test(render, a_long_summary_is_cut_between_characters)
{
    char *summary;

    card_title(card, TONE_NONE, "%s", "");
    for (int i = 0; i < 2; i++)
        card_row(card, LINE(say_text("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
                                     "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")));
    summary = render_summary(card);
    cr_expect_eq(strlen(summary), 149 * 4 + strlen("…"));
    free(summary);
}

/* The mark between title and lead is written only where both are. */
Test(render, a_blank_title_leaves_the_whole_lead_in_the_summary)
{
    char *summary;

    card_title(card, TONE_NONE, " ");
    card_lead(card, LINE(say_text("three")));
    summary = render_summary(card);
    cr_expect_not_null(strstr(summary, "three"), "%s", summary);
    cr_expect_null(strstr(summary, "—"), "%s", summary);
    free(summary);
}

/* What the poster sends, and what it reads from answers. */
#include "bot/outbox/poster_body.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

#define T(s) ((char *)(size_t)(s))

static struct outbox_row row;
static char *body;
static struct json_doc *doc;

static void start(void)
{
    row = (struct outbox_row){ .id = 7,
                               .op = T("OP1"),
                               .channel = T("C1"),
                               .body = T(""),
                               .response_url = T(""),
                               .thing = T(""),
                               .ts = T(""),
                               .thread_ts = T(""),
                               .created_at = 1700000600000 };
}

static void stop(void)
{
    json_doc_free(doc);
    free(body);
}

TestSuite(poster_body, .init = start, .fini = stop);

/* Takes what was made, and looks into it. */
static void made(char *text)
{
    struct err err = { 0 };

    stop();
    body = text;
    doc = json_doc_parse(body, strlen(body), &err);
    cr_assert(doc, "%s: %s", err.text, body);
}

static void is(const char *path, const char *want)
{
    cr_expect_str_eq(json_doc_str(doc, path), want, "%s in %s", path, body);
}

static const struct body_marks none;

Test(poster_body, a_post_names_its_row)
{
    made(body_post(&row, "{\"text\":\"hi\"}", &none));
    is("text", "hi");
    is("channel", "C1");
    is("metadata.event_type", "opsbot_outbox");
    is("metadata.event_payload.op", "OP1");
    cr_expect_eq(json_doc_int(doc, "metadata.event_payload.row", 0), 7);
    cr_expect_not(json_doc_has(doc, "metadata.event_payload.thing"));
    cr_expect_not(json_doc_has(doc, "thread_ts"));
    row.thing = T("job:1");
    row.thread_ts = T("17.1");
    made(body_post(&row, "{\"text\":\"hi\"}", &none));
    is("metadata.event_payload.thing", "job:1");
    is("thread_ts", "17.1");
}

Test(poster_body, an_edit_takes_the_old_blocks_away)
{
    row.ts = T("17.1");
    made(body_edit(&row, "{\"text\":\"hi\",\"unfurl_links\":false}"));
    is("ts", "17.1");
    cr_expect(json_doc_has(doc, "blocks"));
    cr_expect_eq(json_doc_count(doc, "blocks"), 0u);
    cr_expect_not(json_doc_has(doc, "unfurl_links"));
    made(body_edit(&row,
                   "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}]}"));
    cr_expect_eq(json_doc_count(doc, "blocks"), 1u);
}

Test(poster_body, what_is_late_says_how_late)
{
    const char *message =
        "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}]}";

    made(body_post(&row, message, &(struct body_marks){ .late_ms = 60000 }));
    is("text", "hi");
    cr_expect_eq(json_doc_count(doc, "blocks"), 1u);
    made(body_post(&row, message, &(struct body_marks){ .late_ms = 190000 }));
    is("text", "[3 m 10 s late] hi");
    is("blocks.1.type", "context");
    is("blocks.1.elements.0.text", "\xE2\x8F\xB3 3 m 10 s late");
}

Test(poster_body, what_is_late_says_why)
{
    made(body_post(
        &row, "{\"text\":\"hi\"}",
        &(struct body_marks){ .late_ms = 190000, .delay = OUTBOX_LIMITED }));
    is("text", "[3 m 10 s late (Slack limit)] hi");
    made(body_post(
        &row, "{\"text\":\"hi\"}",
        &(struct body_marks){ .late_ms = 7200000, .delay = OUTBOX_DOWN }));
    is("text", "[2 h 0 m late (opsbot was down)] hi");
}

/* A card with a colour has its blocks in an attachment. */
Test(poster_body, a_mark_is_seen_on_a_card_with_a_colour)
{
    made(body_post(&row,
                   "{\"text\":\"hi\",\"attachments\":[{\"color\":\"#a00\","
                   "\"blocks\":[{\"type\":\"divider\"}]}]}",
                   &(struct body_marks){ .late_ms = 190000 }));
    is("attachments.0.blocks.1.elements.0.text", "\xE2\x8F\xB3 3 m 10 s late");
}

Test(poster_body, a_card_that_is_posted_again_says_why)
{
    made(body_post(&row,
                   "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}]}",
                   &(struct body_marks){ .lost = "message_not_found" }));
    is("text", "(posted again) hi");
    is("blocks.1.elements.0.text", "Posted again: the first card was deleted.");
    made(body_post(&row,
                   "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}]}",
                   &(struct body_marks){ .lost = "edit_window_closed" }));
    cr_expect(strstr(json_doc_str(doc, "blocks.1.elements.0.text"),
                     "could not be edited"));
    made(body_edit(&row, "{\"text\":\"hi\"}"));
    is("text", "hi");
}

Test(poster_body, what_may_be_there_twice_says_so)
{
    made(body_url("{\"text\":\"hi\"}",
                  &(struct body_marks){ .late_ms = 190000, .repeated = true }));
    is("text", "(repeated) [3 m 10 s late] hi");
    is("response_type", "in_channel");
    cr_expect(json_doc_has(doc, "replace_original"));
    cr_expect_not(json_doc_has(doc, "blocks"), "text alone stays text alone");
}

/* The thread of a roll-call is that of many cards. */
Test(poster_body, a_line_in_a_thread_of_many_says_what_it_is_about)
{
    made(body_post(&row,
                   "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}]}",
                   &(struct body_marks){ .about = "A-12" }));
    is("text", "A-12: hi");
    is("blocks.1.elements.0.text", "about *A-12*");
}

/* Slack's limit of blocks is kept. */
Test(poster_body, fifty_blocks_stay_fifty)
{
    struct buf b = { 0 };

    buf_str(&b, "{\"text\":\"hi\",\"blocks\":[{\"type\":\"divider\"}");
    for (int i = 1; i < 50; i++)
        buf_str(&b, ",{\"type\":\"divider\"}");
    buf_str(&b, "]}");
    made(body_post(&row, buf_text(&b),
                   &(struct body_marks){ .late_ms = 190000 }));
    cr_expect_eq(json_doc_count(doc, "blocks"), 50u);
    is("text", "[3 m 10 s late] hi");
    buf_dispose(&b);
}

Test(poster_body, what_is_no_message_is_a_text)
{
    made(body_post(&row, "not JSON", &none));
    is("text", "not JSON");
}

Test(poster_body, the_fallback_says_where_why_and_what)
{
    char text[6000];

    made(body_fallback(&row, "{\"text\":\"hi\"}", "is_archived"));
    is("text",
       "This could not be posted in <#C1>: the channel is archived.\nhi");
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"text\":\"", 9);
    strcpy(text + sizeof text - 4, "\"}");
    made(body_fallback(&row, text, "never_heard_of"));
    cr_expect_lt(strlen(json_doc_str(doc, "text")), 3000u);
    cr_expect(strstr(json_doc_str(doc, "text"), ": never_heard_of.\n"));
}

Test(poster_body, looks_where_it_must_be)
{
    made(body_look(&row, NULL));
    is("channel", "C1");
    is("oldest", "1700000000.000000");
    cr_expect_not(json_doc_has(doc, "ts"));
    row.thing = T("job:1");
    row.thread_ts = T("17.1");
    made(body_look(&row, "next"));
    is("ts", "17.1");
    is("cursor", "next");
    cr_expect_not(json_doc_has(doc, "oldest"), "it may be older than its row");
}

#define META(payload)                                                          \
    "\"metadata\":{\"event_type\":\"opsbot_outbox\",\"event_"                  \
    "payload\":" payload "}"

static void finds(const char *answer, const char *want)
{
    char *ts = body_found(answer, &row);

    if (want)
        cr_expect_str_eq(ts, want);
    else
        cr_expect_null(ts);
    free(ts);
}

Test(poster_body, a_message_is_found_by_row_and_operation)
{
    finds(
        "{\"messages\":[{\"ts\":\"1\"},{\"ts\":\"2\"," META(
            "{\"row\":8,\"op\":\"OP1\"}") "},{\"ts\":\"3\"," META("{\"row\":7,"
                                                                  "\"op\":"
                                                                  "\"OP1\"}") "}]}",
        "3");
    finds("{\"messages\":[{\"ts\":\"3\"," META(
              "{\"row\":7,\"op\":\"OF ANOTHER DATABASE\"}") "}]}",
          NULL);
    finds("{\"messages\":[{\"ts\":\"3\",\"metadata\":{\"event_type\":\"x\","
          "\"event_payload\":{\"row\":7,\"op\":\"OP1\"}}}]}",
          NULL);
    finds("{}", NULL);
    finds("", NULL);
}

/* The newest of them, whoever posted it. */
Test(poster_body, a_card_is_found_by_its_thing)
{
    row.thing = T("halt:1");
    finds(
        "{\"messages\":[{\"ts\":\"9\"," META(
            "{\"row\":7,\"op\":\"OP1\"}") "},"
                                          "{\"ts\":\"5\"," META(
                                              "{\"thing\":\"halt:1\"}") "},"
                                                                        "{\"ts"
                                                                        "\":"
                                                                        "\"4\""
                                                                        "," META(
                                                                            "{"
                                                                            "\""
                                                                            "th"
                                                                            "in"
                                                                            "g"
                                                                            "\""
                                                                            ":"
                                                                            "\""
                                                                            "ha"
                                                                            "lt"
                                                                            ":1"
                                                                            "\""
                                                                            "}") "}]}",
        "5");
}

Test(poster_body, reads_the_ts_and_the_next_page)
{
    char *ts = body_ts("{\"ok\":true,\"ts\":\"17.1\"}"),
         *none_given = body_ts("ok");
    char *next = body_cursor("{\"response_metadata\":{\"next_cursor\":\"n\"}}");

    cr_expect_str_eq(ts, "17.1");
    cr_expect_str_eq(none_given, "");
    cr_expect_str_eq(next, "n");
    cr_expect_null(
        body_cursor("{\"response_metadata\":{\"next_cursor\":\"\"}}"));
    free(ts);
    free(none_given);
    free(next);
}

/* In the place of the card that somebody pressed on, for everybody. */
Test(poster_body, a_click_replaces_its_card)
{
    made(body_replace(
        "{\"text\":\"hi\",\"attachments\":[{\"color\":\"#a30200\"}],"
        "\"unfurl_links\":false}"));
    is("text", "hi");
    is("response_type", "in_channel");
    is("attachments.0.color", "#a30200");
    cr_expect(json_doc_bool(doc, "replace_original"));
    cr_expect_not(json_doc_has(doc, "unfurl_links"));
    cr_expect_not(json_doc_has(doc, "channel"));
    cr_expect(json_doc_has(doc, "blocks"), "the old ones would stay");
}

/* Posted while Postgres was away: nobody knew its thing by then. */
Test(poster_body, a_card_without_a_thing_is_found_by_its_operation)
{
    row.thing = T("alert:7");
    finds(
        "{\"messages\":[{\"ts\":\"9\"," META(
            "{\"op\":\"OP2\"}") "},"
                                "{\"ts\":\"8\"," META(
                                    "{\"row\":7,\"op\":\"OP1\"}") "},"
                                                                  "{\"ts\":"
                                                                  "\"5\"," META(
                                                                      "{\"op\":"
                                                                      "\"OP1\""
                                                                      "}") "}]"
                                                                           "}",
        "5");
    finds("{\"messages\":[{\"ts\":\"5\"," META(
              "{\"op\":\"OP1\",\"thing\":\"alert:8\"}") "}]}",
          NULL);
}

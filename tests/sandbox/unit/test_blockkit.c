/* What Slack accepts as blocks and views, and what it fills in. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/blockkit/blockkit.h"

static json_t *parse(const char *text)
{
    json_error_t where;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &where);

    cr_assert_not_null(json, "%s: %s", where.text, text);
    return json;
}

/* The first problem as text, or "": nothing wrong. */
static char *first_problem(json_t *problems)
{
    json_t *texts = blockkit_texts(problems, "");
    const char *first = json_string_value(json_array_get(texts, 0));
    char *copy = xstrdup(first ? first : "");

    json_decref(texts);
    json_decref(problems);
    return copy;
}

static void expect_on(enum surface surface, const char *blocks,
                      const char *problem)
{
    json_t *json = parse(blocks);
    char *is = first_problem(blockkit_check(json, surface, "/blocks"));

    cr_expect_str_eq(is, problem, "%s\n  gives %s\n  not   %s", blocks, is,
                     problem);
    free(is);
    json_decref(json);
}

static void expect(const char *blocks, const char *problem)
{
    expect_on(SURFACE_MESSAGE, blocks, problem);
}

static void expect_view(const char *view, const char *problem)
{
    json_t *json = parse(view);
    char *is = first_problem(blockkit_check_view(json));

    cr_expect_str_eq(is, problem, "%s\n  gives %s\n  not   %s", view, is,
                     problem);
    free(is);
    json_decref(json);
}

/* n times the text. New. */
static char *times(size_t n, const char *text)
{
    struct buf b = { 0 };

    while (n--)
        buf_str(&b, text);
    return buf_take(&b);
}

/* The pattern with n characters for its %s. */
static void expect_long(const char *before, size_t n, const char *after,
                        const char *problem)
{
    char *middle = times(n, "é");
    char *blocks = xasprintf("%s%s%s", before, middle, after);

    expect(blocks, problem);
    free(blocks);
    free(middle);
}

#define PLAIN(text)   "{\"type\":\"plain_text\",\"text\":\"" text "\"}"
#define MRKDWN(text)  "{\"type\":\"mrkdwn\",\"text\":\"" text "\"}"
#define SECTION(text) "{\"type\":\"section\",\"text\":" MRKDWN(text) "}"
#define BUTTON(id, more)                                                       \
    "{\"type\":\"button\",\"action_id\":\"" id "\",\"text\":" PLAIN("Go") more \
        "}"
#define ACTIONS(elements) "{\"type\":\"actions\",\"elements\":[" elements "]}"
#define OPTION(text)      "{\"text\":" PLAIN(text) ",\"value\":\"" text "\"}"

Test(blockkit, accepts_what_is_right)
{
    expect("[]", "");
    expect("[" SECTION("hi") ",{\"type\":\"divider\"}]", "");
    expect("[" ACTIONS(BUTTON("a", ",\"style\":\"danger\"")) "]", "");
    expect("[{\"type\":\"context\",\"elements\":[" MRKDWN("x") "," PLAIN(
               "y") ",{\"type\":\"image\",\"image_url\":\"https://x.example/"
                    "a.png\","
                    "\"alt_text\":\"z\"}]}]",
           "");
    expect("[{\"type\":\"rich_text\",\"elements\":[{\"type\":"
           "\"rich_text_list\",\"style\":\"bullet\",\"elements\":[{\"type\":"
           "\"rich_text_section\",\"elements\":[{\"type\":\"text\",\"text\":"
           "\"x\",\"style\":{\"bold\":true}}]}]}]}]",
           "");
    expect("[{\"type\":\"table\",\"rows\":[[{\"type\":\"raw_text\",\"text\":"
           "\"a\"},{\"type\":\"raw_text\",\"text\":\"b\"}]]}]",
           "");
}

Test(blockkit, refuses_what_it_does_not_know)
{
    expect("{}", "must be an array [json-pointer:/blocks]");
    expect("[1]", "must be an object [json-pointer:/blocks/0]");
    expect("[{}]", "missing required field: type [json-pointer:/blocks/0]");
    expect("[{\"type\":\"sektion\"}]",
           "unsupported type: sektion [json-pointer:/blocks/0/type]");
    expect("[{\"type\":\"divider\",\"extra\":1}]",
           "invalid additional property: extra [json-pointer:/blocks/0]");
    expect("[" ACTIONS("{\"type\":\"knob\"}") "]",
           "unsupported type: knob [json-pointer:/blocks/0/elements/0/type]");
    expect("[{\"type\":\"raw_text\",\"text\":\"x\"}]",
           "unsupported type: raw_text [json-pointer:/blocks/0/type]");
}

Test(blockkit, refuses_what_is_missing_or_of_the_wrong_type)
{
    expect("[{\"type\":\"section\"}]",
           "missing required field: text or fields [json-pointer:/blocks/0]");
    expect("[{\"type\":\"header\",\"text\":" MRKDWN("x") "}]",
           "must be a valid enum value [json-pointer:/blocks/0/text/type]");
    expect("[{\"type\":\"section\",\"text\":\"x\"}]",
           "must be an object [json-pointer:/blocks/0/text]");
    expect("[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\"}}]",
           "missing required field: text [json-pointer:/blocks/0/text]");
    expect(
        "[{\"type\":\"section\",\"text\":" MRKDWN("x") ",\"expand\":\"yes\"}]",
        "must be a boolean [json-pointer:/blocks/0/expand]");
    expect("[" ACTIONS("") "]",
           "must have at least 1 items [json-pointer:/blocks/0/elements]");
    expect("[" ACTIONS("{\"type\":\"plain_text_input\"}") "]",
           "unsupported type: plain_text_input "
           "[json-pointer:/blocks/0/elements/0/type]");
}

Test(blockkit, counts_characters_and_not_bytes)
{
    expect("[" SECTION("") "]",
           "must be more than 0 characters [json-pointer:/blocks/0/text/text]");
    expect_long("[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
                "\"text\":\"",
                3000, "\"}}]", "");
    expect_long("[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
                "\"text\":\"",
                3001, "\"}}]",
                "must be less than 3001 characters "
                "[json-pointer:/blocks/0/text/text]");
    expect_long("[{\"type\":\"header\",\"text\":{\"type\":\"plain_text\","
                "\"text\":\"",
                151, "\"}}]",
                "must be less than 151 characters "
                "[json-pointer:/blocks/0/text/text]");
    expect_long("[{\"type\":\"section\",\"fields\":[{\"type\":\"mrkdwn\","
                "\"text\":\"",
                2001, "\"}]}]",
                "must be less than 2001 characters "
                "[json-pointer:/blocks/0/fields/0/text]");
    expect_long("[{\"type\":\"divider\",\"block_id\":\"", 256, "\"}]",
                "must be less than 256 characters "
                "[json-pointer:/blocks/0/block_id]");
}

Test(blockkit, buttons)
{
    expect("[" ACTIONS(BUTTON("a", ",\"style\":\"loud\"")) "]",
           "must be a valid enum value "
           "[json-pointer:/blocks/0/elements/0/style]");
    expect("[" ACTIONS(BUTTON("a", ",\"url\":\"javascript:x\"")) "]",
           "must be a valid URL [json-pointer:/blocks/0/elements/0/url]");
    expect("[" ACTIONS(BUTTON("a", ",\"confirm\":{}")) "]",
           "missing required field: title "
           "[json-pointer:/blocks/0/elements/0/confirm]");
    expect_long("[{\"type\":\"actions\",\"elements\":[{\"type\":\"button\","
                "\"text\":" PLAIN("x") ",\"value\":\"",
                2001, "\"}]}]",
                "must be less than 2001 characters "
                "[json-pointer:/blocks/0/elements/0/value]");
}

Test(blockkit, ids_are_unique)
{
    expect("[{\"type\":\"divider\",\"block_id\":\"a\"},"
           "{\"type\":\"divider\",\"block_id\":\"a\"}]",
           "`block_id` \"a\" already exists [json-pointer:/blocks/1/block_id]");
    expect("[" ACTIONS(BUTTON("a", "") "," BUTTON("a", "")) "]",
           "`action_id` \"a\" already exists in this block "
           "[json-pointer:/blocks/0/elements/1/action_id]");
    expect("[" ACTIONS(BUTTON("a", "")) "," ACTIONS(BUTTON("a", "")) "]", "");
}

Test(blockkit, selects)
{
    expect("[" ACTIONS("{\"type\":\"static_select\"}") "]",
           "missing required field: options "
           "[json-pointer:/blocks/0/elements/0]");
    expect("[" ACTIONS("{\"type\":\"static_select\",\"options\":[" OPTION(
               "a") "],\"initial_option\":" OPTION("b") "}") "]",
           "must be one of the provided options "
           "[json-pointer:/blocks/0/elements/0/initial_option]");
    expect(
        "[" ACTIONS(
            "{\"type\":\"overflow\",\"options\":[" OPTION("1") "," OPTION("2") "," OPTION(
                "3") "," OPTION("4") "," OPTION("5") "," OPTION("6") "]}") "]",
        "no more than 5 items allowed "
        "[json-pointer:/blocks/0/elements/0/options]");
    expect("[" ACTIONS("{\"type\":\"datepicker\",\"initial_date\":"
                       "\"1.2.2026\"}") "]",
           "must have the format 0000-00-00 "
           "[json-pointer:/blocks/0/elements/0/initial_date]");
}

Test(blockkit, a_message_holds_50_blocks)
{
    char *many = times(49, "{\"type\":\"divider\"},");
    char *fifty = xasprintf("[%s{\"type\":\"divider\"}]", many);
    char *more =
        xasprintf("[%s{\"type\":\"divider\"},{\"type\":\"divider\"}]", many);

    expect(fifty, "");
    expect(more, "no more than 50 items allowed [json-pointer:/blocks]");
    expect_on(SURFACE_HOME, more, "");
    free(many);
    free(fifty);
    free(more);
}

Test(blockkit, surfaces)
{
    const char *input = "[{\"type\":\"input\",\"label\":" PLAIN(
        "L") ",\"element\":{\"type\":\"plain_text_input\"}}]";

    expect(input, "unsupported type: input [json-pointer:/blocks/0/type]");
    expect_on(SURFACE_MODAL, input, "");
    expect_on(SURFACE_MODAL, "[{\"type\":\"markdown\",\"text\":\"x\"}]",
              "unsupported type: markdown [json-pointer:/blocks/0/type]");
}

Test(blockkit, views)
{
    expect_view("{\"type\":\"modal\",\"title\":" PLAIN("T") ",\"blocks\":[]}",
                "");
    expect_view("{\"type\":\"home\",\"blocks\":[]}", "");
    expect_view("{\"type\":\"modal\",\"blocks\":[]}",
                "missing required field: title [json-pointer:/view]");
    expect_view("{\"type\":\"page\",\"blocks\":[]}",
                "must be a valid enum value [json-pointer:/view/type]");
    expect_view("{\"type\":\"home\",\"blocks\":[],\"title\":" PLAIN("T") "}",
                "invalid additional property: title [json-pointer:/view]");
    expect_view("{\"type\":\"modal\",\"title\":" PLAIN(
                    "A title of 25 characters!") ",\"blocks\":[]}",
                "must be less than 25 characters "
                "[json-pointer:/view/title/text]");
    expect_view("{\"type\":\"modal\",\"title\":" PLAIN(
                    "T") ",\"blocks\":[{\"type\":"
                         "\"input\","
                         "\"label\":" PLAIN("L") ",\"element\":{"
                                                 "\"type\":\"plain_"
                                                 "text_input\"}}]}",
                "missing required field: submit (the view has input blocks) "
                "[json-pointer:/view]");
}

Test(blockkit, attachments)
{
    json_t *good =
        parse("[{\"color\":\"#f00\",\"blocks\":[" SECTION("x") "]}]");
    json_t *bad = parse("[{\"blocks\":[" SECTION("") "]}]");
    char *problem;

    cr_expect_null(blockkit_check_attachments(good));
    problem = first_problem(blockkit_check_attachments(bad));
    cr_expect_str_eq(problem,
                     "must be more than 0 characters "
                     "[json-pointer:/attachments/0/blocks/0/text/text]");
    free(problem);
    json_decref(good);
    json_decref(bad);
}

Test(blockkit, fills_in_what_slack_fills_in)
{
    unsigned next = 0;
    json_t *blocks =
        parse("[{\"type\":\"actions\",\"elements\":[{\"type\":"
              "\"button\",\"text\":" PLAIN("x") "}]}," SECTION("y") "]");
    json_t *filled = blockkit_fill(blocks, &next);
    json_t *first = json_array_get(filled, 0);
    json_t *button = json_array_get(json_object_get(first, "elements"), 0);
    json_t *second = json_array_get(filled, 1);

    cr_expect(json_is_string(json_object_get(first, "block_id")));
    cr_expect(json_is_string(json_object_get(button, "action_id")));
    cr_expect_not(json_equal(json_object_get(first, "block_id"),
                             json_object_get(second, "block_id")));
    cr_expect(json_is_true(
        json_object_get(json_object_get(button, "text"), "emoji")));
    cr_expect(json_is_false(
        json_object_get(json_object_get(second, "text"), "verbatim")));
    cr_expect_null(json_object_get(json_array_get(blocks, 0), "block_id"),
                   "the original stays");
    cr_expect_null(blockkit_check(filled, SURFACE_MESSAGE, "/blocks"),
                   "what is filled in is acceptable itself");
    json_decref(filled);
    json_decref(blocks);
}

Test(blockkit, length_is_of_all_texts)
{
    json_t *blocks = parse(
        "[" SECTION("éé") ",{\"type\":\"header\",\"text\":" PLAIN("abc") "}]");

    cr_expect_eq(blockkit_length(blocks), 5);
    json_decref(blocks);
}

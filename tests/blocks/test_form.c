/* form: a description as a view, and what comes back of it. */
#include "blocks/form.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/form_read.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

static const struct form_option colours[] = { { "red", "🔴 Red" },
                                              { "blue", "🔵 Blue" },
                                              { NULL, NULL } };
static const struct form_field fields[] = {
    { .name = "colour",
      .kind = FORM_SELECT,
      .label = "Colour",
      .options = colours },
    { .name = "title",
      .kind = FORM_LINE,
      .label = "Title",
      .placeholder = "What is it?",
      .hint = "One line.",
      .most = 20 },
    { .name = "story",
      .kind = FORM_TEXT,
      .flag = true,
      .optional = true,
      .label = "Story" },
    { .name = NULL },
};
static const struct form form = { "A title that is too long for a modal",
                                  "Do it", fields };

static struct form_fill fill(void)
{
    return (struct form_fill){ .command = "thing do 12",
                               .nonce = "7F3K21ABCDEFGHJK",
                               .channel = "C0OPS",
                               .response_url = "https://hooks.slack.com/x" };
}

static json_t *view_with(const struct form_fill *f)
{
    char *text = form_view(&form, f);
    json_t *view = json_loads(text, 0, NULL);

    cr_assert(view, "%s", text);
    free(text);
    return view;
}

/* As Slack gives it back: with what was filled in. */
static json_t *filled(const char *colour, const char *title, const char *story)
{
    struct form_fill f = fill();
    json_t *view = view_with(&f);

    json_object_set_new(view, "state",
                        json_pack("{s{s{s{s{ss?}}} s{s{ss?}} s{s{ss?}}}}",
                                  "values", "colour", "word", "selected_option",
                                  "value", colour, "title", "word", "value",
                                  title, "story", "flag", "value", story));
    return view;
}

static void reads(json_t *view, const char *typed)
{
    struct form_read read;

    form_read(view, &read);
    cr_expect_str_eq(read.typed, typed);
    form_read_dispose(&read);
    json_decref(view);
}

/* ---- out ------------------------------------------------------------------------ */

Test(form, a_view)
{
    const char *initial[] = { "blue", "a \"b\"", NULL };
    struct form_fill f = fill();

    f.title = "Do 12";
    f.intro = "About <@U0ANN> *this*";
    f.initial = initial;
    shown_body("form", form_view(&form, &f));
}

static const char *text_in(const json_t *object, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(object, key), "text"));
}

Test(form, what_is_too_long_is_cut)
{
    const char *initial[] = { "green", "twenty-one characters", NULL };
    struct form_fill f = fill();
    json_t *view, *element;

    f.initial = initial;
    view = view_with(&f);
    cr_expect_str_eq(text_in(view, "title"), "A title that is too lon…");
    element = json_object_get(
        json_array_get(json_object_get(view, "blocks"), 1), "element");
    cr_expect_str_eq(
        json_string_value(json_object_get(element, "initial_value")),
        "twenty-one characte…");
    element = json_object_get(
        json_array_get(json_object_get(view, "blocks"), 0), "element");
    cr_expect_null(json_object_get(element, "initial_option"), "no green");
    json_decref(view);
}

/* Better without an answer than without a form. */
Test(form, a_url_that_does_not_fit_is_left_out)
{
    struct form_fill f = fill();
    struct buf url = { 0 };
    struct form_read read;
    json_t *view;

    buf_str(&url, "https://x/");
    while (url.len < 4000)
        buf_char(&url, 'u');
    f.response_url = url.data;
    view = view_with(&f);
    cr_expect_lt(json_string_length(json_object_get(view, "private_metadata")),
                 3000);
    form_read(view, &read);
    cr_expect_str_eq(read.response_url, "");
    cr_expect_str_eq(read.channel, "C0OPS");
    form_read_dispose(&read);
    json_decref(view);
    buf_dispose(&url);
}

/* ---- in ------------------------------------------------------------------------- */

Test(form, filled_in_is_typed)
{
    reads(filled("red", "Plain", NULL), "thing do 12 red Plain");
    reads(filled("red", "two words", "a\nb"),
          "thing do 12 red \"two words\" --story \"a\nb\"");
    reads(filled("red", "--all", ""), "thing do 12 red \"--all\"");
    reads(filled(NULL, NULL, NULL), "thing do 12 \"\" \"\"");
    reads(filled("red", "<!channel> & \"q\"", "--x=1"),
          "thing do 12 red \"&lt;!channel> & \\\"q\\\"\" --story \"--x=1\"");
}

Test(form, says_who_where_and_how_to_answer)
{
    json_t *view = filled("red", "x", NULL);
    struct form_read read;

    form_read(view, &read);
    cr_expect_str_eq(read.nonce, "7F3K21ABCDEFGHJK");
    cr_expect_str_eq(read.channel, "C0OPS");
    cr_expect_str_eq(read.response_url, "https://hooks.slack.com/x");
    cr_expect_str_eq(read.field, "colour");
    cr_expect_str_eq(read.message, "");
    cr_expect_eq(read.seen, 0);
    form_read_dispose(&read);
    json_decref(view);
}

/* The card whose button opened it, and what that card said. */
Test(form, knows_the_card_that_it_was_opened_from)
{
    struct form_fill f = fill();
    struct form_read read;
    json_t *view;

    f.message = "1795442887.000100";
    f.seen = 7;
    view = view_with(&f);
    form_read(view, &read);
    cr_expect_str_eq(read.message, "1795442887.000100");
    cr_expect_eq(read.seen, 7);
    form_read_dispose(&read);
    json_decref(view);
}

Test(form, what_is_not_ours_types_nothing)
{
    static const char *const views[] = {
        "{}",
        "{\"callback_id\":\"opsbot.form\"}",
        "{\"callback_id\":\"opsbot.form\",\"private_metadata\":\"nonsense\"}",
        "{\"callback_id\":\"opsbot.form\",\"private_metadata\":\"{}\"}",
        ("{\"callback_id\":\"theirs\",\"private_metadata\":"
         "\"{\\\"command\\\":\\\"ping\\\"}\"}"),
        "{\"blocks\":7,\"state\":[],\"callback_id\":{}}",
    };

    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        reads(json_loads(views[i], 0, NULL), "");
    reads(NULL, "");
}

/* ---- answers -------------------------------------------------------------------- */

static void is_json(char *text, const char *want)
{
    cr_expect_str_eq(text, want);
    free(text);
}

Test(form, answers)
{
    is_json(form_close(), "{\"response_action\":\"clear\"}");
    is_json(form_refusal("title", "Too \"long\""),
            "{\"response_action\":\"errors\",\"errors\":{\"title\":"
            "\"Too \\\"long\\\"\"}}");
    cr_expect_null(form_refusal("", "x"));
}

/* Twice: the line is replaced, not added to. */
Test(form, a_problem_stands_above_what_was_filled_in)
{
    json_t *view = filled("red", "x", NULL), *frame, *answer;
    char *first, *second, *text;

    frame = json_pack("{s{so}}", "payload", "view", view);
    text = json_dumps(frame, 0);
    first = form_problem(text, strlen(text), "Postgres is away.");
    json_decref(frame);
    free(text);
    answer = json_loads(first, 0, NULL);
    frame = json_pack("{s{sO}}", "payload", "view",
                      json_object_get(answer, "view"));
    text = json_dumps(frame, 0);
    second = form_problem(text, strlen(text), "Still away.");
    golden_json("form_problem.json", second);
    json_decref(frame);
    json_decref(answer);
    free(text);
    free(first);
    free(second);
    cr_expect_null(form_problem("{}", 2, "x"));
    cr_expect_null(form_problem("", 0, "x"));
}

Test(form, an_end_in_the_modal)
{
    char *said = form_said("incident open", "INC-1 is open");

    golden_json("form_said.json", said);
    free(said);
}

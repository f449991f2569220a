/* What people type, as the rich text of the event that the app gets. */
#include <criterion/criterion.h>

#include "tests/sandbox/world/talk.c"

/* The elements of the one section, as compact JSON. */
static void expect_elements(const char *text, const char *elements)
{
    json_t *blocks = rich_text(text);
    const json_t *section = json_array_get(
        json_object_get(json_array_get(blocks, 0), "elements"), 0);
    char *got = json_dumps(json_object_get(section, "elements"),
                           JSON_COMPACT | JSON_SORT_KEYS);

    cr_expect_str_eq(json_string_value(json_object_get(section, "type")),
                     "rich_text_section");
    cr_expect_str_eq(got, elements, "%s: %s", text, got);
    free(got);
    json_decref(blocks);
}

Test(talk, a_mention_and_what_is_said)
{
    expect_elements("<@U0BOT> status",
                    "[{\"type\":\"user\",\"user_id\":\"U0BOT\"},"
                    "{\"text\":\" status\",\"type\":\"text\"}]");
}

Test(talk, each_mark_is_an_element)
{
    expect_elements("<#C0OPS|ops>",
                    "[{\"channel_id\":\"C0OPS\",\"type\":\"channel\"}]");
    expect_elements("<!subteam^S0ONCALL|@oncall>",
                    "[{\"type\":\"usergroup\","
                    "\"usergroup_id\":\"S0ONCALL\"}]");
    expect_elements("<!here>", "[{\"range\":\"here\",\"type\":\"broadcast\"}]");
    expect_elements("<https://a.b/c|label>",
                    "[{\"text\":\"label\",\"type\":\"link\","
                    "\"url\":\"https://a.b/c\"}]");
    expect_elements("<https://a.b>",
                    "[{\"type\":\"link\",\"url\":\"https://a.b\"}]");
}

Test(talk, rich_text_is_not_escaped)
{
    expect_elements("a &lt;b&gt; &amp;amp; &quot;",
                    "[{\"text\":\"a <b> &amp; &quot;\",\"type\":\"text\"}]");
}

Test(talk, a_lone_sign_is_text)
{
    expect_elements("a < b", "[{\"text\":\"a \",\"type\":\"text\"},"
                             "{\"text\":\"< b\",\"type\":\"text\"}]");
    expect_elements("<", "[{\"text\":\"<\",\"type\":\"text\"}]");
    expect_elements("", "[]");
}

Test(talk, what_people_type_is_escaped_but_for_marks)
{
    char *text = act_escaped("a <b> & <@U0ANN> <https://x.y|z>");

    cr_expect_str_eq(text, "a &lt;b&gt; &amp; <@U0ANN> <https://x.y|z>");
    free(text);
}

Test(talk, the_bot_is_mentioned_with_a_label_or_without)
{
    cr_expect(mentions_bot("hello <@U0BOT>"));
    cr_expect(mentions_bot("<@U0BOT|opsbot> hello"));
    cr_expect_not(mentions_bot("<@U0BOTTOM> hello"));
    cr_expect_not(mentions_bot("@opsbot hello"));
    cr_expect_not(mentions_bot("<@U0BOT"));
}

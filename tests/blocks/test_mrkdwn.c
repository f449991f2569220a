/*
 * Data stays data in Slack's markup, and cuts fall between things.
 */
#include "blocks/mrkdwn.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/model.h"
#include "blocks/render.h"

#define NOW INT64_C(1795442887000) /* 2026-11-23T14:08:07Z */

/* A line as the lead of a card has it; until the next call. */
static const char *line_cut(const struct span *line, size_t limit)
{
    static struct buf out;
    struct card *card = card_new();
    struct ink ink;

    buf_cut(&out, 0);
    card_lead(card, line);
    ink_start(&ink, &out, limit);
    ink_line(&ink, card->lead, limit);
    cr_expect_eq(ink.units, clean_units(buf_text(&out)), "%s", out.data);
    cr_expect_leq(ink.units, limit);
    card_free(card);
    return buf_text(&out);
}

#define expect_line(expected, ...)                                             \
    cr_expect_str_eq(line_cut(LINE(__VA_ARGS__), 1000), expected)

Test(mrkdwn, three_characters_are_escaped)
{
    expect_line("a &amp; b &lt;c&gt; &amp;amp;", say_text("a & b <c> &amp;"));
}

Test(mrkdwn, nothing_in_a_text_is_a_mention_or_a_link)
{
    expect_line("&lt;!channel&gt; &lt;@U1&gt; &lt;https://x|y&gt; @channel",
                say_text("<!channel> <@U1> <https://x|y> @channel"));
    expect_line("`&lt;!here&gt;`", say_code("<!here>"));
    expect_line("*&lt;!here&gt;*", say_bold("<!here>"));
}

Test(mrkdwn, markers_in_a_text_do_not_mark)
{
    expect_line("∗bold* ˍitalic_ ∼strike~ ˋcodeˋ",
                say_text("*bold* _italic_ ~strike~ `code`"));
    expect_line("snake_case_name 2 * 3 a*b", say_text("snake_case_name 2 * 3 "
                                                      "a*b"));
}

Test(mrkdwn, a_line_that_starts_with_a_bracket_is_no_quote)
{
    expect_line("› x &gt; y", say_text("> x > y"));
    expect_line(" \u2002› x", say_text("  > x"));
}

Test(mrkdwn, spaces_in_a_row_stay_apart)
{
    expect_line("*orders* \u200212 \u2002\u2002oldest", say_bold("orders"),
                say_text("  12   oldest"));
    expect_line("`a  b`", say_code("a  b"));
}

Test(mrkdwn, names_of_emoji_are_not_emoji)
{
    expect_line("∶white_check_mark: HEALTHY",
                say_text(":white_check_mark: HEALTHY"));
    expect_line("at 14:02:33 redis:stream:x :: a:",
                say_text("at 14:02:33 redis:stream:x :: a:"));
}

Test(mrkdwn, code_and_bold_cannot_be_left)
{
    expect_line("`aˋ *b* ˋc`", say_code("a` *b* `c"));
    expect_line("*a∗ ∗b*", say_bold("a* *b"));
}

Test(mrkdwn, markers_stand_where_slack_takes_them)
{
    expect_line("*a* b", say_bold("a "), say_text("b"));
    expect_line("(`a`)", say_text("("), say_code("a"), say_text(")"));
    expect_line("ab", say_bold("a"), say_text("b"));
    expect_line("ab", say_bold("a"), say_code("b"));
    expect_line(" \u2002", say_bold("  "));
    expect_line("", say_code(""));
}

Test(mrkdwn, users_and_channels)
{
    expect_line("<@U0ANN> in <#C0OPS>", say_user("U0ANN", "ann"),
                say_text(" in "), say_channel("C0OPS"));
    expect_line("@ann #c&gt;", say_user("u0>ann", "ann"), say_text(" "),
                say_channel("c>"));
    expect_line("U0&gt;&lt;!here&gt;", say_user("U0><!here>", NULL));
}

Test(mrkdwn, user_groups)
{
    expect_line("<!subteam^S0ONCALL> may", say_group("S0ONCALL", "oncall"),
                say_text(" may"));
    expect_line("@on&gt;call", say_group("S0>x", "on>call"));
    expect_line("here|@all", say_group("here|@all", ""));
}

Test(mrkdwn, moments)
{
    expect_line("<!date^1795442527^{time}|14:02 UTC> (6 m ago)",
                say_when(NOW - 360000, NOW));
    expect_line("<!date^1795270087^{date_short_pretty} {time}|2026-11-21 "
                "14:08 UTC> (2 d 0 h ago)",
                say_when(NOW - 172800000, NOW));
    expect_line("<!date^1795443487^{time}|14:18 UTC> (in 10 m)",
                say_when(NOW + 600000, NOW));
    expect_line("<!date^1795442887^{time}|14:08 UTC> (just now)",
                say_when(NOW, NOW));
    expect_line("at an unknown time", say_when(-1, NOW));
    expect_line("at an unknown time", say_when(INT64_MAX, INT64_MIN));
}

Test(mrkdwn, links)
{
    expect_line("<https://x.example/?a=1&amp;b=%7C%3E%20%C3%A9|∗docs* &lt;b>",
                say_link("*docs* <b", "https://x.example/?a=1&b=|> é"));
    expect_line("<https://x.example>", say_link("", "https://x.example"));
    expect_line("docs (javascript:x)", say_link("docs", "javascript:x"));
    expect_line("docs", say_link("docs", NULL));
}

Test(mrkdwn, a_cut_splits_nothing)
{
    const struct span *line =
        LINE(say_text("a & b "), say_bold("bold & <x> "), say_code("c`d&e"),
             say_text(" "), say_user("U0ANN", "ann"), say_text(" 😀 "),
             say_when(NOW, NOW), say_link("l & m", "https://x.example"));

    for (size_t limit = 1; limit < 160; limit++) {
        const char *text = line_cut(line, limit);
        size_t stars = 0, ticks = 0, open = 0, shut = 0;

        for (const char *p = text; *p; p++) {
            stars += *p == '*';
            ticks += *p == '`';
            open += *p == '<';
            shut += *p == '>';
            cr_expect(*p != '&' || !strncmp(p, "&amp;", 5) ||
                          !strncmp(p, "&lt;", 4) || !strncmp(p, "&gt;", 4),
                      "%s", text);
        }
        cr_expect(stars % 2 == 0 && ticks % 2 == 0 && open == shut, "%s", text);
    }
}

Test(mrkdwn, wide_characters_count_twice)
{
    cr_expect_str_eq(line_cut(LINE(say_text("😀😀😀")), 5), "😀😀…");
    cr_expect_str_eq(line_cut(LINE(say_text("ééééé")), 4), "ééé…");
}

static const char *payload_cut(const char *text, size_t limit)
{
    static struct buf out;
    struct ink ink;

    buf_cut(&out, 0);
    ink_start(&ink, &out, limit);
    ink_raw(&ink, "row");
    ink_payload(&ink, text, limit);
    cr_expect_eq(ink.units, clean_units(out.data));
    cr_expect_leq(ink.units, limit);
    return out.data;
}

Test(mrkdwn, a_payload_cannot_leave_its_fence)
{
    cr_expect_str_eq(payload_cut("{`a`: \"```\"} <x>\n\n", 100),
                     "row\n```\n{`a`: \"ˋˋˋ\"} &lt;x&gt;\n```");
    cr_expect_str_eq(
        payload_cut("0123456789012345678901234567890123456789", 36),
        "row\n```\n0123456789012345678901…\n```");
    cr_expect_str_eq(payload_cut("x", 10), "row…");
    cr_expect_str_eq(payload_cut(" \n", 100), "row");
}

Test(mrkdwn, a_payload_of_many_lines_is_cut)
{
    char lines[500];
    const char *text;
    size_t count = 0;

    memset(lines, '\n', sizeof lines);
    lines[498] = 'x';
    lines[499] = '\0';
    lines[0] = 'y';
    for (size_t i = 1; i < 498; i += 2)
        lines[i] = 'z';
    text = payload_cut(lines, 2000);
    for (const char *p = text; *p; p++)
        count += *p == '\n';
    cr_expect_lt(count, 45);
    cr_expect(strstr(text, "…\n```"));
}

Test(mrkdwn, plain_text_is_not_escaped_but_holds_no_tokens)
{
    struct buf out = { 0 };
    struct ink ink;

    ink_start(&ink, &out, 100);
    ink_text(&ink, "a & b < 2% <!here> :x: 14:02", INK_PLAIN);
    cr_expect_str_eq(out.data, "a & b < 2% ‹!here> ∶x: 14:02");
    buf_dispose(&out);
}

Test(mrkdwn, escape_repairs_too)
{
    struct buf out = { 0 };

    mrkdwn_escape(&out, "a<b>\xff&\nc\x01");
    cr_expect_str_eq(out.data, "a&lt;b&gt;\uFFFD&amp;\nc");
    mrkdwn_escape(&out, NULL);
    buf_dispose(&out);
}

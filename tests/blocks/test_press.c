/*
 * A button's value comes back as it was, or not at all.
 */
#include "blocks/render.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/model.h"

static struct press press;

static const char *round_trip(const char *nonce, bool replace,
                              const char *command)
{
    static struct buf value;

    buf_cut(&value, 0);
    cr_assert(press_write(&value, nonce, replace, command));
    cr_expect(render_press(value.data, &press), "%s", value.data);
    cr_expect_str_eq(press.nonce, nonce);
    cr_expect_str_eq(press.command, command);
    cr_expect_eq(press.replace, replace);
    return value.data;
}

Test(press, comes_back_as_it_was)
{
    cr_expect_str_eq(round_trip("n1", false, "dlq show notify.events"),
                     "1:n1:-:dlq show notify.events");
    cr_expect_str_eq(round_trip("", true, "dlq list --page 2"),
                     "1::r:dlq list --page 2");
    round_trip("a-b_C.9", true, "x : y :: %25 & < > \" \\ `");
    round_trip("n", false, "ack é 😀 \u202e");
}

Test(press, is_ascii_without_what_slack_rewrites)
{
    const char *value = round_trip("n", false, "a&b<c>d%e é");

    cr_expect_str_eq(value, "1:n:-:a%26b%3Cc%3Ed%25e %C3%A9");
}

Test(press, what_cannot_be_carried_is_not_written)
{
    static const char *const bad[] = { "", "   ", "a\nb", "a\x7f", "\xff" };
    char longest[PRESS_COMMAND + 1];
    struct buf out = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(press_write(&out, "n", false, bad[i]));
    memset(longest, 'x', PRESS_COMMAND);
    longest[PRESS_COMMAND] = '\0';
    cr_expect_not(press_write(&out, "n", false, longest));
    memset(longest, '&', 800);
    cr_expect_not(press_write(&out, "n", false, longest));
    cr_expect_eq(out.len, 0);
    longest[PRESS_COMMAND - 1] = '\0';
    memset(longest, 'x', PRESS_COMMAND - 1);
    round_trip("n", true, longest);
    buf_dispose(&out);
}

Test(press, anything_else_is_not_ours)
{
    static const char *const bad[] = {
        "",
        "1",
        "1:",
        "1:n",
        "1:n:",
        "1:n:-",
        "1:n:-:",
        "1:n:-: ",
        "2:n:-:go",
        "1:n:x:go",
        "1:n:R:go",
        "1:n!:-:go",
        "1:n:-:go%",
        "1:n:-:go%2",
        "1:n:-:go%zz",
        "1:n:-:go%00",
        "1:n:-:go%0A",
        "1:n:-:go%41",
        "1:n:-:go%3c",
        "1:n:-:go<",
        "1:n:-:go&amp;",
        "1:n:-:é",
        "1:n:-:%C3",
        "1:0123456789012345678901234567890123456789:-:go",
        " 1:n:-:go",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(render_press(bad[i], &press), "%s", bad[i]);
    cr_expect_not(render_press(NULL, &press));
}

/* The digits behind the last dot of its nonce, if there is nothing else. */
Test(press, a_version)
{
    static const struct {
        const char *nonce;
        int64_t version;
    } some[] = {
        { "7F3K.12", 12 },
        { "7F3K", 0 },
        { "7F3K.", 0 },
        { "7F3K.1x", 0 },
        { ".7", 7 },
        { "a.1.23", 23 },
        { "7F3K.1234567890123456789", 0 },
    };

    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct press one = { 0 };

        strcpy(one.nonce, some[i].nonce);
        cr_expect_eq(press_version(&one), some[i].version, "%s", some[i].nonce);
    }
    cr_expect(render_press_link("0"));
    cr_expect_not(render_press_link("1:n:-:x"));
    cr_expect_not(render_press_link(""));
}

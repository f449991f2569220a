/* The official vector (Slack: "Verifying requests from Slack"), and what must
 * not pass. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/signature.h"

static const char secret[] = "8f742231b10e8888abcd99yyyzzz85a5";
static const char timestamp[] = "1531420618";
static const char body[] =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
    "channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name="
    "roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
    "hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRs"
    "kXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b67"
    "03c";
static const char official[] =
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

Test(signature, the_official_vector)
{
    char text[SIGNATURE_TEXT];

    signature_text(text, secret, strlen(secret), timestamp, body, strlen(body));
    cr_expect_str_eq(text, official);
    cr_expect(signature_fits(secret, official, timestamp, body, strlen(body)));
}

/* Every byte of it counts, and each byte of the body. */
Test(signature, nothing_near_it_passes)
{
    char *wrong = xstrdup(official), *other = xstrdup(body);

    for (size_t i = 0; wrong[i]; i++) {
        char was = wrong[i];

        wrong[i] = was == 'a' ? 'b' : 'a';
        cr_expect_not(
            signature_fits(secret, wrong, timestamp, body, strlen(body)));
        wrong[i] = was;
    }
    for (size_t i = 0; other[i]; i++) {
        other[i] ^= 1;
        cr_expect_not(
            signature_fits(secret, official, timestamp, other, strlen(body)));
        other[i] ^= 1;
    }
    cr_expect_not(
        signature_fits(secret, official, "1531420619", body, strlen(body)));
    cr_expect_not(
        signature_fits(secret, official, timestamp, body, strlen(body) - 1));
    cr_expect_not(signature_fits("8f742231b10e8888abcd99yyyzzz85a6", official,
                                 timestamp, body, strlen(body)));
    cr_expect_not(signature_fits("", official, timestamp, body, strlen(body)));
    free(wrong);
    free(other);
}

/* The colon between timestamp and body cannot be moved: a timestamp is digits
 * alone. */
Test(signature, what_is_signed_cannot_be_shifted)
{
    char text[SIGNATURE_TEXT];

    signature_text(text, secret, strlen(secret), "1531420618", "1:x", 3);
    cr_expect(signature_fits(secret, text, "1531420618:1", "x", 1),
              "the MAC alone does not tell them apart");
    cr_expect_eq(signature_time("1531420618:1"), -1, "but this does");
}

Test(signature, one_of_two_secrets_is_enough)
{
    static const char *const lists[] = {
        "8f742231b10e8888abcd99yyyzzz85a5,another-secret",
        "another-secret,8f742231b10e8888abcd99yyyzzz85a5",
        " another-secret , 8f742231b10e8888abcd99yyyzzz85a5 ",
    };

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        cr_expect(
            signature_fits(lists[i], official, timestamp, body, strlen(body)));
        cr_expect_eq(signature_secrets(lists[i]), 2);
    }
    cr_expect_not(signature_fits("one-secret,two-secret,"
                                 "8f742231b10e8888abcd99yyyzzz85a5",
                                 official, timestamp, body, strlen(body)),
                  "a third is not looked at");
}

Test(signature, has_one_form)
{
    static const char *const wrong[] = {
        "",
        "v0=",
        "v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "v0=A2114D57B48EAC39B9AD189DD8316235A7B4A8D21A10BD27519666489C69B503",
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b50",
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b5030",
        "V0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };

    cr_expect(signature_formed(official));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_not(signature_formed(wrong[i]), "%zu", i);
        cr_expect_not(
            signature_fits(secret, wrong[i], timestamp, body, strlen(body)));
    }
}

Test(signature, a_timestamp_is_digits)
{
    static const char *const wrong[] = { "",     " 1",  "1 ",
                                         "-1",   "+1",  "1.0",
                                         "0x10", "1e9", "1531420618000" };

    cr_expect_eq(signature_time("1531420618"), 1531420618);
    cr_expect_eq(signature_time("0"), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(signature_time(wrong[i]), -1, "%s", wrong[i]);
}

Test(signature, secrets_are_counted)
{
    cr_expect_eq(signature_secrets(""), 0);
    cr_expect_eq(signature_secrets(" , "), 0);
    cr_expect_eq(signature_secrets(secret), 1);
    cr_expect_eq(signature_secrets("long-enough,long-enough,long-enough"), 3);
    cr_expect_eq(signature_secrets("short"), -1);
    cr_expect_eq(signature_secrets("with\ncontrol-character"), -1);
}

/* What Slack has published about signatures, and answers taken apart. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/sandbox/wire/form.h"
#include "tests/sandbox/wire/reply.h"
#include "tests/sandbox/wire/sign.h"

/* ---- signatures ---------------------------------------------------------- */

Test(sign, slacks_own_example)
{
    static const char body[] =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J"
        "&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        "&user_id=U2CERLKJA&user_name=roadrunner"
        "&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J"
        "%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121."
        "803a0bc887a14d10d2c447fce8b6703c";
    char signature[SIGNATURE_TEXT];

    cr_assert_eq(strlen(body), 362);
    sign_request("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body,
                 strlen(body), signature);
    cr_expect_str_eq(signature,
                     "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd2751966"
                     "6489c69b503");
}

Test(sign, each_part_counts)
{
    char a[SIGNATURE_TEXT], b[SIGNATURE_TEXT];

    sign_request("s", "1", "ab", 2, a);
    sign_request("t", "1", "ab", 2, b);
    cr_expect_str_neq(a, b, "the secret");
    sign_request("s", "2", "ab", 2, b);
    cr_expect_str_neq(a, b, "the time");
    sign_request("s", "1", "ac", 2, b);
    cr_expect_str_neq(a, b, "the body");
    sign_request("s", "1", "a\0", 2, b);
    sign_request("s", "1", "a", 1, a);
    cr_expect_str_neq(a, b, "a NUL in the body");
}

/* ---- forms --------------------------------------------------------------- */

Test(form, as_slack_writes_it)
{
    json_t *fields = json_pack("{ss sn sb si}", "text", "a b/&=+~*-_.\xc3\xbc",
                               "none", "yes", 1, "n", 7);
    struct buf out = { 0 };

    form_object(&out, fields);
    cr_expect_str_eq(buf_text(&out),
                     "text=a+b%2F%26%3D%2B%7E%2A-_.%C3%BC&yes=true&n=7");
    buf_dispose(&out);
    json_decref(fields);
}

/* ---- answers ------------------------------------------------------------- */

/* Every shorter input is an answer that is not all there. */
static void expect_whole(const char *text, bool ended, int status,
                         const char *body, bool keep_alive)
{
    struct reply reply;
    size_t len = strlen(text);

    for (size_t n = 0; n < len; n++)
        cr_expect_eq(reply_parse(text, n, false, &reply), REPLY_MORE,
                     "%zu of: %s", n, text);
    cr_assert_eq(reply_parse(text, len, ended, &reply), REPLY_WHOLE, "%s",
                 text);
    cr_expect_eq(reply.status, status);
    cr_expect_str_eq(buf_text(&reply.body), body);
    cr_expect_eq(reply.keep_alive, keep_alive);
    cr_expect_eq(reply.used, len);
    reply_dispose(&reply);
}

Test(reply, a_length_chunks_and_the_end)
{
    expect_whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200,
                 "ok", true);
    expect_whole("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                 "Content-Length: 0\r\n\r\n",
                 false, 200, "", false);
    expect_whole("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n"
                 "\r\n3;x=1\r\nabc\r\n1\r\nd\r\n0\r\nA: b\r\n\r\n",
                 false, 401, "abcd", true);
    expect_whole("HTTP/1.0 200 OK\r\n\r\nuntil the end", true, 200,
                 "until the end", false);
    expect_whole("HTTP/1.1 204 No Content\r\n\r\n", false, 204, "", true);
}

Test(reply, an_interim_answer_is_skipped)
{
    expect_whole("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                 false, 200, "x", true);
}

Test(reply, headers_of_one_name_are_joined)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nA-b:  one\r\na-B: two\r\n"
                               "Content-Length: 0\r\n\r\nmore";
    struct reply reply;

    cr_assert_eq(reply_parse(text, strlen(text), false, &reply), REPLY_WHOLE);
    cr_expect_str_eq(reply_header(&reply, "a-b"), "one, two");
    cr_expect_str_eq(reply_header(&reply, "none"), "");
    cr_expect_str_eq(text + reply.used, "more");
    reply_dispose(&reply);
}

static void expect_bad(const char *text)
{
    struct reply reply;

    cr_expect_eq(reply_parse(text, strlen(text), true, &reply), REPLY_BAD, "%s",
                 text);
}

Test(reply, what_is_no_answer)
{
    expect_bad("SSH-2.0-OpenSSH_9.2\r\n");
    expect_bad("\x15\x03\x01 this is not HTTP");
    expect_bad("HTTP/1.1 abc OK\r\n\r\n");
    expect_bad("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
    expect_bad("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
    expect_bad("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
               "Content-Length: 1\r\n\r\nx");
    expect_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    expect_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\nabc\r\n0\r\n\r\n");
}

/* text: secrets are hidden wherever they stand, and nothing else is. Tokens
 * are put together here so that no scanner takes this file for a leak. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const char *const extra[] = { "iban", "E-Mail" };

struct masked {
    const char *text, *want;
};

static void expect_all(const struct masked *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *got = text_mask(cases[i].text, extra, 2);

        cr_expect_str_eq(got, cases[i].want, "%s\n-> %s", cases[i].text, got);
        free(got);
    }
}
#define EXPECT_ALL(cases) expect_all(cases, sizeof(cases) / sizeof *(cases))

Test(text_mask, hides_tokens_by_their_looks)
{
    static const struct masked cases[] = {
        { "using xoxb-"
          "123456-abcdef now",
          "using *** now" },
        { "(xapp-"
          "1-A0123-456-abcdef)",
          "(***)" },
        { "x_xoxp-"
          "1234567890",
          "x_***" },
        { "key AKIA"
          "ABCDEFGHIJKLMNOP.",
          "key ***." },
        { "eyJ"
          "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!",
          "***!" },
        { "Bearer abcdef0123456789==", "Bearer ***" },
        { "curl -H 'bearer abcdef0123456789'", "curl -H 'bearer ***'" },
        { "a\n-----BEGIN RSA "
          "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
          "a\n***\nb" },
        { "-----BEGIN "
          "PRIVATE KEY-----\nMIIE",
          "***" },
        { "https://hooks.slack.com/services/"
          "T000/B000/abcdef",
          "https://***" },
    };

    EXPECT_ALL(cases);
}

Test(text_mask, hides_passwords_in_urls)
{
    static const struct masked cases[] = {
        { "redis://:hunter2@host:6379/0", "redis://:***@host:6379/0" },
        { "postgres://u:p@ss/w@db/x", "postgres://u:***@db/x" },
        { "http://host:80/a@b", "http://host:80/a@b" },
        { "http://host/x:y@z", "http://host/x:y@z" },
        { "http://user@host", "http://user@host" },
        { "mailto a@b://c", "mailto a@b://c" },
    };

    EXPECT_ALL(cases);
}

Test(text_mask, hides_values_by_their_names)
{
    static const struct masked cases[] = {
        { "password=hunter2 user=ann", "password=*** user=ann" },
        { "token: abc, x: y", "token: ***, x: y" },
        { "{\"db_password\": \"a\\\"b\", \"n\": 1}",
          "{\"db_password\": \"***\", \"n\": 1}" },
        { "{\\\"secret\\\":\\\"x y\\\",\\\"n\\\":1}",
          "{\\\"secret\\\":\\\"***\\\",\\\"n\\\":1}" },
        { "{'apiKey': 'k', 'b': 2}", "{'apiKey': '***', 'b': 2}" },
        { "\"credentials\": {\"a\": [1, 2]}, \"b\"",
          "\"credentials\": ***, \"b\"" },
        { "Authorization: Basic dXNlcjpwYXNz\nHost: h",
          "Authorization: ***\nHost: h" },
        { "Cookie: a=b; c=d", "Cookie: ***" },
        { "?access_token=abc&x=1", "?access_token=***&x=1" },
        { "spring.datasource.password=p", "spring.datasource.password=***" },
        { "psql --password hunter2 -x", "psql --password *** -x" },
        { "secret => x", "secret => ***" },
        { "iban=DE00 email: a@b", "iban=*** email: ***" },
        { "password=", "password=" },
        { "password: \"\"", "password: \"\"" },
    };

    EXPECT_ALL(cases);
}

Test(text_mask, hides_whole_lists_and_objects)
{
    static const struct masked cases[] = {
        { "{\"password\":[\"]\",\"x\"],\"n\":1}",
          "{\"password\":***,\"n\":1}" },
        { "\"password\":[\"a\\\"]\",\"x\"] b", "\"password\":*** b" },
        { "\"secret\":{\"a\":\"}\",\"b\":\"x\"} c", "\"secret\":*** c" },
        { "\"credentials\":{\"user\":\"u\",\"pw\":\"p\"}}",
          "\"credentials\":***}" },
        { "{\\\"token\\\":[\\\"]\\\",\\\"x\\\"],\\\"n\\\":1}",
          "{\\\"token\\\":***,\\\"n\\\":1}" },
        { "{'token': [\"it's]\", 'x]'], 'n': 1}", "{'token': ***, 'n': 1}" },
        { "token: [it's] n", "token: *** n" },
        { "\"token\":[\"x\",", "\"token\":***" },
    };

    EXPECT_ALL(cases);
}

/* JSON within JSON doubles the backslashes at each level. */
/* However they look: this process's own, which it knows. */
Test(text_mask, hides_what_the_log_hides)
{
    static const struct masked cases[] = {
        { "key correct-horse-1", "key ***" },
        { "redis://:correct-horse-1@h", "redis://:***@h" },
        { "token=correct-horse-1&x=y", "token=***&x=y" },
        { "correct horse", "correct horse" },
    };

    log_secret("correct-horse-1");
    EXPECT_ALL(cases);
}

Test(text_mask, finds_the_end_of_an_escaped_string)
{
    static const struct masked cases[] = {
        { "{\\\"pw\\\":\\\"a\\\\\\\"hunter2\\\",\\\"n\\\":1}",
          "{\\\"pw\\\":\\\"***\\\",\\\"n\\\":1}" },
        { "\\\"pw\\\":\\\"a\\\\\\\\\\\",\\\"n\\\"",
          "\\\"pw\\\":\\\"***\\\",\\\"n\\\"" },
        { "\\\\\\\"pw\\\\\\\":\\\\\\\"a b\\\\\\\",1",
          "\\\\\\\"pw\\\\\\\":\\\\\\\"***\\\\\\\",1" },
        { "\"pw\":\"a\\\\\",\"n\":1", "\"pw\":\"***\",\"n\":1" },
    };

    EXPECT_ALL(cases);
}

Test(text_mask, hides_values_wherever_names_are_written)
{
    static const struct masked cases[] = {
        { "[\"--password\", \"hunter2\", \"-x\"]",
          "[\"--password\", \"***\", \"-x\"]" },
        { "java -token hunter2 x", "java -token *** x" },
        { "--password 'hunter2 x' y", "--password '***' y" },
        { "DB_PASSWORD=a,b;c)d x", "DB_PASSWORD=*** x" },
        { "DB_PASS=hunter2", "DB_PASS=***" },
        { "?API_TOKEN=abc&x=1", "?API_TOKEN=***&x=1" },
        { "?token=abc%20d&x=1", "?token=***&x=1" },
        { "to=%3Fpw%3Dabc%26x%3D1", "to=%3Fpw%3D***%26x%3D1" },
        { "first\\npw=abc", "first\\npw=***" },
        { "{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}",
          "{\"name\":\"DB_PASSWORD\",\"value\":\"***\"}" },
        { "<password>hunter2 x</password>", "<password>***</password>" },
        { "Proxy-Authorization: Basic dXNlcg==", "Proxy-Authorization: ***" },
        { "\"Authorization\",\"Basic dXNlcjpwYXNz\"",
          "\"Authorization\",\"Basic ***\"" },
        { "{\"key\":\"-----BEGIN "
          "PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\"}",
          "{\"key\":\"***\"}" },
    };

    EXPECT_ALL(cases);
}

Test(text_mask, leaves_the_rest)
{
    static const struct masked cases[] = {
        { "tokens_used: 5, monkey=1", "tokens_used: 5, monkey=1" },
        { "the bearer of news", "the bearer of news" },
        { "HTTP 500 from https://hooks.slack.com", NULL },
        { "xoxb-... is a bot token", NULL },
        { "a password is needed", NULL },
        { "Basic authentication failed", NULL },
        { "bypass=1 compass: north", NULL },
        { "[\"token\",\"count\"]", NULL },
        { "<token> expected", NULL },
        { "13:05:22 ok", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = text_mask(cases[i].text, NULL, 0);

        cr_expect_str_eq(got, cases[i].text);
        free(got);
    }
    free(text_mask(NULL, NULL, 0));
}

Test(text_mask, knows_secret_names)
{
    static const char *const yes[] = {
        "password",     "DB_PASSWORD",   "redis_auth", "dbPass", "X-Api-Key",
        "clientSecret", "refresh_token", "Set-Cookie", "iban",   "EMAIL"
    };
    static const char *const no[] = { "user", "token_count", "bypass", "e",
                                      "",     "keys" };
    char *value;

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_expect(text_secret_name(yes[i], extra, 2), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_not(text_secret_name(no[i], extra, 2), "%s", no[i]);
    cr_expect_not(text_secret_name(NULL, NULL, 0));
    value = text_mask_field("email", "a@b", extra, 2);
    cr_expect_str_eq(value, "***");
    free(value);
    value = text_mask_field("note", "password=x", NULL, 0);
    cr_expect_str_eq(value, "password=***");
    free(value);
    value = text_mask_field("token", "", NULL, 0);
    cr_expect_str_eq(value, "");
    free(value);
}

/* Each of these made some draft walk the text once for every character. */
Test(text_mask, stays_linear, .timeout = 60)
{
    static const char *const parts[] = {
        "a",           "a.",      "a ",        "-",         "_.",
        "--a ",        "eyJ.",    "eyJa.",     "[",         ":",
        "://",         "://:",    "xoxb-",     "token:[",   "password:\"\\",
        "-----BEGIN ", "bearer ", "token:[\\", "token:[\"", "\\",
        "%3F",         "\\n",     "a\"",       "a\\",       "-a\"\n",
        "<a>",
    };
    const size_t size = 200000;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *text = xcalloc(1, size + 16), *got;
        int64_t start = clock_mono_ms();

        for (size_t n = 0; n < size; n += strlen(parts[i]))
            memcpy(text + n, parts[i], strlen(parts[i]));
        got = text_mask(text, NULL, 0);
        cr_expect_lt(clock_mono_ms() - start, 20000, "%s", parts[i]);
        free(got);
        free(text);
    }
}

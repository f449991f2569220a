/* config: the rules for single values. */
#include "core/config_check.c"

#include <criterion/criterion.h>

Test(config_check, listen_addresses)
{
    static const char *const good[] = { "127.0.0.1:8710", "localhost:0",
                                        "[::1]:80", "0.0.0.0:65535", "h:1" };
    static const char *const bad[] = {
        "",     ":",    ":80",    "h",       "h:",       "h:65536",
        "h:-1", "h:8 ", "::1:80", "[::1:80", "h:123456", "a b:1"
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(config_address(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(config_address(bad[i]), "%s", bad[i]);
}

Test(config_check, loopback_hosts)
{
    static const char *const good[] = { "localhost", "127.0.0.1", "127.9.9.9",
                                        "[::1]" };
    static const char *const bad[] = { "127.evil.com", "localhost.evil.com",
                                       "10.0.0.1",     "",
                                       "[::2]",        "128.0.0.1" };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(config_loopback(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(config_loopback(bad[i], strlen(bad[i])), "%s", bad[i]);
}

static size_t api_url_problems(const char *url, const char *want)
{
    struct config_source src = { 0 };
    struct problems p = { .src = &src };
    struct config cfg = { .slack.api_url = xstrdup(url) };
    struct err err;
    size_t count;

    check_api_url(&cfg, &p);
    cr_expect_str_eq(cfg.slack.api_url, want);
    free(cfg.slack.api_url);
    count = p.count;
    cr_expect_eq(problems_none(&p, &err), count == 0);
    return count;
}

Test(config_check, api_urls)
{
    static const char *const bad[] = { "slack.com",      "ftp://x/",
                                       "http://x.org/",  "https://",
                                       "https:///api/",  "https://u@h/",
                                       "https://h/?a=b", "https://h h/",
                                       "http://:80/" };

    cr_expect_eq(api_url_problems("https://h/api", "https://h/api/"), 0);
    cr_expect_eq(api_url_problems("http://localhost:1/", "http://localhost:1/"),
                 0);
    cr_expect_eq(api_url_problems("http://[::1]:1", "http://[::1]:1/"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(api_url_problems(bad[i], bad[i]), 1, "%s", bad[i]);
}

Test(config_check, right_words)
{
    static const char *const good[] = { "*", "dlq.*", "dlq.show", "halt",
                                        "unhalt.force" };
    static const char *const bad[] = { "",      "dlq*", "*.show", "d.*.x",
                                       "dlq..", ".dlq", "dlq.",   "Dlq.show",
                                       "**",    "a b",  "dlq.**" };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(right_word(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(right_word(bad[i]), "%s", bad[i]);
}

/* redis_url: REDIS_URL taken apart. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/store/redis.h"

static struct redis_url parsed(const char *text)
{
    struct redis_url url;
    struct err err = { 0 };

    cr_assert(redis_url_parse(text, &url, &err), "%s: %s", text, err.text);
    return url;
}

Test(redis_url, takes_a_full_address_apart)
{
    struct redis_url url = parsed("redis://bot:p%40ss%2F@cache:6380/3");

    cr_expect_str_eq(url.host, "cache");
    cr_expect_eq(url.port, 6380);
    cr_expect_str_eq(url.user, "bot");
    cr_expect_str_eq(url.pass, "p@ss/");
    cr_expect_eq(url.db, 3);
    cr_expect_null(url.path);
    redis_url_dispose(&url);
}

Test(redis_url, fills_in_what_is_left_out)
{
    struct redis_url url = parsed("redis://localhost");

    cr_expect_eq(url.port, 6379);
    cr_expect_eq(url.db, 0);
    cr_expect_null(url.user);
    cr_expect_null(url.pass);
    redis_url_dispose(&url);
    url = parsed("redis://:secret@localhost/");
    cr_expect_null(url.user);
    cr_expect_str_eq(url.pass, "secret");
    redis_url_dispose(&url);
}

Test(redis_url, takes_a_password_with_unescaped_signs)
{
    struct redis_url url = parsed("redis://:a/b@c:d@localhost:7000/1");

    cr_expect_str_eq(url.pass, "a/b@c:d");
    cr_expect_str_eq(url.host, "localhost");
    cr_expect_eq(url.port, 7000);
    redis_url_dispose(&url);
}

Test(redis_url, takes_ipv6_and_sockets)
{
    struct redis_url url = parsed("redis://[::1]:7000/2");

    cr_expect_str_eq(url.host, "::1");
    cr_expect_eq(url.port, 7000);
    redis_url_dispose(&url);
    url = parsed("unix:///run/redis@a.sock?db=5");
    cr_expect_str_eq(url.path, "/run/redis@a.sock");
    cr_expect_eq(url.db, 5);
    cr_expect_null(url.host);
    redis_url_dispose(&url);
    url = parsed("unix://u:p@/run/r.sock");
    cr_expect_str_eq(url.path, "/run/r.sock");
    cr_expect_str_eq(url.pass, "p");
    redis_url_dispose(&url);
}

Test(redis_url, errors_say_what_is_wrong_and_never_the_password)
{
    static const char *const broken[][2] = {
        { "http://x", "must begin" },
        { "redis://", "host is missing" },
        { "redis://:hunter2@", "host is missing" },
        { "redis://:hunter2@h:99999", "port" },
        { "redis://:hunter2@h:0", "port" },
        { "redis://:hunter2@h/x", "database" },
        { "redis://:hunter2%zz@h", "%xx" },
        { "redis://:hunter2%0@h", "%xx" },
        { "redis://u:hunter2", "port" },
        { "redis://[::1", "without `]`" },
        { "unix://relative", "full path" },
        { "unix:///s?x=1", "?db=" },
    };

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct redis_url url;
        struct err err = { 0 };

        cr_assert_not(redis_url_parse(broken[i][0], &url, &err), "%s",
                      broken[i][0]);
        cr_expect_eq(err.kind, ERR_CONFIG);
        cr_expect(strstr(err.text, broken[i][1]), "%s: %s", broken[i][0],
                  err.text);
        cr_expect_not(strstr(err.text, "hunter2"), "%s", err.text);
        redis_url_dispose(&url);
    }
}

#ifndef HAVE_HIREDIS_SSL
Test(redis_url, says_that_tls_needs_another_build)
{
    struct redis_url url;
    struct err err = { 0 };

    cr_assert_not(redis_url_parse("rediss://h", &url, &err));
    cr_expect(strstr(err.text, "hiredis_ssl"), "%s", err.text);
}
#endif

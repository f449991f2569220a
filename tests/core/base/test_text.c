/* text: UTF-8, cuts, what is hidden, nearest words. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define BAD "\xef\xbf\xbd"

static void expect(char *got, const char *want)
{
    cr_expect_str_eq(got, want);
    cr_expect(text_valid(got, strlen(got)));
    free(got);
}

Test(text, knows_utf8)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        { "a", 1 },
        { "\xc3\xa9", 2 },
        { "\xe2\x82\xac", 3 },
        { "\xf0\x9f\x98\x80", 4 },
        { "\xc0\x80", 0 },         /* overlong */
        { "\xe0\x80\xaf", 0 },     /* overlong */
        { "\xf0\x80\x80\x80", 0 }, /* overlong */
        { "\xed\xa0\x80", 0 },     /* surrogate */
        { "\xed\x9f\xbf", 3 },     /* the last one before them */
        { "\xf4\x90\x80\x80", 0 }, /* past U+10FFFF */
        { "\xf5\x80\x80\x80", 0 },
        { "\x80", 0 },
        { "\xe2\x82", 0 }, /* ends too early */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(text_char(cases[i].bytes, strlen(cases[i].bytes)),
                     cases[i].len, "case %zu", i);
    cr_expect_eq(text_char("\xe2\x82\xac", 2), 0);
    cr_expect_eq(text_char("", 0), 0);
    cr_expect_eq(text_length("a\xc3\xa9\xff\xf0\x9f\x98\x80"), 4);
    cr_expect_eq(text_length(NULL), 0);
}

Test(text, repairs)
{
    expect(text_repair("a\xff\xc3\xa9\xc3", 5), "a" BAD "\xc3\xa9" BAD);
    expect(text_repair("a\0b", 3), "a" BAD "b");
    expect(text_repair(NULL, 0), "");
}

Test(text, cuts_by_characters)
{
    expect(text_cut("h\xc3\xa9llo", 5), "h\xc3\xa9llo");
    expect(text_cut("h\xc3\xa9llo", 4), "h\xc3\xa9l\xe2\x80\xa6");
    expect(text_cut("h\xc3\xa9llo", 1), "\xe2\x80\xa6");
    expect(text_cut("h\xc3\xa9llo", 0), "");
    expect(text_cut("a\xff\xff\xff", 3), "a" BAD "\xe2\x80\xa6");
    expect(text_cut(NULL, 3), "");
}

Test(text, knows_what_shows_nothing)
{
    cr_expect(text_blank(NULL));
    cr_expect(text_blank(""));
    cr_expect(text_blank(" \t\r\n"));
    cr_expect(text_blank("\u2003\u3000 \u00a0\u200d"));
    cr_expect_not(text_blank(" a"));
    cr_expect_not(text_blank("\u2003\u00e9"));
    cr_expect_not(text_blank("\xff"));
}

Test(text, makes_plain)
{
    expect(text_plain("a\tb\x1b[31mc\r\nd\x7f"), "a b[31mc\nd");
    expect(text_plain("\xe2\x80\xae"
                      "abc\xe2\x80\x8b\xef\xbb\xbf\xc2\x85"),
           "abc");
    expect(text_plain("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"),
           "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80");
    expect(text_first_line("\n \t\n  one \t\r\ntwo"), "one");
    expect(text_first_line(""), "");
    expect(text_first_line(" \n "), "");
    expect(text_first_line(NULL), "");
}

Test(text, finds_the_nearest_word)
{
    static const char *const names[] = { "streams", "dlq", "health", "halt" };

    cr_expect_str_eq(text_nearest("stream", names, 4), "streams");
    cr_expect_str_eq(text_nearest("haelth", names, 4), "health");
    cr_expect_str_eq(text_nearest("dql", names, 4), "dlq");
    cr_expect_str_eq(text_nearest("hlt", names, 4), "halt");
    cr_expect_null(text_nearest("audit", names, 4));
    cr_expect_null(text_nearest("x", names, 4));
    cr_expect_null(text_nearest("", names, 4));
    cr_expect_null(text_nearest(NULL, names, 4));
}

Test(text, a_number_is_its_digits)
{
    char out[TEXT_NUMBER];

    cr_expect_str_eq(text_number(out, 0), "0");
    cr_expect_str_eq(text_number(out, INT64_MIN), "-9223372036854775808");
}

static void expect_unescaped(const char *from, bool form, const char *to)
{
    char *out = text_unescape(from, strlen(from), form);

    if (to)
        cr_expect_str_eq(out ? out : "(none)", to, "%s", from);
    else
        cr_expect_null(out, "%s", from);
    free(out);
}

Test(text, escapes_of_urls_and_forms)
{
    expect_unescaped("", false, "");
    expect_unescaped("a%2Fb%c3%A4+%2b", false, "a/b\u00e4++");
    expect_unescaped("a%2Fb%c3%A4+%2b", true, "a/b\u00e4 +");
    expect_unescaped("%25%32%35", true, "%25");
    expect_unescaped("a%00b", false, NULL);
    expect_unescaped("a%", false, NULL);
    expect_unescaped("a%2", false, NULL);
    expect_unescaped("a%2g", false, NULL);
    expect_unescaped("a%g2", true, NULL);
    cr_expect_null(text_unescape("a\0b", 3, false));
}

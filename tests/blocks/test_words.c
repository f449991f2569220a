/* Numbers as people read them. Typed words: tests/commands/test_args.c. */
#include "blocks/words.h"

#include <criterion/criterion.h>

Test(words, thousands_are_separated)
{
    char out[WORDS_TEXT];

    cr_expect_str_eq(words_count(0, out), "0");
    cr_expect_str_eq(words_count(999, out), "999");
    cr_expect_str_eq(words_count(4102, out), "4,102");
    cr_expect_str_eq(words_count(1234567, out), "1,234,567");
    cr_expect_str_eq(words_count(-1234, out), "-1,234");
    cr_expect_str_eq(words_count(-123, out), "-123");
    cr_expect_str_eq(words_count(INT64_MIN, out), "-9,223,372,036,854,775,808");
}

Test(words, some_of_all)
{
    char out[WORDS_TEXT];

    cr_expect_str_eq(words_of(2, 5, out), "2 of 5");
    cr_expect_str_eq(words_of(5, 5, out), "5 of 5");
    cr_expect_str_eq(words_of(1, 1, out), "1");
}

Test(words, round_trips)
{
    char out[WORDS_TEXT];

    cr_expect_str_eq(words_us(0, out), "< 0.1 ms");
    cr_expect_str_eq(words_us(99, out), "< 0.1 ms");
    cr_expect_str_eq(words_us(100, out), "0.1 ms");
    cr_expect_str_eq(words_us(300, out), "0.3 ms");
    cr_expect_str_eq(words_us(41234, out), "41 ms");
    cr_expect_str_eq(words_us(1234567, out), "1.2 s");
}

Test(words, lists_and_plurals)
{
    cr_expect_str_eq(words_between(0, 3), "");
    cr_expect_str_eq(words_between(1, 3), ", ");
    cr_expect_str_eq(words_between(2, 3), " and ");
    cr_expect_str_eq(words_s(1), "");
    cr_expect_str_eq(words_s(0), "s");
}

Test(words, an_operation_shows_its_head)
{
    char out[WORDS_TEXT];

    cr_expect_str_eq(words_op("7F3K21ABCDEFGHJK", out), "7F3K21");
    cr_expect_str_eq(words_op("7F", out), "7F");
    cr_expect_str_eq(words_op(NULL, out), "");
}

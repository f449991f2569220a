/* err: formatting, prefixes, and cuts that keep text valid. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/text.h"

Test(err, sets_and_returns_false)
{
    struct err err = { 0 };

    cr_assert_not(err_set(&err, ERR_USER, "`%s` is not an id", "x"));
    cr_assert_eq(err.kind, ERR_USER);
    cr_assert_str_eq(err.text, "`x` is not an id");
    cr_assert_not(err_prefix(&err, "line %d", 3));
    cr_assert_str_eq(err.text, "line 3: `x` is not an id");
    cr_assert_eq(err.kind, ERR_USER);
}

Test(err, is_cut_between_characters)
{
    char word[1000];

    for (size_t shift = 0; shift < 4; shift++) {
        struct err err = { 0 };

        memset(word, 'a', sizeof word);
        for (size_t i = shift; i + 4 < sizeof word; i += 4)
            memcpy(word + i, "\xf0\x9f\x98\x80", 4);
        word[sizeof word - 1] = '\0';
        err_set(&err, ERR_USER, "%s", word);
        cr_expect_geq(strlen(err.text), sizeof err.text - 8);
        cr_expect(text_valid(err.text, strlen(err.text)), "shift %zu", shift);
        err_prefix(&err, "%s", "x");
        cr_expect(text_valid(err.text, strlen(err.text)), "shift %zu", shift);
    }
}

Test(err, every_kind_has_a_name)
{
    for (int kind = ERR_NONE; kind <= ERR_SYSTEM; kind++)
        cr_expect_neq(*err_kind_name((enum err_kind)kind), '\0');
}

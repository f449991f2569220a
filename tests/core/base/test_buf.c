/* buf: growth, cuts, and the empty buffer. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"

Test(buf, is_text_even_when_never_written)
{
    struct buf b = { 0 };
    char *taken;

    cr_assert_str_eq(buf_text(&b), "");
    taken = buf_take(&b);
    cr_assert_str_eq(taken, "");
    free(taken);
    buf_dispose(&b);
}

Test(buf, grows_and_stays_terminated)
{
    struct buf b = { 0 };

    for (int i = 0; i < 10000; i++)
        buf_fmt(&b, "%d,", i % 10);
    cr_assert_eq(b.len, 20000);
    cr_assert_eq(strlen(b.data), b.len);
    cr_assert_gt(b.cap, b.len);
    buf_dispose(&b);
    cr_assert_null(b.data);
}

Test(buf, adds_cuts_and_is_taken)
{
    struct buf b = { 0 };
    char *taken;

    buf_add(&b, "a\0b", 3);
    buf_str(&b, NULL);
    buf_str(&b, "cd");
    buf_char(&b, 'e');
    cr_assert_arr_eq(b.data, "a\0bcde", 7);
    buf_cut(&b, 100);
    cr_assert_eq(b.len, 6);
    buf_cut(&b, 1);
    cr_assert_str_eq(buf_text(&b), "a");
    taken = buf_take(&b);
    cr_assert_str_eq(taken, "a");
    cr_assert_eq(b.len, 0);
    free(taken);
    buf_dispose(&b);
}

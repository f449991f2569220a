/* Bytes in base 64: the examples of RFC 4648, and those that are no text. */
#include "core/base/base64.h"

#include <criterion/criterion.h>

static void expect(const char *bytes, size_t len, const char *text)
{
    struct buf b = { 0 };

    base64_add(&b, bytes, len);
    cr_expect_str_eq(buf_text(&b), text);
    buf_dispose(&b);
}

Test(base64, is_that_of_rfc_4648)
{
    expect("", 0, "");
    expect("f", 1, "Zg==");
    expect("fo", 2, "Zm8=");
    expect("foo", 3, "Zm9v");
    expect("foob", 4, "Zm9vYg==");
    expect("fooba", 5, "Zm9vYmE=");
    expect("foobar", 6, "Zm9vYmFy");
}

Test(base64, takes_all_bytes)
{
    expect("\0ops\0pass", 9, "AG9wcwBwYXNz");
    expect("\xff\xff\xfe", 3, "///+");
}

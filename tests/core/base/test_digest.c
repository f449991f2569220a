/* digest: known hashes, ids that depend on every part and on nothing else. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/digest.h"

Test(digest, agrees_with_fips_180)
{
    char hash[SHA256_HEX];

    digest_sha256(hash, "abc", NULL);
    cr_assert_str_eq(hash, "ba7816bf8f01cfea414140de5dae2223"
                           "b00361a396177a9cb410ff61f20015ad");
    digest_sha256(hash, "", NULL);
    cr_assert_str_eq(hash, "e3b0c44298fc1c149afbf4c8996fb924"
                           "27ae41e4649b934ca495991b7852b855");
}

Test(digest, keeps_parts_apart)
{
    char a[SHA256_HEX], b[SHA256_HEX];

    digest_sha256(a, "ab", "c", NULL);
    digest_sha256(b, "a", "bc", NULL);
    cr_assert_str_neq(a, b);
    digest_sha256(b, "abc", NULL);
    cr_assert_str_neq(a, b);
    digest_sha256(b, "ab", "c", "", NULL);
    cr_assert_str_neq(a, b);
}

Test(digest, derives_operation_ids)
{
    char a[OP_ID], b[OP_ID];

    digest_op(a, "abc", NULL);
    /* The first 80 bits of ba7816bf8f01cfea4141, five at a time. */
    cr_assert_str_eq(a, "Q9W1DFWF077YMGA1");
    cr_assert_eq(strlen(a), OP_ID - 1);
    cr_assert_eq(strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), OP_ID - 1);
    digest_op(b, "abc", NULL);
    cr_assert_str_eq(a, b);
    digest_op(b, "abd", NULL);
    cr_assert_str_neq(a, b);
}

Test(digest, makes_random_ids)
{
    char a[RANDOM_ID], b[RANDOM_ID];

    digest_random(a);
    digest_random(b);
    cr_assert_eq(strlen(a), 16);
    cr_assert_eq(strspn(a, "0123456789abcdef"), 16);
    cr_assert_str_neq(a, b);
}

Test(digest, bytes_as_hex_digits)
{
    char out[2 * 3 + 1];

    digest_hex(out, (const unsigned char[]){ 0x00, 0x9a, 0xff }, 3);
    cr_expect_str_eq(out, "009aff");
}

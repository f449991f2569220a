/* base64: see base64.h. */
#include "core/base/base64.h"

void base64_add(struct buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;

    for (size_t i = 0; i < len; i += 3) {
        unsigned long n = (unsigned long)s[i] << 16;

        n |= i + 1 < len ? (unsigned long)s[i + 1] << 8 : 0;
        n |= i + 2 < len ? s[i + 2] : 0;
        buf_char(out, digits[n >> 18 & 63]);
        buf_char(out, digits[n >> 12 & 63]);
        buf_char(out, i + 1 < len ? digits[n >> 6 & 63] : '=');
        buf_char(out, i + 2 < len ? digits[n & 63] : '=');
    }
}

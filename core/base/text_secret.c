/*
 * text_secret: which field names are those of secrets. Pure, any thread.
 */
#include "core/base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

#define NAME_BYTES 64

/* Without case and what joins words: "X-Api-Key" is "xapikey". Of a long name
 * the end, where its noun is. */
static void plain_name(const char *name, char out[NAME_BYTES])
{
    size_t n = 0, len = strlen(name);

    for (size_t i = len < NAME_BYTES ? 0 : len - NAME_BYTES + 1; i < len; i++)
        if (isalnum((unsigned char)name[i]))
            out[n++] = (char)tolower((unsigned char)name[i]);
    out[n] = '\0';
}

static bool ends_with(const char *s, const char *end)
{
    size_t a = strlen(s), b = strlen(end);

    return a >= b && strcmp(s + a - b, end) == 0;
}

static bool secret_word(const char *name)
{
    static const char *const anywhere[] = {
        "password",  "passwd",     "passphrase", "secret",
        "apikey",    "accesskey",  "privatekey", "authorization",
        "cookie",    "credential", "signingkey", "encryptionkey",
        "masterkey", "accountkey",
    };
    static const char *const at_end[] = { "token", "pwd" };

    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++)
        if (strstr(name, anywhere[i]))
            return true;
    for (size_t i = 0; i < sizeof at_end / sizeof *at_end; i++)
        if (ends_with(name, at_end[i]))
            return true;
    return false;
}

/* Too short to be looked for inside a word: DB_PASS and dbPass, not bypass. */
static bool secret_end(const char *name)
{
    static const char *const ends[] = { "pass", "pw", "auth" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t len = strlen(name), n = strlen(ends[i]);
        const char *at = len >= n ? name + len - n : "";

        if (strcasecmp(at, ends[i]) == 0 &&
            (len == n || !isalnum((unsigned char)at[-1]) ||
             (isupper((unsigned char)*at) && islower((unsigned char)at[-1]))))
            return true;
    }
    return false;
}

bool text_secret_name(const char *name, const char *const *extra, size_t n)
{
    char plain[NAME_BYTES], other[NAME_BYTES];

    if (!name)
        return false;
    plain_name(name, plain);
    if (secret_word(plain) || secret_end(name))
        return true;
    for (size_t i = 0; i < n; i++) {
        plain_name(extra[i], other);
        if (*other && strcmp(plain, other) == 0)
            return true;
    }
    return false;
}

char *text_mask_field(const char *name, const char *value,
                      const char *const *extra, size_t n)
{
    if (text_secret_name(name, extra, n))
        return xstrdup(value && *value ? TEXT_MASKED : "");
    return text_mask(value, extra, n);
}

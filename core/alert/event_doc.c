/*
 * event_doc: JSON as senders really send it. What is nearly JSON is repaired
 * rather than refused: an alert that is dropped for one byte of a log line in
 * its message is lost. No state, any thread.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/event_parts.h"
#include "core/base/text.h"

/* "\u1234" behind the backslash at s; -1: none. */
static int escape_at(const char *s)
{
    int code = 0;

    if (s[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        if (text_hex(s[i]) < 0)
            return -1;
        code = code * 16 + text_hex(s[i]);
    }
    return code;
}

static bool is_high(int code)
{
    return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(int code)
{
    return code >= 0xdc00 && code < 0xe000;
}

/* An escape at s: a NUL, or half of a pair alone, becomes U+FFFD. How many
 * bytes it has. */
static size_t mend_escape(char *s)
{
    int code = escape_at(s);

    if (code < 0)
        return s[1] ? 2 : 1;
    if (is_high(code) && s[6] == '\\' && is_low(escape_at(s + 6)))
        return 12;
    if (code == 0 || is_high(code) || is_low(code))
        memcpy(s + 2, "fffd", 4);
    return 6;
}

/* Control characters become blanks: between values they may be there, within
 * a text they may not. */
static void mend(char *s)
{
    while (*s) {
        if (*s == '\\') {
            s += mend_escape(s);
            continue;
        }
        if ((unsigned char)*s < ' ')
            *s = ' ';
        s++;
    }
}

struct json_doc *event_doc(const char *text, size_t len, struct err *err)
{
    struct json_doc *doc = json_doc_parse(text, len, err);
    struct err again;
    char *mended;

    if (doc)
        return doc;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3; /* a byte order mark */
        len -= 3;
    }
    mended = text_repair(text, len);
    mend(mended);
    doc = json_doc_parse(mended, strlen(mended), &again);
    free(mended);
    return doc;
}

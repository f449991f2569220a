/*
 * press: a button's value, written and taken apart again.
 *
 *     1:<nonce>:<r|->:<command>
 *
 * A nonce that ends in .<digits> says which version of a thing the button
 * stood on: a press on an old card is known for one.
 *
 * 1 is the version of the form, r says that the answer takes the card's place. Slack
 * escapes & < > on the way back in some payloads and rewrites emoji, so that
 * those, % and everything beyond ASCII are written as %XX: what comes back is
 * what was sent. A command is never cut: another command would run.
 */
#include "blocks/model.h"
#include "blocks/render.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

bool press_nonce_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

static bool command_fits(const char *command)
{
    size_t len = strlen(command);
    bool word = false;

    if (len >= PRESS_COMMAND || !text_valid(command, len))
        return false;
    for (const char *p = command; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c < 0x20 || c == 0x7f)
            return false;
        word = word || c != ' ';
    }
    return word;
}

/* Bytes at s that are written as they are. */
static size_t as_they_are(const char *s)
{
    size_t n = 0;

    while (s[n] > 0 && s[n] < 0x7f && s[n] != '&' && s[n] != '<' &&
           s[n] != '>' && s[n] != '%')
        n++;
    return n;
}

bool press_write(struct buf *out, const char *nonce, bool replace,
                 const char *command)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t start = out->len;

    if (!command_fits(command))
        return false;
    buf_str(out, "1:");
    buf_str(out, nonce);
    buf_str(out, replace ? ":r:" : ":-:");
    for (size_t run; *command; command += run) {
        unsigned char c = (unsigned char)*command;

        run = as_they_are(command);
        if (run) {
            buf_add(out, command, run);
        } else {
            buf_add(out, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
            run = 1;
        }
    }
    if (out->len - start <= PRESS_VALUE)
        return true;
    buf_cut(out, start);
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The next byte of a command; -1: none that we would write. */
static int read_byte(const char **p)
{
    const char *s = *p;
    int high, low;

    *p = s + 1;
    if (*s != '%')
        return (unsigned char)*s;
    high = hex_digit(s[1]);
    low = high < 0 ? -1 : hex_digit(s[2]);
    *p = s + 3;
    return low < 0 ? -1 : high * 16 + low;
}

static bool read_command(const char *p, struct press *out)
{
    size_t len = 0;

    while (*p) {
        int c = len < sizeof out->command - 1 ? read_byte(&p) : -1;

        if (c <= 0)
            return false;
        out->command[len++] = (char)c;
    }
    out->command[len] = '\0';
    return true;
}

static const char *read_nonce(const char *p, struct press *out)
{
    size_t len = 0;

    while (press_nonce_char(*p) && len < sizeof out->nonce - 1)
        out->nonce[len++] = *p++;
    out->nonce[len] = '\0';
    return p;
}

/* One way to write each value: what would be written otherwise is not ours. */
static bool written_by_us(const char *value, const struct press *press)
{
    struct buf again = { 0 };
    bool same =
        press_write(&again, press->nonce, press->replace, press->command) &&
        !strcmp(value, again.data);

    buf_dispose(&again);
    return same;
}

bool render_press_link(const char *value)
{
    return !strcmp(value, PRESS_LINK);
}

bool render_press(const char *value, struct press *out)
{
    const char *p;

    memset(out, 0, sizeof *out);
    if (!value || strncmp(value, "1:", 2) != 0)
        return false;
    p = read_nonce(value + 2, out);
    out->replace = !strncmp(p, ":r:", 3);
    if (!out->replace && strncmp(p, ":-:", 3) != 0)
        return false;
    return read_command(p + 3, out) && written_by_us(value, out);
}

int64_t press_version(const struct press *press)
{
    const char *dot = strrchr(press->nonce, '.');
    size_t len = dot ? strlen(dot + 1) : 0;

    if (len == 0 || len > 18 || strspn(dot + 1, "0123456789") != len)
        return 0;
    return strtoll(dot + 1, NULL, 10);
}

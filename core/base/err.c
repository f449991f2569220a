#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut inside a UTF-8 sequence would make the text unusable as JSON. */
static void cut_to_character(char *text, size_t size)
{
    size_t len = strlen(text);

    if (len + 1 < size)
        return;
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    if (len > 0 && (unsigned char)text[len - 1] >= 0xc0)
        len--;
    text[len] = '\0';
}

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    err->kind = kind;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    cut_to_character(err->text, sizeof err->text);
    return false;
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
    char tail[sizeof err->text];
    va_list ap;
    size_t len;

    memcpy(tail, err->text, sizeof tail);
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    len = strlen(err->text);
    snprintf(err->text + len, sizeof err->text - len, ": %s", tail);
    cut_to_character(err->text, sizeof err->text);
    return false;
}

const char *err_kind_name(enum err_kind kind)
{
    static const char *const names[] = {
        [ERR_NONE] = "none",     [ERR_USER] = "input",
        [ERR_DENIED] = "denied", [ERR_BUSY] = "busy",
        [ERR_REDIS] = "redis",   [ERR_DB] = "postgres",
        [ERR_SLACK] = "slack",   [ERR_CONFIG] = "configuration",
        [ERR_SYSTEM] = "system",
    };

    return names[kind];
}

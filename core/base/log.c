/*
 * log: lines are built whole and written with one write(2), so that threads
 * never mix within a line. Any thread. Secrets are read under a lock that many
 * may hold: a reload adds some while others log.
 */
#include "core/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log_file.h"
#include "core/base/mem.h"
#include "core/base/meter.h"
#include "core/base/text.h"

/* Longer messages are cut: a pipe takes 4096 bytes in one piece. */
#define MESSAGE_CHARS 2000
#define SECRET_LEAST  6
#define SECRET_PART   16 /* so much of one is as good as all of it */
#define HIDDEN        "***"

static struct {
    int fd;
    _Atomic int format, level;
    pthread_rwlock_t lock; /* of the secrets */
    char **secrets;        /* longest first: one may be part of another */
    size_t secret_count;
} out = { .fd = STDERR_FILENO,
          .format = LOG_JSON,
          .level = LOG_INFO,
          /* Those who log all the time must not keep a reload waiting. */
          .lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP };

static _Atomic uint64_t line_counts[LOG_ERROR + 1];

void log_setup(enum log_format format, enum log_level level)
{
    atomic_store(&out.format, format);
    atomic_store(&out.level, level);
}

static int longest_first(const void *a, const void *b)
{
    size_t la = strlen(*(char *const *)a), lb = strlen(*(char *const *)b);

    return la < lb ? 1 : la > lb ? -1 : 0;
}

/* Under the lock, as whoever reads them. */
static void add_secret(const char *value)
{
    for (size_t i = 0; i < out.secret_count; i++)
        if (strcmp(out.secrets[i], value) == 0)
            return;
    out.secrets =
        xrealloc(out.secrets, (out.secret_count + 1) * sizeof *out.secrets);
    out.secrets[out.secret_count++] = xstrdup(value);
    qsort(out.secrets, out.secret_count, sizeof *out.secrets, longest_first);
}

void log_secret(const char *value)
{
    if (!value || strlen(value) < SECRET_LEAST)
        return;
    pthread_rwlock_wrlock(&out.lock);
    add_secret(value);
    pthread_rwlock_unlock(&out.lock);
}

/* What many texts begin with: only the whole of it is a secret. */
static bool is_address(const char *secret)
{
    return strstr(secret, "://") || strchr(secret, ' ');
}

/* Bytes of a secret that starts at s, or of the part that somebody's cut has
 * left of one; 0: there is none. */
static size_t secret_at(const char *s)
{
    for (size_t i = 0; i < out.secret_count; i++) {
        const char *secret = out.secrets[i];
        size_t n = 0;

        while (secret[n] && s[n] == secret[n])
            n++;
        if (!secret[n] || (n >= SECRET_PART && !is_address(secret)))
            return n;
    }
    return 0;
}

/* Before any escaping, which would make a secret look different. Heap. */
static char *without_secrets(const char *s)
{
    struct buf clean = { 0 };

    while (*s) {
        size_t n = secret_at(s);

        if (n)
            buf_str(&clean, HIDDEN);
        else
            buf_char(&clean, *s);
        s += n ? n : 1;
    }
    return buf_take(&clean);
}

char *log_hide(const char *text)
{
    char *clean;

    pthread_rwlock_rdlock(&out.lock);
    clean = without_secrets(text);
    pthread_rwlock_unlock(&out.lock);
    return clean;
}

static const char *level_name(enum log_level level)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };

    return names[level];
}

static void json_value(struct buf *line, const char *name, const char *value)
{
    char *clean;

    if (!value || !*value)
        return;
    clean = without_secrets(value);
    buf_fmt(line, ",\"%s\":", name);
    json_quote(line, clean);
    free(clean);
}

static void text_value(struct buf *line, const char *name, const char *value)
{
    char *clean, *one_line;

    if (!value || !*value)
        return;
    clean = without_secrets(value);
    one_line = text_plain(clean);
    for (char *c = one_line; (c = strchr(c, '\n'));)
        *c = ' ';
    if (*name)
        buf_fmt(line, " %s=", name);
    buf_str(line, one_line);
    free(one_line);
    free(clean);
}

static void add_context(struct buf *line, const struct log_ctx *ctx,
                        void (*add)(struct buf *, const char *, const char *))
{
    if (!ctx)
        return;
    add(line, "trace", ctx->trace);
    add(line, "op", ctx->op);
    add(line, "user", ctx->user);
    add(line, "command", ctx->command);
}

/* *note: as log_file_write() gives it. */
static void write_line(struct buf *line, char note[LOG_FILE_NOTE])
{
    ssize_t n;

    buf_char(line, '\n');
    if (log_file_write(line->data, line->len, note))
        return;
    do
        n = write(out.fd, line->data, line->len);
    while (n < 0 && errno == EINTR);
    /* A log that cannot be written has nobody left to tell. */
}

static void build_line(struct buf *line, enum log_level level, const char *area,
                       const struct log_ctx *ctx, const char *message)
{
    char when[CLOCK_TEXT];

    clock_rfc3339(clock_wall_ms(), when);
    if (atomic_load(&out.format) == LOG_JSON) {
        buf_fmt(line, "{\"time\":\"%s\"", when);
        json_value(line, "level", level_name(level));
        json_value(line, "area", area);
        json_value(line, "message", message);
        add_context(line, ctx, json_value);
        buf_char(line, '}');
    } else {
        buf_fmt(line, "%s %-5s %s: ", when, level_name(level), area);
        text_value(line, "", message);
        add_context(line, ctx, text_value);
    }
}

uint64_t log_lines(enum log_level level)
{
    return meter_counted(&line_counts[level]);
}

/* Says message, and *note, if there is one after it: of the log itself. */
static void say(enum log_level level, const char *area,
                const struct log_ctx *ctx, const char *message,
                char note[LOG_FILE_NOTE])
{
    struct buf line = { 0 };
    char *clean, *cut;

    pthread_rwlock_rdlock(&out.lock);
    /* Cut after masking: half a secret would not be recognised. */
    clean = without_secrets(message);
    cut = text_cut(clean, MESSAGE_CHARS);
    build_line(&line, level, area, ctx, cut);
    pthread_rwlock_unlock(&out.lock);
    write_line(&line, note);
    buf_dispose(&line);
    free(cut);
    free(clean);
}

void log_write(enum log_level level, const char *area,
               const struct log_ctx *ctx, const char *fmt, ...)
{
    char note[LOG_FILE_NOTE], more[LOG_FILE_NOTE], *message = NULL;
    int saved = errno; /* logging must not change what the caller looks at */
    va_list ap;

    meter_one(&line_counts[level]);
    if ((int)level < atomic_load(&out.level))
        return;
    va_start(ap, fmt);
    if (vasprintf(&message, fmt, ap) < 0)
        message = xstrdup("(a message that could not be formatted)");
    va_end(ap);
    say(level, area, ctx, message, note);
    if (*note)
        say(LOG_WARN, "log", NULL, note, more);
    free(message);
    errno = saved;
}

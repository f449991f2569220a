/*
 * log: one line per event, on stderr or in a file (log_file.h). Any thread.
 *
 * JSON lines ("time", "level", "area", "message", and from the context
 * "trace", "op", "user", "command") or, on a terminal, the same as text.
 * Values given to log_secret() never leave: they are replaced by "***"
 * wherever they stand in a line (P8).
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdint.h>

#include "core/base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* What a line is about. Every pointer may be NULL and is only borrowed. */
struct log_ctx {
    const char *trace;   /* the envelope id: joins socket, inbox and answer */
    const char *op;      /* the operation id */
    const char *user;    /* Slack's user id */
    const char *command; /* "dlq list" */
};

/* Also while others log. Lines below level are dropped. */
void log_setup(enum log_format format, enum log_level level);

/* The same. Copies; never forgotten. Values shorter than 6 bytes are ignored.
 * The first 16 bytes of one, but for a URL's, are hidden as well: what was cut
 * to be shown may end in the middle of it. */
void log_secret(const char *value);

/* A copy without the values that log_secret() was given, for what is said
 * elsewhere; text_mask() does it too. Heap. Any thread. */
char *log_hide(const char *text);

/* area: a fixed lower-case noun ("socket"). ctx may be NULL. */
void log_write(enum log_level level, const char *area,
               const struct log_ctx *ctx, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Lines of that level so far, those that were dropped included. */
uint64_t log_lines(enum log_level level);

#define log_debug(area, ctx, ...) log_write(LOG_DEBUG, area, ctx, __VA_ARGS__)
#define log_info(area, ctx, ...)  log_write(LOG_INFO, area, ctx, __VA_ARGS__)
#define log_warn(area, ctx, ...)  log_write(LOG_WARN, area, ctx, __VA_ARGS__)
#define log_error(area, ctx, ...) log_write(LOG_ERROR, area, ctx, __VA_ARGS__)

#endif

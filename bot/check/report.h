/*
 * report: what `opsbot check` has found: lines, each with what to do about it.
 *
 * A report belongs to one thread at a time; those of several threads are put
 * together when they are over. The secrets of the configuration are taken out
 * of each text on its way in, as they are from the log (P8).
 */
#ifndef BOT_CHECK_REPORT_H
#define BOT_CHECK_REPORT_H

#include <stdio.h>

#include "core/base/err.h"

enum report_level {
    REPORT_OK,
    REPORT_WARNING, /* opsbot runs, and something will be missed */
    REPORT_FAILURE, /* opsbot does not run, or not as configured */
};

struct report_line {
    const char *section;     /* a constant: "Redis" */
    char *id;                /* for machines, stable: "redis.eviction" */
    enum report_level level; /* how it stands */
    char *text;              /* one line for people */
    char *todo;              /* what to do; NULL with REPORT_OK */
};

struct report {
    struct report_line *lines;
    size_t count, room;
    const char *section; /* of the lines that are added next */
};

void report_dispose(struct report *r);

/* What is added from here on stands under this heading. A constant. */
void report_section(struct report *r, const char *section);

void report_ok(struct report *r, const char *id, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* todo: a sentence that says what to do, without a full stop. Copied. */
void report_warn(struct report *r, const char *id, const char *todo,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);
void report_fail(struct report *r, const char *id, const char *todo,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Moves the lines of other to the end of r. */
void report_join(struct report *r, struct report *other);
size_t report_count(const struct report *r, enum report_level level);

/* For people, headings and a sum included. */
void report_print(const struct report *r, FILE *out);
/* [{"id","ok","level","text","todo"},…], a line each: level is "ok", "warning"
 * or "failure"; ok is false for a failure alone; todo is null when there is
 * nothing to do. */
void report_print_json(const struct report *r, FILE *out);

#endif

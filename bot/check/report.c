/*
 * report: what `opsbot check` has found. One thread at a time.
 */
#include "bot/check/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const char *const marks[] = { "✓", "!", "✗" };
static const char *const levels[] = { "ok", "warning", "failure" };

/* ---- lines ------------------------------------------------------------------ */

void report_section(struct report *r, const char *section)
{
    r->section = section;
}

/* One line, and no secret in it. Takes text. */
static char *fit(char *text)
{
    char *known = log_hide(text), *plain = text_plain(known);

    for (char *c = plain; (c = strchr(c, '\n'));)
        *c = ' ';
    free(text);
    free(known);
    return plain;
}

static void add(struct report *r, enum report_level level, const char *id,
                const char *todo, char *text)
{
    if (r->count == r->room) {
        r->room = r->room ? r->room * 2 : 16;
        r->lines = xrealloc(r->lines, r->room * sizeof *r->lines);
    }
    r->lines[r->count++] =
        (struct report_line){ .section = r->section,
                              .id = xstrdup(id),
                              .level = level,
                              .text = fit(text),
                              .todo = todo ? fit(xstrdup(todo)) : NULL };
}

static char *formatted(const char *fmt, va_list ap)
{
    char *text;

    if (vasprintf(&text, fmt, ap) < 0)
        abort(); /* out of memory, as in mem.c */
    return text;
}

void report_ok(struct report *r, const char *id, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(r, REPORT_OK, id, NULL, formatted(fmt, ap));
    va_end(ap);
}

void report_warn(struct report *r, const char *id, const char *todo,
                 const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(r, REPORT_WARNING, id, todo, formatted(fmt, ap));
    va_end(ap);
}

void report_fail(struct report *r, const char *id, const char *todo,
                 const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(r, REPORT_FAILURE, id, todo, formatted(fmt, ap));
    va_end(ap);
}

static void line_dispose(struct report_line *line)
{
    free(line->id);
    free(line->text);
    free(line->todo);
}

void report_dispose(struct report *r)
{
    for (size_t i = 0; i < r->count; i++)
        line_dispose(&r->lines[i]);
    free(r->lines);
    *r = (struct report){ 0 };
}

void report_join(struct report *r, struct report *other)
{
    size_t count = r->count + other->count;

    if (other->count) {
        r->lines = xrealloc(r->lines, count * sizeof *r->lines);
        memcpy(r->lines + r->count, other->lines,
               other->count * sizeof *r->lines);
        r->count = r->room = count;
    }
    free(other->lines);
    *other = (struct report){ 0 };
}

size_t report_count(const struct report *r, enum report_level level)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += r->lines[i].level == level;
    return n;
}

/* ---- printing --------------------------------------------------------------- */

static void print_sum(const struct report *r, FILE *out)
{
    size_t warnings = report_count(r, REPORT_WARNING);
    size_t failures = report_count(r, REPORT_FAILURE);

    fprintf(out, "\n%zu in order", report_count(r, REPORT_OK));
    if (warnings)
        fprintf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
    if (failures)
        fprintf(out, ", %zu failed", failures);
    fputc('\n', out);
}

void report_print(const struct report *r, FILE *out)
{
    const char *section = "";

    for (size_t i = 0; i < r->count; i++) {
        const struct report_line *line = &r->lines[i];

        if (strcmp(section, line->section) != 0)
            fprintf(out, "%s%s\n", i ? "\n" : "", line->section);
        section = line->section;
        fprintf(out, "  %s %s\n", marks[line->level], line->text);
        if (line->todo)
            fprintf(out, "      → %s\n", line->todo);
    }
    print_sum(r, out);
}

void report_print_json(const struct report *r, FILE *out)
{
    struct buf todo = { 0 };

    fputs("[", out);
    for (size_t i = 0; i < r->count; i++) {
        const struct report_line *line = &r->lines[i];
        char *text;

        buf_cut(&todo, 0);
        json_quote(&todo, line->todo);
        text = json_text(member_str("id", line->id),
                         member_bool("ok", line->level != REPORT_FAILURE),
                         member_str("level", levels[line->level]),
                         member_str("text", line->text),
                         member_raw("todo", buf_text(&todo)));
        fprintf(out, "%s\n%s", i ? "," : "", text);
        free(text);
    }
    fputs("\n]\n", out);
    buf_dispose(&todo);
}

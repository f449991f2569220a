/* table: see table.h. */
#include "bot/opsctl/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocks/render.h"
#include "bot/opsctl/columns.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define COLUMNS_MOST 24
#define GAP          2 /* blanks between two columns */
#define NARROWEST    8 /* a column of words is not cut below this */

struct column {
    const char *name; /* of the cell */
    char *head;       /* as it is shown */
    size_t width;     /* by now */
    size_t brief;     /* the same, if its moments are ages alone */
    bool numbers;     /* holds nothing else */
    bool moments;     /* holds one at least */
};

struct table {
    struct column columns[COLUMNS_MOST];
    size_t count;
    int64_t now;
    bool ages; /* moments are shown as ages alone */
};

/* ---- moments -------------------------------------------------------------------- */

/* Bytes of the moment at text, 0 if there is none. */
static size_t moment(const char *text, int64_t *ms)
{
    struct tm tm = { 0 };
    const char *end;
    long fraction = 0;

    if (!isdigit((unsigned char)*text))
        return 0;
    end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end || end - text != 19)
        return 0;
    if (*end == '.')
        for (int i = 100; isdigit((unsigned char)*++end); i /= 10)
            fraction += (*end - '0') * i;
    if (*end != 'Z')
        return 0;
    *ms = (int64_t)timegm(&tm) * 1000 + fraction;
    return (size_t)(end + 1 - text);
}

static char *text_with(const char *text, int64_t now, bool ages)
{
    char *plain = text_plain(text);
    struct buf out = { 0 };
    int64_t ms;

    for (const char *at = plain; *at;) {
        size_t len = at == plain || !isalnum((unsigned char)at[-1])
                         ? moment(at, &ms)
                         : 0;

        if (len && ages)
            render_age(&out, ms, now);
        else if (len)
            render_when(&out, ms, now);
        else
            buf_char(&out, *at);
        at += len ? len : 1;
    }
    free(plain);
    return out.data ? buf_take(&out) : xstrdup("");
}

char *table_text(const char *text, int64_t now)
{
    return text_with(text, now, false);
}

/* A cell on one line. */
static char *cell_text(const char *value, int64_t now, bool ages)
{
    char *text = text_with(value, now, ages);

    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    return text;
}

/* ---- columns ---------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* "DEAD SINCE" of "dead_since". */
static char *head_of(const char *name)
{
    char *head = text_plain(name);

    for (char *c = head; *c; c++)
        *c = (char)(*c == '_' ? ' ' : toupper((unsigned char)*c));
    return head;
}

static size_t find(const struct table *t, const char *name)
{
    size_t i = 0;

    while (i < t->count && strcmp(t->columns[i].name, name) != 0)
        i++;
    return i;
}

static void insert(struct table *t, size_t at, const char *name)
{
    memmove(&t->columns[at + 1], &t->columns[at],
            (t->count - at) * sizeof *t->columns);
    t->columns[at] =
        (struct column){ .name = name, .head = head_of(name), .numbers = true };
    t->columns[at].width = columns_width(t->columns[at].head);
    t->columns[at].brief = t->columns[at].width;
    t->count++;
}

static size_t cell_width(const struct table *t, const char *value, bool ages)
{
    char *text = cell_text(value, t->now, ages);
    size_t width = columns_width(text);

    free(text);
    return width;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure(struct table *t, struct column *c, const char *value)
{
    int64_t ms;

    c->width = most(c->width, cell_width(t, value, false));
    c->brief = most(c->brief, cell_width(t, value, true));
    c->numbers = c->numbers && is_number(value);
    c->moments = c->moments || moment(value, &ms) == strlen(value);
}

/* A cell that was not in the rows before goes behind its neighbour. */
static void take_cells(struct table *t, const json_t *cells)
{
    size_t next = 0, at;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)cells, name, value)
    {
        at = find(t, name);
        if (at == t->count && t->count == COLUMNS_MOST)
            continue;
        if (at == t->count) {
            at = next;
            insert(t, at, name);
        }
        next = at + 1;
        if (json_is_string(value))
            measure(t, &t->columns[at], json_string_value(value));
    }
}

struct table *table_new(const json_t *rows, int64_t now)
{
    struct table *t = xcalloc(1, sizeof *t);
    const json_t *row, *item;
    size_t i, k;

    t->now = now;
    json_array_foreach(rows, i, row)
    {
        take_cells(t, json_object_get(row, "cells"));
        json_array_foreach(json_object_get(row, "items"), k, item)
        {
            take_cells(t, item);
        }
    }
    if (t->count)
        return t;
    table_free(t);
    return NULL;
}

void table_free(struct table *t)
{
    for (size_t i = 0; t && i < t->count; i++)
        free(t->columns[i].head);
    free(t);
}

/* ---- widths ------------------------------------------------------------------------- */

static size_t width_of(const struct table *t)
{
    size_t width = (t->count - 1) * GAP;

    for (size_t i = 0; i < t->count; i++)
        width += t->columns[i].width;
    return width;
}

/* Of those that can be cut; NULL: there is none. */
static struct column *widest(struct table *t)
{
    struct column *out = NULL;

    for (size_t i = 0; i < t->count; i++) {
        struct column *c = &t->columns[i];

        if (!c->numbers && !c->moments && c->width > NARROWEST &&
            (!out || c->width > out->width))
            out = c;
    }
    return out;
}

void table_fit(struct table *t, size_t width)
{
    struct column *c;

    t->ages = width && width_of(t) > width;
    for (size_t i = 0; t->ages && i < t->count; i++)
        t->columns[i].width = t->columns[i].brief;
    while (width && width_of(t) > width && (c = widest(t)))
        c->width--;
}

/* ---- lines ---------------------------------------------------------------------------- */

static void gap(struct buf *out, size_t i)
{
    if (i)
        buf_fmt(out, "%*s", GAP, "");
}

static void trim(struct buf *out, size_t start)
{
    while (out->len > start && out->data[out->len - 1] == ' ')
        buf_cut(out, out->len - 1);
}

void table_head(const struct table *t, struct buf *out)
{
    size_t start = out->len;

    for (size_t i = 0; i < t->count; i++) {
        gap(out, i);
        columns_fill(out, t->columns[i].head, t->columns[i].width,
                     t->columns[i].numbers);
    }
    trim(out, start);
}

static void put_cell(const struct table *t, const struct column *c,
                     const char *value, struct buf *out, table_paint *paint,
                     void *arg)
{
    char *text = cell_text(value, t->now, t->ages && c->moments);
    struct buf shown = { 0 };

    columns_fill(&shown, text, c->width, c->numbers);
    if (paint)
        paint(out, value, buf_text(&shown), arg);
    else
        buf_str(out, buf_text(&shown));
    buf_dispose(&shown);
    free(text);
}

void table_line(const struct table *t, const json_t *cells, struct buf *out,
                table_paint *paint, void *arg)
{
    size_t start = out->len;

    for (size_t i = 0; i < t->count; i++) {
        const char *value =
            json_string_value(json_object_get(cells, t->columns[i].name));

        gap(out, i);
        put_cell(t, &t->columns[i], value ? value : "", out, paint, arg);
    }
    trim(out, start);
}

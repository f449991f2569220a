/* paper: see paper.h. */
#define _XOPEN_SOURCE 700
#include "tests/demo/paper.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define COLUMNS     88
#define PAYLOAD     "    " /* instead of the tab */
#define INDENT_MOST 20     /* of a line that goes on */

static bool colours;

void paper_start(void)
{
    const char *term = getenv("TERM");

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
              strcmp(term, "dumb") != 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
}

const char *ink(enum ink ink)
{
    static const char *const sequences[] = {
        [INK_END] = "\033[0m",   [INK_BOLD] = "\033[1m",
        [INK_DIM] = "\033[2m",   [INK_CODE] = "\033[36m",
        [INK_GOOD] = "\033[32m", [INK_BAD] = "\033[31m",
        [INK_KEY] = "\033[34m",
    };

    return colours ? sequences[ink] : "";
}

/* ---- measuring ----------------------------------------------------------- */

/* Bytes of the colour sequence at s, 0 if there is none. */
static size_t sequence(const char *s)
{
    const char *end;

    if (*s != '\033')
        return 0;
    end = strchr(s, 'm');
    return end ? (size_t)(end - s) + 1 : strlen(s);
}

/* The character at s: its bytes, and its columns into *columns. */
static size_t character(const char *s, size_t *columns)
{
    size_t len = text_char(s, strlen(s));
    wchar_t wide = 0;
    int width;

    if (!len || mbrtowc(&wide, s, len, &(mbstate_t){ 0 }) > len) {
        *columns = 1;
        return len ? len : 1;
    }
    width = wcwidth(wide);
    /* An icon is two columns wide; the mark that makes it one takes none. */
    *columns = width < 0 || wide == 0xfe0f ? 0 : (size_t)width;
    return len;
}

size_t paper_width(const char *text)
{
    size_t width = 0, columns, skipped;

    while (*text) {
        if ((skipped = sequence(text))) {
            text += skipped;
            continue;
        }
        text += character(text, &columns);
        width += columns;
    }
    return width;
}

char *paper_plain(const char *text)
{
    struct buf out = { 0 };
    size_t skipped;

    buf_str(&out, "");
    while (*text) {
        if ((skipped = sequence(text)))
            text += skipped;
        else
            buf_char(&out, *text++);
    }
    return out.data ? buf_take(&out) : xstrdup("");
}

/* ---- lines that fit ------------------------------------------------------ */

/* One line being written, and the colours that are on. */
struct pen {
    const char *margin;
    struct buf out;
    struct buf on;
    size_t column, limit;
};

static void pen_line(struct pen *pen, const char *indent)
{
    buf_fmt(&pen->out, "%s%s%s%s%s", pen->out.len ? "\n" : "", ink(INK_END),
            pen->margin, indent, buf_text(&pen->on));
    pen->column = strlen(indent);
}

/* Copies len bytes that take so many columns, colours among them. */
static void pen_write(struct pen *pen, const char *s, size_t len,
                      size_t columns)
{
    size_t skipped;

    buf_add(&pen->out, s, len);
    pen->column += columns;
    for (const char *end = s + len; s < end; s += skipped ? skipped : 1) {
        skipped = sequence(s);
        if (skipped && strncmp(s, ink(INK_END), skipped) == 0)
            buf_cut(&pen->on, 0);
        else if (skipped)
            buf_add(&pen->on, s, skipped);
    }
}

/* From s to the next blank, colours included: bytes and columns. What is
 * wider than a line by itself is taken in pieces. */
static size_t word(const struct pen *pen, const char *s, const char *end,
                   size_t *columns)
{
    const char *p = s;
    size_t skipped, wide;

    for (*columns = 0; p < end && *p != ' '; p += skipped) {
        wide = 0;
        skipped = sequence(p);
        if (!skipped)
            skipped = character(p, &wide);
        if (*columns + wide + INDENT_MOST > pen->limit)
            break;
        *columns += wide;
    }
    return (size_t)(p - s);
}

/* One line of the text, in as many as it needs; all but the first begin with
 * further. */
static void pen_text(struct pen *pen, const char *s, const char *end,
                     const char *first, const char *further)
{
    size_t blanks, columns, len;

    pen_line(pen, first);
    while (s < end) {
        blanks = strspn(s, " ");
        if (s + blanks > end)
            blanks = (size_t)(end - s);
        len = word(pen, s + blanks, end, &columns);
        if (pen->column > strlen(further) &&
            pen->column + blanks + columns > pen->limit)
            pen_line(pen, further);
        else
            pen_write(pen, s, blanks, blanks);
        pen_write(pen, s + blanks, len, columns);
        s += blanks + len;
    }
}

void paper_print(const char *margin, const char *text)
{
    struct pen pen = { .margin = margin,
                       .limit = COLUMNS - paper_width(margin) };

    char further[INDENT_MOST + 1];
    size_t indent;

    while (*text) {
        const char *end = text + strcspn(text, "\n");

        indent = strspn(text, " ") + 2;
        snprintf(further, sizeof further, "%*s",
                 (int)(indent < INDENT_MOST ? indent : INDENT_MOST), "");
        if (*text == '\t')
            pen_text(&pen, text + 1, end, PAYLOAD, PAYLOAD);
        else
            pen_text(&pen, text, end, "", further);
        text = *end ? end + 1 : end;
    }
    printf("%s%s\n", buf_text(&pen.out), ink(INK_END));
    buf_dispose(&pen.out);
    buf_dispose(&pen.on);
}

void paper_line(enum ink color, const char *fmt, ...)
{
    struct buf text = { 0 };
    va_list ap;
    char *words;

    va_start(ap, fmt);
    if (vasprintf(&words, fmt, ap) >= 0) {
        buf_fmt(&text, "%s%s%s", ink(color), words, ink(INK_END));
        paper_print("", buf_text(&text));
        free(words);
    }
    va_end(ap);
    buf_dispose(&text);
}

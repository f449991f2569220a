/* line: see line.h. */
#include "tests/demo/line.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/demo/paper.h"

#define LOOK_MS 200
#define ESCAPE  '\033'

static struct termios before;
static volatile bool ours; /* the terminal is as we want it */
static char *last;         /* the line before */

const char *line_wipe(void)
{
    return *ink(INK_END) ? "\r\033[K" : "\n";
}

void line_begin(void)
{
    struct termios t;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
        return;
    t = before;
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    ours = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

void line_end(void)
{
    if (ours)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    ours = false;
}

static void draw(const char *prompt, struct buf *typed)
{
    printf("%s%s", prompt, typed->len ? buf_text(typed) : "");
    fflush(stdout);
}

static void redraw(const char *prompt, struct buf *typed)
{
    fputs(line_wipe(), stdout);
    draw(prompt, typed);
}

/* The last character, of however many bytes. */
static void drop_one(struct buf *typed)
{
    size_t len = typed->len;

    while (len > 0 && ((unsigned char)typed->data[--len] & 0xc0) == 0x80)
        ;
    buf_cut(typed, len);
}

static void drop_word(struct buf *typed)
{
    while (typed->len && typed->data[typed->len - 1] == ' ')
        drop_one(typed);
    while (typed->len && typed->data[typed->len - 1] != ' ')
        drop_one(typed);
}

/* The rest of an escape sequence; the arrow up brings the line before. */
static void escape(struct buf *typed)
{
    struct pollfd more = { .fd = STDIN_FILENO, .events = POLLIN };
    char c, kind = 0;

    while (poll(&more, 1, 20) > 0 && read(STDIN_FILENO, &c, 1) == 1) {
        if ((c == '[' || c == 'O') && !kind) {
            kind = c;
            continue;
        }
        if (kind && c == 'A' && last) {
            buf_cut(typed, 0);
            buf_str(typed, last);
        }
        if (!kind || (c >= '@' && c <= '~'))
            break;
    }
}

static void edit(const char *prompt, struct buf *typed, char c)
{
    if (c == 127 || c == '\b')
        drop_one(typed);
    else if (c == CTRL('u'))
        buf_cut(typed, 0);
    else if (c == CTRL('w'))
        drop_word(typed);
    else if (c == ESCAPE)
        escape(typed);
    else if ((unsigned char)c >= ' ') {
        buf_char(typed, c);
        putchar(c);
        fflush(stdout);
        return;
    } else
        return;
    redraw(prompt, typed);
}

/* One key: 1 the line is there, 0 go on, -1 the end. */
static int key(const char *prompt, struct buf *typed)
{
    char c;

    if (read(STDIN_FILENO, &c, 1) != 1 || (c == CTRL('d') && !typed->len))
        return -1;
    if (c != '\n' && c != '\r') {
        edit(prompt, typed, c);
        return 0;
    }
    printf("\n");
    return 1;
}

static char *read_terminal(const char *prompt, bool (*meanwhile)(void *arg),
                           void *arg, const volatile int *stop)
{
    struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
    struct buf typed = { 0 };
    int got = 0;

    draw(prompt, &typed);
    while (!got && !*stop) {
        int ready = poll(&keys, 1, LOOK_MS);

        if (ready > 0)
            got = key(prompt, &typed);
        else if (ready == 0 && meanwhile(arg)) {
            printf("\n");
            draw(prompt, &typed);
        }
    }
    if (got <= 0 || *stop) {
        buf_dispose(&typed);
        return NULL;
    }
    free(last);
    last = xstrdup(typed.len ? buf_text(&typed) : "");
    buf_dispose(&typed);
    return xstrdup(last);
}

/* What is not typed by a person is shown, as if it was. */
static char *read_plain(const char *prompt, const volatile int *stop)
{
    char *line = NULL;
    size_t size = 0;

    if (*stop || getline(&line, &size, stdin) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    printf("%s%s\n", prompt, line);
    return line;
}

char *line_read(const char *prompt, bool (*meanwhile)(void *arg), void *arg,
                const volatile int *stop)
{
    return ours ? read_terminal(prompt, meanwhile, arg, stop)
                : read_plain(prompt, stop);
}

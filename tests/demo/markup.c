/*
 * markup: mrkdwn and its tokens as people see them; see message.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"

/* Whom the sandbox knows (tests/sandbox/CONTROL.md). */
static const struct {
    const char *id, *name;
} world[] = {
    { "U0ANN", "ann" },         { "U0BOB", "bob" },     { "U0CAT", "cat" },
    { "U0DAN", "dan" },         { "U0BOT", "opsbot" },  { "C0OPS", "ops" },
    { "C0GENERAL", "general" }, { "C0QUIET", "quiet" }, { "G0SEC", "sec" },
    { "C0ALERTS", "alerts" },
};

const char *markup_name(const char *id)
{
    for (size_t i = 0; i < sizeof world / sizeof *world; i++)
        if (strcmp(world[i].id, id) == 0)
            return world[i].name;
    return id;
}

/* ---- tokens -------------------------------------------------------------- */

static size_t entity(struct buf *out, const char *s)
{
    static const char *const names[] = { "&amp;", "&lt;", "&gt;" };

    for (size_t i = 0; i < 3; i++)
        if (strncmp(s, names[i], strlen(names[i])) == 0) {
            buf_char(out, "&<>"[i]);
            return strlen(names[i]);
        }
    return 0;
}

/* "<@U0ANN>", "<#C0OPS>", "<!date^…|14:02>", "<https://…|label>". */
static size_t token(struct buf *out, const char *s)
{
    const char *end = strchr(s, '>'), *bar;
    char *inside;

    if (!end)
        return 0;
    inside = xstrndup(s + 1, (size_t)(end - s) - 1);
    bar = strchr(inside, '|');
    if (strncmp(inside, "!subteam^", 9) == 0)
        buf_fmt(out, "@%s", markup_name(inside + 9));
    else if (*inside == '@' || *inside == '#')
        buf_fmt(out, "%c%s", *inside, markup_name(inside + 1));
    else
        buf_str(out, bar ? bar + 1 : inside);
    free(inside);
    return (size_t)(end - s) + 1;
}

/* ---- runs ---------------------------------------------------------------- */

static bool opens(char before, const char *s)
{
    return !isalnum((unsigned char)before) && s[1] && s[1] != ' ' &&
           s[1] != '\n' && strchr(s + 1, *s);
}

/* Text between a pair of marks, or 0: none begins here. */
static size_t run(struct buf *out, char before, const char *s)
{
    const char *end;
    char *inside;

    if ((*s != '*' && *s != '`') || !opens(before, s))
        return 0;
    end = strchr(s + 1, *s);
    inside = xstrndup(s + 1, (size_t)(end - s) - 1);
    buf_str(out, ink(*s == '*' ? INK_BOLD : INK_CODE));
    markup_text(out, inside);
    buf_str(out, ink(INK_END));
    free(inside);
    return (size_t)(end - s) + 1;
}

/* "```…```": lines of their own, each behind a tab. */
static size_t fence(struct buf *out, const char *s)
{
    const char *from, *end;
    size_t used;

    if (strncmp(s, "```", 3) != 0 || !(end = strstr(s + 3, "```")))
        return 0;
    from = s + 3 + (s[3] == '\n');
    if (out->len && out->data[out->len - 1] != '\n')
        buf_char(out, '\n');
    buf_fmt(out, "\t%s", ink(INK_DIM));
    for (const char *p = from; p < end; p += used) {
        used = *p == '&' ? entity(out, p) : 0;
        if (used)
            continue;
        used = 1;
        buf_char(out, *p);
        if (*p == '\n' && p + 1 < end)
            buf_char(out, '\t');
    }
    buf_cut(out, out->len - (out->data[out->len - 1] == '\n'));
    buf_fmt(out, "%s\n", ink(INK_END));
    return (size_t)(end - s) + 3 + (end[3] == '\n');
}

/* An em space is how a second line is set in. */
static size_t indent(struct buf *out, const char *s)
{
    if (strncmp(s, "\u2003", 3) != 0)
        return 0;
    buf_str(out, "  ");
    return 3;
}

void markup_text(struct buf *out, const char *mrkdwn)
{
    char before = '\n';
    size_t used;

    for (const char *s = mrkdwn; *s; s += used) {
        used = *s == '&' ? entity(out, s) : *s == '<' ? token(out, s) : 0;
        used = used ? used : fence(out, s);
        used = used ? used : run(out, before, s);
        used = used ? used : indent(out, s);
        if (!used) {
            buf_char(out, *s);
            used = 1;
        }
        before = s[used - 1];
    }
}

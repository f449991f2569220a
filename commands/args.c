/*
 * args: see args.h.
 *
 * One pass over the text: a token is read from glyphs and becomes a word or a
 * flag. Everything is copied once into args.storage, which never moves.
 */
#include "commands/args.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "commands/glyph.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

/* ---- reading ------------------------------------------------------------- */

struct reader {
    const char *p; /* next byte to read */
    char *w;       /* next byte to write, in args.storage */
    bool flags_over;
    struct flag *waiting; /* the flag read just now, for its value */
    struct buf tail;      /* the last word, once there are too many */
};

struct token {
    char *text;
    struct word word;
    bool mention; /* ended by one: word.kind and word.label are set */
};

static void put(struct reader *r, const char *text, size_t len)
{
    memcpy(r->w, text, len);
    r->w += len;
}

/* One plain character, entities decoded. */
static void put_plain(struct reader *r, size_t len)
{
    static const struct {
        const char *entity;
        char is;
    } entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' } };

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t n = strlen(entities[i].entity);

        if (strncmp(r->p, entities[i].entity, n) == 0) {
            *r->w++ = entities[i].is;
            r->p += n;
            return;
        }
    }
    put(r, r->p, len);
    r->p += len;
}

/* As text: "@ann", "#ops", "@here", or the link. */
static void put_angle(struct reader *r, const struct angle *a)
{
    bool named = a->kind != WORD_LINK && a->label_len > 0;
    bool at = a->kind == WORD_USER || a->kind == WORD_GROUP ||
              (a->kind == WORD_PLAIN && *a->text == '!');
    size_t skip = a->kind == WORD_PLAIN && *a->text == '!' ? 1 : 0;

    if (at)
        *r->w++ = '@';
    else if (a->kind == WORD_CHANNEL)
        *r->w++ = '#';
    if (named)
        put(r, a->label, a->label_len);
    else
        put(r, a->text + skip, a->text_len - skip);
    r->p += a->len;
}

/* An apostrophe inside a word is no end of a quote. */
static bool closes(const char *p, enum glyph quote, size_t *len)
{
    size_t after;
    enum glyph next;

    if (glyph(p, len) != quote)
        return false;
    next = glyph(p + *len, &after);
    return quote == GLYPH_DOUBLE || next == GLYPH_SPACE || next == GLYPH_END;
}

static bool escapes(const char *p)
{
    size_t len;
    enum glyph next = *p == '\\' ? glyph(p + 1, &len) : GLYPH_END;

    return next == GLYPH_DOUBLE || next == GLYPH_SINGLE ||
           (*p == '\\' && p[1] == '\\');
}

static bool read_quoted(struct reader *r, enum glyph quote, struct err *err)
{
    const char *from = r->p;
    struct angle angle;
    size_t len;

    while (!closes(r->p, quote, &len)) {
        if (*r->p == '\0')
            return err_set(err, ERR_USER,
                           "A quote is open before `%.40s`. Close it, or "
                           "leave it out.",
                           from);
        if (escapes(r->p)) {
            r->p++;
            glyph(r->p, &len);
            put(r, r->p, len);
            r->p += len;
        } else if (angle_read(r->p, &angle)) {
            put_angle(r, &angle);
        } else {
            put_plain(r, len);
        }
    }
    r->p += len;
    return true;
}

/* Nothing yet, or "key=": where a quote or a mention may begin. */
static bool at_value(const struct reader *r, const struct token *t)
{
    size_t len = (size_t)(r->w - t->text);

    if (len == 0)
        return true;
    return !t->word.literal && memchr(t->text, '=', len) == r->w - 1;
}

static void read_mention(struct reader *r, struct token *t,
                         const struct angle *a)
{
    t->mention = true;
    t->word.kind = a->kind;
    t->word.literal = t->word.literal || r->w == t->text;
    put(r, a->text, a->text_len);
    *r->w++ = '\0';
    if (a->label_len) {
        t->word.label = r->w;
        put(r, a->label, a->label_len);
        *r->w++ = '\0';
    }
    r->p += a->len;
}

/* One piece of a token. False: the token is over. */
static bool read_piece(struct reader *r, struct token *t, struct err *err)
{
    bool value = at_value(r, t);
    struct angle angle;
    size_t len;
    enum glyph g = glyph(r->p, &len);

    if (g == GLYPH_END || g == GLYPH_SPACE)
        return false;
    if (angle_read(r->p, &angle)) {
        if (angle.kind != WORD_PLAIN && value)
            read_mention(r, t, &angle);
        if (angle.kind != WORD_PLAIN)
            return false;
        put_angle(r, &angle);
    } else if ((g == GLYPH_DOUBLE || g == GLYPH_SINGLE) && value) {
        t->word.literal = t->word.literal || r->w == t->text;
        r->p += len;
        return read_quoted(r, g, err);
    } else if (g == GLYPH_DASH && r->w == t->text && !t->word.literal) {
        put(r, "--", 2);
        r->p += len;
    } else if (g == GLYPH_NOTHING) {
        r->p += len;
    } else {
        put_plain(r, len);
    }
    return true;
}

static bool read_token(struct reader *r, struct token *t, struct err *err)
{
    *t = (struct token){ .text = r->w, .word.label = "" };
    t->word.literal = r->flags_over;
    while (read_piece(r, t, err))
        ;
    if (!t->mention)
        *r->w++ = '\0';
    t->word.text = t->text;
    return err->kind == ERR_NONE;
}

/* ---- words and flags ----------------------------------------------------- */

static void put_word(struct buf *text, const struct word *w)
{
    if (text->len)
        buf_char(text, ' ');
    if (w->kind == WORD_USER || w->kind == WORD_GROUP ||
        w->kind == WORD_CHANNEL)
        buf_fmt(text, "%c%s", w->kind == WORD_CHANNEL ? '#' : '@',
                w->label[0] ? w->label : w->text);
    else
        buf_str(text, w->text);
}

/* There is room for a long text only in the last word. */
static void add_word(struct reader *r, struct args *args, const struct word *w)
{
    if (args->count == ARGS_WORDS) {
        if (r->tail.len == 0)
            put_word(&r->tail, &args->words[ARGS_WORDS - 1]);
        put_word(&r->tail, w);
        return;
    }
    if (r->waiting)
        r->waiting->at = args->count;
    r->waiting = NULL;
    args->words[args->count++] = *w;
}

static void end_tail(struct reader *r, struct args *args)
{
    if (r->tail.len == 0)
        return;
    args->tail = buf_take(&r->tail);
    args->words[ARGS_WORDS - 1] =
        (struct word){ .text = args->tail, .label = "", .literal = true };
}

bool args_add_flag(struct args *args, const struct word *w, struct err *err)
{
    char *name = args->storage + (w->text - args->storage);
    char *equals = strchr(name, '=');
    struct flag flag = { .name = name, .at = ARGS_WORDS, .word = *w };

    if (args->flag_count == ARGS_FLAGS)
        return err_set(err, ERR_USER, "More than %d flags.", ARGS_FLAGS);
    if (equals)
        *equals = '\0';
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    flag.given = equals;
    flag.value = flag.word.text = equals ? equals + 1 : "";
    args->flags[args->flag_count++] = flag;
    return true;
}

static bool is_flag(const struct word *w)
{
    return !w->literal && strncmp(w->text, "--", 2) == 0 && w->text[2] != '-' &&
           w->text[2] != '=';
}

static bool add_token(struct reader *r, struct args *args, struct word *w,
                      struct err *err)
{
    if (!is_flag(w)) {
        add_word(r, args, w);
        return true;
    }
    r->waiting = NULL;
    w->text += 2;
    if (!*w->text) {
        r->flags_over = true;
        return true;
    }
    if (!args_add_flag(args, w, err))
        return false;
    r->waiting = &args->flags[args->flag_count - 1];
    return true;
}

static void skip_space(struct reader *r)
{
    size_t len;
    enum glyph g = glyph(r->p, &len);

    while (g == GLYPH_SPACE || g == GLYPH_NOTHING) {
        r->p += len;
        g = glyph(r->p, &len);
    }
}

bool args_parse(const char *text, struct args *out, struct err *err)
{
    struct reader r = { .p = text };
    struct token token;

    *out = (struct args){ 0 };
    *err = (struct err){ 0 };
    /* A word may be shorter than its NULs: mentions end words without a
     * blank. Twice the text is always enough. */
    out->storage = xmalloc(2 * strlen(text) + 2);
    r.w = out->storage;
    for (skip_space(&r); *r.p; skip_space(&r)) {
        if (!read_token(&r, &token, err) ||
            !add_token(&r, out, &token.word, err)) {
            buf_dispose(&r.tail);
            return false;
        }
    }
    end_tail(&r, out);
    return true;
}

void args_dispose(struct args *args)
{
    free(args->storage);
    free(args->tail);
    *args = (struct args){ 0 };
}

const char *args_word(const struct args *args, size_t i)
{
    return i < args->count ? args->words[i].text : "";
}

const char *args_flag(const struct args *args, const char *name)
{
    for (size_t i = args->flag_count; i-- > 0;)
        if (strcmp(args->flags[i].name, name) == 0)
            return args->flags[i].value;
    return NULL;
}

char *args_text(const struct args *args, size_t i)
{
    struct buf text = { 0 };

    for (; i < args->count; i++)
        put_word(&text, &args->words[i]);
    return text.data ? buf_take(&text) : xstrdup("");
}

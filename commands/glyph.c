/* glyph: see glyph.h. */
#include "commands/glyph.h"

#include <string.h>
#include <strings.h>

/* U+2000 to U+203F, by their last byte. */
static enum glyph general_punctuation(unsigned char last)
{
    if (last <= 0x8a || last == 0xaf || last == 0xa8 || last == 0xa9)
        return GLYPH_SPACE;
    if (last == 0x93 || last == 0x94)
        return GLYPH_DASH;
    if (last >= 0x98 && last <= 0x9b)
        return GLYPH_SINGLE;
    if (last >= 0x9c && last <= 0x9f)
        return GLYPH_DOUBLE;
    if (last == 0x8b || last == 0x8e || last == 0x8f ||
        (last >= 0xaa && last <= 0xae))
        return GLYPH_NOTHING;
    return GLYPH_PLAIN;
}

static enum glyph wide_glyph(const char *p, size_t *len)
{
    *len = 3;
    if (strncmp(p, "\xe2\x80", 2) == 0 && ((unsigned char)p[2] & 0xc0) == 0x80)
        return general_punctuation((unsigned char)p[2]);
    if (strncmp(p, "\xe3\x80\x80", 3) == 0 ||
        strncmp(p, "\xe2\x81\x9f", 3) == 0)
        return GLYPH_SPACE;
    if (strncmp(p, "\xe2\x81\xa0", 3) == 0 ||
        strncmp(p, "\xef\xbb\xbf", 3) == 0)
        return GLYPH_NOTHING;
    *len = 2;
    if (strncmp(p, "\xc2\xa0", 2) == 0)
        return GLYPH_SPACE;
    *len = 1;
    return GLYPH_PLAIN;
}

enum glyph glyph(const char *p, size_t *len)
{
    unsigned char c = (unsigned char)*p;

    *len = 1;
    if (c == '\0')
        return GLYPH_END;
    if (c <= ' ' || c == 0x7f)
        return GLYPH_SPACE;
    if (c == '"')
        return GLYPH_DOUBLE;
    if (c == '\'')
        return GLYPH_SINGLE;
    return c < 0x80 ? GLYPH_PLAIN : wide_glyph(p, len);
}

/* ---- <…> ------------------------------------------------------------------ */

static bool starts(const char *p, const char *with)
{
    return strncmp(p, with, strlen(with)) == 0;
}

static enum word_kind angle_kind(const char *p, size_t *sigil)
{
    static const struct {
        const char *sigil;
        enum word_kind kind;
    } kinds[] = {
        { "@", WORD_USER },
        { "#", WORD_CHANNEL },
        { "!subteam^", WORD_GROUP },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        *sigil = strlen(kinds[i].sigil);
        if (starts(p, kinds[i].sigil))
            return kinds[i].kind;
    }
    *sigil = 0;
    if (starts(p, "http://") || starts(p, "https://") || starts(p, "mailto:") ||
        starts(p, "tel:"))
        return WORD_LINK;
    return WORD_PLAIN;
}

/* "notify.events" is a link to Slack, which sends
 * <http://notify.events|notify.events>: the person typed the label. */
static void undo_autolink(struct angle *a)
{
    const char *rest = memchr(a->text, ':', a->text_len);
    size_t len = a->text_len - (rest ? (size_t)(rest + 1 - a->text) : 0);

    if (!rest || !a->label_len)
        return;
    for (rest++; len && *rest == '/'; len--)
        rest++;
    if (len && rest[len - 1] == '/' && a->label[a->label_len - 1] != '/')
        len--;
    if (len != a->label_len || strncasecmp(rest, a->label, len) != 0)
        return;
    a->kind = WORD_PLAIN;
    a->text = a->label;
    a->text_len = a->label_len;
}

bool angle_read(const char *p, struct angle *a)
{
    const char *end = p + strcspn(p, ">\n");
    const char *bar;
    size_t sigil;

    if (*p != '<' || *end != '>')
        return false;
    a->kind = angle_kind(p + 1, &sigil);
    if (a->kind == WORD_PLAIN && p[1] != '!')
        return false;
    a->text = p + 1 + sigil;
    bar = memchr(a->text, '|', (size_t)(end - a->text));
    a->label = bar ? bar + 1 : end;
    a->label_len = (size_t)(end - a->label);
    a->text_len = (size_t)((bar ? bar : end) - a->text);
    a->len = (size_t)(end + 1 - p);
    if (a->kind == WORD_LINK)
        undo_autolink(a);
    return a->text_len > 0;
}

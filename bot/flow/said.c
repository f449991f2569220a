/* said: see said.h. */
#include "bot/flow/said.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\n");
}

/* ---- the mention ----------------------------------------------------------- */

const char *said_to(const char *text, const char *me)
{
    size_t len = strlen(me);
    const char *end;

    text = skip_blanks(text);
    if (!len || strncmp(text, "<@", 2) != 0 || strncmp(text + 2, me, len) != 0)
        return NULL;
    text += 2 + len;
    end = *text == '|' ? strchr(text, '>') : text;
    if (!end || *end != '>')
        return NULL;
    return skip_blanks(end + 1 + strspn(end + 1, ":,"));
}

/* The rest, when a text begins with this word; NULL. */
static const char *after(const char *text, const char *word)
{
    size_t len = strlen(word);

    if (!len || strncasecmp(text, word, len) != 0 ||
        (text[len] && !strchr(" \t\n", text[len])))
        return NULL;
    return skip_blanks(text + len);
}

const char *said_command(const char *text, const char *slash)
{
    const char *start = skip_blanks(text), *rest = after(start, slash);

    if (!rest && *slash == '/')
        rest = after(start, slash + 1);
    return rest ? rest : text;
}

/* ---- links and marks -------------------------------------------------------- */

/* Slack puts one of these before what it makes a link of. */
static bool made_of(const char *url, size_t url_len, const char *label,
                    size_t label_len)
{
    static const char *const schemes[] = { "http://", "https://",
                                           "mailto:", "tel:" };

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);

        if (url_len == len + label_len && strncmp(url, schemes[i], len) == 0 &&
            strncasecmp(url + len, label, label_len) == 0)
            return true;
    }
    return false;
}

/* At '<': the label of a link that nobody typed, and where the link ends. */
static const char *label_of(const char *link, size_t *len, const char **end)
{
    const char *close = strchr(link, '>');
    const char *bar = close ? memchr(link, '|', (size_t)(close - link)) : NULL;

    if (!bar)
        return NULL;
    *len = (size_t)(close - bar - 1);
    *end = close + 1;
    return made_of(link + 1, (size_t)(bar - link - 1), bar + 1, *len) ? bar + 1
                                                                      : NULL;
}

static void unlink_all(char *text)
{
    char *to = text;

    while (*text) {
        const char *end, *label;
        size_t len;

        label = *text == '<' ? label_of(text, &len, &end) : NULL;
        if (label) {
            memmove(to, label, len);
            to += len;
            text += end - text;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* Blanks at both ends; gives the new length. */
static size_t trim(char *text)
{
    const char *start = skip_blanks(text);
    size_t len = strlen(start);

    while (len && strchr(" \t\n", start[len - 1]))
        len--;
    memmove(text, start, len);
    text[len] = '\0';
    return len;
}

void said_tidy(char *text)
{
    size_t len, marks;

    unlink_all(text);
    len = trim(text);
    marks = strspn(text, "`");
    /* The whole of it: no other mark inside. */
    if ((marks != 1 && marks != 3) || len < 2 * marks + 1 ||
        strcspn(text + marks, "`") != len - 2 * marks)
        return;
    memmove(text, text + marks, len - 2 * marks);
    text[len - 2 * marks] = '\0';
    trim(text);
}

/*
 * alert_storm_file: the file of a storm: its first lines, and what is said of
 * it. See alert.h.
 */
#include "blocks/alert_parts.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

/* ---- in it --------------------------------------------------------------------- */

char *storm_file_head(const struct storm *s, int64_t now)
{
    char began[CLOCK_TEXT], until[CLOCK_TEXT], *sum = storm_sum(s, now), *head;

    head =
        xasprintf("# opsbot: every alert that was folded into storm %lld of"
                  " channel %s, %s to %s%s\n"
                  "# %s\n"
                  "# id\tseverity\tstate\tsince\ttitle\tservice\tsource\n",
                  (long long)s->id, s->channel, clock_rfc3339(s->began, began),
                  clock_rfc3339(s->ended ? s->ended : now, until),
                  s->ended ? "" : ", and it goes on", sum);
    free(sum);
    return head;
}

/* ---- of it --------------------------------------------------------------------- */

static const char *list_of(struct card *card, const struct storm_file *f)
{
    return say_fmt(card, "alerts --storm %lld", (long long)f->storm).text;
}

static void list_button(struct card *card, const struct storm_file *f)
{
    card_action(card, &(struct action){ .label = "List them here",
                                        .command = list_of(card, f) });
}

static struct span named(struct card *card, const struct storm_file *f)
{
    return f->link[0] ? say_link(f->name, f->link)
                      : say_code(say_fmt(card, "%s", f->name).text);
}

static void on_its_way(struct card *card, const struct storm_file *f,
                       enum file_asked asked, int64_t now)
{
    bool first = asked == FILE_NEW;

    card_title(card, TONE_NONE, "The file of storm %lld is on its way",
               (long long)f->storm);
    card_lead(card, LINE(say_text("It comes into the thread of the digest in "),
                         say_channel(f->channel), say_text(" in a moment."),
                         first ? none : say_text(" Asked for by "),
                         first ? none : say_user(f->by, f->by_name),
                         first ? none : say_text(" "),
                         first ? none : say_when(f->asked, now)));
    if (f->error[0] && !first)
        card_note(card, LINE(say_text("The last try: "), say_text(f->error)));
}

static void is_there(struct card *card, const struct storm_file *f, int64_t now)
{
    char lines[WORDS_TEXT];

    words_count(f->lines, lines);
    card_title(card, TONE_OK, "The file of storm %lld is there already",
               (long long)f->storm);
    card_lead(card, LINE(named(card, f),
                         say_fmt(card,
                                 ", %s alert%s, is in the thread of the digest"
                                 " in ",
                                 lines, words_s(f->lines)),
                         say_channel(f->channel), say_text(". Asked for by "),
                         say_user(f->by, f->by_name), say_text(" "),
                         say_when(f->at, now),
                         say_text("; nothing in it has changed since.")));
}

void storm_file_card(struct card *card, const struct storm_file *f,
                     enum file_asked asked, int64_t now)
{
    if (asked == FILE_THERE)
        is_there(card, f, now);
    else
        on_its_way(card, f, asked, now);
    list_button(card, f);
}

/* What to do where the app may not upload: three spans, or nothing. */
#define ADVICE(why)                                                            \
    advice(why, say_text(" The app lacks the scope ")),                        \
        advice(why, say_code("files:write")),                                  \
        advice(why, say_text(": who installed it can grant it."))

static struct span advice(const char *why, struct span part)
{
    return strstr(why, "missing_scope") ? part : none;
}

void storm_file_note(struct card *card, const struct storm_file *f)
{
    card_note(card, LINE(say_text("A page at a time, for there is no file: "),
                         say_text(f->error), say_text("."), ADVICE(f->error)));
}

char *storm_file_failed_message(const struct storm_file *f, const char *why,
                                const char *slash)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, slash);
    card_title(card, TONE_WARN, "Storm %lld has no file", (long long)f->storm);
    card_lead(card, LINE(say_user(f->by, f->by_name),
                         say_text(" asked for it, and it could not be"
                                  " uploaded: "),
                         say_text(why), say_text("."), ADVICE(why)));
    list_button(card, f);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/*
 * alert_storm: many alerts in one message: the digest that warnings fold into,
 * and the roll-call of criticals whose cards have to wait. See alert.h.
 */
#include "blocks/alert_parts.h"

#include <stdlib.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/mem.h"

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

#define ROLL_SHOWN 30 /* with a button; one message has so much room */
#define ROLL_LINE  50 /* names in a line of those behind them */

static char *posted(struct card *card)
{
    char *body = render_message(card, RENDER_POST, 0);

    card_free(card);
    return body;
}

/* ---- the storm ----------------------------------------------------------------- */

char *storm_sum(const struct storm *s, int64_t now)
{
    char alerts[WORDS_TEXT], causes[WORDS_TEXT], dropped[WORDS_TEXT];
    int64_t took = (s->ended ? s->ended : now) - s->began;

    words_count(s->alerts, alerts);
    words_count(s->causes_all, causes);
    words_count(s->dropped, dropped);
    return xasprintf("%s alert%s in %lld min, %s cause%s, %s dropped", alerts,
                     words_s(s->alerts), (long long)((took + 59999) / 60000),
                     causes, words_s(s->causes_all), dropped);
}

static void storm_title(struct card *card, const struct storm *s)
{
    char alerts[WORDS_TEXT], groups[WORDS_TEXT];

    card_colour(card, s->ended ? "#2eb886" : "#daa038");
    if (s->ended) {
        char *sum = storm_sum(s, s->ended);

        card_title(card, TONE_OK, "Storm over: %s", sum);
        free(sum);
        return;
    }
    card_title(card, TONE_WARN, "Alert storm: %s alert%s in %s group%s so far",
               words_count(s->alerts, alerts), words_s(s->alerts),
               words_count(s->groups, groups), words_s(s->groups));
}

static void storm_lead(struct card *card, const struct storm *s)
{
    char n[WORDS_TEXT];

    card_lead(card,
              LINE(say_text("Warnings and infos are folded into this message; "
                            "criticals and highs keep their own cards"),
                   s->criticals ? say_fmt(card, " (%s critical)",
                                          words_count(s->criticals, n))
                                : none,
                   say_text(". Began "), say_at(s->began),
                   s->ended ? say_text(", over ") : none,
                   s->ended ? say_at(s->ended) : none));
}

static void storm_causes(struct card *card, const struct storm *s)
{
    int64_t more = s->causes_all - (int64_t)s->causes_count;
    char n[WORDS_TEXT];

    if (s->causes_count)
        card_row(card, LINE(say_bold("Top causes")));
    for (size_t i = 0; i < s->causes_count; i++)
        card_detail(card, LINE(say_fmt(card, "%s× ",
                                       words_count(s->causes[i].count, n)),
                               say_text(s->causes[i].title)));
    if (more > 0)
        card_detail(card,
                    LINE(say_fmt(card, "…and %s more", words_count(more, n))));
}

char *storm_message(const struct storm *s, const char *slash)
{
    struct card *card = card_new();
    struct buf command = { 0 };

    card_slash(card, slash);
    card_nonce(card, say_fmt(card, "storm%lld", (long long)s->id).text);
    storm_title(card, s);
    storm_lead(card, s);
    storm_causes(card, s);
    if (s->dropped)
        card_note(card, LINE(say_fmt(card,
                                     "⚠️ %lld of them are not in the "
                                     "database.",
                                     (long long)s->dropped)));
    buf_fmt(&command, "alert file %lld", (long long)s->id);
    card_action(card, &(struct action){ .label = "Show all",
                                        .command = buf_text(&command) });
    buf_dispose(&command);
    return posted(card);
}

/* ---- the roll-call --------------------------------------------------------------- */

static void roll_row(struct card *card, const struct alert_group *g)
{
    struct buf title = { 0 };
    bool open = group_state(g) == GROUP_FIRING;

    alert_title(&title, g);
    card_row(card,
             LINE(say_bold(alert_id(card, g)), say_text("  "),
                  say_text(buf_text(&title)), say_text(" · "),
                  say_text(alert_state_word(g)),
                  g->acked_by[0] && !g->resolved_at ? say_text(" by ") : none,
                  g->acked_by[0] && !g->resolved_at
                      ? say_user(g->acked_by, g->acked_name)
                      : none));
    if (open)
        alert_button(card, card_row_action, g,
                     &(struct alert_button){ .label = "Acknowledge",
                                             .command = "ack A-#" });
    buf_dispose(&title);
}

static int64_t still_open(const struct group_list *groups)
{
    int64_t n = 0;

    for (size_t i = 0; i < groups->count; i++)
        n += group_state(&groups->items[i]) == GROUP_FIRING;
    return n;
}

/* Each is named in the text too: a phone shows all of them. */
static void roll_summary(struct card *card, const struct group_list *groups,
                         int64_t open)
{
    struct buf text = { 0 };
    char all[WORDS_TEXT], n[WORDS_TEXT];

    buf_fmt(&text, "[CRITICAL] %s alerts at once, %s unacknowledged:",
            words_count((int64_t)groups->count, all), words_count(open, n));
    for (size_t i = 0; i < groups->count; i++)
        buf_fmt(&text, "%s A-%lld", i ? "," : "",
                (long long)groups->items[i].number);
    card_summary(card, "%s", buf_text(&text));
    buf_dispose(&text);
}

/* Named all the same, where there is no room for their buttons. */
static void roll_rest(struct card *card, const struct group_list *groups)
{
    struct buf line = { 0 };

    for (size_t i = ROLL_SHOWN; i < groups->count; i++) {
        buf_fmt(&line, "%sA-%lld", line.len ? ", " : "and ",
                (long long)groups->items[i].number);
        if ((i - ROLL_SHOWN + 1) % ROLL_LINE && i + 1 < groups->count)
            continue;
        card_note(card, LINE(say_text(buf_text(&line))));
        buf_cut(&line, 0);
    }
    buf_dispose(&line);
}

char *roll_message(const struct group_list *groups, const char *slash)
{
    struct card *card = card_new();
    int64_t open = still_open(groups);
    char all[WORDS_TEXT], n[WORDS_TEXT];

    card_slash(card, slash);
    card_colour(card, open ? "#a30200" : "#2eb886");
    card_rows(card, ROLL_SHOWN);
    roll_summary(card, groups, open);
    card_title(card, TONE_ALARM,
               "%s critical alerts at once · %s "
               "unacknowledged",
               words_count((int64_t)groups->count, all), words_count(open, n));
    card_lead(card, LINE(say_text("Their cards follow in this thread, one a "
                                  "second.")));
    for (size_t i = 0; i < groups->count && i < ROLL_SHOWN; i++)
        roll_row(card, &groups->items[i]);
    roll_rest(card, groups);
    return posted(card);
}

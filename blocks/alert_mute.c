/*
 * alert_mute: silences, and what came of adding or ending one. See alert.h.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>

#include "blocks/confirm.h"
#include "blocks/words.h"

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

static bool is_over(const struct silence *s, int64_t now)
{
    return s->ended_at || (s->until && s->until <= now);
}

/* "service="pay", severity!="critical"". Kept by the card. */
static const char *matchers(struct card *card, const struct silence *s)
{
    struct buf line = { 0 };
    const char *kept;

    for (size_t i = 0; i < s->matchers_count; i++)
        buf_fmt(&line, "%s%s", i ? ", " : "", s->matchers[i]);
    kept = say_fmt(card, "%s", buf_text(&line)).text;
    buf_dispose(&line);
    return kept;
}

static void mutes(struct card *card, const struct silence *s)
{
    char n[WORDS_TEXT];

    card_detail(card, LINE(s->muting > 0 ? say_fmt(card, "mutes %s alert%s now",
                                                   words_count(s->muting, n),
                                                   words_s(s->muting))
                                         : say_text("mutes nothing now"),
                           s->group ? say_fmt(card, " · made from A-%lld",
                                              (long long)s->group)
                                    : none));
}

static void cells(struct card *card, const struct silence *s)
{
    row_cell(card, "silence", say_fmt(card, "S-%lld", (long long)s->id).text);
    row_cell(card, "matchers", matchers(card, s));
    row_cell(card, "reason", s->reason);
    row_cell(card, "by", s->by);
    row_cell_at(card, "at", s->at);
    row_cell_at(card, "until", s->until);
    row_cell_number(card, "muting", s->muting);
}

static void end_button(struct card *card, const struct silence *s)
{
    char command[64], confirm[96];

    snprintf(command, sizeof command, "unsilence S-%lld", (long long)s->id);
    snprintf(confirm, sizeof confirm,
             "What S-%lld mutes and still fires tells people again.",
             (long long)s->id);
    card_row_action(card, &(struct action){ .label = "End it",
                                            .command = command,
                                            .confirm = confirm });
}

static void silence_row(struct card *card, const struct silence *s, int64_t now)
{
    bool over = is_over(s, now);

    card_row(
        card,
        LINE(say_bold(say_fmt(card, "S-%lld", (long long)s->id).text),
             say_text("  "), say_code(matchers(card, s)),
             say_text(over ? "  ended " : "  until "),
             alert_when(s->ended_at ? s->ended_at : s->until, now),
             s->ended_by[0] ? say_text(" by ") : none,
             s->ended_by[0] ? say_user(s->ended_by, s->ended_by_name) : none));
    cells(card, s);
    card_detail(card, LINE(say_fmt(card, "“%s” · by ", s->reason),
                           say_user(s->by, s->by_name), say_text(" "),
                           alert_when(s->at, now)));
    if (over)
        return;
    mutes(card, s);
    end_button(card, s);
}

static void list_title(struct card *card, const struct silences *list,
                       bool over, size_t page)
{
    if (page > 1)
        card_title(card, TONE_INFO, "Silences, page %zu", page);
    else if (!list->count)
        card_title(card, TONE_OK,
                   over ? "There has been no silence"
                        : "No silences: every alert is heard");
    else
        card_title(card, TONE_INFO, "Silences: %zu%s%s", list->count,
                   list->more ? " and more" : "",
                   over ? ", past ones too" : "");
}

static void list_pages(struct card *card, const struct silences *list,
                       bool over, size_t page)
{
    char command[64];

    for (int step = -1; step <= 1; step += 2) {
        if (step < 0 ? page <= 1 : !list->more)
            continue;
        snprintf(command, sizeof command, "silences%s --page %zu",
                 over ? " --all" : "", page + (size_t)step);
        card_action(card, &(struct action){ .label = step < 0 ? "Previous page"
                                                              : "Next page",
                                            .command = command,
                                            .replace = true });
    }
    if (!over)
        card_action(card, &(struct action){ .label = "Past ones too",
                                            .command = "silences --all",
                                            .replace = true });
}

void silence_list_card(struct card *card, const struct silences *list,
                       bool over, size_t page, int64_t now)
{
    list_title(card, list, over, page);
    for (size_t i = 0; i < list->count && i < ALERT_PAGE; i++)
        silence_row(card, &list->items[i], now);
    if (!list->count && page > 1)
        card_lead(card, LINE(say_text("There is nothing on this page.")));
    list_pages(card, list, over, page);
}

/* ---- much at once -------------------------------------------------------------- */

static void reached(struct card *card, const struct silence_reach *reach)
{
    char n[WORDS_TEXT];

    for (size_t i = 0; i < reach->shown; i++) {
        const struct silence_reached *one = &reach->first[i];

        card_row(
            card,
            LINE(say_bold(say_fmt(card, "A-%lld", (long long)one->number).text),
                 say_fmt(card, "  %s · %s", alert_severity_text(one->severity),
                         one->title)));
    }
    if (reach->groups > (int64_t)reach->shown)
        card_detail(
            card,
            LINE(say_fmt(card,
                         "and %s%s more: ", reach->more ? "at least " : "",
                         words_count(reach->groups - (int64_t)reach->shown, n)),
                 say_typed(card, "alerts")));
}

static void prompt_lead(struct card *card, const struct silence_new *want,
                        const struct silence_reach *reach, int64_t now)
{
    struct silence s = { .matchers = (char **)(uintptr_t)want->matchers,
                         .matchers_count = want->matchers_count };
    char alerts[WORDS_TEXT], criticals[WORDS_TEXT];

    card_lead(card, LINE(say_code(matchers(card, &s)), say_text(" until "),
                         alert_when(want->until, now),
                         say_fmt(card, " takes %s firing alert%s",
                                 words_count(reach->alerts, alerts),
                                 words_s(reach->alerts)),
                         reach->criticals
                             ? say_fmt(card, " (%s CRITICAL group%s)",
                                       words_count(reach->criticals, criticals),
                                       words_s(reach->criticals))
                             : none,
                         say_text(", and what else comes and has these labels: "
                                  "nobody is told, and no escalation moves.")));
}

void silence_prompt_card(struct card *card, const struct silence_new *want,
                         const struct silence_reach *reach, const char *op,
                         int64_t now)
{
    char n[WORDS_TEXT];
    const char *label =
        say_fmt(card, "Silence %s%s cards", reach->more ? "at least " : "",
                words_count(reach->groups, n))
            .text;

    card_title(card, TONE_WARN, "%s?", label);
    prompt_lead(card, want, reach, now);
    reached(card, reach);
    confirm_note(card, op);
    card_action(
        card, &(struct action){ .label = label,
                                .command = say_fmt(card, "confirm %s", op).text,
                                .style = STYLE_DANGER,
                                .replace = true });
    card_action(
        card, &(struct action){ .label = "Do not silence",
                                .command = say_fmt(card, "cancel %s", op).text,
                                .replace = true });
}

/* ---- one ----------------------------------------------------------------------- */

static void done_title(struct card *card, const struct silence_done *done,
                       bool ended)
{
    const struct silence *s = &done->silence;
    char n[WORDS_TEXT];

    if (ended && done->before)
        card_title(card, TONE_INFO, "S-%lld is over already", (long long)s->id);
    else if (ended)
        card_title(card, TONE_OK, "S-%lld ended: alerts are heard again",
                   (long long)s->id);
    else if (s->pending && s->muting == 0)
        card_title(card, TONE_INFO, "S-%lld holds", (long long)s->id);
    else
        card_title(card, TONE_INFO, "S-%lld: %s alert%s silenced",
                   (long long)s->id,
                   s->muting > 0 ? words_count(s->muting, n) : "no",
                   words_s(s->muting > 0 ? s->muting : 2));
}

void silence_done_card(struct card *card, const struct silence_done *done,
                       bool ended, int64_t now)
{
    if (!done->found) {
        card_title(card, TONE_REFUSED, "There is no such silence");
        card_lead(card, LINE(say_text("Those that hold: "),
                             say_typed(card, "silences")));
        return;
    }
    done_title(card, done, ended);
    silence_row(card, &done->silence, now);
    if (!ended && done->silence.pending)
        card_note(card, LINE(say_text("What fires already is silenced in a "
                                      "moment.")));
    else if (!ended && done->silence.muting == 0)
        card_note(card, LINE(say_text("Nothing that fires has these labels. "
                                      "What comes and has them is silenced.")));
    if (done->before)
        card_note(card, LINE(say_text("This was done before; nothing more was "
                                      "changed.")));
    card_action(card, &(struct action){ .label = "Show silences",
                                        .command = "silences" });
}

/* halt_answer: what the person is told who halts or unhalts. See halt.h. */
#include <stdio.h>
#include <string.h>

#include "blocks/confirm.h"
#include "blocks/halt.h"
#include "blocks/record.h"
#include "blocks/words.h"

static bool has(const char *text)
{
    return text && *text;
}

static struct span who(const char *id, const char *name)
{
    return has(id) ? say_user(id, name) : say_text("somebody");
}

/* ---- a halt or unhalt that was carried out --------------------------------------- */

static bool stops(const struct halt_answer *a)
{
    return a->want->action == HALT_STOP;
}

/* "8 targets are being told", with a verb that fits one. */
static struct span being_told(struct card *card, const struct halt_report *r)
{
    size_t n = r->run ? r->run->count : 0;

    if (n == 0)
        return say_text("No target is configured to be told");
    return say_fmt(card, "%zu target%s %s being told", n, words_s((int64_t)n),
                   n == 1 ? "is" : "are");
}

static void told_lead(struct card *card, const struct halt_answer *a)
{
    char op[WORDS_TEXT];

    card_lead(card,
              LINE(being_told(card, a->report),
                   say_text(a->here ? "; the card is in this channel" : ""),
                   say_fmt(card, " · op %s", words_op(a->want->act->op, op))));
}

/* Redis has not said: nobody who looks there knows. */
static void late_card(struct card *card, const struct halt_answer *a)
{
    const struct halt_report *r = a->report;
    bool nobody = !r->run || r->run->count == 0;

    if (nobody)
        card_title(card, TONE_BAD,
                   "Nothing is stopped yet: %s, and Redis is down",
                   a->want->scope);
    else
        card_title(card, TONE_HALT, "Halting %s without Redis", a->want->scope);
    told_lead(card, a);
    if (a->redis_since)
        card_row(card, LINE(say_text("Redis has been down since "),
                            say_when(a->redis_since, a->now),
                            say_text(": who looks for halts there has not "
                                     "heard of it.")));
    else
        card_row(card, LINE(say_text(r->redis.text)));
    if (r->redis.kind == ERR_USER)
        card_row(card, LINE(say_text("The targets are told all the same. It is "
                                     "set in Redis once that is put right.")));
    else if (r->journaled)
        card_row(card, LINE(say_text("It is written down, and set in Redis "
                                     "when that is back, unless somebody acts "
                                     "on the scope before.")));
    else
        card_row(card,
                 LINE(say_text("✗ It could not be written down either ("),
                      say_text(r->journal.text),
                      say_text("): I set it in Redis when that is back, as "
                               "long as I am not restarted. Look at "),
                      say_typed(card, "halts"), say_text(" then.")));
    if (nobody)
        card_row(card, LINE(say_text("Stop what must stop by hand.")));
}

static void already_card(struct card *card, const struct halt_answer *a)
{
    const struct halt *now = &a->report->done.now;

    if (!stops(a)) {
        card_title(card, TONE_INFO, "%s is not halted", a->want->scope);
        card_lead(card, LINE(say_text("Nothing was changed.")));
        return;
    }
    card_title(card, TONE_HALT, "Already halted · %s · generation %lld",
               a->want->scope, (long long)a->report->done.generation);
    card_lead(card, LINE(say_fmt(card, "\"%s\" · by ", now->reason),
                         who(now->by, now->by_name), say_text(" "),
                         say_when(now->at, a->now)));
    if (a->report->before)
        return;
    if (!a->report->run || a->report->run->count == 0)
        card_row(card, LINE(say_text("Nothing was changed. "),
                            being_told(card, a->report), say_text(".")));
    else
        card_row(card,
                 LINE(say_text("It stays halted as it was. In case you doubt "
                               "it, "),
                      being_told(card, a->report),
                      say_text(a->here ? " and asked again; the card is in "
                                         "this channel."
                                       : " and asked again.")));
}

static void superseded_card(struct card *card, const struct halt_answer *a)
{
    const struct halt *now = &a->report->done.now;

    card_title(card, TONE_WARN, "Not %s: somebody acted on %s since",
               stops(a) ? "halted" : "unhalted", a->want->scope);
    if (now->scope)
        card_lead(card, LINE(say_fmt(card, "It is halted now: \"%s\" · by ",
                                     now->reason),
                             who(now->by, now->by_name), say_text(" "),
                             say_when(now->at, a->now),
                             say_fmt(card, " · generation %lld",
                                     (long long)now->generation)));
    else
        card_lead(card, LINE(say_text("It is not halted now; the last to act "
                                      "on it was "),
                             who(now->by, now->by_name), say_text(" "),
                             say_when(now->at, a->now)));
    card_row(card, LINE(say_text("Nothing was changed. Look at "),
                        say_typed(card, "halts"),
                        say_text(", and ask again if you still want it.")));
}

static void done_card(struct card *card, const struct halt_answer *a)
{
    card_title(card, stops(a) ? TONE_HALT : TONE_RUN, "%s %s · generation %lld",
               stops(a) ? "Halted" : "Unhalted", a->want->scope,
               (long long)a->report->done.generation);
    if (a->report->before)
        card_lead(card, LINE(say_text("That was done before, by this same "
                                      "request, "),
                             say_when(a->report->before_at, a->now),
                             say_text("; nothing changed now.")));
    else
        told_lead(card, a);
}

static void given_up_card(struct card *card, const struct halt_answer *a)
{
    card_title(card, TONE_WARN,
               "Not unhalted: I restarted in the middle of it");
    card_lead(card, LINE(say_code(a->want->scope),
                         say_text(" is still halted; nothing was changed.")));
    card_row(card, LINE(say_text("If it is to run again, ask again: "),
                        say_typed(card, "unhalt"), say_text(" "),
                        say_code(a->want->scope)));
}

void halt_answer_card(struct card *card, const struct halt_answer *a)
{
    if (a->report->given_up)
        given_up_card(card, a);
    else if (!a->report->applied)
        late_card(card, a);
    else if (a->report->done.result == HALT_DONE)
        done_card(card, a);
    else if (a->report->done.result == HALT_ALREADY)
        already_card(card, a);
    else
        superseded_card(card, a);
    if (!a->report->before)
        record_rows(card, &(struct record_view){
                              .place = a->report->place,
                              .postgres = a->report->postgres.text,
                              .journal = a->report->journal.text,
                              .postgres_since = a->postgres_since,
                              .now = a->now,
                              .then = "",
                          });
}

/* ---- before an unhalt ----------------------------------------------------------- */

static void condition_row(struct card *card, const struct unhalt_condition *c,
                          int64_t now)
{
    if (c->met) {
        card_row(card, LINE(say_text("✓ "), say_text(c->name)));
        return;
    }
    if (c->since)
        card_row(card, LINE(say_text("✗ "), say_bold(c->name), say_text(": "),
                            say_text(c->why), say_text(", since "),
                            say_when(c->since, now)));
    else
        card_row(card, LINE(say_text("✗ "), say_bold(c->name), say_text(": "),
                            say_text(c->why)));
    if (has(c->advice))
        card_detail(card, LINE(say_text(c->advice)));
}

/* Nothing stands in the way that --force would not go past. */
static bool force_helps(const struct unhalt_card *u)
{
    for (size_t i = 0; i < u->count; i++)
        if (!u->conditions[i].met && !u->conditions[i].can_skip)
            return false;
    return true;
}

static void command_button(struct card *card, const char *label,
                           const char *command, const char *word,
                           const char *flag, enum style style,
                           const char *confirm)
{
    struct buf line = { 0 };

    buf_str(&line, command);
    words_typed(&line, word);
    buf_str(&line, flag);
    card_action(card, &(struct action){ .label = label,
                                        .command = buf_text(&line),
                                        .style = style,
                                        .confirm = confirm });
    buf_dispose(&line);
}

void unhalt_refused_card(struct card *card, const struct unhalt_card *u)
{
    card_title(card, TONE_REFUSED, "Not yet: %s stays halted", u->scope);
    card_lead(card, LINE(say_text("Starting again needs everything healthy. "
                                  "Nothing was changed.")));
    for (size_t i = 0; i < u->count; i++)
        condition_row(card, &u->conditions[i], u->now);
    command_button(card, "Look again", "unhalt", u->scope, "", STYLE_PLAIN,
                   NULL);
    if (!force_helps(u) || u->force)
        return;
    if (u->may_force)
        command_button(card, "Unhalt anyway…", "unhalt", u->scope, " --force",
                       STYLE_DANGER,
                       "Goes past what is marked ✗, in your name.");
    else
        card_note(card, LINE(say_code("--force"),
                             say_text(" goes past these; it needs the right "),
                             say_code("unhalt.force")));
}

static void prompt_rows(struct card *card, const struct unhalt_card *u)
{
    for (size_t i = 0; i < u->count; i++)
        if (!u->conditions[i].met || u->conditions[i].say)
            condition_row(card, &u->conditions[i], u->now);
    if (u->targets == 0)
        card_row(card, LINE(say_text("No target is configured for it: "
                                     "consumers see it in Redis.")));
    else
        card_row(card,
                 LINE(say_fmt(card,
                              "%zu target%s will be told to run, and asked "
                              "whether %s.",
                              u->targets, words_s((int64_t)u->targets),
                              u->targets == 1 ? "it does" : "they do")));
}

void unhalt_prompt_card(struct card *card, const struct unhalt_card *u)
{
    const struct halt *h = u->halt;
    char label[80];

    card_title(card, TONE_WARN, "Unhalt %s%s?", u->scope,
               u->force ? " by force" : "");
    card_lead(
        card,
        LINE(say_fmt(card, "Halted: \"%s\" · by ", h->reason),
             who(h->by, h->by_name), say_text(" "), say_when(h->at, u->now),
             say_fmt(card, " · generation %lld", (long long)h->generation)));
    prompt_rows(card, u);
    snprintf(label, sizeof label, "Unhalt %.60s", u->scope);
    command_button(card, label, "confirm", u->confirm, "",
                   u->force ? STYLE_DANGER : STYLE_PRIMARY, NULL);
    snprintf(label, sizeof label, "Keep %.60s halted", u->scope);
    command_button(card, label, "cancel", u->confirm, "", STYLE_PLAIN, NULL);
    confirm_note(card, u->confirm);
}

void unhalt_idle_card(struct card *card, const char *scope,
                      const struct halt_list *list, int64_t now)
{
    card_title(card, TONE_INFO, "%s is not halted", scope);
    card_lead(card, LINE(say_text("Nothing was changed.")));
    for (size_t i = 0; i < list->count; i++)
        card_row(card,
                 LINE(say_text("Halted: "), say_bold(list->halts[i].scope),
                      say_fmt(card, "  \"%s\" · by ", list->halts[i].reason),
                      who(list->halts[i].by, list->halts[i].by_name),
                      say_text(" "), say_when(list->halts[i].at, now)));
}

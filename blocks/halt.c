/* halt: see halt.h. The public card of a run, and the list. */
#include "blocks/halt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/sentence.h"
#include "blocks/words.h"

static bool has(const char *text)
{
    return text && *text;
}

static struct span who(const char *id, const char *name)
{
    return has(id) ? say_user(id, name) : say_text("somebody");
}

static bool is_over(const struct halt_view *v)
{
    return v->ended || v->superseded;
}

/* ---- targets ----------------------------------------------------------------- */

/* "stopped", or "running" after an unhalt. */
static const char *state_word(const struct halt_run *run)
{
    return run->action == HALT_STOP ? "stopped" : "running";
}

static size_t count_of(const struct halt_run *run, enum halt_progress progress)
{
    size_t n = 0;

    for (size_t i = 0; i < run->count; i++)
        n += run->targets[i].progress == progress;
    return n;
}

/* How far it is: "stopped 6/8 …". */
static const char *progress_of(struct card *card, const struct halt_run *run)
{
    char took[WORDS_TEXT];
    size_t done = halt_run_stopped(run), failed = count_of(run, TARGET_FAILED);
    const char *word = state_word(run);

    if (!run->finished)
        return say_fmt(card, "%s %zu/%zu …", word, done, run->count).text;
    if (failed || run->took_ms < 0)
        return say_fmt(card, "%s%s %zu/%zu", done < run->count ? "✗ " : "",
                       word, done, run->count)
            .text;
    return say_fmt(card, "%s %zu/%zu in %s", word, done, run->count,
                   words_us(run->took_ms * 1000, took))
        .text;
}

/* Backticks are for the log. */
static struct span without_marks(struct card *card, const char *text)
{
    struct buf b = { 0 };
    struct span span;

    for (; *text; text++)
        if (*text != '`')
            buf_char(&b, *text);
    span = say_fmt(card, "%s", buf_text(&b));
    buf_dispose(&b);
    return span;
}

/* Its detail says what it did, and after a colon what it said last. */
static void failed_row(struct card *card, const struct halt_target *t,
                       const struct halt_view *v)
{
    const char *why = has(t->detail) ? t->detail : "has not confirmed";
    const char *colon = strstr(why, ": ");
    bool refused = strncmp(why, "refused", 7) == 0;

    if (v->ended && !refused)
        card_row(card, LINE(say_text("✗ "), say_bold(t->name),
                            say_text(" had not confirmed by then")));
    else if (refused || !colon)
        card_row(card, LINE(say_text("✗ "), say_bold(t->name),
                            say_fmt(card, " %s", why)));
    else
        card_row(card, LINE(say_text("✗ "), say_bold(t->name),
                            say_fmt(card, " %.*s", (int)(colon - why), why)));
    if (colon && !refused)
        card_detail(card, LINE(say_text("last seen: "),
                               without_marks(card, colon + 2)));
    else if (v->ended && !refused && has(t->detail))
        card_detail(card, LINE(say_text(t->detail)));
}

/* What is known of one that is waited for. Its detail begins with a backtick
 * when it has said how it is, and else says why that is not known. */
static const char *waits_how(const struct halt_target *t,
                             enum halt_action action)
{
    if (t->progress == TARGET_WAITING)
        return "not told yet";
    if (t->detail[0] != '`')
        return "told, not confirmed yet";
    return action == HALT_STOP ? "told, has not stopped yet"
                               : "told, does not run yet";
}

static void waiting_row(struct card *card, const struct halt_target *t,
                        enum halt_action action)
{
    struct span detail = without_marks(card, has(t->detail) ? t->detail : "");

    card_row(card, LINE(say_text("… "), say_bold(t->name), say_text("  "),
                        say_text(waits_how(t, action)),
                        *detail.text ? say_fmt(card, " (%s)", detail.text)
                                     : say_text("")));
}

/* Those that need a person first. */
static void target_rows(struct card *card, const struct halt_run *run,
                        const struct halt_view *v)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].progress == TARGET_FAILED)
            failed_row(card, &run->targets[i], v);
    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].progress == TARGET_WAITING ||
            run->targets[i].progress == TARGET_ASKED)
            waiting_row(card, &run->targets[i], run->action);
}

static void advice_row(struct card *card, const struct halt_run *run)
{
    const char *verb = run->action == HALT_STOP ? "Stop" : "Start";

    if (count_of(run, TARGET_FAILED))
        card_row(card,
                 LINE(say_fmt(card,
                              "%s what is marked ✗ by hand (its own console, "
                              "its service manager), and do not count on it "
                              "until you have seen it.",
                              verb)));
}

static void no_targets_row(struct card *card, const struct halt_run *run)
{
    bool stop = run->action == HALT_STOP;

    if (!run->generation) {
        card_row(card, LINE(say_text("No target is configured for this scope: "
                                     "nobody was told.")));
        return;
    }
    card_row(card, LINE(say_text(stop ? "The halt's key and "
                                      : "The halt's key is gone and "),
                        say_code(HALT_CONTROL),
                        say_text(stop ? " are written; no target is configured "
                                        "to confirm."
                                      : " is written. No target was told: "
                                        "there is none for this scope, or "
                                        "another halt stands.")));
}

static void targets(struct card *card, const struct halt_run *run,
                    const struct halt_view *v)
{
    if (run->count == 0) {
        no_targets_row(card, run);
        return;
    }
    if (is_over(v))
        card_row(card, LINE(say_text(progress_of(card, run))));
    target_rows(card, run, v);
    if (!v->ended)
        advice_row(card, run);
}

/* ---- the card ------------------------------------------------------------------ */

/* How far it is stands here too: this is all that a notification shows. What
 * is over says neither halted nor running: either may be true by now. */
static void title(struct card *card, const struct halt_run *run,
                  const struct halt_view *v)
{
    bool stop = run->action == HALT_STOP;
    bool nobody = stop && !run->generation && run->count == 0;
    const char *what = nobody ? "HALT WAITS"
                       : stop ? "HALTED"
                              : "Running again";

    if (is_over(v))
        card_title(card, TONE_INFO, "%s · %s · over",
                   nobody && v->superseded ? "Halt that was not set"
                   : stop                  ? "Earlier halt"
                                           : "Earlier unhalt",
                   run->scope);
    else if (nobody)
        card_title(card, TONE_BAD, "%s · %s · nothing is stopped yet", what,
                   run->scope);
    else if (run->count == 0)
        card_title(card, stop ? TONE_HALT : TONE_RUN, "%s · %s", what,
                   run->scope);
    else
        card_title(card, stop ? TONE_HALT : TONE_RUN, "%s · %s · %s", what,
                   run->scope, progress_of(card, run));
}

static struct span generation(struct card *card, const struct halt_run *run,
                              const struct halt_view *v)
{
    if (run->generation)
        return say_fmt(card, " · generation %lld", (long long)run->generation);
    if (v->superseded)
        return say_text(" · not set in Redis");
    return say_text(" · generation not known yet");
}

/* Who stopped it and why; or who started it again, and what it was. */
static void lead(struct card *card, const struct halt_run *run,
                 const struct halt_view *v)
{
    if (run->action == HALT_STOP)
        card_lead(card, LINE(say_fmt(card, "\"%s\"%s · by ", run->reason,
                                     v->first ? " · told again" : ""),
                             who(run->by, run->by_name), say_text(" "),
                             say_at(run->at), generation(card, run, v)));
    else
        card_lead(
            card,
            LINE(say_text("By "), who(run->by, run->by_name), say_text(" "),
                 say_at(run->at), generation(card, run, v),
                 say_fmt(card, " · had been halted for \"%s\"", run->reason)));
}

static void ended_row(struct card *card, const struct halt_view *v)
{
    const struct halt_run *e = v->ended;

    card_row(card,
             LINE(say_text(e->action == HALT_START ? "▶️ ended by "
                                                   : "⛔ halted again by "),
                  who(e->by, e->by_name), say_text(" "), say_at(e->at)));
}

static void redis_rows(struct card *card, const struct halt_run *run,
                       const struct halt_view *v)
{
    if (v->superseded)
        card_row(card, LINE(say_text("Somebody acted on this scope before "
                                     "Redis was back: the halt was not set "
                                     "there. "),
                            say_typed(card, "halts"),
                            say_text(" says how it stands.")));
    else if (!run->generation)
        card_row(card,
                 LINE(say_text("Redis was down: consumers that look there do "
                               "not know yet. It is set there when Redis is "
                               "back, unless somebody acts on this scope "
                               "before.")));
}

static void first_row(struct card *card, const struct halt_view *v)
{
    if (v->first)
        card_row(card, LINE(say_text("Halted before by "),
                            who(v->first->by, v->first->by_name), say_text(" "),
                            say_at(v->first->at),
                            say_text(": this halt is the same one, and every "
                                     "target is told and asked again.")));
}

static void unhalt_button(struct card *card, const char *scope, bool on_row)
{
    struct buf line = { 0 };
    char label[80];
    struct action action;

    buf_str(&line, "unhalt");
    words_typed(&line, scope);
    snprintf(label, sizeof label, "Unhalt %.60s…", scope);
    action = (struct action){ .label = label, .command = buf_text(&line) };
    if (on_row)
        card_row_action(card, &action);
    else
        card_action(card, &action);
    buf_dispose(&line);
}

static void again_button(struct card *card, const struct halt_run *run)
{
    struct buf line = { 0 };

    buf_str(&line, "halt");
    words_typed(&line, run->scope);
    words_typed(&line, run->reason);
    card_action(card,
                &(struct action){ .label = "Tell again",
                                  .command = buf_text(&line),
                                  .confirm = "Every target is told to stop and "
                                             "asked again.",
                                  .style = STYLE_DANGER });
    buf_dispose(&line);
}

void halt_run_card(struct card *card, const struct halt_run *run,
                   const struct halt_view *v)
{
    char op[WORDS_TEXT];

    title(card, run, v);
    lead(card, run, v);
    if (v->ended)
        ended_row(card, v);
    first_row(card, v);
    if (run->action == HALT_STOP && (!v->ended || v->superseded))
        redis_rows(card, run, v);
    targets(card, run, v);
    card_note(card, LINE(say_fmt(card, "op %s", words_op(run->op, op))));
    if (run->action != HALT_STOP || v->ended || v->superseded)
        return;
    unhalt_button(card, run->scope, false);
    if (count_of(run, TARGET_FAILED))
        again_button(card, run);
}

char *halt_run_message(const struct halt_run *run, const struct halt_view *view)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, view->slash);
    card_nonce(card, run->op);
    halt_run_card(card, run, view);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* ---- what is halted -------------------------------------------------------------- */

static void halt_row(struct card *card, const struct halt *h, int64_t now)
{
    card_row(
        card,
        LINE(say_bold(h->scope), say_fmt(card, "  \"%s\" · by ", h->reason),
             who(h->by, h->by_name), say_text(" "), say_when(h->at, now),
             say_fmt(card, " · generation %lld", (long long)h->generation)));
    row_cell(card, "scope", h->scope);
    row_cell(card, "reason", h->reason);
    row_cell(card, "by", has(h->by_name) ? h->by_name : h->by);
    row_cell_at(card, "at", h->at);
    row_cell_number(card, "generation", h->generation);
}

void halts_card(struct card *card, const struct halt_list *list,
                bool may_unhalt, int64_t now)
{
    if (list->count == 0) {
        card_title(card, TONE_OK, "Nothing is halted");
        return;
    }
    card_title(card, TONE_HALT, "Halted: %zu scope%s", list->count,
               words_s((int64_t)list->count));
    if (strcmp(list->halts[0].scope, HALT_ALL) == 0 && list->count > 1)
        card_lead(card, LINE(say_code(HALT_ALL),
                             say_text(" covers every scope: the others stay "
                                      "halted when it is over.")));
    for (size_t i = 0; i < list->count; i++) {
        halt_row(card, &list->halts[i], now);
        if (may_unhalt)
            unhalt_button(card, list->halts[i].scope, true);
    }
}

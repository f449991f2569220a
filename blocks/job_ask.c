/*
 * job_ask: the cards before a bulk move: the question, and that there is
 * nothing to move. See job.h.
 */
#include <string.h>

#include "blocks/confirm.h"
#include "blocks/job_parts.h"
#include "blocks/words.h"

#define IDS_SHOWN 5

/* ---- the question ---------------------------------------------------------------- */

static void what_lead(struct card *card, const struct job_plan *p,
                      const struct job_view *view)
{
    const char *stream = p->name->stream;
    bool one = p->set->count == 1;

    switch (p->kind) {
    case JOB_REQUEUE:
        card_lead(card,
                  LINE(say_fmt(card,
                               "%s goes back into %s once and out of the "
                               "dead letters; its consumer handles it again.",
                               one ? "It" : "Each", stream)));
        break;
    case JOB_DISCARD:
        card_lead(
            card,
            LINE(say_fmt(card,
                         "%s the dead letters of %s for the trash and %s kept "
                         "there for %u day%s (",
                         one ? "It leaves" : "They leave", stream,
                         one ? "is" : "are", view->trash_days,
                         words_s(view->trash_days)),
                 say_code("keep.trash"), say_text("); "),
                 say_typed(card, "dlq restore"),
                 say_fmt(card, " brings %s back.", one ? "it" : "them")));
        break;
    case JOB_RESTORE:
        card_lead(card, LINE(say_fmt(card,
                                     one ? "It leaves the trash and is a dead "
                                           "letter of %s again."
                                         : "They leave the trash and are dead "
                                           "letters of %s again.",
                                     stream)));
        break;
    }
}

static void named_field(struct card *card, const struct job_set *set)
{
    struct span line[2 * IDS_SHOWN + 2];
    size_t n = 0;

    if (set->ids_count > IDS_SHOWN) {
        card_field(card, "Which",
                   LINE(say_fmt(card, "the %zu you named, ", set->ids_count),
                        say_code(set->ids[0]), say_text(" to "),
                        say_code(set->ids[set->ids_count - 1])));
        return;
    }
    for (size_t i = 0; i < set->ids_count; i++) {
        if (i)
            line[n++] = say_text(words_between(i, set->ids_count));
        line[n++] = say_code(set->ids[i]);
    }
    line[n] = (struct span){ .kind = SPAN_END };
    card_field(card, "Which", line);
}

static void which_field(struct card *card, const struct job_plan *p)
{
    const struct job_set *set = p->set;
    char n[WORDS_TEXT];

    if (set->ids)
        named_field(card, set);
    else
        card_field(card, "Which",
                   LINE(say_text("all up to "), say_code(set->upper_id),
                        say_text("; what arrives from now on stays")));
    if (set->missing)
        card_row(card,
                 LINE(say_fmt(card, "🟠 %s of those you named %s not in ",
                              words_count((int64_t)set->missing, n),
                              set->missing == 1 ? "is" : "are"),
                      say_text(job_source(card, p->kind, p->name->stream,
                                          p->name->dlq)),
                      say_fmt(card, " and %s left out",
                              set->missing == 1 ? "is" : "are")));
}

static void pace_field(struct card *card, const struct job_plan *p)
{
    int64_t ms = p->rate > 0 ? p->set->count * 1000 / p->rate : 0;
    const char *pace = job_pace(card, p->rate);

    if (p->rate > 0)
        card_field(
            card, "How fast",
            LINE(say_fmt(card, "%s, which takes %s%s", pace,
                         ms < 1000 ? "" : "about ", job_span(card, ms))));
    else
        card_field(card, "How fast", LINE(say_text(pace)));
}

/* Buttons name the operation in full, people type its head. */
static void answer_buttons(struct card *card, const struct job_plan *p,
                           const char *label)
{
    const char *yes = say_fmt(card, "confirm %s", p->op).text;
    const char *no = say_fmt(card, "cancel %s", p->op).text;

    confirm_note(card, p->op);
    card_action(card, &(struct action){ .label = label,
                                        .command = yes,
                                        .style = p->kind == JOB_DISCARD
                                                     ? STYLE_DANGER
                                                     : STYLE_PRIMARY,
                                        .replace = true });
    card_action(
        card,
        &(struct action){
            .label = say_fmt(card, "Do not %s", job_kind_name(p->kind)).text,
            .command = no,
            .replace = true });
}

void job_prompt_card(struct card *card, const struct job_plan *p,
                     const struct job_view *view)
{
    const struct job_words *words = job_words(p->kind);
    const char *entries = job_entries(card, p->set->count);
    const char *label = say_fmt(card, "%s %s", words->name, entries).text;

    card_title(card, words->tone, "%s of %s?", label, p->name->stream);
    what_lead(card, p, view);
    which_field(card, p);
    pace_field(card, p);
    answer_buttons(card, p, label);
}

/* ---- nothing to move ------------------------------------------------------------- */

/* "Already discarded by @ann at 14:02". */
static void mover_lead(struct card *card, const struct job_mover *m,
                       const struct job_view *view)
{
    char op[WORDS_TEXT];
    const char *done = strcmp(m->kind, "discard") == 0   ? "discarded"
                       : strcmp(m->kind, "restore") == 0 ? "restored"
                                                         : "requeued";

    card_lead(card, LINE(say_fmt(card, "Already %s by ", done),
                         say_user(m->by, m->by_name ? m->by_name : ""),
                         say_text(" at "), say_when(m->at, view->now),
                         say_fmt(card, ", op %s; nothing changed",
                                 words_op(m->op, op))));
}

void job_nothing_card(struct card *card, const struct job_plan *p,
                      const struct job_mover *mover,
                      const struct job_view *view)
{
    const char *source =
        job_source(card, p->kind, p->name->stream, p->name->dlq);

    card_title(card, TONE_INFO, "There is nothing to %s · %s",
               job_kind_name(p->kind), p->name->stream);
    if (mover && mover->by && *mover->by)
        mover_lead(card, mover, view);
    else if (p->set->missing)
        card_lead(card,
                  LINE(say_fmt(card,
                               "%s named %s not in %s; nothing "
                               "changed.",
                               p->set->missing == 1 ? "The entry you"
                                                    : "The entries you",
                               p->set->missing == 1 ? "is" : "are", source)));
    else
        card_lead(card,
                  LINE(say_fmt(card, "There is no entry in %s.", source)));
    job_look_button(card, p->kind, p->name->stream);
}

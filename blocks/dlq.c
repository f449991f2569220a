/* dlq: see dlq.h. */
#include "blocks/dlq.h"

#include <stdio.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/clock.h"

#define NAMES_IN_A_LINE 20

/* The command of a button: names come from Redis and are typed as they must
 * be. line holds it as long as the action lives. page 0: none. */
static struct action action_on(struct buf *line, const char *command,
                               const char *stream, const char *id, size_t page)
{
    buf_cut(line, 0);
    buf_str(line, command);
    words_typed(line, stream);
    if (id)
        words_typed(line, id);
    if (page)
        buf_fmt(line, " --page %zu", page);
    return (struct action){ .command = buf_text(line), .replace = page > 0 };
}

/* ---- list ------------------------------------------------------------------ */

static const char *arrivals(const struct dlq_summary *q, char out[64])
{
    char n[WORDS_TEXT];

    /* The sample is full of them: there may be more behind it. */
    if (q->arrived_10m > 0 && (size_t)q->arrived_10m == q->sampled &&
        q->depth > (int64_t)q->sampled)
        snprintf(out, 64, "+%s or more in 10 m",
                 words_count(q->arrived_10m, n));
    else if (q->arrived_10m > 0)
        snprintf(out, 64, "+%s in 10 m", words_count(q->arrived_10m, n));
    else
        snprintf(out, 64, "steady");
    return out;
}

static void cause_lines(struct card *card, const struct dlq_summary *q)
{
    char n[WORDS_TEXT];

    for (size_t i = 0; i < q->cause_count; i++)
        card_detail(card,
                    LINE(say_text(i ? "then: " : "top cause: "),
                         say_text(q->causes[i].text),
                         say_fmt(card, " ×%s",
                                 words_count((int64_t)q->causes[i].count, n))));
}

static void queue_row(struct card *card, const struct dlq_summary *q,
                      const struct dlq_rights *may, int64_t now)
{
    char n[WORDS_TEXT], more[64], label[80];
    struct buf line = { 0 };
    struct action show = action_on(&line, "dlq show", q->stream, NULL, 0);

    card_row(card,
             LINE(say_bold(q->stream),
                  say_fmt(card, "  %s   oldest ", words_count(q->depth, n)),
                  say_when(now - q->oldest_ms, now),
                  say_fmt(card, "   %s", arrivals(q, more))));
    cause_lines(card, q);
    snprintf(label, sizeof label, "Show %.60s", q->stream);
    show.label = label;
    if (may->show)
        card_row_action(card, &show);
    buf_dispose(&line);
}

static void empties_note(struct card *card, const struct dlq_overview *o)
{
    struct buf names = { 0 };
    size_t n = 0, empty = o->count - o->nonempty;

    if (empty == 0 || o->nonempty == 0)
        return;
    for (size_t i = 0; i < o->count && n < NAMES_IN_A_LINE; i++)
        if (o->queues[i].depth == 0)
            buf_fmt(&names, "%s%s", n++ ? ", " : "", o->queues[i].stream);
    if (empty > n)
        buf_fmt(&names, " and %zu more", empty - n);
    card_note(card, LINE(say_text("✅ no dead letters: "),
                         say_text(buf_text(&names))));
    buf_dispose(&names);
}

static void sample_note(struct card *card, const struct dlq_overview *o)
{
    char n[WORDS_TEXT];

    for (size_t i = 0; i < o->count; i++)
        if (o->queues[i].depth > (int64_t)o->queues[i].sampled) {
            card_note(card, LINE(say_fmt(card,
                                         "Causes from the newest %s entries of "
                                         "each queue",
                                         words_count(DLQ_SAMPLE, n))));
            return;
        }
}

static void list_title(struct card *card, const struct dlq_overview *o)
{
    char n[WORDS_TEXT], of[WORDS_TEXT];

    if (o->count == 0)
        card_title(card, TONE_INFO, "There is no dead-letter queue");
    else if (o->nonempty == 0)
        card_title(card, TONE_OK, "No dead letters in %zu stream%s", o->count,
                   words_s((int64_t)o->count));
    else
        card_title(card, TONE_MAIL, "Dead letters: %s in %s stream%s",
                   words_count(o->total, n),
                   words_of(o->nonempty, o->count, of),
                   words_s((int64_t)o->count));
}

void dlq_list_card(struct card *card, const struct dlq_overview *o,
                   const struct dlq_rights *may, int64_t now)
{
    list_title(card, o);
    if (o->count == 0)
        card_lead(card, LINE(say_text("No stream is configured, and no stream "
                                      "in Redis has a key that ends in "
                                      ".dlq.")));
    for (size_t i = 0; i < o->count; i++)
        if (o->queues[i].depth > 0)
            queue_row(card, &o->queues[i], may, now);
    empties_note(card, o);
    sample_note(card, o);
    if (o->cut)
        card_note(card, LINE(say_text("Redis holds so many keys that not all "
                                      "were looked at: there may be more "
                                      "queues. Name yours under "),
                             say_code("streams:"),
                             say_text(" in the configuration.")));
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = "dlq list",
                                        .replace = true });
}

/* ---- show ------------------------------------------------------------------ */

static void entry_button(struct card *card, const struct dlq_page *p,
                         const struct dlq_entry *e)
{
    struct buf line = { 0 }, confirm = { 0 };
    struct action action = action_on(&line, "dlq requeue", p->stream, e->id, 0);

    buf_fmt(&confirm,
            "Puts entry %s back into %.100s once and takes it out of the dead "
            "letters. Its consumer handles it again.",
            e->id, p->stream);
    action.label = "Requeue";
    action.confirm = buf_text(&confirm);
    action.style = STYLE_PRIMARY;
    card_row_action(card, &action);
    buf_dispose(&line);
    buf_dispose(&confirm);
}

static struct span attempts(struct card *card, const struct dlq_entry *e)
{
    if (e->attempts < 0)
        return say_text("");
    return say_fmt(card, "   %lld attempt%s", (long long)e->attempts,
                   words_s(e->attempts));
}

static void entry_row(struct card *card, const struct dlq_page *p,
                      const struct dlq_entry *e, const struct dlq_rights *may,
                      int64_t now)
{
    card_row(card, LINE(say_code(e->id), say_text("  dead since "),
                        say_when(now - e->age_ms, now), attempts(card, e)));
    if (*e->error)
        card_detail(card, LINE(say_text("error: "), say_text(e->error)));
    if (*e->original_id)
        card_detail(card,
                    LINE(say_text("originally "), say_code(e->original_id)));
    if (*e->preview)
        card_payload(card, e->preview);
    if (may->requeue)
        entry_button(card, p, e);
}

static void page_button(struct card *card, const struct dlq_page *p,
                        const char *label, size_t page)
{
    struct buf line = { 0 };
    struct action action = action_on(&line, "dlq show", p->stream, NULL, page);

    action.label = label;
    card_action(card, &action);
    buf_dispose(&line);
}

void dlq_show_card(struct card *card, const struct dlq_page *p,
                   const struct dlq_rights *may, int64_t now)
{
    char n[WORDS_TEXT], pages[WORDS_TEXT], page[WORDS_TEXT];

    if (p->depth == 0) {
        card_title(card, TONE_OK, "No dead letters in %s", p->stream);
        card_action(card, &(struct action){ .label = "All queues",
                                            .command = "dlq list" });
        return;
    }
    card_title(card, TONE_MAIL, "%s: %s dead letter%s", p->stream,
               words_count(p->depth, n), words_s(p->depth));
    if (p->depth > 1)
        card_lead(card, LINE(say_fmt(card, "Page %s of %s, oldest first",
                                     words_count((int64_t)p->page, page),
                                     words_count((int64_t)p->pages, pages))));
    for (size_t i = 0; i < p->count; i++)
        entry_row(card, p, &p->entries[i], may, now);
    if (!may->requeue)
        card_note(card, LINE(say_text("Requeuing needs the right "),
                             say_code("dlq.requeue")));
    if (p->page > 1)
        page_button(card, p, "Previous page", p->page - 1);
    if (p->page < p->pages)
        page_button(card, p, "Next page", p->page + 1);
    page_button(card, p, "Look again", p->page);
}

/* ---- requeue --------------------------------------------------------------- */

static void show_button(struct card *card, const struct requeue *r)
{
    struct buf line = { 0 };
    struct action action =
        action_on(&line, "dlq show", r->name->stream, NULL, 0);

    action.label = "Show what is left";
    card_action(card, &action);
    buf_dispose(&line);
}

static void already(struct card *card, const struct requeue *r, int64_t now)
{
    bool discarded = r->result == REQUEUE_DISCARDED;
    char op[WORDS_TEXT];

    card_title(card, TONE_INFO, "%s before · %s",
               discarded ? "Discarded" : "Requeued", r->name->stream);
    card_lead(card, LINE(say_text(discarded ? "discarded to the trash by "
                                            : "already requeued by "),
                         r->by && *r->by ? say_user(r->by, r->by_name)
                                         : say_text("somebody"),
                         say_text(" at "), say_when(r->at, now),
                         say_fmt(card, ", op %s; nothing changed",
                                 words_op(r->op, op))));
    if (r->new_id)
        card_row(card,
                 LINE(say_code(r->id), say_text(" → "), say_code(r->new_id)));
    show_button(card, r);
}

static void gone(struct card *card, const struct requeue *r)
{
    card_title(card, TONE_WARN, "There is no such dead letter");
    card_lead(card, LINE(say_code(r->id), say_text(" is not in "),
                         say_code(r->name->dlq),
                         say_text(", and nobody requeued it through me; "
                                  "nothing changed.")));
    card_row(card, LINE(say_text("It may have been discarded, trimmed, or "
                                 "handled by another tool. Look at what is "
                                 "left, and take the id from there.")));
    show_button(card, r);
}

void dlq_requeue_card(struct card *card, const struct requeue *r, int64_t now)
{
    char op[WORDS_TEXT];

    switch (r->result) {
    case REQUEUE_DONE:
        card_title(card, TONE_REQUEUE, "Requeued 1 entry of %s",
                   r->name->stream);
        card_lead(card,
                  LINE(say_fmt(card, "The card is in this channel · op %s",
                               words_op(r->op, op))));
        break;
    case REQUEUE_ALREADY:
    case REQUEUE_DISCARDED:
        already(card, r, now);
        break;
    case REQUEUE_GONE:
        gone(card, r);
        break;
    }
}

char *dlq_requeued_message(const struct requeue *done, void *arg)
{
    struct card *card = card_new();
    const struct act *act = done->act;
    char op[WORDS_TEXT];
    char *body;

    (void)arg;
    card_title(card, TONE_REQUEUE, "Requeued 1 of 1 · %s", done->name->stream);
    card_lead(card,
              LINE(say_code(done->id), say_text(" → "), say_code(done->new_id),
                   say_text(" · by "), say_user(act->user, act->user_name),
                   say_fmt(card, " · op %s", words_op(done->op, op))));
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* dlq: the cards of one requeued entry, and what all of dlq.h share. */
#include "blocks/dlq.h"

#include "blocks/dlq_parts.h"
#include "blocks/job_parts.h"
#include "blocks/render.h"
#include "blocks/words.h"

struct action dlq_action(struct buf *line, const char *command,
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

struct action dlq_all_action(struct buf *line, const char *command,
                             const char *stream)
{
    struct action action = dlq_action(line, command, stream, NULL, 0);

    buf_str(line, " --all");
    action.command = buf_text(line);
    return action;
}

/* ---- requeue --------------------------------------------------------------- */

static void already(struct card *card, const struct requeue *r, int64_t now)
{
    bool discarded = r->result == REQUEUE_DISCARDED;
    char op[WORDS_TEXT];

    card_title(card, TONE_INFO, "%s before · %s",
               discarded ? "Discarded" : "Requeued", r->name->stream);
    card_lead(card, LINE(say_text(discarded ? "Discarded to the trash by "
                                            : "Already requeued by "),
                         r->by && *r->by ? say_user(r->by, r->by_name)
                                         : say_text("somebody"),
                         say_text(" at "), say_when(r->at, now),
                         say_fmt(card, ", op %s; nothing changed",
                                 words_op(r->op, op))));
    if (r->new_id)
        card_row(card,
                 LINE(say_code(r->id), say_text(" → "), say_code(r->new_id)));
    job_look_button(card, JOB_REQUEUE, r->name->stream);
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
    job_look_button(card, JOB_REQUEUE, r->name->stream);
}

void dlq_requeue_card(struct card *card, const struct requeue *r, int64_t now)
{
    char op[WORDS_TEXT];

    switch (r->result) {
    case REQUEUE_DONE:
        card_title(card, TONE_REQUEUE, "Requeued 1 entry of %s",
                   r->name->stream);
        card_lead(card, LINE(say_text(r->act && !r->act->channel[0]
                                          ? "It is done"
                                          : "The card is in this channel"),
                             say_fmt(card, " · op %s", words_op(r->op, op))));
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

/* ack: see ack.h. */
#include "blocks/ack.h"

#include "blocks/record.h"
#include "blocks/render.h"
#include "blocks/words.h"

static bool has(const char *text)
{
    return text && *text;
}

static struct span who(const struct ack *a)
{
    return has(a->by) ? say_user(a->by, a->by_name) : say_text("somebody");
}

static bool takes(const struct ack_want *want)
{
    return want->action == ACK_TAKE;
}

/* Typed, it is the command and the trace id. */
static void button(struct card *card, const char *label, const char *command,
                   const char *trace)
{
    struct buf line = { 0 };

    buf_str(&line, command);
    words_typed(&line, trace);
    card_action(card,
                &(struct action){ .label = label, .command = buf_text(&line) });
    buf_dispose(&line);
}

static void take_button(struct card *card, const struct ack_want *want)
{
    button(card, "Acknowledge", "ack", want->trace);
}

static void leave_button(struct card *card, const struct ack_want *want)
{
    button(card, "Unacknowledge", "unack", want->trace);
}

/* "“note” · ", when there is one. */
static struct span note_of(struct card *card, const struct ack *a)
{
    return has(a->note) ? say_fmt(card, "\"%s\" · ", a->note) : say_text("");
}

static void op_note(struct card *card, const struct ack_want *want)
{
    char op[WORDS_TEXT];

    card_note(card, LINE(say_fmt(card, "op %s", words_op(want->act->op, op))));
}

/* ---- the public card ----------------------------------------------------------- */

static void taken_card(struct card *card, const struct ack_view *v)
{
    const struct ack *a = &v->done->who;

    if (v->left) {
        card_title(card, TONE_INFO, "Earlier acknowledgement · %s · over",
                   v->want->trace);
        card_row(card, LINE(say_text("Left by "), who(v->left), say_text(" "),
                            say_at(v->left->at)));
    } else {
        card_title(card, TONE_OK, "Acknowledged · %s", v->want->trace);
    }
    card_lead(card,
              LINE(note_of(card, a), say_text("by "), who(a), say_text(" "),
                   say_at(a->at), say_text(" · until "), say_at(a->until)));
    if (!v->left)
        leave_button(card, v->want);
}

static void left_card(struct card *card, const struct ack_view *v)
{
    const struct ack me = { .by = (char *)v->want->act->user,
                            .by_name = (char *)v->want->act->user_name };
    const struct ack *had = &v->done->who;

    card_title(card, TONE_WARN, "Unacknowledged · %s", v->want->trace);
    card_lead(card, LINE(say_text("by "), who(&me), say_text(" "),
                         say_at(v->want->at), say_text(" · had been "),
                         who(had), say_text("'s"),
                         has(had->note) ? say_fmt(card, " (\"%s\")", had->note)
                                        : say_text("")));
    take_button(card, v->want);
}

void ack_public_card(struct card *card, const struct ack_view *view)
{
    if (takes(view->want))
        taken_card(card, view);
    else
        left_card(card, view);
    op_note(card, view->want);
}

char *ack_public_message(const struct ack_view *view)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, view->slash);
    card_nonce(card, view->want->act->op);
    ack_public_card(card, view);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* ---- to who asked ---------------------------------------------------------------- */

static struct span until(struct card *card, const struct ack_answer *a)
{
    int64_t end = a->report->done.who.until;

    (void)card;
    return end ? say_when(end, a->now) : say_text("it is left");
}

static void done_card(struct card *card, const struct ack_answer *a)
{
    const struct ack_report *r = a->report;
    bool take = takes(a->want);

    card_title(card, take ? TONE_OK : TONE_WARN, "%s %s",
               take ? "Acknowledged" : "Unacknowledged", a->want->trace);
    if (r->before)
        card_lead(card, LINE(say_text("That was done before, by this same "
                                      "request, "),
                             say_when(r->before_at, a->now),
                             say_text("; nothing changed now.")));
    else if (take)
        card_lead(card, LINE(say_text("It is yours until "), until(card, a),
                             say_text(a->here ? "; the card is in this channel"
                                              : "")));
    else
        card_lead(card, LINE(say_text("It was "), who(&r->done.who),
                             say_text("'s; nobody has it now"),
                             say_text(a->here ? ". The card is in this channel"
                                              : "")));
    op_note(card, a->want);
}

/* Somebody has it, since when and until when. */
static void held_lead(struct card *card, const struct ack_answer *a,
                      const char *before)
{
    const struct ack *h = &a->report->done.who;

    card_lead(card, LINE(say_text(before), note_of(card, h), say_text("by "),
                         who(h), say_text(" "),
                         h->at ? say_when(h->at, a->now) : say_text("before"),
                         say_text(" · until "), until(card, a)));
}

static void already_card(struct card *card, const struct ack_answer *a)
{
    if (takes(a->want)) {
        card_title(card, TONE_INFO, "%s is acknowledged already",
                   a->want->trace);
        held_lead(card, a, "");
        card_row(card, LINE(say_text("Nothing was changed.")));
        leave_button(card, a->want);
    } else {
        card_title(card, TONE_INFO, "Nobody has acknowledged %s",
                   a->want->trace);
        card_lead(card, LINE(say_text("Nothing was changed: it was left "
                                      "before, or its time was over.")));
        take_button(card, a->want);
    }
}

static void superseded_card(struct card *card, const struct ack_answer *a)
{
    card_title(card, TONE_WARN, "Not %s: somebody acted on %s since",
               takes(a->want) ? "acknowledged" : "unacknowledged",
               a->want->trace);
    if (a->report->done.held)
        held_lead(card, a, "It is acknowledged: ");
    else
        card_lead(card, LINE(say_text("Nobody has it now.")));
    card_row(card, LINE(say_text("Nothing was changed. Ask again if you still "
                                 "want it.")));
}

static void expired_card(struct card *card, const struct ack_answer *a)
{
    card_title(card, TONE_WARN, "Not acknowledged: %s", a->want->trace);
    card_lead(card, LINE(say_text("Redis was away for longer than it would "
                                  "have held. Nobody has it now; acknowledge "
                                  "it again if you still do.")));
    take_button(card, a->want);
}

static void refused_card(struct card *card, const struct ack_answer *a)
{
    card_title(card, TONE_BAD, "Not %s: %s",
               takes(a->want) ? "acknowledged" : "unacknowledged",
               a->want->trace);
    card_lead(card, LINE(say_text(has(a->report->redis.text)
                                      ? a->report->redis.text
                                      : "A key in Redis holds something "
                                        "else.")));
}

/* Redis has not said. */
static void late_card(struct card *card, const struct ack_answer *a)
{
    const struct ack_report *r = a->report;

    card_title(card, r->kept ? TONE_WARN : TONE_BAD, "%s %s: %s",
               takes(a->want) ? "Acknowledging" : "Unacknowledging",
               a->want->trace,
               r->kept ? "it waits for Redis" : "nothing was changed");
    if (a->redis_since)
        card_lead(card, LINE(say_text("Redis has been down since "),
                             say_when(a->redis_since, a->now),
                             say_text(": who looks there has not heard of "
                                      "it.")));
    else
        card_lead(card, LINE(say_text(r->redis.text)));
    if (r->kept)
        card_row(card, LINE(say_text("It is written down, and done when Redis "
                                     "is back, unless somebody acts on it "
                                     "before.")));
    else
        card_row(card, LINE(say_text("✗ It could not be written down either ("),
                            say_text(r->journal.text),
                            say_text("): ask again when Redis is back, and "
                                     "tell the others yourself.")));
}

static void result_card(struct card *card, const struct ack_answer *a)
{
    switch (a->report->done.result) {
    case ACK_DONE:
        done_card(card, a);
        return;
    case ACK_ALREADY:
        already_card(card, a);
        return;
    case ACK_SUPERSEDED:
        superseded_card(card, a);
        return;
    case ACK_EXPIRED:
        expired_card(card, a);
        return;
    case ACK_REFUSED:
        break;
    }
    refused_card(card, a);
}

void ack_answer_card(struct card *card, const struct ack_answer *a)
{
    if (a->report->applied)
        result_card(card, a);
    else
        late_card(card, a);
    if (!a->report->before)
        record_rows(card, &(struct record_view){
                              .place = a->report->place,
                              .postgres = a->report->postgres.text,
                              .journal = a->report->journal.text,
                              .postgres_since = a->postgres_since,
                              .now = a->now,
                              .then = "; the card for everybody comes then",
                          });
}

/*
 * halter_show: cards of halts past the outbox, while Postgres is away: a
 * critical card does not depend on what it warns about (P4). See halter.h.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/flow/halter_int.h"
#include "bot/outbox/poster_body.h"
#include "commands/halt.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define POST_MS  20000
#define EDIT_MS  1000
#define AGAIN_MS 5000

void incoming_free(struct incoming *in)
{
    if (!in)
        return;
    halt_kept_free(in->kept);
    halt_run_free(in->run);
    free(in->op);
    free(in->error);
    free(in->body);
    free(in);
}

/* ---- what is sent ---------------------------------------------------------------- */

static const struct body_marks no_marks;

/* The card as a row of the outbox, which finds it again by what is sent. */
static struct outbox_row row_of(const struct follow *f, const struct direct *d,
                                char *thing)
{
    static char none[] = "";

    return (struct outbox_row){ .op = f->run->op,
                                .channel = d->channel,
                                .thing = thing,
                                .ts = d->ts ? d->ts : none,
                                .thread_ts = none };
}

static struct post *post_of(const struct halter *h, const struct follow *f,
                            const struct direct *d)
{
    char *thing = xasprintf("halt:%s", f->run->op);
    char *message = halt_fresh_message(config_now(h->needs.config), f->run);
    struct outbox_row row = row_of(f, d, thing);
    struct post *post =
        d->state == DIRECT_POSTED
            ? post_method("chat.update", body_edit(&row, message))
            : post_method("chat.postMessage",
                          body_post(&row, message, &no_marks));

    post->channel = xstrdup(d->channel);
    free(message);
    free(thing);
    return post;
}

/* Sender thread. */
static void sent(void *arg, const struct post_outcome *outcome)
{
    struct incoming *in = arg;
    struct halter *h = in->halter;

    in->result = outcome->result;
    in->error = xstrdup(outcome->error);
    in->body = xstrdup(outcome->body ? outcome->body : "");
    if (!queue_force(h->queue, &in->node)) {
        incoming_free(in); /* stopping */
        return;
    }
    hooks_wake(h->hooks);
}

static bool submit(struct halter *h, struct follow *f, size_t card,
                   struct post *post)
{
    struct incoming *in = xcalloc(1, sizeof *in);

    in->kind = INCOMING_REPORT;
    in->halter = h;
    in->op = xstrdup(f->run->op);
    in->card = card;
    post->lane = POST_CRITICAL;
    post->deadline = clock_mono_ms() + POST_MS;
    post->trace = xstrdup(f->run->op);
    post->done = sent;
    post->arg = in;
    if (sender_submit(h->needs.sender, post) == PUSH_OK)
        return true;
    post_free(post);
    incoming_free(in);
    f->cards[card].not_before = clock_mono_ms() + AGAIN_MS;
    return false;
}

static void send_card(struct halter *h, struct follow *f, size_t card)
{
    struct direct *d = &f->cards[card];
    bool edit = d->state == DIRECT_POSTED;

    d->sending = f->version;
    if (submit(h, f, card, post_of(h, f, d)))
        d->state = edit ? DIRECT_EDITING : DIRECT_POSTING;
}

static void join(struct halter *h, struct follow *f, size_t card)
{
    struct direct *d = &f->cards[card];

    if (submit(h, f, card,
               post_method("conversations.join",
                           json_text(member_str("channel", d->channel)))))
        d->state = DIRECT_JOINING;
    d->joined = d->state == DIRECT_JOINING;
}

void direct_show(struct halter *h, struct follow *f)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < f->card_count; i++) {
        struct direct *d = &f->cards[i];
        bool due = now >= d->not_before;

        /* What the outbox may have posted is the outbox's to edit, unless
         * its message is known. */
        if (due && d->state == DIRECT_NONE && !f->recorded)
            send_card(h, f, i);
        else if (due && d->state == DIRECT_POSTED && d->shown != f->version)
            send_card(h, f, i);
    }
}

/* ---- what came of it ------------------------------------------------------------- */

static void succeeded(struct direct *d, const char *body)
{
    char *ts = d->ts ? NULL : body_ts(body);

    if (ts && *ts)
        d->ts = ts;
    else
        free(ts);
    d->state = d->ts ? DIRECT_POSTED : DIRECT_UNCLEAR;
    d->shown = d->sending;
    d->not_before = clock_mono_ms() + EDIT_MS;
}

/* Where we cannot post, those who are there see it by the response URL. */
static void refused(struct halter *h, struct follow *f, struct direct *d,
                    const char *why)
{
    struct post *post;
    char *message;

    log_warn("halt", &(struct log_ctx){ .op = f->run->op },
             "the card cannot be posted to %s: %s", d->channel, why);
    d->state = DIRECT_OVER;
    if (!f->run->response_url[0] || strcmp(d->channel, f->run->channel) != 0)
        return;
    message = halt_fresh_message(config_now(h->needs.config), f->run);
    post =
        post_url(xstrdup(f->run->response_url), body_url(message, &no_marks));
    free(message);
    post->lane = POST_CRITICAL;
    if (sender_submit(h->needs.sender, post) != PUSH_OK)
        post_free(post);
}

/* A member now, or not: the card is posted once more. */
static void joined(struct halter *h, struct follow *f, struct direct *d,
                   const struct incoming *report)
{
    d->state = DIRECT_NONE;
    if (report->result == POST_REFUSED)
        refused(h, f, d, report->error);
    else if (report->result != POST_SENT)
        d->not_before = clock_mono_ms() + AGAIN_MS;
}

void direct_report(struct halter *h, struct follow *f,
                   const struct incoming *report)
{
    struct direct *d = &f->cards[report->card];
    bool edit = d->state == DIRECT_EDITING;

    if (d->state == DIRECT_JOINING) {
        joined(h, f, d, report);
        return;
    }
    switch (report->result) {
    case POST_SENT:
        succeeded(d, report->body);
        return;
    case POST_REFUSED:
        if (edit)
            d->state = DIRECT_OVER;
        else if (strcmp(report->error, "not_in_channel") == 0 && !d->joined)
            join(h, f, report->card);
        else
            refused(h, f, d, report->error);
        return;
    case POST_UNKNOWN:
        d->state = edit ? DIRECT_POSTED : DIRECT_UNCLEAR;
        break;
    case POST_GIVEN_UP:
        d->state = edit ? DIRECT_POSTED : DIRECT_NONE;
        break;
    }
    d->not_before = clock_mono_ms() + AGAIN_MS;
}

bool direct_busy(const struct follow *f)
{
    for (size_t i = 0; i < f->card_count; i++)
        if (f->cards[i].state == DIRECT_JOINING ||
            f->cards[i].state == DIRECT_POSTING ||
            f->cards[i].state == DIRECT_EDITING)
            return true;
    return false;
}

size_t direct_shown(const struct follow *f, struct halt_shown shown[2])
{
    size_t n = 0;

    for (size_t i = 0; i < f->card_count; i++) {
        const struct direct *d = &f->cards[i];

        if (d->ts || d->state == DIRECT_UNCLEAR)
            shown[n++] = (struct halt_shown){ .channel = d->channel,
                                              .ts = d->ts ? d->ts : "" };
    }
    return n;
}

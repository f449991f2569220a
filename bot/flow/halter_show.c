/*
 * halter_show: cards of halts past the outbox, while Postgres is away: a
 * critical card does not depend on what it warns about (P4). See halter.h.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/halter_int.h"
#include "commands/halt.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define EVENT    "opsbot_outbox" /* metadata event_type, as the outbox has it */
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

/* body with one more member, a text. Takes body. */
static char *with(char *body, const char *key, const char *text)
{
    char *more = json_with_str(body, key, text);

    free(body);
    return more;
}

static char *without(char *body, const char *key)
{
    char *less = json_with(body, key, NULL);

    free(body);
    return less;
}

/* The metadata by which the outbox finds it again. */
static char *post_body(const struct follow *f, const struct direct *d,
                       char *message)
{
    char *thing = xasprintf("halt:%s", f->run->op);
    char *payload =
        json_text(member_str("thing", thing), member_str("op", f->run->op));
    char *metadata = json_text(member_str("event_type", EVENT),
                               member_raw("event_payload", payload));
    char *body = with(message, "channel", d->channel);
    char *all = json_with(body, "metadata", metadata);

    free(body);
    free(thing);
    free(payload);
    free(metadata);
    return all;
}

static char *edit_body(const struct direct *d, char *message)
{
    char *body = with(with(message, "channel", d->channel), "ts", d->ts);

    return without(without(body, "unfurl_links"), "unfurl_media");
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
    char *message = halt_fresh_message(h->needs.config, f->run);
    bool edit = d->state == DIRECT_POSTED;
    struct post *post =
        edit ? post_method("chat.update", edit_body(d, message))
             : post_method("chat.postMessage", post_body(f, d, message));

    post->channel = xstrdup(d->channel);
    d->sending = f->version;
    if (submit(h, f, card, post))
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

static char *ts_of(const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *ts = json_string_value(json_object_get(root, "ts"));
    char *copy = ts && *ts ? xstrdup(ts) : NULL;

    json_decref(root);
    return copy;
}

static void succeeded(struct direct *d, const char *body)
{
    if (!d->ts)
        d->ts = ts_of(body);
    d->state = d->ts ? DIRECT_POSTED : DIRECT_UNCLEAR;
    d->shown = d->sending;
    d->not_before = clock_mono_ms() + EDIT_MS;
}

/* Where we cannot post, those who are there see it by the response URL. */
static void refused(struct halter *h, struct follow *f, struct direct *d,
                    const char *why)
{
    struct post *post;
    char *body;

    log_warn("halt", &(struct log_ctx){ .op = f->run->op },
             "the card cannot be posted to %s: %s", d->channel, why);
    d->state = DIRECT_OVER;
    if (!f->run->response_url[0] || strcmp(d->channel, f->run->channel) != 0)
        return;
    body = with(halt_fresh_message(h->needs.config, f->run), "response_type",
                "in_channel");
    post = post_url(xstrdup(f->run->response_url), body);
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

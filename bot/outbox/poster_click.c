/*
 * poster_click: a card that somebody pressed on changes by the press's
 * response URL, before anything else; see poster.h and outbox.h. Any thread
 * sends it; what came of it is the outbox thread's.
 */
#include <stdlib.h>

#include "bot/outbox/poster_body.h"
#include "bot/outbox/poster_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* Less than the hold: an edit that is slower may land after the outbox's. */
#define CLICK_MS (OUTBOX_HOLD_MS - 1500)

static void free_click(struct work *w)
{
    outbox_row_dispose(&w->row);
    free(w->error);
    free(w->body);
    free(w);
}

/* Sender thread. */
static void done(void *arg, const struct post_outcome *outcome)
{
    struct work *w = arg;

    w->result = outcome->result;
    w->error = xstrdup(outcome->error);
    if (!queue_force(w->poster->reports, &w->node))
        free_click(w); /* what was held goes on by itself */
}

static struct work *work_of(struct poster *p, const struct poster_click *c)
{
    const struct outbox_hold *hold = &c->edit->hold;
    struct work *w = xcalloc(1, sizeof *w);

    w->poster = p;
    w->step = STEP_CLICK;
    w->pressed_us = c->received_us;
    w->row.id = hold->held ? hold->id : 0;
    w->row.wanted = hold->wanted;
    w->row.op = xstrdup(hold->by);
    w->row.thing = xstrdup(hold->thing);
    w->row.channel = xstrdup(c->channel);
    return w;
}

void poster_click(void *poster, const struct poster_click *c)
{
    struct post_outcome full = { .result = POST_GIVEN_UP,
                                 .error = "the sender is full" };
    struct poster *p = poster;
    struct post *post =
        post_url(xstrdup(c->response_url), body_replace(c->edit->message));

    post->lane = POST_CLICK;
    post->trace = xstrdup(c->trace);
    post->deadline = clock_mono_ms() + CLICK_MS;
    post->done = done;
    post->arg = work_of(p, c);
    card_edit_dispose(c->edit);
    if (sender_submit(p->needs.sender, post) == PUSH_OK)
        return;
    post->done(post->arg, &full);
    post_free(post);
}

/* Another road than the outbox's: what is not written down costs one more
 * edit. */
void click_settle(struct poster *p, struct work *w)
{
    struct outbox_hold hold = { .id = w->row.id, .by = w->row.op };
    int64_t shown = w->result == POST_SENT ? w->row.wanted : 0;
    struct err err = { 0 };
    int64_t took = (clock_mono_us() - w->pressed_us) / 1000;

    if (w->result == POST_SENT)
        log_info("outbox", NULL, "%s in %s shows a click %lld ms after it",
                 w->row.thing, w->row.channel, (long long)took);
    else
        log_warn("outbox", NULL,
                 "%s in %s could not be edited by its click: %s; it is edited "
                 "as any other",
                 w->row.thing, w->row.channel, w->error);
    if (hold.id && !outbox_shown(p->db, &hold, shown, &err))
        log_debug("outbox", NULL, "%s", err.text);
    free_click(w);
}

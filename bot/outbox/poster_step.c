/* poster_step: see poster_int.h. The outbox thread's. */
#include "bot/outbox/poster_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/outbox/poster_body.h"
#include "commands/thing.h"
#include "core/alert/group.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

/* For one attempt, retries of the sender included. Less than a lease: what
 * waits in the sender is not sent after another replica may have taken the
 * row. An edit, which has to share its budget with all channels, does not
 * keep a channel from its messages. */
#define POST_MS 7000
#define EDIT_MS 5000
#define PAGES   5 /* of a history */

#define ABOUT 32

/* ---- out ----------------------------------------------------------------------- */

/* Sender thread. */
static void done(void *arg, const struct post_outcome *outcome)
{
    struct work *w = arg;

    w->result = outcome->result;
    w->error = xstrdup(outcome->error);
    w->body = xstrdup(outcome->body ? outcome->body : "");
    if (!queue_force(w->poster->reports, &w->node))
        return; /* closed: whoever did that has it in poster->held */
}

char *work_message(struct poster *p, const struct work *w, struct err *err)
{
    char *message = NULL;

    if (w->row.thing[0])
        message = thing_message(p->db, config_now(p->needs.config),
                                w->row.thing, clock_wall_ms(), err);
    if (message || (w->row.thing[0] && err->kind == ERR_DB))
        return message;
    return xstrdup(w->row.body);
}

/* Why it comes now and not before: what waited before we began, and nobody had
 * trouble with, had nobody to post it. */
static enum outbox_delay delay_of(const struct poster *p,
                                  const struct outbox_row *row)
{
    enum outbox_delay delay = outbox_delay_of(row->held_up);

    if (delay == OUTBOX_NOT_KNOWN && row->created_at < p->began)
        return OUTBOX_DOWN;
    return delay;
}

/* "A-12": in a thread that many share it says whose line it is. */
static const char *about(const struct outbox_row *row, char out[ABOUT])
{
    static const char alert[] = "alert:";

    out[0] = '\0';
    if (row->nested && strncmp(row->nested, alert, strlen(alert)) == 0)
        snprintf(out, ABOUT, "A-%s", row->nested + strlen(alert));
    return out;
}

static struct post *say(struct poster *p, const struct work *w, struct err *err)
{
    char name[ABOUT];
    struct body_marks marks = {
        .late_ms = w->row.shown ? 0 : clock_wall_ms() - w->row.created_at,
        .delay = delay_of(p, &w->row),
        .lost = w->row.lost,
        .about = about(&w->row, name),
        /* What may have gone by URL, no look-up finds. */
        .repeated = w->repeated || (w->step == STEP_URL && w->row.looks > 0),
    };
    char *message = work_message(p, w, err);
    struct post *post = NULL;

    if (!message)
        return NULL;
    if (w->step == STEP_EDIT)
        post = post_method("chat.update", body_edit(&w->row, message));
    else if (w->step == STEP_URL)
        post =
            post_url(xstrdup(w->row.response_url), body_url(message, &marks));
    else
        post = post_method("chat.postMessage",
                           body_post(&w->row, message, &marks));
    if (w->step != STEP_URL)
        post->channel = xstrdup(w->row.channel);
    free(message);
    return post;
}

static struct post *post_for(struct poster *p, const struct work *w,
                             struct err *err)
{
    switch (w->step) {
    case STEP_JOIN:
        return post_method("conversations.join",
                           json_text(member_str("channel", w->row.channel)));
    case STEP_LOOK:
        return post_method(w->row.thread_ts[0] ? "conversations.replies"
                                               : "conversations.history",
                           body_look(&w->row, w->cursor));
    case STEP_POST:
    case STEP_EDIT:
    case STEP_URL:
    case STEP_CLICK:
        break;
    }
    return say(p, w, err);
}

static enum post_lane lane_of(const struct work *w)
{
    static const enum post_lane lanes[] = {
        [OUTBOX_CRITICAL] = POST_CRITICAL, [OUTBOX_CLICK] = POST_CLICK,
        [OUTBOX_WARNING] = POST_WARNING,   [OUTBOX_EDIT] = POST_EDIT,
        [OUTBOX_INFO] = POST_INFO,
    };

    if (w->step == STEP_EDIT && w->row.lane != OUTBOX_CRITICAL)
        return POST_EDIT;
    return lanes[w->row.lane];
}

static void not_begun(struct poster *p, struct work *w, const char *why)
{
    w->result = POST_GIVEN_UP;
    w->error = xstrdup(why);
    w->body = xstrdup("");
    end_again(p, w, POSTER_RETRY_MS, false);
}

/* A second card, which is to say so: where it is not there, it says nothing. */
static bool is_twin(const struct outbox_row *row)
{
    return strncmp(row->thing, GROUP_TWIN, strlen(GROUP_TWIN)) == 0;
}

static void begin(struct poster *p, struct work *w, enum step step)
{
    struct err err = { 0 };
    struct post *post;

    if (p->ended) {
        work_over(p, w); /* the next owner goes on */
        return;
    }
    if (step == STEP_POST && is_twin(&w->row)) {
        end_sent(p, w, "");
        return;
    }
    w->step = step;
    free(w->error);
    free(w->body);
    w->error = w->body = NULL;
    post = post_for(p, w, &err);
    if (!post) {
        not_begun(p, w, err.text);
        return;
    }
    post->lane = lane_of(w);
    post->trace = xstrdup(w->row.op);
    post->deadline = clock_mono_ms() + (step == STEP_EDIT ? EDIT_MS : POST_MS);
    post->patient = true;
    post->once = step == STEP_URL; /* an unclear end is marked */
    post->done = done;
    post->arg = w;
    if (sender_submit(p->needs.sender, post) == PUSH_OK)
        return;
    post_free(post);
    not_begun(p, w, "the sender is full");
}

/* Its end was not seen (time-out, crash, lost lease), or it came by another
 * road: it is looked for first. An edit twice does no harm. */
void work_begin(struct poster *p, struct work *w)
{
    if (w->row.ts[0])
        begin(p, w, STEP_EDIT);
    else
        begin(p, w, w->row.looks > 0 ? STEP_LOOK : STEP_POST);
}

/* ---- in ------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* The card cannot be edited any more. */
static bool card_lost(const struct work *w)
{
    static const char *const words[] = { "message_not_found",
                                         "cant_update_message",
                                         "edit_window_closed", NULL };

    return w->step == STEP_EDIT && is_one_of(w->error, words);
}

/* There is no thread to answer in. */
static bool thread_lost(const struct work *w)
{
    static const char *const words[] = { "thread_not_found",
                                         "cannot_reply_to_message",
                                         "message_not_found",
                                         "invalid_thread_ts", NULL };

    return w->step == STEP_POST && w->row.thread_ts[0] &&
           is_one_of(w->error, words);
}

static void by_url(struct poster *p, struct work *w)
{
    if (w->row.response_url[0] && !w->row.ts[0])
        begin(p, w, STEP_URL);
    else
        end_undeliverable(p, w);
}

/* A card that is gone is posted anew, and its thread goes on under it. What
 * answers to anything else stands alone. */
static void root_lost(struct poster *p, struct work *w)
{
    bool waits = false;

    if (strcmp(w->error, "cannot_reply_to_message") != 0 &&
        !end_lost_root(p, w, &waits))
        return;
    if (waits) {
        end_again(p, w, 0, false);
        return;
    }
    w->row.thread_ts[0] = '\0';
    begin(p, w, STEP_POST);
}

/* The post or edit itself: is there another way? */
static void refused(struct poster *p, struct work *w)
{
    free(w->refusal);
    w->refusal = xstrdup(w->error);
    if (card_lost(w)) {
        if (end_forget_ts(p, w))
            begin(p, w, STEP_POST);
    } else if (thread_lost(w)) {
        root_lost(p, w);
    } else if (strcmp(w->error, "not_in_channel") == 0 && !w->joined) {
        w->joined = true;
        begin(p, w, STEP_JOIN);
    } else {
        by_url(p, w);
    }
}

static void found(struct poster *p, struct work *w, char *ts)
{
    if (w->row.thing[0]) { /* what it shows may be old */
        free(w->row.ts);
        w->row.ts = ts;
        begin(p, w, STEP_EDIT);
        return;
    }
    end_sent(p, w, ts);
    free(ts);
}

/* One page of the history is there. */
static void looked(struct poster *p, struct work *w)
{
    char *ts = body_found(w->body, &w->row);
    char *cursor = ts ? NULL : body_cursor(w->body);

    if (ts) {
        found(p, w, ts);
    } else if (cursor && ++w->pages < PAGES) {
        free(w->cursor);
        w->cursor = cursor;
        begin(p, w, STEP_LOOK);
        return;
    } else if (w->row.looks % 2) {
        free(w->error);
        w->error = xstrdup("not known whether Slack took it: looked for");
        end_again(p, w, POSTER_AGAIN_MS, true);
    } else {
        begin(p, w, STEP_POST);
    }
    free(cursor);
}

static void posted(struct poster *p, struct work *w)
{
    char *ts = body_ts(w->body);

    end_sent(p, w, ts);
    free(ts);
}

static void succeeded(struct poster *p, struct work *w)
{
    switch (w->step) {
    case STEP_JOIN:
        begin(p, w, w->row.ts[0] ? STEP_EDIT : STEP_POST);
        return;
    case STEP_LOOK:
        looked(p, w);
        return;
    case STEP_EDIT:
        end_sent(p, w, w->row.ts);
        return;
    case STEP_POST:
    case STEP_URL:
        posted(p, w);
        return;
    case STEP_CLICK:
        return;
    }
}

static void failed(struct poster *p, struct work *w)
{
    switch (w->step) {
    case STEP_POST:
    case STEP_EDIT:
        refused(p, w);
        return;
    case STEP_JOIN:
        by_url(p, w);
        return;
    case STEP_LOOK: /* there is no look-up to be had */
        w->repeated = true;
        begin(p, w, STEP_POST);
        return;
    case STEP_URL:
        end_undeliverable(p, w);
        return;
    case STEP_CLICK:
        return;
    }
}

void work_settle(struct poster *p, struct work *w)
{
    bool said = w->step == STEP_POST || w->step == STEP_URL;

    if (w->step == STEP_CLICK)
        click_settle(p, w);
    else if (w->result == POST_SENT)
        succeeded(p, w);
    else if (w->result == POST_REFUSED)
        failed(p, w);
    else if (w->result == POST_UNKNOWN && said)
        end_again(p, w, POSTER_LOOK_MS, true);
    else
        end_again(p, w, POSTER_RETRY_MS, false);
}

/*
 * sender_call: a worker's wait for Slack's answer.
 *
 * The slot is shared by the waiting thread and the sender's; whoever leaves
 * last frees it.
 */
#include "bot/sender/sender.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/mem.h"

struct slot {
    pthread_mutex_t lock;
    pthread_cond_t over;
    enum { SLOT_WAITS, SLOT_ANSWERED, SLOT_ABANDONED } state;
    enum post_result result;
    char *error, *body;
};

static struct slot *slot_new(void)
{
    struct slot *slot = xcalloc(1, sizeof *slot);

    pthread_mutex_init(&slot->lock, NULL);
    cond_init(&slot->over);
    return slot;
}

static void slot_free(struct slot *slot)
{
    pthread_cond_destroy(&slot->over);
    pthread_mutex_destroy(&slot->lock);
    free(slot->error);
    free(slot->body);
    free(slot);
}

/* Sender thread. */
static void slot_answer(void *arg, const struct post_outcome *outcome)
{
    struct slot *slot = arg;
    bool abandoned;

    pthread_mutex_lock(&slot->lock);
    abandoned = slot->state == SLOT_ABANDONED;
    slot->state = SLOT_ANSWERED;
    slot->result = outcome->result;
    slot->error = xstrdup(outcome->error);
    slot->body = xstrdup(outcome->body);
    pthread_cond_signal(&slot->over);
    pthread_mutex_unlock(&slot->lock);
    if (abandoned)
        slot_free(slot);
}

/* False: abandoned; the slot is the sender's now. */
static bool slot_wait(struct slot *slot, int64_t deadline)
{
    bool answered;

    pthread_mutex_lock(&slot->lock);
    while (slot->state == SLOT_WAITS &&
           cond_wait(&slot->over, &slot->lock, deadline))
        ;
    answered = slot->state == SLOT_ANSWERED;
    if (!answered)
        slot->state = SLOT_ABANDONED;
    pthread_mutex_unlock(&slot->lock);
    return answered;
}

static bool slot_read(struct slot *slot, const char *method, char **answer,
                      struct err *err)
{
    if (slot->result == POST_REFUSED)
        return err_set(err, ERR_SLACK, "Slack refused %s: %s", method,
                       slot->error);
    if (slot->result != POST_SENT)
        return err_set(err, ERR_SLACK, "Slack did not answer %s: %s", method,
                       slot->error);
    *answer = slot->body;
    slot->body = NULL;
    return true;
}

bool sender_call(struct sender *s, const char *method, const char *body,
                 int deadline_ms, char **answer, struct err *err)
{
    struct post *post = post_method(method, xstrdup(body));
    int64_t deadline = clock_mono_ms() + deadline_ms;
    struct slot *slot = slot_new();
    enum push pushed;
    bool ok;

    *answer = NULL;
    post->deadline = deadline;
    post->done = slot_answer;
    post->arg = slot;
    pushed = sender_submit(s, post);
    if (pushed != PUSH_OK) {
        post_free(post);
        slot_free(slot);
        return err_set(err, ERR_BUSY, "the sender is %s",
                       pushed == PUSH_FULL ? "full" : "stopping");
    }
    if (!slot_wait(slot, deadline))
        return err_set(err, ERR_SLACK, "Slack did not answer %s within %d ms",
                       method, deadline_ms);
    ok = slot_read(slot, method, answer, err);
    slot_free(slot);
    return ok;
}

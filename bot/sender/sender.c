/*
 * The sender's thread. Each turn: take what was submitted, start what may
 * go, let curl work, follow each answer's verdict. Everything but the queue
 * and the atomics belongs to that thread.
 */
#include "bot/sender/sender_int.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "bot/sender/sender_rule.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/meter.h"

#define BYTES_MAX    (32u << 20)
#define TURN_MS      1000 /* a turn at least that often: it shows we live */
#define TAKE_AT_ONCE 256

/* ---- a turn --------------------------------------------------------------- */

static void take_in(struct sender *s, int64_t now)
{
    struct node *node = queue_take(s->inbox, TAKE_AT_ONCE, 0);

    while (node) {
        struct node *next = node->next;

        lanes_add(s->lanes, (struct post *)node, now);
        node = next;
    }
}

static void start_due(struct sender *s, int64_t now)
{
    struct post *post;
    struct err err;
    bool expired;

    while ((post = lanes_next(s->lanes, now, &expired)) != NULL) {
        if (expired) {
            sender_finish(s, post, POST_GIVEN_UP, "");
        } else if (!wire_send(s->wire, post, now, &err)) {
            free(post->error);
            post->error = xstrdup(err.text);
            sender_settle(s, post, POST_REFUSED, "");
        }
    }
}

static void publish(struct sender *s, int64_t now)
{
    const struct post *oldest = lanes_oldest(s->lanes);

    atomic_store(&s->oldest_since, oldest ? oldest->started : 0);
    atomic_store(&s->token_refused, lanes_any_refused(s->lanes));
    atomic_store(&s->turned_at, now);
}

static void turn(struct sender *s, int64_t stop_at)
{
    int64_t now = clock_mono_ms();
    int most = TURN_MS;
    struct answer answer;
    struct post *post;

    if (stop_at && stop_at - now < most)
        most = stop_at > now ? (int)(stop_at - now) : 0;
    atomic_store(&s->woken, false); /* before the look at the queue */
    take_in(s, now);
    start_due(s, now);
    publish(s, now);
    if (queue_len(s->inbox) > 0)
        most = 0;
    wire_turn(s->wire, lanes_wait(s->lanes, now, most));
    while ((post = wire_next(s->wire, &answer)) != NULL)
        sender_follow(s, post, &answer);
}

static bool is_over(struct sender *s, int64_t stop_at)
{
    if (!stop_at)
        return false;
    if (clock_mono_ms() >= stop_at)
        return true;
    return queue_done(s->inbox) && lanes_len(s->lanes) == 0;
}

static void give_up_all(struct sender *s)
{
    struct post *post;

    while (!queue_done(s->inbox))
        take_in(s, clock_mono_ms());
    while ((post = lanes_evict(s->lanes)) != NULL) {
        bool left = wire_drop(s->wire, post);
        bool twice = (post->rule->flags & CALL_TWICE) && !post->once;

        if (!post->error)
            post->error = xstrdup("opsbot is stopping");
        sender_finish(s, post, left && !twice ? POST_UNKNOWN : POST_GIVEN_UP,
                      "");
    }
}

static void *run(void *arg)
{
    struct sender *s = arg;
    int64_t stop_at;

    pthread_setname_np(pthread_self(), "sender");
    while (!is_over(s, stop_at = atomic_load(&s->stop_at)))
        turn(s, stop_at);
    give_up_all(s);
    return NULL;
}

/* ---- called by others ----------------------------------------------------- */

/* Counts the post in, unless that is too much. The last fifth is for what
 * cannot wait. */
static bool reserve(struct sender *s, const struct post *post)
{
    size_t share = post->lane > POST_CLICK ? 5 : 0;
    size_t posts = SENDER_POSTS, bytes = BYTES_MAX;

    if (share) {
        posts -= posts / share;
        bytes -= bytes / share;
    }
    if (atomic_fetch_add(&s->held, 1) < posts) {
        if (atomic_fetch_add(&s->held_bytes, post->node.bytes) +
                post->node.bytes <=
            bytes)
            return true;
        atomic_fetch_sub(&s->held_bytes, post->node.bytes);
    }
    atomic_fetch_sub(&s->held, 1);
    return false;
}

enum push sender_submit(struct sender *s, struct post *post)
{
    size_t bytes = post->node.bytes;
    enum post_lane lane = post->lane;
    enum push answer;

    if (!reserve(s, post))
        return PUSH_FULL;
    post->started = clock_mono_ms();
    atomic_fetch_add(&s->in_lane[lane], 1);
    answer = queue_push(s->inbox, &post->node);
    if (answer != PUSH_OK) {
        atomic_fetch_sub(&s->in_lane[lane], 1);
        atomic_fetch_sub(&s->held_bytes, bytes);
        atomic_fetch_sub(&s->held, 1);
        return answer;
    }
    if (!atomic_exchange(&s->woken, true))
        wire_wake(s->wire);
    return PUSH_OK;
}

void sender_facts(struct sender *s, struct sender_facts *out)
{
    int64_t now = clock_mono_ms();
    int64_t since = atomic_load(&s->oldest_since);

    *out = (struct sender_facts){
        .waiting = atomic_load(&s->held),
        .oldest_ms = since && now > since ? now - since : 0,
        .turned_ms = now - atomic_load(&s->turned_at),
        .sent = atomic_load(&s->counts[COUNT_SENT]),
        .refused = atomic_load(&s->counts[COUNT_REFUSED]),
        .given_up = atomic_load(&s->counts[COUNT_GIVEN_UP]),
        .unknown = atomic_load(&s->counts[COUNT_UNKNOWN]),
        .retried = atomic_load(&s->counts[COUNT_RETRIED]),
        .limited = atomic_load(&s->counts[COUNT_LIMITED]),
        .blocks_refused = atomic_load(&s->counts[COUNT_BLOCKS]),
        .token_refused = atomic_load(&s->token_refused),
    };
}

void sender_calls(struct sender *s, struct sender_calls *out)
{
    *out = (struct sender_calls){ 0 };
    for (size_t lane = 0; lane < POST_LANES; lane++)
        out->waiting[lane] = meter_counted(&s->in_lane[lane]);
    for (size_t i = 0; call_rule_at(i); i++) {
        struct sender_method *m = &out->methods[i];

        m->method = call_rule_at(i)->method;
        m->limited = meter_counted(&s->limited[i]);
        for (size_t k = 0; k < POST_RESULTS; k++)
            m->results[k] = meter_counted(&s->results[i][k]);
    }
}

static void sender_free(struct sender *s)
{
    lanes_free(s->lanes);
    wire_free(s->wire);
    queue_free(s->inbox);
    free(s);
    curl_global_cleanup();
}

struct sender *sender_start(const struct config *cfg, struct err *err)
{
    struct sender *s = xcalloc(1, sizeof *s);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    s->inbox = queue_new(SENDER_POSTS, BYTES_MAX);
    s->lanes = lanes_new();
    s->wire = wire_new(cfg);
    atomic_store(&s->turned_at, clock_mono_ms());
    if (pthread_create(&s->thread, NULL, run, s) == 0)
        return s;
    err_set(err, ERR_SYSTEM, "no thread for the sender");
    sender_free(s);
    return NULL;
}

void sender_stop(struct sender *s, int grace_ms)
{
    if (!s)
        return;
    queue_close(s->inbox);
    atomic_store(&s->stop_at, clock_mono_ms() + (grace_ms > 0 ? grace_ms : 0));
    wire_wake(s->wire);
    pthread_join(s->thread, NULL);
    sender_free(s);
}

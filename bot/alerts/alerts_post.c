/*
 * alerts_post: the cards that are posted while Postgres is away, until they
 * are in Slack: each is an errand, tried again as long as it is news, the
 * worst first, a few of each channel at once. See alerts_int.h. The alerts
 * thread, but for done(), which is the sender's.
 *
 * Whether a post that was not answered is in the channel is looked for there,
 * by its metadata, before it is posted again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bot/alerts/alerts_int.h"
#include "bot/outbox/poster_body.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define ERRANDS    2000 /* that wait or are on their way */
#define EACH       4    /* of a channel at once */
#define FLIGHT_MS  10000
#define AGAIN_MS   500 /* after the first failure, then twice as long … */
#define AGAIN_MOST 30000
#define LOOKS      2 /* for one that may be there: … */
#define LOOK_MS    2000
#define LOOK_2_MS  8000
#define PAGES      5 /* of the history */

enum errand_state {
    ERRAND_WAITS, /* for its turn, or for its moment */
    ERRAND_POSTS, /* the sender has it */
    ERRAND_LOOKS, /* the sender looks for it */
    ERRAND_OVER   /* it is there, or never will be */
};

struct errand_channel {
    struct errand_channel *next;
    char *name;
    size_t ahead; /* errands that were seen in this turn */
};

struct errand {
    struct errand *next; /* worst first, of one severity the oldest */
    struct errands *all;
    struct errand_channel *channel;
    char op[OP_ID];
    char *message;
    enum alert_severity severity;
    struct fall *fall; /* NULL: no critical */
    enum errand_state state;
    int64_t at;    /* mono ms: not before */
    int64_t since; /* wall ms */
    int tries;
    int looks; /* still to come: it may be there */
    int pages;
    char *cursor;  /* of the history, or NULL */
    bool repeated; /* it may be there, and nobody can look */
    char *delayed; /* why it did not arrive; or NULL */

    /* Of the call that is over, once landed is set: the sender's till then. */
    enum post_result result;
    char *body, *error;
    _Atomic bool landed;
};

struct errands {
    struct sender *sender;
    struct errand *list;
    size_t count;
    struct errand_channel *channels;
    _Atomic size_t flying;
};

struct errands *errands_new(struct sender *sender)
{
    struct errands *all = xcalloc(1, sizeof *all);

    all->sender = sender;
    return all;
}

static void errand_free(struct errand *e)
{
    free(e->message);
    free(e->cursor);
    free(e->delayed);
    free(e->body);
    free(e->error);
    free(e);
}

void errands_free(struct errands *all)
{
    if (!all)
        return;
    while (all->list) {
        struct errand *e = all->list;

        all->list = e->next;
        errand_free(e);
    }
    while (all->channels) {
        struct errand_channel *c = all->channels;

        all->channels = c->next;
        free(c->name);
        free(c);
    }
    free(all);
}

size_t errands_flying(const struct errands *all)
{
    return atomic_load(&all->flying);
}

/* ---- its end ------------------------------------------------------------------ */

static bool flies(const struct errand *e)
{
    return e->state == ERRAND_POSTS || e->state == ERRAND_LOOKS;
}

/* The one mover. */
static void enter(struct errand *e, enum errand_state to, bool arrived)
{
    e->state = to;
    if (to == ERRAND_OVER && e->fall) {
        fall_arrived(e->fall, arrived);
        e->fall = NULL;
    }
}

static void sweep(struct errands *all)
{
    struct errand **at = &all->list;

    while (*at) {
        struct errand *e = *at;

        if (e->state != ERRAND_OVER) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        all->count--;
        errand_free(e);
    }
}

/* ---- in ------------------------------------------------------------------------- */

static struct errand_channel *channel_of(struct errands *all, const char *name)
{
    struct errand_channel *c = all->channels;

    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    if (c)
        return c;
    c = xcalloc(1, sizeof *c);
    c->name = xstrdup(name);
    c->next = all->channels;
    all->channels = c;
    return c;
}

bool errands_add(struct errands *all, const struct errand_new *n)
{
    struct errand **at = &all->list, *e;

    if (all->count >= ERRANDS)
        return false;
    e = xcalloc(1, sizeof *e);
    e->all = all;
    e->channel = channel_of(all, n->channel);
    memcpy(e->op, n->op, strlen(n->op) + 1);
    e->message = xstrdup(n->message);
    e->severity = n->severity;
    e->fall = n->fall;
    e->since = clock_wall_ms();
    e->looks = n->maybe_there ? 1 : 0;
    if (e->fall)
        fall_flies(e->fall);
    while (*at && (*at)->severity <= e->severity)
        at = &(*at)->next;
    e->next = *at;
    *at = e;
    all->count++;
    return true;
}

/* ---- out ------------------------------------------------------------------------ */

/* The sender's thread. */
static void done(void *arg, const struct post_outcome *outcome)
{
    struct errand *e = arg;
    struct errands *all = e->all;

    e->result = outcome->result;
    e->body = xstrdup(outcome->body);
    e->error = xstrdup(outcome->error);
    atomic_store(&e->landed, true);
    atomic_fetch_sub(&all->flying, 1);
}

static struct post *post_for(struct errand *e)
{
    static char none[] = "";
    const struct outbox_row row = { .op = e->op,
                                    .channel = e->channel->name,
                                    .thing = none,
                                    .thread_ts = none,
                                    .created_at = e->since };
    const struct body_marks marks = {
        .late_ms = clock_wall_ms() - e->since,
        .delay = e->delayed ? outbox_delay_of(e->delayed) : OUTBOX_NOT_KNOWN,
        .repeated = e->repeated,
    };
    struct post *post;

    if (e->looks > 0) {
        post = post_method("conversations.history", body_look(&row, e->cursor));
    } else {
        post = post_method("chat.postMessage",
                           body_post(&row, e->message, &marks));
        post->channel = xstrdup(e->channel->name);
    }
    post->lane = e->severity == ALERT_CRITICAL ? POST_CRITICAL : POST_WARNING;
    post->trace = xstrdup(e->op);
    post->deadline = clock_mono_ms() + FLIGHT_MS;
    post->done = done;
    post->arg = e;
    return post;
}

static int64_t backoff_ms(int tries)
{
    int64_t most = AGAIN_MS;
    uint32_t random = 0;

    for (int i = 1; i < tries && most < AGAIN_MOST; i++)
        most *= 2;
    most = most < AGAIN_MOST ? most : AGAIN_MOST;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint32_t)clock_mono_us();
    return most / 2 + random % (most / 2);
}

static void again(struct errand *e, int64_t now)
{
    e->at = now + backoff_ms(++e->tries);
    enter(e, ERRAND_WAITS, false);
}

static void begin(struct errand *e, int64_t now)
{
    struct post *post = post_for(e);

    enter(e, e->looks > 0 ? ERRAND_LOOKS : ERRAND_POSTS, false);
    atomic_store(&e->landed, false);
    atomic_fetch_add(&e->all->flying, 1);
    if (sender_submit(e->all->sender, post) == PUSH_OK)
        return;
    post_free(post);
    atomic_fetch_sub(&e->all->flying, 1);
    again(e, now);
}

/* ---- what came of it -------------------------------------------------------------- */

/* Slack takes posts to this channel again: the others need not wait. */
static void channel_works(struct errands *all, const struct errand_channel *c,
                          int64_t now)
{
    for (struct errand *e = all->list; e; e = e->next)
        if (e->channel == c && e->state == ERRAND_WAITS && !e->looks)
            e->at = now;
}

static void remember_why(struct errand *e)
{
    free(e->delayed);
    e->delayed = e->error;
    e->error = NULL;
}

static void arrived(struct errand *e, int64_t now)
{
    if (e->tries > 0)
        log_info("alerts", &(struct log_ctx){ .op = e->op },
                 "a card that Slack did not take at first is there now");
    enter(e, ERRAND_OVER, true);
    channel_works(e->all, e->channel, now);
}

static void posted(struct errand *e, int64_t now)
{
    switch (e->result) {
    case POST_SENT:
        arrived(e, now);
        return;
    case POST_REFUSED:
        log_error("alerts", &(struct log_ctx){ .op = e->op },
                  "Slack refuses a card that was posted without Postgres: %s. "
                  "It is posted again, or goes another way, when Postgres is "
                  "back.",
                  e->error);
        enter(e, ERRAND_OVER, false);
        return;
    case POST_UNKNOWN:
        remember_why(e);
        e->looks = LOOKS;
        e->tries++;
        e->at = now + LOOK_MS;
        enter(e, ERRAND_WAITS, false);
        return;
    case POST_GIVEN_UP:
        if (e->tries == 0)
            log_warn("alerts", &(struct log_ctx){ .op = e->op },
                     "a card that is posted without Postgres did not arrive, "
                     "and is tried again: %s",
                     e->error);
        remember_why(e);
        again(e, now);
        return;
    }
}

/* A page of the history. */
static void look_at_page(struct errand *e, int64_t now)
{
    static char none[] = "";
    const struct outbox_row row = { .op = e->op,
                                    .channel = e->channel->name,
                                    .thing = none };
    char *ts = body_found(e->body, &row);
    char *cursor = ts ? NULL : body_cursor(e->body);

    free(e->cursor);
    e->cursor = cursor && ++e->pages < PAGES ? cursor : NULL;
    if (!e->cursor)
        free(cursor);
    if (ts) {
        arrived(e, now);
    } else {
        if (!e->cursor) {
            e->looks--;
            e->pages = 0;
        }
        e->at = e->cursor || !e->looks ? now : now + LOOK_2_MS;
        enter(e, ERRAND_WAITS, false);
    }
    free(ts);
}

static void looked(struct errand *e, int64_t now)
{
    switch (e->result) {
    case POST_SENT:
        look_at_page(e, now);
        return;
    case POST_REFUSED: /* there is no look-up to be had */
        e->looks = 0;
        e->repeated = true;
        e->at = now;
        enter(e, ERRAND_WAITS, false);
        return;
    case POST_UNKNOWN:
    case POST_GIVEN_UP:
        again(e, now);
        return;
    }
}

static void land(struct errand *e, int64_t now)
{
    if (!flies(e) || !atomic_load(&e->landed))
        return;
    if (e->state == ERRAND_POSTS)
        posted(e, now);
    else
        looked(e, now);
    free(e->body);
    free(e->error);
    e->body = e->error = NULL;
}

void errands_turn(struct errands *all, int64_t now)
{
    for (struct errand *e = all->list; e; e = e->next)
        land(e, now);
    sweep(all);
    for (struct errand_channel *c = all->channels; c; c = c->next)
        c->ahead = 0;
    for (struct errand *e = all->list; e; e = e->next)
        if (e->channel->ahead++ < EACH && e->state == ERRAND_WAITS &&
            now >= e->at)
            begin(e, now);
}

bool errands_withdraw(struct errands *all, const char *op, size_t cards)
{
    size_t waiting = 0;

    for (struct errand *e = all->list; e; e = e->next)
        if (strcmp(e->op, op) == 0)
            waiting += e->state == ERRAND_WAITS && !e->looks && !e->repeated;
    if (waiting < cards)
        return false;
    for (struct errand *e = all->list; e; e = e->next)
        if (strcmp(e->op, op) == 0)
            enter(e, ERRAND_OVER, true); /* nobody has to hear of it */
    return true;
}

void errands_drop(struct errands *all)
{
    for (struct errand *e = all->list; e; e = e->next)
        if (e->state == ERRAND_WAITS)
            enter(e, ERRAND_OVER, false);
}

#include "bot/flow/askings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/answer.h"
#include "blocks/render.h"
#include "bot/flow/verdict.h"
#include "commands/registry.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/check/round.h"
#include "core/check/share.h"
#include "core/store/db.h"

#define MOST     (HOLD_SLOTS * 2)
#define LEAST_MS 300   /* even when it was asked long ago */
#define ADMIN_MS 28000 /* of the 30 s that such a request waits */
#define BETWEEN  1000  /* from the first telling to the second */
#define TURN_MS  1000
#define SHARE_MS (10 * 60000) /* an edit is tried for so long */

/* How far it is told; one way only. */
enum told { TOLD_NOTHING, TOLD_FIRST, TOLD_ALL };

struct asking {
    struct node node;
    struct asking *next;
    struct envelope *env;
    struct later *later;
    char op[OP_ID];
    const char *command;
    bool replace, share;
    bool posted; /* it is a card of the outbox */
    enum told told;
    int64_t due;   /* mono ms: when it is told with what is there, or again */
    int64_t until; /* and after that no more */
};

struct askings {
    struct askings_needs needs;
    struct queue *queue;
    struct db *db;
    pthread_t thread;
    struct asking *first; /* the thread's own, as news */
    struct news news;
    _Atomic int64_t turned;
};

static void asking_free(struct asking *k)
{
    later_free(k->later);
    envelope_free(k->env);
    free(k);
}

/* ---- cards ---------------------------------------------------------------------- */

static struct card *card_for(const struct askings *a, const struct asking *k)
{
    struct card *card = card_new();

    card_nonce(card, k->op);
    card_slash(card, command_slash(a->needs.config));
    return card;
}

static struct card *show(const struct askings *a, const struct asking *k)
{
    struct card *card = card_for(a, k);
    struct vitals vitals;

    a->needs.vitals(a->needs.vitals_arg, &vitals);
    k->later->show(k->later->arg, &vitals, clock_wall_ms(), card);
    return card;
}

/* Takes card. */
static char *message(const struct asking *k, struct card *card, bool replace)
{
    char *text = verdict_message(k->env, card, replace);

    card_free(card);
    return text;
}

static char *posted_line(const struct askings *a, const struct asking *k)
{
    struct card *card = card_for(a, k);

    card_title(card, TONE_OK, "How the checks stand is shown in this channel");
    return message(k, card, false);
}

/* ---- the channel ---------------------------------------------------------------- */

/* False: Postgres does not take it. */
static bool post_card(struct askings *a, struct asking *k)
{
    struct card *card;
    struct err err = { 0 };
    struct share share = { .op = k->op,
                           .channel = k->env->channel,
                           .response_url = k->env->response_url };
    char *text;
    bool ok;

    if (!store_up(a->needs.postgres))
        return false;
    card = show(a, k);
    share.message = text = render_message(card, RENDER_POST, 0);
    card_free(card);
    ok = share_put(a->db, &share, &err);
    free(text);
    if (ok) {
        news_over(&a->news);
        a->needs.posted(a->needs.posted_arg);
    } else if (news_is(&a->news, err.text)) {
        log_warn("health", NULL, "shared cards wait: %s", err.text);
    }
    return ok;
}

/* ---- telling -------------------------------------------------------------------- */

/* To who waits with an open request: whole, once. */
static void answer_admin(struct askings *a, const struct asking *k)
{
    struct card *card = show(a, k);
    struct answer whole = {
        .command = k->command, .op = k->op, .outcome = "ok", .card = card
    };

    verdict_tell(verdict_document(k->env, &whole), a->needs.sender,
                 a->needs.intake);
    card_free(card);
}

/* The answer that settles the envelope. Takes payload. */
static void answer(struct askings *a, const struct asking *k, char *payload)
{
    struct verdict *v = verdict_new(VERDICT_ANSWER, k->env, payload);

    if (k->share && !k->posted)
        verdict_share(v, k->env);
    verdict_tell(v, a->needs.sender, a->needs.intake);
}

/* Where Postgres is away the channel is told like the asker would be: by the
 * answer, which nobody can edit. */
static void tell_first(struct askings *a, struct asking *k)
{
    if (k->env->place == PLACE_ADMIN) {
        answer_admin(a, k);
        return;
    }
    k->posted = k->share && k->env->channel[0] && post_card(a, k);
    answer(a, k,
           k->posted ? posted_line(a, k) : message(k, show(a, k), k->replace));
}

/* The envelope was settled by the first answer. What was typed or said is
 * answered by a second message below the first. */
static void tell_again(struct askings *a, const struct asking *k)
{
    struct verdict *v =
        verdict_new(VERDICT_ACK, k->env, message(k, show(a, k), k->replace));

    if (k->share)
        verdict_share(v, k->env);
    verdict_post(v, a->needs.sender, a->needs.intake);
}

/* False: an edit that Postgres did not take is tried again. */
static bool tell_rest(struct askings *a, struct asking *k)
{
    if (!k->posted) {
        tell_again(a, k);
        return true;
    }
    if (post_card(a, k))
        return true;
    if (clock_mono_ms() < k->until)
        return false;
    log_warn("health", NULL,
             "a shared card is left as it was first shown: Postgres did not "
             "take the rest in time");
    return true;
}

/* ---- turns ---------------------------------------------------------------------- */

static void step(struct askings *a, struct asking *k, int64_t now, bool end)
{
    bool complete = round_missing(k->later->round) == 0;

    if (k->told == TOLD_NOTHING && (complete || end || now >= k->due)) {
        tell_first(a, k);
        k->told =
            complete || k->env->place == PLACE_ADMIN ? TOLD_ALL : TOLD_FIRST;
        k->due = now + BETWEEN;
    } else if (k->told == TOLD_FIRST && complete && (end || now >= k->due)) {
        k->told = tell_rest(a, k) ? TOLD_ALL : TOLD_FIRST;
        k->due = now + BETWEEN;
    }
}

/* What is told in part is due for nothing until it is complete; then the
 * thread is kicked. */
static int64_t due_of(const struct asking *k, int64_t now)
{
    bool complete = round_missing(k->later->round) == 0;

    if (k->told == TOLD_FIRST && !complete)
        return now + TURN_MS;
    return k->due > now ? k->due : now;
}

/* Drops those that are told; when the next is due. */
static int64_t step_all(struct askings *a, bool end)
{
    int64_t now = clock_mono_ms(), next = now + TURN_MS;

    for (struct asking **at = &a->first; *at;) {
        struct asking *k = *at;

        step(a, k, now, end);
        if (k->told == TOLD_ALL || end) {
            *at = k->next;
            asking_free(k);
            continue;
        }
        if (due_of(k, now) < next)
            next = due_of(k, now);
        at = &k->next;
    }
    return next;
}

static void take(struct askings *a, struct node *nodes)
{
    struct node *next;

    for (; nodes; nodes = next) {
        struct asking *k = (struct asking *)nodes;

        next = nodes->next;
        k->next = a->first;
        a->first = k;
    }
}

static int wait_ms(int64_t next)
{
    int64_t left = next - clock_mono_ms();

    return left > 0 ? (int)left : 0;
}

static void *askings_main(void *arg)
{
    struct askings *a = arg;
    int64_t next = 0;

    pthread_setname_np(pthread_self(), "askings");
    while (!queue_done(a->queue)) {
        take(a, queue_take(a->queue, MOST, wait_ms(next)));
        next = step_all(a, false);
        atomic_store(&a->turned, clock_mono_ms());
    }
    step_all(a, true);
    return NULL;
}

/* ---- life ----------------------------------------------------------------------- */

struct askings *askings_start(const struct askings_needs *needs,
                              struct err *err)
{
    struct askings *a = xcalloc(1, sizeof *a);

    a->needs = *needs;
    a->queue = queue_new(MOST, (size_t)-1);
    a->db = db_new(needs->config->database_url, needs->postgres);
    atomic_store(&a->turned, clock_mono_ms());
    if (pthread_create(&a->thread, NULL, askings_main, a) == 0)
        return a;
    askings_free(a);
    err_set(err, ERR_SYSTEM,
            "The thread for health reports could not be "
            "started.");
    return NULL;
}

/* A pool thread: the last result is in. */
static void completed(void *queue)
{
    queue_kick(queue);
}

void askings_add(struct askings *a, const struct asking_new *asked)
{
    struct asking *k = xcalloc(1, sizeof *k);
    int64_t now = clock_mono_ms();

    k->env = asked->env;
    k->later = asked->later;
    k->replace = asked->replace;
    k->share = asked->share;
    memcpy(k->op, asked->op, strnlen(asked->op, OP_ID - 1));
    k->command = asked->command;
    k->due = k->env->received_us / 1000 +
             (k->env->place == PLACE_ADMIN ? ADMIN_MS : LATER_MS);
    if (k->due < now + LEAST_MS)
        k->due = now + LEAST_MS;
    k->until = now + SHARE_MS;
    round_on_done(k->later->round, completed, a->queue);
    if (!queue_force(a->queue, &k->node))
        asking_free(k); /* stopping: the inbox keeps it */
}

int64_t askings_turned_ms(const struct askings *a)
{
    return clock_mono_ms() - atomic_load(&a->turned);
}

void askings_end(struct askings *a)
{
    if (!a)
        return;
    queue_close(a->queue);
    pthread_join(a->thread, NULL);
}

void askings_free(struct askings *a)
{
    if (!a)
        return;
    queue_free(a->queue);
    db_free(a->db);
    free(a);
}

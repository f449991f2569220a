#include "bot/flow/worker.h"

#include <stdlib.h>
#include <string.h>

#include "bot/flow/verdict.h"
#include "bot/flow/worker_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define WAITING       HOLD_SLOTS
#define ANSWERABLE_MS (29 * 60 * 1000)
#define YOUNG_MS      (5 * 60 * 1000)
#define WAIT_BYTES    (64u << 20)
#define URGENT_MS     1800
#define MEMORY_MS     2300 /* for what runs from memory: it is acked by 2.5 s */

/* ---- quick: a batch ------------------------------------------------------------ */

/* An envelope that ran from memory is run only if its road has not refused
 * it by now (P1). */
static bool claimed(struct worker *w, struct envelope *env)
{
    if (!env->road || env->entry ||
        hold_move(env->road->holds, env->slot, FATE_MEMORY, FATE_CLAIMED))
        return true;
    verdict_settle(verdict_new(VERDICT_ANSWER, env, NULL),
                   w->all->needs.intake);
    envelope_free(env);
    return false;
}

/* What is not recorded has no ack before its answer: its last store must not
 * use up the time that the first one left (P1). The admin API has time. A halt
 * waits for nobody: what Postgres does not take in time waits elsewhere
 * (P6). */
static void hurry(struct worker *w)
{
    bool urgent = w->queue == w->all->urgent;
    int64_t moment = urgent ? clock_mono_ms() + URGENT_MS : 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct envelope *env = w->tasks[i].env;
        int64_t last = env->received_us / 1000 + MEMORY_MS;

        if (env->road && !env->entry && env->place != PLACE_ADMIN &&
            (!moment || last < moment))
            moment = last;
    }
    db_until(w->world.db, moment);
}

static void open_all(struct worker *w, struct node *nodes)
{
    struct vitals vitals;
    struct node *next;

    w->all->needs.vitals(w->all->needs.vitals_arg, &vitals);
    w->world.config = config_now(w->all->needs.config); /* of these tasks */
    w->n = 0;
    for (; nodes; nodes = next) {
        struct envelope *env = (struct envelope *)nodes;

        next = nodes->next;
        nodes->next = NULL;
        if (claimed(w, env))
            task_open(&w->tasks[w->n++], env, &w->world, &vitals);
    }
    hurry(w);
}

static void ask_all(struct worker *w)
{
    struct redis *r = w->world.redis;
    struct err err = { 0 };

    for (size_t i = 0; i < w->n; i++)
        task_ask(&w->tasks[i], r);
    if (redis_count(r) == 0 || redis_run(r, &err))
        return;
    for (size_t i = 0; i < w->n; i++)
        w->tasks[i].reads.failed = true;
}

static void close_all(struct worker *w)
{
    for (size_t i = 0; i < w->n; i++) {
        worker_let_go(w, &w->tasks[i]);
        task_close(&w->tasks[i]);
    }
}

static void quick_turn(struct worker *w, struct node *nodes)
{
    open_all(w, nodes);
    redis_reset(w->world.redis);
    ask_all(w);
    for (size_t i = 0; i < w->n; i++)
        task_answer(&w->tasks[i]);
    worker_audit(w);
    close_all(w);
}

/* ---- slow: one, straight -------------------------------------------------------- */

/*
 * Taken over, presumed un-acked (design §3.3): reads run again while their
 * URL lives; what has a committed intent is finished; a change without one is
 * asked, never repeated, but for one that says it may be while it is young.
 */
static bool must_ask(struct worker *w, struct task *t)
{
    int64_t age = t->call.now - t->env->recorded_at;
    bool known = false;

    if (!t->call.recovered || !command_acts(t->command, &t->call.args) ||
        age < t->command->recover_ms)
        return false;
    if (!command_begun(w->world.db, t->command, &t->call, &known, &t->err))
        return false;
    return !known;
}

/* A response URL lives 30 minutes: nobody can be answered any more. What was
 * only looked up in a talk is of use while that goes on. */
static bool too_late(const struct task *t)
{
    int64_t life = ANSWERABLE_MS;

    if (t->env->kind == ENVELOPE_SAID &&
        !command_acts(t->command, &t->call.args))
        life = YOUNG_MS;
    return t->call.recovered && t->call.now - t->env->recorded_at > life;
}

static void run_or_ask(struct worker *w, struct task *t)
{
    if (too_late(t)) {
        card_title(t->card, TONE_INFO, "Too late to answer");
        card_lead(t->card, LINE(say_text("I was away since you asked this. If "
                                         "it still matters, ask again.")));
        t->call.outcome = "expired";
    } else if (must_ask(w, t)) {
        command_ask_again(t->card, &t->call, t->text);
        t->call.outcome = "asked";
    } else if (t->err.kind != ERR_NONE || !t->command || t->command->answer) {
        redis_reset(w->world.redis);
        ask_all(w);
        task_answer(t);
    } else {
        task_run(t, &w->world);
    }
}

/* Before anything else of it is posted. */
static void show_click(struct worker *w, struct task *t)
{
    if (t->call.edit.message)
        w->all->needs.clicked(
            w->all->needs.posted_arg,
            &(struct poster_click){ .edit = &t->call.edit,
                                    .channel = t->env->channel,
                                    .response_url = t->env->response_url,
                                    .trace = t->env->id,
                                    .received_us = t->env->received_us });
}

static void slow_turn(struct worker *w, struct node *nodes)
{
    open_all(w, nodes);
    if (w->n == 0)
        return;
    run_or_ask(w, &w->tasks[0]);
    show_click(w, &w->tasks[0]);
    if (w->tasks[0].effect)
        w->all->needs.posted(w->all->needs.posted_arg);
    worker_audit(w);
    close_all(w);
}

/* ---- threads ---------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
    struct worker *w = arg;

    pthread_setname_np(pthread_self(), "worker");
    while (!queue_done(w->queue)) {
        struct node *nodes = queue_take(w->queue, w->batch, 1000);

        atomic_store(&w->turned, clock_mono_ms());
        if (nodes && w->batch > 1)
            quick_turn(w, nodes);
        else if (nodes)
            slow_turn(w, nodes);
    }
    return NULL;
}

static bool start_one(struct workers *all, struct queue *queue, size_t batch)
{
    const struct config *cfg = config_now(all->needs.config);
    struct worker *w = &all->workers[all->started];

    w->all = all;
    w->queue = queue;
    w->batch = batch;
    w->world = (struct task_world){
        .services = all->needs.services,
        .replica = all->needs.inbox->id,
        .redis = redis_new(&cfg->redis, all->needs.redis),
        .db = db_new(cfg->database_url, all->needs.postgres),
    };
    for (size_t i = 0; i < BATCH; i++)
        w->tasks[i].card = card_new();
    atomic_store(&w->turned, clock_mono_ms());
    all->started++;
    return pthread_create(&w->thread, NULL, worker_main, w) == 0;
}

struct workers *workers_start(const struct worker_needs *needs, struct err *err)
{
    struct workers *all = xcalloc(1, sizeof *all);
    bool ok = true;

    all->needs = *needs;
    all->quick = queue_new(WAITING, WAIT_BYTES);
    all->slow = queue_new(WAITING, WAIT_BYTES);
    all->urgent = queue_new(WAITING, WAIT_BYTES);
    for (size_t i = 0; ok && i < QUICK; i++)
        ok = start_one(all, all->quick, BATCH);
    for (size_t i = 0; ok && i < SLOW; i++)
        ok = start_one(all, all->slow, 1);
    for (size_t i = 0; ok && i < URGENT; i++)
        ok = start_one(all, all->urgent, 1);
    if (ok)
        return all;
    err_set(err, ERR_SYSTEM, "A worker thread could not be started.");
    return NULL; /* the process ends */
}

/* A press is what its button would type. */
static enum lane lane_of(const struct workers *w, const struct envelope *env)
{
    struct press press;

    if (env->kind != ENVELOPE_PRESS)
        return command_lane(task_text(config_now(w->needs.config), env));
    if (render_press(env->action, &press) &&
        command_lane(press.command) == LANE_URGENT)
        return LANE_URGENT;
    return LANE_SLOW;
}

static struct queue *queue_of(struct workers *w, enum lane lane)
{
    switch (lane) {
    case LANE_QUICK:
        return w->quick;
    case LANE_SLOW:
        return w->slow;
    case LANE_URGENT:
        break;
    }
    return w->urgent;
}

struct queue *workers_route(void *workers, const struct envelope *env)
{
    struct workers *w = workers;

    switch (env->kind) {
    case ENVELOPE_COMMAND:
    case ENVELOPE_PRESS:
    case ENVELOPE_VIEW:
    case ENVELOPE_SAID:
        return queue_of(w, lane_of(w, env));
    case ENVELOPE_HOME:
        return w->needs.home;
    case ENVELOPE_EVENT:
    case ENVELOPE_OTHER:
        break;
    }
    return NULL;
}

bool workers_recover(struct workers *w, struct envelope *env)
{
    struct queue *to = workers_route(w, env);

    if (!to) {
        verdict_settle(verdict_new(VERDICT_ANSWER, env, NULL), w->needs.intake);
        envelope_free(env);
        return true;
    }
    if (to == w->quick)
        to = w->slow;
    return queue_push(to, &env->item.node) == PUSH_OK;
}

size_t workers_room(struct workers *w)
{
    size_t slow = queue_len(w->slow), urgent = queue_len(w->urgent);
    size_t most = slow > urgent ? slow : urgent;

    return most < WAITING ? WAITING - most : 0;
}

void workers_facts(struct workers *w, struct worker_facts *out)
{
    int64_t now = clock_mono_ms();

    *out = (struct worker_facts){
        .waiting =
            queue_len(w->quick) + queue_len(w->slow) + queue_len(w->urgent),
        .answered = atomic_load(&w->answered),
        .failed = atomic_load(&w->failed),
        .quick = queue_len(w->quick),
        .slow = queue_len(w->slow),
        .urgent = queue_len(w->urgent),
    };
    for (size_t i = 0; i < w->started; i++) {
        int64_t turned = now - atomic_load(&w->workers[i].turned);

        if (turned > out->turned_ms)
            out->turned_ms = turned;
    }
}

void workers_stop(struct workers *all)
{
    if (!all)
        return;
    queue_close(all->quick);
    queue_close(all->slow);
    queue_close(all->urgent);
    for (size_t i = 0; i < all->started; i++) {
        struct worker *w = &all->workers[i];

        pthread_join(w->thread, NULL);
        for (size_t k = 0; k < BATCH; k++)
            card_free(w->tasks[k].card);
        redis_free(w->world.redis);
        db_free(w->world.db);
    }
    queue_free(all->quick);
    queue_free(all->slow);
    queue_free(all->urgent);
    free(all);
}

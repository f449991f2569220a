/* halter: see halter.h. */
#include "bot/flow/halter.h"

#include <stdlib.h>
#include <string.h>

#include "bot/flow/halter_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define WAIT_MS  200
#define IDLE_MS  500
#define CLAIM_MS 2000
#define RENEW_MS 3000

#define FIRST_MS  20   /* to begin with the targets */
#define RECORD_MS 1000 /* of a turn, for Postgres */
#define TAKE      64

/* ---- whom we follow -------------------------------------------------------------- */

static void init_cards(const struct halter *h, struct follow *f)
{
    const char *channels[2];

    f->card_count =
        act_channels(&f->kept->act, config_now(h->needs.config), channels);
    for (size_t i = 0; i < f->card_count; i++)
        f->cards[i].channel = xstrdup(channels[i]);
}

/* Takes kept and run. */
static void follow(struct halter *h, struct halt_kept *kept,
                   struct halt_run *run, bool recorded)
{
    struct follow *f = xcalloc(1, sizeof *f);

    f->kept = kept;
    f->run = run;
    f->recorded = recorded;
    f->known = recorded && run->generation != 0;
    f->version = 1;
    f->saved = recorded && !run->finished;
    init_cards(h, f);
    f->next = h->follows;
    h->follows = f;
    if (!run->finished)
        hooks_start(h->hooks, run);
}

static void follow_free(struct follow *f)
{
    for (size_t i = 0; i < f->card_count; i++) {
        free(f->cards[i].channel);
        free(f->cards[i].ts);
    }
    halt_done_dispose(&f->done);
    halt_kept_free(f->kept);
    halt_run_free(f->run);
    free(f);
}

static struct follow *follow_of(struct halter *h, const char *op)
{
    for (struct follow *f = h->follows; f; f = f->next)
        if (strcmp(f->run->op, op) == 0)
            return f;
    return NULL;
}

/* Hooks thread, which is ours. */
static void changed(void *arg, struct halt_run *run)
{
    struct follow *f = follow_of(arg, run->op);

    if (!f)
        return;
    f->version++;
    if (run->finished)
        log_info("halt", &(struct log_ctx){ .op = run->op, .user = run->by },
                 "%s of %s: %zu of %zu targets confirmed",
                 halt_action_name(run->action), run->scope,
                 halt_run_stopped(run), run->count);
}

/* ---- in --------------------------------------------------------------------------- */

static struct halt_kept *keep_run(const struct halt_run *run,
                                  const struct act *act)
{
    return halt_keep(&(struct halt_want){ .act = act,
                                          .action = run->action,
                                          .scope = run->scope,
                                          .reason = run->reason,
                                          .at = run->at,
                                          .force = run->force });
}

void halter_begun(struct halter *h, struct halt_run *run, const struct act *act,
                  bool recorded)
{
    struct incoming *in = xcalloc(1, sizeof *in);

    in->kind = INCOMING_RUN;
    in->run = run;
    in->kept = keep_run(run, act);
    in->recorded = recorded;
    if (!queue_force(h->queue, &in->node)) {
        incoming_free(in); /* stopping: its row is taken up by another */
        return;
    }
    hooks_wake(h->hooks);
}

/* Takes in. One that is followed already, claimed by ourselves in between, is
 * not followed twice. */
static void receive(struct halter *h, struct incoming *in)
{
    struct follow *f =
        follow_of(h, in->kind == INCOMING_RUN ? in->run->op : in->op);

    if (in->kind == INCOMING_RUN && !f) {
        follow(h, in->kept, in->run, in->recorded);
        in->kept = NULL;
        in->run = NULL;
    } else if (in->kind == INCOMING_REPORT && f) {
        direct_report(h, f, in);
    }
    incoming_free(in);
}

static void receive_all(struct halter *h)
{
    struct node *nodes = queue_take(h->queue, TAKE, 0), *next;

    for (; nodes; nodes = next) {
        next = nodes->next;
        receive(h, (struct incoming *)nodes);
    }
}

/* A run of a replica that is gone. Who asked is known; the rest of its act is
 * in Postgres already. */
static struct halt_kept *keep_claimed(const struct halter *h,
                                      const struct halt_run *run)
{
    struct act act = {
        .op = run->op,
        .trace = "",
        .recorded_at = run->at,
        .team = "",
        .channel = run->channel,
        .user = run->by,
        .user_name = run->by_name,
        .command = halt_action_name(run->action),
        .text = "",
        .via = "recovery",
        .replica = h->needs.replica,
    };

    return keep_run(run, &act);
}

static void claim(struct halter *h)
{
    int64_t now = clock_mono_ms();
    struct halt_run *run = NULL;
    struct err err = { 0 };

    if (now - h->claimed < CLAIM_MS || !store_up(h->needs.postgres))
        return;
    h->claimed = now;
    if (!halt_run_claim(h->db, h->needs.replica, &run, &err)) {
        log_debug("halt", NULL, "%s", err.text);
        return;
    }
    if (!run)
        return;
    if (follow_of(h, run->op)) {
        halt_run_free(run);
        return;
    }
    log_info("halt", &(struct log_ctx){ .op = run->op },
             "the %s of %s is taken over: its targets are told and asked again",
             halt_action_name(run->action), run->scope);
    follow(h, keep_claimed(h, run), run, true);
    h->claimed = 0; /* there may be more */
}

static void renew(struct halter *h)
{
    int64_t now = clock_mono_ms();
    struct err err = { 0 };

    if (!h->follows || now - h->renewed < RENEW_MS ||
        !store_up(h->needs.postgres))
        return;
    if (halt_run_renew(h->db, h->needs.replica, &err))
        h->renewed = now;
    else
        log_debug("halt", NULL, "%s", err.text);
}

/* ---- attending ---------------------------------------------------------------------- */

static void attend(struct halter *h, struct follow *f)
{
    stores_tell(h, f);
    if (!store_up(h->needs.postgres))
        direct_show(h, f);
}

static bool is_over(const struct halter *h, const struct follow *f)
{
    return f->run->finished && !hooks_have(h->hooks, f->run) && f->recorded &&
           !f->stale && f->known && f->saved == f->version && !direct_busy(f);
}

static void attend_all(struct halter *h)
{
    struct follow **at = &h->follows;
    size_t running = 0, unrecorded = 0;

    while (*at) {
        struct follow *f = *at;

        attend(h, f);
        running += !f->run->finished;
        unrecorded += !f->recorded;
        if (is_over(h, f)) {
            *at = f->next;
            follow_free(f);
        } else {
            at = &f->next;
        }
    }
    atomic_store(&h->running, running);
    atomic_store(&h->unrecorded, unrecorded);
}

/* ---- the thread --------------------------------------------------------------------- */

/* Nobody has to wait for our leases to run out. */
static void leave(struct halter *h)
{
    struct err err = { 0 };

    if (store_up(h->needs.postgres) &&
        !halt_run_release(h->db, h->needs.replica, &err))
        log_warn("halt", NULL, "%s", err.text);
    if (atomic_load(&h->unrecorded))
        log_error("halt", NULL,
                  "%zu halt(s) end here that Postgres does not know of: their "
                  "audit records are in Redis or the journal",
                  atomic_load(&h->unrecorded));
}

static void *halter_main(void *arg)
{
    struct halter *h = arg;

    pthread_setname_np(pthread_self(), "halter");
    while (!atomic_load(&h->stop)) {
        atomic_store(&h->turned, clock_mono_ms());
        receive_all(h);
        if (h->follows) /* targets first: Postgres may hang */
            hooks_turn(h->hooks, FIRST_MS, changed, h);
        db_until(h->db, clock_mono_ms() + RECORD_MS);
        claim(h);
        renew(h);
        attend_all(h);
        hooks_turn(h->hooks, h->follows ? WAIT_MS : IDLE_MS, changed, h);
    }
    db_until(h->db, 0);
    receive_all(h);
    attend_all(h);
    leave(h);
    return NULL;
}

struct halter *halter_start(const struct halter_needs *needs, struct err *err)
{
    struct halter *h = xcalloc(1, sizeof *h);

    h->needs = *needs;
    h->queue = queue_new(1024, 16 << 20);
    h->hooks = hooks_new(needs->config);
    h->redis = redis_new(&config_now(needs->config)->redis, needs->redis);
    h->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&h->turned, clock_mono_ms());
    if (pthread_create(&h->thread, NULL, halter_main, h) == 0)
        return h;
    err_set(err, ERR_SYSTEM, "The halter thread could not be started.");
    hooks_free(h->hooks);
    redis_free(h->redis);
    db_free(h->db);
    queue_free(h->queue);
    free(h);
    return NULL;
}

void halter_facts(struct halter *h, struct halter_facts *out)
{
    *out = (struct halter_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&h->turned),
        .running = atomic_load(&h->running),
        .unrecorded = atomic_load(&h->unrecorded),
    };
}

void halter_stop(struct halter *h)
{
    if (!h)
        return;
    atomic_store(&h->stop, true);
    hooks_wake(h->hooks);
    pthread_join(h->thread, NULL);
}

void halter_free(struct halter *h)
{
    struct node *nodes, *next;

    if (!h)
        return;
    queue_close(h->queue);
    while ((nodes = queue_take(h->queue, TAKE, 0)))
        for (; nodes; nodes = next) {
            next = nodes->next;
            incoming_free((struct incoming *)nodes);
        }
    hooks_free(h->hooks);
    while (h->follows) {
        struct follow *f = h->follows;

        h->follows = f->next;
        follow_free(f);
    }
    redis_free(h->redis);
    db_free(h->db);
    queue_free(h->queue);
    free(h);
}

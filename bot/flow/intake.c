#include "bot/flow/intake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/inflight.h"
#include "bot/flow/verdict.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define BATCH       256
#define BATCH_BYTES (4u << 20)
#define LATE_MOST   1024
#define LATE_ROUNDS 4 /* a late write is looked for now, and at +2, 4, 6 s */
#define LATE_MS     2000

/* Whose record was given up for lost, and may still land. */
struct late {
    struct inbox_late what[LATE_MOST];
    int rounds[LATE_MOST];
    size_t n;
    int64_t due; /* mono ms */
};

struct intake {
    struct intake_needs needs;
    pthread_t thread;
    struct inflight *inflight;

    struct envelope *envs[BATCH];
    size_t n;
    char *settled[4 * BATCH]; /* entries to remove with the next batch */
    size_t m;
    struct late late;

    _Atomic int64_t turned;
    _Atomic uint64_t recorded, twins, from_memory, batches;
};

static void tell(enum verdict_kind kind, const struct envelope *env)
{
    env->road->tell(env->road, verdict_new(kind, env, NULL));
}

static struct log_ctx ctx_of(const struct envelope *env)
{
    return (struct log_ctx){ .trace = env->id, .user = env->user };
}

/* ---- collecting a batch ------------------------------------------------------ */

static void take_settled(struct intake *in, struct settled *s)
{
    inflight_remove(in->inflight, s->envelope_id);
    if (s->entry) {
        in->settled[in->m++] = s->entry;
        s->entry = NULL;
    }
    settled_free(s);
}

/* An event may only be taken for one that nothing can lose any more. */
static void drop_twin(struct intake *in, struct envelope *env)
{
    struct log_ctx ctx = ctx_of(env);
    bool lost = envelope_comes_again(env->kind) &&
                !inflight_marked(in->inflight, env->id);

    log_info("intake", &ctx, "a twin of one in flight is dropped");
    atomic_fetch_add(&in->twins, 1);
    tell(lost ? VERDICT_FORGET : VERDICT_TWIN, env);
    envelope_free(env);
}

static void take_envelope(struct intake *in, struct envelope *env)
{
    struct log_ctx ctx = ctx_of(env);

    if (!inflight_add(in->inflight, env->id)) {
        drop_twin(in, env);
        return;
    }
    if (env->retry > 0)
        log_info("intake", &ctx, "delivered again by Slack (attempt %d)",
                 env->retry);
    in->envs[in->n++] = env;
}

static void collect(struct intake *in, struct node *nodes)
{
    struct node *next;

    in->n = 0;
    for (; nodes; nodes = next) {
        struct item *item = (struct item *)nodes;

        next = nodes->next;
        nodes->next = NULL;
        if (item->what == ITEM_SETTLED)
            take_settled(in, (struct settled *)item);
        else
            take_envelope(in, (struct envelope *)item);
    }
}

/* ---- handing on -------------------------------------------------------------- */

/* Nothing more is owed for this one: its entry goes with the next batch. */
static void finish(struct intake *in, struct envelope *env)
{
    inflight_remove(in->inflight, env->id);
    if (env->entry) {
        in->settled[in->m++] = env->entry;
        env->entry = NULL;
    }
    envelope_free(env);
}

static void busy(struct envelope *env)
{
    char *text = verdict_say_to(env, VERDICT_BUSY);
    bool form = env->kind == ENVELOPE_VIEW;
    struct verdict *v = verdict_new(VERDICT_ANSWER, env, form ? NULL : text);

    if (form)
        v->action = text;
    v->road->tell(v->road, v);
    envelope_free(env);
}

static void hand_on(struct intake *in, struct envelope *env)
{
    struct queue *to = in->needs.route(in->needs.route_arg, env);
    struct log_ctx ctx = ctx_of(env);

    if (!to && env->accepts) {
        tell(VERDICT_ANSWER, env);
        envelope_free(env);
    } else if (!to) {
        finish(in, env);
    } else if (queue_push(to, &env->item.node) != PUSH_OK) {
        log_warn("intake", &ctx, "the workers are full: answered busy");
        busy(env);
    }
}

/* Recorded: what cannot carry an answer on its ack is acked now. An event whose
 * ack is overdue runs as well: what Slack sends again is its twin. */
static void recorded(struct intake *in, struct envelope *env)
{
    struct log_ctx ctx = ctx_of(env);

    if (!hold_move(env->road->holds, env->slot, FATE_WAITING, FATE_RECORDED) &&
        !envelope_comes_again(env->kind)) {
        log_warn("intake", &ctx, "recorded too late: already refused");
        finish(in, env);
        return;
    }
    if (!env->entry) {
        log_info("intake", &ctx, "seen before: acked, not run again");
        atomic_fetch_add(&in->twins, 1);
        tell(VERDICT_SEEN, env);
        finish(in, env);
        return;
    }
    inflight_mark(in->inflight, env->id);
    atomic_fetch_add(&in->recorded, 1);
    if (!env->accepts)
        tell(VERDICT_ACK, env);
    hand_on(in, env);
}

static void look_for_later(struct intake *in, const struct envelope *env)
{
    struct late *late = &in->late;

    if (late->n == LATE_MOST)
        return; /* long down: those of the first seconds matter */
    for (int k = 0; k < ENVELOPE_KEYS; k++)
        late->what[late->n].keys[k] = xstrdup(env->keys[k]);
    late->rounds[late->n++] = LATE_ROUNDS;
    late->due = 0;
}

/* Redis did not confirm. An event comes again; a person would not (P1). App
 * Home is shown at once besides: that says what is away, and changes
 * nothing. */
static void unrecorded(struct intake *in, struct envelope *env)
{
    env->recorded_at = clock_wall_ms();
    look_for_later(in, env);
    if (envelope_comes_again(env->kind)) {
        tell(VERDICT_FORGET, env);
        if (env->kind == ENVELOPE_HOME)
            hand_on(in, env);
        else
            finish(in, env);
        return;
    }
    if (!hold_move(env->road->holds, env->slot, FATE_WAITING, FATE_MEMORY)) {
        finish(in, env);
        return;
    }
    atomic_fetch_add(&in->from_memory, 1);
    hand_on(in, env);
}

/* ---- one batch ---------------------------------------------------------------- */

static void drop_settled(struct intake *in)
{
    for (size_t i = 0; i < in->m; i++)
        free(in->settled[i]);
    in->m = 0;
}

/* When Redis is away settled ids wait; past the room for them the oldest are
 * left to the take-over, which finds their effects done. */
static void bound_settled(struct intake *in)
{
    size_t keep = BATCH;

    if (in->m <= 2 * BATCH)
        return;
    for (size_t i = 0; i < in->m - keep; i++)
        free(in->settled[i]);
    memmove(in->settled, in->settled + in->m - keep,
            keep * sizeof *in->settled);
    in->m = keep;
}

/* As many from the first as go into one script. */
static size_t fitting(const struct intake *in, size_t first)
{
    size_t bytes = 0, i = first;

    while (i < in->n && (i == first || bytes < BATCH_BYTES))
        bytes += in->envs[i++]->frame_len;
    return i - first;
}

static bool record_some(struct intake *in, size_t first, size_t n)
{
    struct err err = { 0 };
    bool ok = inbox_record(in->needs.inbox, in->needs.redis, in->envs + first,
                           n, in->settled, in->m, &err);

    atomic_fetch_add(&in->batches, 1);
    if (ok)
        drop_settled(in);
    else
        bound_settled(in);
    if (!ok && n)
        log_warn("intake", NULL, "%zu envelopes are not recorded: %s", n,
                 err.text);
    return ok;
}

static void record(struct intake *in)
{
    size_t first = 0;

    if (in->n == 0 && in->m == 0)
        return;
    do {
        size_t n = fitting(in, first);
        bool ok = record_some(in, first, n);

        for (size_t i = first; i < first + n; i++) {
            if (ok)
                recorded(in, in->envs[i]);
            else
                unrecorded(in, in->envs[i]);
        }
        first += n;
    } while (first < in->n);
}

static void free_late(struct inbox_late *late)
{
    for (int k = 0; k < ENVELOPE_KEYS; k++)
        free(late->keys[k]);
}

static void forget_round(struct late *late)
{
    size_t kept = 0;

    for (size_t i = 0; i < late->n; i++) {
        if (--late->rounds[i] > 0) {
            late->rounds[kept] = late->rounds[i];
            late->what[kept++] = late->what[i];
        } else {
            free_late(&late->what[i]);
        }
    }
    late->n = kept;
    late->due = clock_mono_ms() + LATE_MS;
}

/* Before anything else is recorded: a redelivery must count as the first. */
static void forget_late(struct intake *in)
{
    struct err err = { 0 };

    if (in->late.n == 0 || clock_mono_ms() < in->late.due)
        return;
    if (inbox_forget(in->needs.inbox, in->needs.redis, in->late.what,
                     in->late.n, &err))
        forget_round(&in->late);
}

static void *intake_main(void *arg)
{
    struct intake *in = arg;

    pthread_setname_np(pthread_self(), "intake");
    while (!queue_done(in->needs.queue)) {
        /* Settled ids wait for company, but not for long. */
        int patience = in->m ? 5 : 1000;

        collect(in, queue_take(in->needs.queue, BATCH, patience));
        forget_late(in);
        record(in);
        atomic_store(&in->turned, clock_mono_ms());
    }
    in->n = 0;
    record(in);
    return NULL;
}

struct intake *intake_start(const struct intake_needs *needs, struct err *err)
{
    struct intake *in = xcalloc(1, sizeof *in);

    in->needs = *needs;
    in->inflight = inflight_new();
    atomic_store(&in->turned, clock_mono_ms());
    if (pthread_create(&in->thread, NULL, intake_main, in) == 0)
        return in;
    err_set(err, ERR_SYSTEM, "The intake thread could not be started.");
    inflight_free(in->inflight);
    free(in);
    return NULL;
}

void intake_facts(struct intake *in, struct intake_facts *out)
{
    *out = (struct intake_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&in->turned),
        .recorded = atomic_load(&in->recorded),
        .twins = atomic_load(&in->twins),
        .from_memory = atomic_load(&in->from_memory),
        .batches = atomic_load(&in->batches),
    };
}

void intake_stop(struct intake *in)
{
    if (!in)
        return;
    pthread_join(in->thread, NULL);
    drop_settled(in);
    for (size_t i = 0; i < in->late.n; i++)
        free_late(&in->late.what[i]);
    inflight_free(in->inflight);
    free(in);
}

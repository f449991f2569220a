#include <stdlib.h>

#include "bot/flow/tally.h"
#include "bot/flow/verdict.h"
#include "bot/flow/worker_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"

#define SLOW_MS 500

/* ---- the answer's way out ---------------------------------------------------- */

static void send_document(struct workers *all, const struct task *t)
{
    struct answer answer = task_document(t);

    verdict_tell(verdict_document(t->env, &answer), all->needs.sender,
                 all->needs.intake);
}

static void send(struct workers *all, const struct task *t)
{
    struct verdict *v;

    if (t->env->place == PLACE_ADMIN) {
        send_document(all, t);
        return;
    }
    v = verdict_new(VERDICT_ANSWER, t->env, task_message(t));
    v->action = task_action(t);
    v->both = v->action && t->err.kind == ERR_NONE;
    if (t->shared)
        verdict_share(v, t->env);
    verdict_tell(v, all->needs.sender, all->needs.intake);
}

static void tell_home(struct workers *all, const struct task *t)
{
    if (t->call.home || t->effect)
        all->needs.changed(all->needs.changed_arg, t->env->user, t->call.home);
}

/* Its audit row is written; the answer comes when it is there. */
static void ask_later(struct workers *all, struct task *t)
{
    askings_add(all->needs.askings,
                &(struct asking_new){
                    .env = t->env,
                    .later = t->call.later,
                    .op = t->op,
                    .command = t->command->name,
                    .replace = t->call.pressed && t->press.replace,
                    .share = args_flag(&t->call.args, "share") != NULL,
                });
    t->env = NULL;
    t->call.later = NULL;
}

/* Changes, refusals and slow answers are worth a line at the usual level;
 * what a person merely looked at is in the audit. */
static enum log_level worth(const struct task *t, int64_t took_ms)
{
    bool plain = t->err.kind == ERR_NONE || t->err.kind == ERR_USER;

    if (!plain && t->err.kind != ERR_DENIED)
        return LOG_WARN;
    if (!plain || took_ms > SLOW_MS || (t->command && t->command->changes))
        return LOG_INFO;
    return LOG_DEBUG;
}

void worker_let_go(struct worker *w, struct task *t)
{
    struct workers *all = w->all;
    int64_t took_us = clock_mono_us() - t->env->received_us;
    int64_t took = took_us / 1000;
    enum log_level level = worth(t, took);

    atomic_fetch_add(&all->answered, 1);
    if (level == LOG_WARN)
        atomic_fetch_add(&all->failed, 1);
    log_write(level, "command", &t->call.log, "%s in %lld ms%s%s",
              t->row.outcome, (long long)took, t->err.text[0] ? ": " : "",
              t->err.text);
    tally_command(t->name, t->row.outcome);
    tally_error(t->err.kind);
    tell_home(all, t);
    if (task_later(t)) {
        ask_later(all, t);
    } else {
        tally_answer(t->call.act.via, took_us);
        send(all, t);
    }
}

/* ---- audit -------------------------------------------------------------------- */

/* Both stores are away: the journal, or where that cannot be written the
 * log. */
static void keep_row(struct worker *w, const struct task *t)
{
    char *text = audit_text(&t->row);
    struct err err = { 0 };

    if (!journal_add(w->all->needs.services->journal, JOURNAL_AUDIT, text,
                     &err))
        log_warn("audit", &t->call.log,
                 "recorded nowhere but here (%s): %s, outcome %s, channel %s,"
                 " text %s",
                 err.text, t->name, t->row.outcome, t->call.act.channel,
                 t->text);
    free(text);
}

/* What Postgres did not take waits in Redis: it is away, or read-only. What it
 * can never take is set aside there, for a person to look at. */
static void wait_in_redis(struct worker *w)
{
    struct redis *r = w->world.redis;
    struct err err = { 0 };
    size_t k = 0;
    bool ok;

    redis_reset(r);
    for (size_t i = 0; i < w->n; i++) {
        if (!w->ops[i].ok)
            audit_wait(r, w->world.config->redis_prefix, &w->tasks[i].row);
    }
    ok = redis_count(r) == 0 || redis_run(r, &err);
    for (size_t i = 0; i < w->n; i++) {
        if (!w->ops[i].ok && (!ok || reply_error(redis_reply(r, k++))))
            keep_row(w, &w->tasks[i]);
    }
}

void worker_audit(struct worker *w)
{
    struct err err = { 0 };
    bool ok;

    for (size_t i = 0; i < w->n; i++) {
        struct task *t = &w->tasks[i];

        task_conclude(t);
        audit_op(&w->ops[i], &t->values, &t->row);
    }
    ok = db_batch(w->world.db, w->ops, w->n, &err);
    for (size_t i = 0; ok && i < w->n; i++) {
        if (!w->ops[i].ok)
            log_error("audit", &w->tasks[i].call.log, "a row is refused: %s",
                      w->ops[i].err.text);
    }
    wait_in_redis(w);
}

/*
 * unhalt: starting a scope again: only when everything is healthy, only after
 * the person has seen what was halted and why (P6).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/halt.h"
#include "commands/halt.h"
#include "commands/health.h"
#include "commands/registry.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

#define CONDITIONS  (4 + GATE_MOST)
#define RIGHT_FORCE "unhalt.force"

/* ---- the conditions ------------------------------------------------------------ */

/* How things stand, and the conditions made of it: they borrow from it. */
struct check {
    struct halt_ready ready;
    struct unhalt_condition all[CONDITIONS];
    size_t count;
    char waiting[160];
    struct health_gate gate;
};

static void check_dispose(struct check *c)
{
    halt_ready_dispose(&c->ready);
}

static void add(struct check *c, struct unhalt_condition condition)
{
    c->all[c->count++] = condition;
}

/* Since when it is down is said beside it, once. */
static const char *why(const struct store_health *store, const char *said)
{
    return store_down_since(store) ? "it is down" : said;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static void audit_condition(struct check *c)
{
    const struct halt_ready *r = &c->ready;

    snprintf(c->waiting, sizeof c->waiting,
             "still %lld in Redis, %lld in the journal",
             (long long)r->audit_waiting, (long long)r->journal_waiting);
    add(c, (struct unhalt_condition){
               .name = "every audit record is in Postgres",
               .met = r->audit_waiting == 0 && r->journal_waiting == 0,
               .can_skip = true,
               .since = earlier(r->audit_since, r->journal_since),
               .why = c->waiting,
               .advice = "They move by themselves within seconds once both "
                         "stores are up; if not, the log says why." });
}

/* As the board knows them: failing often enough in a row, not once. */
static void check_conditions(const struct call *call, const char *scope,
                             struct check *c)
{
    health_gate(call, scope, &c->gate);
    for (size_t i = 0; i < c->gate.count; i++)
        add(c, c->gate.conditions[i]);
}

static void look(const struct call *call, const char *scope, struct check *c)
{
    struct halt_world world = halt_world_of(call);

    *c = (struct check){ 0 };
    halt_look(&world, scope, &c->ready);
    add(c, (struct unhalt_condition){
               .name = "Redis can be written",
               .met = c->ready.redis,
               .since = store_down_since(call->vitals->redis),
               .why = why(call->vitals->redis, c->ready.redis_why.text),
               .advice = "The halt's key must be taken away there. Bring "
                         "Redis back, then ask again." });
    add(c, (struct unhalt_condition){
               .name = "Postgres can be written",
               .met = c->ready.postgres,
               .can_skip = true,
               .since = store_down_since(call->vitals->postgres),
               .why = why(call->vitals->postgres, c->ready.postgres_why.text),
               .advice = "Bring Postgres back, then ask again." });
    audit_condition(c);
    check_conditions(call, scope, c);
    if (c->ready.list.unknown)
        return;
    add(c, (struct unhalt_condition){ .name = "the scope is halted",
                                      .met = c->ready.halt != NULL,
                                      .why = "it is not" });
}

static bool all_met(const struct check *c, bool force)
{
    for (size_t i = 0; i < c->count; i++)
        if (!c->all[i].met && !(force && c->all[i].can_skip))
            return false;
    return true;
}

static struct unhalt_card card_of(const struct call *call, const char *scope,
                                  const struct check *c, bool force)
{
    return (struct unhalt_card){
        .scope = scope,
        .halt = c->ready.halt,
        .conditions = c->all,
        .count = c->count,
        .force = force,
        .may_force = call_may(call, RIGHT_FORCE),
        .now = call->now,
    };
}

static bool may_force(struct call *call, bool force, struct err *err)
{
    return !force || call_needs(call, "--force", RIGHT_FORCE, err);
}

/* ---- carrying it out ------------------------------------------------------------- */

static bool start_again(struct call *call, const struct halt_want *want,
                        struct card *card, struct err *err)
{
    struct halt_world world = halt_world_of(call);
    struct halt_report report;
    bool ok = halt_start_again(&world, want, call->response_url, &report, err);

    if (!ok && err->kind == ERR_REDIS)
        err_prefix(err,
                   "It is not known whether `%s` runs again; `halts` says so "
                   "when Redis is back",
                   want->scope);
    if (ok)
        halt_answer(call, card, want, &report);
    halt_report_dispose(&report);
    return ok;
}

/* Forced, and Postgres is away: there is nothing to confirm with, and the
 * records go elsewhere; the attempt first. */
static bool start_unconfirmed(struct call *call, const struct halt *halt,
                              struct card *card, struct err *err)
{
    struct halt_world world = halt_world_of(call);
    struct halt_want want = { .act = &call->act,
                              .action = HALT_START,
                              .scope = halt->scope,
                              .reason = halt->reason,
                              .at = call->act.recorded_at,
                              .generation = halt->generation,
                              .force = true };

    if (halt_intend_elsewhere(&world, &want, err) == RECORD_NOWHERE)
        return err_prefix(err, "Nothing was changed, for it could be recorded "
                               "nowhere");
    return start_again(call, &want, card, err);
}

/* ---- asking ----------------------------------------------------------------------- */

static size_t targets_of(const struct call *call, const struct halt *halt,
                         const struct halt_list *halted)
{
    struct halt_want want = { .act = &call->act,
                              .action = HALT_START,
                              .scope = halt->scope,
                              .reason = "" };
    struct halt_run *run = halt_run_new(call->config, &want, 0, "");
    size_t count;

    halt_run_keep(run, call->config, halted);
    count = run->count;
    halt_run_free(run);
    return count;
}

/* Each asking is its own, also from one button: by the envelope. */
static bool ask(struct call *call, const struct check *c, bool force,
                struct card *card, struct err *err)
{
    const struct halt *halt = c->ready.halt;
    struct unhalt_card u = card_of(call, halt->scope, c, force);
    struct act act = call->act;
    char op[OP_ID];
    char *bound = json_text(member_str("scope", halt->scope),
                            member_int("generation", halt->generation),
                            member_str("reason", halt->reason),
                            member_bool("force", force));
    bool ok;

    digest_op(op, "unhalt", act.trace, act.user, NULL);
    act.op = op;
    ok = db_begin(call->db, err) && confirm_ask(call->db, &act, bound, err) &&
         db_commit(call->db, err);
    db_rollback(call->db);
    free(bound);
    if (!ok)
        return false;
    call->outcome = "asked";
    u.confirm = op;
    u.targets = targets_of(call, halt, &c->ready.list);
    unhalt_prompt_card(card, &u);
    return true;
}

static bool decide(struct call *call, const char *scope, const struct check *c,
                   bool force, struct card *card, struct err *err)
{
    struct unhalt_card u = card_of(call, scope, c, force);

    if (!c->ready.list.unknown && !c->ready.halt) {
        unhalt_idle_card(card, scope, &c->ready.list, call->now);
        call->outcome = "already";
        return true;
    }
    if (!all_met(c, force)) {
        unhalt_refused_card(card, &u);
        call->outcome = "refused";
        return true;
    }
    if (!c->ready.postgres)
        return start_unconfirmed(call, c->ready.halt, card, err);
    return ask(call, c, force, card, err);
}

static bool unhalt_run(struct call *call, struct card *card, struct err *err)
{
    const char *scope = args_word(&call->args, 0);
    bool force = args_flag(&call->args, "force") != NULL;
    struct check check;
    bool ok;

    if (!halt_scope_check(call->config, scope, err) ||
        !may_force(call, force, err))
        return false;
    look(call, scope, &check);
    ok = decide(call, scope, &check, force, card, err);
    check_dispose(&check);
    return ok;
}

static const char *const unhalt_flags[] = { "force", NULL };

const struct command command_unhalt = {
    .name = "unhalt",
    .group = "halt",
    .usage = "<scope> [--force]",
    .summary = "Starts a scope again, once everything is healthy",
    .example = "unhalt all",
    .right = "unhalt",
    .flags = unhalt_flags,
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .run = unhalt_run,
};

/* ---- confirmed --------------------------------------------------------------------- */

/* Borrows from c. */
static struct halt_want want_of(const struct call *call,
                                const struct confirm *c)
{
    return (struct halt_want){
        .act = &c->act,
        .action = HALT_START,
        .scope = json_doc_str(c->bound, "scope"),
        .reason = json_doc_str(c->bound, "reason"),
        .at = call->now,
        .generation = json_doc_int(c->bound, "generation", 0),
        .force = json_doc_bool(c->bound, "force"),
    };
}

bool unhalt_carry_out(struct call *call, struct confirm *c, struct card *card,
                      struct err *err)
{
    struct halt_want want = want_of(call, c);
    struct unhalt_card u;
    struct check check;
    bool added, ok;

    if (!may_force(call, want.force, err))
        return false;
    look(call, want.scope, &check);
    ok = all_met(&check, want.force) || !check.ready.halt;
    if (!ok || check.ready.list.unknown) {
        u = card_of(call, want.scope, &check, want.force);
        unhalt_refused_card(card, &u);
        call->outcome = "refused";
        check_dispose(&check);
        return true;
    }
    check_dispose(&check);
    return halt_intend(call->db, &want, &added, err) &&
           db_commit(call->db, err) && start_again(call, &want, card, err);
}

bool unhalt_stands(struct call *call, struct confirm *c, struct card *card,
                   struct err *err)
{
    struct halt_want want = want_of(call, c);
    struct halt_world world = halt_world_of(call);
    struct halt_report report;
    bool found;
    bool ok = halt_report_load(call->db, c->id, &report, &found, err);

    if (ok && !found)
        ok = halt_settle_start(&world, &want, &report, err);
    if (ok)
        halt_answer(call, card, &want, &report);
    halt_report_dispose(&report);
    return ok;
}

/* settle: what a crash between intent, effect and outcome leaves behind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "tests/core/ops/world.h"

static struct world w;
static char stream_key[] = "s", dlq_key[] = "s.dlq";
static struct stream_name name = { stream_key, dlq_key, false };
static char *id;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    id = cli(&w.s, "xadd s.dlq '*' kind alert error boom");
}

static void stop(void)
{
    free(id);
    world_stop(&w);
}

static char *make_card(const struct requeue *done, void *arg)
{
    (void)arg;
    return xasprintf("{\"text\":\"%s %s %s %s\"}", done->act->user,
                     done->name->dlq, done->id, done->new_id);
}

static struct requeue_want want_of(const struct act *act)
{
    return (struct requeue_want){ .act = act, .name = &name, .id = id };
}

static void intend(const struct act *act)
{
    struct requeue_want want = want_of(act);
    struct requeue out = { 0 };
    enum standing standing;

    cr_assert(requeue_intend(w.db, &want, &standing, &out, &w.err), "%s",
              w.err.text);
    cr_assert_eq(standing, STANDING_NEW);
}

static void take_effect(const struct act *act)
{
    char *new_id;

    cr_assert_eq(dlq_effect(w.r, &w.cfg, act->op, &name, id, &new_id, &w.err),
                 EFFECT_MOVED);
    free(new_id);
}

static size_t settle(int64_t min_age)
{
    size_t settled;

    cr_assert(dlq_settle(w.r, w.db, &w.cfg, min_age, make_card, NULL, &settled,
                         &w.err),
              "%s", w.err.text);
    return settled;
}

static void expect_settled(void)
{
    char *body = look_text(&w.s, "select body from opsbot.outbox");

    cr_expect_eq(cli_number(&w.s, "xlen s"), 1);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'done' and actor = 'U0ANN'"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events"
                                   " where kind = 'outcome' and operation ="
                                   " 'OP1'"),
                 1);
    cr_expect(strstr(body, "U0ANN s.dlq "), "%s", body);
    free(body);
}

TestSuite(settle, .init = start, .fini = stop);

Test(settle, finishes_after_a_crash_behind_the_intent)
{
    struct act act = act_of("OP1", "dlq requeue");
    bool known;

    cr_assert(dlq_intent_known(w.db, "OP1", &known, &w.err));
    cr_expect_not(known);
    intend(&act);
    cr_assert(dlq_intent_known(w.db, "OP1", &known, &w.err));
    cr_expect(known);
    cr_expect_eq(settle(60000), 0u, "it may be under way");
    cr_expect_eq(settle(0), 1u);
    cr_expect_eq(settle(0), 0u);
    expect_settled();
}

Test(settle, finishes_after_a_crash_behind_the_effect)
{
    struct act act = act_of("OP1", "dlq requeue");

    intend(&act);
    take_effect(&act);
    take_effect(&act);
    cr_expect_eq(settle(0), 1u);
    expect_settled();
}

Test(settle, the_operation_itself_may_come_back_first)
{
    struct act act = act_of("OP1", "dlq requeue");
    struct requeue_want want = want_of(&act);
    struct requeue out;

    intend(&act);
    take_effect(&act);
    want.card = make_card;
    cr_assert(dlq_requeue(w.r, w.db, &w.cfg, &want, &out, &w.err), "%s",
              w.err.text);
    cr_expect_eq(out.result, REQUEUE_DONE);
    requeue_dispose(&out);
    cr_expect_eq(settle(0), 0u);
    expect_settled();
}

Test(settle, an_answer_that_never_came_is_finished_later)
{
    struct act act = act_of("OP1", "dlq requeue");
    struct requeue_want want = want_of(&act);
    struct requeue out = { 0 };
    size_t settled;
    bool unknown;

    intend(&act);
    cr_assert(redis_one(w.r, &w.err, "PING"));
    redis_deadline(w.r, 100);
    part_pause(w.s.harness, PART_REDIS);
    cr_assert_not(
        requeue_effect(w.r, w.db, &w.cfg, &want, &out, &unknown, &w.err));
    cr_expect(unknown);
    cr_assert_not(
        dlq_settle(w.r, w.db, &w.cfg, 0, NULL, NULL, &settled, &w.err));
    cr_expect_eq(settled, 0u);
    part_resume(w.s.harness, PART_REDIS);
    redis_deadline(w.r, STORES_MS);
    cr_assert(redis_probe(w.r, &w.err));
    cr_expect_eq(settle(0), 1u);
    expect_settled();
}

Test(settle, a_lost_outcome_is_said_and_follows)
{
    struct act act = act_of("OP1", "dlq requeue");
    struct requeue_want want = want_of(&act);
    struct requeue out;

    cr_assert(db_script(w.db, "break",
                        "create function opsbot.no() returns trigger language"
                        " plpgsql as $$ begin raise 'no'; end $$;"
                        "create trigger no before update on opsbot.operations"
                        " for each row execute function opsbot.no()",
                        &w.err));
    cr_assert_not(dlq_requeue(w.r, w.db, &w.cfg, &want, &out, &w.err));
    cr_expect(strstr(w.err.text, "is requeued to `s` as"), "%s", w.err.text);
    cr_expect(strstr(w.err.text, "its record follows"), "%s", w.err.text);
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_assert(db_script(w.db, "mend", "drop trigger no on opsbot.operations",
                        &w.err));
    cr_expect_eq(settle(0), 1u);
    expect_settled();
}

Test(settle, one_that_redis_refuses_does_not_block_the_others)
{
    struct act bad = act_of("OP0", "dlq requeue");
    struct act good = act_of("OP1", "dlq requeue");
    struct requeue_want want = want_of(&bad);
    struct requeue out = { 0 };
    enum standing standing;
    struct stream_name wrong = { dlq_key, stream_key, false };
    char *good_id = id;

    wrong.dlq = (char *)(uintptr_t) "text";
    free(cli(&w.s, "set text x"));
    want.name = &wrong;
    cr_assert(requeue_intend(w.db, &want, &standing, &out, &w.err));
    id = good_id;
    intend(&good);
    cr_expect_eq(settle(0), 2u);
    expect_settled();
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'refused' and id = 'OP0'"
                                   " and outcome ->> 'error' like '%not a"
                                   " stream%'"),
                 1);
}

Test(settle, two_settlers_finish_it_once)
{
    struct act act = act_of("OP1", "dlq requeue");
    struct db *other = stores_db(&w.s);
    size_t settled;

    intend(&act);
    cr_assert(db_script(other, "hold",
                        "select set_config('statement_timeout', '0', false)",
                        &w.err));
    cr_assert(db_begin(other, &w.err));
    cr_assert(db_script(other, "hold",
                        "select from opsbot.operations where id = 'OP1'"
                        " for update",
                        &w.err));
    cr_assert(
        dlq_settle(w.r, w.db, &w.cfg, 0, make_card, NULL, &settled, &w.err));
    cr_expect_eq(settled, 0u, "somebody else holds it");
    db_rollback(other);
    db_free(other);
    cr_expect_eq(settle(0), 1u);
    expect_settled();
}

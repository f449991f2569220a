/*
 * Killed between the steps of a halt: what is young is carried out, once,
 * whatever was done of it; what came after it is not undone.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/halting.h"

#define SOON_MS  20000
#define BACK_MS  60000
#define HALT_ALL "halt all maintenance window"

static const char *const waiting =
    "select count(*) from pg_locks where not granted";

static struct asked halt_all(struct harness *h)
{
    return type_text(h, "U0ANN", "C0OPS", HALT_ALL);
}

static void restart(struct harness *h)
{
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

/* One halt in all its places, and both agents know. */
static void expect_one_halt(struct halting *t)
{
    struct harness *h = t->h;

    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    agents_wait_halted(t->agents, 2, BACK_MS);
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.halts where state = 'verified' and"
             " generation = 1");
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.operations where state = 'done'");
    wait_card(h, "stopped 2/2 in ", BACK_MS);
    wait_settled(h, BACK_MS);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    wait_audited(h, "halt", "attempt", 1);
    wait_audited(h, "halt", "outcome", 1);
}

Test(halt_crash, before_the_intent)
{
    struct halting t = halting_start(2, "");
    struct table_lock *lock = table_lock(t.h, "operations");

    halt_all(t.h);
    wait_sql(t.h, 1, SOON_MS, waiting);
    opsbot_kill9(t.h->bot);
    table_unlock(lock);
    restart(t.h);
    expect_one_halt(&t);
    halting_stop(&t);
}

/* Redis does not move by the time the intent is there. */
Test(halt_crash, between_intent_and_effect)
{
    struct halting t = halting_start(2, "");
    struct table_lock *lock = table_lock(t.h, "operations");

    halt_all(t.h);
    wait_sql(t.h, 1, SOON_MS, waiting);
    part_pause(t.h, PART_REDIS);
    table_unlock(lock);
    wait_sql(t.h, 0, SOON_MS, waiting);
    opsbot_kill9(t.h->bot);
    part_kill(t.h, PART_REDIS);
    part_start(t.h, PART_REDIS);
    cr_assert_eq(redis_number(t.h, "EXISTS opsbot:halt:all"), 0);
    restart(t.h);
    expect_one_halt(&t);
    halting_stop(&t);
}

Test(halt_crash, between_effect_and_outcome)
{
    struct halting t = halting_start(2, "");
    struct table_lock *lock = table_lock(t.h, "halts");

    halt_all(t.h);
    wait_redis(t.h, 1, SOON_MS, "EXISTS opsbot:halt:all");
    opsbot_kill9(t.h->bot);
    table_unlock(lock);
    restart(t.h);
    expect_one_halt(&t);
    halting_stop(&t);
}

/* Told nobody yet, for nobody listens. */
Test(halt_crash, between_outcome_and_hooks)
{
    struct halting t = halting_start(2, "");

    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"down\":true}"));
    halt_all(t.h);
    wait_sql(t.h, 1, SOON_MS,
             "select count(*) from opsbot.halts where state = 'running'");
    opsbot_kill9(t.h->bot);
    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"down\":false}"));
    restart(t.h);
    expect_one_halt(&t);
    halting_stop(&t);
}

/* Somebody acted on the scope after it was asked, by another bot's hand. */
Test(halt_crash, and_the_generation_has_moved)
{
    struct halting t = halting_start(1, "");
    struct table_lock *lock = table_lock(t.h, "operations");
    struct asked a = halt_all(t.h);
    json_t *answer;

    wait_sql(t.h, 1, SOON_MS, waiting);
    opsbot_kill9(t.h->bot);
    redis_send(t.h, "SET opsbot:halt:generation 2");
    redis_send(t.h, "HSET opsbot:halts all %s",
               "{\"action\":\"unhalt\",\"at\":4102444800000,\"generation\":2,"
               "\"by\":\"U0BOB\",\"op\":\"X\"}");
    table_unlock(lock);
    restart(t.h);
    answer = wait_answers(t.h, a.interaction, 1, BACK_MS);
    expect_shown(answer, "Not halted: somebody acted on all since");
    json_decref(answer);
    wait_settled(t.h, BACK_MS);
    cr_assert_eq(redis_number(t.h, "EXISTS opsbot:halt:all"), 0);
    wait_redis(t.h, 2, COMES_MS, "GET opsbot:halt:generation");
    cr_assert_eq(agents_halted(t.agents), 0);
    halting_stop(&t);
}

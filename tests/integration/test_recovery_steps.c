/*
 * The bot is killed between two steps of one command: each step left is done
 * by the next run, once, or asked about (design §3.3).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/common.h"

#define REQUEUE "dlq requeue orders 1700000000000-1"
#define SLOW_MS 60000

static const char *const waiting =
    "select count(*) from pg_locks where not granted";
static const char *const intents =
    "select count(*) from opsbot.operations where state = 'intent'";
static const char *const outcomes =
    "select count(*) from opsbot.audit_events where kind = 'outcome' and"
    " outcome = 'ok'";

static void expect_once(struct harness *h, int left)
{
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), left);
    cr_assert_eq(sql_number(h, "%s", outcomes), 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'attempt'"),
                 1);
    wait_posts(h, "C0OPS", "1700000000000-1", 1);
}

/* The intent of a requeue is committed while Redis cannot move: its effect is
 * under way, or never left. */
static struct asked stop_at_effect(struct harness *h)
{
    struct table_lock *lock;
    struct asked a;

    dead_letters(h, "orders", 2);
    lock = table_lock(h, "operations");
    a = type_text(h, "U0ANN", "C0OPS", REQUEUE);
    wait_sql(h, 1, 5000, waiting);
    part_pause(h, PART_REDIS);
    table_unlock(lock);
    wait_sql(h, 1, 5000, intents);
    return a;
}

/* The recovered command finds what came of its own intent. */
static void expect_finished(struct harness *h, const struct asked *a)
{
    json_t *answer;

    opsbot_wait_ready(h->bot);
    wait_settled(h, SLOW_MS);
    answer = wait_answers(h, a->interaction, 1, 1000);
    expect_shown(answer, "equeued");
    json_decref(answer);
    expect_once(h, 1);
}

Test(recovery_steps, killed_with_the_effect_on_its_way)
{
    struct harness *h = harness_start(NULL);
    struct asked a = stop_at_effect(h);

    opsbot_kill9(h->bot);
    part_resume(h, PART_REDIS); /* now it lands, and nobody hears of it */
    opsbot_restart(h->bot);
    expect_finished(h, &a);
    harness_stop(h);
}

Test(recovery_steps, killed_before_the_effect)
{
    struct harness *h = harness_start(NULL);
    struct asked a = stop_at_effect(h);

    opsbot_kill9(h->bot);
    part_kill(h, PART_REDIS);
    part_start(h, PART_REDIS);
    cr_assert_eq(redis_number(h, "XLEN orders"), 0);
    opsbot_restart(h->bot);
    expect_finished(h, &a);
    harness_stop(h);
}

/* The effect is there; its outcome waits for a lock. */
Test(recovery_steps, killed_before_the_outcome)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *lock;
    struct asked a;

    dead_letters(h, "orders", 2);
    lock = table_lock(h, "outbox");
    a = type_text(h, "U0ANN", "C0OPS", REQUEUE);
    wait_redis(h, 1, 5000, "XLEN orders");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    cr_assert_eq(sql_number(h, "%s", outcomes), 0);
    opsbot_restart(h->bot);
    expect_finished(h, &a);
    harness_stop(h);
}

/*
 * Killed while a read waits for its audit row and a change for its intent:
 * the read runs again; the change is asked about, and its button runs it
 * once.
 */
Test(recovery_steps, a_read_runs_again_and_a_change_is_asked)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *audit, *operations;
    struct asked read, change;
    json_t *answer, *first, *second;

    dead_letters(h, "orders", 2);
    audit = table_lock(h, "audit_events");
    operations = table_lock(h, "operations");
    read = type_text(h, "U0BOB", "C0OPS", "dlq list");
    change = type_text(h, "U0ANN", "C0OPS", REQUEUE);
    wait_sql(h, 2, 5000, waiting);
    opsbot_kill9(h->bot);
    table_unlock(audit);
    table_unlock(operations);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    answer = wait_answers(h, read.interaction, 1, SLOW_MS);
    expect_shown(answer, "orders");
    json_decref(answer);
    answer = wait_answers(h, change.interaction, 1, SLOW_MS);
    expect_shown(answer, "I restarted in the middle of this");
    cr_assert_eq(redis_number(h, "XLEN orders"), 0);
    first = press(h, "U0ANN", "C0OPS", answer, "Run it");
    expect_shown(first, "Requeued 1 entry of orders");
    second = press(h, "U0ANN", "C0OPS", answer, "Run it");
    expect_shown(second, "lready requeued");
    wait_settled(h, SLOW_MS);
    expect_once(h, 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " outcome = 'asked'"),
                 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " outcome in ('ok', 'already') and kind ="
                               " 'outcome'"),
                 2, "the second press is not on record");
    json_decref(first);
    json_decref(second);
    json_decref(answer);
    harness_stop(h);
}

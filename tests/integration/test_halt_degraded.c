/*
 * Halting while Postgres, Redis, both, or even the disk are away (P6): the
 * targets are told and people see it; when the stores are back everything is
 * where it belongs, once.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"

#define SOON_MS  20000
#define BACK_MS  40000
#define HALT_ALL "halt all maintenance window"

/* Both records of a halt, its row and one card in Postgres; the key. */
static void expect_all_there(struct harness *h, const char *stopped)
{
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.halts where state <> 'running'"
             " and generation > 0");
    wait_sql(h, 2, BACK_MS,
             "select count(*) from opsbot.audit_events where command = 'halt'"
             " and kind in ('attempt', 'outcome')");
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.operations where state = 'done'"
             " and command = 'halt'");
    wait_settled(h, BACK_MS);
    wait_card(h, stopped, SOON_MS);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
}

Test(halt_degraded, postgres_is_away)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    part_stop(h, PART_POSTGRES);
    expect_patiently(h, HALT_ALL, "Halted all · generation 1");
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    cr_assert_geq(redis_number(h, "XLEN opsbot:audit"), 2);
    expect_patiently(h, "unhalt all", "all stays halted");
    part_start(h, PART_POSTGRES);
    expect_all_there(h, "stopped 2/2 in ");
    unhalt_all(h);
    wait_card(h, "ended by", SOON_MS);
    halting_stop(&t);
}

Test(halt_degraded, redis_is_away)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    part_stop(h, PART_REDIS);
    expect_patiently(h, HALT_ALL, "Halting all without Redis");
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_card(h, "generation not known yet", SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    expect_patiently(h, "halts", "Redis");
    part_start(h, PART_REDIS);
    expect_all_there(h, "generation 1");
    halting_stop(&t);
}

Test(halt_degraded, both_are_away)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    char *journal = xasprintf("%s/state1/journal", h->dir), *text;

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_patiently(h, HALT_ALL, "Halting all without Redis");
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    text = harness_read(journal);
    cr_assert(strstr(text, "maintenance window"), "%s", text);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    expect_all_there(h, "generation 1");
    free(text);
    free(journal);
    halting_stop(&t);
}

/* Nobody posts twice what may have been posted. */
Test(halt_degraded, a_card_whose_end_is_unclear_is_found)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    part_stop(h, PART_POSTGRES);
    fault(h, json_pack("{s:s, s:b, s:b}", "on", "chat.postMessage", "drop", 1,
                       "after_effect", 1));
    expect_patiently(h, HALT_ALL, "Halted all");
    agents_wait_halted(t.agents, 1, SOON_MS);
    control_wait(h, "calls:chat.postMessage", 1);
    part_start(h, PART_POSTGRES);
    expect_all_there(h, "stopped 1/1 in ");
    halting_stop(&t);
}

/* The journal can take nothing: said, in the log, and done all the same. */
Test(halt_degraded, not_even_the_journal)
{
    struct agents *a = agents_start(NULL, 2);
    char *part = agents_yaml_each(a);
    char *yaml = xasprintf("admins: [U0ANN]\n%s", part);
    static const char *const env[] = { "OPSBOT_STATE=/proc/none", NULL };
    struct harness *h =
        harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
    json_t *answer;

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    answer = say_patiently(h, HALT_ALL);
    expect_shown(answer, "could not be written down");
    expect_shown(answer, "nowhere but in the log");
    agents_wait_halted(a, 2, SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    opsbot_wait_log(h->bot, "recorded nowhere but here", SOON_MS);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    expect_all_there(h, "generation 1");
    json_decref(answer);
    harness_stop(h);
    agents_stop(a);
    free(yaml);
    free(part);
}

/* What was asked while Redis was away does not undo what came after it. */
Test(halt_degraded, superseded_while_redis_was_away)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", "halt all first", "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    part_stop(h, PART_REDIS);
    expect_patiently(h, "halt all second", "Halting all without Redis");
    wait_card(h, "second", SOON_MS);
    opsbot_kill9(h->bot);
    part_start(h, PART_REDIS);
    /* Somebody starts it again by another bot's hand, after it was asked. */
    redis_send(h, "DEL opsbot:halt:all");
    redis_send(h, "HSET opsbot:halts all %s",
               "{\"action\":\"unhalt\",\"at\":4102444800000,\"generation\":2,"
               "\"by\":\"U0BOB\",\"op\":\"X\"}");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_sql(h, 0, BACK_MS,
             "select count(*) from opsbot.operations where state = 'intent'");
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_card(h, "not set in Redis", BACK_MS);
    halting_stop(&t);
}

/* It lands late, and is one halt. */
Test(halt_degraded, redis_hangs_for_a_while)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    part_pause(h, PART_REDIS);
    expect_patiently(h, HALT_ALL, "Halting all without Redis");
    agents_wait_halted(t.agents, 1, SOON_MS);
    part_resume(h, PART_REDIS);
    expect_all_there(h, "generation 1");
    halting_stop(&t);
}

/* Told again by whoever found it: with the key of the first time. */
static void expect_told_again(struct agents *a)
{
    json_t *state = agents_state(a), *hooks, *hook;
    const char *op = NULL;
    size_t i;

    hooks = json_object_get(
        json_object_get(json_object_get(state, "agents"), "execution"),
        "hooks");
    cr_assert_geq(json_array_size(hooks), 2);
    json_array_foreach(hooks, i, hook)
    {
        const char *its = json_string_value(json_object_get(hook, "op"));

        cr_assert(!op || strcmp(op, its) == 0, "%s and %s", op, its);
        op = its;
    }
    json_decref(state);
    cr_assert_eq(agents_number(a, "execution", "applied"), 1);
}

/* Killed with everything in the journal: nothing of it is lost, the run and
 * the card that was posted by then included. */
Test(halt_degraded, a_restart_drains_the_journal)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_patiently(h, HALT_ALL, "Halting all without Redis");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    opsbot_kill9(h->bot);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_all_there(h, "generation 1");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    expect_told_again(t.agents);
    halting_stop(&t);
}

/* The same with Redis there: what waited in its stream comes back, too. The
 * envelope is gone, as it is when the ack was out. */
Test(halt_degraded, a_restart_drains_redis)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    part_stop(h, PART_POSTGRES);
    expect_patiently(h, HALT_ALL, "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    wait_redis(h, 0, SOON_MS, "XLEN opsbot:inbox");
    opsbot_kill9(h->bot);
    part_start(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_all_there(h, "stopped 1/1 in ");
    expect_told_again(t.agents);
    halting_stop(&t);
}

/* A public channel that the bot is not in: it joins. One that it cannot join:
 * those who are there see it by the response URL. */
Test(halt_degraded, a_channel_it_is_not_in)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    struct asked a;
    json_t *answer;

    part_stop(h, PART_POSTGRES);
    a = type_text(h, "U0ANN", "C0QUIET", HALT_ALL);
    json_decref(wait_answers(h, a.interaction, 1, SOON_MS));
    control_wait(h, "messages:C0QUIET", 1);
    wait_posts(h, "C0QUIET", "HALTED · all", 1);
    a = type_text(h, "U0ANN", "G0SEC", "halt execution why");
    answer = wait_answers(h, a.interaction, 2, SOON_MS);
    expect_shown(answer, "HALTED · execution");
    json_decref(answer);
    wait_posts(h, "C0QUIET", "HALTED · all", 1);
    part_start(h, PART_POSTGRES);
    wait_settled(h, BACK_MS);
    wait_posts(h, "C0QUIET", "HALTED · all", 1);
    halting_stop(&t);
}

/* Forced while Postgres is away: done at once, recorded in Redis. */
Test(halt_degraded, unhalt_by_force_without_postgres)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    wait_settled(h, SOON_MS);
    part_stop(h, PART_POSTGRES);
    expect_patiently(h, "unhalt all", "all stays halted");
    expect_patiently(h, "unhalt all --force", "Unhalted all · generation 2");
    agents_wait_halted(t.agents, 0, SOON_MS);
    wait_card(h, "running 1/1 in ", SOON_MS);
    part_start(h, PART_POSTGRES);
    wait_card(h, "ended by", BACK_MS);
    wait_sql(h, 2, BACK_MS,
             "select count(*) from opsbot.audit_events where command ="
             " 'unhalt' and kind in ('attempt', 'outcome') and detail ->>"
             " 'scope' = 'all'");
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.audit_events where kind = 'attempt'"
             " and command = 'unhalt' and detail ->> 'force' = 'true'");
    wait_settled(h, BACK_MS);
    wait_posts(h, "C0OPS", "Running again · all", 1);
    halting_stop(&t);
}

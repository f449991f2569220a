/*
 * Halting with a Redis that is away after it was there, or there and takes no
 * writes (P6): everybody stops, and it is set once Redis takes it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"

#define SOON_MS 20000
#define BACK_MS 40000

/* Consumers have seen generation 2 by then: a stop without one is obeyed. */
Test(halt_redis, away_after_a_halt_and_an_unhalt)
{
    struct halting t = halting_start(8, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", "halt all first", "generation 1");
    wait_card(h, "stopped 8/8 in ", SOON_MS);
    unhalt_all(h);
    agents_wait_halted(t.agents, 0, SOON_MS);
    wait_settled(h, SOON_MS);
    part_stop(h, PART_REDIS);
    expect_patiently(h, "halt all second", "Halting all without Redis");
    agents_wait_halted(t.agents, 8, SOON_MS);
    part_start(h, PART_REDIS);
    wait_card(h, "generation 3", BACK_MS);
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_settled(h, BACK_MS);
    wait_cards(h, "stopped 8/8 in ", 2, SOON_MS);
    unhalt_all(h);
    agents_wait_halted(t.agents, 0, SOON_MS);
    halting_stop(&t);
}

/* Redis answers and refuses, with `why`, until it is made good. */
static void refused_writes(const char *bad, const char *good, const char *why)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    json_t *answer;

    redis_send(h, bad);
    answer = say_patiently(h, "halt all it takes no writes");
    expect_shown(answer, "Halting all without Redis");
    expect_shown(answer, why);
    json_decref(answer);
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    wait_card(h, "generation not known yet", SOON_MS);
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    redis_send(h, good);
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_card(h, "generation 1", BACK_MS);
    wait_settled(h, BACK_MS);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    halting_stop(&t);
}

Test(halt_redis, is_a_replica_after_a_failover)
{
    refused_writes("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY");
}

Test(halt_redis, is_out_of_memory)
{
    refused_writes("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM");
}

/* The same with Postgres away: the records go to the journal. */
Test(halt_redis, is_out_of_memory_and_postgres_is_away)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    json_t *answer;

    part_stop(h, PART_POSTGRES);
    redis_send(h, "CONFIG SET maxmemory 1");
    answer = say_patiently(h, "halt all nothing takes it");
    expect_shown(answer, "Halting all without Redis");
    expect_shown(answer, "The record waits in the journal");
    json_decref(answer);
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    redis_send(h, "CONFIG SET maxmemory 0");
    part_start(h, PART_POSTGRES);
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_card(h, "generation 1", BACK_MS);
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.halts where state = 'verified'");
    halting_stop(&t);
}

/* Consumers that were away for longer look at the keys. */
Test(halt_redis, the_control_stream_is_bounded)
{
    struct halting t = halting_start(0, "");

    redis_send(t.h, "EVAL %s 0",
               "for i = 1, 100400 do"
               " redis.call('XADD', 'ops.control', '*', 'i', i) end");
    expect_said(t.h, "U0ANN", "C0OPS", "halt all why", "Halted all");
    cr_assert_leq(redis_number(t.h, "XLEN ops.control"), 100200);
    cr_assert_geq(redis_number(t.h, "XLEN ops.control"), 100000);
    halting_stop(&t);
}

/* A reason is text, whatever is in it: nobody is mentioned by it, and what is
 * as long as can be fits. */
Test(halt_redis, a_reason_is_text)
{
    struct halting t = halting_start(0, "");
    char *line =
        xasprintf("halt all <!channel> *b* `c`\n<@U0CAT|cat> %0440d", 7);
    json_t *all;
    char *shown;

    expect_said(t.h, "U0ANN", "C0OPS", line, "Halted all");
    wait_card(t.h, "@cat", SOON_MS);
    all = control_get(t.h, "messages?channel=C0OPS");
    shown = json_dumps(all, JSON_COMPACT);
    cr_assert_not(strstr(shown, "<!channel>"), "%s", shown);
    cr_assert_not(strstr(shown, "<@U0CAT"), "%s", shown);
    cr_assert_not(opsbot_log_has(t.h->bot, "does not take our blocks"));
    json_decref(all);
    free(shown);
    free(line);
    halting_stop(&t);
}

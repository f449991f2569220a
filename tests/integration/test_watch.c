/*
 * What the bot itself raises, for its real reason: dead letters, lag, a socket
 * that is away, stores that are, posts and escalations that do not move.
 * Raised once, whoever looks, and over when it is over.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/watched.h"

TestSuite(watch, .timeout = 240);

/* ---- dead letters ----------------------------------------------------------------- */

Test(watch, old_dead_letters_and_many_new_ones)
{
    struct harness *h = watching("    dlq_age: 1s\n    dlq_inflow: 5\n"
                                 "    dlq_causes: false\n");

    redis_send(h, "XADD orders.dlq * error timeout");
    watch_raised(h, "DeadLettersOld");
    watch_one_card(h, "orders: a dead letter has waited for more than 1 s");
    for (int i = 0; i < 6; i++)
        redis_send(h, "XADD orders.dlq * error timeout");
    watch_raised(h, "DeadLettersComing");
    watch_one_card(h, "orders: more than 5 new dead letters in 10 minutes");
    redis_send(h, "DEL orders.dlq");
    watch_over(h, "DeadLettersOld");
    watch_over(h, "DeadLettersComing");
    watch_card_over(h, "orders: a dead letter has waited");
    watch_card_over(h, "orders: more than 5 new dead letters");
    harness_stop(h);
}

Test(watch, a_cause_never_seen_before)
{
    struct harness *h = watching("    dlq_age: 0\n    dlq_inflow: 0\n");

    redis_send(h, "XADD fills.dlq * error %s", "timeout after 30 ms");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.dlq_causes where stream = 'fills'"
             " and cause like 'timeout%'");
    redis_send(h, "XADD fills.dlq * error %s", "timeout after 31 ms");
    redis_send(h, "XADD fills.dlq * error %s", "no such account 17");
    watch_raised(h, "DeadLetterNewCause");
    watch_one_card(h, "never seen before: no such account #");
    cr_expect_eq(sql_number(h, "select severity from opsbot.alerts where"
                               " labels->>'stream' = 'fills'"),
                 1);
    redis_send(h, "DEL fills.dlq");
    watch_over(h, "DeadLetterNewCause");
    redis_send(h, "XADD fills.dlq * error %s", "no such account 18");
    watch_wait_looks(h->bot);
    cr_expect_eq(watch_rows(h, "DeadLetterNewCause", true), 0);
    harness_stop(h);
}

/* ---- lag ------------------------------------------------------------------------- */

Test(watch, an_entry_that_nobody_confirms)
{
    struct harness *h = watching("    lag: 1s\n");

    redis_send(h, "XADD orders * a 1");
    redis_send(h, "XGROUP CREATE orders workers 0");
    redis_send(h, "XREADGROUP GROUP workers w1 STREAMS orders >");
    watch_raised(h, "StreamLags");
    watch_one_card(h, "orders: group workers has not confirmed an entry");
    redis_send(h, "XGROUP DESTROY orders workers");
    watch_over(h, "StreamLags");
    harness_stop(h);
}

/* ---- the bot itself ---------------------------------------------------------------- */

Test(watch, deaf_and_afterwards_how_long)
{
    struct harness *h = watching("    deaf: 10m\n");

    watch_instead(h, "    deaf: 2s\n");
    fault(h, json_pack("{ss si si}", "on", "apps.connections.open", "times", -1,
                       "status", 500));
    json_decref(control_post(h, "socket", json_pack("{ss}", "do", "drop")));
    watch_raised(h, "OpsbotDeaf");
    watch_one_card(h, "Deaf: Slack's socket has been away for more than 2 s");
    control_delete(h, "fault");
    watch_over(h, "OpsbotDeaf");
    watch_over(h, "OpsbotWasDeaf");
    watch_one_card(h, " UTC (");
    /* "Deaf 14:02-14:09 UTC (7 m 3 s)" */
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts where"
                               " labels->>'alertname' = 'OpsbotWasDeaf' and"
                               " title ~ '^Deaf [0-2][0-9]:[0-5][0-9]-"
                               "[0-2][0-9]:[0-5][0-9] UTC [(][0-9]+ (s|m)'"),
                 1);
    harness_stop(h);
}

/* A replica that died deaf is ended by the one that leads. */
Test(watch, what_a_dead_replica_left_is_ended)
{
    struct harness *h = watching("    deaf: 10m\n");

    watch_instead(h, "    deaf: 2s\n");
    fault(h, json_pack("{ss si si}", "on", "apps.connections.open", "times", -1,
                       "status", 500));
    json_decref(control_post(h, "socket", json_pack("{ss}", "do", "drop")));
    watch_raised(h, "OpsbotDeaf");
    opsbot_kill9(h->bot);
    watch_instead(h, "    deaf: 10m\n");
    control_delete(h, "fault");
    opsbot_restart(h->bot);
    watch_over(h, "OpsbotDeaf");
    cr_expect_eq(watch_rows(h, "OpsbotWasDeaf", false), 0);
    harness_stop(h);
}

Test(watch, posts_that_wait)
{
    struct harness *h = watching("    outbox: 1s\n");

    fault(h, json_pack("{ss si si s{ss}}", "on", "chat.postMessage", "times",
                       -1, "status", 503, "match", "channel", "C0GENERAL"));
    free(sql(h, "insert into opsbot.outbox (op, channel, body) values"
                " ('stuck', 'C0GENERAL', '{\"text\":\"stuck\"}')"));
    watch_raised(h, "OpsbotPostsLate");
    watch_one_card(h, "A post has waited for Slack for more than 1 s");
    control_delete(h, "fault");
    watch_over(h, "OpsbotPostsLate");
    harness_stop(h);
}

/* Somebody else holds the row of a group whose timer is due. */
Test(watch, an_escalation_that_should_have_moved)
{
    struct harness *h = watching("    escalation: 1s\n");

    free(sql(h, "insert into opsbot.alert_groups (key, op, route, route_id,"
                " title, severity, due_at) values ('k', 'o', 'r', 'r', 't', 1,"
                " now())"));
    free(sql(h, "begin"));
    free(sql(h,
             "update opsbot.alert_groups set due_at = now() where key = 'k'"));
    watch_one_card(h, "An escalation should have moved more than 1 s ago");
    free(sql(h, "rollback"));
    free(sql(h, "delete from opsbot.alert_groups where key = 'k'"));
    watch_over(h, "OpsbotEscalationStuck");
    harness_stop(h);
}

Test(watch, alerts_that_cannot_be_read)
{
    struct harness *h = watching("    checks: true\n");

    redis_send(h, "SET notify.events text");
    wait_health(h->bot, "\"state\":\"unread\"", COMES_MS);
    expect_said(h, "U0ANN", "C0OPS", "health", "alerts not read since");
    watch_raised(h, "OpsbotAlertsUnread");
    watch_one_card(h, "No alerts can be read from notify.events");
    redis_send(h, "DEL notify.events");
    watch_over(h, "OpsbotAlertsUnread");
    harness_stop(h);
}

/* ---- stores -------------------------------------------------------------------------- */

Test(watch, redis_away)
{
    struct harness *h = watching("    checks: true\n");

    part_stop(h, PART_REDIS);
    watch_raised(h, "OpsbotRedisAway");
    watch_one_card(h, "Redis is away");
    part_start(h, PART_REDIS);
    watch_over(h, "OpsbotRedisAway");
    watch_card_over(h, "Redis is away");
    harness_stop(h);
}

Test(watch, postgres_away)
{
    struct harness *h = watching("    checks: true\n");

    watch_wait_looks(h->bot);
    part_stop(h, PART_POSTGRES);
    watch_one_card(h, "Postgres is away");
    part_start(h, PART_POSTGRES);
    watch_over(h, "OpsbotPostgresAway");
    watch_card_over(h, "Postgres is away");
    harness_stop(h);
}

Test(watch, both_away)
{
    struct harness *h = watching("    checks: true\n");

    watch_wait_looks(h->bot);
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    watch_one_card(h, "Postgres is away");
    watch_one_card(h, "Redis is away");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.alerts where not firing and"
             " labels->>'alertname' like 'Opsbot%Away'");
    watch_card_over(h, "Postgres is away");
    watch_card_over(h, "Redis is away");
    harness_stop(h);
}

/* It answers, and takes nothing. */
Test(watch, a_redis_that_refuses_to_be_written)
{
    struct harness *h = watching("    checks: true\n");

    watch_wait_looks(h->bot);
    redis_send(h, "CONFIG SET maxmemory 1");
    watch_raised(h, "OpsbotRedisRefuses");
    watch_one_card(h, "Redis refuses to be written");
    redis_send(h, "CONFIG SET maxmemory 0");
    watch_over(h, "OpsbotRedisRefuses");
    watch_card_over(h, "Redis refuses to be written");
    harness_stop(h);
}

/* ---- off --------------------------------------------------------------------------- */

Test(watch, what_is_not_watched_is_not_raised)
{
    struct harness *h =
        watching("    checks: false\n    dlq_age: 0\n    dlq_inflow: 0\n"
                 "    dlq_causes: false\n    lag: 0\n    outbox: 0\n"
                 "    deaf: 0\n    escalation: 0\n");

    redis_send(h, "XADD orders.dlq 1000-0 error timeout");
    redis_send(h, "XADD orders 1000-0 a 1");
    redis_send(h, "XGROUP CREATE orders workers 0");
    redis_send(h, "XREADGROUP GROUP workers w1 STREAMS orders >");
    watch_wait_looks(h->bot);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.dlq_causes"), 0);
    harness_stop(h);
}

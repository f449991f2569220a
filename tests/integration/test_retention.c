/*
 * The running bot takes away what is old, once, whoever leads; what waits or
 * is young stays (design §3.4).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/integration/common.h"

#define SOON_MS 60000 /* the first run comes within a minute */

static const char *const done =
    "select count(*) from opsbot.timers where name = 'retention'"
    " and last is not null";

/* Stores with old and young things in them, and no bot yet: a first bot has
 * made the schema and is gone. */
static struct harness *old_world(void)
{
    struct harness *h = harness_start(NULL);

    wait_sql(h, 1, SOON_MS, done);
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    free(sql(h, "insert into opsbot.operations (id, command, entity, state,"
                " actor, act, recorded_at, created_at) select 'OP' || n,"
                " 'dlq requeue', 'e', case when n %% 10 = 0 then 'intent'"
                " else 'done' end, 'U0ANN', '{}', now(), now() -"
                " interval '40 days' from generate_series(1, 3000) n"));
    free(sql(h, "insert into opsbot.outbox (op, channel, body, state,"
                " created_at) select 'OP' || s, 'C0OPS', '{}', s, now() -"
                " interval '40 days' from unnest(array['sent',"
                " 'undeliverable']) s"));
    free(sql(h, "create table opsbot.audit_events_202001 partition of"
                " opsbot.audit_events for values from ('2020-01-01 00:00Z')"
                " to ('2020-02-01 00:00Z')"));
    dead_letters(h, "orders", 3);
    redis_send(h, "EVAL %s 1 orders.dlq.trash",
               "for i = 1, 1500 do redis.call('XADD', KEYS[1],"
               " '1700000000000-' .. i, 'n', i) end"
               " redis.call('XADD', KEYS[1], '*', 'n', 'young')");
    free(sql(h, "update opsbot.timers set due_at = now(), last = null"));
    return h;
}

static void expect_taken(struct harness *h)
{
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"), 300);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox where state"
                               " = 'undeliverable'"),
                 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox"), 1);
    cr_assert_eq(sql_number(h, "select count(*) from pg_class where relname ="
                               " 'audit_events_202001'"),
                 0);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq.trash"), 1);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 3);
}

Test(retention_run, two_replicas_do_it_once)
{
    struct harness *h = old_world();
    struct opsbot *other;
    char *last;

    opsbot_restart(h->bot);
    other = opsbot_start(h, NULL);
    wait_sql(h, 1, SOON_MS, done);
    expect_taken(h);
    last = sql(h, "select last ->> 'operations', last ->> 'outbox',"
                  " last ->> 'partitions', last ->> 'trash'"
                  " from opsbot.timers where name = 'retention'");
    cr_expect_str_eq(last, "2700|1|1|1500", "%s", last);
    free(last);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.timers where name ="
                               " 'retention' and due_at > now() + interval"
                               " '22 hours'"),
                 1);
    wait_health(h->bot, "\"operations\":2700", 30000);
    wait_health(other, "\"operations\":2700", 30000);
    cr_assert_neq(opsbot_log_has(h->bot, "taken away: 1 audit"),
                  opsbot_log_has(other, "taken away: 1 audit"));
    harness_stop(h);
}

/* A lock that holds it up makes nobody believe that Postgres is down, and no
 * command waits for it. */
Test(retention_run, a_slow_one_is_in_nobodys_way)
{
    struct harness *h = old_world();
    struct table_lock *lock = table_lock(h, "confirmations");

    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_sql(h, 1, SOON_MS, "select count(*) from pg_locks where not granted");
    for (int i = 0; i < 3; i++) {
        expect_said(h, "U0ANN", "C0OPS", "audit --since 2d", "newest first");
        cr_assert_eq(opsbot_get(h->bot, "/ready", NULL), 200);
        harness_sleep(1000);
    }
    wait_health(h->bot, "\"leader\":{\"held\":true", 5000);
    table_unlock(lock);
    wait_sql(h, 1, SOON_MS, done);
    expect_taken(h);
    harness_stop(h);
}

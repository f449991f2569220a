/*
 * Two replicas and what one does for both: leadership moves when the leader
 * is gone, at once when it ends properly, and through Redis while Postgres is
 * away (design §3.6). What a killed run left its next run takes up at once.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/integration/common.h"

#define LEADS       "\"leader\":{\"held\":true"
#define FOLLOWS     "\"leader\":{\"held\":false"
#define BY_REDIS    "\"lease\":\"redis\""
#define BY_NOBODY   "\"lease\":\"nobody\""
#define MOVES_MS    15000 /* design: within 15 s */
#define STRANGER_MS 15000 /* until a stranger may take over: its key expires */

static bool health_has(struct opsbot *bot, const char *text)
{
    char *body;
    bool has;

    opsbot_get(bot, "/health", &body);
    has = strstr(body, text) != NULL;
    free(body);
    return has;
}

/* The first of two bots leads, the second follows. */
static struct opsbot *second_replica(struct harness *h)
{
    struct opsbot *other;

    wait_health(h->bot, LEADS, 10000);
    other = opsbot_start(h, NULL);
    opsbot_wait_ready(other);
    wait_health(other, FOLLOWS, 10000);
    return other;
}

Test(leader, one_of_two_leads_and_the_other_when_it_is_killed)
{
    struct harness *h = harness_start(NULL);
    struct opsbot *other = second_replica(h);

    cr_assert(health_has(h->bot, LEADS));
    opsbot_kill9(h->bot);
    wait_health(other, LEADS, MOVES_MS);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_health(h->bot, FOLLOWS, 10000);
    cr_assert(health_has(other, LEADS), "who leads goes on");
    harness_stop(h);
}

/* Long before its lease would have been over. */
Test(leader, another_leads_at_once_when_it_stops)
{
    struct harness *h = harness_start(NULL);
    struct opsbot *other = second_replica(h);

    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    wait_health(other, LEADS, 5000);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    harness_stop(h);
}

Test(leader, redis_decides_while_postgres_is_away)
{
    struct harness *h = harness_start(NULL);
    struct opsbot *other = second_replica(h);
    struct opsbot *by, *not ;

    part_stop(h, PART_POSTGRES);
    wait_redis(h, 1, MOVES_MS, "EXISTS opsbot:leader");
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", 10000);
    wait_health(other, "\"postgres\":{\"state\":\"down\"", 10000);
    while (!health_has(h->bot, BY_REDIS) && !health_has(other, BY_REDIS))
        harness_sleep(20);
    by = health_has(h->bot, BY_REDIS) ? h->bot : other;
    not = by == other ? h->bot : other;
    wait_health(not, FOLLOWS, 5000);
    part_stop(h, PART_REDIS);
    wait_health(by, BY_NOBODY, 10000);
    wait_health(not, BY_NOBODY, 10000);
    cr_assert(health_has(by, LEADS) && health_has(not, LEADS),
              "everybody looks after itself");
    part_start(h, PART_POSTGRES);
    part_start(h, PART_REDIS);
    opsbot_wait_ready(by);
    opsbot_wait_ready(not );
    wait_sql(h, 1, MOVES_MS,
             "select count(*) from opsbot.leases where name = 'leader'"
             " and until > now()");
    while (health_has(by, LEADS) == health_has(not, LEADS))
        harness_sleep(20);
    wait_redis(h, 0, MOVES_MS, "EXISTS opsbot:leader");
    harness_stop(h);
}

/* ---- the next run of a killed bot ---------------------------------------- */

static const char *const waiting =
    "select count(*) from pg_locks where not granted";

/* A read waits for its audit row when the bot is killed: it is answered by
 * the next run long before an entry may be taken from a stranger. */
Test(leader, the_next_run_goes_on_at_once)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *lock;
    struct asked a;
    json_t *answer;
    int64_t began;

    wait_health(h->bot, LEADS, 10000);
    lock = table_lock(h, "audit_events");
    a = type_text(h, "U0BOB", "C0OPS", "dlq list");
    wait_sql(h, 1, 5000, waiting);
    opsbot_kill9(h->bot);
    table_unlock(lock);
    began = clock_mono_ms();
    opsbot_restart(h->bot);
    answer = wait_answers(h, a.interaction, 1, 9000);
    json_decref(answer);
    cr_assert_lt(clock_mono_ms() - began, STRANGER_MS);
    wait_health(h->bot, LEADS, 9000);
    cr_assert(opsbot_log_has(h->bot, "the last run here was replica"));
    wait_settled(h, 15000);
    harness_stop(h);
}

/* What it held in Postgres is given up when that is back. */
Test(leader, the_next_run_clears_up_when_postgres_comes)
{
    struct harness *h = harness_start(NULL);

    wait_health(h->bot, LEADS, 10000);
    sql(h, "update opsbot.leases set until = now() + interval '1 hour'");
    opsbot_kill9(h->bot);
    part_stop(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", 20000);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_health(h->bot, "\"lease\":\"postgres\"", MOVES_MS);
    harness_stop(h);
}

/* Two bots, one directory: the second goes on without. */
Test(leader, two_share_a_state_directory)
{
    struct harness *h = harness_start(NULL);
    char state[128], *log;
    const char *env[] = { state, NULL };
    struct opsbot *other;

    snprintf(state, sizeof state, "OPSBOT_STATE=%s/state1", h->dir);
    other = opsbot_start(h, env);
    opsbot_wait_ready(other);
    opsbot_wait_log(other, "another bot runs with", 5000);
    wait_health(other, "\"journal\":{\"state\":\"unavailable\"", 5000);
    expect_said(h, "U0ANN", "C0OPS", "whoami", "U0ANN");
    log = opsbot_log(other);
    cr_assert(!strstr(log, "the last run here was"));
    free(log);
    harness_stop(h);
}

Test(leader, a_state_directory_that_cannot_be_had_stops_nothing)
{
    struct harness *h = harness_start(&(struct harness_options){
        .env = (const char *const[]){ "OPSBOT_STATE=/dev/null/var", NULL } });

    expect_said(h, "U0ANN", "C0OPS", "whoami", "U0ANN");
    wait_health(h->bot, "\"journal\":{\"state\":\"unavailable\"", 5000);
    wait_health(h->bot, "\"status\":\"degraded\"", 5000);
    cr_assert(opsbot_log_has(h->bot, "OPSBOT_STATE"));
    harness_stop(h);
}

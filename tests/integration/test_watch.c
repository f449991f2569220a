/*
 * What the bot itself raises, for its real reason: a check that fails, dead
 * letters, lag, a socket that is away, stores that are, posts and escalations
 * that do not move. Raised once, whoever looks, and over when it is over.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/healthy.h"
#include "tests/integration/reloading.h"

#define HEAD                                                                   \
    "channels:\n  ops: C0OPS\n"                                                \
    "admins: [U0ANN]\n"                                                        \
    "streams:\n  - name: orders\n"                                             \
    "alerts:\n  stream: notify.events\n"                                       \
    "  route:\n    channels: [C0OPS]\n    group_by: [alertname, stream, "      \
    "check,"                                                                   \
    " replica]\n"

TestSuite(watch, .timeout = 240);

static struct harness *watching(const char *watch)
{
    char *yaml = xasprintf(HEAD "  watch:\n%s", watch);
    struct harness *h = harness_start(
        &(struct harness_options){ .yaml = yaml, .road = ROAD_SOCKET });

    free(yaml);
    return h;
}

/* From now on, or from the next start on, this is watched. */
static void watch_instead(struct harness *h, const char *watch)
{
    char *yaml = xasprintf(HEAD "  watch:\n%s", watch);

    if (opsbot_running(h->bot))
        reload(h, yaml);
    else
        write_yaml(h, yaml);
    free(yaml);
}

/* ---- what is seen ------------------------------------------------------------ */

/* Rows of alerts by name: firing, or all there ever were. */
static long long rows(struct harness *h, const char *name, bool firing)
{
    return sql_number(h,
                      "select count(*) from opsbot.alerts where"
                      " labels->>'alertname' = '%s'%s",
                      name, firing ? " and firing" : "");
}

struct wanted {
    struct harness *h;
    const char *name;
    bool firing;
};

static bool stands(void *arg)
{
    struct wanted *w = arg;

    return rows(w->h, w->name, true) == w->firing &&
           rows(w->h, w->name, false) == 1;
}

static void raised(struct harness *h, const char *name)
{
    struct wanted w = { h, name, true };

    wait_until(stands, &w, COMES_MS, name);
}

static void over(struct harness *h, const char *name)
{
    struct wanted w = { h, name, false };

    wait_until(stands, &w, COMES_MS, name);
}

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* In the channel, not in a thread. */
static bool is_card(const json_t *message)
{
    const char *thread = str(message, "thread_ts");

    return strcmp(str(message, "via"), "api") == 0 &&
           (!*thread || strcmp(thread, str(message, "ts")) == 0);
}

/* Cards that say both. */
static size_t cards(struct harness *h, const char *text, const char *also)
{
    json_t *all = control_get(h, "messages?channel=C0OPS"), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT | JSON_ENSURE_ASCII);

        n += is_card(message) && strstr(whole, text) && strstr(whole, also);
        free(whole);
    }
    json_decref(all);
    return n;
}

struct card {
    struct harness *h;
    const char *text, *also;
};

static bool shown(void *arg)
{
    struct card *c = arg;

    return cards(c->h, c->text, c->also) > 0;
}

/* One card says it, and none a second time. */
static void one_card(struct harness *h, const char *text)
{
    struct card c = { h, text, "" };

    wait_until(shown, &c, COMES_MS, text);
    cr_expect_eq(cards(h, text, ""), 1u, "%s", text);
}

/* The same card says that it is over. */
static void card_over(struct harness *h, const char *text)
{
    struct card c = { h, text, " \\u2014 resolved" };

    wait_until(shown, &c, COMES_MS, text);
    cr_expect_eq(cards(h, text, ""), 1u, "%s", text);
}

/* How often groups of this alert began, by their own history. */
static long long firsts(struct harness *h, const char *name)
{
    return sql_number(h,
                      "select count(*) from opsbot.alert_history x"
                      " join opsbot.alerts a on a.\"group\" = x.\"group\""
                      " where x.reason in ('first', 'again')"
                      " and a.labels->>'alertname' = '%s'",
                      name);
}

/* The watch has looked at the stores so often since it began. */
static long long looks(struct opsbot *bot)
{
    static const char name[] = "\nopsbot_watch_look_seconds_count ";
    char *page, *at;
    long long n;

    cr_assert_eq(opsbot_get(bot, "/metrics", &page), 200);
    at = strstr(page, name);
    n = at ? strtoll(at + sizeof name - 1, NULL, 10) : 0;
    free(page);
    return n;
}

struct look {
    struct opsbot *bot;
    long long n;
};

static bool has_looked(void *arg)
{
    struct look *l = arg;

    return looks(l->bot) >= l->n;
}

/* Two more whole looks: whatever was to be said has been. */
static void wait_looks(struct opsbot *bot)
{
    struct look l = { bot, looks(bot) + 2 };

    wait_until(has_looked, &l, COMES_MS, "the watch has looked");
}

/* ---- health checks -------------------------------------------------------------- */

Test(watch, a_check_fails_and_passes_again)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    raised(t.h, "HealthCheckFails");
    one_card(t.h, "CRITICAL");
    cr_expect_eq(sql_number(t.h, "select count(*) from opsbot.alerts where"
                                 " labels->>'check' = 'risk' and"
                                 " labels->>'service' = 'trading' and"
                                 " severity = 0"),
                 1);
    healthy_down(&t, "risk", false);
    over(t.h, "HealthCheckFails");
    card_over(t.h, "CRITICAL");
    healthy_stop(&t);
}

Test(watch, a_restart_raises_nothing_again_and_ends_what_is_over)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    raised(t.h, "HealthCheckFails");
    opsbot_kill9(t.h->bot);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    wait_looks(t.h->bot);
    cr_expect_eq(firsts(t.h, "HealthCheckFails"), 1);
    one_card(t.h, "CRITICAL");
    opsbot_kill9(t.h->bot);
    healthy_down(&t, "risk", false);
    opsbot_restart(t.h->bot);
    over(t.h, "HealthCheckFails");
    cr_expect_eq(firsts(t.h, "HealthCheckFails"), 1);
    healthy_stop(&t);
}

Test(watch, two_replicas_raise_it_once)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");
    struct opsbot *second = opsbot_start(t.h, NULL);

    opsbot_wait_ready(second);
    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    raised(t.h, "HealthCheckFails");
    wait_looks(t.h->bot);
    wait_looks(second);
    cr_expect_eq(firsts(t.h, "HealthCheckFails"), 1);
    one_card(t.h, "CRITICAL");
    /* The one that led is gone: the other goes on from there. */
    opsbot_kill9(t.h->bot);
    wait_looks(second);
    cr_expect_eq(firsts(t.h, "HealthCheckFails"), 1);
    healthy_down(&t, "risk", false);
    over(t.h, "HealthCheckFails");
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

/* ---- dead letters ----------------------------------------------------------------- */

Test(watch, old_dead_letters_and_many_new_ones)
{
    struct harness *h = watching("    dlq_age: 1s\n    dlq_inflow: 5\n"
                                 "    dlq_causes: false\n");

    redis_send(h, "XADD orders.dlq * error timeout");
    raised(h, "DeadLettersOld");
    one_card(h, "orders: a dead letter has waited for more than 1 s");
    for (int i = 0; i < 6; i++)
        redis_send(h, "XADD orders.dlq * error timeout");
    raised(h, "DeadLettersComing");
    one_card(h, "orders: more than 5 new dead letters in 10 minutes");
    redis_send(h, "DEL orders.dlq");
    over(h, "DeadLettersOld");
    over(h, "DeadLettersComing");
    card_over(h, "orders: a dead letter has waited");
    card_over(h, "orders: more than 5 new dead letters");
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
    raised(h, "DeadLetterNewCause");
    one_card(h, "never seen before: no such account #");
    cr_expect_eq(sql_number(h, "select severity from opsbot.alerts where"
                               " labels->>'stream' = 'fills'"),
                 1);
    redis_send(h, "DEL fills.dlq");
    over(h, "DeadLetterNewCause");
    redis_send(h, "XADD fills.dlq * error %s", "no such account 18");
    wait_looks(h->bot);
    cr_expect_eq(rows(h, "DeadLetterNewCause", true), 0);
    harness_stop(h);
}

/* ---- lag ------------------------------------------------------------------------- */

Test(watch, an_entry_that_nobody_confirms)
{
    struct harness *h = watching("    lag: 1s\n");

    redis_send(h, "XADD orders * a 1");
    redis_send(h, "XGROUP CREATE orders workers 0");
    redis_send(h, "XREADGROUP GROUP workers w1 STREAMS orders >");
    raised(h, "StreamLags");
    one_card(h, "orders: group workers has not confirmed an entry");
    redis_send(h, "XGROUP DESTROY orders workers");
    over(h, "StreamLags");
    harness_stop(h);
}

/* ---- the bot itself ---------------------------------------------------------------- */

/* Not before it hears: a busy machine may take longer than that to start. */
Test(watch, deaf_and_afterwards_how_long)
{
    struct harness *h = watching("    deaf: 10m\n");

    watch_instead(h, "    deaf: 2s\n");
    fault(h, json_pack("{ss si si}", "on", "apps.connections.open", "times", -1,
                       "status", 500));
    json_decref(control_post(h, "socket", json_pack("{ss}", "do", "drop")));
    raised(h, "OpsbotDeaf");
    one_card(h, "Deaf: Slack's socket has been away for more than 2 s");
    control_delete(h, "fault");
    over(h, "OpsbotDeaf");
    over(h, "OpsbotWasDeaf");
    one_card(h, " UTC (");
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
    raised(h, "OpsbotDeaf");
    opsbot_kill9(h->bot);
    watch_instead(h, "    deaf: 10m\n");
    control_delete(h, "fault");
    opsbot_restart(h->bot);
    over(h, "OpsbotDeaf");
    cr_expect_eq(rows(h, "OpsbotWasDeaf", false), 0);
    harness_stop(h);
}

Test(watch, posts_that_wait)
{
    struct harness *h = watching("    outbox: 1s\n");

    fault(h, json_pack("{ss si si s{ss}}", "on", "chat.postMessage", "times",
                       -1, "status", 503, "match", "channel", "C0GENERAL"));
    free(sql(h, "insert into opsbot.outbox (op, channel, body) values"
                " ('stuck', 'C0GENERAL', '{\"text\":\"stuck\"}')"));
    raised(h, "OpsbotPostsLate");
    one_card(h, "A post has waited for Slack for more than 1 s");
    control_delete(h, "fault");
    over(h, "OpsbotPostsLate");
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
    one_card(h, "An escalation should have moved more than 1 s ago");
    free(sql(h, "rollback"));
    free(sql(h, "delete from opsbot.alert_groups where key = 'k'"));
    over(h, "OpsbotEscalationStuck");
    harness_stop(h);
}

Test(watch, alerts_that_cannot_be_read)
{
    struct harness *h = watching("    checks: true\n");

    redis_send(h, "SET notify.events text");
    wait_health(h->bot, "\"state\":\"unread\"", COMES_MS);
    expect_said(h, "U0ANN", "C0OPS", "health", "alerts not read since");
    raised(h, "OpsbotAlertsUnread");
    one_card(h, "No alerts can be read from notify.events");
    redis_send(h, "DEL notify.events");
    over(h, "OpsbotAlertsUnread");
    harness_stop(h);
}

/* ---- stores -------------------------------------------------------------------------- */

Test(watch, redis_away)
{
    struct harness *h = watching("    checks: true\n");

    part_stop(h, PART_REDIS);
    raised(h, "OpsbotRedisAway");
    one_card(h, "Redis is away");
    part_start(h, PART_REDIS);
    over(h, "OpsbotRedisAway");
    card_over(h, "Redis is away");
    harness_stop(h);
}

Test(watch, postgres_away)
{
    struct harness *h = watching("    checks: true\n");

    wait_looks(h->bot);
    part_stop(h, PART_POSTGRES);
    one_card(h, "Postgres is away");
    part_start(h, PART_POSTGRES);
    over(h, "OpsbotPostgresAway");
    card_over(h, "Postgres is away");
    harness_stop(h);
}

Test(watch, both_away)
{
    struct harness *h = watching("    checks: true\n");

    wait_looks(h->bot);
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    one_card(h, "Postgres is away");
    one_card(h, "Redis is away");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.alerts where not firing and"
             " labels->>'alertname' like 'Opsbot%Away'");
    card_over(h, "Postgres is away");
    card_over(h, "Redis is away");
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
    wait_looks(h->bot);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.dlq_causes"), 0);
    harness_stop(h);
}

/*
 * A critical waits for nothing lesser: neither for a post that was written,
 * claimed and sent before it, nor for an edit. What came first is seen by the
 * order of Slack's own timestamps.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/alerting.h"

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "alerts:\n"
                           "  storm: 0\n"
                           "  route:\n"
                           "    channels: [C0OPS]\n"
                           "    group_by: [service]\n";

static struct harness *begin(void)
{
    return harness_start(&(struct harness_options){ .yaml = yaml });
}

static void fire(struct harness *h, const char *service, const char *trace,
                 const char *severity)
{
    char *json = xasprintf("[{\"traceId\":\"%s\",\"fingerprint\":\"%s\","
                           "\"severity\":\"%s\",\"title\":\"%s is slow\","
                           "\"source\":\"probe\","
                           "\"labels\":{\"service\":\"%s\"}}]",
                           trace, trace, severity, service, service);

    alert_post(h, json);
    free(json);
}

/* The first call of a method takes so long before it has its effect. */
static void slow_down(struct harness *h, const char *method, int ms)
{
    json_decref(control_post(
        h, "fault", json_pack("{s:s, s:i}", "on", method, "delay_ms", ms)));
}

static void wait_posted(struct harness *h, long long n)
{
    wait_sql(h, n, COMES_MS,
             "select count(*) from opsbot.outbox where thing like 'alert:%'"
             " and coalesce(ts, '') <> ''");
}

Test(alert_lanes, a_critical_overtakes_a_lesser_post_under_way)
{
    struct harness *h = begin();

    slow_down(h, "chat.postMessage", 6000);
    fire(h, "web", "w", "warning");
    control_wait(h, "calls:chat.postMessage", 1);
    fire(h, "pay", "p", "critical");
    wait_posted(h, 2);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox c,"
                               " opsbot.outbox w where c.thing = 'alert:2' and"
                               " w.thing = 'alert:1'"
                               " and c.ts::numeric < w.ts::numeric"),
                 1, "it came after the warning");
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox where"
                               " thing like 'alert:%%' and attempts > 1"),
                 0);
    harness_stop(h);
}

static double edited_at(const json_t *message)
{
    const char *ts = json_string_value(
        json_object_get(json_object_get(message, "edited"), "ts"));

    return ts ? atof(ts) : 0;
}

/* The budget for edits is one of all channels: such a call may take long. */
Test(alert_lanes, a_critical_does_not_wait_for_an_edit)
{
    struct harness *h = begin();
    json_t *card, *other;

    fire(h, "pay", "p1", "critical");
    wait_posted(h, 1);
    slow_down(h, "chat.update", 4000);
    fire(h, "pay", "p2", "critical");
    control_wait(h, "calls:chat.update", 1);
    fire(h, "db", "d", "critical");
    other = card_shows(h, "C0OPS", 2, "db is slow");
    card = card_shows(h, "C0OPS", 1, "2 alerts");
    cr_expect_lt(atof(json_string_value(json_object_get(other, "ts"))),
                 edited_at(card), "it came after the edit");
    json_decref(other);
    json_decref(card);
    harness_stop(h);
}

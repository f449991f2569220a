/*
 * While Postgres is away and Slack, or all that could keep an alert, is too:
 * its card is tried until it is there, worst first, once; and what is kept
 * nowhere is not answered for.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/mem.h"
#include "tests/integration/incoming.h"

static struct harness *h;

static void start(void)
{
    h = incoming_start("", NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alerts_unposted, .init = start, .fini = stop, .timeout = 300);

/* ---- until it is there ------------------------------------------------------------- */

static void slack_away(void)
{
    fault(h, json_pack("{ss si si}", "on", "chat.postMessage", "status", 503,
                       "times", -1));
}

static bool was_tried(void *arg)
{
    (void)arg;
    return opsbot_log_has(h->bot, "did not arrive, and is tried again");
}

static void fire_unseen(const char *name, const char *severity)
{
    char *body = incoming_webhook(name, severity, false);

    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"held\":true");
    free(body);
}

/* Slack takes nothing for longer than a post is tried, and Postgres is still
 * away when it does again. */
Test(alerts_unposted, what_slack_refuses_is_tried_again_without_postgres)
{
    part_stop(h, PART_POSTGRES);
    slack_away();
    fire_unseen("TriedAgain", "critical");
    wait_until(was_tried, NULL, COMES_MS, "the first try to be given up");
    control_delete(h, "fault");
    incoming_wait(h, "TriedAgain");
    cr_expect(incoming_shows(h, INCOMING_AWAY));
    part_start(h, PART_POSTGRES);
    incoming_recorded(h, "TriedAgain");
}

/* Slack has it, and nobody said so: it is found, by its metadata. */
Test(alerts_unposted, a_card_whose_answer_is_lost_is_there_once)
{
    part_stop(h, PART_POSTGRES);
    fault(h, json_pack("{ss sb sb}", "on", "chat.postMessage", "drop", 1,
                       "after_effect", 1));
    fire_unseen("AnswerLost", "critical");
    control_wait(h, "calls:conversations.history", 1);
    cr_expect_eq(calls_of(h, "chat.postMessage", NULL), 1u);
    part_start(h, PART_POSTGRES);
    incoming_recorded(h, "AnswerLost");
}

/* The high one came first; criticals go first. */
Test(alerts_unposted, the_worst_goes_first_when_slack_is_back)
{
    json_t *all, *message;
    size_t i, critical = 0, last = 0;

    part_stop(h, PART_POSTGRES);
    slack_away();
    for (int k = 0; k < 6; k++) {
        char *name = xasprintf("High-%d", k);

        fire_unseen(name, "high");
        free(name);
    }
    fire_unseen("Worst", "critical");
    wait_until(was_tried, NULL, COMES_MS, "the first try to be given up");
    control_delete(h, "fault");
    incoming_wait(h, "High-5");
    incoming_wait(h, "Worst");
    all = control_get(h, "messages?channel=C0OPS");
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        critical = strstr(whole, "Worst") ? i : critical;
        last = strstr(whole, "High-5") ? i : last;
        free(whole);
    }
    cr_expect_lt(critical, last);
    json_decref(all);
}

/* Over before anybody saw it: it is no news any more, and is recorded. */
Test(alerts_unposted, what_is_over_before_slack_is_back_is_not_posted)
{
    char *over;

    part_stop(h, PART_POSTGRES);
    slack_away();
    fire_unseen("NotSeen", "critical");
    fire_unseen("StillOn", "critical");
    wait_until(was_tried, NULL, COMES_MS, "the first try to be given up");
    over = incoming_webhook("NotSeen", "critical", true);
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, over, 200,
                    "\"held\":true");
    free(over);
    control_delete(h, "fault");
    incoming_wait(h, "StillOn");
    cr_expect_not(incoming_shows(h, "NotSeen"));
    part_start(h, PART_POSTGRES);
    wait_sql(h, 2, COMES_MS, "select count(*) from opsbot.alerts");
}

/* ---- all three ----------------------------------------------------------------------- */

/* No store, and a journal that takes nothing more. */
static void fill_disk(bool full)
{
    struct rlimit limit = { .rlim_cur = full ? 1 : RLIM_INFINITY,
                            .rlim_max = RLIM_INFINITY };

    cr_assert_eq(prlimit(opsbot_pid(h->bot), RLIMIT_FSIZE, &limit, NULL), 0);
}

/* Alertmanager is told to come again, and the card is there all the same; it
 * comes again, and there is still one. */
Test(alerts_unposted,
     with_redis_postgres_and_the_journal_away_it_is_posted_and_503)
{
    char *body = incoming_webhook("NowhereToKeep", "critical", false);

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    fill_disk(true);
    for (int i = 0; i < 3; i++)
        incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 503,
                        "\"ok\":false");
    incoming_wait(h, "NowhereToKeep");
    cr_expect_eq(calls_of(h, "chat.postMessage", NULL), 1u);
    fill_disk(false);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"ok\":true");
    incoming_recorded(h, "NowhereToKeep");
    free(body);
}

/* The disk is full: what the journal does not hold is not answered for. */
Test(alerts_unposted, a_full_disk_is_503_until_there_is_room)
{
    char *body = incoming_webhook("CanWait", "warning", false);

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    fill_disk(true);
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 503,
                    "\"ok\":false");
    fill_disk(false);
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"held\":true");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alerts");
    incoming_cards(h, "CanWait", 1);
    free(body);
}

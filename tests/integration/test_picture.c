/* The picture of an alert: in the thread of its card, once, whatever the
 * upload meets; the card waits for nothing of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/alerting.h"

static struct harness *h;

static void start(void)
{
    h = alerting_start(NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(picture, .init = start, .fini = stop, .timeout = 300);

static size_t shared(void)
{
    size_t ok;

    calls_of(h, "files.completeUploadExternal", &ok);
    return ok;
}

static bool is_shared(void *arg)
{
    return shared() >= *(size_t *)arg;
}

/* The file that is in the thread of card; borrowed from *all, a new ref. */
static json_t *picture_of(json_t *card, json_t **all)
{
    const char *ts = json_string_value(json_object_get(card, "ts"));
    json_t *message, *file = NULL;
    size_t i;

    *all = control_get(h, "messages?channel=C0OPS");
    json_array_foreach(json_object_get(*all, "messages"), i, message)
    {
        const char *thread =
            json_string_value(json_object_get(message, "thread_ts"));

        if (thread && !strcmp(thread, ts) && json_object_get(message, "files"))
            file = json_array_get(json_object_get(message, "files"), 0);
    }
    return file;
}

static void wait_shared(size_t n)
{
    wait_until(is_shared, &n, COMES_MS, "pictures");
}

Test(picture, is_in_the_thread_of_the_card)
{
    json_t *card, *all, *file;

    alert_fires(h, "pay", "t-1");
    card = card_shows(h, "C0OPS", 1, "unacknowledged");
    wait_shared(1);
    file = picture_of(card, &all);
    cr_assert(file, "there is none in the thread");
    cr_expect_str_eq(json_string_value(json_object_get(file, "name")),
                     "A-1.png");
    cr_expect(strstr(json_string_value(json_object_get(file, "alt_txt")),
                     "pay is slow"));
    cr_expect_gt(json_integer_value(json_object_get(file, "size")), 100);
    json_decref(all);
    json_decref(card);
    wait_sql(h, 1, 30000,
             "select count(*) from opsbot.alert_groups where picture_at is"
             " null");
}

/* The bytes are refused once, and once the last answer is a failure: it is
 * there in the end, and the card was there all along. */
Test(picture, is_tried_again)
{
    json_t *card;

    fault(h,
          json_pack("{ss si si}", "on", "upload", "status", 500, "times", 1));
    alert_fires(h, "pay", "t-1");
    card = card_shows(h, "C0OPS", 1, "unacknowledged");
    wait_shared(1);
    cr_expect_eq(calls_of(h, "files.getUploadURLExternal", NULL), 2u);
    json_decref(card);
}

/* Slack will never take it: it is given up, and nothing else is harmed. */
Test(picture, is_given_up_where_slack_says_never)
{
    json_t *card;

    fault(h, json_pack("{ss ss si}", "on", "files.getUploadURLExternal",
                       "error", "missing_scope", "times", 100));
    alert_fires(h, "pay", "t-1");
    card = card_shows(h, "C0OPS", 1, "unacknowledged");
    wait_sql(h, 1, 60000,
             "select count(*) from opsbot.alert_groups where picture_at is"
             " null");
    cr_expect_eq(shared(), 0u);
    json_decref(card);
}

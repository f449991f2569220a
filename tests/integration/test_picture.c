/* The picture of an alert: in the thread of its card, once, whatever the
 * upload meets; the card waits for nothing of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/alerting.h"

static struct harness *h;

static const char yaml[] = "channels:\n  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "streams:\n  - name: orders\n"
                           "alerts:\n"
                           "  watch:\n    lag: 1s\n"
                           "  route:\n"
                           "    channels: [C0OPS, C0GENERAL]\n"
                           "    group_by: [service]\n";

static void start(void)
{
    h = harness_start(&(struct harness_options){ .yaml = yaml });
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

static void lease_over(void)
{
    free(sql(h, "update opsbot.alert_groups set picture_at = now() where"
                " picture_at is not null"));
}

static void wait_over(void)
{
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where picture_at is"
             " null");
}

/* In the thread of the card. */
static size_t pictures(json_t *card)
{
    const char *ts = json_string_value(json_object_get(card, "ts"));
    json_t *all = control_get(h, "messages?channel=C0OPS"), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        const char *thread =
            json_string_value(json_object_get(message, "thread_ts"));

        n += thread && !strcmp(thread, ts) && json_object_get(message, "files");
    }
    json_decref(all);
    return n;
}

static bool is_there(void *card)
{
    return pictures(card) > 0;
}

/* It was shared; whoever did it dies before he has written that down. */
Test(picture, comes_once_though_its_maker_is_killed)
{
    json_t *card;

    fault(h, json_pack("{ss sb sb si}", "on", "files.completeUploadExternal",
                       "hang", 1, "after_effect", 1, "times", 1));
    alert_fires(h, "pay", "t-1");
    card = card_shows(h, "C0OPS", 1, "unacknowledged");
    wait_until(is_there, card, COMES_MS, "the picture");
    opsbot_kill9(h->bot);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_groups where"
                               " picture_at is not null"),
                 1, "nobody knows of it");
    lease_over();
    opsbot_restart(h->bot);
    wait_over();
    cr_expect_eq(pictures(card), 1u);
    json_decref(card);
}

/* Slack shared it, and its answer was lost. */
Test(picture, comes_once_though_slack_does_not_say_so)
{
    json_t *card;

    fault(h, json_pack("{ss sb sb si}", "on", "files.completeUploadExternal",
                       "drop", 1, "after_effect", 1, "times", 1));
    alert_fires(h, "pay", "t-1");
    card = card_shows(h, "C0OPS", 1, "unacknowledged");
    wait_over();
    cr_expect_eq(pictures(card), 1u);
    cr_expect_gt(sql_number(h, "select picture_tries from opsbot.alert_groups"),
                 1);
    json_decref(card);
}

/* ---- of queues --------------------------------------------------------------- */

/* The last day of stream orders, as whoever led wrote it down. */
static void seed_samples(void)
{
    free(sql(h, "insert into opsbot.stream_samples (stream, at, dead, waits_ms)"
                " select 'orders', date_trunc('minute', now()) - n * interval"
                " '1 min', case when n between 60 and 90 then 412 else 3 end,"
                " n * 100 from generate_series(2, 1400) n"));
}

/* The alt text of the first picture in a thread of C0OPS. Heap. */
static char *alt_of_first(void)
{
    json_t *all, *message, *file;
    char *alt = NULL;
    size_t i;

    wait_shared(1);
    all = control_get(h, "messages?channel=C0OPS");
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        file = json_array_get(json_object_get(message, "files"), 0);
        if (file && !alt)
            alt = xstrdup(json_string_value(json_object_get(file, "alt_txt")));
    }
    json_decref(all);
    cr_assert(alt, "there is no picture");
    return alt;
}

Test(picture, dead_letters_show_how_many_there_were)
{
    char *alt;

    seed_samples();
    for (int i = 1; i <= 5; i++)
        redis_send(h, "XADD orders.dlq %d-0 error timeout", i);
    alt = alt_of_first();
    cr_expect(strstr(alt, "dead letters of orders"), "%s", alt);
    cr_expect(strstr(alt, "lowest 3, highest 412, last 5."), "%s", alt);
    free(alt);
}

Test(picture, lag_shows_how_long_its_oldest_entry_had_waited)
{
    char *alt;

    seed_samples();
    redis_send(h, "XADD orders * a 1");
    redis_send(h, "XGROUP CREATE orders workers 0");
    redis_send(h, "XREADGROUP GROUP workers w1 STREAMS orders >");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alerts where labels->>'alertname' ="
             " 'StreamLags'");
    alt = alt_of_first();
    cr_expect(strstr(alt, "seconds that the oldest entry of orders had waited"),
              "%s", alt);
    cr_expect(strstr(alt, "highest 140, last "), "%s", alt);
    cr_expect(strstr(alt, ", limit 1."), "%s", alt);
    free(alt);
}

/*
 * The same request again, to the byte: run once, whoever gets it, and whatever
 * is away; and taken for the first when nobody recorded the first.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"
#include "tests/integration/urls.h"

#define REPLAYS "opsbot_slack_requests_total{outcome=\"replay\"}"

static struct harness *h;
static struct url_answer answer;

static void start(void)
{
    h = harness_start(&(struct harness_options){ .road = ROAD_HTTP });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(replay, .init = start, .fini = stop, .timeout = 180);

/* A signed request, as somebody on the way keeps it. */
struct kept {
    char *bytes;
    size_t len;
};

static struct kept keep(const char *type, char *body)
{
    struct kept k;

    k.bytes =
        url_bytes(&(struct url_request){ .type = type, .body = body }, &k.len);
    free(body);
    return k;
}

static int play(const struct opsbot *bot, const struct kept *k)
{
    return url_ask_bytes(bot, k->bytes, k->len, &answer);
}

static long long audited(const char *command)
{
    return sql_number(h,
                      "select count(*) from opsbot.audit_events"
                      " where command = '%s'",
                      command);
}

Test(replay, is_answered_with_nothing_and_not_run)
{
    struct kept k = keep(NULL, url_command("ping"));

    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert(strstr(answer.body, "pong"), "%s", answer.body);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(play(h->bot, &k), 200);
        cr_assert_str_eq(answer.body, "");
    }
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 1);
    cr_assert_eq(url_metric(h->bot, REPLAYS), 5);
    free(k.bytes);
}

/* Signed anew, as Slack does: a redelivery, known by what it is about. */
Test(replay, a_redelivery_is_no_replay_and_not_run_either)
{
    char *body = url_command("ping");

    for (int i = 0; i < 3; i++)
        cr_assert_eq(
            url_ask(h->bot, &(struct url_request){ .body = body, .skew_s = -i },
                    &answer),
            200);
    cr_assert_str_eq(answer.body, "");
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 1);
    free(body);
}

Test(replay, to_another_replica)
{
    struct opsbot *second = opsbot_start(h, NULL);
    struct kept k = keep(NULL, url_command("ping"));

    opsbot_wait_ready(second);
    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert(strstr(answer.body, "pong"), "%s", answer.body);
    cr_assert_eq(play(second, &k), 200);
    cr_assert_str_eq(answer.body, "");
    cr_assert_eq(url_metric(second, REPLAYS), 1);
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 1);
    cr_assert_eq(opsbot_stop(second, 0), 0);
    free(k.bytes);
}

struct player {
    const struct opsbot *bot;
    const struct kept *k;
    struct url_answer answer;
};

static void *play_beside(void *arg)
{
    struct player *p = arg;

    url_ask_bytes(p->bot, p->k->bytes, p->k->len, &p->answer);
    return NULL;
}

/* Two replicas, the same request to both at once: one of them runs it. */
Test(replay, to_two_replicas_at_once)
{
    struct opsbot *second = opsbot_start(h, NULL);

    opsbot_wait_ready(second);
    dead_letters(h, "orders", 8);
    for (int i = 1; i <= 8; i++) {
        char *text = xasprintf("dlq requeue orders 1700000000000-%d", i);
        struct kept k = keep(NULL, url_command(text));
        static struct player players[4];
        pthread_t threads[4];

        for (int n = 0; n < 4; n++) {
            players[n] =
                (struct player){ n % 2 ? h->bot : second, &k, { .status = 0 } };
            pthread_create(&threads[n], NULL, play_beside, &players[n]);
        }
        for (int n = 0; n < 4; n++) {
            pthread_join(threads[n], NULL);
            cr_assert_eq(players[n].answer.status, 200);
        }
        free(k.bytes);
        free(text);
    }
    wait_settled(h, COMES_MS);
    cr_assert_eq(redis_number(h, "XLEN orders"), 8);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where kind = 'attempt'"),
                 8);
    cr_assert_eq(opsbot_stop(second, 0), 0);
}

/* What ran from memory is known by memory; and what comes back when Redis does
 * is still the same request. */
Test(replay, while_redis_is_away)
{
    struct kept k = keep(NULL, url_command("whoami"));

    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert(strstr(answer.body, "You are"), "%s", answer.body);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(play(h->bot, &k), 200);
        cr_assert_str_eq(answer.body, "");
    }
    part_start(h, PART_REDIS);
    wait_health(h->bot, "\"status\":\"ok\"", COMES_MS);
    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert_str_eq(answer.body, "");
    wait_settled(h, COMES_MS);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where command = "
             "'whoami'");
    cr_assert_eq(url_metric(h->bot, REPLAYS), 4);
    free(k.bytes);
}

/* An event that is not recorded is 503, and its next delivery the first. */
Test(replay, is_forgotten_when_the_first_was_not_recorded)
{
    struct kept k = keep(URL_JSON, url_event());

    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(play(h->bot, &k), 503, "%d", answer.status);
        cr_assert(strstr(answer.head, "retry-after: "));
    }
    part_start(h, PART_REDIS);
    wait_health(h->bot, "\"status\":\"ok\"", COMES_MS);
    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert_eq(url_metric(h->bot, REPLAYS), 0);
    cr_assert_eq(play(h->bot, &k), 200);
    cr_assert_eq(url_metric(h->bot, REPLAYS), 1);
    free(k.bytes);
}

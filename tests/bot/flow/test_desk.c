/*
 * The desk alone: what it says to whom, and when. Time is what the test says;
 * the road keeps what it is told.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/desk.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/bot/sender/http_stub.h"

#define PATIENCE 800

static struct desk desk;
static struct config config;
static struct config_holder holder = { .now = &config };
static char token[] = "xoxb-x";
static struct sender *sender;
static struct queue *intake;
static struct stub *stub;
static char api_url[64], hook[64];

/* What the road was told last. */
static char told[512];
static int acks, withouts;
static enum desk_without last_without;
static bool gone; /* the other end has left */

static bool ack(struct desk *d, const struct held *h, const char *payload)
{
    (void)d;
    cr_assert_not_null(h->envelope_id);
    if (gone)
        return false;
    acks++;
    snprintf(told, sizeof told, "%s", payload ? payload : "bare");
    return true;
}

static void without(struct desk *d, const struct held *h, enum desk_without why)
{
    (void)d;
    (void)h;
    withouts++;
    last_without = why;
}

static const struct desk_ways ways = { "test", ack, without };

static void no_tell(struct road *road, struct verdict *v)
{
    (void)road;
    verdict_free(v);
}

static struct stub_reply say_ok(void *arg, const struct stub_request *request,
                                int number)
{
    (void)arg;
    (void)request;
    (void)number;
    return (struct stub_reply){ .body = "ok" };
}

static void start(void)
{
    struct err err;

    stub = stub_start(say_ok, NULL);
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%d/api/", stub->port);
    snprintf(hook, sizeof hook, "http://127.0.0.1:%d/hook", stub->port);
    config.slack.api_url = api_url;
    config.slack.bot_token = config.slack.app_token = token;
    config.slack.answer_in_ack_ms = PATIENCE;
    sender = sender_start(&config, &err);
    cr_assert_not_null(sender, "%s", err.text);
    intake = queue_new(HOLD_SLOTS, 64u << 20);
    desk_init(&desk, "test", no_tell, &ways,
              &(struct desk_needs){ &holder, sender, intake });
}

static void free_items(void)
{
    struct node *node = queue_take(intake, SIZE_MAX, 0), *next;

    for (; node; node = next) {
        next = node->next;
        if (((struct item *)node)->what == ITEM_SETTLED)
            settled_free((struct settled *)node);
        else
            envelope_free((struct envelope *)node);
    }
}

static void finish(void)
{
    sender_stop(sender, 5000);
    free_items();
    queue_close(intake);
    queue_free(intake);
    desk_dispose(&desk);
    stub_stop(stub);
}

TestSuite(desk, .init = start, .fini = finish);

/* ---- what comes ------------------------------------------------------------------ */

static struct envelope *command(const char *response_url)
{
    char *frame = xasprintf(
        "{\"envelope_id\":\"e\",\"type\":\"slash_commands\","
        "\"accepts_response_payload\":true,\"payload\":{\"command\":\"/ops\","
        "\"user_id\":\"U1\",\"channel_id\":\"C1\",\"response_url\":\"%s\"}}",
        response_url);
    const char *why;
    struct envelope *env = envelope_parse(frame, strlen(frame), &why);

    free(frame);
    return env;
}

static struct envelope *parsed(const char *frame)
{
    const char *why;

    return envelope_parse(frame, strlen(frame), &why);
}

static struct envelope *event(void)
{
    return parsed("{\"envelope_id\":\"e\",\"type\":\"events_api\",\"payload\":{"
                  "\"event_id\":\"Ev1\",\"event\":{\"type\":\"x\"}}}");
}

static struct envelope *form(void)
{
    return parsed("{\"envelope_id\":\"e\",\"type\":\"interactive\","
                  "\"accepts_response_payload\":true,\"payload\":{\"type\":"
                  "\"view_submission\",\"view\":{\"id\":\"V1\"}}}");
}

/* Taken, and in intake's hands. */
static struct envelope *in_hand(struct envelope *env)
{
    struct node *node;

    desk_take(&desk, env, NULL, 7);
    desk_hand_over(&desk);
    node = queue_take(intake, 1, 0);
    cr_assert_eq((struct node *)env, node);
    return env;
}

static bool move(const struct envelope *env, enum fate to)
{
    return hold_move(&desk.holds, env->slot, FATE_WAITING, to);
}

static void say(const struct envelope *env, enum verdict_kind kind,
                const char *payload)
{
    desk_verdict(&desk, verdict_new(kind, env, xstrdup(payload)));
}

/* So long after it came. */
static void after(const struct envelope *env, int64_t ms)
{
    desk_tick(&desk, env->received_us / 1000 + ms);
}

static bool settled(void)
{
    struct node *node = queue_take(intake, 1, 0);
    bool is = node && ((struct item *)node)->what == ITEM_SETTLED;

    cr_assert(is || !node);
    settled_free((struct settled *)node);
    return is;
}

static void wait_settled(void)
{
    struct node *node = queue_take(intake, 1, 20000);

    cr_assert_not_null(node, "the post is not over");
    settled_free((struct settled *)node);
}

/* ---- answers ---------------------------------------------------------------------- */

Test(desk, an_answer_in_time_is_the_ack)
{
    struct envelope *env = in_hand(command(""));

    cr_assert(move(env, FATE_RECORDED));
    after(env, PATIENCE - 1);
    cr_expect_eq(acks, 0, "it waits");
    say(env, VERDICT_ANSWER, "{\"text\":\"hi\"}");
    cr_expect_str_eq(told, "{\"text\":\"hi\"}");
    cr_expect(settled());
    cr_expect_eq(desk.in_flight, 0);
    after(env, 60000);
    cr_expect_eq(acks, 1);
    envelope_free(env);
}

Test(desk, a_late_one_goes_by_response_url_behind_a_bare_ack)
{
    struct envelope *env = in_hand(command(hook));

    cr_assert(move(env, FATE_RECORDED));
    after(env, PATIENCE);
    cr_expect_str_eq(told, "bare");
    say(env, VERDICT_ANSWER, "{\"text\":\"late\"}");
    cr_expect_eq(acks, 1);
    wait_settled();
    cr_expect_eq(stub->count, 1);
    cr_expect_eq(desk.fact_late, 1);
    envelope_free(env);
}

Test(desk, who_has_left_is_answered_by_response_url)
{
    struct envelope *env = in_hand(command(hook));

    cr_assert(move(env, FATE_RECORDED));
    gone = true;
    say(env, VERDICT_ANSWER, "{\"text\":\"hello?\"}");
    wait_settled();
    cr_expect_eq(stub->count, 1);
    cr_expect_eq(desk.in_flight, 0);
    envelope_free(env);
}

/* A bare ack would close it: what is wrong with it could not be said. */
Test(desk, a_form_waits_longer)
{
    struct envelope *env = in_hand(form());

    cr_assert(move(env, FATE_RECORDED));
    after(env, 2499);
    cr_expect_eq(acks, 0);
    after(env, 2500);
    cr_expect_str_eq(told, "bare");
    say(env, VERDICT_ANSWER, NULL);
    cr_expect(settled());
    envelope_free(env);
}

/* ---- not run ---------------------------------------------------------------------- */

Test(desk, what_is_not_recorded_in_time_is_refused)
{
    struct envelope *env = in_hand(command(""));

    after(env, 2499);
    cr_expect_eq(acks, 0);
    after(env, 2500);
    cr_expect(strstr(told, "Nothing was run"), "%s", told);
    cr_expect_not(move(env, FATE_RECORDED), "it is too late for that");
    cr_expect_eq(desk.in_flight, 0);
    envelope_free(env);
}

Test(desk, what_runs_is_not_refused)
{
    struct envelope *env = in_hand(command(""));

    cr_assert(move(env, FATE_MEMORY));
    cr_assert(hold_move(&desk.holds, env->slot, FATE_MEMORY, FATE_CLAIMED));
    after(env, 10000);
    cr_expect_eq(acks, 0);
    say(env, VERDICT_ANSWER, "{\"text\":\"done\"}");
    cr_expect_str_eq(told, "{\"text\":\"done\"}");
    cr_expect(settled());
    envelope_free(env);
}

Test(desk, an_event_is_acked_when_it_is_recorded_or_comes_again)
{
    struct envelope *env = in_hand(event());

    cr_assert(move(env, FATE_RECORDED));
    say(env, VERDICT_ACK, NULL);
    cr_expect_str_eq(told, "bare");
    cr_expect_eq(desk.in_flight, 0);
    envelope_free(env);
    env = in_hand(event());
    say(env, VERDICT_FORGET, NULL);
    cr_expect_eq(last_without, WITHOUT_RECORD);
    envelope_free(env);
    env = in_hand(event());
    after(env, 2500);
    cr_expect_eq(withouts, 2, "nobody spoke");
    cr_expect_eq(last_without, WITHOUT_RECORD);
    cr_expect_eq(acks, 1);
    cr_expect_eq(desk.in_flight, 0);
    envelope_free(env);
}

Test(desk, what_came_before_is_acked_and_a_twin_has_its_first)
{
    struct envelope *env = in_hand(command(""));

    say(env, VERDICT_SEEN, NULL);
    cr_expect_str_eq(told, "bare");
    envelope_free(env);
    env = in_hand(command(""));
    say(env, VERDICT_TWIN, NULL);
    cr_expect_eq(last_without, WITHOUT_TWIN);
    cr_expect_eq(acks, 1);
    cr_expect_eq(desk.fact_twins, 2);
    cr_expect_eq(desk.in_flight, 0);
    cr_expect_not(settled(), "its entry is the first's");
    envelope_free(env);
}

/* ---- too many ------------------------------------------------------------------------ */

Test(desk, past_its_slots_it_is_busy)
{
    for (int i = 0; i < HOLD_SLOTS; i++)
        desk_take(&desk, event(), NULL, 1);
    cr_expect_eq(desk.in_flight, HOLD_SLOTS);
    desk_take(&desk, command(""), NULL, 1);
    cr_expect(strstr(told, "Busy just now"), "%s", told);
    desk_take(&desk, event(), NULL, 1);
    cr_expect_eq(last_without, WITHOUT_ROOM);
    desk_take(&desk, form(), NULL, 1);
    cr_expect_eq(withouts, 2, "a form without a field cannot be told");
    cr_expect_eq(desk.fact_refused, 3);
}

Test(desk, a_full_intake_is_busy_too)
{
    for (int i = 0; i < HOLD_SLOTS; i++) {
        struct settled *s = xcalloc(1, sizeof *s);

        s->item.what = ITEM_SETTLED;
        cr_assert_eq(queue_push(intake, &s->item.node), PUSH_OK);
    }
    desk_take(&desk, command(""), NULL, 1);
    desk_hand_over(&desk);
    cr_expect(strstr(told, "Busy just now"), "%s", told);
    desk_take(&desk, event(), NULL, 1);
    desk_hand_over(&desk);
    cr_expect_eq(last_without, WITHOUT_ROOM);
    cr_expect_eq(desk.in_flight, 0);
}

Test(desk, newcomers_are_turned_away)
{
    desk.turning_away = true;
    desk_take(&desk, command(""), NULL, 1);
    cr_expect(strstr(told, "I am restarting"), "%s", told);
    desk_take(&desk, event(), NULL, 1);
    cr_expect_eq(last_without, WITHOUT_RECORD);
    cr_expect_eq(desk.in_flight, 0);
}

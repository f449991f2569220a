/*
 * The roads of an answer: on the ack, or by response URL after it (design
 * §3.2), and what may go wrong on them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

static const char *via_of(const json_t *reply)
{
    const json_t *message = reply_message(reply, 0);

    return json_string_value(json_object_get(message, "via"));
}

static json_t *seen_by(struct harness *h, const char *channel, const char *user)
{
    char *path = xasprintf("messages?channel=%s&user=%s", channel, user);
    json_t *answer = control_get(h, path);

    free(path);
    return answer;
}

Test(answers, the_answer_rides_on_the_ack)
{
    struct harness *h = harness_start(NULL);
    json_t *reply = say(h, "U0BOB", "C0OPS", "ping");
    const json_t *payload = json_object_get(reply, "ack_payload");

    cr_assert(json_is_object(payload));
    cr_assert(json_is_array(json_object_get(payload, "blocks")));
    cr_assert_eq(reply_messages(reply), 1);
    cr_assert_str_eq(via_of(reply), "ack");
    wait_settled(h, 5000);
    cr_assert_eq(calls_of(h, "response_url", NULL), 0);
    json_decref(reply);
    harness_stop(h);
}

Test(answers, a_slow_answer_follows_its_ack)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked a = type_text(h, "U0BOB", "C0OPS", "whoami");
    json_t *answer;
    bool payload;
    long ms;

    control_wait(h, "acked", 1);
    ms = ack_of(h, a.envelope, &payload);
    cr_assert(ms >= 700 && ms < 3000, "acked after %ld ms", ms);
    cr_assert_not(payload);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 1, "not recorded");
    cr_assert_eq(calls_of(h, "response_url", NULL), 0);
    table_unlock(lock);
    answer = wait_answers(h, a.interaction, 1, 3000);
    expect_shown(answer, "U0BOB");
    cr_assert_str_eq(via_of(answer), "response_url");
    json_decref(answer);
    wait_settled(h, 5000);
    cr_assert_eq(calls_of(h, "response_url", NULL), 1);
    cr_assert_eq(link_number(h, "duplicate_acks"), 0);
    harness_stop(h);
}

/* A press is always answered by URL: through this fault, and once. */
static void expect_through(json_t *what)
{
    struct harness *h = harness_start(NULL);
    json_t *first = say(h, "U0BOB", "C0OPS", "dlq list"), *seen;
    struct seen_button button;
    size_t ok;

    cr_assert(
        find_nth_button(first, "Look again", 0, "U0BOB", "C0OPS", &button));
    dead_letters(h, "orders", 1);
    fault(h, what);
    press_seen(h, &button);
    control_wait(h, "calls:response_url", 2);
    wait_settled(h, 5000);
    cr_assert_eq(calls_of(h, "response_url", &ok), 2);
    seen = seen_by(h, "C0OPS", "U0BOB");
    cr_assert_eq(reply_messages(seen), 1);
    expect_shown(seen, "orders");
    free(button.value);
    json_decref(seen);
    json_decref(first);
    harness_stop(h);
}

Test(answers, a_reply_survives_a_429)
{
    expect_through(
        json_pack("{s:s, s:i}", "on", "response_url", "retry_after", 1));
}

Test(answers, a_reply_survives_a_500)
{
    expect_through(
        json_pack("{s:s, s:i}", "on", "response_url", "status", 500));
}

Test(answers, a_reply_survives_a_dropped_connection)
{
    expect_through(json_pack("{s:s, s:b}", "on", "response_url", "drop", 1));
}

Test(answers, a_reply_survives_a_hang)
{
    expect_through(json_pack("{s:s, s:b}", "on", "response_url", "hang", 1));
}

/* Refused for good: said in the log, and settled. */
static void expect_given_up(const char *word)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *lock = table_lock(h, "audit_events");

    fault(h, json_pack("{s:s, s:i, s:s}", "on", "response_url", "status", 404,
                       "body", word));
    type_text(h, "U0BOB", "C0OPS", "whoami");
    control_wait(h, "acked", 1);
    table_unlock(lock);
    wait_settled(h, 5000);
    cr_assert_eq(calls_of(h, "response_url", NULL), 1);
    cr_assert(opsbot_log_has(h->bot, "the answer did not reach Slack"));
    cr_assert(opsbot_log_has(h->bot, word));
    harness_stop(h);
}

Test(answers, a_used_url_is_given_up)
{
    expect_given_up("used_url");
}

Test(answers, an_expired_url_is_given_up)
{
    expect_given_up("expired_url");
}

/* Acked as soon as it is recorded, whatever its answer waits for; the answer
 * takes the place of the message pressed on. */
Test(answers, a_press_is_acked_at_once_and_replaces)
{
    struct harness *h = harness_start(NULL);
    struct table_lock *lock;
    struct seen_button button;
    json_t *first, *seen;
    struct asked a;
    bool payload;
    long ms;

    dead_letters(h, "orders", 12);
    first = say(h, "U0ANN", "C0OPS", "dlq show orders");
    cr_assert(
        find_nth_button(first, "Next page", 0, "U0ANN", "C0OPS", &button));
    lock = table_lock(h, "audit_events");
    a = press_seen(h, &button);
    control_wait(h, "acked", 2);
    ms = ack_of(h, a.envelope, &payload);
    cr_assert(ms >= 0 && ms < 500, "acked after %ld ms", ms);
    cr_assert_not(payload);
    table_unlock(lock);
    wait_settled(h, 5000);
    cr_assert_eq(calls_of(h, "response_url", NULL), 1);
    seen = seen_by(h, "C0OPS", "U0ANN");
    cr_assert_eq(reply_messages(seen), 1, "the page is beside the first one");
    expect_shown(seen, "Page 2 of 3");
    free(button.value);
    json_decref(seen);
    json_decref(first);
    harness_stop(h);
}

/* Those who did not ask do not see it, unless it is shared. */
Test(answers, reads_are_ephemeral_unless_shared)
{
    struct harness *h = harness_start(NULL);
    json_t *seen;

    dead_letters(h, "orders", 2);
    expect_said(h, "U0ANN", "C0OPS", "dlq list", "orders");
    expect_said(h, "U0BOB", "C0OPS", "dlq show orders", "You may not do that");
    wait_settled(h, 5000);
    seen = seen_by(h, "C0OPS", "U0CAT");
    cr_assert_eq(reply_messages(seen), 0);
    json_decref(seen);
    expect_said(h, "U0ANN", "C0OPS", "dlq list --share", "orders");
    wait_settled(h, 5000);
    seen = seen_by(h, "C0OPS", "U0CAT");
    cr_assert_eq(reply_messages(seen), 1);
    expect_shown(seen, "orders");
    cr_assert_not(
        json_is_true(json_object_get(reply_message(seen, 0), "is_ephemeral")));
    json_decref(seen);
    harness_stop(h);
}

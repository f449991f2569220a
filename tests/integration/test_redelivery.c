/* The same again: executed once, answered each time; and what acks look like. */
#include <signal.h>

#include "tests/integration/wire.h"

#define STREAM "notify.events"
#define DLQ    STREAM ".dlq"

/* What is about connections and frames. */
static struct harness *by_socket(void)
{
    return harness_start(&(struct harness_options){ .road = ROAD_SOCKET });
}

/* A dead letter; heap: its id. */
static char *dead_letter(struct harness *h, const char *payload)
{
    return redis_text(h, "XADD %s * traceId %s payload %s error %s attempts %s",
                      DLQ, "t-1", payload, "it broke", "3");
}

static size_t seen_before(struct harness *h)
{
    return log_count(h, "seen before: acked, not run again") +
           log_count(h, "a replay: not run") +
           log_count(h, "a twin of one in flight is dropped");
}

struct seen {
    struct harness *h;
    size_t n;
};

static bool seen_so_often(void *arg)
{
    const struct seen *seen = arg;

    return seen_before(seen->h) >= seen->n;
}

static void expect_seen(struct harness *h, size_t n)
{
    wait_until(seen_so_often, &(struct seen){ h, n }, 30000, "a copy");
    cr_assert_eq(seen_before(h), n);
}

/* Three at once, and one more after the answer. */
Test(redelivery, copies_of_a_command_run_once)
{
    struct harness *h = harness_start(NULL);
    json_t *envelope = command_envelope("copied", "ping");

    send_copies(h, envelope, 3);
    wait_for(h, "idle", 1, 4000);
    answered(h);
    send_copies(h, envelope, 1);
    wait_for(h, "acked", 3, 4000);
    cr_assert_eq(audited(h, "copied"), 1);
    expect_seen(h, 3);
    cr_assert_eq(link_number(h, "unanswered"), 0);
    json_decref(envelope);
    harness_stop(h);
}

Test(redelivery, copies_of_a_requeue_run_once)
{
    struct harness *h = harness_start(NULL);
    char *id = dead_letter(h, "once");
    char *text = xasprintf("dlq requeue " STREAM " %s", id);
    json_t *envelope = command_envelope("requeue", text);

    send_copies(h, envelope, 3);
    wait_for(h, "acked", 1, 4000);
    wait_for(h, "messages:C0OPS", 1, 5000);
    send_copies(h, envelope, 1);
    wait_for(h, "acked", 2, 4000);
    answered(h);
    cr_assert_eq(redis_number(h, "XLEN %s", STREAM), 1);
    cr_assert_eq(redis_number(h, "XLEN %s", DLQ), 0);
    cr_assert_eq(audited(h, "requeue"), 2); /* the attempt, and its outcome */
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"), 1);
    cr_assert_eq(link_number(h, "unanswered"), 0);
    free(text);
    free(id);
    json_decref(envelope);
    harness_stop(h);
}

/* The same envelope by another connection, its first ack lost or not. */
Test(redelivery, a_copy_by_another_connection_runs_once)
{
    struct harness *h = by_socket();
    json_t *envelope = command_envelope("moved", "ping");

    send_copies(h, envelope, 1);
    wait_for(h, "acked", 1, 4000);
    socket_do(h, "drop");
    wait_for(h, "upgrades", 2, 2000);
    wait_for(h, "hello", 1, 2000);
    send_copies(h, envelope, 1);
    wait_for(h, "acked", 2, 4000);
    cr_assert_eq(audited(h, "moved"), 1);
    acks_are_clean(h);
    json_decref(envelope);
    harness_stop(h);
}

/* ---- events ----------------------------------------------------------------------- */

/* Sends one and waits for its ack; the sandbox counts acked. */
static void event(struct harness *h, const char *id, const char *event_id,
                  const char *ts, int retry)
{
    long long acked = link_number(h, "acked");
    json_t *envelope = json_pack(
        "{ss ss sb si ss s{ss ss ss s{ss ss ss ss ss ss}}}", "envelope_id", id,
        "type", "events_api", "accepts_response_payload", 0, "retry_attempt",
        retry, "retry_reason", retry ? "timeout" : "", "payload", "team_id",
        "T0EX", "type", "event_callback", "event_id", event_id, "event", "type",
        "app_mention", "channel", "C0OPS", "user", "U0ANN", "text",
        "<@U0BOT> hello", "ts", ts, "event_ts", ts);

    send_copies(h, envelope, 1);
    wait_for(h, "acked", acked + 1, 4000);
    json_decref(envelope);
}

/* A retry may be the only delivery there is. */
Test(redelivery, a_first_delivery_that_says_retry_is_processed)
{
    struct harness *h = harness_start(NULL);

    event(h, "e-1", "Ev1", "100.1", 2);
    opsbot_wait_log(h->bot, "delivered again by Slack (attempt 2)", 1000);
    expect_seen(h, 0);
    acks_are_clean(h);
    harness_stop(h);
}

Test(redelivery, an_event_is_known_by_its_id_and_by_what_happened)
{
    struct harness *h = harness_start(NULL);

    event(h, "e-1", "Ev1", "100.1", 0);
    expect_seen(h, 0);
    event(h, "e-2", "Ev1", "100.1", 1); /* another envelope */
    expect_seen(h, 1);
    event(h, "e-3", "Ev1", "100.9", 0); /* the event id alone */
    expect_seen(h, 2);
    event(h, "e-4", "Ev2", "100.1", 0); /* another event id, the same thing */
    expect_seen(h, 3);
    event(h, "e-5", "Ev3", "100.2", 0); /* another thing */
    expect_seen(h, 3);
    acks_are_clean(h);
    harness_stop(h);
}

/* What Redis has not got is not acked, so that Slack sends it again; and that
 * one counts as the first. */
Test(redelivery, an_event_that_was_not_recorded_comes_again)
{
    struct harness *h = harness_start(NULL);

    part_stop(h, PART_REDIS);
    json_decref(control_post(h, "mention",
                             json_pack("{ss ss ss}", "user", "U0ANN", "channel",
                                       "C0OPS", "text", "hello")));
    opsbot_wait_log(h->bot, "envelopes are not recorded", 3000);
    part_start(h, PART_REDIS);
    if (over_http(h)) /* refused at once, twice each: the next is in a minute */
        json_decref(control_post(h, "clock", json_pack("{si}", "scale", 30)));
    wait_for(h, "acked", 1, 8000);
    expect_seen(h, 0);
    cr_assert_leq(link_number(h, "unanswered"), over_http(h) ? 4 : 2);
    harness_stop(h);
}

/* ---- acks ------------------------------------------------------------------------- */

/* Pages that would not fit into an ack come by it all the same, cut to size,
 * or by response URL. */
Test(acks, acks_are_one_text_frame_under_20_kib)
{
    struct harness *h = by_socket();
    char payload[6001];

    memset(payload, 'x', sizeof payload - 1);
    payload[sizeof payload - 1] = '\0';
    for (int i = 0; i < 60; i++) {
        /* Escaped six times its size in JSON, if nobody looks. */
        memset(payload, i % 2 ? '\x01' : '"', 3000);
        free(dead_letter(h, payload));
    }
    for (int i = 1; i <= 3; i++) {
        char text[64];
        json_t *reply;

        snprintf(text, sizeof text, "dlq show " STREAM " --page %d", i);
        reply = say(h, "U0ANN", "C0OPS", text);
        cr_assert_gt(reply_messages(reply), 0, "page %d: no answer", i);
        cr_assert_null(json_object_get(reply, "error"));
        json_decref(reply);
    }
    acks_are_clean(h);
    harness_stop(h);
}

#define REFUSED "refused: Busy just now"

static bool none_in_flight(void *h)
{
    return metric(h, "opsbot_envelopes_in_flight") == 0;
}

/* For what is asked meanwhile Redis needs most of the second after which it
 * would be given up: until there is no room, however slowly envelopes come. */
static void redis_crawls(struct harness *h)
{
    for (int i = 0; i < 60 && !opsbot_log_has(h->bot, REFUSED); i++)
        redis_send(h, "DEBUG SLEEP 0.6");
}

/* All of 10,000 at once. Some were refused: not when Redis was given up before
 * they were there. */
static bool refused_some(struct harness *h, int round)
{
    char *id = xasprintf("one-of-many-%d", round);
    json_t *envelope = command_envelope(id, "ping");
    bool refused;

    opsbot_signal(h->bot, SIGSTOP);
    send_copies(h, envelope, 10000);
    opsbot_signal(h->bot, SIGCONT);
    redis_crawls(h);
    wait_for(h, "acked", round, 30000);
    wait_until(none_in_flight, h, 60000, "nothing in flight");
    refused = opsbot_log_has(h->bot, REFUSED);
    opsbot_wait_ready(h->bot);
    /* A Redis that was given up cannot say which of them were seen before. */
    if (!opsbot_log_has(h->bot, "Redis is down"))
        cr_assert_leq(audited(h, id), 1);
    json_decref(envelope);
    free(id);
    return refused;
}

/* More than there are places: full is an answer, at once, and over when it is
 * over. */
Test(acks, more_than_can_be_held_is_answered_busy)
{
    struct harness *h = by_socket();
    int round = 1;

    while (!refused_some(h, round))
        cr_assert_lt(++round, 10, "never full");
    cr_assert_eq(link_number(h, "unanswered"), 0);
    answered(h);
    harness_stop(h);
}

/*
 * Request URLs over real sockets, with nobody behind them but the test: it is
 * intake, and says what became of each envelope.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bot/http/front.h"
#include "bot/http/lws_log.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/signature.h"
#include "tests/bot/http/raw.h"

#define SECRET "8f742231b10e8888abcd99yyyzzz85a5"
#define EVENT                                                                  \
    "{\"type\":\"event_callback\",\"event_id\":\"Ev1\",\"event\":{\"type\":"   \
    "\"x\"}}"

static struct front front;
static struct server *server;
static struct config config;
static struct config_holder holder = { .now = &config };
static char secret[] = SECRET;
static struct queue *intake;
static struct raw_answer answer;
static char *kept; /* a signed request, to the byte */

static void facts(void *arg, struct health_facts *out)
{
    (void)arg;
    (void)out;
}

static void start(void)
{
    struct listener listener;
    struct err err;

    lws_log_start();
    config.slack.signing_secret = secret;
    config.slack.answer_in_ack_ms = 800;
    intake = queue_new(64, 1 << 20);
    front.pages = (struct pages){ .facts = facts };
    front.slack = slack_new(&(struct desk_needs){ &holder, NULL, intake });
    front_listener(&front, "127.0.0.1:0", &listener);
    server = server_start(&listener, 1, &err);
    cr_assert_not_null(server, "%s", err.text);
}

static void finish(void)
{
    server_free(server);
    slack_free(front.slack);
    queue_close(intake);
    queue_free(intake);
    free(kept);
}

TestSuite(slack, .init = start, .fini = finish);

static void sign(const char *type, const char *body)
{
    char now[24], signature[SIGNATURE_TEXT];

    snprintf(now, sizeof now, "%lld", (long long)time(NULL));
    signature_text(signature, SECRET, strlen(SECRET), now, body, strlen(body));
    free(kept);
    kept = xasprintf("POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: "
                     "%s\r\nX-Slack-Request-Timestamp: %s\r\nX-Slack-Signature"
                     ": %s\r\nContent-Length: %zu\r\n\r\n%s",
                     type, now, signature, strlen(body), body);
}

/* Sends it; the answer is read by finish_ask(). */
static int begin_ask(void)
{
    int fd = raw_dial(server_port(server, 0));

    raw_say(fd, kept);
    return fd;
}

static int finish_ask(int fd)
{
    raw_read(fd, false, &answer);
    close(fd);
    return answer.status;
}

static struct envelope *next_envelope(void)
{
    struct envelope *env = (struct envelope *)queue_take(intake, 1, 20000);

    cr_assert_not_null(env, "nothing was taken");
    return env;
}

static void tell(struct envelope *env, enum fate fate, enum verdict_kind kind)
{
    if (fate != FATE_WAITING)
        cr_assert(hold_move(env->road->holds, env->slot, FATE_WAITING, fate));
    env->road->tell(env->road, verdict_new(kind, env, NULL));
    envelope_free(env);
}

static uint64_t replays(void)
{
    struct slack_facts f;

    slack_facts(front.slack, &f);
    return f.replays;
}

Test(slack, a_command_that_nobody_recorded_may_come_again)
{
    struct envelope *env;
    int fd;

    sign("application/x-www-form-urlencoded", "command=%2Fops&text=x");
    fd = begin_ask();
    env = next_envelope();
    cr_expect_eq(finish_ask(fd), 200);
    cr_expect(strstr(answer.body, "Nothing was run"), "%s", answer.body);
    envelope_free(env);
    fd = begin_ask();
    envelope_free(next_envelope()); /* it is the first */
    finish_ask(fd);
    cr_expect_eq(replays(), 0);
}

/* While nobody knows yet whether it is recorded, and afterwards. */
Test(slack, a_replay_of_an_event_is_not_taken_for_a_record)
{
    struct envelope *env;
    int fd;

    sign("application/json", EVENT);
    fd = begin_ask();
    env = next_envelope();
    cr_expect_eq(finish_ask(begin_ask()), 503, "the first is under way");
    tell(env, FATE_WAITING, VERDICT_FORGET);
    cr_expect_eq(finish_ask(fd), 503, "and was not recorded");
    fd = begin_ask();
    tell(next_envelope(), FATE_RECORDED, VERDICT_ACK);
    cr_expect_eq(finish_ask(fd), 200, "the second is");
    cr_expect_eq(finish_ask(begin_ask()), 200, "a replay of it");
    cr_expect_eq(replays(), 2);
    cr_expect_eq(queue_len(intake), 0);
}

Test(slack, what_another_replica_recorded_is_a_replay)
{
    int fd;

    sign("application/json", EVENT);
    fd = begin_ask();
    tell(next_envelope(), FATE_RECORDED, VERDICT_SEEN);
    cr_expect_eq(finish_ask(fd), 200);
    cr_expect_eq(answer.len, 0);
    cr_expect_eq(replays(), 1);
}

/* Its signature is one more key of the record. */
Test(slack, an_envelope_carries_its_signature_and_its_road)
{
    struct envelope *env;
    int fd;

    sign("application/json", EVENT);
    fd = begin_ask();
    env = next_envelope();
    cr_expect_eq(strncmp(env->keys[ENVELOPE_KEY_SIGNATURE], "sig:", 4), 0);
    cr_expect_eq(strlen(env->keys[ENVELOPE_KEY_SIGNATURE]), 68);
    cr_expect_str_eq(env->keys[1], "event:Ev1");
    cr_expect_str_eq(env->road->name, "http");
    tell(env, FATE_RECORDED, VERDICT_ACK);
    cr_expect_eq(finish_ask(fd), 200);
}

Test(slack, a_full_intake_is_429_for_what_comes_again)
{
    int fd;

    for (int i = 0; i < 64; i++) {
        struct settled *s = xcalloc(1, sizeof *s);

        s->item.what = ITEM_SETTLED;
        cr_assert_eq(queue_push(intake, &s->item.node), PUSH_OK);
    }
    sign("application/json", EVENT);
    fd = begin_ask();
    cr_expect_eq(finish_ask(fd), 429);
    cr_expect(strstr(answer.head, "retry-after: 1\r\n"), "%s", answer.head);
    sign("application/x-www-form-urlencoded", "command=%2Fops&text=x");
    cr_expect_eq(finish_ask(begin_ask()), 200);
    cr_expect(strstr(answer.body, "Busy just now"), "a person is told");
    for (struct node *n = queue_take(intake, 64, 0), *next; n; n = next) {
        next = n->next;
        settled_free((struct settled *)n);
    }
}

/* The server's end comes before the last word: nothing is told, nothing is
 * lost that was recorded. */
Test(slack, a_verdict_behind_the_end_goes_nowhere)
{
    struct envelope *env;
    int fd;

    sign("application/json", EVENT);
    fd = begin_ask();
    env = next_envelope();
    server_stop(server);
    tell(env, FATE_RECORDED, VERDICT_ACK);
    server_free(server); /* closes what is open */
    server = NULL;
    cr_expect_eq(finish_ask(fd), 0);
}

/*
 * Asking: what is sent, what an answer means, and what is done when there is
 * none. Against a small HTTP server.
 */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "bot/opsctl/client.h"
#include "tests/bot/sender/http_stub.h"

#define CANARY "canary-token-91bd"

static struct stub_reply reply_to(void *arg, const struct stub_request *rq,
                                  int number)
{
    const struct stub_reply *replies = arg;

    (void)rq;
    return replies[number];
}

static struct stub *stub;
static struct client *client;
static struct where where;

static void start(struct stub_reply *replies, long timeout_ms)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    stub = stub_start(reply_to, replies);
    where.url = xasprintf("http://127.0.0.1:%d", stub->port);
    where.shown = xstrdup(where.url);
    where.token = xstrdup(CANARY);
    client = client_new(&where, timeout_ms);
}

static void stop(void)
{
    client_free(client);
    where_dispose(&where);
    if (stub)
        stub_stop(stub);
    stub = NULL;
    curl_global_cleanup();
}

TestSuite(client, .fini = stop);

static const char done[] = "{\"ok\":true,\"op\":\"7F3K\",\"outcome\":\"ok\","
                           "\"card\":{\"title\":\"t\",\"tone\":\"ok\"}}";

Test(client, sends_the_line_the_key_and_the_token)
{
    struct stub_reply replies[] = { { .body = done }, { .body = done } };
    struct answer a = { 0 };
    struct err err = { 0 };

    start(replies, 20000);
    cr_assert(client_ask(client, "halt all \"a\"", "key-1", &a, &err), "%s",
              err.text);
    cr_expect(a.ok && strcmp(a.op, "7F3K") == 0 && a.card);
    cr_expect_eq(answer_status(&a), STATUS_DONE);
    answer_dispose(&a);
    cr_assert(client_ask(client, "jobs", NULL, &a, &err));
    answer_dispose(&a);
    cr_expect_str_eq(stub->requests[0].path, "/admin/ops");
    cr_expect_str_eq(stub->requests[0].body,
                     "{\"text\":\"halt all \\\"a\\\"\"}");
    cr_expect(strstr(stub->requests[0].head, "Idempotency-Key: key-1\r\n"));
    cr_expect(
        strstr(stub->requests[0].head, "Authorization: Bearer " CANARY "\r\n"));
    cr_expect(!strstr(stub->requests[1].head, "Idempotency-Key"));
}

/* The same key: what was done is not done twice. */
Test(client, a_lost_answer_is_asked_for_again)
{
    struct stub_reply replies[] = { { .hang_up = true },
                                    { .hang_up = true },
                                    { .body = done } };
    struct answer a = { 0 };
    struct err err = { 0 };

    start(replies, 20000);
    cr_assert(client_ask(client, "halt all x", "key-1", &a, &err), "%s",
              err.text);
    answer_dispose(&a);
    cr_assert_eq(stub->count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect(strstr(stub->requests[i].head, "Idempotency-Key: key-1\r\n"));
        cr_expect_str_eq(stub->requests[i].body, stub->requests[0].body);
    }
}

Test(client, an_answer_that_stays_lost_names_its_key)
{
    struct stub_reply replies[16];
    struct answer a = { 0 };
    struct err err = { 0 };

    for (size_t i = 0; i < 16; i++)
        replies[i] = (struct stub_reply){ .hang_up = true };
    start(replies, 20000);
    cr_assert_not(client_ask(client, "halt all x", "key-1", &a, &err));
    cr_expect_eq(err.kind, ERR_BUSY);
    cr_expect(strstr(err.text, "not known") &&
                  strstr(err.text, "--idempotency-key key-1"),
              "%s", err.text);
    cr_expect_eq(stub->count, 5);
    cr_expect(!strstr(err.text, CANARY));
}

Test(client, no_answer_in_time_is_not_asked_for_again)
{
    struct stub_reply replies[] = { { .delay_ms = 60000 }, { .body = done } };
    struct answer a = { 0 };
    struct err err = { 0 };

    start(replies, 2000);
    cr_assert_not(client_ask(client, "halt all x", "key-1", &a, &err));
    cr_expect_eq(err.kind, ERR_BUSY);
    cr_expect(strstr(err.text, "--idempotency-key key-1"), "%s", err.text);
    cr_expect_leq(stub->count, 1);
}

Test(client, nobody_there_is_not_the_same_as_no_answer)
{
    struct answer a = { 0 };
    struct err err = { 0 };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    where.url = xstrdup("http://opsbot");
    where.socket = xstrdup("/nonexistent/admin.sock");
    where.shown = xstrdup("unix:/nonexistent/admin.sock");
    client = client_new(&where, 20000);
    cr_assert_not(client_ask(client, "health", "key-1", &a, &err));
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect(strstr(err.text, "unix:/nonexistent/admin.sock") &&
                  strstr(err.text, "No such file") &&
                  strstr(err.text, "Is opsbot running"),
              "%s", err.text);
}

Test(client, what_is_not_opsbots_is_said)
{
    struct stub_reply replies[] = {
        { .body = "<html>" },
        { .body = "[1]" },
        { .body = "{\"status\":\"ok\"}", .status = 404 },
        { .body = "" },
    };
    struct answer a = { 0 };

    start(replies, 20000);
    for (size_t i = 0; i < 4; i++) {
        struct err err = { 0 };

        cr_assert_not(client_ask(client, "health", NULL, &a, &err));
        cr_expect_eq(err.kind, ERR_NONE + ERR_SYSTEM);
        cr_expect(strstr(err.text, "not opsbot's admin API"), "%s", err.text);
    }
}

/* ---- what an answer means --------------------------------------------------------- */

static void expect_status(long http, const char *text, enum status status)
{
    struct answer a = { 0 };
    struct err err = { 0 };

    cr_assert(answer_read(text, strlen(text), http, "here", &a, &err), "%s: %s",
              text, err.text);
    cr_expect_eq(answer_status(&a), status, "%ld %s: %d", http, text,
                 answer_status(&a));
    answer_dispose(&a);
}

#define OK(outcome, tone)                                                      \
    "{\"ok\":true,\"outcome\":\"" outcome "\",\"card\":{\"tone\":\"" tone "\"" \
    "}}"
#define NOT_OK "{\"ok\":false,\"error\":{\"kind\":\"x\",\"text\":\"why\"}}"

Test(client, exit_statuses)
{
    expect_status(200, OK("ok", "ok"), STATUS_DONE);
    expect_status(200, OK("already", "info"), STATUS_DONE);
    expect_status(200, OK("asked", "warn"), STATUS_UNCONFIRMED);
    expect_status(200, OK("ok", "bad"), STATUS_NOT_DONE);
    expect_status(200, OK("gone", "info"), STATUS_NOT_DONE);
    expect_status(200, "{\"ok\":true}", STATUS_DONE);
    expect_status(400, NOT_OK, STATUS_INPUT);
    expect_status(404, NOT_OK, STATUS_INPUT);
    expect_status(413, NOT_OK, STATUS_INPUT);
    expect_status(401, NOT_OK, STATUS_DENIED);
    expect_status(403, NOT_OK, STATUS_DENIED);
    expect_status(409, NOT_OK, STATUS_NOT_DONE);
    expect_status(429, NOT_OK, STATUS_AGAIN);
    expect_status(503, NOT_OK, STATUS_AGAIN);
    expect_status(504, NOT_OK, STATUS_AGAIN);
    expect_status(500, NOT_OK, STATUS_UNREADABLE);
}

Test(client, a_question_says_how_to_confirm_it)
{
    const char *text =
        "{\"ok\":true,\"outcome\":\"asked\",\"card\":{\"actions\":["
        "{\"label\":\"Not\",\"command\":\"cancel 7F\"},"
        "{\"label\":\"Do\",\"command\":\"confirm 7F\"}]}}";
    struct answer a = { 0 };
    struct err err = { 0 };

    cr_assert(answer_read(text, strlen(text), 200, "here", &a, &err));
    cr_expect_str_eq(answer_asks(&a), "7F");
    answer_dispose(&a);
    text = OK("asked", "warn");
    cr_assert(answer_read(text, strlen(text), 200, "here", &a, &err));
    cr_expect_null(answer_asks(&a));
    answer_dispose(&a);
}

/* Pages on the wire: to a server that speaks HTTP, to one that speaks SMTP. */
#include "bot/alerts/pager_wire.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/net/web_flight.h"
#include "tests/core/alert/smtp_stub.h"
#include "tests/core/ops/target_stub.h"

#define T(s) ((char *)(size_t)(s))

static struct web_deck *deck;
static struct target_stub *http;
static struct smtp_stub *smtp;
static struct stub_reply reply;
static struct config_alerts cfg;
static struct config_hook hook;
static char *mails_to[] = { T("ann@example.com"), T("Ben <ben@example.com>") };
static struct page_row row;

static struct stub_reply reply_now(void *arg,
                                   const struct stub_request *request,
                                   int number)
{
    (void)arg;
    (void)request;
    (void)number;
    return reply;
}

static void start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    reply = (struct stub_reply){ 0 };
    http = target_stub_start(NULL, reply_now, NULL);
    smtp = smtp_stub_start();
    deck = web_deck_new(8, 0);
    hook = (struct config_hook){
        .name = T("ops"),
        .url = xasprintf("http://127.0.0.1:%d/page", target_stub_port(http)),
        .token = T("s3cret"),
    };
    cfg = (struct config_alerts){ .hooks = &hook, .hooks_count = 1 };
    cfg.of[ALERT_CRITICAL].webhook =
        xasprintf("http://127.0.0.1:%d/services/T/B/x", target_stub_port(http));
    cfg.fallback = (struct config_fallback){
        .smtp_url = xasprintf("smtp://127.0.0.1:%d", smtp_stub_port(smtp)),
        .smtp_from = T("opsbot <ops@example.com>"),
        .smtp_to = mails_to,
        .smtp_to_count = 2,
    };
    row = (struct page_row){ .key = T("KEY1"),
                             .target = T("webhook:ops"),
                             .subject = T("[CRITICAL] it burns"),
                             .body = T("{\"text\":\"it burns\"}"),
                             .attempts = 1 };
}

static void stop(void)
{
    web_deck_free(deck);
    target_stub_stop(http);
    smtp_stub_stop(smtp);
    free(hook.url);
    free(cfg.of[ALERT_CRITICAL].webhook);
    free(cfg.fallback.smtp_url);
}

TestSuite(pager_wire, .init = start, .fini = stop);

/* Sends row and waits for its end. *why: heap. */
static struct pager_answer send_row(char **why)
{
    struct err err = { 0 };
    struct pager_answer answer = { 0 };
    int owner;
    const char *words;
    struct pager_call *c =
        pager_call_new(deck, &cfg, &row, clock_wall_ms(), &owner, &err);

    cr_assert(c, "%s", err.text);
    for (int i = 0; i < 1000 && !pager_wire_next(deck, &answer, &words); i++)
        web_deck_turn(deck, 100);
    *why = xstrdup(words);
    pager_call_free(c);
    return answer;
}

static void expect(struct pager_answer answer, bool whole, int status)
{
    cr_expect_eq(answer.whole, whole);
    cr_expect_eq(answer.status, status);
}

Test(pager_wire, a_webhook_gets_json_a_token_and_its_key)
{
    const struct stub_request *r;
    char *why;

    expect(send_row(&why), true, 200);
    cr_expect_str_eq(why, "");
    r = target_stub_request(http, "/page", 0);
    cr_expect(r->post);
    cr_expect_str_eq(r->body, row.body);
    cr_expect(strstr(r->head, "Authorization: Bearer s3cret"));
    cr_expect(strstr(r->head, "Idempotency-Key: KEY1"));
    cr_expect(strstr(r->head, "Content-Type: application/json"));
    free(why);
}

Test(pager_wire, says_what_it_was_told)
{
    char *why;

    reply = (struct stub_reply){ .status = 404, .body = "no_service" };
    expect(send_row(&why), true, 404);
    cr_expect_str_eq(why, "HTTP status 404: no_service");
    free(why);
    reply =
        (struct stub_reply){ .status = 429, .headers = "Retry-After: 7\r\n" };
    cr_expect_eq(send_row(&why).retry_after, 7);
    free(why);
}

Test(pager_wire, no_redirect_is_followed)
{
    char *why;

    reply = (struct stub_reply){ .status = 302,
                                 .headers = "Location: /elsewhere\r\n" };
    expect(send_row(&why), true, 302);
    cr_expect_eq(target_stub_count(http, "/elsewhere"), 0);
    free(why);
}

/* It was sent, and nobody knows what came of it. */
Test(pager_wire, an_answer_that_never_came_is_not_clear)
{
    struct pager_answer answer;
    char *why;

    reply = (struct stub_reply){ .hang_up = true };
    answer = send_row(&why);
    expect(answer, false, 0);
    cr_expect(answer.left);
    cr_expect(strstr(why, "hung up"), "%s", why);
    free(why);
}

Test(pager_wire, a_place_that_is_not_there_got_nothing)
{
    struct pager_answer answer;
    char *why;

    snprintf(hook.url, strlen(hook.url) + 1, "http://127.0.0.1:1/page");
    answer = send_row(&why);
    expect(answer, false, 0);
    cr_expect_not(answer.left);
    cr_expect(strstr(why, "cannot connect"), "%s", why);
    cr_expect_not(strstr(why, "127.0.0.1"));
    free(why);
}

Test(pager_wire, an_incoming_webhook_gets_the_text_and_no_token)
{
    const struct stub_request *r;
    char *why;

    row.target = T("slack:critical");
    expect(send_row(&why), true, 200);
    free(why);
    r = target_stub_request(http, "/services/T/B/x", 0);
    cr_expect_str_eq(r->body, "{\"text\":\"it burns\"}");
    cr_expect_not(strstr(r->head, "Authorization"));
    row.unclear = true;
    expect(send_row(&why), true, 200);
    free(why);
    r = target_stub_request(http, "/services/T/B/x", 1);
    cr_expect_str_eq(r->body, "{\"text\":\"(repeated) it burns\"}");
}

Test(pager_wire, a_mail_arrives_whole)
{
    const struct smtp_mail *m;
    char *why;

    row.target = T("mail");
    row.body = T("first\n.\nlast\n");
    expect(send_row(&why), true, 250);
    cr_expect_str_eq(why, "");
    free(why);
    cr_assert_eq(smtp_stub_count(smtp), 1);
    m = smtp_stub_mail(smtp, 0);
    cr_expect_str_eq(m->from, "<ops@example.com>");
    cr_expect_str_eq(m->to, "<ann@example.com> <ben@example.com> ");
    cr_expect(strstr(m->data, "Subject: =?UTF-8?B?W0NSSVRJQ0FMXSBpdCBidXJucw=="
                              "?=\r\n"),
              "%s", m->data);
    cr_expect(strstr(m->data, "\r\n\r\nZmlyc3QNCi4NCmxhc3QNCg==\r\n"), "%s",
              m->data);
}

Test(pager_wire, what_a_mail_server_says_is_told)
{
    char *why;

    row.target = T("mail");
    smtp_stub_be(smtp, (struct smtp_manners){ .end = 452 });
    expect(send_row(&why), false, 452);
    cr_expect(strstr(why, "SMTP reply 452"), "%s", why);
    free(why);
    smtp_stub_be(smtp, (struct smtp_manners){ .rcpt = 550 });
    expect(send_row(&why), false, 550);
    free(why);
    cr_expect_eq(smtp_stub_count(smtp), 0);
}

/* A password goes to nobody in the clear. */
Test(pager_wire, without_encryption_there_is_no_password)
{
    struct pager_answer answer;
    char *why;

    row.target = T("mail");
    cfg.fallback.smtp_user = T("ops");
    cfg.fallback.smtp_password = T("s3cret");
    answer = send_row(&why);
    cr_expect_not(answer.whole);
    cr_expect_not(answer.left);
    cr_expect_eq(smtp_stub_count(smtp), 0);
    cr_expect_not(strstr(why, "s3cret"));
    free(why);
}

Test(pager_wire, a_place_of_yesterday_is_named)
{
    struct err err = { 0 };

    row.target = T("webhook:gone");
    cr_expect_null(pager_call_new(deck, &cfg, &row, 0, NULL, &err));
    cr_expect(strstr(err.text, "webhook:gone"), "%s", err.text);
    row.target = T("slack:high");
    cr_expect_null(pager_call_new(deck, &cfg, &row, 0, NULL, &err));
    row.target = T("mail");
    cfg.fallback.smtp_to_count = 0;
    cr_expect_null(pager_call_new(deck, &cfg, &row, 0, NULL, &err));
}

/* Longer than connecting may last: curl counts the greeting to that. */
Test(pager_wire, a_mail_server_may_greet_late)
{
    char *why;

    row.target = T("mail");
    smtp_stub_be(smtp, (struct smtp_manners){ .greet_ms = 4000 });
    expect(send_row(&why), true, 250);
    cr_expect_str_eq(why, "");
    free(why);
}

/*
 * What becomes of a page by what its place answers, and that a place that
 * answers nothing keeps no other waiting.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/outing.h"

TestSuite(alert_pages, .timeout = 300);

/* Two tries with one key and one body: a pager sees one. */
static void expect_one_page(struct out *o, int tries)
{
    const struct stub_request *first = target_stub_request(o->http, "/page", 0);
    const char *key = strstr(first->head, "Idempotency-Key: ");
    size_t len = strcspn(key, "\r");

    cr_assert_eq(target_stub_count(o->http, "/page"), tries);
    for (int i = 1; i < tries; i++) {
        const struct stub_request *r = target_stub_request(o->http, "/page", i);

        cr_expect_eq(strncmp(strstr(r->head, "Idempotency-Key: "), key, len),
                     0);
        cr_expect_str_eq(r->body, first->body);
    }
}

/* The next request is answered as any other. */
static void once(struct out *o, struct stub_reply reply)
{
    o->reply = reply;
    o->times = 1;
}

Test(alert_pages, a_pager_that_says_400_is_not_asked_again)
{
    struct out *o = begin("5m");

    once(o, (struct stub_reply){ .status = 400, .body = "bad routing key" });
    alert_fires(o->h, "pay", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where state = 'failed'"
             " and error = 'HTTP status 400: bad routing key'");
    opsbot_wait_log(o->h->bot, "will not take it: HTTP status 400", COMES_MS);
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(target_stub_count(o->http, "/page"), 1);
    end(o);
}

Test(alert_pages, a_pager_that_says_429_is_asked_again)
{
    struct out *o = begin("5m");

    once(o,
         (struct stub_reply){ .status = 429, .headers = "Retry-After: 1\r\n" });
    alert_fires(o->h, "pay", "t1");
    wait_pages(o, 1);
    expect_one_page(o, 2);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages where"
                                  " not unclear"),
                 1, "it is known that it did not arrive");
    end(o);
}

/* It may have taken it: once more, by the same key. */
Test(alert_pages, a_pager_whose_answer_is_lost_is_asked_once_more)
{
    struct out *o = begin("5m");

    once(o, (struct stub_reply){ .hang_up = true });
    alert_fires(o->h, "pay", "t1");
    wait_pages(o, 1);
    expect_one_page(o, 2);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages where"
                                  " unclear"),
                 1);
    end(o);
}

/* The pager hangs: another place gets its page meanwhile. */
Test(alert_pages, a_pager_that_hangs_keeps_no_other_waiting)
{
    struct out *o = begin("5m");

    once(o, (struct stub_reply){ .delay_ms = 300000 });
    alert_fires(o->h, "pay", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where attempts = 1"
             " and target = 'webhook:pager'");
    alert_fires(o->h, "lost", "t2");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where state = 'sent'"
             " and target = 'slack:critical'");
    wait_pages(o, 2);
    expect_one_page(o, 2);
    end(o);
}

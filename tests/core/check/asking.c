/*
 * asking: one check of a test, and what came of it.
 */
#include "tests/core/check/asking.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void asking_start(struct asking *a, enum check_kind kind)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *a = (struct asking){
        .spec = { .id = (char *)"it",
                  .kind = kind,
                  .timeout_ms = PATIENT_MS,
                  .expect = { .status = 200,
                              .days_left = 14,
                              .memory_percent = 90,
                              .lag = CONFIG_NO_LIMIT,
                              .pending_s = CONFIG_NO_LIMIT,
                              .dead = CONFIG_NO_LIMIT,
                              .dead_growth = CONFIG_NO_LIMIT } },
    };
    atomic_store(&a->now.now, &a->config);
    a->world.config = &a->now;
}

void asking_anew(struct asking *a)
{
    checker_free(a->checker);
    a->checker = NULL;
}

void asking_stop(struct asking *a)
{
    asking_anew(a);
    peer_stop(a->peer);
    curl_global_cleanup();
}

void asking_peer(struct asking *a, const struct peer_options *options,
                 const char *fmt)
{
    const char *at = strstr(fmt, "PORT");

    asking_anew(a);
    peer_stop(a->peer);
    a->peer = peer_start(options);
    cr_assert_not_null(at);
    snprintf(a->url, sizeof a->url, "%.*s%d%s", (int)(at - fmt), fmt,
             peer_port(a->peer), at + 4);
    a->spec.url = a->url;
}

void asking_same(struct peer_conn *c, void *arg)
{
    struct asking_stub *stub = arg;
    const char *head;

    while ((head = peer_head(c))) {
        snprintf(stub->asked, sizeof stub->asked, "%.*s",
                 (int)strcspn(head, "\r"), head);
        if (!peer_answer(c, stub->status, stub->body))
            return;
    }
}

static void ask(struct asking *a)
{
    if (!a->checker)
        a->checker = checker_new(&a->spec, &a->world);
    checker_run(a->checker, &a->result);
    cr_expect_gt(a->result.at, 0);
    cr_expect_geq(a->result.took_us, 0);
}

static void expect(struct asking *a, bool ok, const char *text)
{
    ask(a);
    cr_expect_eq(a->result.ok, ok, "%s, not %s", a->result.text, text);
    cr_expect_not_null(strstr(a->result.text, text), "%s, not %s",
                       a->result.text, text);
}

void expect_ok(struct asking *a, const char *text)
{
    expect(a, true, text);
}

void expect_bad(struct asking *a, const char *text)
{
    expect(a, false, text);
}

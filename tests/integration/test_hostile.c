/*
 * Dead letters come from anywhere: whatever is in them stays text (P9).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

/* Slack took every message, and as blocks. */
static void expect_taken(struct harness *h)
{
    wait_settled(h, 10000);
    cr_assert(!opsbot_log_has(h->bot, "Slack does not take our blocks"));
    cr_assert(!opsbot_log_has(h->bot, "did not reach Slack"));
}

/* No part of a message, however deep, mentions or links. */
static void expect_tame(const json_t *reply)
{
    static const char *const wild[] = { "<!channel", "<!here", "<@U0BOB",
                                        "<#C0OPS",   "<http",  "<mailto" };
    json_t *messages = json_object_get(reply, "messages");
    char *all = json_dumps(messages, JSON_COMPACT);

    cr_assert_gt(json_array_size(messages), 0);
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        cr_assert(!strstr(all, wild[i]), "%s is in %s", wild[i], all);
    free(all);
}

static const char *const texts[] = {
    "<!channel> <!here|x> <@U0BOB> <#C0OPS|ops>",
    "<https://evil.example|click> <mailto:a@evil.example>",
    "``` <!channel> ``` `<@U0BOB>` *bold* _it_ ~no~ > quote",
    "&lt;!channel&gt; &amp;lt;@U0BOB&amp;gt;",
    "\xff\xfe\xc0\xaf <!channel> \xed\xa0\x80",
    "\x01\x02\x1b[31m\r\n\t\x7f\xe2\x80\xae<@U0BOB>",
};

Test(hostile, payloads_stay_text)
{
    struct harness *h = harness_start(NULL);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        redis_send(h, "XADD evil.dlq * body %s %s x error %s original_id %s",
                   texts[i], texts[i], texts[i], texts[i]);
    for (int page = 1; page <= 2; page++) {
        char *text = xasprintf("dlq show evil --page %d", page);
        json_t *reply = say(h, "U0ANN", "C0OPS", text);

        expect_shown(reply, "6 dead letters");
        expect_tame(reply);
        json_decref(reply);
        free(text);
    }
    {
        json_t *reply = say(h, "U0ANN", "C0OPS", "dlq list");

        expect_shown(reply, "evil");
        expect_tame(reply);
        json_decref(reply);
    }
    expect_taken(h);
    harness_stop(h);
}

Test(hostile, big_payloads_are_cut)
{
    struct harness *h = harness_start(NULL);
    char *big = xmalloc(100001);
    json_t *reply;

    memset(big, '<', 100000);
    big[100000] = '\0';
    for (int i = 0; i < 5; i++)
        redis_send(h, "XADD big.dlq * body %s error %s", big, big);
    reply = say(h, "U0ANN", "C0OPS", "dlq show big");
    expect_shown(reply, "5 dead letters");
    cr_assert(json_is_object(json_object_get(reply, "ack_payload")));
    json_decref(reply);
    expect_said(h, "U0ANN", "C0OPS", "dlq list", "big");
    expect_taken(h);
    cr_assert_eq(link_number(h, "oversized_acks"), 0);
    free(big);
    harness_stop(h);
}

/* Names are text too: of streams, of groups, of consumers. */
Test(hostile, names_stay_text)
{
    struct harness *h = harness_start(NULL);
    const char *name = "<b>`x`*y*";
    char *dlq = xasprintf("%s.dlq", name);
    json_t *reply;

    redis_send(h, "XADD %s 7-1 a b", dlq);
    redis_send(h, "XADD %s * a b", name);
    redis_send(h, "XGROUP CREATE %s %s 0", name, texts[2]);
    redis_send(h, "XREADGROUP GROUP %s %s STREAMS %s >", texts[2], texts[1],
               name);
    reply = say(h, "U0ANN", "C0OPS", "streams");
    expect_tame(reply);
    json_decref(reply);
    reply = say(h, "U0ANN", "C0OPS", "dlq list");
    expect_tame(reply);
    json_decref(reply);
    reply = say(h, "U0ANN", "C0OPS", "dlq show '<b>`x`*y*'");
    expect_shown(reply, "1 dead letter");
    expect_tame(reply);
    json_decref(press(h, "U0ANN", "C0OPS", reply, "Requeue"));
    json_decref(reply);
    expect_taken(h);
    cr_assert_eq(redis_number(h, "XLEN %s", dlq), 0);
    cr_assert_eq(redis_number(h, "XLEN %s", name), 2);
    cr_assert_eq(posted_with(h, "C0OPS", "<!channel"), 0);
    wait_posts(h, "C0OPS", "Requeued 1 of 1", 1);
    free(dlq);
    harness_stop(h);
}

/*
 * The admin API over its socket: every path, against the real bot with real
 * stores and the local Slack.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/integration/admin.h"

static struct harness *h;

static const char yaml[] = "channels: {ops: C0OPS}\n"
                           "streams: [{name: orders}]\n"
                           "halt: {scopes: [trading]}\n"
                           "checks:\n"
                           "- {id: store, kind: redis}\n"
                           "roles:\n"
                           "- {name: all, users: [U0ANN], rights: ['*']}\n"
                           "http:\n"
                           "  tokens:\n"
                           "  - {name: ci, token: ci-token-0123456789}\n";

static void start(void)
{
    h = harness_start(&(struct harness_options){ .yaml = yaml });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(admin, .init = start, .fini = stop);

Test(admin, a_read_is_a_document_around_its_card)
{
    json_t *r;

    dead_letters(h, "orders", 3);
    r = admin_json(h, 200, "GET", "/admin/dlq", NULL);
    cr_expect(json_is_true(json_object_get(r, "ok")));
    cr_expect_str_eq(json_at(r, "command"), "dlq list");
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    cr_expect_eq(strlen(json_at(r, "op")), 16);
    cr_expect(
        json_is_array(json_object_get(json_object_get(r, "card"), "rows")));
    r = admin_json(h, 200, "POST", "/admin/ops", "{\"text\":\"dlq list\"}");
    cr_expect_str_eq(json_at(r, "command"), "dlq list");
}

Test(admin, says_who_one_is)
{
    struct admin_reply r =
        admin_call(h, "GET", "/admin/whoami",
                   &(struct admin_ask){ .header = "Accept: text/plain" });

    cr_expect_eq(r.status, 200);
    cr_expect_str_eq(r.type, "text/plain; charset=utf-8");
    cr_expect(strstr(r.body, "unix:"), "%s", r.body);
    fprintf(stderr, "%s\n", r.body);
    admin_reply_free(&r);
    fprintf(stderr, "%s\n",
            json_dumps(admin_json(h, 200, "GET", "/admin/health", NULL), 0));
    fprintf(stderr, "%s\n",
            json_dumps(admin_json(h, 200, "GET", "/admin/version", NULL), 0));
}

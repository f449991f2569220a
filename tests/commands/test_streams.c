/* streams: which key is reported on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/streams.h"
#include "tests/commands/calls.h"

static char asked[64];
static bool fail;

bool streams_resolve(struct redis *r, const struct config *cfg,
                     const char *typed, struct stream_name *out,
                     struct err *err)
{
    (void)r;
    (void)cfg;
    if (strncmp(typed, "orders", 6) != 0)
        return err_set(err, ERR_USER, "there is no stream `%s`", typed);
    *out = (struct stream_name){ .stream = xstrdup("orders"),
                                 .dlq = xstrdup("orders.dlq") };
    return true;
}

void stream_name_dispose(struct stream_name *name)
{
    free(name->stream);
    free(name->dlq);
}

bool streams_report(struct redis *r, const struct config *cfg, const char *name,
                    int64_t now, struct stream_report *out, struct err *err)
{
    static struct stream_info info = { .exists = true, .newest_age_ms = -1 };

    (void)r;
    (void)cfg;
    (void)now;
    snprintf(asked, sizeof asked, "%s", name ? name : "all");
    info.name = asked;
    *out = (struct stream_report){ &info, 1, false };
    return !fail || err_set(err, ERR_REDIS, "Redis is down");
}

void stream_report_dispose(struct stream_report *report)
{
    (void)report;
}

TestSuite(streams, .fini = calls_end);

Test(streams, all_or_the_one_that_is_named)
{
    cr_expect(
        strstr(call_as("U0BEN", "streams")->text, "1 stream, nothing waits"));
    cr_expect_str_eq(asked, "all");
    cr_expect(
        strstr(call_as("U0BEN", "streams orders")->text, "orders: 0 entries"));
    cr_expect_str_eq(asked, "orders");
    call_as("U0BEN", "streams orders.dlq");
    cr_expect_str_eq(asked, "orders.dlq");
}

Test(streams, failures_are_explained)
{
    cr_expect_eq(call_as("U0BEN", "streams x")->err.kind, ERR_USER);
    fail = true;
    cr_expect_eq(call_as("U0BEN", "streams")->err.kind, ERR_REDIS);
    cr_expect_eq(call_as("U0BEN", "streams orders")->err.kind, ERR_REDIS);
}

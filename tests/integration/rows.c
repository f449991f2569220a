/* rows: see rows.h. */
#include "tests/integration/rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

struct harness *rows_start(void)
{
    return harness_start(&(struct harness_options){
        .yaml = "channels:\n  fallback: C0GENERAL\n"
                "roles:\n  - name: all\n    users: [U0ANN]\n"
                "    rights: [\"dlq.*\", outbox, outbox.retry]\n" });
}

void row_put(struct harness *h, const char *op, const char *channel)
{
    free(sql(h,
             "insert into opsbot.outbox (op, channel, body) values"
             " ('%s', '%s', '{\"text\":\"%s says hi\"}')",
             op, channel, op));
}

void row_card(struct harness *h, const char *op, const char *channel)
{
    free(sql(h,
             "insert into opsbot.outbox (op, channel, body, thing, lane)"
             " values ('%s', '%s', '{\"text\":\"%s is new\"}', 'none:%s', 4)",
             op, channel, op, op));
}

void row_change(struct harness *h, const char *op, const char *text,
                int changes)
{
    free(sql(h,
             "update opsbot.outbox set wanted = wanted + %d,"
             " body = '{\"text\":\"%s\"}', state = case state when 'sent' then"
             " 'waiting' else state end, due_at = greatest(due_at, now())"
             " where op = '%s'",
             changes, text, op));
}

static char *state_of(struct harness *h, const char *op)
{
    char *text = sql(h,
                     "select state, coalesce(error, '') from opsbot.outbox"
                     " where op = '%s'",
                     op);

    text[strcspn(text, "\n")] = '\0';
    return text;
}

void row_wait(struct harness *h, const char *op, const char *want, int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    char *is;

    while (is = state_of(h, op), strcmp(is, want) != 0) {
        if (clock_mono_ms() >= until)
            harness_fail("row %s is %s, not %s", op, is, want);
        free(is);
        harness_sleep(20);
    }
    free(is);
}

void row_expect(struct harness *h, const char *op, const char *want)
{
    row_wait(h, op, want, 0);
}

char *row_text(struct harness *h, const char *channel, size_t n)
{
    char *path = xasprintf("messages?channel=%s", channel), *text;
    json_t *all = control_get(h, path);
    const char *found =
        json_string_value(json_object_get(reply_message(all, n), "text"));

    text = xstrdup(found ? found : "");
    json_decref(all);
    free(path);
    return text;
}

void row_delete_message(struct harness *h, const char *op, const char *channel)
{
    char *ts = sql(h, "select ts from opsbot.outbox where op = '%s'", op);

    ts[strcspn(ts, "\n")] = '\0';
    json_decref(control_post(
        h, "delete", json_pack("{s:s, s:s}", "channel", channel, "ts", ts)));
    free(ts);
}

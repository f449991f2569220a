/* grouped: see grouped.h. */
#include "tests/core/alert/grouped.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void grouped_start(void)
{
    posts_start();
    w.cfg.alerts.storm = 20;
}

void grouped_stop(void)
{
    posts_stop();
}

struct alert_world grouped_world(void)
{
    return (struct alert_world){ .db = w.db, .config = &w.cfg, .replica = "r" };
}

void grouped_run(const char *fmt, ...)
{
    char text[2000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    free(look_text(&w.s, text));
}

long grouped_number(const char *fmt, ...)
{
    char text[2000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return look_number(&w.s, text);
}

int64_t grouped_put(const char *op, enum alert_severity severity,
                    const char *channels)
{
    return grouped_number(
        "insert into opsbot.alert_groups (key, op, route, route_id, title,"
        " severity, channels, firing, total) values ('k-%s', '%s', 'all', 'r',"
        " '%s is slow', %d, '%s', 1, 1) returning id",
        op, op, op, (int)severity, channels);
}

void grouped_alert(int64_t number, const char *fingerprint, const char *rule,
                   const char *title)
{
    grouped_run("insert into opsbot.alerts (\"group\", fingerprint, event,"
                " severity, firing, title, labels, at) values (%lld, '%s',"
                " '%s', 2, true, '%s', '{\"alertname\":\"%s\"}', now())"
                " returning 1",
                (long long)number, fingerprint, fingerprint, title, rule);
}

void grouped_card(int64_t number, enum outbox_lane lane, const char *channel)
{
    char op[40], thing[GROUP_THING];

    snprintf(op, sizeof op, "op-%lld", (long long)number);
    group_thing(number, thing);
    PUT(.op = op, .channel = channel, .thing = thing, .lane = lane);
}

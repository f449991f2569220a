/*
 * grouped: groups of alerts, their alerts and cards, put into a Postgres of
 * its own as rows, for tests of what looks at them. What cannot be done fails
 * the test. One thread.
 */
#ifndef TESTS_CORE_ALERT_GROUPED_H
#define TESTS_CORE_ALERT_GROUPED_H

#include "core/alert/take.h"
#include "tests/core/ops/posts.h"

/* With posts.h: the world is w. alerts.storm is 20 at first. */
void grouped_start(void);
void grouped_stop(void);
struct alert_world grouped_world(void); /* of w */

/* A group that fires, made now; its number. op: of its card. channels: a JSON
 * list. */
int64_t grouped_put(const char *op, enum alert_severity severity,
                    const char *channels);
/* One of its alerts. rule: its alertname; "" none. */
void grouped_alert(int64_t number, const char *fingerprint, const char *rule,
                   const char *title);
/* Its card in a channel, as take.c puts it. */
void grouped_card(int64_t number, enum outbox_lane lane, const char *channel);

/* A statement; a number that a query gives. */
void grouped_run(const char *fmt, ...) PRINTF_LIKE(1, 2);
long grouped_number(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif

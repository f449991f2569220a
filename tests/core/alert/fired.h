/*
 * fired: events taken into a Postgres of its own, with a configuration as
 * people write it and a clock that the test moves. What cannot be done fails
 * the test. One thread, but for worlds of other connections.
 */
#ifndef TESTS_CORE_ALERT_FIRED_H
#define TESTS_CORE_ALERT_FIRED_H

#include "core/alert/take.h"
#include "tests/core/ops/posts.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Routes: critical ones go to C0CRIT with policy page (5m U1, 10m S2, 15m
 * C0LEAD, once more), label slow waits 30 s, label
 * wait does too and has policy page, label bare has no policy, no
 * interval and no repeat, label two goes to two routes, label night is quiet
 * at night (22:00-06:00 UTC); everything else to C0OPS. They group by service.
 * Labels cause and both inhibit effect and both of the same service.
 */
extern const struct config *fired_config;
extern int64_t fired_now; /* wall ms; begins at 12:00 UTC */

void fired_start(void);
void fired_stop(void);
struct alert_world fired_world(struct db *db);

/* One event. What is not given: its fingerprint is "a", service "pay",
 * severity warning, begun now; each has an id of its own. */
struct fired {
    const char *print, *service, *id, *trace, *title;
    const char *severity; /* "critical" */
    const char *label;    /* one more: "slow", "bare", … */
    int64_t at, ended;
    bool resolved, by_hand; /* by_hand: no source ends it */
};
/* events_free() them. */
struct alert_event *fired_events(const struct fired *list, size_t count);
struct taken fired_take(const struct fired *list, size_t count);
#define FIRE(...)                                                              \
    fired_take((const struct fired[]){ __VA_ARGS__ },                          \
               sizeof((const struct fired[]){ __VA_ARGS__ }) /                 \
                   sizeof(struct fired))

/* A person, in an operation of its own unless op is given; what came of it,
 * until the next. */
struct alert_done *fired_do(enum step_kind kind, int64_t number,
                            const char *user, const char *text);
struct alert_done *fired_change(const char *op, int64_t number,
                                const char *user, struct step_input in);
/* Time goes on, and whatever is due happens. How many were due. */
size_t fired_pass(int64_t ms);

/* As it stands, until the next. */
struct alert_group *fired_group(int64_t number);
/* What happened to it, oldest first: "first acked resolved". And what its
 * thread says: "more(3)! better". "!": it tells people; "^": it is shown in
 * the channel. Until the next. */
const char *fired_history(int64_t number);
const char *fired_thread(int64_t number);

long fired_number(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The counts of all groups are what their alerts say. */
void fired_check_counts(void);

#endif

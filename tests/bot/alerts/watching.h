/*
 * watching: a watch without its thread, for the tests of what it raises. A
 * world with both stores, stream `orders`, the checks `api` (critical, 2 of 2,
 * of scope trading) and `cert` (a certificate, warning, 1 of 1); alerts.watch
 * as its defaults are, but dlq_inflow 10. One thread.
 */
#ifndef TESTS_BOT_ALERTS_WATCHING_H
#define TESTS_BOT_ALERTS_WATCHING_H

#include "bot/alerts/watch_int.h"
#include "tests/core/ops/world.h"

/* What it works on; a test changes what it likes. */
extern struct world world;
extern struct check_board *board;
extern struct watch *w;
extern struct watch_self self_now; /* what the bot knows of itself */
extern bool leading;               /* this replica does; true */
extern bool full;                  /* the alerts thread has no room; false */

/* What was raised, in its order. */
#define SAID 50
extern struct alert_event said[SAID];
extern size_t count_said;

/* Of a test suite. */
void watching_start(void);
void watching_stop(void);
/* Another process, another replica. */
void restart(const char *replica);

/* A turn that looks at the stores too. How many events it raised. */
size_t look(void);

/* The last of them; and what it has to be. */
const struct alert_event *last(void);
void is_raised(const char *alert, enum alert_severity severity);
void is_over(const char *alert);
void label_is(const char *name, const char *value);
void title_is(const char *title);
void says(const char *words); /* in its message */

/* A result of a check, each a second later than the one before. */
void result(const char *check, bool ok, const char *text);
/* A dead letter of orders; and all of them gone. */
void dead(int64_t age_ms, const char *error);
void requeued(void);
/* As it is after `take`: the row that stands. */
void in_postgres(const struct alert_event *e);

#endif

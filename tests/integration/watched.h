/*
 * watched: a bot that raises alerts by itself, for the tests of what it
 * raises: the rows of those alerts, and their cards in C0OPS. What does not
 * come fails the test, as in harness.h.
 */
#ifndef INTEGRATION_WATCHED_H
#define INTEGRATION_WATCHED_H

#include "tests/integration/healthy.h"

/* The configuration, up to what is below `alerts:`. */
#define WATCH_HEAD                                                             \
    "channels:\n  ops: C0OPS\n"                                                \
    "admins: [U0ANN]\n"                                                        \
    "streams:\n  - name: orders\n"                                             \
    "alerts:\n  stream: notify.events\n"                                       \
    "  route:\n    channels: [C0OPS]\n    group_by: [alertname, stream, "      \
    "check,"                                                                   \
    " replica]\n"

/* watch: lines of alerts.watch. */
struct harness *watching(const char *watch);

/* From now on, or from the next start on, this is watched: a busy machine may
 * take longer to start than it may be deaf. */
void watch_instead(struct harness *h, const char *watch);

/* Rows of alerts by name: firing, or all there ever were. */
long long watch_rows(struct harness *h, const char *name, bool firing);
/* Waits until the one that there is fires, or has ended. */
void watch_raised(struct harness *h, const char *name);
void watch_over(struct harness *h, const char *name);

/* One card says it, and none a second time. */
void watch_one_card(struct harness *h, const char *text);
/* The same card says that it is over. */
void watch_card_over(struct harness *h, const char *text);

/* How often groups of this alert began, by their own history. */
long long watch_firsts(struct harness *h, const char *name);
/* Two more whole looks: whatever was to be said has been. */
void watch_wait_looks(struct opsbot *bot);

#endif

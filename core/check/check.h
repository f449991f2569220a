/*
 * check: one health check, asked once: is this thing as it should be?
 *
 * A checker is a configured check with what it keeps between two askings (an
 * open connection, the last depth of a queue). checker_run() asks, straight
 * from top to bottom, within the check's time-out: whatever it waits for has a
 * deadline, name look-ups included. It never fails: that it could not ask is a
 * result, and its text says why.
 *
 * A checker belongs to one thread at a time; different checkers need nothing
 * of each other. Each kind is a file of its own (check_http.c, …) and one
 * entry in the table of check.c.
 */
#ifndef CORE_CHECK_CHECK_H
#define CORE_CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config_now.h"

#define CHECK_TEXT 240

/* What came of one asking. */
struct check_result {
    bool ok;
    int64_t at;      /* wall ms: when it was begun */
    int64_t took_us; /* until the answer, or until it was given up */
    /* One line for people, never a secret: what was found and, where it is
     * not as it should be, what was expected: "12 ms", "HTTP 503, expected
     * 200", "connect 35.2 s > 35 s", "expires in 6 d (limit 14 d)". */
    char text[CHECK_TEXT];
};

/* What checkers share. Borrowed for their lives; any thread. */
struct check_world {
    const struct config_holder *config;
    struct heartbeats *heartbeats; /* who has called in; see heartbeat.h */
};

struct checker;

/* No I/O. spec and world are borrowed for life. */
struct checker *checker_new(const struct config_check *spec,
                            const struct check_world *world);
void checker_run(struct checker *c, struct check_result *out);
void checker_free(struct checker *c); /* NULL is fine */

/* "critical": as in the configuration. */
const char *check_severity_name(enum check_severity severity);

#endif

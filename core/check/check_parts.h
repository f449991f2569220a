/*
 * check_parts: between check.c and the kinds of checks. Internal to
 * core/check; see check.h for threads.
 */
#ifndef CORE_CHECK_CHECK_PARTS_H
#define CORE_CHECK_CHECK_PARTS_H

#include "core/base/err.h"
#include "core/check/check.h"

/* One asking on its way. */
struct check_ask {
    const struct config_check *spec;
    const struct check_world *world;
    int64_t began; /* mono us */
    int64_t until; /* mono ms: nothing waits longer */
    void *kept;    /* what open() gave; NULL for kinds without open() */
    struct check_result *out;
};

struct check_type {
    /* What lives between askings; may be NULL, then so is close(). No I/O. */
    void *(*open)(const struct config_check *spec,
                  const struct check_world *world);
    /* Calls check_ok() or check_bad() once. */
    void (*run)(struct check_ask *ask);
    void (*close)(void *kept);
};

/* The result's text; took_us is until now unless it was set before. What a
 * person must not see is masked on the way out, and a slow success becomes a
 * failure where the check has a limit. */
void check_ok(struct check_ask *ask, const char *fmt, ...) PRINTF_LIKE(2, 3);
void check_bad(struct check_ask *ask, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* check_ok() where how long it took is all there is to say: "12 ms". */
void check_ok_time(struct check_ask *ask);
/* Nothing came before the deadline: "no answer within 5.0 s". */
void check_late(struct check_ask *ask);
/* why as the parts of core/net say it ("cannot connect: no answer"); with the
 * limit behind it when time is up. */
void check_failed(struct check_ask *ask, const char *why);

/* Until the deadline, never negative. */
int check_left_ms(const struct check_ask *ask);
bool check_is_over(const struct check_ask *ask);
/* As people say it: "0.4 ms", "12 ms", "35.2 s". */
#define CHECK_TIME 24
const char *check_time(int64_t us, char out[CHECK_TIME]);
/* A value from outside, fit to stand in a text: one plain line of at most max
 * characters, secrets masked. Heap. */
char *check_shown(const char *value, size_t max);

/* One for each enum check_kind, each in a file of its own. */
extern const struct check_type check_http, check_tls, check_tcp, check_postgres,
    check_redis, check_stream, check_websocket, check_prometheus, check_secrets,
    check_heartbeat;

#endif

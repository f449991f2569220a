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

/* The result's text; took_us is until now unless it was set before. */
void check_ok(struct check_ask *ask, const char *fmt, ...) PRINTF_LIKE(2, 3);
void check_bad(struct check_ask *ask, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Until the deadline, never negative. */
int check_left_ms(const struct check_ask *ask);

/* One for each enum check_kind, each in a file of its own. */
extern const struct check_type check_http, check_tls, check_tcp, check_postgres,
    check_redis, check_stream, check_websocket, check_prometheus, check_secrets,
    check_heartbeat;

#endif

/*
 * reloading: SIGHUP with another configuration, for the tests of it. One
 * thread, one harness with a configuration file; what cannot be done fails.
 */
#ifndef INTEGRATION_RELOADING_H
#define INTEGRATION_RELOADING_H

#include "tests/integration/common.h"

void write_text(const char *path, const char *text);
/* The configuration file becomes text, whole at once. */
void write_yaml(struct harness *h, const char *text);

/* SIGHUP, and waits until the log says how it went. */
void reload_only(struct harness *h);
/* write_yaml() and that. */
void reload(struct harness *h, const char *yaml);

/* How often the log has what. */
size_t log_lines(struct harness *h, const char *what);
/* For wait_until(): it is there more often. arg: struct log_more. */
struct log_more {
    struct harness *h;
    const char *what;
    size_t than;
};
bool log_has_more(void *arg);

/* A check that passes while the variable is set. */
#define CHECK(id, variable)                                                    \
    "  - {id: " id ", kind: secrets, interval_s: 1, variables: [" variable     \
    "]}\n"

#endif

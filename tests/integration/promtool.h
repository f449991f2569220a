/*
 * promtool: Prometheus' own judge of what is in deploy/. One thread; what
 * cannot be done, or is not well, fails the test.
 */
#ifndef INTEGRATION_PROMTOOL_H
#define INTEGRATION_PROMTOOL_H

#include "tests/harness/harness.h"

/* Runs it in deploy/prometheus, by the shell: "check rules opsbot.rules.yml". */
void promtool(struct harness *h, const char *what);
/* A file below deploy/, which must be there. Heap. */
char *deployed(const char *path);

#endif

/*
 * world: a configuration, an act and connections for the tests of core/ops.
 */
#ifndef TESTS_CORE_OPS_WORLD_H
#define TESTS_CORE_OPS_WORLD_H

#include "core/config.h"
#include "core/ops/act.h"
#include "tests/core/stores.h"

struct world {
    struct stores s;
    struct config cfg; /* no streams; dlq fields by their default names */
    struct redis *r;
    struct db *db; /* migrated */
    struct err err;
};

void world_start(struct world *w, int which);
void world_stop(struct world *w);

/* By U0ANN in C0OPS, recorded now. op is borrowed. */
struct act act_of(const char *op, const char *command);

#endif

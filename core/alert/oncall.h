/*
 * oncall: who is on call: rotations of the configuration, overrides in
 * opsbot.oncall_overrides.
 */
#ifndef CORE_ALERT_ONCALL_H
#define CORE_ALERT_ONCALL_H

#include "core/config.h"
#include "core/ops/act.h"
#include "core/store/db.h"

struct oncall {
    const struct config_rotation *rotation; /* borrowed */
    char *user;                             /* who has it now; heap */
    int64_t since, until;                   /* wall ms */
    char *next;                             /* who is after; heap */
    bool override;                          /* by somebody's word */
    char *override_by;
};
void oncall_dispose(struct oncall *o);

/* Without a store: the rotation alone. */
void oncall_turn(const struct config_rotation *r, int64_t wall_ms,
                 struct oncall *out);
/* With its overrides. db NULL: Postgres is away, as oncall_turn(). */
MUST_CHECK bool oncall_at(struct db *db, const struct config_rotation *r,
                          int64_t wall_ms, struct oncall *out, struct err *err);
const struct config_rotation *oncall_find(const struct config *cfg,
                                          const char *name); /* NULL: none */
/* One operation, with its audit row. *before: by this operation, earlier. */
MUST_CHECK bool oncall_override(struct db *db, const struct act *act,
                                const struct config_rotation *r,
                                const char *user, int64_t from, int64_t until,
                                bool *before, struct err *err);

#endif

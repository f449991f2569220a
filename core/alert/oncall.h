/*
 * oncall: who is on call: rotations of the configuration, overrides in
 * opsbot.oncall_overrides. One hands over to the next at the same time of the
 * day in the rotation's zone, whatever its clocks do. Of two overrides for the
 * same moment the newer holds.
 *
 * Times are wall ms. Any thread, with its own connection.
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
    char *user_name, *next_name, *by_name; /* of those three, see
                                            * oncall_names(); NULL: unknown */
};
void oncall_dispose(struct oncall *o);

/* Without a store: the rotation alone. */
void oncall_turn(const struct config_rotation *r, int64_t wall_ms,
                 struct oncall *out);
/* With its overrides. db NULL: Postgres is away, as oncall_turn(). */
MUST_CHECK bool oncall_at(struct db *db, const struct config_rotation *r,
                          int64_t wall_ms, struct oncall *out, struct err *err);
/* The same, and who comes after, one after the other: `count` of them, each
 * disposed of by the caller; none when it fails. */
MUST_CHECK bool oncall_ahead(struct db *db, const struct config_rotation *r,
                             int64_t wall_ms, struct oncall *out, size_t count,
                             struct err *err);
/* What they are called, for who reads plain text: as Slack said when they did
 * something here the last time. Who never did has none; nor has anybody while
 * Postgres does not answer. */
void oncall_names(struct db *db, struct oncall *items, size_t count);
const struct config_rotation *oncall_find(const struct config *cfg,
                                          const char *name); /* NULL: none */

#define ONCALL_MOST_MS (30 * INT64_C(86400000)) /* an override is no longer */

/* Somebody takes it for somebody else. All borrowed. */
struct oncall_word {
    const struct config_rotation *rotation;
    const char *user;
    int64_t from, until;
    const struct config *config; /* where it is told: act_channels() */
    const char *body;            /* of that: chat.postMessage arguments */
    const char *response_url;    /* or "" */
};
struct oncall_done {
    bool before; /* by this operation, earlier: nothing changed now */
    int64_t at;  /* when that was */
};
/* One operation, with its audit row and its posts. */
MUST_CHECK bool oncall_override(struct db *db, const struct act *act,
                                const struct oncall_word *word,
                                struct oncall_done *out, struct err *err);

#endif

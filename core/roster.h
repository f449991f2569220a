/*
 * roster: who is in which Slack user group, and since when we know.
 *
 * One object for the process: written by the scheduler, read by any thread
 * (one lock, held for a look-up). Kept in Postgres (opsbot.user_groups) and in
 * the file groups.json of the state directory, so that a start without Slack,
 * or without Postgres, still knows it.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/store/db.h"

#define ROSTER_FRESH_MS (24 * 3600 * 1000LL)
#define ROSTER_HANDLE   80 /* bytes of a handle, NUL included */

struct roster;

struct roster *roster_new(void);
void roster_free(struct roster *r); /* NULL is fine */

/* Replaces the members of one group. fetched_at: wall ms; one older than what
 * is known changes nothing. */
void roster_set(struct roster *r, const char *group, const char *const *users,
                size_t count, int64_t fetched_at);

/* True when user is in group; *fetched_at: when that was known, 0: never. */
bool roster_has(struct roster *r, const char *group, const char *user,
                int64_t *fetched_at);

/* How people call a group: "oncall", without "@". Nothing to add one for. */
void roster_name(struct roster *r, const char *group, const char *handle);
/* Into out; "" when it is not known. */
const char *roster_handle(struct roster *r, const char *group,
                          char out[ROSTER_HANDLE]);

/* Notes whether Slack says that there is no such group. True when that is
 * news. */
bool roster_unknown(struct roster *r, const char *group, bool unknown);
bool roster_is_unknown(struct roster *r, const char *group);

/* Since when Slack does not say who is in the groups (wall ms); the first of
 * several counts, 0 ends it. */
void roster_failing(struct roster *r, int64_t since);
int64_t roster_failing_since(struct roster *r);

/* The ids of all groups that roles name, each once. Array heap, ids borrowed
 * from cfg. */
const char **roster_groups(const struct config *cfg, size_t *count);

/* From and to Postgres, and the file of that path. Loading keeps whatever is
 * newer; a time to come counts as now. A missing file is no failure; of a
 * damaged one that is kept which is whole, of one that others may write
 * nothing: it gives rights. Saving a file is atomic (rename), with mode 0600,
 * and makes its directory. ERR_DB, ERR_SYSTEM. */
MUST_CHECK bool roster_load(struct roster *r, struct db *db, struct err *err);
MUST_CHECK bool roster_save(struct roster *r, struct db *db, struct err *err);
MUST_CHECK bool roster_read(struct roster *r, const char *path,
                            struct err *err);
MUST_CHECK bool roster_write(struct roster *r, const char *path,
                             struct err *err);

#endif

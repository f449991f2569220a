/*
 * migrate: brings schema opsbot to what this binary needs. Start-up only.
 *
 * Migrations are core/store/migrations/NNNN_name.sql, embedded in the binary.
 * They run in order under an advisory lock, each in its own transaction, and
 * are recorded with a SHA-256 in opsbot.migrations: one that changed after it
 * was applied is an error. A database that knows newer migrations than we do
 * is fine (versions N and N+1 run together). Nothing outside schema opsbot is
 * touched.
 */
#ifndef CORE_STORE_MIGRATE_H
#define CORE_STORE_MIGRATE_H

#include "core/base/err.h"
#include "core/store/db.h"

/*
 * owner: a connection that may create (DATABASE_MIGRATE_URL, else
 * DATABASE_URL). runtime_role: granted what the bot needs at run time and no
 * more, or NULL when both are the same role.
 */
MUST_CHECK bool migrate_run(struct db *owner, const char *runtime_role,
                            int *applied, struct err *err);

/* How a database stands to the migrations of this binary. */
struct migrate_state {
    bool there;       /* opsbot.migrations is */
    int known;        /* migrations of this binary … */
    int applied;      /* … of which so many are applied */
    int newer;        /* migrations that only a newer binary knows */
    char changed[64]; /* one that is not what was applied; "": none */
};

/* Looks, and changes nothing. */
MUST_CHECK bool migrate_look(struct db *db, struct migrate_state *out,
                             struct err *err);

#endif

/*
 * groups: who is in the Slack user groups that roles name.
 *
 * Asked of Slack every 10 minutes by the scheduler, and kept in Postgres
 * and in groups.json of the state directory, so that a start without Slack,
 * or without Postgres, knows it. One thread at a time.
 */
#ifndef BOT_GROUPS_H
#define BOT_GROUPS_H

#include "bot/sender/sender.h"
#include "core/roster.h"
#include "core/store/db.h"

#define GROUPS_EVERY_MS 600000
/* After a failure. */
#define GROUPS_AGAIN_MS 30000

/*
 * Asks for all groups at once, and for each that is not in that answer alone
 * (it may be disabled); waits at most 3 s each time and 6 s in all, and asks no
 * more when Slack does not answer. A group that Slack does not know has no
 * members, and is logged once. Then takes what another replica has put into
 * Postgres since, and saves. db NULL or down: not saved there, which is no failure.
 * False: Slack did not say who is in all of them (ERR_SLACK, ERR_BUSY: try
 * again after GROUPS_AGAIN_MS), or the file could not be written.
 * Nothing to do is success.
 */
MUST_CHECK bool groups_refresh(struct sender *s, const struct config *cfg,
                               struct roster *roster, struct db *db,
                               struct err *err);

/* What is known from before: the file, then Postgres; the newest counts. What
 * cannot be read is logged. db as above. */
void groups_start_up(const struct config *cfg, struct roster *roster,
                     struct db *db);

#endif

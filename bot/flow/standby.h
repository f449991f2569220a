/*
 * standby: whoever is on call is who is in the user group that a rotation
 * names, so that a mention of it reaches them. Runs on the scheduler, in one
 * replica at a time.
 *
 * Slack is told once per change: what it was told last is noted in Postgres.
 * Whoever changes the group by hand meanwhile has it so until the next change.
 */
#ifndef BOT_FLOW_STANDBY_H
#define BOT_FLOW_STANDBY_H

#include "bot/sender/sender.h"
#include "core/config.h"
#include "core/store/db.h"

#define STANDBY_EVERY_MS 10000
/* After a failure: what Slack refuses, a person has to put right. */
#define STANDBY_AGAIN_MS 120000

/* *changed: how many groups have other members now. One rotation that fails
 * keeps no other; waits at most 3 s for each and 6 s in all. False: Slack
 * (ERR_SLACK, ERR_BUSY) or Postgres did not do its part. */
MUST_CHECK bool standby_follow(struct sender *s, const struct config *cfg,
                               struct db *db, size_t *changed, struct err *err);

#endif

/*
 * road: what becomes of alerts whose cards cannot be posted.
 *
 *   refused   Slack's Web API refuses a critical or high card, or cannot be
 *             reached: its text goes by the incoming webhook of its severity,
 *             once for each state (alerts.<severity>.webhook)
 *   unposted  a critical has no card anywhere for alerts.fallback.after: it
 *             goes by webhook and mail, once
 *   away      a channel got nothing for as long: when Slack is back one
 *             message comes first ("away:<id>"), then the cards, each with
 *             its newest state
 *
 * All of it is read off the outbox, so it survives whoever saw it; any
 * replica, any number of them at once: the keys of the pages make it once. No
 * state of its own: it runs on the thread whose connection it is given.
 */
#ifndef CORE_ALERT_ROAD_H
#define CORE_ALERT_ROAD_H

#include "core/alert/group.h"

#define ROAD_MS         20000 /* a card that Slack does not take waits so long */
#define ROAD_UNCLEAR_MS 60000 /* … when it may have arrived */
#define ROAD_MOST       50    /* cards that one look puts on their way */

/* Looks once, in transactions of its own. *pages: how many may be due now,
 * *posts: whether the outbox has something to do. */
MUST_CHECK bool road_look(struct db *db, const struct config *cfg,
                          size_t *pages, bool *posts, struct err *err);

/* The part of it that is about channels. after_ms 0: never. */
MUST_CHECK bool away_look(struct db *db, int64_t after_ms, bool *posts,
                          struct err *err);

/* What a channel did not get, as it is when it is told. */
#define AWAY_NAMED 10
struct away {
    int64_t id, began;
    int64_t alerts, open, criticals; /* cards that wait; of them: not over; of
                                      * these: critical */
    char *why;                       /* "Slack was away"; "" */
    struct group_list named;         /* of the open ones, worst first */
};
MUST_CHECK bool away_load(struct db *db, int64_t id, struct away *out,
                          bool *found, struct err *err);
void away_dispose(struct away *a);

#endif

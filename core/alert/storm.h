/*
 * storm: many new groups at once in one channel. Above alerts.storm new ones a
 * minute, warning and info fold into one digest that is edited; criticals
 * and high keep their own cards. It is over when a minute had less than half
 * of that.
 * And the roll-call: when more than ROLL_MOST critical cards wait for one
 * channel, one message names them all, each with its button, and they follow
 * in its thread.
 */
#ifndef CORE_ALERT_STORM_H
#define CORE_ALERT_STORM_H

#include "core/alert/group.h"

#define ROLL_MOST  5
#define ROLL_NAMES 20 /* in one message at most; then another one follows */

struct alert_world;

/* In take's open transaction, for a new group (it needs op, severity and
 * channels, no number yet), before its card is put: the digest it folds into,
 * 0: a card of its own. A group of several channels folds where all of them
 * have a storm, and is in the digest of each. */
MUST_CHECK bool storm_fold(const struct alert_world *w,
                           const struct alert_group *g, int64_t *storm,
                           struct err *err);
/* After the cards of a batch were put, in the same transaction: for each
 * channel that got a critical one. */
MUST_CHECK bool roll_call(const struct alert_world *w, const char *channel,
                          struct err *err);
/* The clock: digests that are over say so, roll-calls show what has become of
 * those they name. A transaction of its own. */
MUST_CHECK bool storm_due(const struct alert_world *w, struct err *err);

/* As it is shown: "storm:<id>", "roll:<id>". */
struct storm_cause {
    char *title;
    int64_t count;
};
struct storm {
    int64_t id;
    char *channel;
    int64_t began, ended;   /* 0: it goes on */
    int64_t groups, alerts; /* folded */
    int64_t criticals;      /* kept their own cards meanwhile */
    int64_t dropped;        /* folded groups that are not in the database: 0 */
    struct storm_cause causes[5];
    size_t causes_count;
    int64_t causes_all;
};
MUST_CHECK bool storm_load(struct db *db, int64_t id, struct storm *out,
                           bool *found, struct err *err);
void storm_dispose(struct storm *s);
/* All of its groups, for the file: a page of struct group_list. */
MUST_CHECK bool storm_groups(struct db *db, int64_t id, size_t skip,
                             size_t limit, struct group_list *out,
                             struct err *err);
MUST_CHECK bool roll_load(struct db *db, int64_t id, struct group_list *out,
                          bool *found, struct err *err);

#endif

/*
 * picture: which alerts are owed a picture in their thread, and what is drawn
 * in it that Postgres knows: when alerts of the same key fired before, and how
 * long a check took.
 *
 * Owed is one for each group of critical or high alerts, and of the bot's own
 * about a queue, once its card has been posted. It is claimed for PICTURE_LEASE_MS, so that one replica makes
 * it, and is tried again when that is over; after PICTURE_GIVE_UP_MS nobody
 * needs it any more.
 */
#ifndef CORE_ALERT_PICTURE_H
#define CORE_ALERT_PICTURE_H

#include "core/alert/chart.h"
#include "core/alert/group.h"

#define PICTURE_LEASE_MS   60000
#define PICTURE_AGAIN_MS   10000    /* after one that failed */
#define PICTURE_GIVE_UP_MS 900000   /* since the group began */
#define PICTURE_BACK_MS    86400000 /* what it shows */
#define PICTURE_BANDS      200
#define PICTURE_POINTS     480

/* The one that has waited longest, for this replica. *number 0: none. *before:
 * it was begun before, and may be there, whoever began it. */
MUST_CHECK bool picture_claim(struct db *db, int64_t *number, bool *before,
                              struct err *err);
/* It failed: again in PICTURE_AGAIN_MS. */
MUST_CHECK bool picture_again(struct db *db, int64_t number, struct err *err);
/* It is there, or will never be. */
MUST_CHECK bool picture_over(struct db *db, int64_t number, struct err *err);
/* *dropped: how many are too old to be of use, and are owed no longer. */
MUST_CHECK bool picture_drop(struct db *db, int64_t *dropped, struct err *err);

/* What its own words are about: labels of the alert whose words they are. All
 * heap, "" where it has none. */
struct picture_subject {
    char *check, *stream;
    bool waits; /* of the stream: how long, not how many dead letters */
};
MUST_CHECK bool picture_subject(struct db *db, int64_t number,
                                struct picture_subject *out, struct err *err);
void picture_subject_dispose(struct picture_subject *s);

/* When groups of this key fired since from; at most PICTURE_BANDS, oldest
 * first; heap. */
MUST_CHECK bool picture_bands(struct db *db, const char *key, int64_t from,
                              struct chart_band **bands, size_t *count,
                              struct err *err);
/* How long a check's answers took, in ms, failures as they were; at most
 * PICTURE_POINTS, each the longest of its stretch of time; heap. */
MUST_CHECK bool picture_checks(struct db *db, const char *check, int64_t from,
                               int64_t to, struct chart_point **points,
                               size_t *count, struct err *err);

#endif

/*
 * mute: silences and inhibition: what fires, and needs no voice. An alert that
 * is muted counts, is on its card, and tells nobody.
 */
#ifndef CORE_ALERT_MUTE_H
#define CORE_ALERT_MUTE_H

#include "core/alert/take.h"

struct silence {
    int64_t id; /* S-<id> */
    char **matchers;
    size_t matchers_count;
    char *by, *by_name, *reason;
    int64_t at, until;
    char *ended_by; /* "": it has not been ended early */
    int64_t ended_at;
    int64_t group;  /* made from this card; 0 */
    int64_t muting; /* alerts that fire and are muted by it */
};
void silence_dispose(struct silence *s);
#define SILENCE_REASON    500 /* characters */
#define SILENCE_MOST_DAYS 30  /* it lasts so long at most */

struct silences {
    struct silence *items; /* those that hold: soonest to end first */
    size_t count;
    bool more;
};
MUST_CHECK bool silences_list(struct db *db, bool over, size_t skip,
                              size_t limit, struct silences *out,
                              struct err *err);
void silences_dispose(struct silences *s);

struct silence_new {
    const char *const *matchers; /* checked: matchers_read() */
    size_t matchers_count;
    const char *reason;
    int64_t until;
    int64_t group; /* 0: none */
};
struct silence_done {
    bool before, found;     /* as struct alert_done */
    struct silence silence; /* muting: how many alerts it mutes now */
};
void silence_done_dispose(struct silence_done *d);
MUST_CHECK bool silence_add(const struct alert_world *w, const struct act *act,
                            const struct silence_new *want,
                            struct silence_done *out, struct err *err);
MUST_CHECK bool silence_end(const struct alert_world *w, const struct act *act,
                            int64_t id, struct silence_done *out,
                            struct err *err);

/* ---- for take.c, in its open transaction ------------------------------------ */

/* What mutes these events now: why[i] heap, or NULL; until[i] wall ms or 0. */
MUST_CHECK bool mute_look(const struct alert_world *w,
                          const struct alert_event *events, size_t count,
                          char **why, int64_t *until, struct err *err);
/* Once the events are in: alerts that they mute, or no longer mute, change.
 * Also whatever a silence that began or is over does. Gives the groups that
 * are to be stepped (STEP_QUIET): heap. */
MUST_CHECK bool mute_follow(const struct alert_world *w,
                            const struct alert_event *events, size_t count,
                            int64_t **groups, size_t *groups_count,
                            struct err *err);
/* The clock: silences that are over. A transaction of its own. */
MUST_CHECK bool mute_due(const struct alert_world *w, struct err *err);

#endif

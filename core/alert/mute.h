/*
 * mute: silences and inhibition: what fires, and needs no voice. An alert that
 * is muted counts, is on its card, and tells nobody.
 *
 * A silence holds for news from its commit on. What had fired before is muted
 * in pages, each a transaction of its own: at once as far as a short time goes,
 * the rest by mute_due(); the same when it is over. So does whatever an
 * inhibitor mutes elsewhere that begins to fire, or is over.
 *
 *   mute.c          what takes ask: mute_look(), mute_follow()
 *   mute_silence.c  silences are made and ended
 *   mute_apply.c    what a silence does to alerts, page by page
 *   mute_inhibit.c  what inhibitors do to alerts
 *   mute_due.c      the clock
 *   mute_list.c     looking
 *   mute_reach.c    what one would make quiet, before it is made
 *
 * No state of its own but for when rules were looked at; it runs on the thread
 * whose connection it is given.
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
    char *ended_by_name;
    int64_t ended_at;
    int64_t group;  /* made from this card; 0 */
    int64_t muting; /* alerts that fire and are muted by it */
    bool pending;   /* of silence_done: what fires already is still being looked
                     * through, by somebody else */
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
    bool before, found;     /* as struct alert_done; of silence_end() also: it
                             * was over before */
    struct silence silence; /* muting: how many alerts it mutes so far */
};
void silence_done_dispose(struct silence_done *d);
/* ERR_USER: its matchers would take everything, or it ends in the past or too
 * late. */
MUST_CHECK bool silence_add(const struct alert_world *w, const struct act *act,
                            const struct silence_new *want,
                            struct silence_done *out, struct err *err);
/* The same in the open transaction, which it commits: of what was asked
 * about. */
MUST_CHECK bool silence_add_in(const struct alert_world *w,
                               const struct act *act,
                               const struct silence_new *want,
                               struct silence_done *out, struct err *err);
MUST_CHECK bool silence_end(const struct alert_world *w, const struct act *act,
                            int64_t id, struct silence_done *out,
                            struct err *err);

/* What of all that fires matchers would make quiet now, that is not yet. */
#define SILENCE_SHOWN 5
struct silence_reach {
    int64_t groups, alerts;
    int64_t criticals; /* groups of these that are critical */
    struct silence_reached {
        int64_t number; /* A-<number> */
        enum alert_severity severity;
        char *title;        /* heap */
    } first[SILENCE_SHOWN]; /* the worst */
    size_t shown;
    bool more; /* there is more than could be looked at in half a second */
};
MUST_CHECK bool silence_reach(struct db *db, const char *const *matchers,
                              size_t count, struct silence_reach *out,
                              struct err *err);
void silence_reach_dispose(struct silence_reach *r);

/* ---- for take.c, in its open transaction ------------------------------------ */

/* What mutes these events now: why[i] heap, or NULL; until[i] wall ms or 0.
 * Those that are no news (they came before, or late) count for nothing.
 * Once the batch's groups are locked: no other may be, until the commit. */
MUST_CHECK bool mute_look(const struct alert_world *w,
                          const struct alert_event *events, const bool *news,
                          size_t count, char **why, int64_t *until,
                          struct err *err);
/* Once the events are in: notes what mutes them, and what they mute. Gives the
 * groups that are to be stepped (STEP_QUIET): heap. It gives none: what changes
 * elsewhere is due a moment later, without the locks of the batch. */
MUST_CHECK bool mute_follow(const struct alert_world *w,
                            const struct alert_event *events, const bool *news,
                            size_t count, int64_t **groups,
                            size_t *groups_count, struct err *err);
/* The clock: silences that are over, or not yet all around; what inhibitors
 * have changed. Transactions of its own, for MUTE_TIME_MS at most: what is left
 * is due the next time. Any replica, any number at once. */
#define MUTE_TIME_MS 500
MUST_CHECK bool mute_due(const struct alert_world *w, struct err *err);

#endif

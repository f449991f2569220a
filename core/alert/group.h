/*
 * group: what one card shows: the alerts of one route with the same labels to
 * group by. opsbot.alert_groups has one row for each, opsbot.alerts its
 * alerts, opsbot.alert_history what happened.
 *
 * People know it as A-<number>. Of one key one group is open; when it fires
 * again within alerts.flap after it was over it is the same one, later a new
 * one.
 *
 * Times are wall ms, 0 for none. Texts heap and not NULL once it was loaded.
 */
#ifndef CORE_ALERT_GROUP_H
#define CORE_ALERT_GROUP_H

#include "core/alert/event.h"
#include "core/alert/route.h"
#include "core/store/db.h"

/* How it stands, as people see it. */
enum group_state {
    GROUP_FIRING,
    GROUP_ACKED,
    GROUP_SILENCED, /* all that fires is silenced, inhibited, or out of hours */
    GROUP_RESOLVED
};
const char *group_state_name(enum group_state state); /* "firing" … */

/* Why somebody was told (field.md: say why). Stored by name. */
enum group_reason {
    REASON_FIRST,     /* the card itself */
    REASON_MORE,      /* n new in the group */
    REASON_REPEAT,    /* re-sent: still firing after repeat_interval */
    REASON_WORSE,     /* severity up */
    REASON_BETTER,    /* severity down */
    REASON_AGAIN,     /* fires again */
    REASON_FLAPPING,  /* n times in the last hour: one line, not n */
    REASON_SOME_OVER, /* some of it are resolved */
    REASON_RESOLVED,  /* all of it */
    REASON_ACKED,
    REASON_UNACKED,
    REASON_ASKED,       /* the lease ends in five minutes: still on it? */
    REASON_EXTENDED,    /* yes */
    REASON_ACK_EXPIRED, /* no answer: open again */
    REASON_SILENCED,
    REASON_UNSILENCED,
    REASON_ESCALATED, /* a step was taken */
    REASON_ASSIGNED,
    REASON_NOTE,
    REASON_REPOSTED, /* its card was deleted in Slack */
};
#define GROUP_REASONS (REASON_REPOSTED + 1)
const char *group_reason_name(enum group_reason reason); /* "first" … */

struct alert_group {
    int64_t number;       /* A-<number> */
    int64_t version;      /* one more with every change that people can see */
    char *key;            /* route_key() */
    char *route;          /* its path, for people */
    char *route_id;       /* struct route.id */
    char *op;             /* of its card: group_op() */
    struct labels labels; /* those it is grouped by */
    char *title, *message, *source, *runbook; /* of the worst, newest alert */
    char *speaker;                            /* its fingerprint */
    struct alert_link links[EVENT_LINKS];
    size_t links_count;
    enum alert_severity severity; /* of the worst that fires; once it is over,
                                   * of the worst that did */
    bool test, resolves;
    char **channels; /* as they were when it was made */
    size_t channels_count;
    int64_t storm; /* folded into this digest; 0: a card of its own */

    /* how many of its alerts … */
    int64_t firing, muted; /* … fire; of these: are silenced or inhibited */
    int64_t total;         /* … there have been */
    int64_t by[ALERT_SEVERITIES]; /* … fire, by severity */
    int64_t fresh; /* … are new since somebody was told last, and fire still */
    int64_t heard; /* its version when somebody was told last: what joined it
                    * with a later one is fresh */

    int64_t started_at, changed_at;
    int64_t resolved_at; /* when that was heard … */
    int64_t ended_at;    /* … and when the last of its alerts was over, as
                          * their source says; 0: it does not */
    char *resolved_by;   /* a Slack user id; "": its source */
    int64_t over_at;     /* when it was over the last time before this */
    int flaps;           /* how often it fired again within alerts.flap … */
    int64_t flap_at;     /* … since then: an hour, and then anew */
    int64_t posted_at;   /* its card was put into the outbox; 0: it waits */
    int64_t turned;      /* its version when its state changed the last time:
                        * a button that is older is of another state */
    int64_t worse;       /* … when it got worse the last time; 0: never */

    /* acknowledged; by "": nobody has it */
    char *acked_by, *acked_name, *ack_note;
    int64_t acked_at, ack_until;  /* 0: without end */
    bool ack_asked;               /* "still on it?" was said */
    bool ack_owed;                /* Redis has not been told of it yet */
    char *assignee, *assigned_by; /* or "" */

    /* silenced or muted: why, for people; "" otherwise */
    char *quiet_why;
    int64_t quiet_until; /* 0: not known */
    int64_t look_at;     /* kept quiet by a window: look again then */

    /* escalation */
    char *policy;         /* "": none */
    int step;             /* the next one, from 0 */
    int round;            /* how often the policy was begun again */
    int64_t step_at;      /* when it is due; 0: it does not move (acknowledged,
                      * silenced, over, no steps left) */
    int64_t step_left_ms; /* stopped by an acknowledgement: what was left */

    int64_t told_at;            /* the last notification … */
    enum group_reason told_why; /* … and why */
    int64_t tell_at; /* the next one that is owed: wait or interval; 0: none */
    int64_t repeat_at;
    int64_t due_at; /* the earliest of all that is due; 0: nothing is */
};
void group_dispose(struct alert_group *g);
enum group_state group_state(const struct alert_group *g);
/* When it was over: as its source says, which may be long before that was
 * heard; else, and when somebody resolved it, when it was heard. 0: it is
 * not. */
int64_t group_ended(const struct alert_group *g);

/* Its card's operation, from what is known without any store, so that what is
 * posted while Postgres is away is found again: key and the first event. */
void group_op(const char *key, const struct alert_event *first,
              char out[OP_ID]);
/* "alert:<number>": the outbox's name for its cards. 32 bytes. */
#define GROUP_THING 32
void group_thing(int64_t number, char out[GROUP_THING]);
/* "twin:<number>:<op>": a second card of it, posted while Postgres was away. */
#define GROUP_TWIN "twin:"
/* "A-1042", "a1042", "1042". ERR_USER. */
MUST_CHECK bool group_number(const char *typed, int64_t *number,
                             struct err *err);

/* ---- looking ------------------------------------------------------------------ */

MUST_CHECK bool group_load(struct db *db, int64_t number,
                           struct alert_group *out, bool *found,
                           struct err *err);
/* The open (else newest) group that has an alert of this trace id, or had it
 * by that until newer news. */
MUST_CHECK bool group_of_trace(struct db *db, const char *trace,
                               int64_t *number, bool *found, struct err *err);

struct group_query {
    bool unacked;
    const char *mine; /* acknowledged by, or assigned to, this user; NULL */
    bool over;        /* resolved ones too */
    int severity;     /* -1: any */
    const char *text; /* in title, labels or source; NULL */
    int64_t storm;    /* 0; else those that folded into this digest, whatever
                       * else is said here: storm_groups(), not group_list() */
};
/* A page: firing first, worst first, then the newest. */
struct group_list {
    struct alert_group *items;
    size_t count;
    bool more;
    int64_t open, unacked, critical; /* in all, whatever the filter */
};
MUST_CHECK bool group_list(struct db *db, const struct group_query *filter,
                           size_t skip, size_t limit, struct group_list *out,
                           struct err *err);
void group_list_dispose(struct group_list *list);

/* One alert of a group. */
struct group_alert {
    char *fingerprint, *trace, *title, *message;
    enum alert_severity severity;
    bool firing;
    char *quiet_why; /* silenced or inhibited: why; "" */
    struct labels labels;
    int64_t at, ended, seen_at;
};
struct group_alerts {
    struct group_alert *items; /* firing first, worst first, newest first */
    size_t count;
    bool more;
};
MUST_CHECK bool group_alerts(struct db *db, int64_t number, size_t skip,
                             size_t limit, struct group_alerts *out,
                             struct err *err);
void group_alerts_dispose(struct group_alerts *alerts);

/* What happened, and who did it; also what a line in its thread says. */
struct group_change {
    enum group_reason reason;
    int64_t at;
    char *actor, *actor_name; /* "": the bot, or its source */
    char *text; /* a note, a reason, whom a step told, which step was
                 * cancelled … */
    int64_t n;  /* of REASON_MORE, SOME_OVER, FLAPPING: how many; of ESCALATED,
                 * ACKED: the step, from 1; else 0 */
    int64_t of; /* steps in all */
    int64_t until; /* of ACKED, EXTENDED, SILENCED; else 0 */
};
struct group_history {
    struct group_change *items; /* newest first */
    size_t count;
    bool more;
};
MUST_CHECK bool group_history(struct db *db, int64_t number, size_t skip,
                              size_t limit, struct group_history *out,
                              struct err *err);
void group_history_dispose(struct group_history *history);
void group_change_dispose(struct group_change *change);

#endif

/*
 * take_parts: what the files of alerts_take() share. Nobody else includes
 * this.
 *
 *   take.c         one transaction: the order of things
 *   take_news.c    which events are news, and where each of them leads
 *   take_groups.c  their groups: found, locked, made
 *   take_states.c  their alerts, as Postgres has them, and gets them
 *   take_alerts.c  what changes of these, and is counted
 *   take_words.c   what each group says
 *   take_twins.c   their second cards, of an outage
 *
 * Order of locks, so that no two replicas wait for each other: fingerprints by
 * bucket, ids of news, groups by key, what the outbox has.
 */
#ifndef CORE_ALERT_TAKE_PARTS_H
#define CORE_ALERT_TAKE_PARTS_H

#include "core/alert/turn.h"

#define TAKE_NONE SIZE_MAX

/* What is known of one fingerprint: as it was, and as the batch goes on. */
struct print {
    const char *text;        /* borrowed from an event */
    int64_t at;              /* since when it fires; 0: it does not */
    int64_t ended;           /* when it was over the last time; 0: not known */
    bool ends;               /* ended is new */
    char (*keys)[GROUP_KEY]; /* where it fires; heap */
    size_t keys_count;
};

/* One event, in one group. */
struct target {
    size_t event;
    const struct route *route; /* NULL: it ends there */
    char key[GROUP_KEY];
    size_t group; /* its place; TAKE_NONE: there is none */
};

/* A group that something happens to. */
struct touched_group {
    struct alert_group g;
    bool made; /* now */
    bool moved;
    bool silent; /* the alert whose words it has is over */
    struct step_input in;
};

/* One alert of one group. */
struct alert_state {
    size_t group; /* its place */
    const char *fingerprint;
    bool known; /* there is a row */
    bool firing, muted;
    enum alert_severity severity;
    int64_t at, ended;
    int64_t joined;                         /* the group's version, then */
    char *trace;                            /* of its row; heap or NULL */
    const struct alert_event *fired, *last; /* NULL: nothing happened to it */
    const char *why;                        /* muted by; borrowed */
    int64_t until;
};

struct taking {
    const struct alert_world *w;
    const struct alert_event *events;
    size_t count;
    bool *news; /* for each: it is; of what is late no more by then */
    char **why; /* for each: what mutes it; heap or NULL */
    int64_t *until;
    struct turns turns;
    struct print *prints; /* by strcmp */
    size_t prints_count;
    struct target *targets;
    size_t targets_count;
    struct touched_group *groups; /* by strcmp of their keys */
    size_t groups_count;
    struct turn_rows replaced;  /* trace ids that alerts had until now */
    struct alert_state *states; /* by group and fingerprint */
    size_t states_count;
    struct taken *out;
    struct err *err;
};

/* take_news.c */
MUST_CHECK bool take_lock(struct taking *t);
MUST_CHECK bool take_news(struct taking *t);
MUST_CHECK bool take_targets(struct taking *t);

/* take_groups.c */
MUST_CHECK bool take_groups(struct taking *t);

/* take_states.c */
MUST_CHECK bool take_states_look(struct taking *t);
MUST_CHECK bool take_states_write(struct taking *t);
/* Row s has another trace id from now on than was. */
void take_replaced(struct taking *t, const struct alert_state *s,
                   const char *was);
/* When they were over, for what comes late. */
MUST_CHECK bool take_over(struct taking *t);
/* One of those that were looked at. */
struct alert_state *take_state(struct taking *t, size_t group,
                               const char *fingerprint);
/* Number and place of each group, by number. Heap. And one of them; NULL: it is
 * not of this batch. */
int64_t (*take_places(const struct taking *t))[2];
struct touched_group *take_group_at(struct taking *t, int64_t (*places)[2],
                                    int64_t number);

/* take_alerts.c */
MUST_CHECK bool take_alerts(struct taking *t);

/* take_words.c */
/* The group speaks as the worst and newest of its alerts: this one? */
void take_speak(struct touched_group *to, const struct alert_event *e);
/* Of those that lost the one they spoke as: the worst that is left. */
MUST_CHECK bool take_words(struct taking *t);

/* take_twins.c */
/* Of groups whose cards mentioned people without Postgres: nobody is told of
 * them again. */
void take_told(struct taking *t);
MUST_CHECK bool take_twins(struct taking *t);

#endif

/*
 * step: what becomes of a group when something happens to it, and who is to be
 * told. Pure: no I/O, no clock. Everything that happens to a group, by whom
 * ever, goes through group_step(): there is one place that knows the rules.
 */
#ifndef CORE_ALERT_STEP_H
#define CORE_ALERT_STEP_H

#include "core/alert/group.h"

#define STEP_LEASE INT64_C(-1)

enum step_kind {
    STEP_NEWS, /* events were taken: the counts are in, what changed: news */
    STEP_ACK,  /* also: extend, by who has it */
    STEP_UNACK,
    STEP_RESOLVE,  /* by hand */
    STEP_ESCALATE, /* now: the next step, whatever its clock */
    STEP_ASSIGN,
    STEP_NOTE,
    STEP_QUIET, /* what is silenced or inhibited changed: counts are in */
    STEP_TICK   /* the clock */
};

struct step_input {
    enum step_kind kind;
    int64_t now;
    const char *actor, *actor_name, *text; /* "" or NULL: none; ASSIGN: text is
                                            * the assignee; NEWS, QUIET: why it
                                            * is muted */
    int64_t until;     /* ACK: end of the lease; 0: without end, STEP_LEASE: as
                      * its severity has it. NEWS, QUIET: until when it is
                      * muted, for all that is known */
    const char *heard; /* QUIET: why it is heard again: "S-7 was ended"; "" or
                        * NULL */
    int64_t version;   /* what the person saw; 0: typed, whatever there is */
    bool force;        /* RESOLVE: although its source says when it is over */
    struct {
        int64_t added;    /* alerts that fire and did not (new ones too) */
        int64_t resolved; /* alerts that are over now … */
        int64_t gone;     /* … of which nobody had been told as new */
        bool renewed;     /* its words are others */
        bool told;  /* a card mentioned people while Postgres was away: they
                     * are not told of it again … */
        bool paged; /* … nor those of its escalation's first step */
    } news;
    bool quiet;      /* NEWS, QUIET, TICK: a window of its route keeps it quiet
                 * now … */
    int64_t look_at; /* … and may be over then */
};

/* The rules that hold for it, of the present configuration. */
struct step_terms {
    const struct route *route;
    const struct config_alert_severity *of; /* [ALERT_SEVERITIES] */
};

enum step_result {
    STEP_DONE,
    STEP_NOTHING, /* it is so already: acked by this user, … */
    STEP_STALE,   /* the person saw an older version, and what they want no
                   * longer fits: acknowledge what is over, resolve what fires
                   * again. Nothing was changed */
    STEP_OVER,    /* it is resolved: nothing to be done */
    STEP_TAKEN,   /* somebody else has it; ESCALATE: somebody has it */
    STEP_REFUSED  /* RESOLVE: its source says when it is over */
};

/* One thing to say. At most STEP_LINES come of one step. */
#define STEP_LINES 4
struct step_line {
    struct group_change change; /* texts heap */
    enum config_voice voice;
    bool tell; /* a notification: mentions the route's people */
};

/* What follows. */
struct step_out {
    enum step_result result;
    bool changed;  /* g was: save it, version and all; its card is due */
    bool post;     /* its card has to be there (again) */
    bool critical; /* in the lane of criticals */
    struct step_line lines[STEP_LINES];
    size_t lines_count;
    bool page; /* tell the targets of policy step page_step (from 0) … */
    int page_step,
        page_round; /* … once: (number, over_at, round, step) is the key */
    int64_t started_before; /* TICK: how late it was, ms */
};
void step_out_dispose(struct step_out *out);

/* Changes *g in place; g->due_at is set. */
void group_step(struct alert_group *g, const struct step_terms *terms,
                const struct step_input *in, struct step_out *out);

#endif

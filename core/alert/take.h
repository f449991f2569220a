/*
 * take: events become alerts of groups; people and the clock change groups.
 * Each call is one transaction, with its history, audit and outbox rows (P2,
 * P3, P5): all of it happens or nothing does, and once.
 *
 * No state of its own: it runs on the thread whose connection it is given.
 */
#ifndef CORE_ALERT_TAKE_H
#define CORE_ALERT_TAKE_H

#include "core/alert/step.h"
#include "core/ops/act.h"

/* All borrowed. line: of a group's thread, as chat.postMessage arguments
 * without channel (heap): what people see is not core's. */
typedef char *alert_line(struct db *db, const struct config *cfg,
                         const struct alert_group *g,
                         const struct step_line *line,
                         const struct route *route);
struct alert_world {
    struct db *db;
    struct redis *redis; /* NULL: away; for notify:ack:<traceId> */
    const struct config *config;
    const char *replica;
    alert_line *line;
    int64_t now; /* wall ms; 0: as the clock has it. For tests */
};

/* ---- news ----------------------------------------------------------------------- */

#define TAKE_MOST 1000 /* events at once */

struct taken {
    size_t news, known; /* events that changed something; that came before */
    size_t groups, cards, lines; /* made, posted or edited, said */
};
/* posted: their cards may be in Slack already, by group_op(): they are looked
 * for first. Events of one fingerprint count in their order. */
MUST_CHECK bool alerts_take(const struct alert_world *w,
                            const struct alert_event *events, size_t count,
                            bool posted, struct taken *out, struct err *err);

/* ---- people ---------------------------------------------------------------------- */

struct alert_done {
    enum step_result result;
    bool before; /* by this operation, earlier: nothing changed now */
    bool found;  /* false: there is no such group */
    struct alert_group group;   /* as it stands now */
    struct group_change change; /* what was done: "step 2 of 3 cancelled" */
};
void alert_done_dispose(struct alert_done *done);

/* STEP_ACK, UNACK, RESOLVE, ESCALATE, ASSIGN, NOTE. act->op makes it one. */
MUST_CHECK bool alert_change(const struct alert_world *w, const struct act *act,
                             int64_t number, const struct step_input *in,
                             struct alert_done *out, struct err *err);
/* The same within the open transaction of somebody else, who has written the
 * operation and its audit row: what an acknowledgement by trace id does. */
MUST_CHECK bool alert_change_in(const struct alert_world *w,
                                const struct act *act, int64_t number,
                                const struct step_input *in,
                                struct alert_done *out, struct err *err);

/* In the open transaction: what mutes the alerts of these groups has changed
 * (opsbot.alerts says so already): they are counted anew, and told of. For
 * silences that began or are over. heard: why those that are heard again are;
 * or NULL. */
struct quiet_end {
    const char *actor; /* who ended it before its time; "" */
    const char *text;  /* "S-7 was ended" */
};
MUST_CHECK bool alerts_quiet_in(const struct alert_world *w,
                                const struct quiet_end *heard,
                                const int64_t *groups, size_t count,
                                struct err *err);

/* ---- the clock --------------------------------------------------------------------- */

/* What is due: at most `most` groups. *fired: how many were. Any replica, any
 * number of them at once: a row that another has locked is skipped. */
MUST_CHECK bool alerts_due(const struct alert_world *w, size_t most,
                           size_t *fired, struct err *err);
/* How long the most overdue timer has been due, ms; 0: none is. For the
 * auditor. */
MUST_CHECK bool alerts_overdue(struct db *db, int64_t *ms, struct err *err);

/* Open groups and alerts by state and severity, for health and metrics. */
struct alert_counts {
    int64_t groups[ALERT_SEVERITIES], unacked[ALERT_SEVERITIES], alerts;
};
MUST_CHECK bool alerts_count(struct db *db, struct alert_counts *out,
                             struct err *err);

#endif

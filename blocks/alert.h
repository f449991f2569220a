/*
 * alert: the card of a group of alerts, the lines in its thread, the digest of
 * a storm, the roll-call, lists. Pure: no I/O, no clock.
 *
 * The card in a channel (messages.md §1): its colour is its state, its
 * severity an icon and a word; one line for who reads it on a phone (text),
 * at most six fields, at most ten alerts, then "and 38 more"; buttons that
 * follow its state. It has moments without ages (view.now 0), because it is
 * read later than it was written.
 *
 * Its buttons type: `ack A-n`, `unack A-n`, `silence A-n` (a form), `silence
 * A-n 1h`, `escalate A-n`, `assign A-n` (a form), `alert resolve A-n`, `alert
 * show A-n`, `alert show A-n --history`, `incident open --alert A-n` (the form,
 * filled in). Each carries the group's version: press_version().
 */
#ifndef BLOCKS_ALERT_H
#define BLOCKS_ALERT_H

#include "blocks/card.h"
#include "core/alert/context.h"
#include "core/alert/group.h"
#include "core/alert/mute.h"
#include "core/alert/road.h"
#include "core/alert/storm_file.h"

#define ALERT_PAGE 10

/* Whom a card mentions itself, as it is posted while Postgres is away, and no
 * line in its thread does. All borrowed. */
enum told_oncall {
    TOLD_NOBODY_ON_CALL, /* no rotation is among them */
    TOLD_AS_KNOWN_LAST,  /* with the overrides of a moment before */
    TOLD_AS_CONFIGURED   /* by the rotation alone */
};
struct alert_told {
    const char *const *ids; /* U…, S…, "here", "channel" */
    size_t count;
    enum told_oncall oncall;
    int64_t oncall_at; /* wall ms: that moment */
};

/* What else is shown, and for whom. All borrowed; what is NULL or 0 is left
 * out. */
struct alert_view {
    int64_t now;                   /* wall ms; 0: for a channel */
    bool unrecorded;               /* Postgres is away: "history unavailable" */
    const struct alert_told *told; /* of one that is unrecorded */
    const struct config_policy *policy; /* its steps, to say what comes next */
    const char *const *plan; /* for each step whom it tells, for people */
    const struct group_alerts *alerts; /* the first of them */
    const struct alert_context *context;
    const char *runbook_line; /* the first line of the runbook */
};

/* "🔴 CRITICAL". Static. */
const char *alert_severity_text(enum alert_severity severity);

/* The card for who asked; and for its channel as chat.postMessage arguments
 * without channel (heap), with attachment colour, text for phones. */
void alert_card(struct card *card, const struct alert_group *g,
                const struct alert_view *view);
char *alert_message(const struct alert_group *g, const struct alert_view *view,
                    const char *slash);
/* A line in its thread; reply_broadcast when line->voice says so. mentions:
 * U…, S…, "here", "channel" as the route has them (oncall: resolved). */
char *alert_thread_line(const struct alert_group *g,
                        const struct step_line *line,
                        const char *const *mentions, size_t mentions_count,
                        const char *slash);

/* For who did something: what came of it, in one line, and the card. */
void alert_done_card(struct card *card, const struct alert_done *done,
                     enum step_kind kind, const struct alert_view *view);

struct alert_list_view {
    int64_t now;
    size_t page; /* from 1 */
    const struct group_query *filter;
    const char *again; /* the command of this list, for its buttons */
};
void alert_list_card(struct card *card, const struct group_list *list,
                     const struct alert_list_view *view);
/* What happened to it, newest first, and what will. */
void alert_history_card(struct card *card, const struct alert_group *g,
                        const struct group_history *history, size_t page,
                        const struct alert_view *view);
void silence_list_card(struct card *card, const struct silences *list,
                       bool over, size_t page, int64_t now);
/* Is all of that to be quiet? op: what its operation will be. */
void silence_prompt_card(struct card *card, const struct silence_new *want,
                         const struct silence_reach *reach, const char *op,
                         int64_t now);
/* In which zone a time that was typed was read; said: it was typed with it. */
void alert_zone_note(struct card *card, const char *zone, bool said);
void silence_done_card(struct card *card, const struct silence_done *done,
                       bool ended, int64_t now);

/* Both as chat.postMessage arguments without channel (heap). */
char *storm_message(const struct storm *s, const char *slash);
char *roll_message(const struct group_list *groups, const char *slash);
/* "214 alerts in 9 min, 3 causes, 0 dropped": until its end, or now. Heap. */
char *storm_sum(const struct storm *s, int64_t now);
/* The first lines of its file: what it is, the sum, what each line has. now:
 * as of when. Heap. */
char *storm_file_head(const struct storm *s, int64_t now);
/* Who asked for the file is told when it will be there, or where it is. Not for
 * one that was refused: storm_file_note() under the paged list. */
void storm_file_card(struct card *card, const struct storm_file *f,
                     enum file_asked asked, int64_t now);
void storm_file_note(struct card *card, const struct storm_file *f);
/* It cannot be uploaded: said in its thread. The same kind. */
char *storm_file_failed_message(const struct storm_file *f, const char *why,
                                const char *slash);
/* What a channel did not get while Slack was away. The same kind. */
char *away_message(const struct away *a, const char *slash);
/* In place of a second card of it, which was posted while Postgres was away:
 * whose it is. The same kind. */
char *alert_twin_message(const struct alert_group *g, const char *slash);

#endif

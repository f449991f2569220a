/*
 * incident: the headline of an incident, the lines in its thread, the answers
 * to who changes it, the list and the timeline. Pure.
 *
 * What stands in a channel is read later than it was written: it has moments
 * without ages (view.now 0).
 */
#ifndef BLOCKS_INCIDENT_H
#define BLOCKS_INCIDENT_H

#include "blocks/card.h"
#include "core/ops/incident.h"

#define INCIDENT_PAGE 10 /* rows a page: incidents, entries of a timeline */

/* For whom: a button that would be refused is not offered. */
struct incident_view {
    int64_t now; /* wall ms; 0: for a channel */
    bool may_open, may_update, may_resolve;
};

/* "🟠 P1 high": its mark and words. Static. */
const char *incident_severity_text(enum incident_severity severity);

/* How one stands: name, severity, what that means, who leads, since when, what
 * was said last, when the next word is due, its impact; and its buttons. */
void incident_card(struct card *card, const struct incident *i,
                   const struct incident_view *view);
/* The same for its channel, as chat.postMessage arguments without channel
 * (heap): the headline. slash: "/ops". */
char *incident_headline(const struct incident *i, const char *slash);
/* A line in its thread: an update, or how it ended. The same form. */
char *incident_line(const struct incident *i,
                    const struct incident_event *event, const char *slash);

/* For who made the change alone: what came of it, and where it is shown. now:
 * wall ms. */
void incident_done_card(struct card *card, const struct incident_done *done,
                        enum incident_event_kind kind, int64_t now);

/* A page of the list, from 1; all: with those that are resolved. */
void incident_list_card(struct card *card, const struct incident_list *list,
                        bool all, size_t page,
                        const struct incident_view *view);

/* A page of what happened, newest first. */
void incident_timeline_card(struct card *card, const struct incident *i,
                            const struct incident_timeline *timeline,
                            size_t page, const struct incident_view *view);

#endif

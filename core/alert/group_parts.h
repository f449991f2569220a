/*
 * group_parts: how groups are read from Postgres and written to it. Only the
 * files of core/alert that do so include it.
 *
 * The columns of opsbot.alert_groups are named once, here: those that are read
 * first have a form of their own; the others are texts, numbers, moments and
 * flags, called as the member of struct alert_group that they are.
 */
#ifndef CORE_ALERT_GROUP_PARTS_H
#define CORE_ALERT_GROUP_PARTS_H

#include "core/alert/group.h"

/* A moment as wall ms, 0 for none; and back. */
#define ALERT_MS(column)                                                       \
    "coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"
#define ALERT_MOMENT(ms)                                                       \
    "case when " ms " > 0 then timestamptz 'epoch' + " ms                      \
    " * interval '1 ms' end"

/* Each is f(name); `small` is an int. They change while a group lives. */
#define GROUP_CHANGING(text, number, small, moment, flag)                      \
    text(title) text(message) text(speaker) text(source) text(runbook) text(   \
        resolved_by) text(acked_by) text(acked_name) text(ack_note)            \
        text(assignee) text(assigned_by) text(quiet_why) text(policy) number(  \
            version) number(storm) number(firing) number(muted) number(total)  \
            number(fresh) number(heard) number(turned) number(worse)           \
                number(step_left_ms) small(flaps) small(step) small(round)     \
                    moment(started_at) moment(changed_at) moment(resolved_at)  \
                        moment(ended_at) moment(over_at) moment(flap_at)       \
                            moment(posted_at) moment(acked_at)                 \
                                moment(ack_until) moment(quiet_until)          \
                                    moment(look_at) moment(step_at)            \
                                        moment(told_at) moment(tell_at)        \
                                            moment(repeat_at) moment(due_at)   \
                                                flag(ack_asked) flag(ack_owed) \
                                                    flag(resolves)

#define GROUP_NAMED(name) ", g." #name
#define GROUP_TIMED(name) ", " ALERT_MS("g." #name)
/* What group_from() reads, of opsbot.alert_groups g. */
#define GROUP_COLUMNS                                                          \
    "g.id, g.key, g.op, g.route, g.route_id, g.labels, g.links, g.channels,"   \
    " g.by_severity, g.told_why, g.severity, g.test" GROUP_CHANGING(           \
        GROUP_NAMED, GROUP_NAMED, GROUP_NAMED, GROUP_TIMED, GROUP_NAMED)

/* Row i. The caller disposes of it. */
void group_from(struct alert_group *out, const struct db_rows *rows, size_t i);

/* All that changes of it, as a JSON object for groups_save(). Heap. */
char *group_row(const struct alert_group *g);
/* A list of such objects: in the open transaction, the rows being locked. */
MUST_CHECK bool groups_save(struct db *db, const char *rows, struct err *err);

/* As they are stored; back: REASON_FIRST for what is none. */
enum group_reason group_reason_from(const char *name);
/* [{"label":…,"url":…}, …]. Heap; and back. */
char *group_links_text(const struct alert_link *links, size_t count);
void group_links_read(struct alert_link links[EVENT_LINKS], size_t *count,
                      const char *text);
/* A JSON object as labels. out is empty before. */
void group_labels_read(struct labels *out, const char *text);

#endif

/*
 * group: see group.h. Names, numbers, and finding one. No state of its own: it
 * runs on the thread whose connection it is given.
 */
#include "core/alert/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/alert/group_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_load = {
    .name = "alert_group_load",
    .sql = "select " GROUP_COLUMNS " from opsbot.alert_groups g"
           " where g.id = $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_trace = {
    .name = "alert_group_of_trace",
    .sql = "select g.id from (select \"group\" from opsbot.alerts"
           "  where trace = $1::text and trace <> ''"
           "  union all select \"group\" from opsbot.alert_traces"
           "  where trace = $1::text) a"
           " join opsbot.alert_groups g on g.id = a.\"group\""
           " order by g.resolved_at is not null, g.id desc limit 1",
    .params = 1,
};

static const char *const states[] = {
    [GROUP_FIRING] = "firing",
    [GROUP_ACKED] = "acknowledged",
    [GROUP_SILENCED] = "silenced",
    [GROUP_RESOLVED] = "resolved",
};

static const char *const reasons[GROUP_REASONS] = {
    [REASON_FIRST] = "first",         [REASON_MORE] = "more",
    [REASON_REPEAT] = "repeat",       [REASON_WORSE] = "worse",
    [REASON_BETTER] = "better",       [REASON_AGAIN] = "again",
    [REASON_FLAPPING] = "flapping",   [REASON_SOME_OVER] = "some_over",
    [REASON_RESOLVED] = "resolved",   [REASON_ACKED] = "acked",
    [REASON_UNACKED] = "unacked",     [REASON_ASKED] = "asked",
    [REASON_EXTENDED] = "extended",   [REASON_ACK_EXPIRED] = "ack_expired",
    [REASON_SILENCED] = "silenced",   [REASON_UNSILENCED] = "unsilenced",
    [REASON_ESCALATED] = "escalated", [REASON_ASSIGNED] = "assigned",
    [REASON_NOTE] = "note",           [REASON_REPOSTED] = "reposted",
};

/* ---- words ----------------------------------------------------------------- */

const char *group_state_name(enum group_state state)
{
    return states[state];
}

const char *group_reason_name(enum group_reason reason)
{
    return reasons[reason];
}

enum group_reason group_reason_from(const char *name)
{
    for (int i = 0; i < GROUP_REASONS; i++)
        if (strcmp(reasons[i], name) == 0)
            return (enum group_reason)i;
    return REASON_FIRST;
}

enum group_state group_state(const struct alert_group *g)
{
    if (g->resolved_at)
        return GROUP_RESOLVED;
    if (g->quiet_why && g->quiet_why[0])
        return GROUP_SILENCED;
    return g->acked_by && g->acked_by[0] ? GROUP_ACKED : GROUP_FIRING;
}

int64_t group_ended(const struct alert_group *g)
{
    bool by_hand = g->resolved_by && g->resolved_by[0];

    return by_hand || !g->resolved_at || g->ended_at < g->started_at
               ? g->resolved_at
               : g->ended_at;
}

void group_op(const char *key, const struct alert_event *first, char out[OP_ID])
{
    digest_op(out, "alert", key, first->id, NULL);
}

void group_thing(int64_t number, char out[GROUP_THING])
{
    snprintf(out, GROUP_THING, "alert:%lld", (long long)number);
}

bool group_number(const char *typed, int64_t *number, struct err *err)
{
    const char *digits = typed;
    char *end = NULL;

    if (*digits == 'a' || *digits == 'A')
        digits++;
    if (*digits == '-' && digits > typed)
        digits++;
    *number = 0;
    if (*digits >= '0' && *digits <= '9' && strlen(digits) <= 18)
        *number = strtoll(digits, &end, 10);
    if (*number > 0 && !*end)
        return true;
    return err_set(err, ERR_USER,
                   "`%.40s` is no alert: they are called `A-1042`, or `1042`",
                   typed);
}

/* ---- what they own ------------------------------------------------------------ */

void group_dispose(struct alert_group *g)
{
    free(g->key);
    free(g->route);
    free(g->route_id);
    free(g->op);
    labels_dispose(&g->labels);
    free(g->title);
    free(g->message);
    free(g->speaker);
    free(g->source);
    free(g->runbook);
    for (size_t i = 0; i < g->links_count; i++) {
        free(g->links[i].label);
        free(g->links[i].url);
    }
    for (size_t i = 0; i < g->channels_count; i++)
        free(g->channels[i]);
    free(g->channels);
    free(g->resolved_by);
    free(g->acked_by);
    free(g->acked_name);
    free(g->ack_note);
    free(g->assignee);
    free(g->assigned_by);
    free(g->quiet_why);
    free(g->policy);
    *g = (struct alert_group){ 0 };
}

/* ---- looking -------------------------------------------------------------------- */

bool group_load(struct db *db, int64_t number, struct alert_group *out,
                bool *found, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[TEXT_NUMBER];

    *out = (struct alert_group){ 0 };
    *found = false;
    if (!db_run(db, &stmt_load, &rows, err, text_number(id, number)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        group_from(out, rows, 0);
    rows_free(rows);
    return true;
}

bool group_of_trace(struct db *db, const char *trace, int64_t *number,
                    bool *found, struct err *err)
{
    struct db_rows *rows = NULL;

    *found = false;
    if (!db_run(db, &stmt_trace, &rows, err, trace))
        return false;
    *found = rows_count(rows) > 0;
    *number = rows_int(rows, 0, 0);
    rows_free(rows);
    return true;
}

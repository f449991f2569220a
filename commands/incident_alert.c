/*
 * incident_alert: an incident that is declared from an alert: its form is
 * filled in with what the alert says, and the alert's history names it.
 * Declared in incident.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "commands/alert.h"
#include "commands/form.h"
#include "commands/incident.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

static enum incident_severity severity_of(const struct alert_group *g)
{
    static const enum incident_severity of[] = {
        [ALERT_CRITICAL] = INCIDENT_P0,
        [ALERT_HIGH] = INCIDENT_P1,
        [ALERT_WARNING] = INCIDENT_P2,
        [ALERT_INFO] = INCIDENT_P3,
    };

    return of[g->severity];
}

/* "A-1042 · checkout is slow". Heap. */
static char *impact_of(const struct alert_group *g)
{
    return xasprintf("A-%lld · %s%s%s", (long long)g->number, g->title,
                     g->message[0] ? "\n" : "", g->message);
}

bool incident_form_of_alert(struct call *call, const char *alert,
                            struct incident_prefill *out, struct err *err)
{
    struct alert_group g = { 0 };
    bool ok = alert_named(call, alert, &g, err);

    if (ok) {
        out->severity = incident_severity_name(severity_of(&g));
        out->title = xstrdup(g.title);
        out->impact = impact_of(&g);
        snprintf(out->command, sizeof out->command,
                 "incident open --alert=A-%lld", (long long)g.number);
    }
    group_dispose(&g);
    return ok;
}

void incident_prefill_dispose(struct incident_prefill *p)
{
    free(p->title);
    free(p->impact);
}

/* An operation of its own, derived from the incident's: it is noted once. */
void incident_declared(const struct call *call, int64_t number)
{
    const char *alert = args_flag(&call->args, "alert");
    struct alert_world world = alert_world_of(call);
    struct alert_done done = { 0 };
    struct act act = call->act;
    struct err why = { 0 };
    char op[OP_ID], text[60];
    struct step_input in = { .kind = STEP_NOTE,
                             .now = call->now,
                             .actor = call->act.user,
                             .actor_name = call->act.user_name,
                             .text = text };
    int64_t its;

    if (!alert)
        return;
    digest_op(op, "declared", call->act.op, NULL);
    act.op = op;
    snprintf(text, sizeof text, "declared INC-%lld", (long long)number);
    if (!group_number(alert, &its, &why) ||
        !alert_change(&world, &act, its, &in, &done, &why))
        log_warn("incident", &call->log, "%s does not name INC-%lld: %s", alert,
                 (long long)number, why.text);
    alert_done_dispose(&done);
}

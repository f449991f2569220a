/*
 * alerts_card: the card of a group that is posted while Postgres is away, and
 * which of several replicas posts it. See alerts_int.h. The alerts thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "core/base/mem.h"

#define GUARD_S "3600"

/* ---- what it shows ------------------------------------------------------------ */

/* The group as far as it is known without Postgres; it borrows from all. */
static void group_of(struct alert_group *g, const struct away_card *c)
{
    const struct alert_event *e = c->event;
    static char none[] = "";

    *g = (struct alert_group){
        .version = 1,
        .key = (char *)(uintptr_t)c->key,
        .op = (char *)(uintptr_t)c->op,
        .route = (char *)(uintptr_t)c->route->path,
        .route_id = (char *)(uintptr_t)c->route->id,
        .title = e->title,
        .message = e->message,
        .source = e->source,
        .runbook = *e->runbook || !c->route->runbook
                       ? e->runbook
                       : (char *)(uintptr_t)c->route->runbook,
        .links_count = e->links_count,
        .severity = e->severity,
        .test = e->test,
        .resolves = e->resolves,
        .firing = 1,
        .total = 1,
        .started_at = e->at,
        .changed_at = e->received,
        .told_at = e->received,
        .told_why = REASON_FIRST,
        .resolved_by = none,
        .acked_by = none,
        .acked_name = none,
        .ack_note = none,
        .assignee = none,
        .assigned_by = none,
        .quiet_why = none,
        .policy = none,
    };
    g->by[e->severity] = 1;
    memcpy(g->links, e->links, sizeof g->links);
    route_labels(c->route, &e->labels, &g->labels);
}

char *card_message(const struct away_card *c, const struct config *cfg,
                   struct alert_group *group)
{
    static char none[] = "";
    /* By its trace id it can be acknowledged. */
    struct group_alert alert = { .fingerprint = c->event->fingerprint,
                                 .trace = c->event->trace,
                                 .title = c->event->title,
                                 .message = c->event->message,
                                 .severity = c->event->severity,
                                 .firing = true,
                                 .quiet_why = none,
                                 .labels = c->event->labels,
                                 .at = c->event->at,
                                 .seen_at = c->event->received };
    const struct group_alerts alerts = { .items = &alert, .count = 1 };
    const struct alert_told told = { .ids = (const char *const *)c->told->ids,
                                     .count = c->told->count,
                                     .oncall = c->told->oncall,
                                     .oncall_at = c->told->oncall_at };
    const struct alert_view view = { .unrecorded = true,
                                     .policy = c->route->policy,
                                     .told = &told,
                                     .alerts = &alerts };

    group_of(group, c);
    return alert_message(group, &view, cfg->slack.command);
}

/* ---- who posts it --------------------------------------------------------------- */

/* Is that replica still heard of? One that nobody can say of is. */
static bool lives(struct redis *redis, const struct config *cfg,
                  const char *replica)
{
    char *key = xasprintf("%sreplica:%s", cfg->redis_prefix, replica);
    const struct reply *rep;
    struct err err;
    bool dead;

    redis_reset(redis);
    rep = redis_one(redis, &err, "EXISTS", key);
    dead = rep && reply_int(rep) == 0;
    free(key);
    return !dead;
}

bool card_elsewhere(struct redis *redis, const struct config *cfg,
                    const char *replica, const char *op, bool *maybe_there)
{
    char *key, *owner = NULL;
    const struct reply *rep;
    struct err err;
    bool other;

    *maybe_there = false;
    if (!redis)
        return false;
    key = xasprintf("%salert:posted:%s", cfg->redis_prefix, op);
    redis_reset(redis);
    rep = redis_one(redis, &err, "SET", key, replica, "NX", "EX", GUARD_S);
    if (rep && reply_nil(rep)) {
        rep = redis_one(redis, &err, "GET", key);
        owner = xstrdup(rep ? reply_str(rep) : "");
    }
    other = owner && strcmp(owner, replica) != 0;
    if (other && owner[0] && !lives(redis, cfg, owner)) {
        *maybe_there = true;
        other = false;
        redis_reset(redis);
        (void)!redis_one(redis, &err, "SET", key, replica, "EX", GUARD_S);
    }
    free(owner);
    free(key);
    return other;
}

/*
 * alert_thing: the cards of alerts, storms and roll-calls as they are now,
 * and the lines in an alert's thread. Declared in alert.h.
 */
#include "commands/alert.h"

#include <stdlib.h>
#include <string.h>

#include "commands/registry.h"
#include "core/alert/oncall.h"
#include "core/base/clock.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

#define ONCALL  "oncall:"
#define WEBHOOK "webhook:"
#define DIRECT  "dm:"

/* ---- whom ------------------------------------------------------------------ */

/* Who has a rotation now: by the rotation alone when Postgres does not say.
 * Heap; NULL: there is no such rotation. */
static char *on_call(struct db *db, const struct config *cfg, const char *name,
                     int64_t now)
{
    const struct config_rotation *rotation = oncall_find(cfg, name);
    struct oncall who = { 0 };
    struct err ignored;
    char *user;

    if (!rotation)
        return NULL;
    if (!oncall_at(db, rotation, now, &who, &ignored)) {
        oncall_dispose(&who);
        oncall_turn(rotation, now, &who);
    }
    user = xstrdup(who.user ? who.user : "");
    oncall_dispose(&who);
    return user;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A target as Slack knows it: an id; a pager is its name. Heap. */
static char *target_of(struct db *db, const struct config *cfg, const char *to,
                       int64_t now)
{
    char *user = NULL;

    if (starts(to, ONCALL))
        user = on_call(db, cfg, to + strlen(ONCALL), now);
    else if (starts(to, DIRECT))
        user = xstrdup(to + strlen(DIRECT));
    else if (starts(to, WEBHOOK))
        user = xasprintf("pager %s", to + strlen(WEBHOOK));
    return user && *user ? user : (free(user), xstrdup(to));
}

/* "U0ANN, C0LEADS": whom each step tells. */
static void plan_of(struct db *db, const struct config *cfg,
                    const struct config_policy *policy, int64_t now,
                    struct alert_seen *out)
{
    out->plan_count = policy->steps_count;
    out->plan = xcalloc(policy->steps_count + 1, sizeof *out->plan);
    for (unsigned i = 0; i < policy->steps_count; i++) {
        const struct config_step *step = &policy->steps[i];
        struct buf all = { 0 };

        for (unsigned k = 0; k < step->to_count; k++) {
            char *target = target_of(db, cfg, step->to[k], now);

            buf_fmt(&all, "%s%s", k ? ", " : "", target);
            free(target);
        }
        out->plan[i] = all.len ? buf_take(&all) : xstrdup("nobody");
    }
}

/* ---- all that a card shows --------------------------------------------------- */

static const struct config_policy *policy_of(const struct config *cfg,
                                             const char *name)
{
    for (unsigned i = 0; *name && i < cfg->alerts.policies_count; i++)
        if (strcmp(cfg->alerts.policies[i].name, name) == 0)
            return &cfg->alerts.policies[i];
    return NULL;
}

bool alert_see(struct db *db, struct redis *redis, const struct config *cfg,
               const struct alert_group *g, int64_t now, struct alert_seen *out,
               struct err *err)
{
    int64_t moment = clock_wall_ms();

    *out = (struct alert_seen){ .view = { .now = now } };
    if (!group_alerts(db, g->number, 0, ALERT_PAGE, &out->alerts, err))
        return false;
    context_look(db, redis, cfg, g, moment, &out->context);
    out->view.policy = policy_of(cfg, g->policy);
    if (out->view.policy)
        plan_of(db, cfg, out->view.policy, moment, out);
    out->view.plan = (const char *const *)out->plan;
    out->view.alerts = &out->alerts;
    out->view.context = &out->context;
    return true;
}

void alert_seen_dispose(struct alert_seen *seen)
{
    group_alerts_dispose(&seen->alerts);
    context_dispose(&seen->context);
    for (size_t i = 0; i < seen->plan_count; i++)
        free(seen->plan[i]);
    free(seen->plan);
    *seen = (struct alert_seen){ 0 };
}

/* ---- things ------------------------------------------------------------------ */

static char *message_of(struct db *db, const struct config *cfg,
                        const struct alert_group *g, struct err *err)
{
    struct alert_seen seen;
    char *body = NULL;

    if (alert_see(db, NULL, cfg, g, 0, &seen, err))
        body = alert_message(g, &seen.view, command_slash(cfg));
    alert_seen_dispose(&seen);
    return body;
}

static char *nothing(const char *what, const char *id, struct err *err)
{
    err_set(err, ERR_USER, "there is no %s %.20s", what, id);
    return NULL;
}

char *alert_thing(struct db *db, const struct config *cfg, const char *number,
                  int64_t now, struct err *err)
{
    struct alert_group g = { 0 };
    char *body = NULL;
    bool found;

    (void)now; /* what stands in a channel has no age */
    if (!group_load(db, strtoll(number, NULL, 10), &g, &found, err))
        return NULL;
    body = found ? message_of(db, cfg, &g, err) : nothing("alert", number, err);
    group_dispose(&g);
    return body;
}

char *storm_thing(struct db *db, const struct config *cfg, const char *id,
                  int64_t now, struct err *err)
{
    struct storm storm = { 0 };
    char *body = NULL;
    bool found;

    (void)now;
    if (!storm_load(db, strtoll(id, NULL, 10), &storm, &found, err))
        return NULL;
    body = found ? storm_message(&storm, command_slash(cfg))
                 : nothing("digest", id, err);
    storm_dispose(&storm);
    return body;
}

char *roll_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err)
{
    struct group_list groups = { 0 };
    char *body = NULL;
    bool found;

    (void)now;
    if (!roll_load(db, strtoll(id, NULL, 10), &groups, &found, err))
        return NULL;
    body = found ? roll_message(&groups, command_slash(cfg))
                 : nothing("roll-call", id, err);
    group_list_dispose(&groups);
    return body;
}

char *away_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err)
{
    struct away away = { 0 };
    char *body = NULL;
    bool found;

    (void)now;
    if (!away_load(db, strtoll(id, NULL, 10), &away, &found, err))
        return NULL;
    body = found ? away_message(&away, command_slash(cfg))
                 : nothing("digest", id, err);
    away_dispose(&away);
    return body;
}

char *twin_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err)
{
    struct alert_group g = { 0 };
    char *body = NULL;
    bool found;

    (void)now;
    if (!group_load(db, strtoll(id, NULL, 10), &g, &found, err))
        return NULL;
    body = found ? alert_twin_message(&g, command_slash(cfg))
                 : nothing("alert", id, err);
    group_dispose(&g);
    return body;
}

/* ---- in its thread ----------------------------------------------------------- */

char *alert_line_text(struct db *db, const struct config *cfg,
                      const struct alert_group *g, const struct step_line *line,
                      const struct route *route)
{
    size_t count = line->tell && route ? route->mention_count : 0;
    char **whom = xcalloc(count + 1, sizeof *whom);
    int64_t now = clock_wall_ms();
    char *body;

    for (size_t i = 0; i < count; i++)
        whom[i] = target_of(db, cfg, route->mention[i], now);
    body = alert_thread_line(g, line, (const char *const *)whom, count,
                             command_slash(cfg));
    for (size_t i = 0; i < count; i++)
        free(whom[i]);
    free(whom);
    return body;
}

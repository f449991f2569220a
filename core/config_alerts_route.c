/*
 * config_alerts_route: whether the tree of routes, what inhibits and the
 * policies of escalation name what is there. Start-up and reload.
 */
#include <stdio.h>
#include <string.h>

#include "core/alert/route.h"
#include "core/base/text.h"
#include "core/config_parts.h"

#define LEVELS_MOST 10
#define NAME_MOST   64
#define REPEAT_MOST 100

/* What is looked at, and where it stands. */
struct looking {
    const struct config *cfg;
    struct problems *p;
    char key[PLACE_BYTES]; /* of the last place() */
};

#define PLACE(l, ...) config_place((l)->key, __VA_ARGS__)

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* ---- what is named ---------------------------------------------------------------- */

static bool policy_known(const struct config_alerts *a, const char *name)
{
    for (unsigned i = 0; i < a->policies_count; i++)
        if (same(a->policies[i].name, name))
            return true;
    return false;
}

static bool rotation_known(const struct config_alerts *a, const char *name)
{
    for (unsigned i = 0; i < a->rotations_count; i++)
        if (same(a->rotations[i].name, name))
            return true;
    return false;
}

static bool hook_known(const struct config_alerts *a, const char *name)
{
    for (unsigned i = 0; i < a->hooks_count; i++)
        if (same(a->hooks[i].name, name))
            return true;
    return false;
}

static bool window_known(const struct config_alerts *a, const char *name)
{
    for (unsigned i = 0; i < a->windows_count; i++)
        if (same(a->windows[i].name, name))
            return true;
    return false;
}

/* What stands behind "oncall:"; NULL: it is nothing of the kind. */
static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* ids whose kind decides what is done with them: by their first letter. */
static bool id_of(const char *text, const char *letters)
{
    return *text && strchr(letters, *text) && config_id(text);
}

static void check_rotation(struct looking *l, const char *name)
{
    if (!rotation_known(&l->cfg->alerts, name))
        problem(l->p, l->key, "`%.64s` is none of alerts.rotations", name);
}

static void check_matchers(struct looking *l, const char *at,
                           char *const *texts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct err err = { 0 };
        struct matchers m = { 0 };

        if (!matchers_read(&m, (const char *const *)&texts[i], 1, &err))
            problem(l->p, PLACE(l, "%s[%u]", at, i), "%s", err.text);
        matchers_dispose(&m);
    }
}

/* ---- routes ------------------------------------------------------------------------- */

static void check_mention(struct looking *l, const char *who)
{
    const char *rotation = after(who, "oncall:");

    if (rotation)
        check_rotation(l, rotation);
    else if (!same(who, "here") && !same(who, "channel") && !id_of(who, "UWS"))
        problem(l->p, l->key,
                "expected a user (U…), a user group (S…), "
                "oncall:<rotation>, here or channel");
}

static void check_mentions(struct looking *l, const struct config_route *r,
                           const char *at)
{
    for (unsigned i = 0; i < r->channels_count; i++)
        if (!config_id(r->channels[i]))
            problem(l->p, PLACE(l, "%s.channels[%u]", at, i),
                    "expected a Slack channel id");
    for (unsigned i = 0; i < r->mention_count; i++) {
        PLACE(l, "%s.mention[%u]", at, i);
        check_mention(l, r->mention[i]);
    }
    if (r->escalation && !same(r->escalation, "none") &&
        !policy_known(&l->cfg->alerts, r->escalation))
        problem(l->p, PLACE(l, "%s.escalation", at),
                "`%.64s` is none of alerts.policies, nor none", r->escalation);
    config_check_runbook(PLACE(l, "%s.runbook", at), r->runbook, l->p);
}

static void check_windows(struct looking *l, const char *at, const char *which,
                          char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!window_known(&l->cfg->alerts, names[i]))
            problem(l->p, PLACE(l, "%s.%s[%u]", at, which, i),
                    "`%.64s` is none of alerts.windows", names[i]);
}

static void check_group_by(struct looking *l, const struct config_route *r,
                           const char *at)
{
    for (unsigned i = 0; i < r->group_by_count; i++) {
        PLACE(l, "%s.group_by[%u]", at, i);
        if (!*r->group_by[i])
            problem(l->p, l->key, "expected a label's name");
        else if (same(r->group_by[i], "...") && r->group_by_count > 1)
            problem(l->p, l->key,
                    "expected \"...\" to stand alone: each "
                    "alert for itself");
    }
}

/* What people see, and by what a route is known again after a reload: its
 * path. */
static void check_names(struct looking *l, const struct config_route *r,
                        const char *at)
{
    for (unsigned i = 0; i < r->routes_count; i++) {
        const char *name = r->routes[i].name;

        PLACE(l, "%s.routes[%u].name", at, i);
        if (name && (text_length(name) > NAME_MOST || text_blank(name) ||
                     strpbrk(name, ">\n\t") || after(name, "route ")))
            problem(l->p, l->key,
                    "expected up to %d characters without >, and not "
                    "\"route …\", which those without a name are called",
                    NAME_MOST);
        for (unsigned j = 0; j < i; j++)
            if (same(r->routes[j].name, name))
                problem(l->p, l->key, "`%s` is there already, as routes[%u]",
                        name, j);
    }
}

static void check_route(struct looking *l, const struct config_route *r,
                        const char *at, int level)
{
    char matchers[PLACE_BYTES + 8], inner[PLACE_BYTES];

    snprintf(matchers, sizeof matchers, "%s.match", at);
    check_matchers(l, matchers, r->match, r->match_count);
    check_mentions(l, r, at);
    check_group_by(l, r, at);
    check_windows(l, at, "active", r->active, r->active_count);
    check_windows(l, at, "mute", r->mute, r->mute_count);
    check_names(l, r, at);
    if (level == LEVELS_MOST && r->routes_count)
        problem(l->p, PLACE(l, "%s.routes", at), "expected at most %d levels",
                LEVELS_MOST);
    for (unsigned i = 0; level < LEVELS_MOST && i < r->routes_count; i++)
        check_route(l, &r->routes[i],
                    config_place(inner, "%s.routes[%u]", at, i), level + 1);
}

/* The root takes what nothing below it does, so it needs a place to post. */
static void check_root(struct looking *l)
{
    const struct config_alerts *a = &l->cfg->alerts;

    if (a->route.match_count)
        problem(l->p, "alerts.route.match",
                "expected none: the first route takes everything, others "
                "are in its routes");
    if (a->on && !a->route.channels_count && !l->cfg->channels.ops)
        problem(l->p, "alerts.route.channels",
                "expected a channel for what no other route takes, or "
                "channels.ops");
    check_route(l, &a->route, "alerts.route", 1);
}

/* ---- inhibition ---------------------------------------------------------------------- */

static void check_inhibit(struct looking *l, unsigned i)
{
    static const char list[] = "alerts.inhibit";
    const struct config_inhibit *rules = l->cfg->alerts.inhibit, *r = &rules[i];
    char at[PLACE_BYTES];

    if (!r->name || !config_word(r->name, NAME_MOST))
        problem(l->p, PLACE(l, "%s[%u].name", list, i),
                "expected a name of one word: people see it where it mutes");
    for (unsigned j = 0; j < i; j++)
        if (same(rules[j].name, r->name))
            problem(l->p, PLACE(l, "%s[%u].name", list, i),
                    "`%s` is there already, as %s[%u]", r->name, list, j);
    if (!r->source_count || !r->target_count)
        problem(l->p, PLACE(l, "%s[%u]", list, i),
                "expected matchers in both source and target");
    check_matchers(l, config_place(at, "%s[%u].source", list, i), r->source,
                   r->source_count);
    check_matchers(l, config_place(at, "%s[%u].target", list, i), r->target,
                   r->target_count);
    for (unsigned j = 0; j < r->equal_count; j++)
        if (!*r->equal[j])
            problem(l->p, PLACE(l, "%s[%u].equal[%u]", list, i, j),
                    "expected a label's name");
}

/* ---- policies ------------------------------------------------------------------------- */

static void check_target(struct looking *l, const char *to)
{
    const char *rotation = after(to, "oncall:"), *hook = after(to, "webhook:"),
               *user = after(to, "dm:");

    if (rotation)
        check_rotation(l, rotation);
    else if (hook && !hook_known(&l->cfg->alerts, hook))
        problem(l->p, l->key, "`%.64s` is none of alerts.hooks", hook);
    else if (!hook && (user ? !id_of(user, "UW") : !id_of(to, "UWSCG")))
        problem(l->p, l->key,
                "expected a user (U…), a user group (S…), a channel (C…), "
                "dm:U…, oncall:<rotation> or webhook:<hook>");
}

static void check_step(struct looking *l, unsigned i, unsigned j)
{
    static const char list[] = "alerts.policies";
    const struct config_step *s = &l->cfg->alerts.policies[i].steps[j];

    if (s->to_count == 0)
        problem(l->p, PLACE(l, "%s[%u].steps[%u].to", list, i, j),
                "expected somebody to tell");
    for (unsigned k = 0; k < s->to_count; k++) {
        PLACE(l, "%s[%u].steps[%u].to[%u]", list, i, j, k);
        check_target(l, s->to[k]);
    }
    if (j > 0 && s->after_ms == 0)
        problem(l->p, PLACE(l, "%s[%u].steps[%u].after", list, i, j),
                "expected how long after the step before, like 5m");
}

static void check_policy(struct looking *l, unsigned i)
{
    static const char list[] = "alerts.policies";
    const struct config_policy *all = l->cfg->alerts.policies,
                               *policy = &all[i];

    PLACE(l, "%s[%u].name", list, i);
    if (!config_name(policy->name))
        problem(l->p, l->key, "expected up to 64 letters, digits and . _ -");
    else if (same(policy->name, "none"))
        problem(l->p, l->key, "`none` is taken: a route without any");
    for (unsigned j = 0; j < i; j++)
        if (same(all[j].name, policy->name))
            problem(l->p, l->key, "`%s` is there already, as %s[%u]",
                    policy->name, list, j);
    if (policy->steps_count == 0)
        problem(l->p, PLACE(l, "%s[%u].steps", list, i),
                "expected at least one");
    for (unsigned j = 0; j < policy->steps_count; j++)
        check_step(l, i, j);
    if (policy->repeat > REPEAT_MOST)
        problem(l->p, PLACE(l, "%s[%u].repeat", list, i), "expected 0 to %d",
                REPEAT_MOST);
    if (policy->repeat && policy->steps_count && !policy->steps[0].after_ms)
        problem(l->p, PLACE(l, "%s[%u].steps[0].after", list, i),
                "expected a time like 5m, before it begins again");
}

void config_alerts_check_routes(const struct config *cfg, struct problems *p)
{
    struct looking l = { .cfg = cfg, .p = p };

    check_root(&l);
    for (unsigned i = 0; i < cfg->alerts.inhibit_count; i++)
        check_inhibit(&l, i);
    for (unsigned i = 0; i < cfg->alerts.policies_count; i++)
        check_policy(&l, i);
}

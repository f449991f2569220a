/*
 * look_groups: the user groups that give rights, that alerts mention, and into
 * which whoever is on call is put. One call for all of them. Declared in
 * slack.h.
 *
 * Slack takes a mention of a group that is not there, and tells nobody: that is
 * seen here or in the night in which it is needed. Single people are not looked
 * at: that needs users:read, which the bot has no other use for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/slack.h"
#include "core/base/mem.h"
#include "core/roster.h"

struct named {
    const char *id, *where; /* borrowed; "alerts.route" */
    const char *todo, *loss;
};

/* Each once, by what is lost most where it is not there. */
struct groups {
    struct named *list;
    size_t count;
    bool rights; /* one of them gives rights */
};

static void name_group(struct groups *all, struct named group)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->list[i].id, group.id) == 0)
            return;
    all->list = xrealloc(all->list, (all->count + 1) * sizeof *all->list);
    all->list[all->count++] = group;
}

static void name_roles(struct groups *all, const struct config *cfg)
{
    size_t count;
    const char **ids = roster_groups(cfg, &count);

    for (size_t i = 0; i < count; i++)
        name_group(all, (struct named){ ids[i], "roles",
                                        "correct the id under groups of the "
                                        "roles",
                                        "nobody has rights by it" });
    all->rights = count > 0;
    free(ids);
}

static void name_told(struct groups *all, char *const *ids, unsigned count,
                      const char *where)
{
    for (unsigned i = 0; i < count; i++)
        if (ids[i][0] == 'S')
            name_group(all, (struct named){ ids[i], where,
                                            "correct the id, or name people",
                                            "nobody is told by it" });
}

static void name_routes(struct groups *all, const struct config_route *of)
{
    name_told(all, of->mention, of->mention_count, "alerts.route");
    for (unsigned i = 0; i < of->routes_count; i++)
        name_routes(all, &of->routes[i]);
}

static void name_policy(struct groups *all, const struct config_policy *p)
{
    for (unsigned i = 0; i < p->steps_count; i++)
        name_told(all, p->steps[i].to, p->steps[i].to_count, "alerts.policies");
}

static void name_alerts(struct groups *all, const struct config_alerts *a)
{
    name_routes(all, &a->route);
    for (unsigned i = 0; i < a->policies_count; i++)
        name_policy(all, &a->policies[i]);
    for (unsigned i = 0; i < a->rotations_count; i++)
        if (a->rotations[i].group)
            name_group(all, (struct named){ a->rotations[i].group,
                                            "alerts.rotations",
                                            "correct the id, or leave group "
                                            "out",
                                            "whoever is on call is not put "
                                            "into it" });
}

static void look_at_group(struct slack *s, const struct named *group)
{
    size_t count = json_doc_count(s->answer, "usergroups");
    struct report *r = &s->look->report;
    char id[LOOK_ID], path[64];

    look_id(id, "slack.group.", group->id);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "usergroups.%zu.id", i);
        if (strcmp(json_doc_str(s->answer, path), group->id) != 0)
            continue;
        snprintf(path, sizeof path, "usergroups.%zu.handle", i);
        report_ok(r, id, "user group @%s (%s)", json_doc_str(s->answer, path),
                  group->where);
        return;
    }
    report_fail(r, id, group->todo,
                "user group %s (%s): Slack knows none (deleted, disabled or "
                "mistyped), %s",
                group->id, group->where, group->loss);
}

/* Without rights that hang on them it is only not known. */
static void refused(struct slack *s, const struct groups *all)
{
    struct report *r = &s->look->report;

    if (all->rights)
        report_fail(r, "slack.groups",
                    "give the bot usergroups:read (and a plan that has user "
                    "groups), or name people under users of the roles",
                    "user groups: Slack does not say who is in them: %s",
                    slack_refusal(s));
    else
        report_warn(r, "slack.groups",
                    "give the bot usergroups:read, if you want the groups of "
                    "alerts checked",
                    "user groups: not looked at: %s", slack_refusal(s));
}

void look_groups(struct slack *s)
{
    const struct config *cfg = s->look->cfg;
    struct groups all = { 0 };
    struct err err = { 0 };

    name_roles(&all, cfg);
    name_alerts(&all, &cfg->alerts);
    if (!all.count)
        return;
    if (!slack_call(s, "usergroups.list", cfg->slack.bot_token,
                    "include_users=true", &err))
        report_warn(&s->look->report, "slack.groups", "check again",
                    "user groups: not looked at: Slack: %s", err.text);
    else if (*slack_refusal(s))
        refused(s, &all);
    else
        for (size_t i = 0; i < all.count; i++)
            look_at_group(s, &all.list[i]);
    free(all.list);
}

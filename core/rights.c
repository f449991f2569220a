/*
 * rights: who may what, from the roles in configuration (P7). Pure but for
 * the roster; any thread.
 */
#include "core/rights.h"

#include <string.h>

/* "*" gives everything, "dlq.*" all that starts with "dlq.". */
static bool covers(const char *given, const char *right)
{
    size_t len = strlen(given);

    if (len > 0 && given[len - 1] == '*')
        return strncmp(given, right, len - 1) == 0;
    return strcmp(given, right) == 0;
}

static bool gives(const struct config_role *role, const char *right)
{
    for (unsigned i = 0; i < role->rights_count; i++)
        if (covers(role->rights[i], right))
            return true;
    return false;
}

static bool among(char *const *names, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool counts(const char *right, int64_t fetched_at, int64_t now)
{
    return strcmp(right, "halt") == 0 || now - fetched_at <= ROSTER_FRESH_MS;
}

static bool has(const struct config_role *role, const struct asker *who,
                const char *right)
{
    int64_t fetched_at;

    if (role->everyone || among(role->users, role->users_count, who->user))
        return true;
    for (unsigned i = 0; who->roster && i < role->groups_count; i++)
        if (roster_has(who->roster, role->groups[i], who->user, &fetched_at) &&
            counts(right, fetched_at, who->now))
            return true;
    return false;
}

static bool holds_here(const struct config_role *role, const struct asker *who)
{
    return role->channels_count == 0 ||
           (who->channel &&
            among(role->channels, role->channels_count, who->channel));
}

bool rights_allow(const struct asker *who, const char *right)
{
    const struct config *cfg = who->config;

    if (!right)
        return true;
    if (!who->user || !*who->user)
        return false; /* no rule is about nobody, not even "everyone" */
    if (among(cfg->admins, cfg->admins_count, who->user))
        return true;
    for (unsigned i = 0; i < cfg->roles_count; i++) {
        const struct config_role *role = &cfg->roles[i];

        if (gives(role, right) && holds_here(role, who) &&
            has(role, who, right))
            return true;
    }
    return false;
}

void rights_explain(const struct asker *who, const char *right,
                    struct rights_gap *out)
{
    *out = (struct rights_gap){ 0 };
    rights_roles(who->config, right, out->holders, sizeof out->holders);
}

/* Whole names only: half a role's name would be another role. */
static void add_name(char *out, size_t size, const char *name)
{
    size_t len = strlen(out);
    const char *comma = len ? ", " : "";

    if (len + strlen(comma) + strlen(name) + 1 > size)
        return;
    memcpy(out + len, comma, strlen(comma));
    memcpy(out + len + strlen(comma), name, strlen(name) + 1);
}

const char *rights_roles(const struct config *cfg, const char *right, char *out,
                         size_t size)
{
    if (size == 0)
        return "";
    *out = '\0';
    for (unsigned i = 0; i < cfg->roles_count; i++)
        if (gives(&cfg->roles[i], right))
            add_name(out, size, cfg->roles[i].name);
    if (cfg->admins_count > 0)
        add_name(out, size, "admins");
    return out;
}

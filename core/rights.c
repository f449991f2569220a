/*
 * rights: who may what, from the roles in configuration (P7). Pure, any
 * thread. Declared in config.h.
 */
#include <string.h>

#include "core/config.h"

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

static bool among(char *const *users, unsigned count, const char *user)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(users[i], user) == 0)
            return true;
    return false;
}

bool config_allows(const struct config *cfg, const char *user,
                   const char *right)
{
    if (!right)
        return true;
    if (!user || !*user)
        return false; /* no rule is about nobody, not even "everyone" */
    if (among(cfg->admins, cfg->admins_count, user))
        return true;
    for (unsigned i = 0; i < cfg->roles_count; i++) {
        const struct config_role *role = &cfg->roles[i];

        if ((role->everyone || among(role->users, role->users_count, user)) &&
            gives(role, right))
            return true;
    }
    return false;
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

const char *config_roles_with(const struct config *cfg, const char *right,
                              char *out, size_t size)
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

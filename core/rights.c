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

    if (strcmp(given, "ack") == 0) /* as alert.ack was called before */
        given =
            right[0] == 'a' && strcmp(right, "alert.ack") == 0 ? right : given;

    if (len > 0 && given[len - 1] == '*')
        return strncmp(given, right, len - 1) == 0;
    return strcmp(given, right) == 0;
}

bool rights_gives(const struct config_role *role, const char *right)
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

bool rights_identity(const char *user)
{
    static const char *const kinds[] = { "unix:", "token:", "cert:" };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(user, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

/* By name. Slack's ids and ours are two worlds: neither speaks for the
 * other. */
static bool named(const struct asker *who, char *const *names, unsigned count)
{
    return rights_identity(who->user) == (who->voucher != VOUCHED_BY_SLACK) &&
           among(names, count, who->user);
}

bool rights_admin(const struct asker *who)
{
    if (!who->user || !*who->user)
        return false;
    return who->voucher == VOUCHED_AS_OWNER ||
           named(who, who->config->admins, who->config->admins_count);
}

bool rights_here(const struct config_role *role, const struct asker *who)
{
    return role->channels_count == 0 ||
           (who->channel &&
            among(role->channels, role->channels_count, who->channel));
}

/* ---- standing ---------------------------------------------------------------- */

struct deciding {
    enum standing standing;
    int64_t since;
    const char *group;
};

static enum standing by_group(const struct asker *who, const char *group,
                              int64_t *fetched_at)
{
    *fetched_at = 0;
    if (who->roster && roster_has(who->roster, group, who->user, fetched_at))
        return who->now - *fetched_at <= ROSTER_FRESH_MS ? STANDING_IN
                                                         : STANDING_STALE;
    return *fetched_at ? STANDING_NONE : STANDING_UNREAD;
}

/* The best of its groups; of stale ones the one known last. */
static struct deciding by_groups(const struct asker *who,
                                 const struct config_role *role)
{
    struct deciding best = { .standing = STANDING_NONE };

    for (unsigned i = 0; i < role->groups_count; i++) {
        struct deciding d = { .group = role->groups[i] };

        d.standing = by_group(who, d.group, &d.since);
        if (d.standing > best.standing ||
            (d.standing == best.standing && d.since > best.since &&
             d.standing != STANDING_NONE))
            best = d;
    }
    return best;
}

static struct deciding decide(const struct asker *who,
                              const struct config_role *role)
{
    struct deciding in = { .standing = STANDING_IN };

    if (!who->user || !*who->user) /* nobody is in no role, not "everyone" */
        return (struct deciding){ .standing = STANDING_NONE };
    if (role->everyone || named(who, role->users, role->users_count))
        return in;
    return by_groups(who, role);
}

enum standing rights_standing(const struct asker *who,
                              const struct config_role *role, int64_t *since,
                              const char **group)
{
    struct deciding d = decide(who, role);

    if (since)
        *since = d.since;
    if (group)
        *group = d.group;
    return d.standing;
}

/* P6: a halt must not fail because Slack is away. */
static bool counts(enum standing standing, const char *right)
{
    return standing == STANDING_IN ||
           (standing == STANDING_STALE && strcmp(right, "halt") == 0);
}

bool rights_allow(const struct asker *who, const char *right)
{
    const struct config *cfg = who->config;

    if (!right)
        return true;
    if (!who->user || !*who->user)
        return false;
    if (rights_admin(who))
        return true;
    for (unsigned i = 0; i < cfg->roles_count; i++) {
        const struct config_role *role = &cfg->roles[i];

        if (rights_gives(role, right) && rights_here(role, who) &&
            counts(decide(who, role).standing, right))
            return true;
    }
    return false;
}

/* ---- why not ------------------------------------------------------------------ */

static void add_channels(struct rights_gap *out, const struct config_role *role)
{
    for (unsigned i = 0; i < role->channels_count; i++) {
        size_t j = 0;

        while (j < out->channel_count &&
               strcmp(out->channels[j], role->channels[i]) != 0)
            j++;
        if (j == out->channel_count && j < GAP_CHANNELS)
            out->channels[out->channel_count++] = role->channels[i];
    }
}

static void explain_role(const struct asker *who, const char *right,
                         const struct config_role *role, struct rights_gap *out)
{
    struct deciding d = decide(who, role);

    if (counts(d.standing, right)) {
        add_channels(out, role);
    } else if (d.standing == STANDING_STALE && rights_here(role, who) &&
               d.since > out->stale_since) {
        out->stale = d.group;
        out->stale_since = d.since;
    } else if (d.standing == STANDING_UNREAD && rights_here(role, who)) {
        out->unread = d.group;
    }
}

void rights_explain(const struct asker *who, const char *right,
                    struct rights_gap *out)
{
    const struct config *cfg = who->config;

    *out = (struct rights_gap){ 0 };
    for (unsigned i = 0; i < cfg->roles_count; i++) {
        const struct config_role *role = &cfg->roles[i];

        if (!rights_gives(role, right))
            continue;
        if (out->role_count < GAP_ROLES)
            out->roles[out->role_count++] = role;
        else
            out->more_roles++;
        explain_role(who, right, role, out);
    }
    if (who->roster)
        out->failing_since = roster_failing_since(who->roster);
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
        if (rights_gives(&cfg->roles[i], right))
            add_name(out, size, cfg->roles[i].name);
    if (cfg->admins_count > 0)
        add_name(out, size, "admins");
    return out;
}

/*
 * look_config: what is configured, and what of it can never have an effect.
 * config_load() has found it in order: here is what only the layers above it
 * can know. Its own thread; pure but for the configuration.
 */
#include <stdio.h>
#include <string.h>

#include "bot/check/look.h"
#include "commands/command.h"

/* "dlq.*" gives what begins with "dlq."; "*" gives everything. */
static bool gives(const char *given, const char *right)
{
    size_t len = strlen(given);

    if (len > 0 && given[len - 1] == '*')
        return strncmp(given, right, len - 1) == 0;
    return strcmp(given, right) == 0;
}

/* A right that a flag needs ("unhalt.force") begins with its command's. */
static bool is_right(const char *given)
{
    size_t count;
    const struct command *const *table = command_table(&count);

    for (size_t i = 0; i < count; i++) {
        const char *right = table[i]->right;
        size_t len = right ? strlen(right) : 0;

        if (right && (gives(given, right) ||
                      (strncmp(given, right, len) == 0 && given[len] == '.')))
            return true;
    }
    return false;
}

static void look_at_role(struct look *l, const struct config_role *role)
{
    for (unsigned i = 0; i < role->rights_count; i++)
        if (!is_right(role->rights[i]))
            report_warn(&l->report, "config.rights",
                        "see `/ops help --all` for the rights there are",
                        "role %s gives `%s`, which no command asks for",
                        role->name, role->rights[i]);
    if (!role->everyone && role->users_count == 0 && role->groups_count == 0)
        report_warn(&l->report, "config.roles",
                    "name people under users, user groups under groups, or "
                    "set everyone: true",
                    "role %s is nobody's", role->name);
}

static void look_at_who(struct look *l)
{
    const struct config *cfg = l->cfg;

    for (unsigned i = 0; i < cfg->roles_count; i++)
        look_at_role(l, &cfg->roles[i]);
    if (cfg->roles_count == 0 && cfg->admins_count == 0)
        report_warn(&l->report, "config.rights",
                    cfg->from_file
                        ? "add roles or admins to the file"
                        : "set OPSBOT_ADMINS to your Slack user id (in Slack: "
                          "your profile, ⋮, Copy member ID)",
                    "nobody may do more than look: there is no role, and no "
                    "admin");
}

static void count(char *out, size_t size, unsigned n, const char *what)
{
    snprintf(out, size, "%u %s%s", n, what, n == 1 ? "" : "s");
}

void look_config(struct look *l)
{
    const struct config *cfg = l->cfg;
    char roles[32], streams[32], targets[40], checks[40];

    count(roles, sizeof roles, cfg->roles_count, "role");
    count(streams, sizeof streams, cfg->streams_count, "stream");
    count(targets, sizeof targets, cfg->halt.targets_count, "halt target");
    count(checks, sizeof checks, cfg->checks_count, "health check");
    report_ok(&l->report, "config", "configuration: %s, %s, %s, %s", roles,
              streams, targets, checks);
    look_at_who(l);
}

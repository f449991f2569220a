/*
 * ping, version, whoami: is the bot there, which one, and who is asking.
 */
#include <stdlib.h>

#include "blocks/ping.h"
#include "commands/registry.h"
#include "core/base/mem.h"

/* ---- ping ---------------------------------------------------------------- */

static void ping_ask(const struct call *call, struct reads *reads)
{
    (void)call;
    reads_cmd(reads, "PING");
}

static struct ping_peer store_peer(const char *name,
                                   const struct store_health *health)
{
    struct ping_peer peer = { .name = name, .us = -1, .age_ms = -1 };
    int64_t us;

    if (!health)
        return peer;
    us = atomic_load(&health->round_trip_us);
    peer.us = us > 0 ? us : -1;
    peer.down_since = atomic_load(&health->down_since);
    peer.down = peer.down_since != 0;
    return peer;
}

static bool ping_answer(struct call *call, const struct reads *reads,
                        struct card *card, struct err *err)
{
    const struct vitals *v = call->vitals;
    struct ping ping = {
        .redis = store_peer("Redis", v->redis),
        .postgres = store_peer("Postgres", v->postgres),
        .slack = { .name = "Slack",
                   .us = v->slack_us,
                   .age_ms = v->slack_age_ms,
                   .down = !v->socket_off && v->socket_up_ms < 0,
                   .by_url = v->socket_off },
        .version = v->version,
        .replica = v->replica,
        .uptime_ms = v->uptime_ms,
        .connected_ms = v->socket_up_ms,
        .now = call->now,
    };

    (void)err;
    /* The PING of this very command knows before anybody else. */
    if (reads->failed && !ping.redis.down) {
        ping.redis.down = true;
        ping.redis.down_since = call->now;
    }
    ping_card(card, &ping);
    return true;
}

const struct command command_ping = {
    .name = "ping",
    .group = "general",
    .usage = "",
    .summary = "Is the bot there, and how far are Redis, Postgres and Slack",
    .example = "ping",
    .ask = ping_ask,
    .answer = ping_answer,
};

/* ---- version -------------------------------------------------------------- */

static bool version_answer(struct call *call, const struct reads *reads,
                           struct card *card, struct err *err)
{
    struct ping ping = { .version = call->vitals->version,
                         .replica = call->vitals->replica,
                         .uptime_ms = call->vitals->uptime_ms };

    (void)reads;
    (void)err;
    version_card(card, &ping);
    return true;
}

const struct command command_version = {
    .name = "version",
    .group = "general",
    .usage = "",
    .summary = "Which version answers, and since when it runs",
    .example = "version",
    .answer = version_answer,
};

/* ---- whoami --------------------------------------------------------------- */

static size_t roles_of(const struct call *call, struct whoami_role *out)
{
    const struct config *cfg = call->config;
    struct asker who = call_asker(call);
    size_t n = 0;

    for (unsigned i = 0; i < cfg->roles_count; i++) {
        const struct config_role *role = &cfg->roles[i];
        enum standing standing = rights_standing(&who, role, NULL, NULL);

        if (standing == STANDING_IN || standing == STANDING_STALE)
            out[n++] = (struct whoami_role){
                .role = role,
                .here = rights_here(role, &who),
                .stale = standing == STANDING_STALE,
            };
    }
    return n;
}

/* Those that roles name. Array heap. */
static struct whoami_group *groups_of(const struct call *call, size_t *n)
{
    struct asker who = call_asker(call);
    size_t count;
    const char **ids = roster_groups(call->config, &count);
    struct whoami_group *out = xcalloc(count + 1, sizeof *out);

    *n = 0;
    for (size_t i = 0; i < count && who.roster; i++) {
        struct whoami_group *g = &out[*n];

        if (!roster_has(who.roster, ids[i], who.user, &g->since))
            continue;
        g->name.id = ids[i];
        roster_handle(who.roster, ids[i], g->name.handle);
        g->stale = call->now - g->since > ROSTER_FRESH_MS;
        ++*n;
    }
    free(ids);
    return out;
}

/* Commands that need a right which user holds here, or lacks. */
static size_t commands_by_right(const struct call *call, bool held,
                                const char **names)
{
    size_t count, n = 0;
    const struct command *const *table = command_table(&count);

    for (size_t i = 0; i < count; i++)
        if (table[i]->right && call_may(call, table[i]->right) == held)
            names[n++] = table[i]->name;
    return n;
}

static bool whoami_answer(struct call *call, const struct reads *reads,
                          struct card *card, struct err *err)
{
    struct asker asker = call_asker(call);
    size_t count = (command_table(&count), count), groups_count;
    struct whoami_role *roles =
        xcalloc(call->config->roles_count + 1, sizeof *roles);
    struct whoami_group *groups = groups_of(call, &groups_count);
    const char **may = xcalloc(2 * count, sizeof *may);
    const char **may_not = may + count;
    struct whoami who = {
        .user = call->act.user,
        .name = call->act.user_name,
        .team = call->act.team,
        .channel = call->act.channel,
        .roles = roles,
        .role_count = roles_of(call, roles),
        .groups = groups,
        .group_count = groups_count,
        .admin = rights_admin(&asker),
        .may = may,
        .may_count = commands_by_right(call, true, may),
        .may_not = may_not,
        .may_not_count = commands_by_right(call, false, may_not),
        .now = call->now,
    };

    (void)reads;
    (void)err;
    whoami_card(card, &who);
    free(may);
    free(groups);
    free(roles);
    return true;
}

const struct command command_whoami = {
    .name = "whoami",
    .group = "general",
    .usage = "",
    .summary = "Who you are to the bot: your roles and rights",
    .example = "whoami",
    .answer = whoami_answer,
};

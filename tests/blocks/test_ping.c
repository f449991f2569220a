/* The cards of ping and whoami. */
#include "blocks/ping.h"

#include <criterion/criterion.h>

#include "tests/blocks/shown.h"

static struct ping all_well(void)
{
    return (struct ping){
        .redis = { .name = "Redis", .us = 300, .age_ms = -1 },
        .postgres = { .name = "Postgres", .us = 1100, .age_ms = -1 },
        .slack = { .name = "Slack", .us = 41000, .age_ms = 12000 },
        .version = "0.1.0",
        .replica = "9f3c",
        .uptime_ms = 192 * MIN,
        .connected_ms = 191 * MIN,
        .now = NOW,
    };
}

static struct card *card_of(const struct ping *ping)
{
    struct card *card = card_new();

    ping_card(card, ping);
    return card;
}

Test(ping_card, all_is_well)
{
    struct ping ping = all_well();

    shown("ping", card_of(&ping));
}

Test(ping_card, what_is_down)
{
    struct ping ping = all_well();

    ping.redis.down = true;
    ping.redis.down_since = NOW - 5 * MIN;
    ping.postgres.us = -1;
    shown_text("ping_redis_down", card_of(&ping));
    ping.postgres.down = ping.slack.down = true;
    ping.postgres.down_since = NOW;
    ping.connected_ms = -1;
    shown_text("ping_all_down", card_of(&ping));
}

static void whoami(const char *file, struct whoami who)
{
    struct card *card = card_new();

    who.user = "U0ANN";
    who.team = "T0EX";
    who.channel = "C0OPS";
    whoami_card(card, &who);
    shown_text(file, card);
}

#define TEXT(s) ((char *)(size_t)(s))

static char *dlq[] = { TEXT("dlq.*"), TEXT("halt") },
            *show[] = { TEXT("dlq.show") };
static char *ops[] = { TEXT("C0OPS"), TEXT("C0SEC") };
static const struct config_role operators = { .name = TEXT("operator"),
                                              .rights = dlq,
                                              .rights_count = 2,
                                              .channels = ops,
                                              .channels_count = 2 };
static const struct config_role viewer = { .name = TEXT("viewer"),
                                           .rights = show,
                                           .rights_count = 1 };

Test(whoami_card, roles_and_rights_in_words)
{
    static const struct whoami_role roles[] = { { &operators, true, false },
                                                { &viewer, true, false } };
    static const char *const may[] = { "dlq requeue", "dlq show" };
    static const char *const may_not[] = { "audit" };

    whoami("whoami", (struct whoami){ .name = "ann",
                                      .roles = roles,
                                      .role_count = 2,
                                      .may = may,
                                      .may_count = 2,
                                      .may_not = may_not,
                                      .may_not_count = 1 });
    whoami(
        "whoami_nobody",
        (struct whoami){ .name = "", .may_not = may_not, .may_not_count = 1 });
    whoami("whoami_admin",
           (struct whoami){
               .name = "ann", .admin = true, .may = may, .may_count = 2 });
    whoami("whoami_all",
           (struct whoami){ .name = "ann", .may = may, .may_count = 2 });
}

Test(whoami_card, groups_and_rights_elsewhere)
{
    static const struct whoami_role roles[] = { { &operators, false, false },
                                                { &operators, true, true },
                                                { &viewer, true, true } };
    static const struct whoami_group groups[] = {
        { { "S0ONCALL", "oncall" }, NOW - 3 * MIN, false },
        { { "S0SEC", "" }, NOW - 26 * 60 * MIN, true },
    };

    whoami("whoami_groups", (struct whoami){ .name = "ann",
                                             .roles = roles,
                                             .role_count = 3,
                                             .groups = groups,
                                             .group_count = 2,
                                             .now = NOW });
}

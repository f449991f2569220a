/* calls: see calls.h. */
#include "tests/commands/calls.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"

#define TEXT(s) ((char *)(size_t)(s))

static char *ann[] = { TEXT("U0ANN") }, *lee[] = { TEXT("U0LEE") };
static char *dlq_all[] = { TEXT("dlq.*") },
            *lead[] = { TEXT("audit"), TEXT("outbox"), TEXT("outbox.retry"),
                        TEXT("oncall.override") };

static struct config_rotation rotations[] = {
    { .name = TEXT("pay"), .users = ann, .users_count = 1 },
    { .name = TEXT("risk"), .users = lee, .users_count = 1 },
};

static char *hal[] = { TEXT("U0HAL") };
static char *halting[] = { TEXT("halt"), TEXT("unhalt") };

static char *may_ack[] = { TEXT("ack") }, *opa[] = { TEXT("U0ACK") };

static char *inc[] = { TEXT("U0INC") }, *incidents[] = { TEXT("incident.*") };

static char *ale[] = { TEXT("U0ALE") },
            *alerting[] = { TEXT("alert.*"), TEXT("route.test") };

static char *sec[] = { TEXT("U0SEC") }, *sec_only[] = { TEXT("C0SEC") };
static char *old[] = { TEXT("S0OLD") };

static struct config_role roles[] = {
    { .name = TEXT("operator"),
      .users = ann,
      .users_count = 1,
      .rights = dlq_all,
      .rights_count = 1 },
    { .name = TEXT("lead"),
      .users = lee,
      .users_count = 1,
      .rights = lead,
      .rights_count = 4 },
    { .name = TEXT("trader"),
      .users = hal,
      .users_count = 1,
      .rights = halting,
      .rights_count = 2 },
    { .name = TEXT("security"),
      .users = sec,
      .users_count = 1,
      .groups = old,
      .groups_count = 1,
      .rights = dlq_all,
      .rights_count = 1,
      .channels = sec_only,
      .channels_count = 1 },
    { .name = TEXT("keeper"),
      .users = opa,
      .users_count = 1,
      .rights = may_ack,
      .rights_count = 1 },
    { .name = TEXT("commander"),
      .users = inc,
      .users_count = 1,
      .rights = incidents,
      .rights_count = 1 },
    { .name = TEXT("responder"),
      .users = ale,
      .users_count = 1,
      .rights = alerting,
      .rights_count = 2 },
};

static struct config config = {
    .slack = { .command = TEXT("/bot") },
    .redis_prefix = TEXT("opsbot:"),
    .alerts = { .rotations = rotations, .rotations_count = 2 },
    .roles = roles,
    .roles_count = 7,
    .ack = { .lease = 60 },
    .from_file = true,
};

struct store_health calls_redis = { .name = "Redis", .round_trip_us = 300 };
struct store_health calls_postgres = { .name = "Postgres",
                                       .round_trip_us = 1100 };
struct vitals calls_vitals = {
    .version = "0.1.0",
    .replica = "9f3c",
    .uptime_ms = 3600000,
    .socket_up_ms = 60000,
    .slack_us = 41000,
    .slack_age_ms = 12000,
    .redis = &calls_redis,
    .postgres = &calls_postgres,
};

static struct called last;
static struct card *card;

const struct config *calls_config(void)
{
    return &config;
}

void calls_end(void)
{
    args_dispose(&last.call.args);
    free(last.text);
    card_free(card);
    card = NULL;
    last = (struct called){ 0 };
}

static void run(const struct reads *reads)
{
    const struct command *c = last.command;
    bool ok = false;

    if (c && c->run)
        ok = c->run(&last.call, card, &last.err);
    else if (c)
        ok = c->answer(&last.call, reads, card, &last.err);
    if (ok)
        return;
    card_reset(card);
    command_problem(card, &last.call, &last.err);
}

struct called *call_reading(const char *user, const char *text,
                            const struct reads *reads)
{
    calls_end();
    card = card_new();
    card_slash(card, config.slack.command);
    last.call.act = (struct act){ .op = "7F3K21ABCDEFGHJK",
                                  .trace = "e1",
                                  .team = "T0EX",
                                  .channel = "C0OPS",
                                  .user = user,
                                  .user_name = "",
                                  .command = "",
                                  .text = text,
                                  .via = "socket",
                                  .replica = "9f3c" };
    last.call.config = &config;
    last.call.vitals = &calls_vitals;
    last.call.response_url = last.call.trigger_id = "";
    last.call.now = NOW;
    last.command = command_find(
        &(struct asker){
            .config = &config, .user = user, .channel = "C0OPS", .now = NOW },
        text, &last.call.args, &last.err);
    run(reads);
    last.text = render_text(card);
    cr_expect_not(strstr(last.text, "/ops"), "%s", last.text);
    return &last;
}

struct called *call_as(const char *user, const char *text)
{
    static const struct reads none = { .failed = false };

    return call_reading(user, text, &none);
}

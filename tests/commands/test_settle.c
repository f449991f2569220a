/*
 * settle: what was left half done, with both stores and nothing of them our
 * own: which goes first where one needs the other.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/registry.h"
#include "core/alert/held.h"
#include "core/base/clock.h"
#include "core/ops/ack.h"
#include "tests/core/config_files.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct config *cfg;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    config_start();
    cfg = config_of("channels: {ops: C0OPS}\n"
                    "alerts: {stream: notify.events}\n");
}

static void stop(void)
{
    config_free(cfg);
    config_finish();
    world_stop(&w);
}

TestSuite(settle, .init = start, .fini = stop, .timeout = 120);

/* Somebody has alert t-1 while Redis is away: an intent is left. */
static void acknowledge(void)
{
    struct act act = act_of("OP1", "ack");
    struct ack_world world = {
        .redis = w.r, .db = w.db, .config = cfg, .response_url = ""
    };
    struct ack_report report = { 0 };

    part_stop(w.s.harness, PART_REDIS);
    ack_carry_out(&world,
                  &(struct ack_want){ .act = &act,
                                      .action = ACK_TAKE,
                                      .trace = "t-1",
                                      .note = "",
                                      .at = act.recorded_at,
                                      .lease_min = 60 },
                  &report);
    cr_assert(!report.applied && report.kept);
    ack_report_dispose(&report);
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
}

static void hold(void)
{
    static const char json[] =
        "{\"title\":\"A\",\"traceId\":\"t-1\",\"severity\":\"critical\"}";
    struct alert_event *events;
    size_t count, bad;

    cr_assert(
        events_of_json(&events, &count, &bad, cfg, json, strlen(json), &w.err));
    cr_assert_eq(held_put(w.r, NULL, cfg, events, count, true, &w.err),
                 HELD_REDIS);
    events_free(events, count);
}

static size_t settled(void)
{
    size_t n;

    cr_assert(db_script(w.db, "age",
                        "update opsbot.operations set created_at = created_at"
                        " - interval '1 minute'",
                        &w.err));
    cr_assert(command_settle(w.r, w.db, NULL, cfg, 0, &n, &w.err), "%s",
              w.err.text);
    return n;
}

static char *line(struct db *db, const struct config *config,
                  const struct alert_group *g, const struct step_line *said,
                  const struct route *route)
{
    (void)db;
    (void)config;
    (void)g;
    (void)said;
    (void)route;
    return NULL;
}

Test(settle, an_acknowledgement_waits_for_its_alert_that_is_held)
{
    const struct alert_world world = {
        .db = w.db, .redis = w.r, .config = cfg, .replica = "r1", .line = line
    };
    size_t taken;

    acknowledge();
    hold();
    cr_expect_eq(settled(), 0u);
    cr_assert(held_drain(&world, &taken, &w.err), "%s", w.err.text);
    cr_expect_eq(taken, 1u);
    cr_expect_eq(settled(), 1u);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alert_groups"
                                   " where acked_by = 'U0ANN'"),
                 1);
    cr_expect_eq(settled(), 0u);
}

/* Somebody presses Acknowledge on a card that was posted without Postgres. */
static const char *pressed(void)
{
    static struct call call;
    struct vitals vitals = { .redis = NULL };
    struct card *card = card_new();
    struct err err = { 0 };

    call = (struct call){ .act = act_of("OP2", "ack"),
                          .config = cfg,
                          .vitals = &vitals,
                          .redis = w.r,
                          .db = w.db,
                          .response_url = "",
                          .now = clock_wall_ms() };
    cr_assert(args_parse("t-1", &call.args, &err));
    cr_assert(command_ack.run(&call, card, &err), "%s", err.text);
    args_dispose(&call.args);
    card_free(card);
    return call.outcome;
}

static int64_t has_it(void)
{
    return look_number(&w.s, "select count(*) from opsbot.alert_groups"
                             " where acked_by = 'U0ANN'");
}

/* Postgres is just back: the alert that it is of is not there yet. */
Test(settle, a_live_press_is_not_lost_while_its_alert_is_still_held)
{
    const struct alert_world world = {
        .db = w.db, .redis = w.r, .config = cfg, .replica = "r1", .line = line
    };
    size_t n;

    hold();
    cr_expect_str_eq(pressed(), "ok");
    cr_expect_str_eq(pressed(), "ok", "it is the same one");
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:t-1"), 1);
    cr_assert(command_settle(w.r, w.db, NULL, cfg, 0, &n, &w.err));
    cr_expect_eq(n, 0u, "it waits");
    cr_assert(held_drain(&world, &n, &w.err), "%s", w.err.text);
    cr_expect_eq(has_it(), 0);
    cr_assert(command_settle(w.r, w.db, NULL, cfg, 0, &n, &w.err));
    cr_expect_eq(n, 1u, "young as it is: nobody is at it");
    cr_expect_eq(has_it(), 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " starts_with(thing, 'ack:')"),
                 0, "the alert's card shows it");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where id = 'OP2' and state = 'done'"),
                 1);
}

/* Of nothing that is held. */
Test(settle, an_acknowledgement_of_no_alert)
{
    acknowledge();
    cr_expect_eq(settled(), 1u);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:t-1"), 1);
}

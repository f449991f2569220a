/*
 * halt, halts and unhalt with a core of our own: what is asked of it, what is
 * made of its answers, and that nothing leaks.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/halt_act.h"
#include "tests/commands/calls.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct {
    enum halt_result result;
    bool late;
    enum record_place place;
    char *scope, *reason;
    bool redis_away, halted;
} core;

/* ---- the core ---------------------------------------------------------------- */

void halt_carry_out(const struct halt_world *w, const struct halt_want *want,
                    const char *response_url, struct halt_report *out)
{
    (void)w;
    (void)response_url;
    free(core.scope);
    free(core.reason);
    core.scope = xstrdup(want->scope);
    core.reason = xstrdup(want->reason);
    *out = (struct halt_report){ .applied = !core.late,
                                 .journaled = core.late,
                                 .place = core.place };
    out->done.result = core.result;
    out->done.generation = 42;
}

void halt_report_dispose(struct halt_report *report)
{
    halt_run_free(report->run);
}

bool halt_start_again(const struct halt_world *w, const struct halt_want *want,
                      const char *response_url, struct halt_report *out,
                      struct err *err)
{
    (void)w;
    (void)want;
    (void)response_url;
    (void)out;
    return err_set(err, ERR_REDIS, "nobody asks for this");
}

bool halt_report_load(struct db *db, const char *op, struct halt_report *out,
                      bool *found, struct err *err)
{
    (void)db;
    (void)op;
    (void)out;
    *found = false;
    return err_set(err, ERR_DB, "nobody asks for this");
}

static struct halt standing = { .scope = TEXT("all"),
                                .reason = TEXT("wrong prices"),
                                .by = TEXT("U0ANN"),
                                .by_name = TEXT("ann"),
                                .generation = 42,
                                .at = NOW - 60000 };

void halt_look(const struct halt_world *w, const char *scope,
               struct halt_ready *out)
{
    (void)w;
    *out = (struct halt_ready){ .redis = !core.redis_away,
                                .postgres = true,
                                .audit_waiting = 3,
                                .list = { .unknown = core.redis_away,
                                          .halts = &standing,
                                          .count = core.halted } };
    err_set(&out->redis_why, ERR_REDIS, "Redis is down");
    if (core.halted && !core.redis_away && strcmp(scope, "all") == 0)
        out->halt = &standing;
}

void halt_ready_dispose(struct halt_ready *ready)
{
    (void)ready;
}

/* ---- calls -------------------------------------------------------------------- */

static void finish(void)
{
    free(core.scope);
    free(core.reason);
    calls_end();
}

TestSuite(halt_commands, .fini = finish);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

static void hides(const struct called *c, const char *part)
{
    cr_expect_not(strstr(c->text, part), "\"%s\" in:\n%s", part, c->text);
}

Test(halt_commands, halt_takes_the_rest_as_its_reason)
{
    const struct called *c =
        call_as("U0HAL", "halt all don't trust <@U0BEN|ben> since 14:02");

    cr_expect_str_eq(c->call.outcome, "ok");
    cr_expect_str_eq(core.scope, "all");
    cr_expect_str_eq(core.reason, "don't trust @ben since 14:02");
    shows(c, "⛔ Halted all · generation 42");
    call_as("U0HAL", "halt all the password=hunter2hunter2 is out");
    cr_expect_not(strstr(core.reason, "hunter2"), "%s", core.reason);
}

Test(halt_commands, halt_is_refused_before_anything_is_done)
{
    shows(call_as("U0BEN", "halt all why"), "the right halt");
    shows(call_as("U0HAL", "halt all"), "A halt needs a reason");
    shows(call_as("U0HAL", "halt all"), "halt all wrong prices");
    shows(call_as("U0HAL", "halt"), "needs <scope> <reason>");
    shows(call_as("U0HAL", "halt ALL! why"), "ALL!");
    cr_expect_null(core.scope);
}

Test(halt_commands, halt_says_what_came_of_it)
{
    core.result = HALT_ALREADY;
    cr_expect_str_eq(call_as("U0HAL", "halt all why")->call.outcome, "already");
    core.result = HALT_SUPERSEDED;
    cr_expect_str_eq(call_as("U0HAL", "halt all why")->call.outcome,
                     "superseded");
    core.late = true;
    core.place = RECORD_JOURNAL;
    cr_expect_str_eq(call_as("U0HAL", "halt all why")->call.outcome, "late");
    shows(call_as("U0HAL", "halt all why"), "set in Redis when that is back");
}

/* A halt runs on the worker kept for it, and again after a crash while it is
 * young; an unhalt never by itself. */
Test(halt_commands, shapes)
{
    const struct command *halt = command_named("halt all why");
    const struct command *unhalt = command_named("unhalt all");

    cr_expect_eq(command_lane("halt all why"), LANE_URGENT);
    cr_expect_eq(command_lane("unhalt all"), LANE_SLOW);
    cr_expect_eq(command_lane("halts"), LANE_QUICK);
    cr_expect_eq(halt->recover_ms, 120000);
    cr_expect(halt->changes && unhalt->changes);
    cr_expect_eq(unhalt->recover_ms, 0);
}

/* Nothing was read: that is not the same as nothing halted. */
Test(halt_commands, halts_without_redis)
{
    struct reads reads = { .failed = true };
    const struct called *c = call_reading("U0BEN", "halts", &reads);

    cr_expect_eq(c->err.kind, ERR_REDIS);
    hides(c, "Nothing is halted");
}

Test(halt_commands, unhalt_of_what_is_not_halted)
{
    const struct called *c = call_as("U0HAL", "unhalt all");

    cr_expect_str_eq(c->call.outcome, "already");
    shows(c, "all is not halted");
}

Test(halt_commands, unhalt_names_what_is_not_healthy)
{
    const struct called *c;

    core.halted = true;
    c = call_as("U0HAL", "unhalt all");
    cr_expect_str_eq(c->call.outcome, "refused");
    shows(c, "✓ Redis can be written");
    shows(c, "✗ every audit record is in Postgres: still 3 in Redis");
    shows(c, "unhalt.force");
    hides(c, "--force  (Unhalt anyway…)");
    core.redis_away = true;
    c = call_as("U0HAL", "unhalt all");
    shows(c, "✗ Redis can be written: Redis is down");
    hides(c, "goes past these");
}

Test(halt_commands, force_is_a_right_of_its_own)
{
    core.halted = true;
    shows(call_as("U0HAL", "unhalt all --force"), "unhalt.force");
    cr_expect_eq(call_as("U0HAL", "unhalt all --force")->err.kind, ERR_DENIED);
}

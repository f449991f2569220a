/* health, and the checks that stand in the way of an unhalt; with a board and
 * no pool behind it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "commands/health.h"
#include "commands/registry.h"
#include "core/check/round.h"
#include "tests/commands/calls.h"

#define TEXT(s) ((char *)(size_t)(s))

static char *trading[] = { TEXT("trading") };
static struct config_check specs[] = {
    { .id = TEXT("risk"),
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 3,
      .scopes = trading,
      .scopes_count = 1,
      .runbook = TEXT("https://runbooks.example.com/risk") },
    { .id = TEXT("database"), .severity = CHECK_CRITICAL, .fail_after = 1 },
    { .id = TEXT("web"), .severity = CHECK_HIGH, .fail_after = 1 },
};
static const struct config config = { .checks = specs, .checks_count = 3 };

static struct check_board *board;
static struct round *asked; /* the last round that was asked for */
static bool room;
static struct services services;
static struct card *card;
static struct call call;
static struct err err;

/* All are in at once, and fail. */
static bool ask(void *arg, struct round *round)
{
    struct check_result bad = { .at = NOW, .text = "refused" };

    (void)arg;
    if (!room)
        return false;
    round_drop(asked);
    asked = round_hold(round);
    for (size_t i = 0; i < round_count(round); i++)
        round_put(round, i, &bad);
    return true;
}

static void start(void)
{
    board = check_board_new(&config);
    services = (struct services){ .board = board, .checks_ask = ask };
    card = card_new();
    room = true;
    err = (struct err){ 0 };
}

static void stop(void)
{
    args_dispose(&call.args);
    later_free(call.later);
    round_drop(asked);
    asked = NULL;
    call = (struct call){ 0 };
    card_free(card);
    check_board_free(board);
}

TestSuite(health, .init = start, .fini = stop);

static bool type(const char *words)
{
    call = (struct call){ .config = &config,
                          .services = &services,
                          .vitals = &calls_vitals,
                          .now = NOW };
    call.act.user = "U0ANN";
    call.act.user_name = "ann";
    call.act.channel = "C0OPS";
    cr_assert(args_parse(words, &call.args, &err));
    return command_health.answer(&call, NULL, card, &err);
}

static void note(unsigned i, int64_t at, bool ok)
{
    struct check_result result = { .ok = ok, .at = at };

    snprintf(result.text, sizeof result.text, ok ? "12 ms" : "refused");
    check_board_note(board, specs[i].id, &result, NULL);
}

static void shows(const char *text)
{
    char *all = render_text(card);

    cr_expect(strstr(all, text), "no \"%s\" in:\n%s", text, all);
    free(all);
}

/* ---- asking -------------------------------------------------------------------- */

Test(health, all_are_asked_and_the_answer_is_for_later)
{
    cr_assert(type(""));
    cr_assert_not_null(call.later);
    cr_expect_eq(round_count(asked), 3);
    cr_expect(card_empty(card));
    call.later->show(call.later->arg, &calls_vitals, NOW, card);
    shows("UNHEALTHY · 2 critical, 1 high of 3");
    shows("health --share");
}

Test(health, those_that_are_named_each_once)
{
    cr_assert(type("web risk web"));
    cr_assert_eq(round_count(asked), 2);
    cr_expect_eq(round_check(asked, 0), &specs[2]);
    cr_expect_eq(round_check(asked, 1), &specs[0]);
    call.later->show(call.later->arg, &calls_vitals, NOW, card);
    shows("health details web risk");
}

Test(health, shared_by_somebody)
{
    cr_assert(type("--share"));
    call.later->show(call.later->arg, &calls_vitals, NOW, card);
    shows("asked by @ann");
}

Test(health, a_name_that_is_not_there_asks_nothing)
{
    cr_assert_not(type("web databse"));
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect_str_eq(err.text, "There is no check `databse`. Did you mean "
                               "`database`?");
    cr_expect_null(asked);
    cr_expect_null(call.later);
    cr_assert_not(type("something-else"));
    cr_expect(strstr(err.text, "`health` alone shows all"), "%s", err.text);
}

/* Too many ask: an answer, never a wait. */
Test(health, without_room_it_says_how_they_stood)
{
    room = false;
    note(0, NOW - 60000, true);
    note(1, NOW - 60000, false);
    cr_assert(type(""));
    cr_expect_null(call.later);
    shows("UNHEALTHY · 1 critical of 3");
    shows("1 not asked yet: web");
    shows("Too many people are asking");
}

Test(health, without_a_daemon_nothing_is_known)
{
    services = (struct services){ .board = NULL };
    cr_assert(type(""));
    shows("3 not asked yet");
}

Test(health, none_is_configured, .fini = calls_end)
{
    struct called *c = call_as("U0BEN", "health");

    cr_expect(strstr(c->text, "No health checks are configured"), "%s",
              c->text);
    c = call_as("U0BEN", "health web");
    cr_expect(strstr(c->text, "none is configured"), "%s", c->text);
    c = call_as("U0BEN", "health details");
    cr_expect(strstr(c->text, "No check is failing"), "%s", c->text);
}

/* ---- what stands in the way ------------------------------------------------------ */

static struct health_gate gate(const char *scope)
{
    struct health_gate out;

    call = (struct call){ .config = &config, .services = &services };
    health_gate(&call, scope, &out);
    return out;
}

Test(health, what_is_not_known_to_fail_stands_in_nobodys_way)
{
    struct health_gate g = gate("trading");

    cr_assert_eq(g.count, 1);
    cr_expect(g.conditions[0].met && g.conditions[0].say);
    cr_expect_str_eq(g.names[0], "no critical check is known to fail (2 of 2 "
                                 "not asked yet)");
    note(0, NOW, true);
    note(1, NOW, true);
    g = gate("trading");
    cr_assert_eq(g.count, 1);
    cr_expect(g.conditions[0].met && !g.conditions[0].say);
}

Test(health, critical_ones_of_the_scope_do)
{
    struct health_gate g;

    note(0, NOW - 5000, true);
    note(1, NOW, true);
    note(2, NOW, false);
    note(0, NOW - 4000, false);
    g = gate("trading");
    cr_expect(g.conditions[0].met, "one failure is not enough");
    note(0, NOW - 3000, false);
    g = gate("trading");
    cr_assert_eq(g.count, 1);
    cr_expect_not(g.conditions[0].met);
    cr_expect(g.conditions[0].can_skip);
    cr_expect_eq(g.conditions[0].since, NOW - 3000);
    cr_expect_str_eq(g.whys[0], "refused");
    cr_expect(strstr(g.advice[0], "runbooks.example.com/risk"));
    cr_expect(strstr(g.advice[0], "`health risk`"));
    g = gate("all");
    cr_expect_not(g.conditions[0].met, "all covers every scope");
    g = gate("payments");
    cr_assert_eq(g.count, 1);
    cr_expect(g.conditions[0].met, "that one is of another scope");
    note(1, NOW + 1, false);
    g = gate("payments");
    cr_expect_not(g.conditions[0].met, "this one is of every scope");
}

Test(health, more_than_a_card_holds_are_counted)
{
    static struct config_check many[40];
    static const struct config big = { .checks = many, .checks_count = 40 };
    struct services with = { 0 };
    char ids[40][8];
    struct check_result bad = { .at = NOW, .text = "refused" };
    struct health_gate g;

    for (unsigned i = 0; i < 40; i++) {
        snprintf(ids[i], sizeof ids[i], "x%u", i);
        many[i] = (struct config_check){ .id = ids[i] };
    }
    with.board = check_board_new(&big);
    for (unsigned i = 0; i < 40; i++)
        check_board_note(with.board, ids[i], &bad, NULL);
    call = (struct call){ .config = &big, .services = &with };
    health_gate(&call, "all", &g);
    cr_assert_eq(g.count, GATE_MOST);
    cr_expect_str_eq(g.names[GATE_MOST - 1], "29 more critical checks pass");
    check_board_free(with.board);
}

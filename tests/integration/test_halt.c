/*
 * Halting and starting again with everything healthy: what people see, what
 * stands in Redis to the letter, what the targets were told, what is on
 * record.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"

#define SOON_MS  20000
#define HALT_ALL "halt all maintenance window"

static void expect_text(char *have, const char *want)
{
    cr_assert(strstr(have, want), "no %s in:\n%s", want, have);
    free(have);
}

static void expect_redis(struct harness *h)
{
    char *json = redis_text(h, "GET opsbot:halt:all");

    cr_assert(strstr(json, "\"reason\":\"maintenance window\""), "%s", json);
    cr_assert(strstr(json, "\"by\":\"U0ANN\""), "%s", json);
    cr_assert(strstr(json, "\"generation\":1"), "%s", json);
    cr_assert(strstr(json, "\"at\":\"20"), "%s", json);
    free(json);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    expect_text(redis_text(h, "XRANGE ops.control - +"), "maintenance window");
}

Test(halt, eight_agents_stop)
{
    struct halting t = halting_start(8, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all · generation 1");
    agents_wait_halted(t.agents, 8, SOON_MS);
    wait_card(h, "stopped 8/8 in ", SOON_MS);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    expect_redis(h);
    wait_audited(h, "halt", "attempt", 1);
    wait_audited(h, "halt", "outcome", 1);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.halts where state"
             " = 'verified' and generation = 1");
    expect_said(h, "U0CAT", "C0OPS", "halts", "maintenance window");
    unhalt_all(h);
    agents_wait_halted(t.agents, 0, SOON_MS);
    wait_card(h, "running 8/8 in ", SOON_MS);
    wait_card(h, "ended by", SOON_MS);
    expect_said(h, "U0CAT", "C0OPS", "halts", "Nothing is halted");
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    wait_redis(h, 2, COMES_MS, "GET opsbot:halt:generation");
    wait_audited(h, "unhalt", "attempt", 1);
    wait_audited(h, "unhalt", "outcome", 1);
    halting_stop(&t);
}

Test(halt, is_refused_with_a_way_out)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    char *longer = xasprintf("halt all %0501d", 7);

    expect_said(h, "U0ANN", "C0OPS", "halt all", "needs a reason");
    expect_said(h, "U0ANN", "C0OPS", "halt all \" \"", "needs a reason");
    expect_said(h, "U0ANN", "C0OPS", longer, "501 characters");
    expect_said(h, "U0ANN", "C0OPS", "halt exectuion why", "execution");
    expect_said(h, "U0CAT", "C0OPS", HALT_ALL, "right");
    expect_said(h, "U0ANN", "C0OPS", "unhalt all", "all is not halted");
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:generation"), 0);
    cr_assert_eq(agents_halted(t.agents), 0);
    wait_audited(h, "halt", "refusal", 1);
    cr_assert_eq(audited(h, "halt", "attempt"), 0);
    free(longer);
    halting_stop(&t);
}

/* A secret in a reason is as secret as anywhere. */
Test(halt, masks_its_reason)
{
    struct halting t = halting_start(0, "");

    expect_said(t.h, "U0ANN", "C0OPS", "halt all password=hunter2hunter2",
                "Halted all");
    expect_text(redis_text(t.h, "GET opsbot:halt:all"), "***");
    wait_card(t.h, "no target is configured to confirm", SOON_MS);
    cr_assert_eq(cards_with(t.h, "hunter2"), 0);
    halting_stop(&t);
}

Test(halt, while_halted_tells_again)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    expect_said(h, "U0BOB", "C0OPS", "halt all are you sure", "Already halted");
    wait_card(h, "told again", SOON_MS);
    wait_cards(h, "stopped 2/2 in ", 2, SOON_MS);
    wait_settled(h, SOON_MS);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    cr_assert_gt(agents_number(t.agents, "execution", "hook_count"), 1);
    unhalt_all(h);
    wait_cards(h, "ended by", 2, SOON_MS);
    halting_stop(&t);
}

/* One that does not stop is named, with what it said; telling it again does. */
Test(halt, one_agent_is_stuck)
{
    struct halting t = halting_start_hasty(3);
    struct harness *h = t.h;
    json_t *again;

    json_decref(
        agents_control(t.agents, "{\"agent\":\"execution\",\"stuck\":true}"));
    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, " has not confirmed after 8 s", SOON_MS);
    wait_card(h, "stopped 2/3", SOON_MS);
    json_decref(
        agents_control(t.agents, "{\"agent\":\"execution\",\"stuck\":false}"));
    again = press_card(h, "U0BOB", "Tell again");
    expect_shown(again, "Already halted");
    json_decref(again);
    wait_card(h, "stopped 3/3 in ", SOON_MS);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    halting_stop(&t);
}

/* Each overtakes the one before, whose targets may not have answered yet. */
Test(halt, on_and_off_at_once)
{
    struct halting t = halting_start(4, "");

    for (int i = 0; i < 40; i++) {
        json_decref(say(t.h, "U0ANN", "C0OPS", "halt all on and off"));
        unhalt_all(t.h);
    }
    wait_sql(t.h, 0, 20000,
             "select count(*) from opsbot.halts where state = 'running'");
    wait_redis(t.h, 80, COMES_MS, "GET opsbot:halt:generation");
    cr_assert_eq(redis_number(t.h, "EXISTS opsbot:halt:all"), 0);
    agents_wait_halted(t.agents, 0, 20000);
    halting_stop(&t);
}

/* Delivered twice, at once: one halt, one card, one generation. */
Test(halt, a_redelivered_envelope_is_one_halt)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    json_t *envelope = json_pack(
        "{s:s, s:s, s:b, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}}",
        "envelope_id", "e-halt-twice", "type", "slash_commands",
        "accepts_response_payload", 1, "payload", "command", "/ops", "text",
        HALT_ALL, "user_id", "U0ANN", "user_name", "ann", "channel_id", "C0OPS",
        "team_id", "T0EX", "response_url", "", "trigger_id", "1.2.3");

    json_decref(control_post(
        h, "envelope",
        json_pack("{s:o, s:i}", "envelope", envelope, "copies", 3)));
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    wait_settled(h, SOON_MS);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_audited(h, "halt", "attempt", 1);
    halting_stop(&t);
}

/* ---- unhalt ----------------------------------------------------------------------- */

Test(halt, unhalt_is_confirmed_by_who_asked)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    json_t *prompt, *other, *again;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    prompt = press_card(h, "U0BOB", "Unhalt all…");
    expect_shown(prompt, "maintenance window");
    expect_shown(prompt, "1 target will be told");
    other = press(h, "U0BOB", "C0OPS", prompt, "Unhalt all");
    expect_shown(other, "Unhalted all · generation 2");
    again = press(h, "U0BOB", "C0OPS", prompt, "Unhalt all");
    expect_shown(again, "done before");
    wait_redis(h, 2, COMES_MS, "GET opsbot:halt:generation");
    json_decref(prompt);
    json_decref(other);
    json_decref(again);
    halting_stop(&t);
}

Test(halt, unhalt_prompts_that_lead_nowhere)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    json_t *late, *cancelled, *changed, *answer;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    late = say(h, "U0ANN", "C0OPS", "unhalt all");
    free(sql(h, "update opsbot.confirmations set expires_at = now() -"
                " interval '1 s'"));
    answer = press(h, "U0ANN", "C0OPS", late, "Unhalt all");
    expect_shown(answer, "Too late");
    json_decref(answer);
    cancelled = say(h, "U0ANN", "C0OPS", "unhalt all");
    answer = press(h, "U0ANN", "C0OPS", cancelled, "Keep all halted");
    expect_shown(answer, "Cancelled");
    json_decref(answer);
    changed = say(h, "U0ANN", "C0OPS", "unhalt all");
    unhalt_all(h);
    expect_said(h, "U0BOB", "C0OPS", "halt all once more", "Halted all");
    answer = press(h, "U0ANN", "C0OPS", changed, "Unhalt all");
    expect_shown(answer, "Not unhalted: somebody acted on all since");
    json_decref(answer);
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    json_decref(late);
    json_decref(cancelled);
    json_decref(changed);
    halting_stop(&t);
}

#define OPERATOR                                                               \
    "roles:\n  - name: operator\n    users: [U0CAT]\n"                         \
    "    rights: [halt, unhalt]\n"

static const char forced_attempts[] =
    "select count(*) from opsbot.audit_events where kind = 'attempt'"
    " and command = 'unhalt' and detail ->> 'force' = 'true'";

/* A row that is no audit row is set aside at once; one that Postgres cannot
 * take now stays: the table is held. */
Test(halt, unhalt_waits_for_the_audit)
{
    struct halting t = halting_start(1, OPERATOR);
    struct harness *h = t.h;
    struct table_lock *lock;
    json_t *refused, *forced, *done;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    wait_settled(h, SOON_MS);
    lock = table_lock(h, "opsbot.audit_events");
    redis_send(h,
               "XADD opsbot:audit * row "
               "{\"op\":\"WAITS\",\"kind\":\"read\",\"recorded_at\":%s}",
               "1795442887000");
    refused = say(h, "U0CAT", "C0OPS", "unhalt all");
    expect_shown(refused, "all stays halted");
    expect_shown(refused, "still 1 in Redis, 0 in the journal");
    expect_shown(refused, "unhalt.force");
    expect_said(h, "U0CAT", "C0OPS", "unhalt all --force", "unhalt.force");
    forced = say(h, "U0ANN", "C0OPS", "unhalt all --force");
    table_unlock(lock);
    /* Whoever waited for the lock may have given it up. */
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", SOON_MS);
    if (reply_button(forced, "Unhalt all")) {
        done = press(h, "U0ANN", "C0OPS", forced, "Unhalt all");
        expect_shown(done, "Unhalted all");
        json_decref(done);
    } else {
        expect_shown(forced, "Unhalted all");
    }
    wait_sql(h, 1, SOON_MS, forced_attempts);
    json_decref(refused);
    json_decref(forced);
    halting_stop(&t);
}

/* ---- crashes ------------------------------------------------------------------------ */

/* Killed after the effect, before the targets have said so. */
Test(halt, the_next_run_goes_on_with_the_targets)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"silent\":true}"));
    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_sql(h, 1, SOON_MS,
             "select count(*) from opsbot.halts where state = 'running'");
    opsbot_kill9(h->bot);
    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"silent\":false}"));
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_card(h, "stopped 2/2 in ", 60000);
    cr_assert_eq(agents_halted(t.agents), 2);
    wait_settled(h, 30000);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_redis(h, 1, COMES_MS, "GET opsbot:halt:generation");
    halting_stop(&t);
}

/* The replica that took it dies, the other goes on. */
Test(halt, another_replica_goes_on)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    struct opsbot *other;

    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"silent\":true}"));
    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_sql(h, 1, SOON_MS,
             "select count(*) from opsbot.halts where state = 'running'");
    other = opsbot_start(h, NULL);
    opsbot_wait_ready(other);
    opsbot_kill9(h->bot);
    json_decref(agents_control(t.agents, "{\"agent\":\"*\",\"silent\":false}"));
    wait_card(h, "stopped 2/2 in ", 60000);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    halting_stop(&t);
}

/* An intent without its effect: a halt is carried out, an unhalt given up. */
Test(halt, what_a_crash_left_is_settled)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;

    expect_said(h, "U0ANN", "C0OPS", HALT_ALL, "Halted all");
    wait_card(h, "stopped 1/1 in ", SOON_MS);
    wait_settled(h, SOON_MS);
    for (int i = 0; i < 2; i++) {
        const char *action = i ? "unhalt" : "halt";
        const char *scope = i ? "all" : "execution";

        free(sql(h,
                 "insert into opsbot.operations (id, command, entity, actor,"
                 " actor_name, act, recorded_at, created_at) values"
                 " ('LEFT%s', '%s', 'halt:%s', 'U0BOB', 'bob',"
                 " '{\"user\":\"U0BOB\",\"user_name\":\"bob\",\"channel\":"
                 "\"C0OPS\",\"command\":\"%s\",\"recorded_at\":"
                 "1795442887000}', to_timestamp(1795442887),"
                 " now() - interval '1 min')",
                 action, action, scope, action));
        free(sql(h,
                 "insert into opsbot.audit_events (operation, kind,"
                 " recorded_at, trace, team, channel, actor, actor_name,"
                 " command, text, via, replica, outcome, detail) select id,"
                 " 'attempt', recorded_at, '', '', 'C0OPS', actor, actor_name,"
                 " command, '', 'socket', '', 'attempt', '{\"action\":\"%s\","
                 "\"reason\":\"left\",\"generation\":%d}' from"
                 " opsbot.operations where id = 'LEFT%s'",
                 action, i, action));
    }
    wait_sql(h, 0, 40000,
             "select count(*) from opsbot.operations where state = 'intent'");
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:execution");
    expect_text(sql(h, "select outcome ->> 'result' from opsbot.operations"
                       " where id = 'LEFTunhalt'"),
                "given up");
    halting_stop(&t);
}

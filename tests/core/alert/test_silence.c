/* silence: made, seen, ended, and over by itself; each thing once. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"

TestSuite(silence, .init = fired_start, .fini = fired_stop);

#define DAY (24 * HOUR)

static struct silence_done done; /* the last one's; disposed of by the next */

static bool add(struct db *db, const char *op, const char *matcher,
                int64_t until, const char *reason, struct err *err)
{
    struct alert_world world = fired_world(db);
    struct act act = act_of(op, "silence");
    struct silence_new want = { .matchers = &matcher,
                                .matchers_count = matcher ? 1 : 0,
                                .reason = reason,
                                .until = until };

    silence_done_dispose(&done);
    return silence_add(&world, &act, &want, &done, err);
}

static void silenced(const char *op, const char *matcher, int64_t ms)
{
    cr_assert(add(w.db, op, matcher, fired_now + ms, "maintenance", &w.err),
              "%s", w.err.text);
    cr_assert(done.found);
}

static void end(const char *op, int64_t id)
{
    struct alert_world world = fired_world(w.db);
    struct act act = act_of(op, "silence end");

    silence_done_dispose(&done);
    cr_assert(silence_end(&world, &act, id, &done, &w.err), "%s", w.err.text);
}

/* Time goes on. */
static void pass(int64_t ms)
{
    struct alert_world world;

    fired_now += ms;
    world = fired_world(w.db);
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
}

/* ---- made -------------------------------------------------------------------------- */

Test(silence, mutes_what_fires)
{
    struct alert_group *g;

    FIRE({ .print = "a", .label = "paged" });
    silenced("op1", "service=pay", HOUR);
    cr_expect_not(done.before);
    cr_expect_eq(done.silence.id, 1);
    cr_expect_eq(done.silence.muting, 1);
    cr_expect_str_eq(done.silence.by, "U0ANN");
    cr_expect_str_eq(done.silence.reason, "maintenance");
    cr_expect_eq(done.silence.until, fired_now + HOUR);
    cr_expect_str_eq(done.silence.matchers[0], "service=\"pay\"");
    g = fired_group(1);
    cr_expect_eq(group_state(g), GROUP_SILENCED);
    cr_expect_str_eq(g->quiet_why, "S-1 by ann: maintenance");
    cr_expect_eq(g->quiet_until, fired_now + HOUR);
    cr_expect_eq(g->step_at, 0, "its escalation stands still");
    cr_expect_str_eq(fired_history(1), "first silenced");
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence, one_operation_is_one_silence)
{
    FIRE({ .print = "a" });
    silenced("op1", "service=pay", HOUR);
    silenced("op1", "service=pay", HOUR);
    cr_expect(done.before);
    cr_expect_eq(done.silence.id, 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"), 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.audit_events"
                              " where operation = 'op1' and outcome = 'ok'"
                              " and kind = 'outcome'"),
                 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.operations"
                              " where id = 'op1' and state = 'done'"
                              " and (outcome->>'silence')::int = 1"),
                 1);
    cr_expect_str_eq(fired_history(1), "first silenced");
    silence_done_dispose(&done);
}

static void refused(const char *matcher, int64_t ms, const char *reason,
                    const char *why)
{
    struct err err = { .kind = ERR_NONE };

    cr_expect_not(add(w.db, "op1", matcher, fired_now + ms, reason, &err));
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect(strstr(err.text, why), "%s", err.text);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"), 0);
    cr_expect_eq(fired_number("select count(*) from opsbot.operations"), 0);
}

Test(silence, what_cannot_be_meant_is_refused)
{
    refused("a=1", 0, "x", "later than now");
    refused("a=1", -HOUR, "x", "later than now");
    refused("a=1", 31 * DAY, "x", "30 days at most");
    refused("a=1", HOUR, " \n", "needs a reason");
    refused("a", HOUR, "x", "does not say how it compares");
    refused("a=~\"(\"", HOUR, "x", "cannot be read");
    refused("a!=1", HOUR, "x", "fit every alert");
    refused("a=~\".*\"", HOUR, "x", "fit every alert");
    refused("{}", HOUR, "x", "fit every alert");
    refused(NULL, HOUR, "x", "fit every alert");
}

Test(silence, one_text_may_have_several_matchers)
{
    FIRE({ .print = "a" }, { .print = "b", .severity = "info" });
    silenced("op1", "{service=\"pay\", severity!=\"info\"}", HOUR);
    cr_expect_eq(done.silence.matchers_count, 2);
    cr_expect_eq(done.silence.muting, 1);
    cr_expect_eq(fired_group(1)->muted, 1);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING,
                 "another one fires");
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence, expressions_are_asked_of_all_that_fires)
{
    FIRE({ .print = "a", .service = "pay-1" },
         { .print = "b", .service = "pay-2" },
         { .print = "c", .service = "bill" });
    silenced("op1", "service=~\"pay-[0-9]\"", HOUR);
    cr_expect_eq(done.silence.muting, 2);
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence, a_long_reason_is_cut)
{
    char *reason = xcalloc(1, 2 * SILENCE_REASON);

    memset(reason, 'x', 2 * SILENCE_REASON - 1);
    cr_assert(add(w.db, "op1", "a=1", fired_now + HOUR, reason, &w.err));
    cr_expect_eq(fired_number("select char_length(reason) from"
                              " opsbot.silences"),
                 SILENCE_REASON);
    free(reason);
    silence_done_dispose(&done);
}

/* ---- news ---------------------------------------------------------------------------- */

Test(silence, news_are_muted_from_their_birth)
{
    silenced("op1", "service=pay", HOUR);
    FIRE({ .print = "a", .label = "paged" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    cr_expect_eq(fired_group(1)->step_at, 0);
    cr_expect_str_eq(fired_thread(1), "", "nobody is told");
    cr_expect_eq(fired_number("select silence from opsbot.alerts"), 1);
    FIRE({ .print = "a", .label = "paged" });
    cr_expect_eq(fired_number("select silence from opsbot.alerts"), 1);
    fired_check_counts();
    pass(MINUTE);
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    silence_done_dispose(&done);
}

Test(silence, another_alert_gives_the_group_its_voice)
{
    silenced("op1", "severity=info", HOUR);
    FIRE({ .print = "a", .severity = "info" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    FIRE({ .print = "b" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    cr_expect_eq(fired_group(1)->muted, 1);
    FIRE({ .print = "b", .resolved = true });
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence, what_is_over_meanwhile_says_nothing)
{
    FIRE({ .print = "a" });
    silenced("op1", "service=pay", HOUR);
    FIRE({ .print = "a", .resolved = true });
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED);
    pass(2 * HOUR);
    cr_expect_eq(strstr(fired_history(1), "unsilenced"), NULL);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"
                              " where settled"),
                 1);
    fired_check_counts();
    silence_done_dispose(&done);
}

/* ---- over ------------------------------------------------------------------------------ */

Test(silence, over_it_opens_again_and_people_are_told)
{
    FIRE({ .print = "a", .label = "paged" });
    silenced("op1", "service=pay", HOUR);
    pass(HOUR - 1);
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    pass(1);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    cr_expect_neq(fired_group(1)->step_at, 0, "and it escalates");
    cr_expect_str_eq(fired_history(1), "first silenced unsilenced");
    cr_expect(strstr(fired_thread(1), "unsilenced!^"), "%s", fired_thread(1));
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " silence <> 0 or quiet_why <> ''"),
                 0);
    pass(HOUR);
    cr_expect_str_eq(fired_history(1), "first silenced unsilenced", "once");
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence, ended_early)
{
    FIRE({ .print = "a" });
    silenced("op1", "service=pay", HOUR);
    fired_now += MINUTE;
    end("op2", 1);
    cr_expect(done.found);
    cr_expect_not(done.before);
    cr_expect_str_eq(done.silence.ended_by, "U0ANN");
    cr_expect_eq(done.silence.ended_at, fired_now);
    cr_expect_eq(done.silence.muting, 0);
    cr_expect_str_eq(fired_history(1), "first silenced unsilenced");
    end("op2", 1);
    cr_expect(done.before, "the same again");
    end("op3", 1);
    cr_expect(done.before, "it was over");
    cr_expect_eq(done.silence.ended_at, fired_now);
    cr_expect_eq(
        fired_number("select count(*) from opsbot.audit_events"
                     " where operation = 'op3' and outcome = 'already'"),
        1);
    cr_expect_str_eq(fired_history(1), "first silenced unsilenced");
    silence_done_dispose(&done);
}

Test(silence, one_that_is_none_cannot_be_ended)
{
    end("op1", 77);
    cr_expect_not(done.found);
    silence_done_dispose(&done);
}

Test(silence, of_two_the_one_that_lasts_goes_on)
{
    FIRE({ .print = "a" });
    silenced("op1", "service=pay", HOUR);
    silenced("op2", "severity=warning", 3 * HOUR);
    cr_expect_eq(done.silence.muting, 0, "the first one has it");
    pass(HOUR);
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    cr_expect_str_eq(fired_group(1)->quiet_why, "S-2 by ann: maintenance");
    cr_expect_eq(fired_number("select silence from opsbot.alerts"), 2);
    cr_expect_str_eq(fired_history(1), "first silenced");
    pass(2 * HOUR);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    fired_check_counts();
    silence_done_dispose(&done);
}

/* The clock was away: it began and was over meanwhile. */
Test(silence, over_before_it_was_all_around)
{
    FIRE({ .print = "a" });
    silenced("op1", "service=pay", HOUR);
    fired_number("update opsbot.silences set applied = false returning 1");
    pass(2 * HOUR);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"
                              " where settled"),
                 1);
    silence_done_dispose(&done);
}

/* ---- at once ----------------------------------------------------------------------------- */

#define ROUNDS 60

static void *fire_on(void *arg)
{
    struct db *db = arg;
    struct alert_world world = fired_world(db);

    for (int i = 0; i < ROUNDS; i++) {
        char print[20], service[20];
        struct fired one = { .print = print, .service = service };
        struct alert_event *events;
        struct taken taken;
        struct err err;

        snprintf(print, sizeof print, "print-%d", i);
        snprintf(service, sizeof service, "service-%d", i % 7);
        events = fired_events(&one, 1);
        cr_assert(alerts_take(&world, events, 1, false, &taken, &err), "%s",
                  err.text);
        events_free(events, 1);
    }
    return NULL;
}

/* Whatever the order: nothing that fires is missed. */
Test(silence, made_while_alerts_come_in_misses_none)
{
    struct db *other = stores_db(&w.s);
    pthread_t thread;

    pthread_create(&thread, NULL, fire_on, other);
    for (int i = 0; i < 7; i++) {
        char op[20], matcher[30];

        snprintf(op, sizeof op, "op%d", i);
        snprintf(matcher, sizeof matcher, "service=service-%d", i);
        silenced(op, matcher, HOUR);
    }
    pthread_join(thread, NULL);
    db_free(other);
    pass(0);
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " firing"),
                 ROUNDS);
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " firing and silence = 0"),
                 0);
    fired_check_counts();
    silence_done_dispose(&done);
}

static void *silence_on(void *arg)
{
    struct alert_world world = fired_world(arg);
    struct act act = act_of("op1", "silence");
    const char *matcher = "service=pay";
    struct silence_new want = { .matchers = &matcher,
                                .matchers_count = 1,
                                .reason = "x",
                                .until = fired_now + HOUR };
    struct silence_done mine;
    struct err err;
    bool ok = silence_add(&world, &act, &want, &mine, &err);

    cr_assert(ok, "%s", err.text);
    silence_done_dispose(&mine);
    return NULL;
}

Test(silence, asked_for_twice_at_once_is_one)
{
    struct db *other = stores_db(&w.s);
    pthread_t thread;

    FIRE({ .print = "a" });
    pthread_create(&thread, NULL, silence_on, other);
    silence_on(w.db);
    pthread_join(thread, NULL);
    db_free(other);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"), 1);
    cr_expect_str_eq(fired_history(1), "first silenced");
}

/* ---- looking ------------------------------------------------------------------------------ */

Test(silence, those_that_hold_are_listed_soonest_first)
{
    struct silences list;
    int64_t now = clock_wall_ms();

    fired_now = now;
    silenced("op1", "service=a", 3 * HOUR);
    silenced("op2", "service=b", HOUR);
    silenced("op3", "service=c", 2 * HOUR);
    end("op4", 3);
    cr_assert(silences_list(w.db, false, 0, 10, &list, &w.err));
    cr_assert_eq(list.count, 2);
    cr_expect_eq(list.items[0].id, 2);
    cr_expect_eq(list.items[1].id, 1);
    cr_expect_not(list.more);
    silences_dispose(&list);
    cr_assert(silences_list(w.db, false, 0, 1, &list, &w.err));
    cr_expect_eq(list.count, 1);
    cr_expect(list.more);
    silences_dispose(&list);
    cr_assert(silences_list(w.db, false, 1, 1, &list, &w.err));
    cr_expect_eq(list.items[0].id, 1);
    cr_expect_not(list.more);
    silences_dispose(&list);
    cr_assert(silences_list(w.db, true, 0, 10, &list, &w.err));
    cr_assert_eq(list.count, 1);
    cr_expect_eq(list.items[0].id, 3);
    cr_expect_str_eq(list.items[0].ended_by, "U0ANN");
    cr_expect_str_eq(list.items[0].ended_by_name, "ann");
    silences_dispose(&list);
    silence_done_dispose(&done);
}

/* ---- away ----------------------------------------------------------------------------------- */

Test(silence, without_postgres_nothing_is_silenced_and_then_once)
{
    struct alert_world world = fired_world(w.db);
    struct err err = { .kind = ERR_NONE };
    struct silences list;

    FIRE({ .print = "a" });
    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(add(w.db, "op1", "service=pay", fired_now + HOUR, "x", &err));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_not(mute_due(&world, &err));
    cr_expect_not(silences_list(w.db, false, 0, 10, &list, &err));
    part_start(w.s.harness, PART_POSTGRES);
    while (!db_probe(w.db, &err))
        harness_sleep(20);
    silenced("op1", "service=pay", HOUR);
    cr_expect_not(done.before);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences"), 1);
    cr_expect_str_eq(fired_history(1), "first silenced");
    silence_done_dispose(&done);
}

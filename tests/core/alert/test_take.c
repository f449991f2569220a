/*
 * take: events into Postgres, with groups, cards, lines and history, once
 * each, whatever comes twice or late.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/fired.h"

TestSuite(take, .init = fired_start, .fini = fired_stop);

/* Whoever looks into Redis has to find the newer one, too: it is owed. */
Test(take, a_newer_trace_of_what_somebody_has_is_owed_to_redis)
{
    FIRE({ .print = "a", .trace = "t1" });
    fired_do(STEP_ACK, 1, "U1", "");
    fired_number("update opsbot.alert_groups set ack_owed = false returning 1");
    fired_now += MINUTE;
    FIRE({ .print = "a", .trace = "t1" });
    cr_expect_not(fired_group(1)->ack_owed, "the same one");
    fired_now += MINUTE;
    FIRE({ .print = "a", .trace = "t2" });
    cr_expect(fired_group(1)->ack_owed);
    cr_expect_str_eq(fired_history(1), "first acked");
    fired_do(STEP_UNACK, 1, "U1", "");
    fired_number("update opsbot.alert_groups set ack_owed = false returning 1");
    fired_now += MINUTE;
    FIRE({ .print = "a", .trace = "t3" });
    cr_expect_not(fired_group(1)->ack_owed, "nobody has it");
    fired_check_counts();
}

/* What its source says may be heard long after it. */
Test(take, is_over_when_its_source_says_so)
{
    int64_t first = fired_now;

    FIRE({ .print = "a" }, { .print = "b" });
    fired_pass(9 * MINUTE);
    FIRE({ .print = "a", .resolved = true, .ended = first + 3 * MINUTE },
         { .print = "b", .resolved = true, .ended = first + 2 * MINUTE });
    cr_expect_eq(fired_group(1)->resolved_at, fired_now);
    cr_expect_eq(group_ended(fired_group(1)), first + 3 * MINUTE,
                 "the last of them");
    fired_pass(MINUTE);
    FIRE({ .print = "a" });
    cr_expect_eq(group_ended(fired_group(1)), 0, "it fires again");
    cr_expect_eq(fired_group(1)->ended_at, 0);
    FIRE({ .print = "b" });
    fired_pass(MINUTE);
    FIRE({ .print = "b", .resolved = true, .ended = fired_now - SECOND });
    fired_pass(MINUTE);
    fired_change("by-hand", 1, "U1",
                 (struct step_input){ .kind = STEP_RESOLVE, .force = true });
    cr_expect_eq(group_ended(fired_group(1)), fired_now, "a person did");
    fired_check_counts();
}

/* The card counts it; nobody is called to what is over. */
Test(take, what_has_come_and_gone_before_people_are_told_is_not_new)
{
    FIRE({ .print = "a" });
    fired_pass(MINUTE);
    FIRE({ .print = "b" }, { .print = "c" }, { .print = "d" });
    FIRE({ .print = "c", .resolved = true }, { .print = "e" },
         { .print = "e", .resolved = true });
    cr_expect_eq(fired_group(1)->fresh, 2);
    FIRE({ .print = "a", .resolved = true });
    cr_expect_eq(fired_group(1)->fresh, 2, "that was told before");
    fired_pass(4 * MINUTE);
    cr_expect_str_eq(fired_thread(1), "more(2)!^");
    FIRE({ .print = "f" });
    cr_expect_neq(fired_group(1)->tell_at, 0);
    FIRE({ .print = "f", .resolved = true });
    cr_expect_eq(fired_group(1)->tell_at, 0, "nothing is owed");
    fired_pass(6 * MINUTE);
    cr_expect_str_eq(fired_thread(1), "more(2)!^");
    FIRE({ .print = "f" });
    cr_expect_str_eq(fired_thread(1), "more(2)!^ more(1)!^");
    cr_expect_eq(fired_group(1)->total, 6, "and all are counted");
    fired_check_counts();
}

/* ---- one ------------------------------------------------------------------------ */

Test(take, one_event_is_a_group_with_its_card)
{
    struct taken t = FIRE({ .title = "5xx 7 %", .trace = "T-1" });
    struct alert_group *g = fired_group(1);
    struct group_alerts alerts;
    char op[OP_ID];

    cr_expect_eq(t.news, 1);
    cr_expect_eq(t.groups, 1);
    cr_expect_eq(t.cards, 1);
    cr_expect_eq(t.known, 0);
    cr_expect_str_eq(g->title, "5xx 7 %");
    cr_expect_eq(g->severity, ALERT_WARNING);
    cr_expect_eq(g->firing, 1);
    cr_expect_eq(g->total, 1);
    cr_expect_eq(g->version, 1);
    cr_expect_eq(g->started_at, fired_now);
    cr_expect_eq(g->told_at, fired_now);
    cr_expect_eq(g->repeat_at, fired_now + 4 * HOUR);
    cr_expect_eq(g->due_at, g->repeat_at);
    cr_expect_str_eq(labels_get(&g->labels, "service"), "pay");
    cr_expect_eq(g->channels_count, 1);
    cr_expect_str_eq(g->channels[0], "C0OPS");
    cr_expect_eq(group_state(g), GROUP_FIRING);
    group_op(g->key, &(struct alert_event){ .id = (char *)"news-1" }, op);
    cr_expect_str_eq(g->op, op, "whoever knows the event knows the card's op");
    cr_expect_str_eq(fired_history(1), "first");
    cr_expect_str_eq(fired_thread(1), "");
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where op ="
                              " '%s' and thing = 'alert:1' and channel ="
                              " 'C0OPS' and looks = 0 and lane = %d",
                              op, OUTBOX_WARNING),
                 1);
    cr_assert(group_alerts(w.db, 1, 0, 10, &alerts, &w.err));
    cr_assert_eq(alerts.count, 1);
    cr_expect_str_eq(alerts.items[0].trace, "T-1");
    cr_expect(alerts.items[0].firing);
    group_alerts_dispose(&alerts);
    fired_check_counts();
}

Test(take, what_was_posted_without_us_is_looked_for)
{
    struct alert_world world = fired_world(w.db);
    struct fired one = { .severity = "critical" };
    struct alert_event *events = fired_events(&one, 1);
    struct taken taken;

    cr_assert(alerts_take(&world, events, 1, true, &taken, &w.err), "%s",
              w.err.text);
    events_free(events, 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where looks"
                              " = 1 and lane = 0 and channel = 'C0CRIT'"),
                 1);
}

Test(take, what_comes_twice_is_taken_once)
{
    struct taken t;

    FIRE({ .id = "x" });
    t = FIRE({ .id = "x" });
    cr_expect_eq(t.news, 0);
    cr_expect_eq(t.known, 1);
    t = FIRE({ .id = "y" }, { .id = "y" });
    cr_expect_eq(t.known, 1, "twice in a batch");
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups"), 1);
    cr_expect_eq(fired_group(1)->total, 1);
    cr_expect_eq(fired_group(1)->version, 1, "nothing to see changed");
    fired_check_counts();
}

Test(take, a_batch_of_one_service_is_one_group)
{
    struct taken t = FIRE({ .print = "a" }, { .print = "b" },
                          { .print = "c", .severity = "high" },
                          { .print = "d", .service = "db" });

    int64_t pay = fired_number("select id from opsbot.alert_groups where"
                               " labels ->> 'service' = 'pay'");

    cr_expect_eq(t.groups, 2);
    cr_expect_eq(fired_group(pay)->firing, 3);
    cr_expect_eq(fired_group(pay)->severity, ALERT_HIGH);
    cr_expect_eq(fired_group(pay)->by[ALERT_WARNING], 2);
    fired_check_counts();
}

Test(take, news_within_the_interval_wait_and_are_counted)
{
    FIRE({ .print = "a" });
    fired_pass(MINUTE);
    FIRE({ .print = "b" });
    FIRE({ .print = "c" }, { .print = "d" });
    cr_expect_eq(fired_group(1)->fresh, 3);
    cr_expect_eq(fired_group(1)->tell_at, fired_now + 4 * MINUTE);
    cr_expect_eq(fired_number("select wanted from opsbot.outbox"), 3,
                 "the card is edited at once");
    cr_expect_str_eq(fired_thread(1), "");
    cr_expect_eq(fired_pass(3 * MINUTE), 0);
    cr_expect_eq(fired_pass(MINUTE), 1);
    cr_expect_str_eq(fired_thread(1), "more(3)!^");
    cr_expect_eq(fired_group(1)->fresh, 0);
    cr_expect_eq(fired_pass(0), 0);
    fired_pass(5 * MINUTE);
    FIRE({ .print = "e" });
    cr_expect_str_eq(fired_thread(1), "more(3)!^ more(1)!^",
                     "the interval is over: now");
    fired_check_counts();
}

Test(take, all_of_it_is_over)
{
    FIRE({ .print = "a" }, { .print = "b" });
    fired_now += MINUTE;
    FIRE({ .print = "a", .resolved = true });
    cr_expect_eq(fired_group(1)->firing, 1);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    FIRE({ .print = "b", .resolved = true });
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED);
    cr_expect_eq(fired_group(1)->due_at, 0);
    cr_expect_eq(fired_group(1)->total, 2);
    cr_expect_str_eq(fired_history(1), "first some_over resolved");
    cr_expect_str_eq(fired_thread(1), "resolved");
    cr_expect_eq(fired_pass(24 * HOUR), 0);
    fired_check_counts();
}

Test(take, a_batch_in_which_it_fires_and_is_over)
{
    FIRE({ .print = "a" }, { .print = "a", .resolved = true });
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED);
    cr_expect_str_eq(fired_history(1), "first resolved");
    fired_check_counts();
}

/* ---- late ------------------------------------------------------------------------- */

Test(take, what_was_over_before_it_began_is_late)
{
    int64_t began = fired_now;

    FIRE({ .at = began });
    fired_now += MINUTE;
    FIRE({ .resolved = true, .at = began, .ended = began + 30 * SECOND });
    FIRE({ .at = began + 40 * SECOND });
    cr_expect_eq(fired_group(1)->firing, 1);
    FIRE({ .resolved = true, .at = began, .ended = began + 30 * SECOND });
    cr_expect_eq(fired_group(1)->firing, 1, "an end from before");
    fired_now += MINUTE;
    FIRE({ .resolved = true, .at = began, .ended = fired_now });
    cr_expect_eq(fired_group(1)->firing, 1,
                 "an end that is not told, of what began before");
    FIRE({ .resolved = true, .ended = fired_now - 1 });
    cr_expect_eq(fired_group(1)->firing, 0);
    fired_check_counts();
}

Test(take, what_fired_before_it_was_over_is_late)
{
    int64_t began = fired_now;

    fired_now += HOUR;
    FIRE({ .resolved = true, .at = began, .ended = began + MINUTE });
    FIRE({ .at = began });
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups"), 0,
                 "its end came first");
    FIRE({ .at = began + 2 * MINUTE });
    cr_expect_eq(fired_group(1)->firing, 1);
    FIRE({ .resolved = true, .ended = began + 3 * MINUTE });
    FIRE({ .at = began + 2 * MINUTE }, { .at = began });
    cr_expect_eq(fired_group(1)->firing, 0, "duplicates of before");
    fired_check_counts();
}

Test(take, an_older_one_does_not_change_a_newer_one)
{
    FIRE({ .at = fired_now, .severity = "high" });
    FIRE({ .at = fired_now - MINUTE, .severity = "info" });
    cr_expect_eq(fired_group(1)->severity, ALERT_HIGH);
    fired_check_counts();
}

/* ---- again -------------------------------------------------------------------------- */

static void flap(int64_t pause)
{
    fired_now += pause;
    FIRE({ .resolved = true });
    fired_now += pause;
    FIRE({ .print = "a" });
}

Test(take, what_flaps_is_one_card_and_not_a_line_each)
{
    FIRE({ .print = "a" });
    for (int i = 0; i < 10; i++)
        flap(MINUTE);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups"), 1);
    cr_expect_eq(fired_group(1)->flaps, 10);
    cr_expect_eq(fired_group(1)->firing, 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where body"
                              " like '%%again%%'"),
                 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where body"
                              " like '%%flapping(2)!^%%'"),
                 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where body"
                              " like '%%flapping%%'"),
                 1);
    for (int i = 0; i < 25; i++)
        flap(MINUTE);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where body"
                              " like '%%flapping%%'"),
                 2, "once an hour");
    fired_check_counts();
}

Test(take, later_than_flap_it_is_another_group)
{
    FIRE({ .print = "a" });
    flap(9 * MINUTE);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups"), 1);
    flap(11 * MINUTE);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups"), 2);
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED);
    cr_expect_eq(group_state(fired_group(2)), GROUP_FIRING);
    fired_check_counts();
}

/* ---- worse, better, elsewhere --------------------------------------------------------- */

Test(take, worse_is_said_at_once_and_better_quietly)
{
    FIRE({ .label = "paged", .severity = "warning" });
    cr_expect_str_eq(fired_thread(1), "first!", "the route mentions S9");
    fired_now += MINUTE;
    FIRE({ .label = "paged", .severity = "critical" });
    cr_expect_str_eq(fired_thread(1), "first! worse!^");
    cr_expect_eq(fired_group(1)->severity, ALERT_CRITICAL);
    cr_expect_eq(fired_number("select lane from opsbot.outbox where thing ="
                              " 'alert:1'"),
                 OUTBOX_CRITICAL, "its card is in their lane now");
    fired_now += MINUTE;
    FIRE({ .label = "paged", .severity = "info" });
    cr_expect_str_eq(fired_thread(1), "first! worse!^ better");
    fired_check_counts();
}

Test(take, who_took_a_warning_did_not_take_a_critical)
{
    FIRE({ .label = "paged" });
    fired_do(STEP_ACK, 1, "U1", "");
    cr_expect_eq(group_state(fired_group(1)), GROUP_ACKED);
    FIRE({ .label = "paged", .severity = "high" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_ACKED);
    FIRE({ .label = "paged", .severity = "critical" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    cr_expect_eq(fired_group(1)->step_at, fired_now + 5 * MINUTE);
    cr_expect(fired_group(1)->ack_owed);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_history where"
                              " text like 'it was acknowledged by U1 before it"
                              " was critical%%'"),
                 1);
}

Test(take, an_alert_that_is_routed_elsewhere_leaves_its_group)
{
    FIRE({ .print = "a" }, { .print = "b" });
    FIRE({ .print = "a", .severity = "critical" });
    cr_expect_eq(fired_group(1)->firing, 1);
    cr_expect_eq(fired_group(2)->firing, 1);
    cr_expect_str_eq(fired_group(2)->route, "critical");
    FIRE({ .print = "a", .resolved = true });
    cr_expect_eq(group_state(fired_group(2)), GROUP_RESOLVED);
    fired_check_counts();
}

Test(take, an_alert_of_two_routes_is_in_two_groups)
{
    FIRE({ .label = "two", .severity = "critical" });
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups where"
                              " firing = 1"),
                 2);
    FIRE({ .label = "two", .resolved = true });
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups where"
                              " resolved_at is not null"),
                 2);
    fired_check_counts();
}

Test(take, the_group_speaks_as_its_worst_newest_alert)
{
    FIRE({ .print = "a", .title = "A" }, { .print = "b", .title = "B" });
    cr_expect_str_eq(fired_group(1)->title, "B");
    FIRE({ .print = "c", .title = "C", .severity = "high" });
    FIRE({ .print = "d", .title = "D" });
    cr_expect_str_eq(fired_group(1)->title, "C");
    fired_now += SECOND;
    FIRE({ .print = "c", .resolved = true });
    cr_expect_neq(fired_group(1)->title[0], 'C', "it is over");
    cr_expect_eq(fired_group(1)->severity, ALERT_WARNING);
}

/* ---- waits, windows ---------------------------------------------------------------------- */

Test(take, group_wait_posts_nothing_before_it_is_over)
{
    FIRE({ .print = "a", .label = "slow" });
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 0);
    fired_pass(20 * SECOND);
    FIRE({ .print = "b", .label = "slow" });
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 0);
    cr_expect_eq(fired_pass(10 * SECOND), 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 1);
    cr_expect_eq(fired_group(1)->told_at, fired_now);
    cr_expect_str_eq(fired_history(1), "first");
    cr_expect_eq(fired_group(1)->fresh, 0);
}

Test(take, what_is_over_while_it_waits_is_never_posted)
{
    FIRE({ .label = "slow" });
    fired_now += SECOND;
    FIRE({ .label = "slow", .resolved = true });
    fired_pass(HOUR);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 0);
    cr_expect_eq(fired_group(1)->posted_at, 0);
}

Test(take, criticals_do_not_wait_unless_the_route_says_so)
{
    FIRE({ .severity = "critical" });
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 1);
    FIRE({ .label = "slow", .severity = "critical", .print = "b" });
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox"), 1,
                 "the route sets it");
}

Test(take, a_window_keeps_it_quiet_and_it_gets_its_voice_back)
{
    fired_now += 11 * HOUR; /* 23:00 */
    FIRE({ .label = "night" });
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where thing ="
                              " 'alert:1' and lane = %d",
                              OUTBOX_INFO),
                 1, "its card is there");
    cr_expect_eq(fired_group(1)->told_at, 0);
    for (int i = 0; i < 6; i++)
        fired_pass(HOUR);
    cr_expect_eq(group_state(fired_group(1)), GROUP_SILENCED);
    cr_expect_eq(fired_group(1)->due_at, fired_now + HOUR);
    fired_pass(HOUR);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    cr_expect_str_eq(fired_thread(1), "unsilenced(1)!^");
    cr_expect_eq(fired_group(1)->told_at, fired_now);
}

Test(take, nothing_to_take_is_nothing)
{
    struct alert_world world = fired_world(w.db);
    struct taken taken;

    cr_expect(alerts_take(&world, NULL, 0, false, &taken, &w.err));
    cr_expect_eq(taken.news, 0);
}

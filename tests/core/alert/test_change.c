/*
 * change: what people do to a group, once each, and the clock of its
 * escalation, through Postgres.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/fired.h"

/* A-1, critical, with the policy page. */
static void start(void)
{
    fired_start();
    FIRE({ .severity = "critical", .trace = "T-1" });
}

TestSuite(change, .init = start, .fini = fired_stop);

static enum step_result ack(const char *user)
{
    return fired_do(STEP_ACK, 1, user, "")->result;
}

/* ---- acknowledged ------------------------------------------------------------------ */

Test(change, an_acknowledgement_stops_the_escalation_and_names_the_step)
{
    struct alert_done *done;

    cr_expect_eq(fired_group(1)->step_at, fired_now + 5 * MINUTE);
    fired_pass(5 * MINUTE);
    fired_pass(MINUTE);
    done = fired_do(STEP_ACK, 1, "U1", "mine");
    cr_expect_eq(done->result, STEP_DONE);
    cr_expect(done->found);
    cr_expect_eq(done->change.reason, REASON_ACKED);
    cr_expect_eq(done->change.n, 2, "step 2 …");
    cr_expect_eq(done->change.of, 3, "… of 3 cancelled");
    cr_expect_str_eq(done->change.text, "mine");
    cr_expect_eq(done->group.ack_until, fired_now + HOUR);
    cr_expect_eq(fired_group(1)->step_at, 0);
    cr_expect_eq(fired_group(1)->step_left_ms, 9 * MINUTE);
    cr_expect_eq(fired_group(1)->repeat_at, 0);
    cr_expect(fired_group(1)->ack_owed);
    cr_expect_str_eq(fired_group(1)->acked_by, "U1");
    cr_expect_str_eq(fired_group(1)->ack_note, "mine");
    cr_expect_eq(group_state(fired_group(1)), GROUP_ACKED);
    cr_expect_eq(
        fired_number("select count(*) from opsbot.operations o join"
                     " opsbot.audit_events a on a.operation = o.id where"
                     " o.state = 'done' and o.entity = 'alert:1'"
                     " and a.outcome = 'ok'"),
        1);
}

Test(change, the_same_operation_is_done_once)
{
    struct step_input in = { .kind = STEP_ACK,
                             .text = "",
                             .until = STEP_LEASE };
    int64_t version;

    cr_expect_not(fired_change("OP", 1, "U1", in)->before);
    version = fired_group(1)->version;
    fired_now += MINUTE;
    cr_expect(fired_change("OP", 1, "U1", in)->before);
    cr_expect_eq(fired_change("OP", 1, "U1", in)->change.reason, REASON_ACKED);
    cr_expect_eq(fired_change("OP", 1, "U1", in)->change.n, 1);
    cr_expect_eq(fired_group(1)->version, version);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_history where"
                              " reason = 'acked'"),
                 1);
}

Test(change, who_has_it_has_it)
{
    ack("U1");
    cr_expect_eq(ack("U2"), STEP_TAKEN);
    cr_expect_str_eq(fired_group(1)->acked_by, "U1");
    cr_expect_eq(ack("U1"), STEP_NOTHING, "pressed twice");
    cr_expect_eq(fired_number("select count(*) from opsbot.operations"), 1,
                 "what changes nothing is no operation");
    fired_now += 10 * MINUTE;
    cr_expect_eq(ack("U1"), STEP_DONE, "extended");
    cr_expect_eq(fired_group(1)->ack_until, fired_now + HOUR);
    cr_expect_str_eq(fired_history(1), "first acked extended");
}

Test(change, a_lease_is_asked_for_once_and_then_it_is_open_again)
{
    fired_pass(4 * MINUTE);
    ack("U1");
    cr_expect_eq(fired_pass(54 * MINUTE), 0);
    cr_expect_eq(fired_pass(MINUTE), 1);
    cr_expect_str_eq(fired_history(1), "first acked asked");
    cr_expect_eq(fired_pass(4 * MINUTE), 0);
    cr_expect_eq(fired_pass(MINUTE), 1);
    cr_expect_str_eq(fired_history(1), "first acked asked ack_expired");
    cr_expect_str_eq(fired_group(1)->acked_by, "");
    cr_expect_eq(fired_group(1)->step_at, fired_now + MINUTE,
                 "from where it stopped");
    cr_expect_eq(fired_group(1)->repeat_at, fired_now + 4 * HOUR);
    cr_expect_eq(fired_pass(MINUTE), 1);
    cr_expect_eq(fired_group(1)->step, 1);
}

Test(change, extended_in_time_it_is_asked_again)
{
    ack("U1");
    fired_pass(56 * MINUTE);
    cr_expect_eq(ack("U1"), STEP_DONE);
    cr_expect_not(fired_group(1)->ack_asked);
    fired_pass(55 * MINUTE);
    cr_expect_str_eq(fired_history(1), "first acked asked extended asked");
}

Test(change, given_back_it_goes_on_where_it_stopped)
{
    fired_pass(5 * MINUTE);
    fired_pass(4 * MINUTE);
    ack("U1");
    fired_pass(20 * MINUTE);
    cr_expect_eq(fired_do(STEP_UNACK, 1, "U2", "")->result, STEP_DONE,
                 "anybody may");
    cr_expect_eq(fired_group(1)->step, 1);
    cr_expect_eq(fired_group(1)->step_at, fired_now + 6 * MINUTE);
    cr_expect_eq(fired_do(STEP_UNACK, 1, "U2", "")->result, STEP_NOTHING);
    cr_expect(fired_group(1)->ack_owed);
}

/* ---- what no longer fits ------------------------------------------------------------- */

static enum step_result click(enum step_kind kind, int64_t version)
{
    static int n;
    char op[40];

    snprintf(op, sizeof op, "press-%d", ++n);
    return fired_change(op, 1, "U1",
                        (struct step_input){ .kind = kind,
                                             .text = "",
                                             .until = STEP_LEASE,
                                             .version = version })
        ->result;
}

Test(change, a_button_on_an_old_card_changes_nothing)
{
    int64_t seen = fired_group(1)->version;

    FIRE({ .severity = "critical", .resolved = true });
    cr_expect_eq(click(STEP_ACK, seen), STEP_STALE);
    cr_expect_eq(click(STEP_UNACK, seen), STEP_STALE);
    cr_expect_eq(click(STEP_RESOLVE, seen), STEP_STALE);
    cr_expect_eq(click(STEP_ESCALATE, seen), STEP_STALE);
    cr_expect_eq(click(STEP_ACK, 0), STEP_OVER, "typed");
    cr_expect_eq(click(STEP_ACK, fired_group(1)->version), STEP_OVER);
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED,
                 "nothing fires again by it");
}

Test(change, an_edit_that_turns_nothing_makes_no_button_old)
{
    int64_t seen = fired_group(1)->version;

    FIRE({ .severity = "critical", .print = "b" });
    cr_expect_gt(fired_group(1)->version, seen);
    cr_expect_eq(click(STEP_ESCALATE, seen), STEP_DONE);
    cr_expect_eq(click(STEP_ESCALATE, seen), STEP_STALE,
                 "pressed twice, paged once");
    cr_expect_eq(click(STEP_ACK, seen), STEP_DONE, "it still fits");
}

/* Whoever pressed on a warning has not taken what it is now. */
Test(change, a_button_on_a_warning_does_not_take_the_critical_it_became)
{
    char op[] = "press-a";
    struct step_input in = { .kind = STEP_ACK,
                             .text = "",
                             .until = STEP_LEASE };

    FIRE({ .service = "db", .label = "paged", .trace = "W" });
    in.version = fired_group(2)->version;
    FIRE({ .service = "db", .label = "paged", .severity = "critical" });
    cr_expect_eq(fired_change(op, 2, "U1", in)->result, STEP_STALE);
    cr_expect_eq(group_state(fired_group(2)), GROUP_FIRING);
    FIRE({ .service = "db",
           .label = "paged",
           .severity = "critical",
           .print = "b" });
    in.version = fired_group(2)->worse;
    op[6]++;
    cr_expect_eq(fired_change(op, 2, "U1", in)->result, STEP_DONE);
    cr_expect_eq(group_state(fired_group(2)), GROUP_ACKED);
}

Test(change, a_button_on_a_warning_does_not_take_the_critical_it_fires_again_as)
{
    struct step_input in = { .kind = STEP_ACK,
                             .text = "",
                             .until = STEP_LEASE };

    FIRE({ .service = "db", .label = "paged" });
    in.version = fired_group(2)->version;
    fired_now += SECOND;
    FIRE({ .service = "db", .label = "paged", .resolved = true });
    fired_now += SECOND;
    FIRE({ .service = "db", .label = "paged", .severity = "critical" });
    cr_expect_eq(group_state(fired_group(2)), GROUP_FIRING);
    cr_expect_eq(fired_change("press-c", 2, "U1", in)->result, STEP_STALE);
    in.version = fired_group(2)->version;
    cr_expect_eq(fired_change("press-d", 2, "U1", in)->result, STEP_DONE);
}

/* ---- by hand ---------------------------------------------------------------------------- */

Test(change, what_its_source_ends_is_not_ended_by_hand)
{
    struct step_input in = { .kind = STEP_RESOLVE, .text = "", .force = true };

    cr_expect_eq(fired_do(STEP_RESOLVE, 1, "U1", "")->result, STEP_REFUSED);
    cr_expect_eq(fired_change("OP", 1, "U1", in)->result, STEP_DONE);
    cr_expect_eq(group_state(fired_group(1)), GROUP_RESOLVED);
    cr_expect_str_eq(fired_group(1)->resolved_by, "U1");
    fired_check_counts();
}

Test(change, resolved_by_hand_it_is_over_with_its_alerts)
{
    int64_t began = fired_now;

    FIRE({ .service = "db", .by_hand = true });
    fired_now += MINUTE;
    cr_expect_eq(fired_do(STEP_RESOLVE, 2, "U1", "done")->result, STEP_DONE);
    fired_check_counts();
    FIRE({ .service = "db", .by_hand = true, .at = began });
    cr_expect_eq(group_state(fired_group(2)), GROUP_RESOLVED,
                 "what is sent again is of before");
    FIRE({ .service = "db", .by_hand = true, .at = fired_now });
    cr_expect_eq(group_state(fired_group(2)), GROUP_FIRING);
    fired_check_counts();
}

Test(change, escalate_now_takes_the_next_step_at_once)
{
    struct alert_done *done = fired_do(STEP_ESCALATE, 1, "U1", "");

    cr_expect_eq(done->result, STEP_DONE);
    cr_expect_eq(done->change.n, 1);
    cr_expect_str_eq(done->change.text, "U1", "whom it tells");
    cr_expect_eq(fired_group(1)->step, 1);
    cr_expect_eq(fired_group(1)->step_at, fired_now + 10 * MINUTE);
    ack("U2");
    cr_expect_eq(fired_do(STEP_ESCALATE, 1, "U1", "")->result, STEP_TAKEN);
}

#define OF_2 "select count(*) from opsbot.outbox where thing = 'alert:2'"

/* It has no card yet: who is paged has to see what for, once. */
Test(change, escalated_while_it_waits_it_has_its_card_at_once)
{
    FIRE({ .print = "w", .service = "web", .label = "wait" });
    fired_pass(10 * SECOND);
    cr_expect_eq(fired_number(OF_2), 0);
    cr_expect_eq(fired_do(STEP_ESCALATE, 2, "U1", "")->result, STEP_DONE);
    cr_expect_str_eq(fired_history(2), "first escalated");
    cr_expect_eq(fired_number(OF_2), 1);
    cr_expect_eq(fired_group(2)->step_at, fired_now + 10 * MINUTE);
    fired_pass(20 * SECOND);
    cr_expect_str_eq(fired_history(2), "first escalated");
    cr_expect_eq(fired_number(OF_2), 1);
    fired_check_counts();
}

Test(change, no_step_is_left_or_there_is_none)
{
    for (int i = 0; i < 6; i++)
        cr_expect_eq(fired_do(STEP_ESCALATE, 1, "U1", "")->result, STEP_DONE,
                     "twice three steps");
    cr_expect_eq(fired_do(STEP_ESCALATE, 1, "U1", "")->result, STEP_NOTHING);
    FIRE({ .service = "db" });
    cr_expect_eq(fired_do(STEP_ESCALATE, 2, "U1", "")->result, STEP_NOTHING);
}

Test(change, assigned_and_noted)
{
    cr_expect_eq(fired_do(STEP_ASSIGN, 1, "U1", "U7")->result, STEP_DONE);
    cr_expect_eq(fired_do(STEP_ASSIGN, 1, "U1", "U7")->result, STEP_NOTHING);
    cr_expect_str_eq(fired_group(1)->assignee, "U7");
    cr_expect_str_eq(fired_group(1)->assigned_by, "U1");
    cr_expect_eq(fired_do(STEP_NOTE, 1, "U1", "it is the disk")->result,
                 STEP_DONE);
    FIRE({ .severity = "critical", .resolved = true });
    cr_expect_eq(fired_do(STEP_ASSIGN, 1, "U1", "U8")->result, STEP_OVER);
    cr_expect_eq(fired_do(STEP_NOTE, 1, "U1", "it was")->result, STEP_DONE);
    cr_expect_str_eq(fired_history(1), "first assigned note resolved note");
}

Test(change, there_is_no_such_group)
{
    struct alert_done *done = fired_do(STEP_ACK, 99, "U1", "");

    cr_expect_not(done->found);
    cr_expect_eq(fired_number("select count(*) from opsbot.operations"), 0);
}

/* ---- the clock ---------------------------------------------------------------------------- */

TestSuite(due, .init = start, .fini = fired_stop);

Test(due, each_step_is_taken_once_in_its_time_and_again_once_more)
{
    static const int64_t pauses[] = { 5, 10, 15, 5, 10, 15 };

    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(fired_pass(pauses[i] * MINUTE - 1), 0);
        cr_expect_eq(fired_pass(1), 1, "step %zu", i);
        cr_expect_eq(fired_pass(0), 0);
    }
    cr_expect_eq(fired_group(1)->step_at, 0);
    cr_expect_eq(fired_group(1)->round, 1);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_history where"
                              " reason = 'escalated'"),
                 6);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_history where"
                              " reason = 'escalated' and n = 2 and n_of = 3"
                              " and text = 'S2'"),
                 2);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where channel"
                              " = 'C0LEAD' and thing = 'alert:1'"),
                 1);
}

Test(due, what_is_late_fires_once)
{
    fired_pass(24 * HOUR);
    cr_expect_str_eq(fired_history(1), "first repeat escalated");
    cr_expect_eq(fired_group(1)->step_at, fired_now + 10 * MINUTE);
    cr_expect_eq(fired_group(1)->repeat_at, fired_now + 4 * HOUR);
}

Test(due, a_clock_that_goes_back_makes_nobody_wait_longer)
{
    fired_pass(5 * MINUTE);
    fired_now -= 24 * HOUR;
    FIRE({ .severity = "critical", .print = "b", .at = fired_now });
    cr_expect_eq(fired_group(1)->step_at, fired_now + 10 * MINUTE);
    cr_expect_eq(fired_group(1)->repeat_at, fired_now + 4 * HOUR);
}

Test(due, it_is_sent_again_while_nobody_has_it)
{
    FIRE({ .service = "db" });
    for (int i = 0; i < 3; i++)
        fired_pass(4 * HOUR);
    cr_expect_str_eq(fired_thread(2), "repeat!^ repeat!^ repeat!^");
    fired_do(STEP_ACK, 2, "U1", "");
    fired_pass(3 * HOUR);
    cr_expect_str_eq(fired_thread(2), "repeat!^ repeat!^ repeat!^ acked");
}

Test(due, what_another_replica_has_is_left_to_it)
{
    struct db *other = stores_db(&w.s);
    struct alert_world world = fired_world(other);
    static const struct db_stmt hold = {
        .name = "hold",
        .sql = "select 1 from opsbot.alert_groups where id = 1 for update",
    };
    size_t fired;

    FIRE({ .print = "b", .service = "db", .severity = "critical" });
    fired_now += 5 * MINUTE;
    cr_assert(db_begin(w.db, &w.err) &&
              db_run(w.db, &hold, NULL, &w.err, NULL));
    world.now = fired_now;
    cr_assert(alerts_due(&world, 100, &fired, &w.err), "%s", w.err.text);
    cr_expect_eq(fired, 1);
    db_rollback(w.db);
    cr_assert(alerts_due(&world, 100, &fired, &w.err), "%s", w.err.text);
    cr_expect_eq(fired, 1);
    db_free(other);
}

Test(due, in_pieces)
{
    struct alert_world world;
    size_t fired;

    for (int i = 0; i < 9; i++)
        FIRE({ .print = &"abcdefghi"[i],
               .service = &"abcdefghi"[i],
               .severity = "critical" });
    fired_now += 5 * MINUTE;
    world = fired_world(w.db);
    for (int left = 10; left > 0; left -= 4) {
        cr_assert(alerts_due(&world, 4, &fired, &w.err), "%s", w.err.text);
        cr_expect_eq(fired, (size_t)(left > 4 ? 4 : left));
    }
    cr_assert(alerts_due(&world, 4, &fired, &w.err));
    cr_expect_eq(fired, 0);
}

Test(due, how_late_the_latest_is)
{
    int64_t ms;

    free(look_text(&w.s, "update opsbot.alert_groups set due_at = now() -"
                         " interval '90 s' returning 1"));
    cr_assert(alerts_overdue(w.db, &ms, &w.err));
    cr_expect(ms >= 90000 && ms < 600000);
    free(look_text(&w.s, "update opsbot.alert_groups set due_at = now() +"
                         " interval '90 s' returning 1"));
    cr_assert(alerts_overdue(w.db, &ms, &w.err));
    cr_expect_eq(ms, 0);
}

Test(due, what_is_open_is_counted)
{
    struct alert_counts c;

    FIRE({ .service = "db", .print = "x" }, { .service = "db", .print = "y" });
    ack("U1");
    cr_assert(alerts_count(w.db, &c, &w.err));
    cr_expect_eq(c.groups[ALERT_CRITICAL], 1);
    cr_expect_eq(c.unacked[ALERT_CRITICAL], 0);
    cr_expect_eq(c.groups[ALERT_WARNING], 1);
    cr_expect_eq(c.unacked[ALERT_WARNING], 1);
    cr_expect_eq(c.alerts, 3);
}

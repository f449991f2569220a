/*
 * step_rules: where one rule ends and the next begins: pauses, leases, the
 * steps of an escalation, what flaps. To the second, in the words of stepped.h.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/core/alert/stepped.h"

TestSuite(step_rules, .init = stepped_start, .fini = stepped_stop);

#define SEE(what, want) step_expect(__func__, what, want)

static void nobody_is_paged(void)
{
    step_route.policy = NULL;
    step_policy.steps_count = 0;
}

static void of_severity(enum alert_severity severity)
{
    step_group.severity = severity;
}

/* ---- when people are told ------------------------------------------------------ */

Test(step_rules, group_wait_to_the_second)
{
    step_route.wait_ms = 30 * SECOND;
    SEE("fire, +29s",
        "firing waits: step 1.0 left 5m, tell in 1s, fresh 1; no edit");
    SEE("fire", "firing waits: step 1.0 left 5m, tell in 1s, fresh 2");
    SEE("+1s", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card");
}

Test(step_rules, a_critical_waits_only_where_its_route_says_so)
{
    step_route.wait_ms = 30 * SECOND;
    of_severity(ALERT_CRITICAL);
    SEE("fire", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card");
    stepped_start();
    step_route.wait_ms = 30 * SECOND;
    step_route.wait_set = true;
    of_severity(ALERT_CRITICAL);
    SEE("fire", "firing waits: step 1.0 left 5m, tell in 30s, fresh 1");
}

Test(step_rules, what_waits_and_becomes_critical_waits_no_longer)
{
    step_route.wait_ms = 30 * SECOND;
    of_severity(ALERT_HIGH);
    SEE("fire, worse",
        "firing: worse! broadcast, step 1.0 in 5m, repeat in 4h; card");
}

Test(step_rules, group_interval_is_since_people_were_told)
{
    nobody_is_paged();
    SEE("fire, +4m, fire", "firing: tell in 1m, repeat in 236m, fresh 1");
    SEE("fire", "firing: tell in 1m, repeat in 236m, fresh 2");
    SEE("+59s", "firing: tell in 1s, repeat in 14101s, fresh 2; no edit");
    SEE("+1s", "firing: more 2! broadcast, repeat in 4h");
    SEE("+5m, fire", "firing: more 1! broadcast, repeat in 4h");
    step_route.interval_ms = 0;
    SEE("fire", "firing: more 1! broadcast, repeat in 4h");
}

Test(step_rules, repeat_interval_is_since_people_were_told)
{
    nobody_is_paged();
    SEE("fire, +239m", "firing: repeat in 1m; no edit");
    SEE("+1m", "firing: repeat! broadcast, repeat in 4h");
    SEE("+1h, worse", "firing: worse! broadcast, repeat in 4h");
    step_route.repeat_ms = 0;
    happens("fire, +5m");
    cr_expect_str_eq(stands(), "firing: more 1! broadcast");
    happens("+400h");
    cr_expect_str_eq(stands(), "firing: -; no edit");
}

Test(step_rules, a_route_without_mentions_says_nothing_below_its_card)
{
    step_route.mention_count = 0;
    SEE("fire", "firing: first!, step 1.0 in 5m, repeat in 4h; card");
}

Test(step_rules, each_severity_has_its_voices)
{
    step_severities[ALERT_WARNING].better = VOICE_NONE;
    step_severities[ALERT_WARNING].chatter = VOICE_NONE;
    SEE("fire, ack U1", "acknowledged: acked 1/3, step 1.0 left 5m, lease 4h");
    SEE("note", "acknowledged: note, step 1.0 left 5m, lease 4h");
    SEE("end", "resolved: resolved");
    stepped_start();
    of_severity(ALERT_INFO);
    SEE("fire, +5m, fire",
        "firing: more 1! thread, step 2.0 in 10m, repeat in 4h");
}

/* ---- leases -------------------------------------------------------------------- */

Test(step_rules, a_lease_is_asked_for_once_five_minutes_before_its_end)
{
    of_severity(ALERT_CRITICAL);
    happens("fire, ack U1");
    SEE("+3299s", "acknowledged: step 1.0 left 5m, lease 301s; no edit");
    SEE("+1s", "acknowledged: asked thread, step 1.0 left 5m, lease 5m asked");
    SEE("+4m", "acknowledged: step 1.0 left 5m, lease 1m asked; no edit");
    SEE("+59s", "acknowledged: step 1.0 left 5m, lease 1s asked; no edit");
    SEE("+1s", "firing: ack_expired! broadcast, step 1.0 in 5m, repeat in 4h");
}

Test(step_rules, a_lease_that_is_extended_is_asked_for_again)
{
    of_severity(ALERT_CRITICAL);
    happens("fire, ack U1, +55m");
    SEE("ack U2", "taken: acknowledged: step 1.0 left 5m, lease 5m asked");
    SEE("ack U1 for 2m",
        "nothing: acknowledged: step 1.0 left 5m, lease 5m asked");
    SEE("ack U1", "acknowledged: extended thread, step 1.0 left 5m, lease 1h");
    SEE("ack U1", "nothing: acknowledged: step 1.0 left 5m, lease 1h");
    SEE("+55m", "acknowledged: asked thread, step 1.0 left 5m, lease 5m asked");
}

Test(step_rules, a_short_lease_is_asked_for_in_its_middle)
{
    happens("fire, ack U1 for 4m");
    SEE("+119s", "acknowledged: step 1.0 left 5m, lease 121s; no edit");
    SEE("+1s", "acknowledged: asked thread, step 1.0 left 5m, lease 2m asked");
}

Test(step_rules, nobody_is_asked_when_it_is_over_already)
{
    happens("fire, ack U1");
    SEE("+4h", "firing: ack_expired! broadcast, step 1.0 in 5m, repeat in 4h");
}

Test(step_rules, without_a_lease_it_is_theirs_until_it_is_over)
{
    step_severities[ALERT_WARNING].lease_ms = 0;
    SEE("fire, ack U1", "acknowledged: acked 1/3 thread, step 1.0 left 5m");
    SEE("ack U1", "nothing: acknowledged: step 1.0 left 5m");
    cr_expect_eq(step_group.due_at, 0);
    SEE("+4000h", "acknowledged: step 1.0 left 5m; no edit");
    SEE("end", "resolved: resolved thread");
}

Test(step_rules, a_lease_that_ends_in_silence_is_told_when_that_is_over)
{
    happens("fire, +1m, ack U1, +1m, mute");
    SEE("+4h", "silenced: ack_expired, step 1.0 left 4m");
    SEE("unmute",
        "firing: unsilenced! broadcast, step 1.0 in 4m, repeat in 4h");
}

Test(step_rules, of_a_lease_that_went_by_in_silence_it_is_asked_at_its_end)
{
    happens("fire, ack U1, +1m, mute");
    SEE("+236m", "acked silenced: step 1.0 left 5m, lease 3m; no edit");
    SEE("unmute",
        "acknowledged: unsilenced thread, step 1.0 left 5m, lease 3m");
    SEE("+1s",
        "acknowledged: asked thread, step 1.0 left 5m, lease 179s asked");
}

/* It has no card yet: a lease that ends takes nothing away from that. */
Test(step_rules, a_lease_that_ends_while_it_waits_leaves_it_its_card)
{
    step_route.wait_ms = 10 * MINUTE;
    SEE("fire, ack U1 for 2m", "acknowledged waits: acked, step 1.0 left 5m, "
                               "tell in 10m, lease 2m, fresh 1");
    SEE("+2m", "firing waits: ack_expired, step 1.0 left 5m, tell in 8m, "
               "fresh 1");
    SEE("+8m", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card");
}

Test(step_rules, whoever_comes_after_a_lease_has_it)
{
    happens("fire, ack U1");
    step_now += 4 * HOUR; /* nobody has looked at the clock */
    SEE("ack U2", "acknowledged: acked thread, step 1.0 left 5m, lease 4h");
    cr_expect_str_eq(step_group.acked_by, "U2");
}

/* ---- escalation ------------------------------------------------------------------ */

Test(step_rules, each_step_in_its_time_and_once_more)
{
    SEE("fire, +299s", "firing: step 1.0 in 1s, repeat in 14101s; no edit");
    SEE("+1s", "firing: escalated 1/3, step 2.0 in 10m, repeat in 235m; page "
               "1.0");
    SEE("+10m", "firing: escalated 2/3, step 3.0 in 15m, repeat in 225m; page "
                "2.0");
    SEE("+15m", "firing: escalated 3/3, step 1.1 in 5m, repeat in 210m; page "
                "3.0");
    SEE("+5m", "firing: escalated 1/3, step 2.1 in 10m, repeat in 205m; page "
               "1.1");
    SEE("+10m", "firing: escalated 2/3, step 3.1 in 15m, repeat in 195m; page "
                "2.1");
    SEE("+15m", "firing: escalated 3/3, repeat in 3h; page 3.1");
    SEE("escalate", "nothing: firing: repeat in 3h");
    SEE("+3h", "firing: repeat! broadcast, repeat in 4h");
}

Test(step_rules, what_is_late_pages_once)
{
    SEE("fire, +100m",
        "firing: escalated 1/3, step 2.0 in 10m, repeat in 140m; page 1.0");
    cr_expect_eq(step_came.started_before, 95 * MINUTE);
}

Test(step_rules, a_step_without_delay_is_taken_by_the_first_tick)
{
    step_steps[0].after_ms = 0;
    SEE("fire", "firing: first! thread, step 1.0 in 0s, repeat in 4h; card");
    SEE("+0s", "firing: escalated 1/3, step 2.0 in 10m, repeat in 4h; page "
               "1.0");
}

Test(step_rules, an_expired_acknowledgement_goes_on_where_it_stopped)
{
    of_severity(ALERT_CRITICAL);
    happens("fire, +5m, +4m");
    SEE("ack U1", "acknowledged: acked 2/3 thread, step 2.0 left 6m, lease 1h");
    SEE("+1h", "firing: ack_expired! broadcast, step 2.0 in 6m, repeat in 4h");
    SEE("+6m", "firing: escalated 2/3, step 3.0 in 15m, repeat in 234m; page "
               "2.0");
    happens("+5m, ack U2");
    SEE("unack U2",
        "firing: unacked 3/3 broadcast, step 3.0 in 10m, repeat in 4h");
}

Test(step_rules, silenced_while_it_escalates_it_stands_still)
{
    happens("fire, +5m, +4m");
    SEE("mute", "silenced: silenced thread, step 2.0 left 6m");
    SEE("+90m", "silenced: step 2.0 left 6m; no edit");
    SEE("unmute", "firing: unsilenced! broadcast, step 2.0 in 6m, repeat in "
                  "4h");
}

Test(step_rules, silenced_and_taken_both_have_to_be_over)
{
    happens("fire, +1m, mute, ack U1");
    SEE("unmute", "acknowledged: unsilenced thread, step 1.0 left 4m, lease "
                  "4h");
    SEE("unack U1",
        "firing: unacked 1/3 broadcast, step 1.0 in 4m, repeat in 4h");
}

Test(step_rules, escalated_by_hand_the_next_step_has_all_its_time)
{
    happens("fire, +4m");
    SEE("escalate",
        "firing: escalated 1/3, step 2.0 in 10m, repeat in 236m; page 1.0");
}

Test(step_rules, while_it_waits_it_may_be_escalated_by_hand)
{
    step_route.wait_ms = 10 * MINUTE;
    happens("fire, fire, +1m");
    SEE("escalate", "firing: escalated 1/3, first! thread, step 2.0 in 10m, "
                    "repeat in 4h; card; page 1.0");
    SEE("+9m", "firing: step 2.0 in 1m, repeat in 231m; no edit");
}

Test(step_rules, a_policy_that_is_shorter_now_is_over_sooner)
{
    happens("fire, +5m, +10m");
    step_policy.steps_count = 2;
    SEE("+1m", "firing: repeat in 224m; no edit");
    SEE("escalate", "nothing: firing: repeat in 224m");
}

Test(step_rules, a_clock_that_went_back_makes_nobody_wait_longer)
{
    happens("fire, +1m, fire");
    step_now -= 10 * HOUR;
    SEE("+0s", "firing: step 1.0 in 5m, tell in 5m, repeat in 4h, fresh 1; no "
               "edit");
}

/* ---- severity -------------------------------------------------------------------- */

Test(step_rules, who_took_a_warning_has_no_critical)
{
    happens("fire, ack U1");
    SEE("worse", "acknowledged: worse broadcast, step 1.0 left 5m, lease 4h");
    SEE("worse", "firing: worse! broadcast, step 1.0 in 5m, repeat in 4h");
    cr_expect_str_eq(step_came.lines[0].change.text,
                     "it was acknowledged by U1 before it was critical, and is "
                     "open again");
    cr_expect(step_group.ack_owed);
    cr_expect(step_came.critical);
}

Test(step_rules, better_is_said_quietly_and_changes_no_clock)
{
    of_severity(ALERT_CRITICAL);
    happens("fire, +1m");
    SEE("better", "firing: better thread, step 1.0 in 4m, repeat in 239m");
    cr_expect_not(step_came.critical);
}

Test(step_rules, what_becomes_worse_in_silence_is_told_when_that_is_over)
{
    happens("fire, mute");
    SEE("worse", "silenced: worse, step 1.0 left 5m");
    cr_expect_eq(step_group.severity, ALERT_HIGH);
    SEE("unmute",
        "firing: unsilenced! broadcast, step 1.0 in 5m, repeat in 4h");
}

/* In a digest it has no thread; a high one, or who is paged, has a card. */
Test(step_rules, out_of_a_storm)
{
    step_group.storm = 7;
    SEE("fire", "firing: first!, step 1.0 in 5m, repeat in 4h");
    SEE("worse", "firing: worse! broadcast, step 1.0 in 5m, repeat in 4h; "
                 "card");
    cr_expect_eq(step_group.storm, 0);
    stepped_start();
    step_group.storm = 7;
    of_severity(ALERT_INFO);
    SEE("fire, worse", "firing: worse!, step 1.0 in 5m, repeat in 4h");
    SEE("+5m", "firing: escalated 1/3, step 2.0 in 10m, repeat in 235m; card; "
               "page 1.0");
}

/* ---- it fires again ---------------------------------------------------------------- */

Test(step_rules, what_flaps_says_so_once_an_hour)
{
    nobody_is_paged();
    happens("fire, +1m, end, +1m");
    SEE("fire", "firing: again! broadcast, repeat in 4h; card");
    happens("+1m, end, +1m");
    SEE("fire", "firing: flapping 2! broadcast, repeat in 4h; card");
    happens("+1m, end, +1m");
    SEE("fire", "firing: flapping 3, repeat in 4h; card");
    happens("+1m, end, +54m");
    SEE("fire", "firing: flapping 4, repeat in 4h; card");
    happens("+30s, end, +30s");
    SEE("fire", "firing: flapping 4! broadcast, repeat in 4h; card");
    happens("+1m, end, +2h");
    SEE("fire", "firing: again! broadcast, repeat in 4h; card");
}

/* Nothing of before is left but its card: who had it, its steps, its silence. */
Test(step_rules, fired_again_it_begins_anew)
{
    happens("fire, +5m, ack U1, mute, +1m, end");
    cr_expect_eq(step_group.acked_by[0], '\0');
    SEE("+1m, fire", "firing: again! broadcast, step 1.0 in 5m, repeat in 4h; "
                     "card");
    cr_expect_eq(step_group.over_at, step_now - MINUTE);
    cr_expect_eq(step_group.resolved_at, 0);
}

Test(step_rules, fired_again_into_its_silence_it_says_nothing)
{
    happens("fire, +1m, end, +1m");
    step_group.muted = 1; /* the silence has it from its birth */
    step_group.firing = step_group.by[ALERT_WARNING] = 0;
    SEE("fire", "silenced: silenced thread, again, step 1.0 left 5m, fresh 1; "
                "card");
    SEE("unmute", "firing: unsilenced 1! broadcast, step 1.0 in 5m, repeat in "
                  "4h");
}

Test(step_rules, what_was_over_while_it_waited_waits_again)
{
    step_route.wait_ms = 30 * SECOND;
    happens("fire, +10s, end, +10s");
    SEE("fire", "firing waits: step 1.0 left 5m, tell in 30s, fresh 1");
}

/* ---- silence, inhibition, windows ---------------------------------------------------- */

Test(step_rules, muted_from_its_birth_it_has_a_card_and_no_voice)
{
    step_route.wait_ms = 30 * SECOND;
    step_group.muted = 1;
    step_group.firing = step_group.by[ALERT_WARNING] = 0;
    SEE("fire", "silenced: silenced, first, step 1.0 left 5m, fresh 1; card");
    SEE("unmute", "firing: unsilenced 1! broadcast, step 1.0 in 5m, repeat in "
                  "4h");
}

Test(step_rules, one_alert_with_a_voice_is_enough)
{
    happens("fire, fire, mute");
    step_group.muted = 1;
    SEE("same", "firing: unsilenced 1! broadcast, step 1.0 in 5m, repeat in "
                "4h");
    step_group.firing = step_group.by[ALERT_WARNING] = 1; /* that one is over */
    SEE("same", "silenced: silenced thread, step 1.0 left 5m");
}

Test(step_rules, an_inhibitor_comes_and_goes_while_somebody_has_it)
{
    happens("fire, +5m, +1m, ack U1");
    SEE("mute", "acked silenced: silenced thread, step 2.0 left 9m, lease 4h");
    SEE("+1m, unmute",
        "acknowledged: unsilenced thread, step 2.0 left 9m, lease 239m");
    SEE("mute, unmute",
        "acknowledged: unsilenced thread, step 2.0 left 9m, lease 239m");
    SEE("unack U1",
        "firing: unacked 2/3 broadcast, step 2.0 in 9m, repeat in 4h");
}

Test(step_rules, a_window_is_over_when_it_is_looked_at)
{
    step_quiet_until = step_now + HOUR;
    SEE("fire", "silenced: silenced, first, step 1.0 left 5m, fresh 1; card");
    cr_expect_eq(step_group.due_at, step_quiet_until);
    cr_expect_str_eq(step_group.quiet_why, "its route is quiet at this time");
    SEE("+59m", "silenced: step 1.0 left 5m, fresh 1; no edit");
    SEE("+1m", "firing: unsilenced 1! broadcast, step 1.0 in 5m, repeat in 4h");
    cr_expect_eq(step_group.look_at, 0);
}

/* Both hush it: the one that is over leaves it to the other, which says why. */
Test(step_rules, a_silence_within_a_window)
{
    step_quiet_until = step_now + HOUR;
    happens("fire, mute");
    cr_expect_str_eq(step_group.quiet_why, "S-1");
    SEE("unmute", "silenced: step 1.0 left 5m, fresh 1");
    cr_expect_str_eq(step_group.quiet_why, "its route is quiet at this time");
    SEE("mute, +1h", "silenced: step 1.0 left 5m, fresh 1; no edit");
    cr_expect_str_eq(step_group.quiet_why, "S-1");
}

Test(step_rules, resolved_in_silence_it_says_nothing)
{
    happens("fire, mute");
    SEE("end", "resolved: resolved");
    cr_expect_eq(step_group.quiet_why[0], '\0');
    SEE("unmute", "resolved: -; no edit");
}

/* ---- what people saw ------------------------------------------------------------------ */

Test(step_rules, a_button_of_another_state_changes_nothing)
{
    happens("fire, ack U1, unack U1"); /* versions 1, 2, 3 */
    SEE("unack U1@2", "nothing: firing: step 1.0 in 5m, repeat in 4h");
    happens("ack U1");
    SEE("unack U1@2", "stale: acknowledged: step 1.0 left 5m, lease 4h");
    happens("unack U1");
    SEE("resolve!@4", "stale: firing: step 1.0 in 5m, repeat in 4h");
    SEE("escalate@4", "stale: firing: step 1.0 in 5m, repeat in 4h");
    SEE("ack U1@1",
        "acknowledged: acked 1/3 thread, step 1.0 left 5m, lease 4h");
    happens("end");
    SEE("ack U1@1", "stale: resolved: -");
    SEE("ack U1@7", "over: resolved: -");
    SEE("unack U1@1", "stale: resolved: -");
    SEE("resolve!@1", "stale: resolved: -");
}

Test(step_rules, an_edit_that_turns_nothing_makes_no_button_old)
{
    happens(
        "fire, words, note, assign U3, fire"); /* all of version 1's state */
    SEE("escalate@1", "firing: escalated 1/3, step 2.0 in 10m, tell in 5m, "
                      "repeat in 4h, fresh 1; page 1.0");
}

Test(step_rules, what_has_no_source_is_ended_by_hand)
{
    step_group.resolves = false;
    SEE("fire, resolve U1", "resolved: resolved thread");
    cr_expect_str_eq(step_group.resolved_by, "U1");
}

/* ---- old cards ------------------------------------------------------------------ */

static void answers(const char *what, const char *want)
{
    stepped_start();
    happens(what);
    cr_expect(strncmp(stands(), want, strlen(want)) == 0, "%s: %s", what,
              stands());
}

/* Versions: 1 a warning, 2 high, 3 critical. */
Test(step_rules, an_old_card_does_not_take_the_critical_it_became)
{
    answers("fire, worse, worse, ack U1@1", "stale: firing");
    answers("fire, worse, worse, ack U1@2", "stale: firing");
    answers("fire, worse, worse, ack U1@3", "acknowledged");
    answers("fire, worse, worse, ack U1", "acknowledged");
    answers("fire, worse, ack U1@1", "acknowledged");
    answers("fire, worse, worse, better, ack U1@1", "acknowledged");
    answers("fire, worse, worse, ack U2@3, ack U1@1", "taken");
    answers("fire, worse, worse, escalate, ack U1@3", "acknowledged");
}

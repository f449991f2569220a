/*
 * inhibit: what fires mutes other alerts, whichever came first, and gives them
 * their voice back.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"
#include "tests/core/config_files.h"

TestSuite(inhibits, .init = fired_start, .fini = fired_stop);

#define CAUSE(...)                                                             \
    {                                                                          \
        .print = "c", .label = "cause", .severity = "critical", __VA_ARGS__    \
    }
#define EFFECT(...)                                                            \
    {                                                                          \
        .print = "e", .label = "effect", __VA_ARGS__                           \
    }

/* Time goes on; what is noted is done, gone or not. */
static void pass(int64_t ms)
{
    struct alert_world world;

    fired_now += ms;
    world = fired_world(w.db);
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
}

/* What mutes the alert: "" nothing. */
static bool muted(const char *print)
{
    return fired_number("select count(*) from opsbot.alerts where"
                        " fingerprint = '%s' and firing and quiet_why ="
                        " 'inhibited by down'",
                        print) > 0;
}

static int64_t group_of(const char *print)
{
    return fired_number("select max(\"group\") from opsbot.alerts where"
                        " fingerprint = '%s'",
                        print);
}

static enum group_state state_of(const char *print)
{
    return group_state(fired_group(group_of(print)));
}

Test(inhibits, an_effect_that_comes_after_its_cause_is_told_to_nobody)
{
    FIRE(CAUSE());
    FIRE(EFFECT());
    cr_expect(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_SILENCED);
    cr_expect_str_eq(fired_group(group_of("e"))->quiet_why,
                     "inhibited by down");
    cr_expect_str_eq(fired_thread(group_of("e")), "");
    cr_expect_eq(state_of("c"), GROUP_FIRING);
    fired_check_counts();
    pass(MINUTE);
    cr_expect(muted("e"), "and stays so");
}

Test(inhibits, an_effect_that_was_there_is_muted_when_its_cause_comes)
{
    FIRE(EFFECT());
    FIRE(CAUSE());
    pass(0);
    cr_expect(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_SILENCED);
    cr_expect(strstr(fired_history(group_of("e")), "silenced"));
    fired_check_counts();
}

Test(inhibits, of_one_batch_it_is_muted_from_its_birth)
{
    FIRE(EFFECT(), CAUSE());
    cr_expect(muted("e"));
    cr_expect_str_eq(fired_thread(group_of("e")), "");
    fired_check_counts();
}

Test(inhibits, the_voice_is_back_when_the_cause_is_over)
{
    FIRE(CAUSE());
    FIRE(EFFECT());
    fired_now += MINUTE;
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .resolved = true });
    pass(0);
    cr_expect_not(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_FIRING);
    cr_expect(strstr(fired_thread(group_of("e")), "unsilenced(1)!^"), "%s",
              fired_thread(group_of("e")));
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_inhibit"
                              " where source"),
                 0);
    cr_expect_eq(fired_number("select count(*) from"
                              " opsbot.alert_inhibit_due"),
                 0);
    pass(MINUTE);
    cr_expect_eq(state_of("e"), GROUP_FIRING);
    fired_check_counts();
}

/* Somebody has it all the while: nobody is told, and it stays theirs. */
Test(inhibits, a_cause_comes_and_goes_while_somebody_has_the_effect)
{
    int64_t number;

    FIRE(EFFECT());
    number = group_of("e");
    fired_do(STEP_ACK, number, "U1", "");
    FIRE(CAUSE());
    pass(0);
    cr_expect(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_SILENCED);
    cr_expect_str_eq(fired_group(number)->acked_by, "U1");
    fired_now += MINUTE;
    FIRE(CAUSE(.resolved = true));
    pass(0);
    cr_expect_not(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_ACKED);
    cr_expect_str_eq(fired_thread(number), "acked silenced unsilenced");
    cr_expect_eq(fired_group(number)->repeat_at, 0);
    fired_check_counts();
}

Test(inhibits, a_cause_that_is_over_in_the_same_batch_mutes_nothing)
{
    FIRE(CAUSE());
    fired_now += MINUTE;
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .resolved = true },
         EFFECT());
    cr_expect_not(muted("e"));
    pass(0);
    cr_expect_not(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_FIRING);
}

Test(inhibits, a_cause_that_a_person_resolved_is_over)
{
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .by_hand = true });
    FIRE(EFFECT());
    pass(0);
    cr_expect(muted("e"));
    fired_do(STEP_RESOLVE, group_of("c"), "U0ANN", "");
    pass(10 * SECOND);
    cr_expect_not(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_FIRING);
    fired_check_counts();
}

Test(inhibits, one_of_two_causes_is_enough)
{
    FIRE(CAUSE());
    FIRE({ .print = "c2", .label = "cause" });
    FIRE(EFFECT());
    fired_now += MINUTE;
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .resolved = true });
    pass(0);
    cr_expect(muted("e"));
    FIRE({ .print = "c2", .label = "cause", .resolved = true });
    pass(0);
    cr_expect_not(muted("e"));
    fired_check_counts();
}

Test(inhibits, only_what_has_equal_labels)
{
    FIRE(CAUSE());
    FIRE(EFFECT(.service = "bill"));
    pass(0);
    cr_expect_not(muted("e"));
}

Test(inhibits, what_is_on_both_sides_mutes_neither_itself_nor_its_like)
{
    FIRE({ .print = "b1", .label = "both" },
         { .print = "b2", .label = "both" });
    FIRE({ .print = "b3", .label = "both" });
    pass(0);
    cr_expect_not(muted("b1"));
    cr_expect_not(muted("b2"));
    cr_expect_not(muted("b3"));
    FIRE(EFFECT());
    cr_expect(muted("e"), "but an effect");
    FIRE(CAUSE());
    pass(0);
    cr_expect(muted("b1"), "and a cause mutes it");
    fired_check_counts();
}

Test(inhibits, an_effect_that_is_over_needs_no_voice)
{
    FIRE(CAUSE());
    FIRE(EFFECT());
    fired_now += MINUTE;
    FIRE({ .print = "e", .label = "effect", .resolved = true });
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .resolved = true });
    pass(0);
    cr_expect_eq(state_of("e"), GROUP_RESOLVED);
    cr_expect_null(strstr(fired_history(group_of("e")), "unsilenced"));
    fired_check_counts();
}

/* ---- with silences ---------------------------------------------------------------------- */

static void silence(const char *matcher, int64_t ms)
{
    struct alert_world world = fired_world(w.db);
    struct act act = act_of("op1", "silence");
    struct silence_new want = { .matchers = &matcher,
                                .matchers_count = 1,
                                .reason = "x",
                                .until = fired_now + ms };
    struct silence_done done;

    cr_assert(silence_add(&world, &act, &want, &done, &w.err), "%s",
              w.err.text);
    silence_done_dispose(&done);
}

Test(inhibits, a_silence_that_is_over_leaves_it_inhibited)
{
    FIRE(CAUSE());
    FIRE(EFFECT());
    silence("kind=effect", HOUR);
    cr_expect_not(muted("e"), "the silence has it");
    cr_expect_eq(state_of("e"), GROUP_SILENCED);
    pass(2 * HOUR);
    cr_expect(muted("e"));
    cr_expect_eq(state_of("e"), GROUP_SILENCED);
    cr_expect_null(strstr(fired_history(group_of("e")), "unsilenced"));
    fired_check_counts();
}

Test(inhibits, a_silenced_cause_mutes_all_the_same)
{
    silence("kind=cause", HOUR);
    FIRE(CAUSE());
    FIRE(EFFECT());
    cr_expect(muted("e"));
}

/* ---- rules that change ------------------------------------------------------------------- */

static struct config *other_rules(const char *target)
{
    char *text = xasprintf("channels: {ops: C0OPS}\n"
                           "alerts:\n"
                           "  storm: 0\n"
                           "  inhibit:\n"
                           "    - name: down\n"
                           "      source: ['kind=cause']\n"
                           "      target: ['kind=%s']\n"
                           "  route:\n"
                           "    group_by: [service]\n",
                           target);
    struct config *cfg = config_of(text);

    free(text);
    return cfg;
}

Test(inhibits, follows_rules_that_a_reload_has_changed)
{
    const struct config *before = fired_config;
    struct config *other = other_rules("plain");

    FIRE(CAUSE());
    FIRE(EFFECT());
    FIRE({ .print = "p", .label = "plain" });
    pass(0);
    cr_expect(muted("e"));
    cr_expect_not(muted("p"));
    fired_config = other;
    fired_number("update opsbot.alert_inhibit_rules set at = at"
                 " - interval '2 min' returning 1");
    pass(11 * SECOND);
    cr_expect_not(muted("e"), "no rule has it any more");
    cr_expect(muted("p"));
    cr_expect_eq(state_of("p"), GROUP_FIRING, "with others that fire");
    fired_check_counts();
    fired_config = before;
    config_free(other);
}

/* Two replicas, one of which is not reloaded yet, do not undo each other's all
 * the time. */
Test(inhibits, rules_are_not_followed_to_and_fro)
{
    const struct config *before = fired_config;
    struct config *other = other_rules("plain");

    FIRE(CAUSE());
    FIRE(EFFECT());
    pass(0);
    fired_config = other;
    pass(11 * SECOND);
    cr_expect(muted("e"), "within a minute of the last time");
    fired_config = before;
    config_free(other);
}

/* ---- at once ------------------------------------------------------------------------------ */

struct side {
    struct db *db;
    const char *kind;
};

static void *fire_side(void *arg)
{
    const struct side *side = arg;
    struct alert_world world = fired_world(side->db);

    for (int i = 0; i < 25; i++) {
        char print[20], service[20];
        struct fired one = { .print = print,
                             .service = service,
                             .label = side->kind };
        struct alert_event *events;
        struct taken taken;
        struct err err;

        snprintf(print, sizeof print, "%s-%d", side->kind, i);
        snprintf(service, sizeof service, "service-%d", i);
        events = fired_events(&one, 1);
        cr_assert(alerts_take(&world, events, 1, false, &taken, &err), "%s",
                  err.text);
        events_free(events, 1);
    }
    return NULL;
}

Test(inhibits, of_causes_and_effects_at_once_none_is_missed)
{
    struct side effects = { stores_db(&w.s), "effect" };
    struct side causes = { w.db, "cause" };
    pthread_t thread;

    pthread_create(&thread, NULL, fire_side, &effects);
    fire_side(&causes);
    pthread_join(thread, NULL);
    db_free(effects.db);
    pass(0);
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " quiet_why = 'inhibited by down'"),
                 25);
    fired_check_counts();
}

/* ---- many --------------------------------------------------------------------------------- */

static void many_effects(size_t count)
{
    struct fired *list = xcalloc(count, sizeof *list);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct fired){ .print = xasprintf("e-%05zu", i),
                                  .label = "effect" };
    for (size_t i = 0; i < count; i += TAKE_MOST)
        fired_take(list + i, count - i < TAKE_MOST ? count - i : TAKE_MOST);
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)list[i].print);
    free(list);
}

/* A page at a time, however slow the machine. */
static void pass_all(void)
{
    do
        pass(0);
    while (fired_number("select count(*) from opsbot.alert_inhibit_due") > 0);
}

Test(inhibits, many_effects_are_muted_page_by_page)
{
    many_effects(MUTE_PAGE + 500);
    FIRE(CAUSE());
    pass_all();
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " quiet_why = 'inhibited by down'"),
                 MUTE_PAGE + 500);
    fired_now += MINUTE;
    FIRE({ .print = "c",
           .label = "cause",
           .severity = "critical",
           .resolved = true });
    pass_all();
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " quiet_why <> ''"),
                 0);
    fired_check_counts();
}

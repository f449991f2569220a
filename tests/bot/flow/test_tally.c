/* tally: what is counted under which label, and that nothing else is one. */
#include <criterion/criterion.h>
#include <string.h>

#include "bot/flow/tally.h"
#include "commands/registry.h"

static unsigned named(const char *(*name)(unsigned i), unsigned count,
                      const char *want)
{
    for (unsigned i = 0; i < count; i++)
        if (name(i) && strcmp(name(i), want) == 0)
            return i;
    cr_assert_fail("no label %s", want);
    return 0;
}

static uint64_t commands(const char *command, const char *outcome)
{
    unsigned c = named(tally_command_name, TALLY_COMMANDS + 1, command);
    unsigned o = named(tally_outcome_name, TALLY_OUTCOMES, outcome);

    return meter_counted(&tally_read()->commands[c][o]);
}

Test(tally, each_command_of_the_registry_is_a_label)
{
    size_t count;
    const struct command *const *table = command_table(&count);

    cr_assert_lt(count, TALLY_COMMANDS);
    for (size_t i = 0; i < count; i++) {
        tally_command(table[i]->name, "ok");
        cr_expect_eq(commands(table[i]->name, "ok"), 1, "%s", table[i]->name);
    }
    cr_expect_eq(commands("other", "ok"), 0);
}

Test(tally, what_people_type_is_none)
{
    tally_command("", "input");
    tally_command("rm -rf", "input");
    tally_command("ping\"} 1\nopsbot_up 1", "ok");
    cr_expect_eq(commands("other", "input"), 2);
    cr_expect_eq(commands("other", "ok"), 1);
    tally_command("ping", "whatever\n");
    cr_expect_eq(commands("ping", "other"), 1);
    tally_ack("carrier pigeon", 5);
    cr_expect_eq(tally_read()->roads[TALLY_ROADS - 1].acks.buckets[0], 1);
    cr_expect_str_eq(tally_road_name(TALLY_ROADS - 1), "other");
}

/* Every kind of failure that an audit row may name is an outcome. */
Test(tally, failures_are_outcomes_and_reasons)
{
    for (enum err_kind kind = ERR_USER; kind <= ERR_SYSTEM; kind++) {
        tally_command("ping", err_kind_name(kind));
        tally_error(kind);
    }
    tally_error(ERR_NONE);
    cr_expect_eq(commands("ping", "other"), 0);
    cr_expect_eq(commands("ping", "postgres"), 1);
    cr_expect_eq(meter_counted(&tally_read()->refusals[TALLY_INPUT]), 1);
    cr_expect_eq(meter_counted(&tally_read()->refusals[TALLY_SYSTEM]), 2,
                 "configuration and system");
    cr_expect_eq(meter_counted(&tally_read()->refusals[TALLY_STOPPING]), 0);
}

Test(tally, labels_are_one_of_a_kind)
{
    for (unsigned i = 0; i < TALLY_OUTCOMES; i++)
        for (unsigned k = 0; k < i; k++)
            cr_expect_str_neq(tally_outcome_name(i), tally_outcome_name(k));
    for (unsigned i = 0; i < TALLY_REASONS; i++)
        cr_expect_not_null(tally_reason_name((enum tally_reason)i));
}

Test(tally, roads_are_told_apart)
{
    tally_ack("socket", 900);
    tally_answer("recovery", 900);
    for (unsigned i = 0; i < TALLY_ROADS; i++) {
        struct meter_reading acks, answers;

        meter_read(&tally_read()->roads[i].acks, &acks);
        meter_read(&tally_read()->roads[i].answers, &answers);
        cr_expect_eq(acks.count, strcmp(tally_road_name(i), "socket") == 0);
        cr_expect_eq(answers.count,
                     strcmp(tally_road_name(i), "recovery") == 0);
    }
}

Test(tally, alerts_by_source_and_fate)
{
    tally_alert("alertmanager", TALLY_TAKEN);
    tally_alert("somebody's own", TALLY_HELD);
    tally_card(120000);
    cr_expect_str_eq(tally_source_name(0), "alertmanager");
    cr_expect_eq(meter_counted(&tally_read()->alerts[0][TALLY_TAKEN]), 1);
    cr_expect_str_eq(tally_source_name(TALLY_SOURCES - 1), "other");
    cr_expect_eq(
        meter_counted(&tally_read()->alerts[TALLY_SOURCES - 1][TALLY_HELD]), 1);
    cr_expect_str_eq(tally_fate_name(TALLY_NOWHERE), "refused");
}

Test(tally, late_posts)
{
    tally_late_post();
    cr_expect_eq(meter_counted(&tally_read()->late_posts), 1);
}

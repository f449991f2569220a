/* group: its names, and looking at what there is, page by page. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/fired.h"

/* ---- words ------------------------------------------------------------------------ */

Test(group_words, numbers_are_typed_in_several_ways)
{
    static const char *const bad[] = { "",
                                       "0",
                                       "A",
                                       "A-",
                                       "A--1",
                                       "x12",
                                       "12x",
                                       "-1",
                                       " 1",
                                       "1.5",
                                       "INC-1",
                                       "a-1a",
                                       "99999999999999999999" };
    struct err err;
    int64_t n;

    cr_expect(group_number("A-1042", &n, &err) && n == 1042);
    cr_expect(group_number("a1042", &n, &err) && n == 1042);
    cr_expect(group_number("1042", &n, &err) && n == 1042);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(group_number(bad[i], &n, &err), "%s", bad[i]);
    cr_expect_not(group_number("S-3", &n, &err));
    cr_expect_str_eq(err.text, "`S-3` is no alert: they are called `A-1042`, or"
                               " `1042`");
}

Test(group_words, every_reason_and_state_has_a_name_of_its_own)
{
    for (int i = 0; i < GROUP_REASONS; i++)
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(group_reason_name((enum group_reason)i),
                              group_reason_name((enum group_reason)j));
    for (int i = GROUP_FIRING; i <= GROUP_RESOLVED; i++)
        cr_expect(group_state_name((enum group_state)i)[0]);
}

Test(group_words, what_is_over_is_over_and_what_is_silenced_is_silent)
{
    struct alert_group g = { .acked_by = (char *)"U1" };

    cr_expect_eq(group_state(&g), GROUP_ACKED);
    g.quiet_why = (char *)"S-1";
    cr_expect_eq(group_state(&g), GROUP_SILENCED);
    g.resolved_at = 1;
    cr_expect_eq(group_state(&g), GROUP_RESOLVED);
    g = (struct alert_group){ .acked_by = (char *)"" };
    cr_expect_eq(group_state(&g), GROUP_FIRING);
}

Test(group_words, the_card_is_known_by_key_and_news)
{
    struct alert_event a = { .id = (char *)"n1" }, b = { .id = (char *)"n2" };
    char one[OP_ID], same[OP_ID], other[OP_ID];

    group_op("k", &a, one);
    group_op("k", &a, same);
    group_op("k", &b, other);
    cr_expect_str_eq(one, same);
    cr_expect_str_neq(one, other);
    group_op("l", &a, other);
    cr_expect_str_neq(one, other);
}

/* ---- looking ------------------------------------------------------------------------- */

TestSuite(group, .init = fired_start, .fini = fired_stop);

static int64_t fires(const char *service, const char *severity)
{
    FIRE({ .print = service,
           .service = service,
           .severity = severity,
           .trace = service });
    return fired_number("select max(id) from opsbot.alert_groups");
}

/* Their services, in the order of the page. */
static const char *listed(struct group_query filter, size_t skip, size_t limit,
                          struct group_list *out)
{
    static char text[400];

    text[0] = '\0';
    cr_assert(group_list(w.db, &filter, skip, limit, out, &w.err), "%s",
              w.err.text);
    for (size_t i = 0; i < out->count; i++)
        strcat(strcat(text, labels_get(&out->items[i].labels, "service")), " ");
    return text;
}

#define LISTED(want, of, ...)                                                  \
    do {                                                                       \
        struct group_list list;                                                \
                                                                               \
        cr_expect_str_eq(                                                      \
            listed((struct group_query){ .severity = of, __VA_ARGS__ }, 0,     \
                   100, &list),                                                \
            want);                                                             \
        group_list_dispose(&list);                                             \
    } while (0)

/* pay warns, db and web are critical, web is acked by U1, old is over, calm
 * is info and assigned to U1. */
static void some(void)
{
    int64_t web;

    fires("old", "high");
    FIRE({ .print = "old", .service = "old", .resolved = true });
    fires("pay", "warning");
    web = fires("web", "critical");
    fires("db", "critical");
    fired_do(STEP_ACK, web, "U1", "");
    fired_do(STEP_ASSIGN, fires("calm", "info"), "U2", "U1");
}

Test(group, firing_first_worst_first_then_the_newest)
{
    some();
    LISTED("db pay calm web ", -1, .over = false);
    LISTED("db pay calm web old ", -1, .over = true);
}

Test(group, filters)
{
    some();
    LISTED("db pay calm ", -1, .unacked = true);
    LISTED("calm web ", -1, .mine = "U1");
    LISTED("", -1, .mine = "U3");
    LISTED("db web ", ALERT_CRITICAL, .over = false);
    LISTED("pay ", -1, .text = "PAY");
    LISTED("db pay calm web ", -1, .text = "is slow");
    LISTED("", -1, .text = "%");
    LISTED("db pay calm web ", -1, .text = "");
}

Test(group, a_page_says_whether_there_are_more)
{
    struct group_list list;

    some();
    cr_expect_str_eq(
        listed((struct group_query){ .severity = -1 }, 1, 2, &list),
        "pay calm ");
    cr_expect(list.more);
    cr_expect_eq(list.open, 4);
    cr_expect_eq(list.unacked, 3);
    cr_expect_eq(list.critical, 2);
    group_list_dispose(&list);
    cr_expect_str_eq(
        listed((struct group_query){ .severity = -1 }, 2, 2, &list),
        "calm web ");
    cr_expect_not(list.more);
    group_list_dispose(&list);
}

Test(group, its_alerts_page_by_page)
{
    struct group_alerts alerts;

    FIRE({ .print = "c" }, { .print = "a", .severity = "high" },
         { .print = "b" });
    fired_now += SECOND;
    FIRE({ .print = "b", .resolved = true }, { .print = "d" });
    cr_assert(group_alerts(w.db, 1, 0, 3, &alerts, &w.err), "%s", w.err.text);
    cr_assert_eq(alerts.count, 3);
    cr_expect(alerts.more);
    cr_expect_str_eq(alerts.items[0].fingerprint, "a", "the worst");
    cr_expect_str_eq(alerts.items[1].fingerprint, "d", "the newest");
    cr_expect_str_eq(alerts.items[2].fingerprint, "c");
    cr_expect_str_eq(labels_get(&alerts.items[0].labels, "severity"), "high");
    group_alerts_dispose(&alerts);
    cr_assert(group_alerts(w.db, 1, 3, 3, &alerts, &w.err), "%s", w.err.text);
    cr_assert_eq(alerts.count, 1);
    cr_expect_not(alerts.more);
    cr_expect_not(alerts.items[0].firing);
    cr_expect_eq(alerts.items[0].ended, fired_now);
    group_alerts_dispose(&alerts);
}

Test(group, what_happened_newest_first)
{
    struct group_history history;

    FIRE({ .severity = "critical" });
    fired_do(STEP_NOTE, 1, "U1", "one");
    fired_do(STEP_NOTE, 1, "U2", "two");
    cr_assert(group_history(w.db, 1, 0, 2, &history, &w.err), "%s", w.err.text);
    cr_assert_eq(history.count, 2);
    cr_expect(history.more);
    cr_expect_str_eq(history.items[0].text, "two");
    cr_expect_str_eq(history.items[0].actor, "U2");
    cr_expect_eq(history.items[0].reason, REASON_NOTE);
    cr_expect_eq(history.items[0].at, fired_now);
    group_history_dispose(&history);
    cr_assert(group_history(w.db, 1, 2, 2, &history, &w.err), "%s", w.err.text);
    cr_expect_eq(history.count, 1);
    cr_expect_eq(history.items[0].reason, REASON_FIRST);
    cr_expect_not(history.more);
    group_history_dispose(&history);
}

Test(group, of_a_trace_the_open_one_else_the_newest)
{
    int64_t n = 0;
    bool found;

    FIRE({ .trace = "T" });
    fired_now += SECOND;
    FIRE({ .resolved = true });
    cr_assert(group_of_trace(w.db, "T", &n, &found, &w.err));
    cr_expect(found && n == 1);
    fired_now += HOUR;
    FIRE({ .trace = "T" });
    cr_assert(group_of_trace(w.db, "T", &n, &found, &w.err));
    cr_expect(found && n == 2);
    cr_assert(group_of_trace(w.db, "", &n, &found, &w.err));
    cr_expect_not(found, "no trace is nobody's");
    cr_assert(group_of_trace(w.db, "X", &n, &found, &w.err));
    cr_expect_not(found);
}

/* What people were told first names it still. */
Test(group, of_a_trace_that_newer_news_replaced)
{
    int64_t n = 0;
    bool found;

    FIRE({ .trace = "T-1" });
    fired_now += SECOND;
    FIRE({ .trace = "T-2", .at = fired_now },
         { .trace = "T-3", .at = fired_now });
    fired_now += SECOND;
    FIRE({ .trace = "T-3" });
    for (int i = 1; i <= 3; i++) {
        char trace[] = "T-0";

        trace[2] = (char)('0' + i);
        cr_assert(group_of_trace(w.db, trace, &n, &found, &w.err));
        cr_expect(found && n == 1, "%s", trace);
    }
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_traces"), 2);
    FIRE({ .print = "b", .service = "db", .trace = "T-1" });
    fired_now += SECOND;
    FIRE({ .resolved = true });
    cr_assert(group_of_trace(w.db, "T-1", &n, &found, &w.err));
    cr_expect(found && n == 2, "the open one of both");
}

Test(group, there_is_none)
{
    struct alert_group g;
    bool found = true;

    cr_assert(group_load(w.db, 7, &g, &found, &w.err));
    cr_expect_not(found);
    group_dispose(&g);
}

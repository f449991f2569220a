/* All alerts of a storm as a file: who asks, what is in it, what came of it. */
#include "core/alert/storm_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/grouped.h"

TestSuite(storm_file, .init = grouped_start, .fini = grouped_stop,
          .timeout = 120);

/* A storm with `count` groups, each with one alert. */
static int64_t storm_of(int count)
{
    int64_t id = grouped_number("insert into opsbot.alert_storms (op, channel)"
                                " values ('s', 'C1') returning id");

    grouped_run("insert into opsbot.alert_groups (key, op, route, route_id,"
                " title, severity, channels, storm, source) select 'k' || n,"
                " 'g' || n, 'all', 'r', 't', 2, '[\"C1\"]', %lld, 'probe'"
                " from generate_series(1, %d) n returning 1",
                (long long)id, count);
    grouped_run("insert into opsbot.alerts (\"group\", fingerprint, event,"
                " severity, firing, title, labels, at) select id, op, op, 2,"
                " true, 'Slow ' || op, '{\"service\": \"pay\"}', now()"
                " from opsbot.alert_groups where storm = %lld returning 1",
                (long long)id);
    grouped_run("insert into opsbot.alert_fresh (channel, op, severity, storm,"
                " folded) select 'C1', op, 2, storm, true"
                " from opsbot.alert_groups where storm = %lld returning 1",
                (long long)id);
    return id;
}

static enum file_asked asks(const char *op, int64_t storm)
{
    struct act act = { .op = op,
                       .trace = "t",
                       .recorded_at = 1700000000000,
                       .team = "T",
                       .channel = "C1",
                       .user = "U0ANN",
                       .user_name = "ann",
                       .command = "alert file",
                       .text = "alert file 1",
                       .via = "socket",
                       .replica = "r" };
    struct storm_file file;
    enum file_asked asked;

    cr_assert(storm_file_ask(w.db, &act, storm, &asked, &file, &w.err), "%s",
              w.err.text);
    if (asked != FILE_NO_STORM)
        cr_expect_str_eq(file.by, "U0ANN");
    storm_file_dispose(&file);
    return asked;
}

static struct storm_file claimed(void)
{
    struct storm_file file;
    bool found;

    cr_assert(storm_file_claim(w.db, &file, &found, &w.err), "%s", w.err.text);
    cr_assert(found);
    return file;
}

static bool nothing_claimed(void)
{
    struct storm_file file;
    bool found;

    cr_assert(storm_file_claim(w.db, &file, &found, &w.err), "%s", w.err.text);
    storm_file_dispose(&file);
    return !found;
}

/* Its lines; heap. */
static char *made(struct storm_file *file)
{
    struct buf lines = { 0 };
    struct storm storm;

    cr_assert(storm_file_make(w.db, file, &storm, &lines, &w.err), "%s",
              w.err.text);
    cr_expect_eq(storm.alerts, file->lines);
    cr_expect_eq(storm.dropped, 0);
    storm_dispose(&storm);
    return buf_take(&lines);
}

static size_t lines_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Asked for, made and uploaded. */
static void brought(const char *op, int64_t storm)
{
    struct storm_file file;

    cr_assert_eq(asks(op, storm), FILE_NEW);
    file = claimed();
    free(made(&file));
    cr_assert(storm_file_there(w.db, &file, "http://x/f", &w.err));
    storm_file_dispose(&file);
}

/* ---- asking -------------------------------------------------------------------- */

Test(storm_file, is_asked_for_once_until_something_has_changed)
{
    int64_t storm = storm_of(3);

    brought("one", storm);
    cr_expect_eq(asks("two", storm), FILE_THERE);
    cr_expect_eq(asks("one", storm), FILE_THERE, "the same press again");
    cr_expect(nothing_claimed());
    grouped_run("update opsbot.alerts set firing = false where fingerprint ="
                " 'g2' returning 1");
    cr_expect_eq(asks("one", storm), FILE_NEW, "there is more to say");
    cr_expect_eq(asks("three", storm), FILE_WAITS);
    cr_expect_eq(grouped_number("select count(*) from opsbot.storm_files"), 2);
}

Test(storm_file, of_no_storm)
{
    cr_expect_eq(asks("one", 17), FILE_NO_STORM);
    cr_expect_eq(grouped_number("select count(*) from opsbot.operations"), 0);
}

Test(storm_file, every_press_is_in_the_audit)
{
    int64_t storm = storm_of(1);

    cr_expect_eq(asks("one", storm), FILE_NEW);
    cr_expect_eq(asks("two", storm), FILE_WAITS);
    cr_expect_eq(grouped_number("select count(*) from opsbot.audit_events"
                                " where operation = 'one' and outcome = 'ok'"),
                 1);
    cr_expect_eq(grouped_number("select count(*) from opsbot.audit_events"
                                " where operation = 'two' and outcome ="
                                " 'already'"),
                 1);
}

/* Slack has just refused one: nobody is made to wait for another. */
Test(storm_file, that_was_refused_is_not_tried_again_at_once)
{
    int64_t storm = storm_of(1);
    struct storm_file file;

    cr_expect_eq(asks("one", storm), FILE_NEW);
    file = claimed();
    cr_assert(storm_file_failed(w.db, &file, "missing_scope", "{}", &w.err),
              "%s", w.err.text);
    storm_file_dispose(&file);
    cr_expect_eq(asks("two", storm), FILE_REFUSED);
    cr_expect(nothing_claimed());
    grouped_run("update opsbot.storm_files set ended_at = ended_at -"
                " %d * interval '1 ms' returning 1",
                FILE_REFUSED_MS);
    cr_expect_eq(asks("three", storm), FILE_NEW);
    file = claimed();
    cr_assert(storm_file_failed(w.db, &file, "missing_scope", "{}", &w.err));
    storm_file_dispose(&file);
    cr_expect_eq(grouped_number("select count(*) from opsbot.outbox"), 1,
                 "the thread is told once");
}

/* ---- what is in it -------------------------------------------------------------- */

Test(storm_file, has_a_line_for_each_alert)
{
    int64_t storm = storm_of(4);
    struct storm_file file;
    char *text;

    grouped_run("update opsbot.alerts set title = E'two\\nlines\\tand a tab',"
                " severity = 3, firing = false where fingerprint = 'g1'"
                " returning 1");
    grouped_run("update opsbot.alerts set quiet_why = 'S-1' where fingerprint ="
                " 'g2' returning 1");
    grouped_run("update opsbot.alert_groups set acked_by = 'U1' where op = 'g3'"
                " returning 1");
    cr_assert_eq(asks("one", storm), FILE_NEW);
    file = claimed();
    text = made(&file);
    cr_expect_eq(lines_of(text), 4u, "%s", text);
    cr_expect(strstr(text, "A-1\tinfo\tresolved\t20"), "%s", text);
    cr_expect(strstr(text, "Z\ttwo lines and a tab\tpay\tprobe\nA-2"), "%s",
              text);
    cr_expect(strstr(text, "A-2\twarning\tsilenced\t"), "%s", text);
    cr_expect(strstr(text, "A-3\twarning\tacknowledged\t"), "%s", text);
    cr_expect(strstr(text, "A-4\twarning\tfiring\t"), "%s", text);
    free(text);
    storm_file_dispose(&file);
}

/* Each once, however many pieces they come in. */
Test(storm_file, of_ten_thousand)
{
    int64_t storm = storm_of(10000);
    struct storm_file file;
    char *text;

    cr_assert_eq(asks("one", storm), FILE_NEW);
    file = claimed();
    text = made(&file);
    cr_expect_eq(file.lines, 10000);
    cr_expect_eq(lines_of(text), 10000u);
    cr_expect(strncmp(text, "A-1\t", 4) == 0);
    cr_expect(strstr(text, "\nA-10000\t"));
    cr_expect_lt(strlen(text), 1000000u);
    free(text);
    storm_file_dispose(&file);
}

/* ---- what came of it ------------------------------------------------------------- */

/* Whoever made it died: the next one knows by which name to look for it. */
Test(storm_file, is_taken_over_with_its_name)
{
    int64_t storm = storm_of(2);
    struct storm_file file, again;

    cr_assert_eq(asks("one", storm), FILE_NEW);
    file = claimed();
    cr_expect_eq(file.tries, 1);
    cr_expect_str_empty(file.name);
    free(made(&file));
    cr_expect(strncmp(file.name, "storm-1-", 8) == 0, "%s", file.name);
    cr_expect(nothing_claimed(), "it has a while");
    grouped_run("update opsbot.storm_files set due_at = due_at - %d *"
                " interval '1 ms' returning 1",
                FILE_LEASE_MS);
    again = claimed();
    cr_expect_eq(again.tries, 2);
    cr_expect_str_eq(again.name, file.name);
    cr_assert(storm_file_again(w.db, &again, "refused", &w.err));
    cr_expect(nothing_claimed());
    storm_file_dispose(&file);
    storm_file_dispose(&again);
}

Test(storm_file, without_postgres)
{
    struct storm_file file;
    struct err err = { 0 };
    bool found;

    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(storm_file_claim(w.db, &file, &found, &err));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_not(found);
}

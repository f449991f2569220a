/*
 * Show all: every alert of a storm as a file in the thread of its digest, once
 * for each content, whatever the upload meets.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/alerting.h"
#include "tests/integration/urls.h"

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "alerts:\n"
                           "  storm: 10\n"
                           "  route:\n"
                           "    channels: [C0OPS]\n"
                           "    group_by: [service]\n";

static struct harness *h;

static void start(void)
{
    h = harness_start(&(struct harness_options){ .yaml = yaml });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(storm_file, .init = start, .fini = stop, .timeout = 300);

/* ---- the storm -------------------------------------------------------------- */

static void post(int from, int to)
{
    struct url_request r = { .path = "/alerts",
                             .type = URL_JSON,
                             .secret = "" };
    struct buf b = { 0 };

    for (int i = from; i < to; i++)
        buf_fmt(&b,
                "%c{\"traceId\":\"t-%d\",\"fingerprint\":\"f-%d\","
                "\"severity\":\"warning\",\"title\":\"web-%d is slow\","
                "\"source\":\"probe\",\"labels\":{\"service\":\"web-%d\","
                "\"alertname\":\"Slow\"}}",
                i == from ? '[' : ',', i, i, i, i);
    buf_char(&b, ']');
    r.body = buf_text(&b);
    if (url_ask(h->bot, &r, NULL) / 100 != 2)
        harness_fail("POST /alerts was refused");
    buf_dispose(&b);
}

static long long folded(void)
{
    return sql_number(h, "select count(*) from opsbot.alerts a join"
                         " opsbot.alert_groups g on g.id = a.\"group\""
                         " where g.storm = 1");
}

/* Thirty fold, and their digest is posted. */
static void blow(void)
{
    post(0, 10);
    post(10, 40);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where thing = 'storm:1' and"
             " ts <> ''");
    cr_assert_eq(folded(), 30);
}

static void calm(void)
{
    free(sql(h, "update opsbot.alert_fresh set at = at - interval '9 min'"));
    free(sql(h, "update opsbot.alert_storms set began_at = began_at -"
                " interval '9 min'"));
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_storms where ended_at is not"
             " null");
}

/* ---- the file --------------------------------------------------------------- */

static void asks(const char *answer)
{
    expect_said(h, "U0ANN", "C0OPS", "alert file 1", answer);
}

static void wait_state(const char *state, long long n)
{
    char *query = xasprintf("select count(*) from opsbot.storm_files where"
                            " state = '%s'",
                            state);

    wait_sql(h, n, COMES_MS, query);
    free(query);
}

/* The files in the thread of the digest; *last, where it is not NULL: its own
 * reference to the newest. */
static size_t files(json_t **last)
{
    char *ts = sql(h, "select ts from opsbot.outbox where thing = 'storm:1'");
    json_t *all = control_get(h, "messages?channel=C0OPS"), *message, *file;
    size_t i, n = 0;

    ts[strcspn(ts, "\n")] = '\0';
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        const char *thread =
            json_string_value(json_object_get(message, "thread_ts"));

        file = json_array_get(json_object_get(message, "files"), 0);
        if (!file || !thread || strcmp(thread, ts) != 0)
            continue;
        n++;
        if (last) {
            json_decref(*last);
            *last = json_incref(file);
        }
    }
    json_decref(all);
    free(ts);
    return n;
}

/* What is in the newest of them. Heap. */
static char *newest(void)
{
    json_t *file = NULL;
    char *text = NULL;

    cr_assert_gt(files(&file), 0u, "there is none");
    cr_expect(strncmp(json_string_value(json_object_get(file, "name")),
                      "storm-1-", 8) == 0);
    cr_expect(json_string_value(json_object_get(file, "alt_txt")));
    text = sandbox_file(h, file);
    json_decref(file);
    return text;
}

static size_t lines_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

Test(storm_file, says_what_the_database_has)
{
    char said[80], *text;
    json_t *file = NULL;

    blow();
    calm();
    asks("is on its way");
    wait_state("there", 1);
    cr_expect_eq(files(&file), 1u);
    text = newest();
    cr_expect(strncmp(text,
                      "# opsbot: every alert that was folded into storm"
                      " 1 of channel C0OPS, ",
                      68) == 0,
              "%s", text);
    snprintf(said, sizeof said, "\n# %lld alerts in ", folded());
    cr_expect(strstr(text, said), "%s", text);
    cr_expect(strstr(text, " min, 1 cause, 0 dropped\n"), "%s", text);
    cr_expect_eq(lines_of(text), 33u, "three lines above, and thirty alerts");
    cr_expect(strstr(text, "\nA-11\twarning\tfiring\t"), "%s", text);
    cr_expect(strstr(text, "Z\tweb-39 is slow\tweb-39\tprobe\n"), "%s", text);
    asks("is there already");
    cr_expect_eq(files(NULL), 1u);
    json_decref(file);
    free(text);
}

/* While it goes on a press makes a newer one. */
Test(storm_file, is_made_anew_once_there_is_more)
{
    char *text;

    blow();
    asks("is on its way");
    wait_state("there", 1);
    post(40, 50);
    wait_sql(h, 40, COMES_MS,
             "select count(*) from opsbot.alert_groups where storm = 1");
    asks("is on its way");
    wait_state("there", 2);
    cr_expect_eq(files(NULL), 2u);
    text = newest();
    cr_expect_eq(lines_of(text), 43u);
    cr_expect(strstr(text, ", and it goes on\n# 40 alerts in "), "%s", text);
    free(text);
}

/* The button of the digest, pressed by two. */
Test(storm_file, comes_once_however_often_it_is_pressed)
{
    json_t *digest;

    blow();
    digest = card_shows(h, "C0OPS", 0, "Alert storm");
    json_decref(card_press(h, "U0ANN", "C0OPS", digest, "Show all"));
    json_decref(card_press(h, "U0ANN", "C0OPS", digest, "Show all"));
    asks("storm 1 is ");
    wait_state("there", 1);
    asks("is there already");
    cr_expect_eq(files(NULL), 1u);
    cr_expect_geq(sql_number(h, "select count(*) from opsbot.audit_events"
                                " where command = 'alert file'"),
                  3);
    json_decref(digest);
}

Test(storm_file, needs_its_right)
{
    blow();
    expect_said(h, "U0CAT", "C0OPS", "alert file 1", "alert.show");
    expect_said(h, "U0ANN", "C0OPS", "alert file 7", "no storm");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.storm_files"), 0);
}

/* ---- what the upload meets ---------------------------------------------------- */

/* The app may not upload: the thread is told why, and who asks again has the
 * list. */
Test(storm_file, falls_back_to_the_list_without_files_write)
{
    json_t *digest;

    blow();
    fault(h, json_pack("{ss ss si}", "on", "files.getUploadURLExternal",
                       "error", "missing_scope", "times", -1));
    asks("is on its way");
    wait_state("failed", 1);
    digest = card_shows(h, "C0OPS", 0, "Alert storm");
    thread_says(h, "C0OPS", digest, "lacks the scope files:write");
    json_decref(digest);
    asks("missing_scope");
    asks("A-11");
    cr_expect_eq(files(NULL), 0u);
    /* It was granted. */
    control_delete(h, "fault");
    free(sql(h, "update opsbot.storm_files set ended_at = ended_at -"
                " interval '2 min'"));
    asks("is on its way");
    wait_state("there", 1);
    cr_expect_eq(files(NULL), 1u);
}

static void fails_once(json_t *what)
{
    blow();
    fault(h, what);
    asks("is on its way");
    wait_state("there", 1);
    cr_expect_eq(files(NULL), 1u);
}

Test(storm_file, no_address_at_first)
{
    fails_once(json_pack("{ss ss si}", "on", "files.getUploadURLExternal",
                         "error", "internal_error", "times", 1));
}

Test(storm_file, its_bytes_are_refused_at_first)
{
    fails_once(
        json_pack("{ss si si}", "on", "upload", "status", 500, "times", 1));
}

Test(storm_file, it_is_not_shared_at_first)
{
    fails_once(json_pack("{ss ss si}", "on", "files.completeUploadExternal",
                         "error", "internal_error", "times", 1));
}

/* Slack shared it, and its answer was lost. */
Test(storm_file, it_is_shared_and_nobody_hears_of_it)
{
    fails_once(json_pack("{ss sb sb si}", "on", "files.completeUploadExternal",
                         "drop", 1, "after_effect", 1, "times", 1));
    cr_expect_gt(sql_number(h, "select tries from opsbot.storm_files"), 1);
}

static bool is_shared(void *arg)
{
    (void)arg;
    return files(NULL) > 0;
}

/* It was shared; whoever did it dies before he has written that down. */
Test(storm_file, kill_9_between_sharing_and_recording)
{
    blow();
    fault(h, json_pack("{ss sb sb si}", "on", "files.completeUploadExternal",
                       "hang", 1, "after_effect", 1, "times", 1));
    asks("is on its way");
    wait_until(is_shared, NULL, COMES_MS, "the file");
    opsbot_kill9(h->bot);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.storm_files where"
                               " state = 'waiting'"),
                 1);
    free(sql(h, "update opsbot.storm_files set due_at = now()"));
    opsbot_restart(h->bot);
    wait_state("there", 1);
    cr_expect_eq(files(NULL), 1u, "it was looked for");
    cr_expect_eq(sql_number(h, "select tries from opsbot.storm_files"), 2);
    asks("is there already");
}

/* … and before anything of it was sent. */
Test(storm_file, kill_9_before_its_bytes_are_sent)
{
    blow();
    fault(h, json_pack("{ss sb si}", "on", "upload", "hang", 1, "times", 1));
    asks("is on its way");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.storm_files where content <> ''");
    opsbot_kill9(h->bot);
    free(sql(h, "update opsbot.storm_files set due_at = now()"));
    opsbot_restart(h->bot);
    wait_state("there", 1);
    cr_expect_eq(files(NULL), 1u);
}

/*
 * metrics: every line of the page is as Prometheus wants it; what is not known
 * is left out, and what comes from outside is escaped.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/http/metrics.h"
#include "bot/http/metrics_text.h"
#include "core/base/mem.h"

static struct store_health redis = { .name = "Redis" };
static struct store_health postgres = { .name = "Postgres" };
static struct tally tally;

static struct config_check checks[] = {
    { .id = (char *)"orchestrator",
      .severity = CHECK_CRITICAL,
      .fail_after = 1,
      .pass_after = 1 },
    { .id = (char *)"a\"b\\c\nd",
      .severity = CHECK_WARNING,
      .fail_after = 1,
      .pass_after = 1 },
    { .id = (char *)"never-asked",
      .severity = CHECK_HIGH,
      .fail_after = 1,
      .pass_after = 1 },
};
static struct config config = { .checks = checks, .checks_count = 3 };

/* Everything is known, and counted once. */
static struct health_facts full(struct check_board *board)
{
    struct check_result ok = { .ok = true,
                               .at = 1700000000000,
                               .took_us = 12000 };
    struct check_result bad = { .ok = false,
                                .at = 1700000001000,
                                .took_us = 5000000 };
    struct health_facts f = {
        .version = "1.2.3+ab\"c",
        .replica = "00ff",
        .uptime_ms = 5000,
        .started = 1700000000123,
        .socket_up = true,
        .socket_state = "up",
        .round_trip_us = 1500,
        .envelopes = 7,
        .redis = &redis,
        .postgres = &postgres,
        .tally = &tally,
        .queues = { 1, 2, 3, 4 },
        .halts = 2,
        .incidents = { 1, 0, 3, 0 },
        .usage = { .cpu_s = 1.25,
                   .resident = 1 << 20,
                   .virtual_memory = 1 << 24,
                   .fds = 20,
                   .max_fds = 1024,
                   .threads = 30 },
        .outbox_oldest_ms = 61500,
        .journal_bytes = 77,
        .retention = { .at = 1700000000000, .trash = 4 },
        .checks = { .config = &config, .board = board },
        .lifeline = { .state = LIFELINE_HELD, .at = 1700000002000 },
        .alerts = { .on = true,
                    .facts = { .known = 3,
                               .dead = 1,
                               .waiting = 5,
                               .held_now = 7,
                               .overdue_ms = 1500,
                               .stream_unread_since = 1700000000000,
                               .groups = { 2, 1, 0, 4 },
                               .unacked = { 1 } },
                    .pages = { .sent = 6, .waiting = 2, .oldest_ms = 500 },
                    .watch = { .raised = 8,
                               .over = 7,
                               .standing = { [OWN_LAG] = 1 } } },
    };

    f.alerts.http.requests[1][7] = 6;
    f.alerts.http.bad = 8;
    check_board_note(board, checks[0].id, &ok, NULL);
    check_board_note(board, checks[1].id, &bad, NULL);
    f.calls.methods[0] = (struct sender_method){ .method = "response_url",
                                                 .results = { 3, 1, 0, 0 },
                                                 .limited = 2 };
    f.calls.methods[1] = (struct sender_method){ .method = "chat.update" };
    f.calls.waiting[POST_EDIT] = 9;
    health_thread(&f, "socket", 3);
    health_thread(&f, "not yet", -1);
    return f;
}

static char *page_of(const struct health_facts *f)
{
    struct buf out = { 0 };

    cr_assert_eq(metrics_report(f, &out), 200);
    return buf_take(&out);
}

static struct check_board *board;
static char *page;

static void start(void)
{
    struct health_facts f;

    board = check_board_new(&config);
    meter_add(&tally.roads[0].acks, 900000);
    meter_add(&tally.roads[0].answers, 400);
    meter_add(&redis.took, 120);
    meter_one(&tally.commands[0][0]);
    meter_one(&tally.refusals[TALLY_BUSY]);
    meter_one(&tally.late_posts);
    meter_one(&tally.alerts[0][TALLY_HELD]);
    meter_add(&tally.cards, 120000);
    f = full(board);
    page = page_of(&f);
}

static void stop(void)
{
    free(page);
    check_board_free(board);
}

TestSuite(metrics, .init = start, .fini = stop);

#define SAYS(line)                                                             \
    cr_expect_not_null(strstr(page, "\n" line "\n"), "%s\nin\n%s", line, page)

Test(metrics, tells_what_is_known)
{
    SAYS("opsbot_ready 1");
    SAYS("opsbot_socket_link{state=\"up\"} 1");
    SAYS("opsbot_socket_link{state=\"down\"} 0");
    SAYS("opsbot_socket_round_trip_seconds 0.0015");
    SAYS("opsbot_queue_waiting{queue=\"urgent\"} 4");
    SAYS("opsbot_sender_waiting{lane=\"edit\"} 9");
    SAYS("opsbot_posts_total{method=\"response_url\",result=\"sent\"} 3");
    SAYS("opsbot_posts_limited_total{method=\"response_url\"} 2");
    SAYS("opsbot_commands_total{command=\"ack\",outcome=\"ok\"} 1");
    SAYS("opsbot_refusals_total{reason=\"busy\"} 1");
    SAYS("opsbot_refusals_total{reason=\"denied\"} 0");
    SAYS("opsbot_outbox_oldest_seconds 61.5");
    SAYS("opsbot_outbox_late_total 1");
    SAYS("opsbot_journal_bytes 77");
    SAYS("opsbot_alerts_events_total{source=\"alertmanager\",result=\"held\"} "
         "1");
    SAYS("opsbot_alerts_events_total{source=\"bot\",result=\"taken\"} 0");
    SAYS("opsbot_alerts_card_seconds_bucket{le=\"+Inf\"} 1");
    SAYS("opsbot_alerts_card_seconds_sum 0.12");
    SAYS("opsbot_alerts_known_total 3");
    SAYS("opsbot_alerts_dead_total 1");
    SAYS("opsbot_alerts_waiting 5");
    SAYS("opsbot_alerts_held 7");
    SAYS("opsbot_alerts_overdue_seconds 1.5");
    SAYS("opsbot_alerts_stream_up 0");
    SAYS("opsbot_alerts_open{severity=\"info\"} 4");
    SAYS("opsbot_alerts_unacked{severity=\"critical\"} 1");
    SAYS("opsbot_pages_total{result=\"sent\"} 6");
    SAYS("opsbot_pages_waiting 2");
    SAYS("opsbot_pages_oldest_seconds 0.5");
    SAYS("opsbot_watch_standing{kind=\"lag\"} 1");
    SAYS("opsbot_watch_events_total{event=\"raised\"} 8");
    SAYS("opsbot_halts_active 2");
    SAYS("opsbot_alerts_requests_total{path=\"/alerts\",status=\"503\"} 6");
    SAYS("opsbot_alerts_requests_total{path=\"/alerts\",status=\"200\"} 0");
    SAYS("opsbot_alerts_unreadable_total 8");
    SAYS("opsbot_incidents_open{severity=\"P2\"} 3");
    SAYS("opsbot_checks{severity=\"critical\",state=\"passing\"} 1");
    SAYS("opsbot_checks{severity=\"warning\",state=\"failing\"} 1");
    SAYS("opsbot_checks{severity=\"high\",state=\"unknown\"} 1");
    SAYS("opsbot_check_up{check=\"orchestrator\",severity=\"critical\"} 1");
    SAYS("opsbot_check_duration_seconds{check=\"orchestrator\"} 0.012");
    SAYS("opsbot_thread_turn_age_seconds{thread=\"socket\"} 0.003");
    SAYS("opsbot_retention_taken{kind=\"trash\"} 4");
    SAYS("opsbot_lifeline_state{state=\"held back\"} 1");
    SAYS("process_start_time_seconds 1700000000.123");
    SAYS("process_open_fds 20");
}

Test(metrics, escapes_what_is_not_ours)
{
    SAYS("opsbot_build_info{version=\"1.2.3+ab\\\"c\",replica=\"00ff\"} 1");
    SAYS("opsbot_check_up{check=\"a\\\"b\\\\c\\nd\",severity=\"warning\"} 0");
}

Test(metrics, leaves_out_what_is_not_known)
{
    struct health_facts f = { .version = "",
                              .replica = "",
                              .socket_state = "down",
                              .round_trip_us = -1,
                              .inbox_depth = -1,
                              .audit_waiting = -1,
                              .outbox_waiting = -1,
                              .outbox_oldest_ms = -1,
                              .outbox_undeliverable = -1,
                              .jobs_running = -1,
                              .halts = -1,
                              .incidents = { -1, -1, -1, -1 } };
    char *empty = page_of(&f);

    cr_expect_null(strstr(empty, "\nopsbot_halts_active "));
    cr_expect_null(strstr(empty, "\nopsbot_audit_waiting "));
    cr_expect_null(strstr(empty, "\nopsbot_incidents_open{"));
    cr_expect_null(strstr(empty, "\nopsbot_socket_round_trip_seconds "));
    cr_expect_null(strstr(empty, "\nprocess_start_time_seconds "));
    cr_expect_null(strstr(empty, " -"), "%s", empty);
    cr_expect_not_null(strstr(empty, "\nopsbot_ready 0\n"));
    cr_expect_null(strstr(page, "thread=\"not yet\""));
    cr_expect_null(strstr(page, "check=\"never-asked\""));
    free(empty);
}

/* ---- every line ------------------------------------------------------------ */

/* What the last # TYPE said, and what came with it. */
struct family {
    char name[80], type[16];
    bool helped;
    double before; /* the last bucket */
    bool inf;
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len >= n && strcmp(text + len - n, end) == 0;
}

static void expect_name(const char *name, const char *type)
{
    cr_expect_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name),
                 "%s", name);
    cr_expect(strncmp(name, "opsbot_", 7) == 0 ||
                  strncmp(name, "process_", 8) == 0,
              "%s", name);
    cr_expect_eq(ends_with(name, "_total"), strcmp(type, "counter") == 0,
                 "%s is a %s", name, type);
    cr_expect_not(ends_with(name, "_ms") || ends_with(name, "_us"), "%s", name);
}

static void take_comment(struct family *f, const char *line, char **seen)
{
    char name[80], type[16], help[200];

    if (sscanf(line, "# HELP %79s %199[^\n]", name, help) == 2) {
        char *mark = xasprintf("%s<%s>", *seen, name);

        cr_expect_null(strstr(*seen, mark + strlen(*seen)), "%s twice", name);
        free(*seen);
        *seen = mark;
        snprintf(f->name, sizeof f->name, "%s", name);
        f->helped = true;
        cr_expect_gt(strlen(help), 5, "%s", name);
        return;
    }
    cr_assert_eq(sscanf(line, "# TYPE %79s %15s", name, type), 2, "%s", line);
    cr_expect(f->helped, "%s has no HELP", name);
    cr_expect_str_eq(f->name, name, "HELP and TYPE");
    snprintf(f->type, sizeof f->type, "%s", type);
    f->helped = f->inf = false;
    f->before = -1;
    expect_name(name, type);
}

static void take_bucket(struct family *f, const char *line, double value)
{
    f->inf = strstr(line, "le=\"+Inf\"") != NULL;
    cr_expect_geq(value, f->before, "%s", line);
    f->before = f->inf ? -1 : value;
}

/* Past the labels, if there are any: to the blank before the value. */
static const char *past_labels(const char *at)
{
    bool quoted = false;

    if (*at != '{')
        return at;
    for (at++; *at && (quoted || *at != '}'); at++) {
        if (*at == '\\' && quoted)
            at++;
        else if (*at == '"')
            quoted = !quoted;
    }
    return *at ? at + 1 : at;
}

static void take_sample(struct family *f, const char *line)
{
    size_t len = strcspn(line, "{ ");
    const char *rest = past_labels(line + len);
    char *end;
    double value;

    cr_assert_eq(*rest, ' ', "%s", line);
    value = strtod(rest + 1, &end);
    cr_assert(end != rest + 1 && *end == '\0', "%s", line);
    cr_assert_eq(strncmp(line, f->name, strlen(f->name)), 0,
                 "%s is not in family %s", line, f->name);
    if (strcmp(f->type, "histogram") != 0)
        cr_expect_eq(len, strlen(f->name), "%s", line);
    else if (strncmp(line + strlen(f->name), "_bucket", 7) == 0)
        take_bucket(f, line, value);
    else
        cr_expect(f->inf, "%s before its +Inf", line);
}

Test(metrics, every_line_is_one_of_prometheus)
{
    char *seen = xstrdup(""), *rest = NULL;
    struct family f = { .before = -1 };
    int samples = 0;

    cr_assert(ends_with(page, "\n"));
    for (char *line = strtok_r(page, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] == '#') {
            take_comment(&f, line, &seen);
        } else {
            take_sample(&f, line);
            samples++;
        }
    }
    cr_expect_gt(samples, 150);
    free(seen);
}

/* ---- histograms ------------------------------------------------------------ */

Test(metrics, a_histogram_is_cumulative_in_seconds)
{
    const char *name = "opsbot_ack_duration_seconds";

    SAYS("opsbot_ack_duration_seconds_bucket{road=\"socket\",le=\"0.0001\"} 0");
    SAYS("opsbot_ack_duration_seconds_bucket{road=\"socket\",le=\"0.8\"} 0");
    SAYS("opsbot_ack_duration_seconds_bucket{road=\"socket\",le=\"1\"} 1");
    SAYS("opsbot_ack_duration_seconds_bucket{road=\"socket\",le=\"+Inf\"} 1");
    SAYS("opsbot_ack_duration_seconds_sum{road=\"socket\"} 0.9");
    SAYS("opsbot_ack_duration_seconds_count{road=\"socket\"} 1");
    SAYS("opsbot_store_round_trip_seconds_count{store=\"redis\"} 1");
    SAYS("opsbot_store_round_trip_seconds_count{store=\"postgres\"} 0");
    cr_expect_null(strstr(strstr(page, name), "road=\"http\""),
                   "a road that nobody took");
}

Test(metrics, a_family_without_samples_is_still_explained)
{
    struct buf out = { 0 };
    struct metrics m = { .out = &out };

    metric_single(&m, "opsbot_x", METRIC_GAUGE, "Is not known", -1);
    cr_expect_str_eq(buf_text(&out), "# HELP opsbot_x Is not known\n"
                                     "# TYPE opsbot_x gauge\n");
    metric_value(&m, 2.5, "a", "1", "b", "");
    cr_expect_not_null(
        strstr(buf_text(&out), "opsbot_x{a=\"1\",b=\"\"} 2.5\n"));
    buf_dispose(&out);
}

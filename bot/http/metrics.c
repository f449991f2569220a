/*
 * metrics: the page: the process, stores, the outbox, what goes on by itself.
 * See metrics.h.
 */
#include "bot/http/metrics.h"

#include "bot/http/metrics_parts.h"

double metric_seconds(int64_t ms)
{
    return ms < 0 ? -1 : (double)ms / 1000;
}

double metric_moment(int64_t wall_ms)
{
    return wall_ms > 0 ? (double)wall_ms / 1000 : -1;
}

/* ---- the process ----------------------------------------------------------- */

static void threads(struct metrics *m, const struct health_facts *f)
{
    metric_family(m, "opsbot_thread_turn_age_seconds", GAUGE,
                  "Time since a thread last turned; over 30 s it is stuck");
    for (size_t i = 0; i < f->thread_count; i++)
        metric_value(m, metric_seconds(f->threads[i].turned_ms), "thread",
                     f->threads[i].name);
}

static void process(struct metrics *m, const struct health_facts *f)
{
    const struct usage *u = &f->usage;

    metric_single(m, "process_cpu_seconds_total", COUNTER,
                  "User and system CPU time", u->cpu_s);
    metric_single(m, "process_resident_memory_bytes", GAUGE,
                  "Memory that is resident", (double)u->resident);
    metric_single(m, "process_virtual_memory_bytes", GAUGE,
                  "Memory that is addressed", (double)u->virtual_memory);
    metric_single(m, "process_open_fds", GAUGE, "Open files and sockets",
                  (double)u->fds);
    metric_single(m, "process_max_fds", GAUGE, "How many may be open",
                  (double)u->max_fds);
    metric_single(m, "process_threads", GAUGE, "Threads", (double)u->threads);
    metric_single(m, "process_start_time_seconds", GAUGE,
                  "When the process began, since 1970-01-01 UTC",
                  metric_moment(f->started));
}

static void program(struct metrics *m, const struct health_facts *f)
{
    const char *log = "opsbot_log_lines_total";
    struct buf ignored = { 0 };
    bool ready = health_ready(f, &ignored) == 200;

    buf_dispose(&ignored);
    metric_family(m, "opsbot_build_info", GAUGE,
                  "Which program this is, and which replica");
    metric_value(m, 1, "version", f->version, "replica", f->replica);
    metric_single(m, "opsbot_ready", GAUGE,
                  "1 while Slack, Redis and Postgres are all there", ready);
    metric_family(m, log, COUNTER, "Warnings and errors that were logged");
    metric_value(m, (double)f->warnings, "level", "warn");
    metric_value(m, (double)f->errors, "level", "error");
    metric_family(m, "opsbot_lifeline_state", GAUGE,
                  "1 for the state that the heartbeat to heartbeat.url is in");
    for (unsigned i = 0; i < LIFELINE_STATES; i++)
        metric_value(m, f->lifeline.state == i, "state",
                     lifeline_name((enum lifeline_state)i));
    metric_single(m, "opsbot_lifeline_last_timestamp_seconds", GAUGE,
                  "When heartbeat.url last took our heartbeat",
                  metric_moment(f->lifeline.at));
    process(m, f);
    threads(m, f);
}

/* ---- stores and the outbox ------------------------------------------------- */

static void stores(struct metrics *m, const struct health_facts *f)
{
    static const char *const names[] = { "redis", "postgres" };
    const struct store_health *of[] = { f->redis, f->postgres };

    metric_family(m, "opsbot_store_up", GAUGE, "1 while the store answers");
    for (size_t i = 0; i < 2; i++)
        metric_value(m, of[i] && store_up(of[i]), "store", names[i]);
    metric_family(m, "opsbot_store_since_timestamp_seconds", GAUGE,
                  "Since when it has been so");
    for (size_t i = 0; i < 2 && of[i]; i++)
        metric_value(
            m,
            metric_moment(atomic_load(store_up(of[i]) ? &of[i]->up_since
                                                      : &of[i]->down_since)),
            "store", names[i]);
    metric_family(m, "opsbot_store_falls_total", COUNTER,
                  "Times the store went down");
    for (size_t i = 0; i < 2 && of[i]; i++)
        metric_value(m, (double)atomic_load(&of[i]->falls), "store", names[i]);
    metric_family(m, "opsbot_store_round_trip_seconds", METRIC_HISTOGRAM,
                  "Round trips that were answered, each of a batch");
    for (size_t i = 0; i < 2 && of[i]; i++)
        metric_histogram(m, &of[i]->took, "store", names[i]);
    metric_single(m, "opsbot_redis_refuses_writes", GAUGE,
                  "1 while Redis answers and takes nothing that is written",
                  f->redis_refuses != 0);
}

static void outbox(struct metrics *m, const struct health_facts *f)
{
    metric_single(m, "opsbot_outbox_waiting", GAUGE,
                  "Outbox rows not posted yet", (double)f->outbox_waiting);
    metric_single(m, "opsbot_outbox_oldest_seconds", GAUGE,
                  "Age of the oldest of them",
                  metric_seconds(f->outbox_oldest_ms));
    metric_single(m, "opsbot_outbox_undeliverable", GAUGE,
                  "Posts that Slack will not take",
                  (double)f->outbox_undeliverable);
    if (f->tally)
        metric_single(m, "opsbot_outbox_late_total", COUNTER,
                      "Posts that came more than a minute late, and said so",
                      (double)meter_counted(&f->tally->late_posts));
}

/* What both stores miss, and what one of them misses. */
static void waiting(struct metrics *m, const struct health_facts *f)
{
    metric_single(m, "opsbot_journal_up", GAUGE,
                  "1 while what both stores miss can be written to the journal",
                  f->journal_why == NULL);
    metric_single(m, "opsbot_journal_waiting", GAUGE,
                  "Records in the journal that wait for a store",
                  (double)f->journal_waiting);
    metric_single(m, "opsbot_journal_bytes", GAUGE, "Size of the journal",
                  (double)f->journal_bytes);
    metric_single(m, "opsbot_audit_waiting", GAUGE,
                  "Audit rows in Redis that wait for Postgres",
                  (double)f->audit_waiting);
}

/* ---- what goes on by itself ------------------------------------------------ */

static void retention(struct metrics *m, const struct retention *last)
{
    const struct {
        const char *kind;
        int64_t count;
    } taken[] = {
        { "partitions", last->partitions }, { "operations", last->operations },
        { "outbox", last->outbox },         { "trash", last->trash },
        { "checks", last->checks },         { "alerts", last->alerts },
    };

    metric_single(m, "opsbot_retention_timestamp_seconds", GAUGE,
                  "When what is old was last taken away",
                  metric_moment(last->at));
    metric_family(m, "opsbot_retention_taken", GAUGE,
                  "What that took away, by kind");
    for (size_t i = 0; last->at > 0 && i < sizeof taken / sizeof *taken; i++)
        metric_value(m, (double)taken[i].count, "kind", taken[i].kind);
}

static void jobs(struct metrics *m, const struct health_facts *f)
{
    metric_single(m, "opsbot_jobs_running", GAUGE,
                  "Jobs that this replica carries out",
                  (double)f->jobs_running);
    metric_family(m, "opsbot_job_entries_total", COUNTER,
                  "Entries that jobs of this replica were about");
    metric_value(m, (double)f->entries.moved, "result", "moved");
    metric_value(m, (double)f->entries.gone, "result", "gone");
    metric_value(m, (double)f->entries.refused, "result", "refused");
}

static void operating(struct metrics *m, const struct health_facts *f)
{
    metric_single(m, "opsbot_leader", GAUGE,
                  "1 while this replica does what one does for all", f->leads);
    metric_single(m, "opsbot_halts_active", GAUGE,
                  "Scopes that are halted, in Redis", (double)f->halts);
    metric_single(m, "opsbot_halts_running", GAUGE,
                  "Halts and unhalts whose targets have not all said so",
                  (double)f->halts_running);
    metric_single(m, "opsbot_halts_unrecorded", GAUGE,
                  "Halts that Postgres does not know of yet",
                  (double)f->halts_unrecorded);
    metric_family(m, "opsbot_incidents_open", GAUGE, "Incidents not resolved");
    for (unsigned i = INCIDENT_P0; i <= INCIDENT_P3; i++)
        metric_value(m, (double)f->incidents[i], "severity",
                     incident_severity_name((enum incident_severity)i));
    jobs(m, f);
    retention(m, &f->retention);
}

int metrics_report(const struct health_facts *facts, struct buf *out)
{
    struct metrics m = { .out = out };

    program(&m, facts);
    metrics_slack(&m, facts);
    metrics_http(&m, facts);
    metrics_commands(&m, facts);
    stores(&m, facts);
    outbox(&m, facts);
    waiting(&m, facts);
    operating(&m, facts);
    metrics_checks(&m, &facts->checks);
    metrics_alerts(&m, facts);
    return 200;
}

#include "bot/http/health.h"

#include <stdio.h>
#include <stdlib.h>

#include "bot/http/requests_metrics.h"
#include "core/base/clock.h"
#include "core/base/json.h"

void health_thread(struct health_facts *facts, const char *name,
                   int64_t turned_ms)
{
    if (facts->thread_count < HEALTH_THREADS)
        facts->threads[facts->thread_count++] =
            (struct health_thread){ name, turned_ms };
}

static bool stuck(const struct health_thread *t)
{
    return t->turned_ms > HEALTH_STUCK_MS;
}

static bool all_turn(const struct health_facts *facts)
{
    for (size_t i = 0; i < facts->thread_count; i++)
        if (stuck(&facts->threads[i]))
            return false;
    return true;
}

static bool is_up(const struct store_health *store)
{
    return store && store_up(store);
}

/* ---- /health -------------------------------------------------------------- */

/* A wall time as a JSON value: null where it is not known. */
#define MOMENT (CLOCK_TEXT + 2)
static const char *moment(int64_t wall_ms, char out[MOMENT])
{
    char text[CLOCK_TEXT];

    if (wall_ms <= 0)
        return "null";
    snprintf(out, MOMENT, "\"%s\"", clock_rfc3339(wall_ms, text));
    return out;
}

/* {"state":…,"since":…}. Heap. */
static char *part(const char *state, int64_t since)
{
    char text[MOMENT];

    return json_text(member_str("state", state),
                     member_raw("since", moment(since, text)));
}

static char *store_part(const struct store_health *store)
{
    bool up = is_up(store);

    if (!store)
        return part("unknown", 0);
    return part(up ? "up" : "down",
                atomic_load(up ? &store->up_since : &store->down_since));
}

static bool outbox_late(const struct health_facts *facts)
{
    return facts->outbox_waiting > 0 &&
           facts->outbox_oldest_ms > HEALTH_LATE_MS;
}

static char *outbox_part(const struct health_facts *facts, int64_t now)
{
    const char *state = "ok";
    int64_t since = 0;
    char text[MOMENT];

    if (facts->outbox_waiting < 0)
        state = "unknown";
    if (facts->outbox_waiting > 0) {
        state = outbox_late(facts) ? "late" : "waiting";
        since = now - facts->outbox_oldest_ms;
    }
    return json_text(member_str("state", state),
                     member_raw("since", moment(since, text)),
                     member_int("waiting", facts->outbox_waiting),
                     member_int("undeliverable", facts->outbox_undeliverable));
}

static char *journal_part(const struct health_facts *facts)
{
    const char *state = facts->journal_waiting > 0 ? "waiting" : "ok";
    char text[MOMENT];

    return json_text(
        member_str("state", facts->journal_why ? "unavailable" : state),
        member_raw("since", moment(facts->journal_since, text)),
        member_int("waiting", facts->journal_waiting),
        member_str("why", facts->journal_why));
}

static char *leader_part(const struct health_facts *facts)
{
    char text[MOMENT];

    return json_text(member_bool("held", facts->leads),
                     member_raw("since", moment(facts->leads_since, text)),
                     member_str("lease", facts->lease));
}

static char *retention_part(const struct retention *last)
{
    char text[MOMENT];

    return json_text(member_raw("at", moment(last->at, text)),
                     member_int("partitions", last->partitions),
                     member_int("operations", last->operations),
                     member_int("outbox", last->outbox),
                     member_int("trash", last->trash),
                     member_int("checks", last->checks));
}

static char *halts_part(const struct health_facts *facts)
{
    return json_text(
        member_int("running", (int64_t)facts->halts_running),
        member_int("unrecorded", (int64_t)facts->halts_unrecorded));
}

static char *jobs_part(const struct health_facts *facts)
{
    return json_text(member_int("running", facts->jobs_running));
}

static unsigned unknown(const struct health_checks *c)
{
    struct check_state state;
    unsigned n = 0;

    for (unsigned i = 0; c->board && i < c->config->checks_count; i++) {
        check_board_get(c->board, c->config->checks[i].id, &state);
        n += state.mark == CHECK_UNKNOWN;
    }
    return n;
}

static int64_t failing(const struct health_checks *c,
                       enum check_severity severity)
{
    return c->board ? check_board_failing(c->board, severity) : 0;
}

static char *checks_part(const struct health_checks *c)
{
    char *counts = json_text(member_int("critical", failing(c, CHECK_CRITICAL)),
                             member_int("high", failing(c, CHECK_HIGH)),
                             member_int("warning", failing(c, CHECK_WARNING)));
    char *out = json_text(
        member_int("configured", c->board ? c->config->checks_count : 0),
        member_raw("failing", counts), member_int("unknown", unknown(c)),
        member_int("running", c->running), member_int("threads", c->threads),
        member_int("waiting", c->waiting));

    free(counts);
    return out;
}

static char *redis_part(const struct health_facts *facts)
{
    if (is_up(facts->redis) && facts->redis_refuses)
        return part("refuses writes", facts->redis_refuses);
    return store_part(facts->redis);
}

static char *sender_part(const struct sender_facts *sender)
{
    return json_text(
        member_str("state", sender->token_refused ? "token refused" : "ok"),
        member_int("waiting", (int64_t)sender->waiting),
        member_int("oldest_ms", sender->oldest_ms));
}

/* {"socket":12,"worker 1":3,…}: ms since each turned. Heap. */
static char *threads_part(const struct health_facts *facts)
{
    struct buf b = { 0 };

    buf_char(&b, '{');
    for (size_t i = 0; i < facts->thread_count; i++) {
        if (i)
            buf_char(&b, ',');
        json_quote(&b, facts->threads[i].name);
        buf_fmt(&b, ":%lld", (long long)facts->threads[i].turned_ms);
    }
    buf_char(&b, '}');
    return buf_take(&b);
}

/* By request URLs it comes when it comes. */
static bool slack_there(const struct health_facts *facts)
{
    return facts->socket_off || facts->socket_up;
}

/* Every thread turns, and nothing needs a person to look at it. */
static bool all_well(const struct health_facts *facts)
{
    return all_turn(facts) && slack_there(facts) && is_up(facts->redis) &&
           !facts->redis_refuses && is_up(facts->postgres) &&
           !outbox_late(facts) && facts->outbox_undeliverable <= 0 &&
           !facts->sender.token_refused && !facts->journal_why &&
           facts->journal_waiting == 0;
}

int health_report(const struct health_facts *facts, int64_t now,
                  struct buf *out)
{
    char *parts[] = {
        part(facts->socket_state, facts->socket_since),
        redis_part(facts),
        store_part(facts->postgres),
        outbox_part(facts, now),
        sender_part(&facts->sender),
        threads_part(facts),
        journal_part(facts),
        leader_part(facts),
        retention_part(&facts->retention),
        jobs_part(facts),
        halts_part(facts),
        checks_part(&facts->checks),
    };
    char *all = json_text(
        member_str("status", all_well(facts) ? "ok" : "degraded"),
        member_raw("socket", parts[0]), member_raw("redis", parts[1]),
        member_raw("postgres", parts[2]), member_raw("outbox", parts[3]),
        member_raw("sender", parts[4]), member_raw("threads", parts[5]),
        member_int("inbox", facts->inbox_depth),
        member_int("uptime_s", facts->uptime_ms / 1000),
        member_str("version", facts->version),
        member_str("replica", facts->replica),
        member_str("restart_wanted", facts->restart_wanted),
        member_raw("journal", parts[6]),
        member_int("audit_waiting", facts->audit_waiting),
        member_raw("leader", parts[7]), member_raw("retention", parts[8]),
        member_raw("jobs", parts[9]), member_raw("halts", parts[10]),
        member_raw("checks", parts[11]));

    buf_str(out, all);
    buf_char(out, '\n');
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(parts[i]);
    free(all);
    return all_turn(facts) ? 200 : 503;
}

/* ---- /ready --------------------------------------------------------------- */

int health_ready(const struct health_facts *facts, struct buf *out)
{
    const char *missing[3];
    size_t count = 0;
    char *list, *all;

    if (!slack_there(facts))
        missing[count++] = "slack";
    if (!is_up(facts->redis))
        missing[count++] = "redis";
    if (!is_up(facts->postgres))
        missing[count++] = "postgres";
    list = json_list(missing, count);
    all = json_text(member_bool("ready", count == 0),
                    member_raw("missing", list));
    buf_str(out, all);
    buf_char(out, '\n');
    free(list);
    free(all);
    return count ? 503 : 200;
}

/* ---- /metrics ------------------------------------------------------------- */

/* labels: "" or "store=\"redis\"". Values of -1 are not known: left out. */
static void sample(struct buf *out, const char *name, const char *labels,
                   double value)
{
    if (value < 0)
        return;
    buf_str(out, name);
    if (labels[0])
        buf_fmt(out, "{%s}", labels);
    buf_fmt(out, " %.15g\n", value);
}

static void about(struct buf *out, const char *name, const char *type,
                  const char *help)
{
    buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct buf *out, const char *name, const char *type,
                   const char *help, double value)
{
    about(out, name, type, help);
    sample(out, name, "", value);
}

static void store_metrics(const struct health_facts *facts, struct buf *out)
{
    static const char *const labels[] = { "store=\"redis\"",
                                          "store=\"postgres\"" };
    const struct store_health *stores[] = { facts->redis, facts->postgres };

    about(out, "opsbot_store_up", "gauge", "1 while the store answers");
    for (size_t i = 0; i < 2; i++)
        sample(out, "opsbot_store_up", labels[i], is_up(stores[i]));
    about(out, "opsbot_store_falls_total", "counter",
          "Times the store went down");
    for (size_t i = 0; i < 2 && stores[i]; i++)
        sample(out, "opsbot_store_falls_total", labels[i],
               (double)atomic_load(&stores[i]->falls));
    about(out, "opsbot_store_round_trip_seconds", "gauge",
          "The last round trip measured");
    for (size_t i = 0; i < 2 && stores[i]; i++)
        sample(out, "opsbot_store_round_trip_seconds", labels[i],
               (double)atomic_load(&stores[i]->round_trip_us) / 1e6);
}

static void socket_metrics(const struct health_facts *facts, struct buf *out)
{
    single(out, "opsbot_socket_up", "gauge", "1 while Slack has said hello",
           facts->socket_up);
    if (facts->round_trip_us >= 0)
        single(out, "opsbot_socket_round_trip_seconds", "gauge",
               "Our last ping to Slack", (double)facts->round_trip_us / 1e6);
    single(out, "opsbot_socket_reconnects_total", "counter",
           "Connections to Slack that ended", (double)facts->reconnects);
    single(out, "opsbot_envelopes_total", "counter", "Envelopes from Slack",
           (double)facts->envelopes);
    single(out, "opsbot_envelopes_malformed_total", "counter",
           "Envelopes that could not be read", (double)facts->malformed);
    single(out, "opsbot_envelopes_in_flight", "gauge",
           "Envelopes without their answer", facts->in_flight);
    single(out, "opsbot_acks_total", "counter", "Acknowledgements sent",
           (double)facts->acks);
    single(out, "opsbot_acks_late_total", "counter",
           "Answers that missed their acknowledgement", (double)facts->late);
}

static void sender_metrics(const struct sender_facts *f, struct buf *out)
{
    const char *posts = "opsbot_posts_total";

    about(out, posts, "counter", "Calls to Slack that are over, by result");
    sample(out, posts, "result=\"sent\"", (double)f->sent);
    sample(out, posts, "result=\"refused\"", (double)f->refused);
    sample(out, posts, "result=\"given_up\"", (double)f->given_up);
    sample(out, posts, "result=\"unknown\"", (double)f->unknown);
    single(out, "opsbot_posts_retried_total", "counter",
           "Attempts that were repeated", (double)f->retried);
    single(out, "opsbot_posts_limited_total", "counter",
           "Answers 429 from Slack", (double)f->limited);
    single(out, "opsbot_blocks_refused_total", "counter",
           "Messages whose blocks Slack refused: a bug of ours",
           (double)f->blocks_refused);
    single(out, "opsbot_sender_waiting", "gauge", "Calls to Slack not over yet",
           (double)f->waiting);
    single(out, "opsbot_sender_oldest_seconds", "gauge",
           "Age of the oldest of them", (double)f->oldest_ms / 1000);
    single(out, "opsbot_token_refused", "gauge",
           "1 while Slack refuses a token", f->token_refused);
}

static void keeping_metrics(const struct health_facts *facts, struct buf *out)
{
    const struct retention *last = &facts->retention;
    const char *taken = "opsbot_retention_taken";

    single(out, "opsbot_journal_up", "gauge",
           "1 while what both stores miss can be written to the journal",
           facts->journal_why == NULL);
    single(out, "opsbot_journal_waiting", "gauge",
           "Records in the journal that wait for a store",
           (double)facts->journal_waiting);
    single(out, "opsbot_audit_waiting", "gauge",
           "Audit rows in Redis that wait for Postgres",
           (double)facts->audit_waiting);
    single(out, "opsbot_leader", "gauge",
           "1 while this replica does what one does for all", facts->leads);
    single(out, "opsbot_halts_running", "gauge",
           "Halts and unhalts whose targets have not all said so",
           (double)facts->halts_running);
    single(out, "opsbot_halts_unrecorded", "gauge",
           "Halts that Postgres does not know of yet",
           (double)facts->halts_unrecorded);
    single(out, "opsbot_jobs_running", "gauge",
           "Jobs that this replica carries out", (double)facts->jobs_running);
    single(out, "opsbot_retention_timestamp_seconds", "gauge",
           "When what is old was last taken away",
           last->at > 0 ? (double)last->at / 1000 : -1);
    about(out, taken, "gauge", "What that took away, by kind");
    if (last->at <= 0)
        return;
    sample(out, taken, "kind=\"partitions\"", (double)last->partitions);
    sample(out, taken, "kind=\"operations\"", (double)last->operations);
    sample(out, taken, "kind=\"outbox\"", (double)last->outbox);
    sample(out, taken, "kind=\"trash\"", (double)last->trash);
    sample(out, taken, "kind=\"checks\"", (double)last->checks);
}

/* What the checks themselves say is for Prometheus as well. */
static void check_metrics(const struct health_checks *c, struct buf *out)
{
    struct check_state state;

    single(out, "opsbot_check_threads", "gauge", "Threads that run checks",
           (double)c->threads);
    single(out, "opsbot_check_rows_waiting", "gauge",
           "Results and changes of checks that wait for Postgres",
           (double)c->waiting);
    single(out, "opsbot_check_results_lost_total", "counter",
           "Results that newer ones pushed out while Postgres was away",
           (double)c->lost);
    about(out, "opsbot_check_passing", "gauge",
          "1 while a check passes, 0 while it fails");
    for (unsigned i = 0; c->board && i < c->config->checks_count; i++) {
        check_board_get(c->board, c->config->checks[i].id, &state);
        if (state.mark != CHECK_UNKNOWN)
            buf_fmt(out,
                    "opsbot_check_passing{check=\"%s\",severity=\"%s\"}"
                    " %d\n",
                    c->config->checks[i].id,
                    check_severity_name(c->config->checks[i].severity),
                    state.mark == CHECK_PASSING);
    }
}

static void thread_metrics(const struct health_facts *facts, struct buf *out)
{
    about(out, "opsbot_thread_turned_seconds", "gauge",
          "Time since a thread last turned");
    for (size_t i = 0; i < facts->thread_count; i++) {
        const struct health_thread *t = &facts->threads[i];
        struct buf labels = { 0 };

        buf_fmt(&labels, "thread=\"%s\"", t->name);
        sample(out, "opsbot_thread_turned_seconds", buf_text(&labels),
               t->turned_ms < 0 ? -1 : (double)t->turned_ms / 1000);
        buf_dispose(&labels);
    }
}

int health_metrics(const struct health_facts *facts, struct buf *out)
{
    struct buf ignored = { 0 };
    bool ready = health_ready(facts, &ignored) == 200;

    buf_dispose(&ignored);
    about(out, "opsbot_build_info", "gauge", "Which program this is");
    buf_fmt(out, "opsbot_build_info{version=\"%s\",replica=\"%s\"} 1\n",
            facts->version, facts->replica);
    single(out, "opsbot_up", "gauge",
           "1 while Slack, Redis and Postgres are all there", ready);
    single(out, "opsbot_uptime_seconds", "gauge", "Time since start",
           (double)facts->uptime_ms / 1000);
    socket_metrics(facts, out);
    requests_metrics(&facts->http, &facts->slack, out);
    store_metrics(facts, out);
    single(out, "opsbot_inbox_depth", "gauge",
           "Envelopes recorded and not settled", (double)facts->inbox_depth);
    single(out, "opsbot_outbox_waiting", "gauge", "Outbox rows not posted yet",
           (double)facts->outbox_waiting);
    single(out, "opsbot_outbox_oldest_seconds", "gauge",
           "Age of the oldest of them",
           facts->outbox_oldest_ms < 0
               ? -1
               : (double)facts->outbox_oldest_ms / 1000);
    single(out, "opsbot_outbox_undeliverable", "gauge",
           "Posts that Slack will not take",
           (double)facts->outbox_undeliverable);
    sender_metrics(&facts->sender, out);
    keeping_metrics(facts, out);
    check_metrics(&facts->checks, out);
    thread_metrics(facts, out);
    return 200;
}

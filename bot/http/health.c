#include "bot/http/health.h"

#include <stdlib.h>

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

/* {"state":…,"since":…} with since null where it is not known. Heap. */
static char *part(const char *state, int64_t since)
{
    char text[CLOCK_TEXT];

    if (since <= 0)
        return json_text(member_str("state", state),
                         member_raw("since", "null"));
    return json_text(member_str("state", state),
                     member_str("since", clock_rfc3339(since, text)));
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
    char text[CLOCK_TEXT];

    if (facts->outbox_waiting < 0)
        state = "unknown";
    if (facts->outbox_waiting > 0) {
        state = outbox_late(facts) ? "late" : "waiting";
        since = now - facts->outbox_oldest_ms;
    }
    if (since <= 0)
        return json_text(
            member_str("state", state), member_raw("since", "null"),
            member_int("waiting", facts->outbox_waiting),
            member_int("undeliverable", facts->outbox_undeliverable));
    return json_text(member_str("state", state),
                     member_str("since", clock_rfc3339(since, text)),
                     member_int("waiting", facts->outbox_waiting),
                     member_int("undeliverable", facts->outbox_undeliverable));
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

int health_report(const struct health_facts *facts, int64_t now,
                  struct buf *out)
{
    bool turn = all_turn(facts);
    bool ok = turn && facts->socket_up && is_up(facts->redis) &&
              is_up(facts->postgres) && !outbox_late(facts) &&
              !facts->sender.token_refused;
    char *socket = part(facts->socket_state, facts->socket_since);
    char *redis = store_part(facts->redis);
    char *postgres = store_part(facts->postgres);
    char *outbox = outbox_part(facts, now);
    char *sender = sender_part(&facts->sender);
    char *threads = threads_part(facts);
    char *all = json_text(
        member_str("status", ok ? "ok" : "degraded"),
        member_raw("socket", socket), member_raw("redis", redis),
        member_raw("postgres", postgres), member_raw("outbox", outbox),
        member_raw("sender", sender), member_raw("threads", threads),
        member_int("inbox", facts->inbox_depth),
        member_int("uptime_s", facts->uptime_ms / 1000),
        member_str("version", facts->version),
        member_str("replica", facts->replica));

    buf_str(out, all);
    buf_char(out, '\n');
    free(socket);
    free(redis);
    free(postgres);
    free(outbox);
    free(sender);
    free(threads);
    free(all);
    return turn ? 200 : 503;
}

/* ---- /ready --------------------------------------------------------------- */

int health_ready(const struct health_facts *facts, struct buf *out)
{
    const char *missing[3];
    size_t count = 0;
    char *list, *all;

    if (!facts->socket_up)
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
    store_metrics(facts, out);
    single(out, "opsbot_inbox_depth", "gauge",
           "Envelopes recorded and not settled", (double)facts->inbox_depth);
    single(out, "opsbot_jobs_running", "gauge",
           "Bulk moves that this replica carries out",
           (double)facts->jobs_running);
    single(out, "opsbot_outbox_waiting", "gauge", "Outbox rows not posted yet",
           (double)facts->outbox_waiting);
    single(out, "opsbot_outbox_oldest_seconds", "gauge",
           "Age of the oldest of them",
           facts->outbox_oldest_ms < 0
               ? -1
               : (double)facts->outbox_oldest_ms / 1000);
    single(out, "opsbot_outbox_undeliverable", "gauge",
           "Outbox rows that Slack refused for good",
           (double)facts->outbox_undeliverable);
    sender_metrics(&facts->sender, out);
    thread_metrics(facts, out);
    return 200;
}

#include "bot/http/health.h"

#include <stdio.h>
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

    return json_text(
        member_raw("at", moment(last->at, text)),
        member_int("partitions", last->partitions),
        member_int("operations", last->operations),
        member_int("outbox", last->outbox), member_int("trash", last->trash),
        member_int("checks", last->checks), member_int("alerts", last->alerts));
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

/* Our own, to whoever watches us. */
static char *heartbeat_part(const struct lifeline_facts *f)
{
    char since[MOMENT], at[MOMENT];

    return json_text(member_str("state", lifeline_name(f->state)),
                     member_raw("since", moment(f->since, since)),
                     member_raw("at", moment(f->at, at)),
                     member_str("why", f->why[0] ? f->why : NULL));
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
           facts->journal_waiting == 0 && health_alerts_well(&facts->alerts);
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
        heartbeat_part(&facts->lifeline),
        health_alerts_part(&facts->alerts),
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
        member_str("redis_risk", facts->redis_risk),
        member_raw("journal", parts[6]),
        member_int("audit_waiting", facts->audit_waiting),
        member_raw("leader", parts[7]), member_raw("retention", parts[8]),
        member_raw("jobs", parts[9]), member_raw("halts", parts[10]),
        member_raw("checks", parts[11]), member_raw("heartbeat", parts[12]),
        member_raw("alerts", parts[13]));

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

/* ---- alive ---------------------------------------------------------------- */

bool health_well(const struct health_facts *facts, struct err *why)
{
    struct buf missing = { 0 };
    bool ok = health_ready(facts, &missing) == 200;

    if (!ok)
        err_set(why, ERR_BUSY, "not ready: %.*s", (int)missing.len - 1,
                missing.data);
    buf_dispose(&missing);
    for (size_t i = 0; ok && i < facts->thread_count; i++)
        if (stuck(&facts->threads[i]))
            ok = err_set(why, ERR_SYSTEM, "the thread %s is stuck",
                         facts->threads[i].name);
    return ok;
}

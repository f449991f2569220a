/*
 * bot_facts: what the daemon knows of itself: vitals for whoever answers,
 * facts for /health and /metrics.
 */
#include "bot/bot_int.h"

#include <string.h>

#include "bot/flow/tally.h"
#include "bot/version.h"
#include "core/base/clock.h"

/* What was taken over may be answered before the keeper is there. */
static void vitals_of_keeping(struct bot *bot, struct vitals *out)
{
    struct journal *journal = bot->services.journal;
    struct keeper *keeper = atomic_load(&bot->known);
    struct keeper_facts facts = { .outbox_waiting = -1,
                                  .outbox_undeliverable = -1 };
    int64_t since;

    if (keeper)
        keeper_facts(keeper, &facts);
    out->outbox_waiting = facts.outbox_waiting;
    out->outbox_oldest_ms = facts.outbox_oldest_ms;
    out->outbox_undeliverable = facts.outbox_undeliverable;
    out->redis_refuses = facts.refusing_since;
    out->journal_waiting =
        journal ? (int64_t)journal_waiting(journal, &since) : -1;
}

/* The keeper comes after the alerts thread: once it is known, so is that. */
static void vitals_of_alerts(struct bot *bot, struct vitals *out)
{
    struct alerts_facts facts = { .held_now = -1 };

    if (atomic_load(&bot->known) && config_now(bot->config)->alerts.on)
        alerts_facts(bot->alerts, &facts);
    out->alerts_held = facts.held_now;
    out->alerts_unread_since = facts.stream_unread_since;
}

/* Any thread. */
void bot_vitals(void *arg, struct vitals *out)
{
    struct bot *bot = arg;
    struct socket_facts facts;

    socket_facts(bot->socket, &facts);
    *out = (struct vitals){
        .version = version_text(),
        .replica = bot->inbox.id,
        .uptime_ms = clock_mono_ms() - bot->started,
        .socket_off = !config_now(bot->config)->slack.by_socket,
        .socket_up_ms = facts.up_ms,
        .slack_us = facts.round_trip_us,
        .slack_age_ms = facts.round_trip_age_ms,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
    };
    vitals_of_keeping(bot, out);
    vitals_of_alerts(bot, out);
}

static void health_of_checks(struct bot *bot, struct health_facts *out)
{
    struct checkers_facts facts;

    checkers_facts(bot->checkers, &facts);
    out->checks = (struct health_checks){
        .config = config_now(bot->config),
        .board = bot->services.board,
        .threads = (int64_t)facts.pool.threads,
        .running = (int64_t)facts.pool.running,
        .longest_ms = facts.pool.longest_ms,
        .waiting = (int64_t)(facts.results_waiting + facts.changes_waiting),
        .lost = facts.results_lost,
    };
    health_thread(out, "checks", facts.turned_ms);
    health_thread(out, "check keeper", facts.kept_ms);
    health_thread(out, "askings", askings_turned_ms(bot->askings));
}

static void health_of_alerts(struct bot *bot, struct health_facts *out)
{
    struct watch *watch = atomic_load(&bot->watch);
    struct health_alerts *a = &out->alerts;

    a->on = config_now(bot->config)->alerts.on;
    alerts_facts(bot->alerts, &a->facts);
    pager_facts(bot->pager, &a->pages);
    http_alerts_facts(bot->told, &a->http);
    if (watch) {
        watch_facts(watch, &a->watch);
        health_thread(out, "watch", a->watch.turned_ms);
    }
    health_thread(out, "alerts", a->facts.turned_ms);
    health_thread(out, "alerts stream", a->facts.stream_turned_ms);
    health_thread(out, "pager", a->pages.turned_ms);
}

/* What it keeps, and what waits. */
static void health_of_keeping(struct bot *bot, struct health_facts *out)
{
    struct journal *journal = bot->services.journal;
    struct keeper_facts keeper;
    struct scheduler_facts scheduler;

    keeper_facts(bot->keeper, &keeper);
    scheduler_facts(bot->scheduler, &scheduler);
    out->outbox_waiting = keeper.outbox_waiting;
    out->outbox_oldest_ms = keeper.outbox_oldest_ms;
    out->outbox_undeliverable = keeper.outbox_undeliverable;
    out->inbox_depth = keeper.inbox_depth;
    out->audit_waiting = keeper.audit_waiting;
    out->redis_refuses = keeper.refusing_since;
    out->journal_why = journal ? NULL : bot->journal_why;
    if (journal)
        out->journal_waiting =
            (int64_t)journal_waiting(journal, &out->journal_since);
    out->journal_bytes = journal_bytes(journal);
    out->halts = store_up(&bot->redis) ? keeper.halts : -1;
    memcpy(out->incidents, keeper.incidents, sizeof out->incidents);
    out->taken_over = keeper.taken_over;
    out->settled = keeper.settled;
    out->leads = scheduler.leads;
    out->lease = scheduler.lease;
    out->leads_since = scheduler.since;
    out->retention = scheduler.retention;
    health_of_checks(bot, out);
    health_thread(out, "keeper", keeper.turned_ms);
    health_thread(out, "scheduler", scheduler.turned_ms);
    health_thread(out, "prober", prober_turned_ms(bot->prober));
    health_of_alerts(bot, out);
}

/* What is counted, and what the process takes. */
static void health_of_process(struct bot *bot, struct health_facts *out)
{
    struct lifeline *lifeline = atomic_load(&bot->lifeline);

    out->version = version_text();
    out->replica = bot->inbox.id;
    out->uptime_ms = clock_mono_ms() - bot->started;
    out->started = bot->started_at;
    out->restart_wanted = config_now(bot->config)->restart_wanted;
    out->tally = tally_read();
    out->warnings = log_lines(LOG_WARN);
    out->errors = log_lines(LOG_ERROR);
    job_counted(&out->entries);
    usage_read(&out->usage);
    lifeline_facts(lifeline, &out->lifeline);
    if (out->lifeline.turned_ms >= 0)
        health_thread(out, "lifeline", out->lifeline.turned_ms);
}

/* Any thread. */
void bot_health(void *arg, struct health_facts *out)
{
    struct bot *bot = arg;
    struct socket_facts socket;
    struct intake_facts intake;
    struct worker_facts worker;
    struct halter_facts halter;
    struct jobs_facts jobs;

    socket_facts(bot->socket, &socket);
    intake_facts(bot->intake, &intake);
    workers_facts(bot->workers, &worker);
    halter_facts(bot->halter, &halter);
    jobs_facts(bot->jobs, &jobs);
    sender_facts(bot->sender, &out->sender);
    sender_calls(bot->sender, &out->calls);
    out->queues = (struct health_queues){
        .intake = (int64_t)queue_len(bot->intake_queue),
        .quick = (int64_t)worker.quick,
        .slow = (int64_t)worker.slow,
        .urgent = (int64_t)worker.urgent,
    };
    out->socket_up = socket.link == LINK_UP;
    out->socket_off = !config_now(bot->config)->slack.by_socket;
    out->socket_state = out->socket_off ? "off" : link_name(socket.link);
    out->socket_since = out->socket_off ? 0 : socket.since_wall_ms;
    out->round_trip_us = socket.round_trip_us;
    out->envelopes = socket.envelopes;
    out->late = socket.late;
    out->malformed = socket.malformed;
    out->reconnects = socket.reconnects;
    out->in_flight = socket.in_flight;
    out->sender.token_refused |= socket.token_refused;
    out->redis = &bot->redis;
    out->postgres = &bot->postgres;
    out->jobs_running = (int64_t)jobs.running;
    out->redis_risk = prober_redis_risk(bot->prober);
    out->halts_running = halter.running;
    out->halts_unrecorded = halter.unrecorded;
    if (!out->socket_off)
        health_thread(out, "socket", socket.turned_ms);
    slack_facts(bot->slack, &out->slack);
    health_thread(out, "intake", intake.turned_ms);
    health_thread(out, "workers", worker.turned_ms);
    health_of_keeping(bot, out);
    health_of_process(bot, out);
    health_thread(out, "jobs", jobs.turned_ms);
    health_thread(out, "outbox", poster_turned_ms(bot->poster));
    health_thread(out, "halter", halter.turned_ms);
    health_thread(out, "home", homes_turned_ms(bot->homes));
    health_thread(out, "sender", out->sender.turned_ms);
}

/* Whoever asks over HTTP hears of that thread by being answered (pages.c);
 * nobody else does. */
static void health_besides(struct bot *bot, struct health_facts *out)
{
    bot_health(bot, out);
    health_thread(out, "http", server_turned_ms(bot->http));
}

bool bot_well(void *arg, struct err *why)
{
    struct health_facts facts = { .version = "", .replica = "" };

    health_besides(arg, &facts);
    return health_well(&facts, why);
}

bool bot_turns(struct bot *bot)
{
    struct health_facts facts = { 0 };

    health_besides(bot, &facts);
    for (size_t i = 0; i < facts.thread_count; i++)
        if (facts.threads[i].turned_ms > HEALTH_STUCK_MS)
            return false;
    return true;
}

#include "bot/bot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/http/http.h"
#include "bot/flow/askings.h"
#include "bot/flow/checkers.h"
#include "bot/flow/halter.h"
#include "bot/flow/home.h"
#include "bot/flow/intake.h"
#include "bot/flow/jobs.h"
#include "bot/flow/keeper.h"
#include "bot/http/lws_log.h"
#include "bot/flow/prober.h"
#include "bot/flow/scheduler.h"
#include "bot/flow/state.h"
#include "bot/outbox/poster.h"
#include "bot/sender/sender.h"
#include "bot/socket/socket.h"
#include "bot/version.h"
#include "bot/flow/worker.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/check/heartbeat.h"

#define SOCKET_GRACE_MS 6000
#define SENDER_GRACE_MS 3000
#define MODAL_MS        1500 /* of the 3 s that a trigger lives */
#define INTAKE_BYTES    (64u << 20)

struct bot {
    const struct config *config;
    int64_t started;
    struct state state;
    char journal_why[sizeof((struct err *)0)->text];
    struct inbox inbox;
    struct holds holds;
    struct store_health redis, postgres;
    struct queue *intake_queue;
    struct redis *intake_redis;
    struct sender *sender;
    struct intake *intake;
    struct services services;
    struct workers *workers;
    struct prober *prober;
    struct keeper *keeper;
    _Atomic(struct keeper *) known; /* the same, once it is there */
    struct scheduler *scheduler;
    struct poster *poster;
    struct halter *halter;
    struct jobs *jobs;
    struct homes *homes;
    struct check_world world;
    struct checkers *checkers;
    struct askings *askings;
    struct socket *socket;
    struct http *http;
    struct heartbeats *heartbeats;
};

/* ---- what it knows of itself ---------------------------------------------------- */

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

/* Any thread. */
static void vitals(void *arg, struct vitals *out)
{
    struct bot *bot = arg;
    struct socket_facts facts;

    socket_facts(bot->socket, &facts);
    *out = (struct vitals){
        .version = version_text(),
        .replica = bot->inbox.id,
        .uptime_ms = clock_mono_ms() - bot->started,
        .socket_up_ms = facts.up_ms,
        .slack_us = facts.round_trip_us,
        .slack_age_ms = facts.round_trip_age_ms,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
    };
    vitals_of_keeping(bot, out);
}

/* Any thread: a job was committed, and its card with it. */
static void job_added(void *arg)
{
    struct bot *bot = arg;

    jobs_kick(bot->jobs);
    poster_kick(bot->poster);
}

static void health_of_checks(struct bot *bot, struct health_facts *out)
{
    struct checkers_facts facts;

    checkers_facts(bot->checkers, &facts);
    out->checks = (struct health_checks){
        .config = bot->config,
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

/* Worker threads. */
static bool open_view(void *arg, const char *trigger_id, const char *view,
                      struct err *err)
{
    struct bot *bot = arg;
    char *body = json_text(member_str("trigger_id", trigger_id),
                           member_raw("view", view));
    char *answer = NULL;
    bool ok =
        sender_call(bot->sender, "views.open", body, MODAL_MS, &answer, err);

    free(answer);
    free(body);
    /* Used up, and by nobody but us: an attempt whose answer was lost. */
    return ok || strstr(err->text, "exchanged_trigger_id") != NULL;
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
    out->leads = scheduler.leads;
    out->lease = scheduler.lease;
    out->leads_since = scheduler.since;
    out->retention = scheduler.retention;
    health_of_checks(bot, out);
    health_thread(out, "keeper", keeper.turned_ms);
    health_thread(out, "scheduler", scheduler.turned_ms);
    health_thread(out, "prober", prober_turned_ms(bot->prober));
}

/* The http thread. */
static void health(void *arg, struct health_facts *out)
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
    out->version = version_text();
    out->replica = bot->inbox.id;
    out->uptime_ms = clock_mono_ms() - bot->started;
    out->socket_up = socket.link == LINK_UP;
    out->socket_state = link_name(socket.link);
    out->socket_since = socket.since_wall_ms;
    out->round_trip_us = socket.round_trip_us;
    out->envelopes = socket.envelopes;
    out->acks = socket.acks;
    out->late = socket.late;
    out->malformed = socket.malformed;
    out->reconnects = socket.reconnects;
    out->in_flight = socket.in_flight;
    out->sender.token_refused |= socket.token_refused;
    out->redis = &bot->redis;
    out->postgres = &bot->postgres;
    out->jobs_running = (int64_t)jobs.running;
    out->halts_running = halter.running;
    out->halts_unrecorded = halter.unrecorded;
    health_thread(out, "socket", socket.turned_ms);
    health_thread(out, "intake", intake.turned_ms);
    health_thread(out, "workers", worker.turned_ms);
    health_of_keeping(bot, out);
    health_thread(out, "jobs", jobs.turned_ms);
    health_thread(out, "outbox", poster_turned_ms(bot->poster));
    health_thread(out, "halter", halter.turned_ms);
    health_thread(out, "home", homes_turned_ms(bot->homes));
    health_thread(out, "sender", out->sender.turned_ms);
}

/* ---- start ----------------------------------------------------------------------- */

static bool start_intake(struct bot *bot, struct err *err)
{
    struct intake_needs needs = {
        .inbox = &bot->inbox,
        .queue = bot->intake_queue,
        .holds = &bot->holds,
        .redis = bot->intake_redis,
        .socket = bot->socket,
        .route = workers_route,
        .route_arg = bot->workers,
    };

    bot->intake = intake_start(&needs, err);
    return bot->intake != NULL;
}

static bool start_workers(struct bot *bot, struct err *err)
{
    struct worker_needs needs = {
        .config = bot->config,
        .services = &bot->services,
        .inbox = &bot->inbox,
        .holds = &bot->holds,
        .socket = bot->socket,
        .sender = bot->sender,
        .askings = bot->askings,
        .intake = bot->intake_queue,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .vitals = vitals,
        .vitals_arg = bot,
        .home = homes_queue(bot->homes),
        .changed = homes_changed,
        .changed_arg = bot->homes,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->workers = workers_start(&needs, err);
    return bot->workers != NULL;
}

static bool start_homes(struct bot *bot, struct err *err)
{
    struct home_needs needs = {
        .config = bot->config,
        .services = &bot->services,
        .replica = bot->inbox.id,
        .sender = bot->sender,
        .intake = bot->intake_queue,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .vitals = vitals,
        .vitals_arg = bot,
    };

    bot->homes = homes_start(&needs, err);
    return bot->homes != NULL;
}

static bool start_poster(struct bot *bot, struct err *err)
{
    struct poster_needs needs = {
        .config = bot->config,
        .sender = bot->sender,
        .postgres = &bot->postgres,
        .replica = bot->inbox.id,
    };

    bot->poster = poster_start(&needs, err);
    return bot->poster != NULL;
}

static bool start_halter(struct bot *bot, struct err *err)
{
    struct halter_needs needs = {
        .config = bot->config,
        .sender = bot->sender,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .replica = bot->inbox.id,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->halter = halter_start(&needs, err);
    return bot->halter != NULL;
}

/* Worker threads. */
static void halt_begun(void *arg, struct halt_run *run, const struct act *act,
                       bool recorded)
{
    struct bot *bot = arg;

    halter_begun(bot->halter, run, act, recorded);
}

static bool start_jobs(struct bot *bot, struct err *err)
{
    struct jobs_needs needs = {
        .config = bot->config,
        .replica = bot->inbox.id,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .touched = poster_kick,
        .touched_arg = bot->poster,
    };

    bot->jobs = jobs_start(&needs, err);
    return bot->jobs != NULL;
}

/* ---- health checks --------------------------------------------------------------- */

static bool leads(void *arg)
{
    struct bot *bot = arg;

    return scheduler_leads(bot->scheduler);
}

/* Worker threads. */
static bool checks_ask(void *arg, struct round *round)
{
    struct bot *bot = arg;

    return checkers_ask(bot->checkers, round);
}

static bool start_checkers(struct bot *bot, struct err *err)
{
    struct checkers_needs needs = {
        .world = &bot->world,
        .board = bot->services.board,
        .replica = bot->inbox.id,
        .postgres = &bot->postgres,
        .leads = leads,
        .leads_arg = bot,
    };

    bot->checkers = checkers_start(&needs, err);
    return bot->checkers != NULL;
}

static bool start_askings(struct bot *bot, struct err *err)
{
    struct askings_needs needs = {
        .config = bot->config,
        .postgres = &bot->postgres,
        .socket = bot->socket,
        .sender = bot->sender,
        .intake = bot->intake_queue,
        .vitals = vitals,
        .vitals_arg = bot,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->askings = askings_start(&needs, err);
    return bot->askings != NULL;
}

/* Probes, and migrates before anybody looks at the database. */
static bool make_prober(struct bot *bot, struct err *err)
{
    bot->prober = prober_new(bot->config, &bot->redis, &bot->postgres, err);
    return bot->prober != NULL;
}

static bool start_keeper(struct bot *bot, struct err *err)
{
    struct keeper_needs needs = {
        .config = bot->config,
        .inbox = &bot->inbox,
        .journal = bot->services.journal,
        .predecessor = bot->state.predecessor,
        .heartbeats = bot->heartbeats,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .workers = bot->workers,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->keeper = keeper_start(&needs, err);
    atomic_store(&bot->known, bot->keeper);
    return bot->keeper != NULL;
}

static bool start_scheduler(struct bot *bot, struct err *err)
{
    struct scheduler_needs needs = {
        .config = bot->config,
        .replica = bot->inbox.id,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .sender = bot->sender,
        .roster = bot->services.roster,
    };

    bot->scheduler = scheduler_start(&needs, err);
    return bot->scheduler != NULL;
}

static bool make_socket(struct bot *bot, struct err *err)
{
    struct socket_needs needs = {
        .config = bot->config,
        .sender = bot->sender,
        .intake = bot->intake_queue,
        .holds = &bot->holds,
    };

    bot->socket = socket_new(&needs, err);
    return bot->socket != NULL;
}

/* The http thread. */
static bool called(void *arg, const char *word)
{
    struct bot *bot = arg;

    return heartbeat_call(bot->heartbeats, word);
}

static bool start_http(struct bot *bot, struct err *err)
{
    struct http_sources sources = { health, called, bot };

    bot->http = http_start(bot->config->listen, &sources, err);
    return bot->http != NULL;
}

/* Everything a thread may be told about exists before the thread does. */
static bool start_all(struct bot *bot, struct err *err)
{
    bot->sender = sender_start(bot->config, err);
    return bot->sender && make_socket(bot, err) && make_prober(bot, err) &&
           start_scheduler(bot, err) && start_poster(bot, err) &&
           start_jobs(bot, err) && start_halter(bot, err) &&
           start_checkers(bot, err) && start_askings(bot, err) &&
           start_homes(bot, err) && start_workers(bot, err) &&
           start_intake(bot, err) && start_keeper(bot, err) &&
           prober_run(bot->prober, err) && socket_run(bot->socket, err) &&
           start_http(bot, err);
}

/* The directory, and the journal in it. None is no reason not to start. */
static void open_state(struct bot *bot)
{
    const char *dir = bot->config->state_dir;
    struct err err = { 0 };

    state_open(&bot->state, dir, bot->inbox.id);
    bot->services.journal = journal_open(dir, &err);
    if (bot->services.journal)
        return;
    snprintf(bot->journal_why, sizeof bot->journal_why, "%s", err.text);
    log_warn("journal", NULL,
             "there is none (%s): what happens while Redis and Postgres are"
             " both away is recorded in this log alone",
             err.text);
}

struct bot *bot_start(const struct config *cfg, struct err *err)
{
    struct bot *bot = xcalloc(1, sizeof *bot);

    bot->config = cfg;
    bot->started = clock_mono_ms();
    bot->redis.name = "Redis";
    bot->postgres.name = "Postgres";
    lws_log_start();
    inbox_init(&bot->inbox, cfg->redis_prefix);
    bot->services = (struct services){
        .roster = roster_new(),
        .board = check_board_new(cfg),
        .arg = bot,
        .halt_begun = halt_begun,
        .job_added = job_added,
        .checks_ask = checks_ask,
        .open_view = open_view,
    };
    bot->heartbeats = heartbeats_new(cfg);
    bot->world =
        (struct check_world){ .config = cfg, .heartbeats = bot->heartbeats };
    open_state(bot);
    bot->intake_queue = queue_new(HOLD_SLOTS, INTAKE_BYTES);
    bot->intake_redis = redis_new(&cfg->redis, &bot->redis);
    if (start_all(bot, err)) {
        log_info("bot", NULL, "replica %s serves %s", bot->inbox.id,
                 cfg->slack.command);
        return bot;
    }
    (void)!bot_stop(bot); /* the process ends */
    return NULL;
}

/* ---- stop ------------------------------------------------------------------------ */

bool bot_stop(struct bot *bot)
{
    bool over;

    http_stop(bot->http);
    scheduler_end(bot->scheduler);
    checkers_end(bot->checkers);
    socket_stop(bot->socket, SOCKET_GRACE_MS);
    scheduler_stop(bot->scheduler);
    keeper_stop(bot->keeper);
    prober_stop(bot->prober);
    workers_stop(bot->workers);
    homes_stop(bot->homes);
    askings_end(bot->askings);
    keeper_free(bot->keeper);
    over = checkers_stop(bot->checkers);
    socket_flush(bot->socket);
    halter_stop(bot->halter);
    jobs_stop(bot->jobs);
    poster_stop(bot->poster);
    sender_stop(bot->sender, SENDER_GRACE_MS);
    queue_close(bot->intake_queue);
    intake_stop(bot->intake);
    if (store_up(&bot->redis))
        inbox_leave(&bot->inbox, bot->intake_redis);
    if (!over)
        return false;
    askings_free(bot->askings);
    check_board_free(bot->services.board);
    halter_free(bot->halter);
    poster_free(bot->poster);
    socket_free(bot->socket);
    queue_free(bot->intake_queue);
    redis_free(bot->intake_redis);
    inbox_dispose(&bot->inbox);
    roster_free(bot->services.roster);
    journal_close(bot->services.journal);
    state_close(&bot->state);
    heartbeats_free(bot->heartbeats);
    free(bot);
    return true;
}

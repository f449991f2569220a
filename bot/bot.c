#include "bot/bot.h"

#include <stdlib.h>

#include "bot/http/http.h"
#include "bot/flow/intake.h"
#include "bot/flow/keeper.h"
#include "bot/http/lws_log.h"
#include "bot/flow/poster.h"
#include "bot/sender/sender.h"
#include "bot/socket/socket.h"
#include "bot/version.h"
#include "bot/flow/worker.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define SOCKET_GRACE_MS 6000
#define SENDER_GRACE_MS 3000
#define INTAKE_BYTES    (64u << 20)

struct bot {
    const struct config *config;
    int64_t started;
    struct inbox inbox;
    struct holds holds;
    struct store_health redis, postgres;
    struct queue *intake_queue;
    struct redis *intake_redis;
    struct sender *sender;
    struct intake *intake;
    struct services services;
    struct workers *workers;
    struct keeper *keeper;
    struct poster *poster;
    struct socket *socket;
    struct http *http;
};

/* ---- what it knows of itself ---------------------------------------------------- */

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
}

/* The http thread. */
static void health(void *arg, struct health_facts *out)
{
    struct bot *bot = arg;
    struct socket_facts socket;
    struct intake_facts intake;
    struct worker_facts worker;
    struct keeper_facts keeper;

    socket_facts(bot->socket, &socket);
    intake_facts(bot->intake, &intake);
    workers_facts(bot->workers, &worker);
    keeper_facts(bot->keeper, &keeper);
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
    out->outbox_waiting = keeper.outbox_waiting;
    out->outbox_oldest_ms = keeper.outbox_oldest_ms;
    out->inbox_depth = keeper.inbox_depth;
    health_thread(out, "socket", socket.turned_ms);
    health_thread(out, "intake", intake.turned_ms);
    health_thread(out, "workers", worker.turned_ms);
    health_thread(out, "keeper", keeper.turned_ms);
    health_thread(out, "outbox", poster_turned_ms(bot->poster));
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
        .intake = bot->intake_queue,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .vitals = vitals,
        .vitals_arg = bot,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->workers = workers_start(&needs, err);
    return bot->workers != NULL;
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

/* Probes, and migrates before anybody looks at the database. */
static bool make_keeper(struct bot *bot, struct err *err)
{
    struct keeper_needs needs = {
        .config = bot->config,
        .inbox = &bot->inbox,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .sender = bot->sender,
        .roster = bot->services.roster,
    };

    bot->keeper = keeper_new(&needs, err);
    return bot->keeper != NULL;
}

static bool run_keeper(struct bot *bot, struct err *err)
{
    return keeper_run(bot->keeper, bot->workers, poster_kick, bot->poster, err);
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

static bool start_http(struct bot *bot, struct err *err)
{
    struct http_sources sources = { health, bot };

    bot->http = http_start(bot->config->listen, &sources, err);
    return bot->http != NULL;
}

/* Everything a thread may be told about exists before the thread does. */
static bool start_all(struct bot *bot, struct err *err)
{
    bot->sender = sender_start(bot->config, err);
    return bot->sender && make_socket(bot, err) && make_keeper(bot, err) &&
           start_poster(bot, err) && start_workers(bot, err) &&
           start_intake(bot, err) && run_keeper(bot, err) &&
           socket_run(bot->socket, err) && start_http(bot, err);
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
        .journal = NULL,
        .arg = bot,
    };
    bot->intake_queue = queue_new(HOLD_SLOTS, INTAKE_BYTES);
    bot->intake_redis = redis_new(&cfg->redis, &bot->redis);
    if (start_all(bot, err)) {
        log_info("bot", NULL, "replica %s serves %s", bot->inbox.id,
                 cfg->slack.command);
        return bot;
    }
    bot_stop(bot);
    return NULL;
}

/* ---- stop ------------------------------------------------------------------------ */

void bot_stop(struct bot *bot)
{
    http_stop(bot->http);
    socket_stop(bot->socket, SOCKET_GRACE_MS);
    keeper_stop(bot->keeper);
    workers_stop(bot->workers);
    socket_flush(bot->socket);
    poster_stop(bot->poster);
    sender_stop(bot->sender, SENDER_GRACE_MS);
    queue_close(bot->intake_queue);
    intake_stop(bot->intake);
    if (store_up(&bot->redis))
        inbox_leave(&bot->inbox, bot->intake_redis);
    poster_free(bot->poster);
    socket_free(bot->socket);
    queue_free(bot->intake_queue);
    redis_free(bot->intake_redis);
    inbox_dispose(&bot->inbox);
    roster_free(bot->services.roster);
    free(bot);
}

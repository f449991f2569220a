#include "bot/bot_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/http/lws_log.h"
#include "bot/version.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/check/heartbeat.h"

#define SOCKET_GRACE_MS 6000
#define SENDER_GRACE_MS 3000
#define MODAL_MS        1500 /* of the 3 s that a trigger lives */
#define INTAKE_BYTES    (64u << 20)

/* Any thread: a job was committed, and its card with it. */
static void job_added(void *arg)
{
    struct bot *bot = arg;

    jobs_kick(bot->jobs);
    poster_kick(bot->poster);
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

/* ---- start ----------------------------------------------------------------------- */

static bool start_intake(struct bot *bot, struct err *err)
{
    struct intake_needs needs = {
        .inbox = &bot->inbox,
        .queue = bot->intake_queue,
        .redis = bot->intake_redis,
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
        .sender = bot->sender,
        .askings = bot->askings,
        .intake = bot->intake_queue,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .vitals = bot_vitals,
        .vitals_arg = bot,
        .home = homes_queue(bot->homes),
        .changed = homes_changed,
        .changed_arg = bot->homes,
        .posted = poster_kick,
        .clicked = poster_click,
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
        .vitals = bot_vitals,
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

static bool start_pictures(struct bot *bot, struct err *err)
{
    struct pictures_needs needs = {
        .config = bot->config,
        .sender = bot->sender,
        .postgres = &bot->postgres,
    };

    bot->pictures = pictures_start(&needs, err);
    return bot->pictures != NULL;
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
        .config = config_now(bot->config),
        .postgres = &bot->postgres,
        .sender = bot->sender,
        .intake = bot->intake_queue,
        .vitals = bot_vitals,
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
    bot->prober =
        prober_new(config_now(bot->config), &bot->redis, &bot->postgres, err);
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
    };

    bot->socket = socket_new(&needs, err);
    return bot->socket != NULL;
}

static bool run_socket(struct bot *bot, struct err *err)
{
    return !config_now(bot->config)->slack.by_socket ||
           socket_run(bot->socket, err);
}

/* What its request URLs need; they are open with the server. */
static void make_slack(struct bot *bot)
{
    struct desk_needs needs = {
        .config = bot->config,
        .sender = bot->sender,
        .intake = bot->intake_queue,
    };

    if (config_now(bot->config)->slack.by_http)
        bot->slack = slack_new(&needs);
}

/* The http thread. */
static bool called(void *arg, const char *word)
{
    struct bot *bot = arg;

    return heartbeat_call(bot->heartbeats, word);
}

/* The default place of the admin socket is the state directory, which may be
 * shared or read-only: no reason not to start (state.h). */
static bool admin_by_default(const struct bot *bot)
{
    const struct config *cfg = config_now(bot->config);
    char *path = xasprintf("unix:%s/admin.sock", cfg->state_dir);
    bool same = strcmp(path, cfg->admin) == 0;

    free(path);
    return same;
}

static bool listen_on(struct bot *bot, const struct listener *both,
                      struct err *err)
{
    bot->http = server_start(both, 2, err);
    if (bot->http)
        return admin_open(bot->admin, err);
    if (!admin_by_default(bot))
        return false;
    bot->http = server_start(both, 1, &(struct err){ 0 });
    if (bot->http)
        log_warn("admin", NULL, "there is no admin API: %s", err->text);
    return bot->http != NULL;
}

static bool start_http(struct bot *bot, struct err *err)
{
    struct admin_needs needs = { .config = bot->config,
                                 .route = workers_route,
                                 .route_arg = bot->workers };
    struct listener both[2];

    bot->front = (struct front){ .pages = { bot_health, called, bot },
                                 .slack = bot->slack };
    bot->admin = admin_new(&needs);
    bot->told = http_alerts_new(bot->config, bot->alerts);
    bot->front.alerts = bot->told;
    front_listener(&bot->front, config_now(bot->config)->listen, &both[0]);
    admin_listener(bot->admin, &both[1]);
    return listen_on(bot, both, err);
}

static bool start_lifeline(struct bot *bot, struct err *err)
{
    struct lifeline_needs needs = {
        .config = &config_now(bot->config)->heartbeat,
        .well = bot_well,
        .arg = bot,
    };

    atomic_store(&bot->lifeline, lifeline_start(&needs, err));
    return atomic_load(&bot->lifeline) != NULL;
}

/* Everything a thread may be told about exists before the thread does. */
static bool start_all(struct bot *bot, struct err *err)
{
    bot->sender = sender_start(config_now(bot->config), err);
    if (!bot->sender)
        return false;
    make_slack(bot);
    return make_socket(bot, err) && make_prober(bot, err) &&
           start_scheduler(bot, err) && start_poster(bot, err) &&
           bot_pager(bot, err) && start_jobs(bot, err) &&
           start_halter(bot, err) && start_checkers(bot, err) &&
           start_askings(bot, err) && start_homes(bot, err) &&
           bot_alerts(bot, err) && start_pictures(bot, err) &&
           start_workers(bot, err) && start_intake(bot, err) &&
           start_keeper(bot, err) && prober_run(bot->prober, err) &&
           run_socket(bot, err) && start_http(bot, err) &&
           bot_watch(bot, err) && start_lifeline(bot, err);
}

/* The directory, and the journal in it. None is no reason not to start. */
static void open_state(struct bot *bot)
{
    const char *dir = config_now(bot->config)->state_dir;
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

struct bot *bot_start(struct config_holder *config, struct err *err)
{
    const struct config *cfg = config_now(config);
    struct bot *bot = xcalloc(1, sizeof *bot);

    bot->config = config;
    bot->started = clock_mono_ms();
    bot->started_at = clock_wall_ms();
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
        .alert_raise = bot_alert_raise,
    };
    bot->heartbeats = heartbeats_new(cfg);
    bot->world =
        (struct check_world){ .config = config, .heartbeats = bot->heartbeats };
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
    int64_t by = clock_mono_ms() + SOCKET_GRACE_MS;
    bool over;

    lifeline_end(bot->lifeline);
    if (bot->http)
        server_end(bot->http);
    scheduler_end(bot->scheduler);
    checkers_end(bot->checkers);
    watch_stop(bot->watch);
    alerts_end(bot->alerts);
    pictures_end(bot->pictures);
    socket_stop(bot->socket, SOCKET_GRACE_MS);
    if (bot->http)
        slack_drain(bot->slack, (int)(by - clock_mono_ms()));
    scheduler_stop(bot->scheduler);
    keeper_stop(bot->keeper);
    prober_stop(bot->prober);
    workers_stop(bot->workers);
    homes_stop(bot->homes);
    askings_end(bot->askings); /* asks for facts of alerts */
    alerts_stop(bot->alerts);
    server_stop(bot->http);
    keeper_free(bot->keeper);
    over = checkers_stop(bot->checkers);
    socket_flush(bot->socket);
    halter_stop(bot->halter);
    jobs_stop(bot->jobs);
    pager_stop(bot->pager);
    pictures_stop(bot->pictures);
    poster_stop(bot->poster);
    sender_stop(bot->sender, SENDER_GRACE_MS);
    lifeline_stop(bot->lifeline);
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
    server_free(bot->http);
    admin_free(bot->admin);
    slack_free(bot->slack);
    http_alerts_free(bot->told);
    alerts_free(bot->alerts);
    watch_free(bot->watch);
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

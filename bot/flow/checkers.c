#include "bot/flow/checkers.h"

#include <stdlib.h>
#include <string.h>

#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/base/text.h"
#include "core/check/check_store.h"

#define TURN_MS   100
#define KEEP_MS   1000
#define READ_MS   3000
#define SOON_MS   300  /* leadership is known by then, where it is free */
#define SPREAD_MS 3000 /* each is asked for the first time within */
#define GRACE_MS  2000

struct checkers {
    struct checkers_needs needs;
    const struct config *config; /* the schedule's: what due is of */
    struct check_pool *pool;
    struct check_store *store;
    struct pulse *schedule, *keep;
    int64_t started;  /* mono ms */
    int64_t ended;    /* the same, 0: not yet */
    int64_t *due;     /* mono ms, of each check; the schedule's */
    int64_t read_due; /* the keeper's, as db and news */
    struct db *db;
    struct news news;
};

/* ---- the schedule ---------------------------------------------------------- */

static int64_t interval_ms(const struct config_check *spec)
{
    return spec->interval_s ? spec->interval_s * INT64_C(1000) : 1000;
}

static int64_t first_due(const struct config_check *spec, int64_t from)
{
    int64_t every = interval_ms(spec);
    int64_t spread = every < SPREAD_MS ? every : SPREAD_MS;

    return from + SOON_MS + text_hash(spec->id) % spread;
}

/* Its own moment in the interval, not before half of one is over. */
static int64_t next_due(const struct checkers *c,
                        const struct config_check *spec, int64_t now)
{
    int64_t every = interval_ms(spec);
    int64_t moment = c->started + text_hash(spec->id) % every;
    int64_t turns = (now + every / 2 - moment) / every + 1;

    return moment + turns * every;
}

/* Those that are asked as before keep their moment. */
static int64_t due_after(const struct checkers *c,
                         const struct config_check *spec, int64_t now)
{
    for (unsigned i = 0; i < c->config->checks_count; i++)
        if (strcmp(c->config->checks[i].id, spec->id) == 0 &&
            config_check_same(&c->config->checks[i], spec))
            return c->due[i];
    return first_due(spec, now);
}

static void schedule_adopt(struct checkers *c, const struct config *cfg)
{
    int64_t now = clock_mono_ms();
    int64_t *due = xcalloc(cfg->checks_count + 1, sizeof *due);

    for (unsigned i = 0; i < cfg->checks_count; i++)
        due[i] = due_after(c, &cfg->checks[i], now);
    free(c->due);
    c->due = due;
    c->config = cfg;
}

static void schedule_turn(void *arg)
{
    struct checkers *c = arg;
    const struct config *cfg = config_now(c->needs.world->config);
    bool leads = c->needs.leads(c->needs.leads_arg);
    int64_t now = clock_mono_ms();

    if (cfg != c->config)
        schedule_adopt(c, cfg);
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        if (now < c->due[i])
            continue;
        c->due[i] = next_due(c, &cfg->checks[i], now);
        if (leads && !check_pool_run(c->pool, cfg->checks[i].id))
            log_debug("checks", NULL,
                      "%s is still being asked: its turn is"
                      " left out",
                      cfg->checks[i].id);
    }
}

/* ---- what came of it ------------------------------------------------------- */

static void say(const struct config_check *spec,
                const struct check_state *state)
{
    enum log_level level = state->mark == CHECK_PASSING ? LOG_INFO : LOG_WARN;

    log_write(level, "checks", NULL, "%s is %s (%s): %s", spec->id,
              state->mark == CHECK_PASSING ? "passing" : "failing",
              check_severity_name(spec->severity), state->last.text);
}

/* Pool threads. */
static void took(void *arg, const struct config_check *spec,
                 const struct check_result *result)
{
    struct checkers *c = arg;
    struct check_state state;
    bool changed = check_board_note(c->needs.board, spec->id, result, &state);

    check_store_note(c->store, spec->id, result, changed);
    if (changed)
        say(spec, &state);
}

/* ---- Postgres -------------------------------------------------------------- */

static bool write_all(struct checkers *c, struct err *err)
{
    bool left = true;

    while (left)
        if (!check_store_write(c->store, c->db, &left, err))
            return false;
    return true;
}

/* Written before it is read: then Postgres says since when. */
static bool keep(struct checkers *c, struct err *err)
{
    const struct config *cfg = config_now(c->needs.world->config);

    if (!write_all(c, err))
        return false;
    if (cfg->checks_count == 0 || clock_mono_ms() < c->read_due)
        return true;
    c->read_due = clock_mono_ms() + READ_MS;
    return check_store_read(c->db, c->needs.board, err);
}

static void keep_turn(void *arg)
{
    struct checkers *c = arg;
    struct err err = { 0 };

    if (!store_up(c->needs.postgres))
        return;
    if (keep(c, &err))
        news_over(&c->news);
    else if (news_is(&c->news, err.text))
        log_warn("checks", NULL, "results wait for Postgres: %s", err.text);
}

/* ---- life ------------------------------------------------------------------ */

static void checkers_free(struct checkers *c)
{
    check_store_free(c->store);
    db_free(c->db);
    free(c->due);
    free(c);
}

static struct checkers *checkers_new(const struct checkers_needs *needs)
{
    const struct config *cfg = config_now(needs->world->config);
    static const struct config none;
    struct checkers *c = xcalloc(1, sizeof *c);

    c->needs = *needs;
    c->started = clock_mono_ms();
    c->config = &none;
    schedule_adopt(c, cfg);
    c->store = check_store_new(needs->board, needs->replica);
    c->db = db_new(cfg->database_url, needs->postgres);
    c->pool =
        check_pool_new(&(struct check_pool_needs){ needs->world, took, c });
    return c;
}

void checkers_adopt(struct checkers *c, const struct config *cfg)
{
    check_board_adopt(c->needs.board, cfg);
    check_pool_adopt(c->pool, cfg);
}

struct checkers *checkers_start(const struct checkers_needs *needs,
                                struct err *err)
{
    struct checkers *c = checkers_new(needs);

    keep_turn(c); /* since-when is of before, not of this start */
    c->schedule = pulse_start("checks", TURN_MS, schedule_turn, c, err);
    if (c->schedule)
        c->keep = pulse_start("check keeper", KEEP_MS, keep_turn, c, err);
    return c->keep ? c : NULL; /* the process ends */
}

bool checkers_ask(struct checkers *c, struct round *round)
{
    return check_pool_ask(c->pool, round);
}

void checkers_facts(struct checkers *c, struct checkers_facts *out)
{
    struct check_waiting waiting;

    *out = (struct checkers_facts){ 0 };
    if (!c)
        return;
    out->turned_ms = pulse_turned_ms(c->schedule);
    out->kept_ms = pulse_turned_ms(c->keep);
    check_pool_facts(c->pool, &out->pool);
    check_store_waiting(c->store, &waiting);
    out->results_waiting = waiting.results;
    out->changes_waiting = waiting.changes;
    out->results_lost = waiting.lost;
}

void checkers_end(struct checkers *c)
{
    if (!c || c->ended)
        return;
    c->ended = clock_mono_ms();
    pulse_stop(c->schedule);
    c->schedule = NULL;
}

bool checkers_stop(struct checkers *c)
{
    bool over;

    if (!c)
        return true;
    checkers_end(c);
    pulse_stop(c->keep);
    c->keep = NULL;
    over = check_pool_stop(c->pool, c->ended + GRACE_MS);
    keep_turn(c); /* what has just come in */
    if (over)
        checkers_free(c);
    return over;
}

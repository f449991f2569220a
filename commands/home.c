/*
 * home: the same as App Home shows, for those who type.
 */
#include "commands/home.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/home.h"
#include "commands/registry.h"
#include "core/base/mem.h"

#define INCIDENTS 5
#define ALERTS    5
#define JOBS      5

/* What a struct home borrows, until it is shown. */
struct found {
    struct home home;
    struct halt_list halts;
    struct home_check *failing;
    struct job *jobs;
    struct home_right *may;
    const char **everyone;
};

/* ---- what stands ----------------------------------------------------------- */

static void find_halts(struct call *call, struct found *f)
{
    struct reads reads = { .redis = call->redis };
    struct err err = { 0 };

    redis_reset(call->redis);
    reads.first = redis_count(call->redis);
    halt_list_ask(&reads, call->config);
    reads.failed = !redis_run(call->redis, &err);
    halt_list_read(&reads, &f->halts);
    f->home.halts = &f->halts;
    f->home.may_unhalt = call_may(call, command_unhalt.right);
}

/* Most severe first, then what has failed for the longest time. */
static int worst_first(const void *a, const void *b)
{
    const struct home_check *x = a, *y = b;

    if (x->check->severity != y->check->severity)
        return x->check->severity < y->check->severity ? -1 : 1;
    return (x->state.since > y->state.since) -
           (x->state.since < y->state.since);
}

static void find_checks(const struct call *call, struct found *f)
{
    const struct config *cfg = call->config;
    struct check_board *board = call->services->board;

    f->failing = xcalloc(cfg->checks_count + 1, sizeof *f->failing);
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        struct home_check c = { .check = &cfg->checks[i] };

        if (board)
            check_board_get(board, c.check->id, &c.state);
        if (c.state.mark == CHECK_FAILING)
            f->failing[f->home.failing_count++] = c;
        else if (c.state.mark == CHECK_PASSING)
            f->home.passing++;
        else
            f->home.waiting++;
    }
    qsort(f->failing, f->home.failing_count, sizeof *f->failing, worst_first);
    f->home.failing = f->failing;
}

static void find_alerts(struct call *call, struct home *home)
{
    const struct group_query unacked = { .unacked = true, .severity = -1 };
    struct err err = { 0 };

    home->alerts_shown =
        call->config->alerts.on && call_may(call, command_alerts.right);
    if (home->alerts_shown)
        home->alerts_known =
            group_list(call->db, &unacked, 0, ALERTS, &home->alerts, &err);
}

static void find_in_postgres(struct call *call, struct found *f)
{
    struct err err = { 0 };

    find_alerts(call, &f->home);
    f->home.incidents_known =
        incident_list(call->db, false, 0, INCIDENTS, &f->home.incidents, &err);
    f->home.jobs_known = job_list_of(call->db, call->act.user, JOBS, &f->jobs,
                                     &f->home.job_count, &err);
    f->home.jobs = f->jobs;
}

/* ---- what one may do ------------------------------------------------------- */

/* Held here, or in some channel alone. */
static bool may_somewhere(const struct call *call, const struct command *c,
                          const char **channel)
{
    struct asker who = call_asker(call);
    struct rights_gap gap;

    *channel = NULL;
    if (rights_allow(&who, c->right))
        return true;
    rights_explain(&who, c->right, &gap);
    if (gap.channel_count)
        *channel = gap.channels[0];
    return gap.channel_count > 0;
}

static void find_rights(const struct call *call, struct found *f)
{
    size_t count;
    const struct command *const *table = command_table(&count);

    f->may = xcalloc(count, sizeof *f->may);
    f->everyone = xcalloc(count, sizeof *f->everyone);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = table[i];
        const char *channel;

        if (!c->right)
            f->everyone[f->home.everyone_count++] = c->name;
        else if (!may_somewhere(call, c, &channel))
            f->home.lacking++;
        else
            f->may[f->home.may_count++] =
                (struct home_right){ c->name, channel };
    }
    f->home.may = f->may;
    f->home.everyone = f->everyone;
    f->home.admins = call->config->admins;
    f->home.admin_count = call->config->admins_count;
}

/* ---- the bot itself -------------------------------------------------------- */

static struct home_peer peer_of(const struct store_health *store)
{
    struct home_peer peer = { .us = -1 };
    int64_t us = store ? atomic_load(&store->round_trip_us) : 0;

    if (us > 0)
        peer.us = us;
    peer.since = store ? atomic_load(&store->down_since) : 0;
    return peer;
}

/* Last: a store may have fallen over what was asked of it just now. */
static void find_bot(const struct call *call, struct home *home)
{
    const struct vitals *v = call->vitals;

    home->redis = peer_of(v->redis);
    home->postgres = peer_of(v->postgres);
    home->socket_off = v->socket_off;
    home->socket_up_ms = v->socket_up_ms;
    home->slack_us = v->slack_us;
    home->outbox = v->outbox_waiting;
    home->version = v->version;
}

static void find(struct call *call, struct found *f)
{
    *f = (struct found){
        .home = { .user = call->act.user,
                  .now = call->now,
                  .health = call->config->checks_count > 0,
                  .streams = true },
    };
    find_halts(call, f);
    find_checks(call, f);
    find_in_postgres(call, f);
    find_rights(call, f);
    find_bot(call, &f->home);
}

static void found_dispose(struct found *f)
{
    halt_list_dispose(&f->halts);
    incident_list_dispose(&f->home.incidents);
    group_list_dispose(&f->home.alerts);
    job_list_free(f->jobs, f->home.job_count);
    free(f->failing);
    free(f->may);
    free(f->everyone);
}

char *home_of(struct call *call, const char *nonce)
{
    struct found f;
    char *view;

    find(call, &f);
    view = home_tab(&f.home, command_slash(call->config), nonce);
    found_dispose(&f);
    return view;
}

/* Pressed on the tab itself ("Refresh"), the answer is that it is new. */
static bool home_run(struct call *call, struct card *card, struct err *err)
{
    struct found f;

    (void)err;
    call->silent = call->home;
    if (call->silent)
        return true;
    find(call, &f);
    home_card(card, &f.home);
    found_dispose(&f);
    return true;
}

const struct command command_home = {
    .name = "home",
    .group = "general",
    .usage = "",
    .summary = "What is wrong, what of it is yours, what you may do",
    .example = "home",
    .run = home_run,
};

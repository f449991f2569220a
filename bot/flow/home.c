/* home: see home.h. */
#include "bot/flow/home.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/verdict.h"
#include "commands/home.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define TABS        256 /* people whose tab is known; the rest is forgotten */
#define EVERY_MS    2000
#define WAITING     4096
#define WAIT_BYTES  (16u << 20)
#define TAKE_MOST   64
#define PATIENCE_MS 1000

/* Somebody changed something. */
struct change {
    struct item item;
    bool at_home;
    char user[];
};

/* One person's tab. */
struct tab {
    char *user;           /* NULL: a free place */
    bool wanted;          /* to be published */
    struct envelope *env; /* whoever opened it, not settled yet; or NULL */
    int64_t shown;        /* mono ms: when it was published last; 0: never */
};

struct homes {
    struct home_needs needs;
    pthread_t thread;
    struct queue *queue;
    struct redis *redis;
    struct db *db;
    struct tab tabs[TABS];
    _Atomic int64_t turned;
};

/* ---- publishing ------------------------------------------------------------- */

static char *view_of(struct homes *h, const char *user)
{
    struct vitals vitals;
    char nonce[RANDOM_ID];
    struct call call = {
        .act = { .op = nonce,
                 .trace = "",
                 .team = "",
                 .channel = "",
                 .user = user,
                 .user_name = "",
                 .command = "home",
                 .text = "home",
                 .via = "socket",
                 .replica = h->needs.replica },
        .config = config_now(h->needs.config),
        .services = h->needs.services,
        .vitals = &vitals,
        .redis = h->redis,
        .db = h->db,
        .log = { .user = user },
        .response_url = "",
        .trigger_id = "",
        .now = clock_wall_ms(),
        .home = true,
    };

    digest_random(nonce);
    h->needs.vitals(h->needs.vitals_arg, &vitals);
    return home_of(&call, nonce);
}

static void publish(struct homes *h, struct tab *tab)
{
    struct verdict *v =
        verdict_view(tab->env, tab->user, view_of(h, tab->user));

    envelope_free(tab->env);
    tab->env = NULL;
    tab->wanted = false;
    tab->shown = clock_mono_ms();
    verdict_post(v, h->needs.sender, h->needs.intake);
}

/* Those whose time has come, or all. Gives the ms until the next one. */
static int publish_due(struct homes *h, bool all)
{
    int64_t next = PATIENCE_MS;

    for (size_t i = 0; i < TABS; i++) {
        struct tab *tab = &h->tabs[i];
        int64_t wait = tab->shown + EVERY_MS - clock_mono_ms();

        if (!tab->wanted)
            continue;
        if (all || !tab->shown || wait <= 0)
            publish(h, tab);
        else if (wait < next)
            next = wait;
    }
    return (int)next;
}

/* ---- who wants it ------------------------------------------------------------ */

static struct tab *find(struct homes *h, const char *user)
{
    for (size_t i = 0; i < TABS; i++)
        if (h->tabs[i].user && strcmp(h->tabs[i].user, user) == 0)
            return &h->tabs[i];
    return NULL;
}

/* A place for a newcomer: a free one, or that of whom we showed it to first,
 * who then has the newest. */
static struct tab *place(struct homes *h, const char *user)
{
    struct tab *oldest = &h->tabs[0];

    for (size_t i = 0; i < TABS && oldest->user; i++)
        if (!h->tabs[i].user || h->tabs[i].shown < oldest->shown)
            oldest = &h->tabs[i];
    if (oldest->wanted)
        publish(h, oldest);
    free(oldest->user);
    *oldest = (struct tab){ .user = xstrdup(user) };
    return oldest;
}

static void want(struct homes *h, const char *user, bool known_alone)
{
    struct tab *tab = find(h, user);

    if (!tab && known_alone)
        return;
    if (!tab)
        tab = place(h, user);
    tab->wanted = true;
}

/* The one that waits stands for those that come meanwhile. */
static void opened(struct homes *h, struct envelope *env)
{
    struct tab *tab;

    want(h, env->user, false);
    tab = find(h, env->user);
    if (!tab->env) {
        tab->env = env;
        return;
    }
    verdict_settle(verdict_new(VERDICT_ANSWER, env, NULL), h->needs.intake);
    envelope_free(env);
}

static void take(struct homes *h, struct node *nodes)
{
    struct node *next;

    for (; nodes; nodes = next) {
        struct item *item = (struct item *)nodes;
        struct change *change = (struct change *)item;

        next = nodes->next;
        nodes->next = NULL;
        if (item->what == ITEM_ENVELOPE) {
            opened(h, (struct envelope *)item);
            continue;
        }
        want(h, change->user, !change->at_home);
        free(change);
    }
}

void homes_changed(void *homes, const char *user, bool at_home)
{
    struct homes *h = homes;
    size_t len = strlen(user) + 1;
    struct change *change = xcalloc(1, sizeof *change + len);

    change->item.what = ITEM_CHANGED;
    change->item.node.bytes = sizeof *change + len;
    change->at_home = at_home;
    memcpy(change->user, user, len);
    if (queue_push(h->queue, &change->item.node) == PUSH_OK)
        return;
    log_warn("home", NULL, "too much waits: a tab is not published anew");
    free(change);
}

/* ---- life --------------------------------------------------------------------- */

static void *homes_main(void *arg)
{
    struct homes *h = arg;
    int patience = PATIENCE_MS;

    pthread_setname_np(pthread_self(), "home");
    while (!queue_done(h->queue)) {
        take(h, queue_take(h->queue, TAKE_MOST, patience));
        patience = publish_due(h, false);
        atomic_store(&h->turned, clock_mono_ms());
    }
    publish_due(h, true);
    return NULL;
}

struct homes *homes_start(const struct home_needs *needs, struct err *err)
{
    struct homes *h = xcalloc(1, sizeof *h);

    h->needs = *needs;
    h->queue = queue_new(WAITING, WAIT_BYTES);
    h->redis = redis_new(&config_now(needs->config)->redis, needs->redis);
    h->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&h->turned, clock_mono_ms());
    if (pthread_create(&h->thread, NULL, homes_main, h) == 0)
        return h;
    err_set(err, ERR_SYSTEM, "The thread of App Home could not be started.");
    return NULL; /* the process ends */
}

struct queue *homes_queue(struct homes *h)
{
    return h->queue;
}

int64_t homes_turned_ms(struct homes *h)
{
    return clock_mono_ms() - atomic_load(&h->turned);
}

void homes_stop(struct homes *h)
{
    if (!h)
        return;
    queue_close(h->queue);
    pthread_join(h->thread, NULL);
    for (size_t i = 0; i < TABS; i++)
        free(h->tabs[i].user);
    redis_free(h->redis);
    db_free(h->db);
    queue_free(h->queue);
    free(h);
}

/*
 * alerts_fall: criticals that neither Slack nor Postgres takes: after
 * alerts.fallback.after they go by webhook and by mail, once each, whoever
 * dies meanwhile (core/alert/fell.h). See alerts_int.h. The alerts thread, but
 * for road_over(), which is the pager's.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "bot/alerts/pager.h"
#include "core/alert/page.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define AGAIN_MS 2000  /* between two looks at what others have, or had, … */
#define EACH_MS  2     /* … and so much more for each of them */
#define MOST     50    /* that one look begins with */
#define RENEW_MS 10000 /* of a lease, which is three times as long */

/* Where one road is, in this process. */
enum going {
    GOING_NOT,
    GOING_NOW,   /* the pager has it */
    GOING_TAKEN, /* … and is done with it */
    GOING_NEVER,
    GOING_LEFT, /* Postgres is back */
};

/* One critical that is on its way to Slack without Postgres: ours, or of
 * somebody who may be gone. */
struct fall {
    struct fall *next;
    struct fell fell;
    int64_t ask_at, renew_at; /* mono ms */
    _Atomic int going[FELL_ROADS];
    bool arrived; /* somewhere in Slack; or nobody has to hear of it */
    int flying;   /* cards that are to be posted */
    bool others;  /* not posted by us */
    bool over;    /* it has gone by the fallback, or need not */
};

struct fell_store fall_store(const struct alerts *a, const struct config *cfg)
{
    return (struct fell_store){
        .redis = store_up(a->needs.redis) ? a->redis : NULL,
        .journal = a->needs.journal,
        .config = cfg,
        .replica = a->needs.replica,
    };
}

/* ---- the configuration ------------------------------------------------------------ */

static bool has_road(const struct config *cfg, int road)
{
    const struct config_fallback *f = &cfg->alerts.fallback;

    return road == FELL_HOOK ? f->webhook != NULL : f->smtp_url != NULL;
}

static bool has_fallback(const struct config *cfg)
{
    return cfg->alerts.fallback.after_ms &&
           (has_road(cfg, FELL_HOOK) || has_road(cfg, FELL_MAIL));
}

/* ---- a critical ------------------------------------------------------------------ */

/* fell is taken. */
static struct fall *put(struct fall **list, struct fell *fell)
{
    struct fall *f = xcalloc(1, sizeof *f);

    f->fell = *fell;
    f->next = *list;
    *list = f;
    return f;
}

static struct fall *find(struct fall *list, const char *op)
{
    while (list && strcmp(list->fell.op, op) != 0)
        list = list->next;
    return list;
}

struct fall *fall_new(struct fall **list, const struct alert_group *g,
                      const struct fell_store *store)
{
    struct fell fell = { .began = clock_wall_ms() };
    struct fall *f = find(*list, g->op);
    char *words, *name;

    if (f)
        return f;
    words = page_words(g);
    memcpy(fell.key, g->key, strlen(g->key) + 1);
    memcpy(fell.op, g->op, strlen(g->op) + 1);
    name = fell_name(&fell, FELL_HOOK);
    fell.subject = page_subject(g);
    fell.body[FELL_HOOK] = page_json(g, "unposted", name, 0, 0);
    fell.body[FELL_MAIL] =
        xasprintf("%s\n-- \nNeither Slack nor the bot's database could be"
                  " reached, so this comes by mail. Its card will be posted"
                  " when they are back.\n",
                  words);
    f = put(list, &fell);
    if (has_fallback(store->config))
        fell_keep(store, &f->fell);
    free(words);
    free(name);
    return f;
}

void fall_flies(struct fall *f)
{
    f->flying++;
}

void fall_arrived(struct fall *f, bool arrived)
{
    f->arrived = f->arrived || arrived;
    f->flying--;
}

static void fall_free(struct fall *f)
{
    fell_dispose(&f->fell);
    free(f);
}

void falls_free(struct fall *list)
{
    while (list) {
        struct fall *f = list;

        list = f->next;
        fall_free(f);
    }
}

static bool is_going(struct fall *f)
{
    return atomic_load(&f->going[FELL_HOOK]) != GOING_NOT ||
           atomic_load(&f->going[FELL_MAIL]) != GOING_NOT;
}

bool falls_going(struct fall *list)
{
    for (; list; list = list->next)
        if (is_going(list))
            return true;
    return false;
}

/* What is over, and nobody holds any more. */
static void sweep(struct fall **list)
{
    while (*list) {
        struct fall *f = *list;

        if (!f->over || f->flying > 0 || is_going(f)) {
            list = &f->next;
            continue;
        }
        *list = f->next;
        fall_free(f);
    }
}

/* ---- its roads -------------------------------------------------------------------- */

/* The pager's thread. arg: the fall's own road. */
static void road_over(void *arg, enum pager_end end)
{
    static const enum going ends[] = { [PAGER_TAKEN] = GOING_TAKEN,
                                       [PAGER_LATER] = GOING_LEFT,
                                       [PAGER_NEVER] = GOING_NEVER };

    atomic_store((_Atomic int *)arg, ends[end]);
}

static void send(struct alerts *a, const struct config *cfg, struct fall *f,
                 enum fell_road road, bool unclear)
{
    char *name = fell_name(&f->fell, road);
    char *target = road == FELL_MAIL
                       ? xstrdup("mail")
                       : xasprintf("webhook:%s", cfg->alerts.fallback.webhook);

    log_warn("alerts", &(struct log_ctx){ .op = f->fell.op },
             "neither Slack nor Postgres takes it: it goes by the fallback, "
             "%s%s: %s",
             target, unclear ? ", which somebody had begun" : "",
             f->fell.subject);
    a->fell_falls = 0;
    atomic_store(&f->going[road], GOING_NOW);
    pager_direct(a->needs.pager,
                 &(struct pager_page){ .key = name,
                                       .target = target,
                                       .subject = f->fell.subject,
                                       .body = f->fell.body[road],
                                       .unclear = unclear,
                                       .ended = road_over,
                                       .arg = &f->going[road] });
    free(name);
    free(target);
}

/* What the pager has done. */
static void settle(struct alerts *a, const struct fell_store *store,
                   struct fall *f)
{
    static const enum fell_state states[] = { [GOING_TAKEN] = FELL_SENT,
                                              [GOING_NEVER] = FELL_FAILED,
                                              [GOING_LEFT] = FELL_BEGUN };
    struct err err = { 0 };

    for (int road = 0; road < FELL_ROADS; road++) {
        int going = atomic_load(&f->going[road]);

        if (going < GOING_TAKEN)
            continue;
        fell_end(store, &f->fell, (enum fell_road)road, states[going]);
        if (store_up(a->needs.postgres) && going != GOING_LEFT &&
            !fell_told(a->db, store->config, &f->fell, (enum fell_road)road,
                       &err))
            log_debug("alerts", NULL, "%s", err.text);
        atomic_store(&f->going[road], GOING_NOT);
    }
}

static void renew(const struct fell_store *store, struct fall *f, int64_t now)
{
    if (now < f->renew_at)
        return;
    f->renew_at = now + RENEW_MS;
    for (int road = 0; road < FELL_ROADS; road++)
        if (atomic_load(&f->going[road]) == GOING_NOW)
            fell_renew(store, &f->fell, (enum fell_road)road);
}

/* It is due: by those roads that nobody goes. Over once all have ended. *left:
 * how many more may be asked for in this look. */
static void fall_back(struct alerts *a, const struct fell_store *store,
                      struct fall *f, int64_t now, int *left)
{
    bool all = true;

    if (now < f->ask_at || *left == 0)
        return;
    --*left;
    f->ask_at = now + AGAIN_MS;
    for (int road = 0; road < FELL_ROADS; road++) {
        bool begun;

        if (!has_road(store->config, road) || f->fell.state[road] > FELL_BEGUN)
            continue;
        all = false;
        if (atomic_load(&f->going[road]) != GOING_NOT)
            continue;
        begun = f->fell.state[road] == FELL_BEGUN;
        if (fell_claim(store, &f->fell, (enum fell_road)road))
            send(a, store->config, f, (enum fell_road)road, begun);
    }
    f->over = all;
}

/* ---- those of others ----------------------------------------------------------------- */

/* Which of them are known here: those need not be put. Those of others that
 * are not there any more are over: a card got to Slack after all. */
static void match(struct fall *list, const struct fell_list *all, bool *known)
{
    for (; list; list = list->next) {
        const struct fell *found = fell_find(all, list->fell.op);

        if (found)
            known[found - all->items] = true;
        else if (list->others && !is_going(list))
            list->over = true;
    }
}

/* What others keep, who may be gone. How many there are. */
static size_t look_at_others(const struct fell_store *store, struct fall **list)
{
    struct fell_list all;
    struct err err = { 0 };
    size_t count;
    bool *known;

    if (!fell_load(store, &all, &err)) {
        log_debug("alerts", NULL, "%s", err.text);
        return 0;
    }
    count = all.count;
    known = xcalloc(count + 1, sizeof *known);
    match(*list, &all, known);
    for (size_t i = 0; i < count; i++) {
        if (known[i])
            continue;
        put(list, &all.items[i])->others = true;
        all.items[i] = (struct fell){ 0 };
    }
    free(known);
    fell_list_dispose(&all);
    return count;
}

void falls_of_before(struct alerts *a, struct fall **list)
{
    struct fell_list all;

    fell_load_journal(a->needs.journal, &all);
    for (size_t i = 0; i < all.count; i++) {
        put(list, &all.items[i]);
        all.items[i] = (struct fell){ 0 };
    }
    fell_list_dispose(&all);
}

/* ---- all of them --------------------------------------------------------------------- */

static bool waits(const struct fall *f)
{
    return f->fell.state[FELL_HOOK] == FELL_WAITS &&
           f->fell.state[FELL_MAIL] == FELL_WAITS;
}

/* Postgres has it: what was begun goes on from there (fell_drain()), and so
 * does what was not (road.h). */
static bool is_taken(struct alerts *a)
{
    return store_up(a->needs.postgres) && !a->in_redis && !a->in_journal;
}

static void look_at(struct alerts *a, const struct fell_store *store,
                    struct fall *f, int64_t now, int *left)
{
    int64_t after = store->config->alerts.fallback.after_ms;

    settle(a, store, f);
    renew(store, f, now);
    if (f->over)
        return;
    if ((f->arrived && waits(f)) || !has_fallback(store->config) ||
        is_taken(a)) {
        if (!f->others && waits(f))
            fell_drop(store, &f->fell);
        f->over = true;
    } else if (!store_up(a->needs.postgres) &&
               clock_wall_ms() - f->fell.began >= after) {
        fall_back(a, store, f, now, left);
    }
}

void falls_look(struct alerts *a, struct fall **list, int64_t now)
{
    struct fell_store store = fall_store(a, config_now(a->needs.config));
    int left = MOST;

    if (has_fallback(store.config) && store.redis &&
        !store_up(a->needs.postgres) && now >= a->falls_at) {
        size_t count = look_at_others(&store, list);

        a->falls_at = now + AGAIN_MS + (int64_t)count * EACH_MS;
    }
    for (struct fall *f = *list; f; f = f->next)
        look_at(a, &store, f, now, &left);
    sweep(list);
}

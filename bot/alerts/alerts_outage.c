/*
 * alerts_outage: cards that are posted while Postgres is away (P4): one for
 * each group of critical or high alerts, once in an outage, in the lane of
 * criticals, marked "history unavailable".
 *
 * The card of a group carries the operation that its row in the outbox will
 * have: of the group's key and the first event of it. So the first event of
 * every group is kept in mind, whatever its severity, as the events are taken
 * in the same order later, and the card is found then, not posted again.
 *
 * The alerts thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define GROUPS    32768  /* slots; three quarters of them are used at most */
#define KNOWN     65536  /* news that were taken, by a digest of their ids */
#define KEEP_MS   600000 /* after it was over: whoever was refused comes again */
#define ASK_MS    30000  /* until it is asked again who is on call */
#define PLAN_MOST 1000

enum place_state {
    PLACE_FREE,
    PLACE_HELD, /* something of the group is held; none of it is posted */
    PLACE_SHOWN /* its cards are in Slack, or on their way until they are */
};

/* A group that something was held of in this outage. */
struct place {
    enum place_state state;
    char key[GROUP_KEY];
    char op[OP_ID];
    size_t cards;     /* of one that is shown */
    uint32_t print;   /* of the alert it is shown for; 0: of several */
    bool told, paged; /* they mention people; all of the first step */
};

/* A card to be posted. */
struct planned {
    struct place *place;
    struct alert_event event; /* borrowed of the caller until it is posted */
    const struct route *route;
    bool quiet; /* a window keeps it so: nobody is told, on no road */
    struct told told;
};

struct outage {
    const char *replica;
    struct errands *errands;
    struct oncalls *oncalls;
    int64_t ask_at; /* mono ms: who is on call */
    struct place places[GROUPS];
    size_t used, posted;
    uint32_t known[KNOWN];
    int64_t over_at; /* mono ms; 0: it goes on, or there was none */
    struct planned plan[PLAN_MOST];
    size_t planned;
    struct fall *falls;
};

struct outage *outage_new(struct sender *sender, const char *replica)
{
    struct outage *o = xcalloc(1, sizeof *o);

    o->replica = replica;
    o->errands = errands_new(sender);
    o->oncalls = oncalls_new();
    return o;
}

void outage_free(struct outage *o)
{
    if (!o)
        return;
    errands_free(o->errands);
    oncalls_free(o->oncalls);
    falls_free(o->falls);
    free(o);
}

size_t outage_flying(const struct outage *o)
{
    return errands_flying(o->errands);
}

void outage_ask(struct outage *o, struct db *db, const struct config *cfg,
                int64_t now)
{
    if (now < o->ask_at)
        return;
    o->ask_at = now + ASK_MS;
    oncalls_look(o->oncalls, db, cfg, clock_wall_ms());
}

/* ---- news that were taken ---------------------------------------------------- */

void outage_known(struct outage *o, const struct alert_event *events,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t hash = text_hash(events[i].id);

        o->known[hash % KNOWN] = hash;
    }
}

static bool is_known(const struct outage *o, const struct alert_event *e)
{
    uint32_t hash = text_hash(e->id);

    return o->known[hash % KNOWN] == hash;
}

size_t outage_seen(const struct outage *o, const struct alert_event *events,
                   size_t count)
{
    size_t seen = 0;

    for (size_t i = 0; i < count; i++)
        seen += is_known(o, &events[i]);
    return seen;
}

/* ---- groups ------------------------------------------------------------------ */

/* The one mover. */
static void place_enter(struct outage *o, struct place *p, enum place_state to)
{
    if (p->state == PLACE_SHOWN)
        o->posted--;
    if (to == PLACE_SHOWN)
        o->posted++;
    p->state = to;
}

static void forget(struct outage *o)
{
    if (o->used)
        memset(o->places, 0, sizeof o->places);
    o->used = o->posted = o->planned = 0;
    o->over_at = 0;
}

/* NULL: it is not there, and first is NULL or there is no room. */
static struct place *place_of(struct outage *o, const char *key,
                              const struct alert_event *first)
{
    size_t at = text_hash(key) % GROUPS;
    struct place *p;

    while (o->places[at].state != PLACE_FREE &&
           strcmp(o->places[at].key, key) != 0)
        at = (at + 1) % GROUPS;
    p = &o->places[at];
    if (p->state != PLACE_FREE)
        return p;
    if (!first || o->used >= GROUPS / 4 * 3)
        return NULL;
    o->used++;
    memcpy(p->key, key, sizeof p->key);
    group_op(key, first, p->op);
    place_enter(o, p, PLACE_HELD);
    return p;
}

static size_t routes_of(const struct config *cfg, const struct alert_event *e,
                        const struct route **routes)
{
    unsigned muted;

    return router_decide(router_of(cfg), &e->labels, clock_wall_ms(), routes,
                         &muted);
}

/* ---- what is to be posted ------------------------------------------------------- */

static bool urgent(const struct outage *o, const struct alert_event *e)
{
    return !e->resolved && e->severity <= ALERT_HIGH && !is_known(o, e);
}

/* Whoever takes it later finds the card by that, and knows whom it told. */
static void add_shown(struct alert_event *e, const struct place *place)
{
    char *one = json_text(
        member_str("key", place->key), member_str("op", place->op),
        member_bool("told", place->told), member_bool("paged", place->paged));
    size_t len = e->shown ? strlen(e->shown) : 0;
    char *list = len > 2 ? xasprintf("%.*s,%s]", (int)len - 1, e->shown, one)
                         : xasprintf("[%s]", one);

    free(one);
    free(e->shown);
    e->shown = list;
}

static void show(struct outage *o, const struct config *cfg,
                 struct alert_event *e, const struct route *route,
                 struct place *place)
{
    struct planned *p = &o->plan[o->planned++];
    int64_t now = clock_wall_ms(), look_at;

    *p = (struct planned){ .place = place, .route = route };
    p->quiet = route_muted(route, now, &look_at);
    if (!p->quiet)
        told_of(&p->told, cfg, o->oncalls, route, e->severity, now);
    place_enter(o, place, PLACE_SHOWN);
    place->cards = route->channels_count;
    place->print = text_hash(e->fingerprint);
    place->told = p->told.count > 0;
    place->paged = p->told.paged;
    add_shown(e, place);
    p->event = *e;
}

/* It is over. What nobody has seen yet is not posted any more. */
static void withdraw(struct outage *o, const struct alert_event *e,
                     struct place *place)
{
    if (place->print == text_hash(e->fingerprint) &&
        errands_withdraw(o->errands, place->op, place->cards))
        place_enter(o, place, PLACE_HELD);
}

/* True: its group was posted, or is to be. */
static bool plan_one(struct outage *o, const struct config *cfg,
                     struct alert_event *e, const struct route *route)
{
    char key[GROUP_KEY];
    struct place *place;

    route_key(route, &e->labels, e->fingerprint, key);
    place = place_of(o, key, e);
    if (!place)
        return false;
    if (place->state == PLACE_HELD && urgent(o, e) && o->planned < PLAN_MOST)
        show(o, cfg, e, route, place);
    else if (place->state == PLACE_SHOWN && e->resolved)
        withdraw(o, e, place);
    else if (place->state == PLACE_SHOWN &&
             place->print != text_hash(e->fingerprint))
        place->print = 0;
    return place->state == PLACE_SHOWN;
}

bool outage_plan(struct outage *o, const struct config *cfg,
                 struct alert_event *events, size_t count)
{
    const struct route *routes[ROUTES_MOST];
    bool posted = false;

    if (o->over_at)
        forget(o);
    for (size_t i = 0; i < count; i++) {
        size_t n = routes_of(cfg, &events[i], routes);

        for (size_t r = 0; r < n; r++)
            posted = plan_one(o, cfg, &events[i], routes[r]) || posted;
    }
    return posted;
}

bool outage_posted(struct outage *o, const struct config *cfg,
                   struct alert_event *events, size_t count)
{
    bool posted = false;
    const struct route *routes[ROUTES_MOST];
    char key[GROUP_KEY];

    if (o->over_at && clock_mono_ms() - o->over_at > KEEP_MS)
        forget(o);
    for (size_t i = 0; o->posted > 0 && i < count; i++) {
        size_t n = routes_of(cfg, &events[i], routes);

        for (size_t r = 0; r < n; r++) {
            struct place *place;

            route_key(routes[r], &events[i].labels, events[i].fingerprint, key);
            place = place_of(o, key, NULL);
            if (!place || place->state != PLACE_SHOWN)
                continue;
            posted = true;
            if (!events[i].shown)
                add_shown(&events[i], place);
        }
    }
    return posted;
}

/* ---- posting ---------------------------------------------------------------------- */

static void post_one(struct outage *o, const struct fell_store *store,
                     const struct planned *p, bool maybe_there)
{
    struct alert_group group;
    struct errand_new e = { .op = p->place->op, .maybe_there = maybe_there };
    const struct away_card card = { p->place->key, p->place->op, &p->event,
                                    p->route, &p->told };
    char *message = card_message(&card, store->config, &group);
    bool ok = true;

    log_warn("alerts", NULL, "posted without Postgres: %s, \"%s\" of %s",
             event_severity_name(p->event.severity), p->event.title,
             p->event.source);
    if (group.severity == ALERT_CRITICAL && !p->quiet)
        e.fall = fall_new(&o->falls, &group, store);
    e.severity = group.severity;
    e.message = message;
    for (size_t i = 0; ok && i < p->route->channels_count; i++) {
        e.channel = p->route->channels[i];
        ok = errands_add(o->errands, &e);
    }
    if (!ok) {
        place_enter(o, p->place, PLACE_HELD); /* the next of it tries again */
        log_error("alerts", NULL,
                  "\"%s\" could not be posted without Postgres: too much "
                  "waits for Slack",
                  p->event.title);
    }
    free(message);
    labels_dispose(&group.labels);
}

void outage_post(struct outage *o, const struct fell_store *store)
{
    bool maybe_there;

    for (size_t i = 0; i < o->planned; i++) {
        if (!card_elsewhere(store->redis, store->config, o->replica,
                            o->plan[i].place->op, &maybe_there))
            post_one(o, store, &o->plan[i], maybe_there);
        told_dispose(&o->plan[i].told);
    }
    o->planned = 0;
    errands_turn(o->errands, clock_mono_ms());
}

void outage_look(struct outage *o, struct alerts *a, int64_t now)
{
    if (store_up(a->needs.postgres))
        errands_drop(o->errands);
    errands_turn(o->errands, now);
    falls_look(a, &o->falls, now);
}

bool outage_falling(const struct outage *o)
{
    return falls_going(o->falls);
}

void outage_of_before(struct outage *o, struct alerts *a)
{
    falls_of_before(a, &o->falls);
}

void outage_over(struct outage *o)
{
    if (!o->used || o->over_at)
        return;
    o->over_at = clock_mono_ms();
}

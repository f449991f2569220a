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
 * The alerts thread, but for done(), which is the sender's.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks/alert.h"
#include "bot/alerts/alerts_int.h"
#include "bot/outbox/poster_body.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define GROUPS    32768 /* slots; three quarters of them are used at most */
#define KNOWN     65536 /* news that were taken, by a digest of their ids */
#define POST_MS   60000
#define KEEP_MS   600000 /* after it was over: whoever was refused comes again */
#define GUARD_S   "3600"
#define PLAN_MOST 1000

/* A group that something was held of in this outage. */
struct place {
    char key[GROUP_KEY]; /* "": free */
    char op[OP_ID];
    bool posted;
    bool fallen;        /* its fallback is seen to */
    _Atomic bool again; /* a post of it never got to Slack */
};

/* A card to be posted. */
struct planned {
    struct place *place;
    struct alert_event event; /* borrowed of the caller until it is posted */
    const struct route *route;
};

struct outage {
    struct sender *sender;
    const char *replica;
    struct place places[GROUPS];
    size_t used, posted;
    uint32_t known[KNOWN];
    int64_t over_at; /* mono ms; 0: it goes on, or there was none */
    struct planned plan[PLAN_MOST];
    size_t planned;
    struct fall *falls;
    _Atomic size_t flying;
};

/* One post on its way. */
struct flight {
    struct outage *o;
    struct fall *fall; /* NULL: no critical, or it flew before */
    struct place *place;
};

struct outage *outage_new(struct sender *sender, const char *replica)
{
    struct outage *o = xcalloc(1, sizeof *o);

    o->sender = sender;
    o->replica = replica;
    return o;
}

void outage_free(struct outage *o)
{
    if (o)
        falls_free(o->falls);
    free(o);
}

size_t outage_flying(const struct outage *o)
{
    return atomic_load(&o->flying);
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

    while (o->places[at].key[0] && strcmp(o->places[at].key, key) != 0)
        at = (at + 1) % GROUPS;
    if (o->places[at].key[0])
        return &o->places[at];
    if (!first || o->used >= GROUPS / 4 * 3)
        return NULL;
    o->used++;
    memcpy(o->places[at].key, key, sizeof o->places[at].key);
    group_op(key, first, o->places[at].op);
    return &o->places[at];
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

/* Whoever takes it later finds the card by that. */
static void add_shown(struct alert_event *e, const struct place *place)
{
    char *one =
        json_text(member_str("key", place->key), member_str("op", place->op));
    size_t len = e->shown ? strlen(e->shown) : 0;
    char *list = len > 2 ? xasprintf("%.*s,%s]", (int)len - 1, e->shown, one)
                         : xasprintf("[%s]", one);

    free(one);
    free(e->shown);
    e->shown = list;
}

/* True: its group was posted, or is to be. */
static bool plan_one(struct outage *o, struct alert_event *e,
                     const struct route *route)
{
    char key[GROUP_KEY];
    struct place *place;

    route_key(route, &e->labels, e->fingerprint, key);
    place = place_of(o, key, e);
    if (!place)
        return false;
    if (urgent(o, e) && o->planned < PLAN_MOST &&
        (!place->posted || atomic_exchange(&place->again, false))) {
        o->posted += !place->posted;
        place->posted = true;
        add_shown(e, place);
        o->plan[o->planned++] = (struct planned){ place, *e, route };
    }
    return place->posted;
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
            posted = plan_one(o, &events[i], routes[r]) || posted;
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
            if (!place || !place->posted)
                continue;
            posted = true;
            if (!events[i].shown)
                add_shown(&events[i], place);
        }
    }
    return posted;
}

/* ---- posting ---------------------------------------------------------------------- */

/* The group as far as it is known without Postgres; it borrows from all. */
static void group_of(struct alert_group *g, const struct planned *p)
{
    const struct alert_event *e = &p->event;
    static char none[] = "";

    *g = (struct alert_group){
        .version = 1,
        .key = p->place->key,
        .op = p->place->op,
        .route = (char *)(uintptr_t)p->route->path,
        .route_id = (char *)(uintptr_t)p->route->id,
        .title = e->title,
        .message = e->message,
        .source = e->source,
        .runbook = *e->runbook || !p->route->runbook
                       ? e->runbook
                       : (char *)(uintptr_t)p->route->runbook,
        .links_count = e->links_count,
        .severity = e->severity,
        .test = e->test,
        .resolves = e->resolves,
        .firing = 1,
        .total = 1,
        .started_at = e->at,
        .changed_at = e->received,
        .told_at = e->received,
        .told_why = REASON_FIRST,
        .resolved_by = none,
        .acked_by = none,
        .acked_name = none,
        .ack_note = none,
        .assignee = none,
        .assigned_by = none,
        .quiet_why = none,
        .policy = none,
    };
    g->by[e->severity] = 1;
    memcpy(g->links, e->links, sizeof g->links);
    route_labels(p->route, &e->labels, &g->labels);
}

/* The sender's thread. */
static void done(void *arg, const struct post_outcome *outcome)
{
    struct flight *f = arg;
    struct outage *o = f->o;

    if (f->fall)
        fall_arrived(f->fall, outcome->result == POST_SENT);
    if (outcome->result == POST_GIVEN_UP) /* the next of it tries again */
        atomic_store(&f->place->again, true);
    free(f);
    if (outcome->result != POST_SENT)
        log_warn("alerts", NULL,
                 "a card that was posted without Postgres did not arrive: %s",
                 outcome->error);
    atomic_fetch_sub(&o->flying, 1);
}

static void post_to(struct outage *o, const struct planned *p,
                    const char *channel, char *message, struct fall *fall)
{
    struct flight *f = xmalloc(sizeof *f);
    static char none[] = "";
    const struct outbox_row row = { .op = p->place->op,
                                    .channel = (char *)(uintptr_t)channel,
                                    .thing = none,
                                    .thread_ts = none };
    struct post *post = post_method(
        "chat.postMessage",
        body_post(&row, message, &(struct body_marks){ .late_ms = 0 }));

    post->lane = POST_CRITICAL;
    post->channel = xstrdup(channel);
    post->deadline = clock_mono_ms() + POST_MS;
    post->done = done;
    *f = (struct flight){ o, fall, p->place };
    post->arg = f;
    atomic_fetch_add(&o->flying, 1);
    if (fall)
        fall_flies(fall);
    if (sender_submit(o->sender, post) == PUSH_OK)
        return;
    atomic_fetch_sub(&o->flying, 1);
    if (fall)
        fall_arrived(fall, false);
    free(f);
    p->place->posted = false; /* the next of its group tries again */
    log_error("alerts", NULL,
              "\"%s\" could not be posted without Postgres: too much waits "
              "for Slack",
              p->event.title);
    post_free(post);
}

/* Has another replica, or this one before it was started again, posted it? */
static bool elsewhere(struct outage *o, const struct fell_store *store,
                      const struct planned *p)
{
    struct redis *redis = store->redis;
    char *key;
    const struct reply *rep;
    struct err err;
    bool taken;

    if (!redis)
        return false;
    key = xasprintf("%salert:posted:%s", store->config->redis_prefix,
                    p->place->op);
    redis_reset(redis);
    rep = redis_one(redis, &err, "SET", key, o->replica, "NX", "EX", GUARD_S);
    taken = rep && reply_nil(rep);
    if (taken) { /* by us, and it did not get as far as Slack: again */
        rep = redis_one(redis, &err, "GET", key);
        taken = !rep || strcmp(reply_str(rep), o->replica) != 0;
    }
    free(key);
    return taken;
}

static void post_one(struct outage *o, const struct fell_store *store,
                     const struct planned *p)
{
    static char none[] = "";
    /* By its trace id it can be acknowledged. */
    struct group_alert alert = { .fingerprint = p->event.fingerprint,
                                 .trace = p->event.trace,
                                 .title = p->event.title,
                                 .message = p->event.message,
                                 .severity = p->event.severity,
                                 .firing = true,
                                 .quiet_why = none,
                                 .labels = p->event.labels,
                                 .at = p->event.at,
                                 .seen_at = p->event.received };
    const struct group_alerts alerts = { .items = &alert, .count = 1 };
    struct alert_view view = { .unrecorded = true,
                               .policy = p->route->policy,
                               .alerts = &alerts };
    struct alert_group group;
    struct fall *fall = NULL;
    char *message;

    group_of(&group, p);
    message = alert_message(&group, &view, store->config->slack.command);
    log_warn("alerts", NULL, "posted without Postgres: %s, \"%s\" of %s",
             event_severity_name(p->event.severity), p->event.title,
             p->event.source);
    if (group.severity == ALERT_CRITICAL && !p->place->fallen) {
        fall = fall_new(&o->falls, &group, store);
        p->place->fallen = true;
    }
    for (size_t i = 0; i < p->route->channels_count; i++)
        post_to(o, p, p->route->channels[i], message, fall);
    free(message);
    labels_dispose(&group.labels);
}

void outage_post(struct outage *o, const struct fell_store *store)
{
    for (size_t i = 0; i < o->planned; i++) {
        if (!elsewhere(o, store, &o->plan[i]))
            post_one(o, store, &o->plan[i]);
    }
    o->planned = 0;
}

void outage_look(struct outage *o, struct alerts *a, int64_t now)
{
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

/* admin: see admin.h. */
#include "bot/admin/admin.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocks/answer.h"
#include "bot/flow/verdict.h"
#include "bot/admin/admin_rate.h"
#include "bot/admin/admin_route.h"
#include "bot/admin/admin_who.h"
#include "commands/command.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define BODY_MAX   (64 << 10)
#define BODY_MS    10000
#define WRONG_RATE 5 /* a second: refused credentials that are looked at */
#define KEY_MOST   255
#define ID_BYTES   48

static_assert(ADMIN_HELD <= HOLD_SLOTS, "each has a fate of its own");

/* A request that waits for its answer. The index is slot % HOLD_SLOTS, so that
 * no later one takes its fate from it, however long it waits. */
struct held {
    uint64_t slot;    /* of the road; 0: free */
    uint64_t request; /* the server's number */
    int64_t due;      /* mono ms */
    bool plain;
};

struct admin {
    struct road road; /* first: the road is the desk */
    struct holds holds;
    struct admin_needs needs;
    const struct config *config; /* what doors and rates are of */
    struct admin_doors *doors;
    struct admin_rates rates, wrong;
    struct held held[ADMIN_HELD];
    uint64_t rounds;                 /* numbers given out */
    struct queue *told;              /* struct verdict, from any thread */
    _Atomic(struct server *) server; /* of the first request */
};

/* ---- answers --------------------------------------------------------------- */

struct said {
    int status;
    const char *kind, *text;
    int retry_after_s;
    const char *allow;
};

static void say(struct request *rq, const struct said *s)
{
    char *body = answer_error(s->kind, s->text);

    request_answer(rq, &(struct reply){ .status = s->status,
                                        .type = "application/json",
                                        .body = body,
                                        .len = strlen(body),
                                        .allow = s->allow,
                                        .retry_after_s = s->retry_after_s });
    free(body);
}

static int status_of(const struct verdict *v)
{
    if (v->conflict)
        return 409;
    switch (v->failed) {
    case ERR_NONE:
        return 200;
    case ERR_USER:
    case ERR_CONFIG:
        return 400;
    case ERR_DENIED:
        return 403;
    case ERR_BUSY:
    case ERR_REDIS:
    case ERR_DB:
    case ERR_SLACK:
    case ERR_SYSTEM:
        break;
    }
    return 503;
}

static void answer(struct request *rq, const struct verdict *v, bool plain)
{
    int status = status_of(v);
    const char *body = v->payload ? v->payload : "";

    request_answer(rq,
                   &(struct reply){ .status = status,
                                    .type = plain ? "text/plain; charset=utf-8"
                                                  : "application/json",
                                    .body = body,
                                    .len = strlen(body),
                                    .retry_after_s = status == 503 ? 2 : 0 });
}

/* ---- the desk -------------------------------------------------------------- */

static struct held *held_of(struct admin *a, uint64_t slot)
{
    struct held *h = &a->held[slot % HOLD_SLOTS];

    return h->slot == slot ? h : NULL;
}

/* With its slot; NULL: all are in use. */
static struct held *free_place(struct admin *a)
{
    for (size_t i = 0; i < ADMIN_HELD; i++) {
        if (a->held[i].slot)
            continue;
        a->held[i].slot = ++a->rounds * HOLD_SLOTS + i;
        return &a->held[i];
    }
    return NULL;
}

/* The client, if it is still there; the place is free again. */
static struct request *let_go(struct admin *a, struct held *h)
{
    uint64_t number = h->request;

    *h = (struct held){ 0 };
    return server_request(atomic_load(&a->server), number);
}

/* The server's thread. */
static void take_told(void *admin)
{
    struct admin *a = admin;
    struct node *nodes = queue_take(a->told, ADMIN_HELD, 0), *next;

    for (; nodes; nodes = next) {
        struct verdict *v = (struct verdict *)nodes;
        struct held *h = held_of(a, v->slot);
        bool plain = h && h->plain;
        struct request *rq = h ? let_go(a, h) : NULL;

        next = nodes->next;
        if (rq)
            answer(rq, v, plain);
        verdict_free(v);
    }
}

/* Any thread. What cannot be brought any more is freed with the desk. */
static void tell(struct road *road, struct verdict *v)
{
    struct admin *a = (struct admin *)road;

    if (v->kind != VERDICT_ANSWER || !queue_force(a->told, &v->node)) {
        verdict_free(v);
        return;
    }
    (void)!server_run(atomic_load(&a->server), take_told, a);
}

static const struct said not_begun = {
    504, "busy",
    "No worker was free for 30 s. Nothing was done, and it will not be.", 0,
    NULL
};
static const struct said not_over = {
    504, "busy",
    "There is no answer after 30 s. It may still be done: ask again with the "
    "same Idempotency-Key, or look at the audit.",
    0, NULL
};

/* What no worker has begun by now, none will. */
static void give_up(struct admin *a, struct held *h)
{
    bool refused = hold_move(&a->holds, h->slot, FATE_MEMORY, FATE_REFUSED);
    struct request *rq = let_go(a, h);

    if (rq)
        say(rq, refused ? &not_begun : &not_over);
}

static void tick(void *arg, int64_t now)
{
    struct admin *a = arg;

    for (size_t i = 0; i < ADMIN_HELD; i++)
        if (a->held[i].slot && now >= a->held[i].due)
            give_up(a, &a->held[i]);
}

/* ---- a request ------------------------------------------------------------- */

/* "admin:" and what makes it this request: the same key by the same one for the
 * same thing is the same. False: the key is none. */
static bool name_request(struct request *rq, const char *user, const char *line,
                         char id[ID_BYTES])
{
    size_t times;
    const char *key = request_header(rq, "idempotency-key", &times);
    char digest[SHA256_HEX];

    if (times > 1 || strlen(key) > KEY_MOST || (times && !*key))
        return false;
    if (times)
        digest_sha256(digest, "admin", user, key, line, NULL);
    else
        digest_random(digest);
    snprintf(id, ID_BYTES, "admin:%.32s", digest);
    return true;
}

static bool wants_text(const struct request *rq)
{
    const char *accept = request_header(rq, "accept", NULL);

    return strstr(accept, "text/plain") && !strstr(accept, "json");
}

/* False: the workers, or the desk, are full; env is still the caller's. */
static bool put(struct admin *a, struct request *rq, struct envelope *env)
{
    struct held *h = free_place(a);
    struct queue *to = a->needs.route(a->needs.route_arg, env);

    if (!h)
        return false;
    h->request = request_number(rq);
    h->due = clock_mono_ms() + ADMIN_ANSWER_MS;
    h->plain = env->plain;
    env->road = &a->road;
    env->slot = h->slot;
    hold_start(&a->holds, h->slot);
    (void)hold_move(&a->holds, h->slot, FATE_WAITING, FATE_MEMORY);
    if (queue_push(to, &env->item.node) == PUSH_OK)
        return true;
    *h = (struct held){ 0 };
    return false;
}

static void run(struct admin *a, struct request *rq,
                const struct admin_who *who, const char *line)
{
    char id[ID_BYTES];
    struct envelope *env;

    if (!name_request(rq, who->user, line, id)) {
        say(rq, &(struct said){ 400, "input",
                                "Idempotency-Key is to be there once, with 1 "
                                "to 255 characters.",
                                0, NULL });
        return;
    }
    env = envelope_admin(id, who->user, line);
    env->voucher = who->voucher;
    env->plain = wants_text(rq);
    if (put(a, rq, env))
        return;
    envelope_free(env);
    say(rq, &(struct said){ 503, "busy", VERDICT_BUSY, 1, NULL });
}

/* ---- at the door ----------------------------------------------------------- */

/* Who may come in, and how often, as it is configured by now. */
static void look_at_config(struct admin *a)
{
    const struct config *cfg = config_now(a->needs.config);

    if (cfg == a->config)
        return;
    a->config = cfg;
    admin_doors_adopt(a->doors, &cfg->door);
    a->rates.rate = cfg->door.rate;
}

/* False: answered. */
static bool let_in(struct admin *a, struct request *rq, struct admin_who *who)
{
    size_t times;
    const char *authorization = request_header(rq, "authorization", &times);
    const char *why;
    enum admin_entry entry;
    int wait_s;

    look_at_config(a);
    entry = admin_enter(a->doors, request_peer(rq), authorization, times, who,
                        &why);
    if (entry == ENTRY_LET_IN)
        return true;
    if (!admin_rate_take(&a->wrong, "wrong", clock_mono_ms(), &wait_s)) {
        say(rq, &(struct said){ 429, "busy",
                                "Too many requests that say not, or wrongly, "
                                "who they are.",
                                wait_s, NULL });
        return false;
    }
    log_warn("admin", NULL, "somebody at %s is not let in: %s",
             request_peer(rq)->address, why);
    say(rq, &(struct said){ 401, "unknown", why, 0, NULL });
    return false;
}

static bool know_path(struct request *rq)
{
    char allow[ADMIN_ALLOW];

    if (admin_find(request_method(rq), request_path(rq), allow))
        return true;
    if (*allow)
        say(rq,
            &(struct said){ 405, "input", "This path is not for this method.",
                            0, allow });
    else
        say(rq, &(struct said){ 404, "input",
                                "There is no such path; deploy/openapi.yaml "
                                "has all of them.",
                                0, NULL });
    return false;
}

/* A page that somebody looks at could ask in their name, where a browser holds
 * their certificate: browsers say where a page is from, programs do not. */
static bool no_page(struct request *rq)
{
    size_t times;

    request_header(rq, "origin", &times);
    if (times)
        say(rq, &(struct said){ 403, "denied",
                                "Pages in a browser are not answered here.", 0,
                                NULL });
    return times == 0;
}

static void begin(void *arg, struct request *rq)
{
    struct admin *a = arg;
    struct admin_who who;

    atomic_store(&a->server, request_server(rq));
    (void)!(no_page(rq) && let_in(a, rq, &who) && know_path(rq));
}

/* ---- what it says ---------------------------------------------------------- */

static bool is_json(const struct request *rq)
{
    static const char json[] = "application/json";
    size_t times, len = sizeof json - 1;
    const char *type = request_header(rq, "content-type", &times);

    return times == 1 && strncasecmp(type, json, len) == 0 &&
           strchr(" \t;", type[len]); /* or its end */
}

static bool read_line(struct request *rq, struct buf *line)
{
    char allow[ADMIN_ALLOW];
    const struct admin_route *route =
        admin_find(request_method(rq), request_path(rq), allow);
    struct admin_said said = { .path = request_path(rq),
                               .query = request_query(rq) };
    struct err err = { 0 };
    char *shown;

    said.body = request_body(rq, &said.body_len);
    if (said.body_len && !is_json(rq)) {
        say(rq,
            &(struct said){ 415, "input", "The body is to be application/json.",
                            0, NULL });
        return false;
    }
    if (route && admin_line(route, &said, line, &err))
        return true;
    shown = text_mask(err.text, NULL, 0);
    say(rq, &(struct said){ 400, "input", shown, 0, NULL });
    free(shown);
    return false;
}

/* Stopping waits for nobody (P6). */
static bool may_now(struct admin *a, struct request *rq, const char *user,
                    const char *line)
{
    int wait_s;

    if (admin_rate_take(&a->rates, user, clock_mono_ms(), &wait_s) ||
        command_lane(line) == LANE_URGENT)
        return true;
    say(rq, &(struct said){ 429, "busy",
                            "Too many requests at once. Nothing was done.",
                            wait_s, NULL });
    return false;
}

static void handle(void *arg, struct request *rq)
{
    struct admin *a = arg;
    struct buf line = { 0 };
    struct admin_who who;

    if (let_in(a, rq, &who) && read_line(rq, &line) &&
        may_now(a, rq, who.user, buf_text(&line)))
        run(a, rq, &who, buf_text(&line));
    buf_dispose(&line);
}

/* ---- life ------------------------------------------------------------------ */

struct admin *admin_new(const struct admin_needs *needs)
{
    struct admin *a = xcalloc(1, sizeof *a);

    a->road = (struct road){ "admin", &a->holds, tell };
    a->needs = *needs;
    a->doors = admin_doors_new();
    a->wrong.rate = WRONG_RATE;
    a->told = queue_new(ADMIN_HELD, (size_t)-1);
    return a;
}

void admin_listener(struct admin *a, struct listener *out)
{
    const struct config *cfg = config_now(a->needs.config);

    *out = (struct listener){ .listen = cfg->admin,
                              .setting = "OPSBOT_ADMIN",
                              .body_max = BODY_MAX,
                              .body_ms = BODY_MS,
                              .begin = begin,
                              .handle = handle,
                              .tick = tick,
                              .arg = a };
    if (strncmp(cfg->admin, "unix:", 5) == 0)
        return;
    out->cert = cfg->door.cert;
    out->key = cfg->door.key;
    out->client_ca = cfg->door.client_ca;
}

bool admin_open(struct admin *a, struct err *err)
{
    const struct config *cfg = config_now(a->needs.config);
    const char *path = cfg->admin + 5;
    const struct group *group;

    if (strncmp(cfg->admin, "unix:", 5) != 0 || !cfg->door.group)
        return true;
    group = getgrnam(cfg->door.group);
    if (!group || chown(path, (uid_t)-1, group->gr_gid) != 0 ||
        chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0)
        return err_set(err, ERR_CONFIG,
                       "http.admin_group: `%.64s` cannot be given %.200s: %s. "
                       "We must be a member of it.",
                       cfg->door.group, path,
                       group ? strerror(errno) : "there is no such group");
    return true;
}

void admin_free(struct admin *a)
{
    struct node *nodes, *next;

    if (!a)
        return;
    for (nodes = queue_take(a->told, (size_t)-1, 0); nodes; nodes = next) {
        next = nodes->next;
        verdict_free((struct verdict *)nodes);
    }
    queue_free(a->told);
    admin_doors_free(a->doors);
    free(a);
}

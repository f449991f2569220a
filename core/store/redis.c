/*
 * redis: one connection to Redis; batches of commands, one round trip each.
 * A connection belongs to one thread; store_health is everybody's.
 *
 * A batch that may have reached Redis is never sent again: whether it took
 * effect is then not known, and only the caller can tell what that means.
 */
#include "core/store/redis.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/redis_link.h"

#define SCRIPTS  16
#define SHA1_HEX 40

struct loaded {
    const struct redis_script *script;
    char sha[SHA1_HEX + 1];
};

struct redis {
    struct redis_link link;
    struct store_health *health;
    int deadline_ms;
    struct buf out;       /* commands not sent yet */
    size_t count;         /* commands in out, or replies held */
    redisReply **replies; /* room for `room` */
    size_t room;
    bool answered; /* replies are held: the next redis_add() drops them */
    bool sent;     /* the batch is on its way: redis_finish() is owed */
    struct redis_sending sending;
    struct loaded scripts[SCRIPTS]; /* hashes Redis gave us */
    size_t script_count;
};

struct redis *redis_new(const struct redis_url *url,
                        struct store_health *health)
{
    struct redis *r = xcalloc(1, sizeof *r);

    signal(SIGPIPE, SIG_IGN); /* hiredis writes without MSG_NOSIGNAL */
    r->link.url = url;
    r->health = health;
    r->deadline_ms = 1000;
    return r;
}

/* Back to an empty batch. An answer that nobody waits for any more must not
 * be taken for that of a later command. */
static void batch_clear(struct redis *r)
{
    if (r->sent)
        redis_link_close(&r->link);
    r->sent = false;
    for (size_t i = 0; r->answered && i < r->count; i++)
        freeReplyObject(r->replies[i]);
    r->answered = false;
    r->count = 0;
    buf_cut(&r->out, 0);
    if (r->out.cap > 1024 * 1024)
        buf_dispose(&r->out);
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    batch_clear(r);
    redis_link_close(&r->link);
    buf_dispose(&r->out);
    free(r->replies);
    free(r);
}

void redis_deadline(struct redis *r, int ms)
{
    r->deadline_ms = ms;
}

void redis_add(struct redis *r, int argc, const char *const *argv,
               const size_t *lens)
{
    if (r->answered || r->sent)
        batch_clear(r);
    redis_encode(&r->out, argc, argv, lens);
    r->count++;
}

/* ---- running -------------------------------------------------------------- */

static bool open_link(struct redis *r, int64_t until, struct err *err)
{
    if (redis_link_open(&r->link, until, err))
        return true;
    store_fell(r->health, err->text);
    return false;
}

/*
 * A missed deadline is "down" at once. A broken connection may be one that a
 * proxy dropped: it is "down" only when a new one cannot be had either.
 */
static bool went(struct redis *r, enum redis_wire wire, int64_t until,
                 struct err *err)
{
    struct err again;

    switch (wire) {
    case WIRE_OK:
        return true;
    case WIRE_LATE:
        err_set(err, ERR_REDIS, "Redis did not answer within %d ms",
                r->deadline_ms);
        store_fell(r->health, err->text);
        return false;
    case WIRE_LOST:
        (void)!open_link(r, until, &again);
        return false;
    }
    return false;
}

/* What Redis says to whoever comes while it serves nobody. */
static const struct {
    const char *begins, *means;
} closed[] = {
    { "LOADING", "Redis is starting" }, /* reads its file from disk */
    { "ERR max number of clients", "Redis takes no more connections" },
};

static bool is_closed(struct redis *r, struct err *err)
{
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < sizeof closed / sizeof *closed; k++) {
            const redisReply *rep = r->replies[i];

            if (rep->type != REDIS_REPLY_ERROR ||
                strncmp(rep->str, closed[k].begins, strlen(closed[k].begins)) !=
                    0)
                continue;
            err_set(err, ERR_REDIS, "%s: %s", closed[k].means, rep->str);
            store_fell(r->health, err->text);
            return true;
        }
    return false;
}

static void make_room(struct redis *r)
{
    if (r->count <= r->room)
        return;
    r->room = r->count < 64 ? 64 : r->count;
    r->replies = xrealloc(r->replies, r->room * sizeof(redisReply *));
}

static bool connect_batch(struct redis *r, int64_t until, struct err *err)
{
    make_room(r);
    if (open_link(r, until, err))
        return true;
    batch_clear(r);
    return false;
}

static bool send_batch(struct redis *r, int64_t until, struct err *err)
{
    enum redis_wire wire = redis_link_send(&r->link, &r->sending, &r->out, err);

    r->sent = wire == WIRE_OK;
    if (went(r, wire, until, err))
        return true;
    batch_clear(r);
    return false;
}

static bool receive_batch(struct redis *r, int64_t until, struct err *err)
{
    enum redis_wire wire = redis_link_receive(&r->link, &r->sending, r->replies,
                                              r->count, until, err);

    r->sent = false;
    r->answered = wire == WIRE_OK;
    if (went(r, wire, until, err) && !is_closed(r, err))
        return true;
    batch_clear(r);
    return false;
}

static int64_t deadline(const struct redis *r)
{
    return clock_mono_ms() + r->deadline_ms;
}

/* The batch, whatever store_health says. */
static bool run(struct redis *r, struct err *err)
{
    int64_t until = deadline(r);
    int64_t began;

    if (r->count == 0 || r->answered)
        return true;
    if (!connect_batch(r, until, err))
        return false;
    began = clock_mono_us();
    if (!send_batch(r, until, err) || !receive_batch(r, until, err))
        return false;
    store_took(r->health, clock_mono_us() - began);
    return true;
}

bool redis_run(struct redis *r, struct err *err)
{
    if (store_up(r->health))
        return run(r, err);
    batch_clear(r);
    return store_err(r->health, ERR_REDIS, err);
}

bool redis_begin(struct redis *r, struct err *err)
{
    int64_t until = deadline(r);

    if (store_up(r->health))
        return connect_batch(r, until, err) && send_batch(r, until, err);
    batch_clear(r);
    return store_err(r->health, ERR_REDIS, err);
}

bool redis_finish(struct redis *r, struct err *err)
{
    return receive_batch(r, deadline(r), err);
}

void redis_reset(struct redis *r)
{
    batch_clear(r);
}

size_t redis_count(const struct redis *r)
{
    return r->count;
}

const struct reply *redis_reply(const struct redis *r, size_t i)
{
    const redisReply *rep = r->answered && i < r->count ? r->replies[i] : NULL;

    return rep ? (const struct reply *)(const void *)rep : reply_at(NULL, 0);
}

/* ---- one command ---------------------------------------------------------- */

/* The only reply of a batch that ran; an error reply is a failure. */
static const struct reply *only_reply(struct redis *r, const char *what,
                                      struct err *err)
{
    const char *refusal = reply_error(redis_reply(r, 0));

    if (!refusal)
        return redis_reply(r, 0);
    err_set(err, ERR_REDIS, "Redis refused %s: %s", what, refusal);
    return NULL;
}

static const struct reply *run_one(struct redis *r, const char *what,
                                   struct err *err)
{
    return redis_run(r, err) ? only_reply(r, what, err) : NULL;
}

const struct reply *redis_do(struct redis *r, struct err *err, int argc,
                             const char *const *argv)
{
    batch_clear(r);
    redis_add(r, argc, argv, NULL);
    return run_one(r, argv[0], err);
}

bool redis_probe(struct redis *r, struct err *err)
{
    bool ok;

    batch_clear(r);
    redis_cmd(r, "PING");
    ok = run(r, err);
    if (ok && reply_error(redis_reply(r, 0)))
        ok = err_set(err, ERR_REDIS, "Redis refused PING: %s",
                     reply_error(redis_reply(r, 0)));
    if (ok)
        store_rose(r->health);
    else
        store_fell(r->health, err->text);
    return ok;
}

/* ---- scripts -------------------------------------------------------------- */

static const char *known_sha(const struct redis *r,
                             const struct redis_script *script)
{
    for (size_t i = 0; i < r->script_count; i++)
        if (r->scripts[i].script == script)
            return r->scripts[i].sha;
    return NULL;
}

static const char *keep_sha(struct redis *r, const struct redis_script *script,
                            const char *sha)
{
    struct loaded *slot = &r->scripts[r->script_count % SCRIPTS];

    slot->script = script;
    memcpy(slot->sha, sha, SHA1_HEX);
    slot->sha[SHA1_HEX] = '\0';
    if (r->script_count < SCRIPTS)
        r->script_count++;
    return slot->sha;
}

/* Gives Redis the script; its answer is the hash to call it by. */
static const char *load_script(struct redis *r,
                               const struct redis_script *script,
                               struct err *err)
{
    const char *known = known_sha(r, script);
    const struct reply *rep;

    redis_cmd(r, "SCRIPT", "LOAD", script->text);
    rep = run_one(r, script->name, err);
    if (!rep)
        return NULL;
    if (reply_len(rep) != SHA1_HEX) {
        err_set(err, ERR_REDIS, "Redis did not load the script %s",
                script->name);
        return NULL;
    }
    return known ? known : keep_sha(r, script, reply_str(rep));
}

static void add_evalsha(struct redis *r, const char *sha, int keys, int argc,
                        const char *const *argv, const size_t *lens)
{
    size_t n = (size_t)argc + 3;
    const char **all = xmalloc(n * sizeof *all);
    size_t *sizes = xmalloc(n * sizeof *sizes);
    char count[16];

    snprintf(count, sizeof count, "%d", keys);
    all[0] = "EVALSHA";
    all[1] = sha;
    all[2] = count;
    for (size_t i = 0; i < n; i++) {
        if (i >= 3)
            all[i] = argv[i - 3];
        sizes[i] = i >= 3 && lens ? lens[i - 3] : strlen(all[i]);
    }
    redis_add(r, (int)n, all, sizes);
    free(all);
    free(sizes);
}

bool redis_eval_add(struct redis *r, const struct redis_script *script,
                    int keys, int argc, const char *const *argv)
{
    const char *sha = known_sha(r, script);

    if (sha)
        add_evalsha(r, sha, keys, argc, argv, NULL);
    return sha != NULL;
}

const struct reply *redis_eval(struct redis *r,
                               const struct redis_script *script, int keys,
                               int argc, const char *const *argv,
                               const size_t *lens, struct err *err)
{
    const char *sha = known_sha(r, script);
    const struct reply *rep;

    batch_clear(r);
    if (!sha)
        sha = load_script(r, script, err);
    if (!sha)
        return NULL;
    add_evalsha(r, sha, keys, argc, argv, lens);
    if (!redis_run(r, err))
        return NULL;
    rep = redis_reply(r, 0);
    if (!reply_error(rep) || strncmp(reply_error(rep), "NOSCRIPT", 8) != 0)
        return only_reply(r, script->name, err);
    sha = load_script(r, script, err);
    if (!sha)
        return NULL;
    add_evalsha(r, sha, keys, argc, argv, lens);
    return run_one(r, script->name, err);
}

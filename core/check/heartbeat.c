/*
 * heartbeat: who has called in. Any thread; one lock around the table.
 */
#include "core/check/heartbeat.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define SCORE_BYTES 24

static const char heard[] = "heard"; /* no check's id: those have a mark */

struct beat {
    const struct config_check *spec;
    int64_t since; /* wall ms: silent since */
    bool called;   /* by itself, in this process */
};

struct heartbeats {
    char *key;
    int64_t started; /* wall ms */
    pthread_mutex_t lock;
    struct beat *beats;
    size_t count;
    bool shared; /* what Redis knew before us is in the table */
};

/* Under the lock. */
static struct beat *find(struct heartbeats *h, const char *id)
{
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->beats[i].spec->id, id) == 0)
            return &h->beats[i];
    return NULL;
}

void heartbeats_adopt(struct heartbeats *h, const struct config *cfg)
{
    struct beat *beats = xcalloc(cfg->checks_count + 1, sizeof *beats);
    int64_t now = clock_wall_ms();
    size_t count = 0;

    pthread_mutex_lock(&h->lock);
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct config_check *spec = &cfg->checks[i];
        const struct beat *old = find(h, spec->id);

        if (spec->kind != CHECK_HEARTBEAT)
            continue;
        beats[count] = old ? *old : (struct beat){ .since = now };
        beats[count++].spec = spec;
    }
    free(h->beats);
    h->beats = beats;
    h->count = count;
    pthread_mutex_unlock(&h->lock);
}

struct heartbeats *heartbeats_new(const struct config *cfg)
{
    struct heartbeats *h = xcalloc(1, sizeof *h);

    h->key = xasprintf("%sheartbeats", cfg->redis_prefix);
    h->started = clock_wall_ms();
    pthread_mutex_init(&h->lock, NULL);
    heartbeats_adopt(h, cfg);
    return h;
}

void heartbeats_free(struct heartbeats *h)
{
    if (!h)
        return;
    pthread_mutex_destroy(&h->lock);
    free(h->beats);
    free(h->key);
    free(h);
}

/* ---- calls ------------------------------------------------------------------------ */

/* In a time that depends on the word alone, not on where they differ. */
static bool same_secret(const char *word, size_t len, const char *secret)
{
    size_t size = strlen(secret);
    unsigned differ = size != len;

    for (size_t i = 0; i < len; i++)
        differ |= (unsigned)(unsigned char)word[i] ^
                  (unsigned)(unsigned char)secret[i % size];
    return differ == 0;
}

static void called(struct beat *b, int64_t wall_ms)
{
    if (wall_ms > b->since)
        b->since = wall_ms;
    b->called = true;
}

bool heartbeat_call(struct heartbeats *h, const char *word)
{
    int64_t now = clock_wall_ms();
    size_t len = strlen(word);
    bool known = false;

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->count; i++)
        if (same_secret(word, len, h->beats[i].spec->secret)) {
            called(&h->beats[i], now);
            known = true;
        }
    pthread_mutex_unlock(&h->lock);
    return known;
}

int64_t heartbeat_silent_since(struct heartbeats *h, const char *id)
{
    const struct beat *b;
    int64_t since;

    pthread_mutex_lock(&h->lock);
    b = find(h, id);
    since = b ? b->since : 0;
    pthread_mutex_unlock(&h->lock);
    return since;
}

/* ---- sharing ------------------------------------------------------------------------ */

static int64_t score(const struct reply *rep)
{
    return reply_nil(rep) ? 0 : reply_int(rep);
}

/* What somebody knew, moved by the time that nobody listened: from when the
 * last of them did until we began. Under the lock. */
static void learn(struct heartbeats *h, struct beat *b, int64_t since,
                  int64_t last_heard)
{
    if (since <= 0)
        return;
    if (!h->shared && last_heard > 0 && last_heard < h->started)
        since += h->started - last_heard;
    if (b->called ? since > b->since : !h->shared || since > b->since)
        b->since = since;
}

/* What is asked for, in order: the table may be another when the answers are
 * there. Array heap, ids borrowed. */
static const char **ids_of(struct heartbeats *h, size_t *count)
{
    const char **ids;

    pthread_mutex_lock(&h->lock);
    *count = h->count;
    ids = xcalloc(h->count + 1, sizeof *ids);
    for (size_t i = 0; i < h->count; i++)
        ids[i] = h->beats[i].spec->id;
    pthread_mutex_unlock(&h->lock);
    return ids;
}

static void ask_all(const struct heartbeats *h, struct redis *r,
                    const char *const *ids, size_t count)
{
    redis_reset(r);
    redis_cmd(r, "ZSCORE", h->key, heard);
    for (size_t i = 0; i < count; i++) {
        char *member = xasprintf("check:%s", ids[i]);

        redis_cmd(r, "ZSCORE", h->key, member);
        free(member);
    }
}

static const char *refusal_of(const struct redis *r)
{
    for (size_t i = 0; i < redis_count(r); i++)
        if (reply_error(redis_reply(r, i)))
            return reply_error(redis_reply(r, i));
    return NULL;
}

static void tell(struct heartbeats *h, struct redis *r, const char *name,
                 int64_t at)
{
    char text[SCORE_BYTES];

    snprintf(text, sizeof text, "%lld", (long long)at);
    redis_cmd(r, "ZADD", h->key, "GT", text, name);
}

static void tell_all(struct heartbeats *h, struct redis *r)
{
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->count; i++) {
        char *member = xasprintf("check:%s", h->beats[i].spec->id);

        tell(h, r, member, h->beats[i].since);
        free(member);
    }
    pthread_mutex_unlock(&h->lock);
    tell(h, r, heard, clock_wall_ms());
}

static bool run(struct redis *r, struct err *err)
{
    const char *refusal;

    if (!redis_run(r, err))
        return false;
    refusal = refusal_of(r);
    return !refusal || err_set(err, ERR_REDIS, "Redis refused: %s", refusal);
}

static void learn_all(struct heartbeats *h, struct redis *r,
                      const char *const *ids, size_t count)
{
    int64_t last_heard = score(redis_reply(r, 0));

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < count; i++) {
        struct beat *b = find(h, ids[i]);

        if (b)
            learn(h, b, score(redis_reply(r, i + 1)), last_heard);
    }
    h->shared = true;
    pthread_mutex_unlock(&h->lock);
}

bool heartbeats_sync(struct heartbeats *h, struct redis *r, struct err *err)
{
    size_t count;
    const char **ids = ids_of(h, &count);
    bool ok = count == 0;

    if (!ok) {
        ask_all(h, r, ids, count);
        ok = run(r, err);
        if (ok) {
            learn_all(h, r, ids, count);
            tell_all(h, r);
            ok = run(r, err);
        }
    }
    free(ids);
    return ok;
}

/* feed: see feed.h. */
#include "tests/demo/feed.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define FIELDS     12  /* of an entry, at most */
#define WARM       120 /* rounds made at once, as if during … */
#define PAST_MS    (26 * 60000)
#define EVERY_MS   400 /* then one each */
#define FIRST      6   /* round of the producer: those before it are there */
#define TRIES_MS   900 /* what the attempts took */
#define ATTEMPTS   "3"
#define BATCH      "20"
#define CONNECT_MS 1000

struct feed {
    const char *path;
    int64_t start; /* wall ms */
    pthread_t producer, consumer;
    atomic_bool stop;
    atomic_llong produced, handled, dead;
};

/* ---- Redis --------------------------------------------------------------- */

static void nap(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* The connection, made again if it was lost; NULL when the feed stops. */
static redisContext *connected(struct feed *f, redisContext *c)
{
    const struct timeval limit = { CONNECT_MS / 1000, 0 };

    while (!atomic_load(&f->stop)) {
        if (c && !c->err)
            return c;
        redisFree(c);
        c = redisConnectUnixWithTimeout(f->path, limit);
        if (c && c->err)
            nap(100);
    }
    redisFree(c);
    return NULL;
}

static bool command(redisContext *c, int argc, const char **argv)
{
    redisReply *r = redisCommandArgv(c, argc, argv, NULL);
    bool ok = r && r->type != REDIS_REPLY_ERROR;

    freeReplyObject(r);
    return ok;
}

#define COMMAND(c, ...)                                                        \
    command(c,                                                                 \
            (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)),   \
            (const char *[]){ __VA_ARGS__ })

/* ---- the producer -------------------------------------------------------- */

/* The id for round n: what is made at the start is spread over the past. */
static const char *id_of(const struct feed *f, long n, char out[32])
{
    if (n > WARM)
        return "*";
    snprintf(out, 32, "%lld-0",
             (long long)(f->start - PAST_MS + n * (PAST_MS / (WARM + 1))));
    return out;
}

static void produce_order(const struct feed *f, redisContext *c, long n)
{
    char order[24], amount[24], iban[32], id[32];

    snprintf(order, sizeof order, "o-%ld", 4100 + n);
    snprintf(amount, sizeof amount, "%ld.%02ld", 20 + n * 7 % 400,
             n * 13 % 100);
    snprintf(iban, sizeof iban, "DE00 1234 5678 %04ld", n % 10000);
    if (n % 40 == 9)
        COMMAND(c, "XADD", "orders", id_of(f, n, id), "order", order, "iban",
                iban);
    else
        COMMAND(c, "XADD", "orders", id_of(f, n, id), "order", order, "amount",
                amount, "currency", n % 80 == 33 ? "XBT" : "EUR", "iban", iban);
}

static void produce_event(const struct feed *f, redisContext *c, long n)
{
    static const char *const severities[] = { "info", "warning", "critical" };
    const char *severity = n % 120 == 61 ? "loud" : severities[n % 3];
    const char *channel = "#alerts", *more = "";
    char trace[24], text[200], id[32];

    if (n % 20 == 7) {
        channel = "#old-alerts";
        more = ",\"password\":\"hunter2-demo\"";
    }
    snprintf(trace, sizeof trace, "t-%05ld", n);
    snprintf(text, sizeof text,
             "{\"channel\":\"%s\",\"text\":\"disk %ld%% full\"%s}", channel,
             70 + n % 30, more);
    COMMAND(c, "XADD", "notify.events", id_of(f, n, id), "traceId", trace,
            "severity", severity, "payload", text);
}

/* A second notifier that died with work in hand; an archive that is slow. */
static void prepare(const struct feed *f, redisContext *c)
{
    COMMAND(c, "XGROUP", "CREATE", "orders", "billing", "0", "MKSTREAM");
    COMMAND(c, "XGROUP", "CREATE", "orders", "archive", "0");
    COMMAND(c, "XGROUP", "CREATE", "notify.events", "notifier", "0",
            "MKSTREAM");
    for (long n = 1; n < FIRST; n++) {
        produce_order(f, c, n);
        produce_event(f, c, n);
    }
    COMMAND(c, "XREADGROUP", "GROUP", "notifier", "notifier-2", "COUNT", "3",
            "STREAMS", "notify.events", ">");
    COMMAND(c, "XREADGROUP", "GROUP", "archive", "archive-1", "NOACK", "COUNT",
            "10", "STREAMS", "orders", ">");
}

static void *producer(void *arg)
{
    struct feed *f = arg;
    redisContext *c = NULL;

    for (long n = FIRST; (c = connected(f, c)); n++) {
        produce_order(f, c, n);
        produce_event(f, c, n);
        atomic_store(&f->produced, 2 * n);
        if (n >= WARM)
            nap(EVERY_MS);
    }
    return NULL;
}

/* ---- the consumer -------------------------------------------------------- */

struct entry {
    const char *id;
    const char *fields[FIELDS * 2]; /* name, value, … */
    int count;
};

static const char *field(const struct entry *e, const char *name)
{
    for (int i = 0; i + 1 < e->count; i += 2)
        if (strcmp(e->fields[i], name) == 0)
            return e->fields[i + 1];
    return NULL;
}

/* NULL, or why it cannot be billed. */
static const char *bill(const struct entry *e)
{
    const char *currency = field(e, "currency");

    if (!field(e, "amount"))
        return "missing field \"amount\"";
    if (currency && strcmp(currency, "EUR") != 0)
        return "currency XBT has no rate";
    return NULL;
}

/* NULL, or why nobody can be told. The hook is well again by the time that
 * dead letters come back. */
static const char *notify(const struct entry *e)
{
    const char *severity = field(e, "severity");
    const char *payload = field(e, "payload");

    if (severity && strcmp(severity, "loud") == 0)
        return "unknown severity \"loud\"";
    if (payload && strstr(payload, "#old-alerts") && !field(e, "original_id"))
        return "HTTP 500 from hooks.slack.com";
    return NULL;
}

static const struct work {
    const char *stream, *dlq, *group, *consumer;
    const char *(*handle)(const struct entry *e);
} works[] = {
    { "orders", "orders.dlq", "billing", "billing-1", bill },
    { "notify.events", "notify.events.dlq", "notifier", "notifier-1", notify },
};

/* What a dead letter carries besides the fields of its message. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = { "error", "original_id", "attempts",
                                        "failed_at" };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(ours[i], name) == 0)
            return true;
    return false;
}

/* When it died, for the "*" of XADD and as a time: what is of the past also
 * died then, a moment later. */
static const char *died(const struct feed *f, const struct entry *e,
                        char id[32], char at[CLOCK_TEXT])
{
    int64_t ms = atoll(e->id) + TRIES_MS;

    snprintf(id, 32, "%lld-0", (long long)ms);
    clock_rfc3339(ms < f->start ? ms : clock_wall_ms(), at);
    return ms < f->start ? id : "*";
}

static void dead_letter(struct feed *f, redisContext *c, const struct work *w,
                        const struct entry *e, const char *error)
{
    char id[32], at[CLOCK_TEXT];
    const char *argv[3 + FIELDS * 2 + 8] = { "XADD", w->dlq,
                                             died(f, e, id, at) };
    const char *original = field(e, "original_id");
    int n = 3;

    for (int i = 0; i + 1 < e->count; i += 2) {
        if (is_ours(e->fields[i]))
            continue;
        argv[n++] = e->fields[i];
        argv[n++] = e->fields[i + 1];
    }
    argv[n++] = "error";
    argv[n++] = error;
    argv[n++] = "original_id";
    argv[n++] = original ? original : e->id;
    argv[n++] = "attempts";
    argv[n++] = ATTEMPTS;
    argv[n++] = "failed_at";
    argv[n++] = at;
    if (command(c, n, argv))
        atomic_fetch_add(&f->dead, 1);
}

static void consume_one(struct feed *f, redisContext *c, const struct work *w,
                        const redisReply *reply)
{
    const redisReply *values = reply->element[1];
    struct entry e = { .id = reply->element[0]->str };
    const char *error;

    for (size_t i = 0; i < values->elements && e.count < FIELDS * 2; i++)
        e.fields[e.count++] = values->element[i]->str;
    error = w->handle(&e);
    if (error)
        dead_letter(f, c, w, &e, error);
    else
        atomic_fetch_add(&f->handled, 1);
    COMMAND(c, "XACK", w->stream, w->group, e.id);
}

/* Reads one batch and handles it. */
static void consume(struct feed *f, redisContext *c, const struct work *w)
{
    redisReply *r = redisCommand(
        c, "XREADGROUP GROUP %s %s COUNT " BATCH " BLOCK 20 STREAMS %s >",
        w->group, w->consumer, w->stream);
    const redisReply *entries = NULL;

    if (r && r->type == REDIS_REPLY_ARRAY && r->elements == 1)
        entries = r->element[0]->element[1];
    for (size_t i = 0; entries && i < entries->elements; i++)
        consume_one(f, c, w, entries->element[i]);
    if (r && r->type == REDIS_REPLY_ERROR)
        nap(20);
    freeReplyObject(r);
}

static void *consumer(void *arg)
{
    struct feed *f = arg;
    redisContext *c = NULL;

    for (size_t i = 0; (c = connected(f, c)); i++)
        consume(f, c, &works[i % 2]);
    return NULL;
}

/* ---- life ---------------------------------------------------------------- */

struct feed *feed_start(const char *path)
{
    struct feed *f = xcalloc(1, sizeof *f);
    sigset_t all, before;
    redisContext *c;

    f->path = path;
    f->start = clock_wall_ms();
    c = connected(f, NULL);
    prepare(f, c);
    redisFree(c);
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&f->producer, NULL, producer, f);
    pthread_create(&f->consumer, NULL, consumer, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return f;
}

void feed_stop(struct feed *f)
{
    if (!f)
        return;
    atomic_store(&f->stop, true);
    pthread_join(f->producer, NULL);
    pthread_join(f->consumer, NULL);
    free(f);
}

int64_t feed_produced(struct feed *f)
{
    return atomic_load(&f->produced);
}

int64_t feed_handled(struct feed *f)
{
    return atomic_load(&f->handled);
}

int64_t feed_dead(struct feed *f)
{
    return atomic_load(&f->dead);
}

/* All but what the dead notifier holds. */
bool feed_warm(void *arg)
{
    struct feed *f = arg;

    return feed_produced(f) >= 2 * WARM &&
           feed_handled(f) + feed_dead(f) >= 2 * WARM - 3;
}

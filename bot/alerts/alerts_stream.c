/*
 * alerts_stream: the reader of alerts.stream. A thread of its own: it reads a
 * page, gives its events to the alerts thread as a batch, and confirms (XACK)
 * what was taken or is held. What fails is left pending, is claimed again
 * RETRY_MS later, as is what a dead replica left, and becomes a dead letter
 * after alerts.attempts deliveries, if it was its own fault.
 *
 * One batch is under way at a time. Nothing here blocks in Redis: a read that
 * waited there would be taken for a slow Redis by whoever measures it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define TURN_MS  50
#define PAGE     "500"
#define RETRY_MS "5000"
#define CLAIM_MS 1000
#define TIDY_MS  60000
#define GONE_MS  3600000 /* a consumer of ours that is heard of no more */
#define PREFIX   "opsbot:"
#define FIELDS   200 /* of an entry: more are not looked at */
#define FATE_MS  30000

/* An entry that was read. */
struct entry {
    char *id;
    char **fields; /* names and values in turn */
    size_t count;  /* of the pairs */
};

struct page {
    struct entry *items;
    size_t count;
};

/* What became of a batch. Shared with the alerts thread; whoever is last
 * frees it. */
struct fate {
    pthread_mutex_t lock;
    pthread_cond_t known;
    bool is_known, left;
    enum alerts_kept kept;
    char why[sizeof((struct err *)0)->text];
};

struct stream_reader {
    struct alerts *alerts;
    struct redis *redis;
    struct pulse *pulse;
    char consumer[64];
    bool grouped;              /* the group is there */
    int64_t claim_at, tidy_at; /* mono ms */
    _Atomic bool ending;
    struct news news;

    pthread_mutex_t lock; /* of these: */
    int64_t unread_since;
    char why[sizeof((struct alerts_facts *)0)->stream_why];
};

/* ---- pages ------------------------------------------------------------------ */

static void page_dispose(struct page *p)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t f = 0; f < 2 * p->items[i].count; f++)
            free(p->items[i].fields[f]);
        free(p->items[i].fields);
        free(p->items[i].id);
    }
    free(p->items);
    *p = (struct page){ 0 };
}

static struct entry entry_of(const struct reply *rep)
{
    const struct reply *fields = reply_at(rep, 1);
    struct entry e = { .id = xstrdup(reply_str(reply_at(rep, 0))),
                       .count = reply_count(fields) / 2 };

    if (e.count > FIELDS)
        e.count = FIELDS;
    e.fields = xcalloc(2 * e.count + 1, sizeof *e.fields);
    for (size_t i = 0; i < 2 * e.count; i++) {
        const struct reply *value = reply_at(fields, i);

        e.fields[i] = text_repair(reply_str(value), reply_len(value));
    }
    return e;
}

/* entries: as XRANGE gives them. Those that were deleted meanwhile have no
 * fields, and are none. */
static void page_read(struct page *p, const struct reply *entries)
{
    p->count = 0;
    p->items = xcalloc(reply_count(entries) + 1, sizeof *p->items);
    for (size_t i = 0; i < reply_count(entries); i++) {
        if (reply_count(reply_at(reply_at(entries, i), 1)) > 0)
            p->items[p->count++] = entry_of(reply_at(entries, i));
    }
}

/* ---- what becomes of a batch -------------------------------------------------- */

static void fate_free(struct fate *f)
{
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->known);
    free(f);
}

/* The alerts thread. */
static void fate_is(void *arg, enum alerts_kept kept, const char *why)
{
    struct fate *f = arg;
    bool last;

    pthread_mutex_lock(&f->lock);
    f->kept = kept;
    f->is_known = true;
    strncpy(f->why, why, sizeof f->why - 1);
    last = f->left;
    pthread_cond_signal(&f->known);
    pthread_mutex_unlock(&f->lock);
    if (last)
        fate_free(f);
}

/* Waits, as long as the alerts thread lives: it says so of every batch. */
static enum alerts_kept fate_wait(struct fate *f, struct err *err)
{
    int64_t until = clock_mono_ms() + FATE_MS;
    enum alerts_kept kept = ALERTS_REFUSED;
    bool more = true, known;

    pthread_mutex_lock(&f->lock);
    while (!f->is_known && more)
        more = cond_wait(&f->known, &f->lock, until);
    known = f->is_known;
    f->left = true;
    if (known)
        kept = f->kept;
    err_set(err, ERR_DB, "%s",
            known ? f->why : "the alerts thread did not get to it in time");
    pthread_mutex_unlock(&f->lock);
    if (known)
        fate_free(f);
    return kept;
}

/* Takes events. */
static enum alerts_kept give(struct stream_reader *s,
                             struct alert_event *events, size_t count,
                             struct err *err)
{
    struct alerts_batch *b = alerts_batch_new(events, count);
    struct fate *f = xcalloc(1, sizeof *f);

    pthread_mutex_init(&f->lock, NULL);
    cond_init(&f->known);
    b->again = true;
    b->done = fate_is;
    b->arg = f;
    if (alerts_submit(s->alerts, b) == PUSH_OK)
        return fate_wait(f, err);
    alerts_batch_free(b);
    fate_free(f);
    err_set(err, ERR_BUSY, "too many alerts wait");
    return ALERTS_REFUSED;
}

/* ---- confirming ------------------------------------------------------------------ */

static const struct config_alerts *settings(const struct stream_reader *s)
{
    return &config_now(s->alerts->needs.config)->alerts;
}

static bool confirm(struct stream_reader *s, const struct entry *entries,
                    size_t count, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const char **argv = xmalloc((count + 3) * sizeof *argv);
    bool ok;

    argv[0] = "XACK";
    argv[1] = cfg->stream;
    argv[2] = cfg->group;
    for (size_t i = 0; i < count; i++)
        argv[i + 3] = entries[i].id;
    ok = redis_do(s->redis, err, (int)count + 3, argv) != NULL;
    free(argv);
    return ok;
}

/* How often it was delivered; 0: it is not pending any more. */
static bool deliveries(struct stream_reader *s, const struct entry *e,
                       int64_t *count, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const struct reply *rep = redis_one(s->redis, err, "XPENDING", cfg->stream,
                                        cfg->group, e->id, e->id, "1");

    *count = rep ? reply_int(reply_at(reply_at(rep, 0), 3)) : 0;
    return rep != NULL;
}

/* Whoever still finds it pending moves it: once, whatever replicas do. */
static const struct redis_script bury = {
    "bury an alert",
    "local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)\n"
    "if #p == 0 then return 0 end\n"
    "local f = {}\n"
    "for i = 3, #ARGV do f[#f + 1] = ARGV[i] end\n"
    "redis.call('XADD', KEYS[2], '*', unpack(f))\n"
    "redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])\n"
    "return 1\n"
};

static bool to_the_dead(struct stream_reader *s, const struct entry *e,
                        int64_t times, const char *why, struct err *err)
{
    const struct config *cfg = config_now(s->alerts->needs.config);
    const char **argv = xcalloc(2 * e->count + 12, sizeof *argv);
    char attempts[TEXT_NUMBER], at[CLOCK_TEXT];
    const struct reply *rep;
    int n = 0;

    argv[n++] = cfg->alerts.stream;
    argv[n++] = cfg->alerts.dead;
    argv[n++] = cfg->alerts.group;
    argv[n++] = e->id;
    for (size_t i = 0; i < 2 * e->count; i++)
        argv[n++] = e->fields[i];
    argv[n++] = cfg->dlq.error;
    argv[n++] = why;
    argv[n++] = cfg->dlq.original_id;
    argv[n++] = e->id;
    argv[n++] = cfg->dlq.attempts;
    argv[n++] = text_number(attempts, times);
    argv[n++] = cfg->dlq.failed_at;
    argv[n++] = clock_rfc3339(clock_wall_ms(), at);
    redis_reset(s->redis);
    rep = redis_eval(s->redis, &bury, 2, n, argv, NULL, err);
    if (rep && reply_int(rep) == 1) {
        atomic_fetch_add(&s->alerts->dead, 1);
        log_error("alerts", NULL,
                  "entry %s of %s cannot be taken (%s): it is a dead letter "
                  "of %s now",
                  e->id, cfg->alerts.stream, why, cfg->alerts.dead);
    }
    free(argv);
    return rep != NULL;
}

/* It failed, and that is its own fault. */
static bool failed(struct stream_reader *s, const struct entry *e,
                   const char *why, struct err *err)
{
    int64_t times;

    if (!deliveries(s, e, &times, err))
        return false;
    if (times >= settings(s)->attempts)
        return to_the_dead(s, e, times, why, err);
    if (times == 1)
        log_warn("alerts", NULL, "entry %s of %s cannot be taken: %s", e->id,
                 settings(s)->stream, why);
    return true;
}

/* ---- taking a page ------------------------------------------------------------------ */

/* *is: the entry is an event; if it is none, that was seen to. */
static bool event_of(struct stream_reader *s, const struct entry *e,
                     struct alert_event *out, bool *is, struct err *err)
{
    struct err why = { 0 };

    *is = event_of_fields(out, config_now(s->alerts->needs.config), e->id,
                          (const char *const *)e->fields, e->count, &why);
    return *is || failed(s, e, why.text, err);
}

static bool take_entry(struct stream_reader *s, const struct entry *e,
                       struct err *err)
{
    struct alert_event *event = xcalloc(1, sizeof *event);
    enum alerts_kept kept;
    struct err why = { 0 };
    bool is, ok = event_of(s, e, event, &is, err);

    if (!is) {
        free(event);
        return ok;
    }
    kept = give(s, event, 1, &why);
    if (kept == ALERTS_POISON)
        return failed(s, e, why.text, err);
    if (kept == ALERTS_REFUSED) {
        *err = why; /* it is left pending, and is no worse for that */
        return false;
    }
    return confirm(s, e, 1, err);
}

static bool take_each(struct stream_reader *s, const struct page *p,
                      struct err *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (!take_entry(s, &p->items[i], err))
            return false;
    return true;
}

/* All of them together; when one of them is in the way, each for itself. */
static bool take_page(struct stream_reader *s, const struct page *p,
                      struct err *err)
{
    struct alert_event *events = xcalloc(p->count + 1, sizeof *events);
    struct entry *good = xcalloc(p->count + 1, sizeof *good);
    enum alerts_kept kept = ALERTS_TAKEN;
    size_t count = 0;
    bool ok = true, is;

    for (size_t i = 0; ok && i < p->count; i++) {
        ok = event_of(s, &p->items[i], &events[count], &is, err);
        if (is)
            good[count++] = p->items[i];
    }
    if (ok && count > 0)
        kept = give(s, events, count, err);
    else
        events_free(events, count);
    if (!ok || count == 0)
        ; /* what is bad was seen to */
    else if (kept == ALERTS_POISON)
        ok = take_each(s, &(struct page){ good, count }, err);
    else
        ok = kept != ALERTS_REFUSED && confirm(s, good, count, err);
    free(good);
    return ok;
}

/* ---- reading -------------------------------------------------------------------------- */

static bool make_group(struct stream_reader *s, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const char *why;

    redis_reset(s->redis);
    redis_cmd(s->redis, "XGROUP", "CREATE", cfg->stream, cfg->group, "0",
              "MKSTREAM");
    if (!redis_run(s->redis, err))
        return false;
    why = reply_error(redis_reply(s->redis, 0));
    if (why && strncmp(why, "BUSYGROUP", 9) != 0)
        return err_set(err, ERR_REDIS, "%s cannot be read: %s", cfg->stream,
                       why);
    s->grouped = true;
    return true;
}

/* The reply of one command; NULL: it failed. A group that is gone is made anew
 * at the next turn. */
static const struct reply *asked(struct stream_reader *s, struct err *err)
{
    const char *why;

    if (!redis_run(s->redis, err))
        return NULL;
    why = reply_error(redis_reply(s->redis, 0));
    if (!why)
        return redis_reply(s->redis, 0);
    if (strncmp(why, "NOGROUP", 7) == 0)
        s->grouped = false;
    err_set(err, ERR_REDIS, "%s cannot be read: %s", settings(s)->stream, why);
    return NULL;
}

/* *count: how many there were. */
static bool read_new(struct stream_reader *s, size_t *count, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const struct reply *rep;
    struct page page;
    bool ok;

    *count = 0;
    redis_reset(s->redis);
    redis_cmd(s->redis, "XREADGROUP", "GROUP", cfg->group, s->consumer, "COUNT",
              PAGE, "STREAMS", cfg->stream, ">");
    rep = asked(s, err);
    if (!rep)
        return false;
    page_read(&page, reply_at(reply_at(rep, 0), 1));
    *count = page.count;
    ok = page.count == 0 || take_page(s, &page, err);
    page_dispose(&page);
    return ok;
}

/* What failed, and what dead consumers left. */
static bool claim(struct stream_reader *s, size_t *count, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const struct reply *rep;
    struct page page;
    bool ok;

    redis_reset(s->redis);
    redis_cmd(s->redis, "XAUTOCLAIM", cfg->stream, cfg->group, s->consumer,
              RETRY_MS, "0-0", "COUNT", PAGE);
    rep = asked(s, err);
    if (!rep)
        return false;
    page_read(&page, reply_at(rep, 1));
    *count += page.count;
    ok = page.count == 0 || take_page(s, &page, err);
    page_dispose(&page);
    return ok;
}

/* Ours that have nothing pending and were not heard of for long: each start
 * has a name of its own. */
static bool tidy(struct stream_reader *s, struct err *err)
{
    const struct config_alerts *cfg = settings(s);
    const struct reply *rep;
    char *gone = NULL;

    redis_reset(s->redis);
    redis_cmd(s->redis, "XINFO", "CONSUMERS", cfg->stream, cfg->group);
    rep = asked(s, err);
    for (size_t i = 0; !gone && i < reply_count(rep); i++) {
        const struct reply *c = reply_at(rep, i);
        const char *name = reply_str(reply_field(c, "name"));

        if (strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
            strcmp(name, s->consumer) != 0 &&
            reply_int(reply_field(c, "pending")) == 0 &&
            reply_int(reply_field(c, "idle")) > GONE_MS)
            gone = xstrdup(name);
    }
    if (gone)
        rep = redis_one(s->redis, err, "XGROUP", "DELCONSUMER", cfg->stream,
                        cfg->group, gone);
    free(gone);
    return rep != NULL;
}

static bool turn_once(struct stream_reader *s, size_t *count, struct err *err)
{
    int64_t now = clock_mono_ms();

    *count = 0;
    if (!s->grouped && !make_group(s, err))
        return false;
    if (!read_new(s, count, err))
        return false;
    if (now >= s->claim_at) {
        s->claim_at = now + CLAIM_MS;
        if (!claim(s, count, err))
            return false;
    }
    if (now >= s->tidy_at) {
        s->tidy_at = now + TIDY_MS;
        return tidy(s, err);
    }
    return true;
}

/* ---- the thread ------------------------------------------------------------------------ */

static void say_state(struct stream_reader *s, bool ok, const char *why)
{
    char *cut = text_cut(ok ? "" : why, sizeof s->why / 4);

    pthread_mutex_lock(&s->lock);
    if (ok)
        s->unread_since = 0;
    else if (!s->unread_since)
        s->unread_since = clock_wall_ms();
    snprintf(s->why, sizeof s->why, "%s", cut);
    pthread_mutex_unlock(&s->lock);
    free(cut);
    if (ok)
        news_over(&s->news);
    else if (news_is(&s->news, why))
        log_warn("alerts", NULL, "%s", why);
}

/* As long as there is something to read. */
static void turn(void *arg)
{
    struct stream_reader *s = arg;
    size_t count = 1;
    bool ok = true;
    struct err err = { 0 };

    if (!settings(s)->stream[0] || !settings(s)->on)
        return;
    while (ok && count > 0 && !atomic_load(&s->ending)) {
        ok = turn_once(s, &count, &err);
        say_state(s, ok, err.text);
    }
}

struct stream_reader *stream_reader_start(struct alerts *a, struct err *err)
{
    struct stream_reader *s = xcalloc(1, sizeof *s);
    const struct config *cfg = config_now(a->needs.config);

    s->alerts = a;
    snprintf(s->consumer, sizeof s->consumer, PREFIX "%s", a->needs.replica);
    s->redis = redis_new(&cfg->redis, a->needs.redis);
    s->tidy_at = clock_mono_ms() + TIDY_MS;
    pthread_mutex_init(&s->lock, NULL);
    s->pulse = pulse_start("alerts stream", TURN_MS, turn, s, err);
    if (s->pulse)
        return s;
    stream_reader_stop(s);
    return NULL;
}

void stream_reader_end(struct stream_reader *s)
{
    if (!s)
        return;
    atomic_store(&s->ending, true);
    pulse_end(s->pulse);
}

void stream_reader_stop(struct stream_reader *s)
{
    if (!s)
        return;
    stream_reader_end(s);
    pulse_stop(s->pulse);
    redis_free(s->redis);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void stream_reader_facts(struct stream_reader *s, struct alerts_facts *out)
{
    if (!s)
        return;
    out->stream_turned_ms = pulse_turned_ms(s->pulse);
    pthread_mutex_lock(&s->lock);
    out->stream_unread_since = s->unread_since;
    memcpy(out->stream_why, s->why, sizeof out->stream_why);
    pthread_mutex_unlock(&s->lock);
}

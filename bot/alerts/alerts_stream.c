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

#include "bot/alerts/alerts_stream_int.h"
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
#define FATE_MS  30000

/* ---- giving ------------------------------------------------------------------ */

/* Takes events. */
static enum alerts_kept give(struct stream_reader *s,
                             struct alert_event *events, size_t count,
                             struct err *err)
{
    struct alerts_batch *b = alerts_batch_new(events, count);
    enum alerts_kept kept;

    b->again = true;
    (void)alerts_wait(s->alerts, b, FATE_MS, &kept, err);
    return kept;
}

/* ---- confirming ------------------------------------------------------------------ */

static bool confirm(struct stream_reader *s, const struct entry *entries,
                    size_t count, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
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

/* ---- taking a page ------------------------------------------------------------------ */

/* *is: the entry is an event that counts; if it is none, that was seen to. */
static bool event_of(struct stream_reader *s, const struct entry *e,
                     struct alert_event *out, bool *is, struct err *err)
{
    struct err why = { 0 };

    *is = event_of_fields(out, config_now(s->alerts->needs.config), e->id,
                          (const char *const *)e->fields, e->count, &why);
    if (!*is)
        return entry_failed(s, e, why.text, err);
    if (out->resolved || !entry_is_old(s, e))
        return true;
    *is = false;
    event_dispose(out);
    *out = (struct alert_event){ 0 };
    atomic_fetch_add(&s->alerts->old, 1);
    s->passed++;
    return confirm(s, e, 1, err);
}

/* At the end of a turn: nothing that is passed over goes unsaid. */
static void say_passed(struct stream_reader *s)
{
    if (s->passed)
        log_warn("alerts", NULL,
                 "%zu entries of %s are older than alerts.max_age: they are "
                 "confirmed, and fire nothing",
                 s->passed, stream_settings(s)->stream);
    s->passed = 0;
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
        return entry_failed(s, e, why.text, err);
    if (kept == ALERTS_REFUSED) {
        *err = why; /* it is left pending, and is no worse for that */
        return false;
    }
    return confirm(s, e, 1, err);
}

static bool take_each(struct stream_reader *s, const struct entries *p,
                      struct err *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (!take_entry(s, &p->items[i], err))
            return false;
    return true;
}

/* All of them together; when one of them is in the way, each for itself. */
static bool take_page(struct stream_reader *s, const struct entries *p,
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
        ok = take_each(s, &(struct entries){ good, count }, err);
    else
        ok = kept != ALERTS_REFUSED && confirm(s, good, count, err);
    free(good);
    return ok;
}

/* ---- reading -------------------------------------------------------------------------- */

static bool make_group(struct stream_reader *s, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
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
    err_set(err, ERR_REDIS, "%s cannot be read: %s", stream_settings(s)->stream,
            why);
    return NULL;
}

/* *count: how many there were. */
static bool read_new(struct stream_reader *s, size_t *count, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
    const struct reply *rep;
    struct entries page;
    bool ok;

    *count = 0;
    redis_reset(s->redis);
    redis_cmd(s->redis, "XREADGROUP", "GROUP", cfg->group, s->consumer, "COUNT",
              PAGE, "STREAMS", cfg->stream, ">");
    rep = asked(s, err);
    if (!rep)
        return false;
    entries_read(&page, reply_at(reply_at(rep, 0), 1));
    *count = page.count;
    ok = page.count == 0 || take_page(s, &page, err);
    entries_dispose(&page);
    return ok;
}

/* What failed, and what dead consumers left. */
static bool claim(struct stream_reader *s, size_t *count, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
    const struct reply *rep;
    struct entries page;
    bool ok;

    redis_reset(s->redis);
    redis_cmd(s->redis, "XAUTOCLAIM", cfg->stream, cfg->group, s->consumer,
              RETRY_MS, "0-0", "COUNT", PAGE);
    rep = asked(s, err);
    if (!rep)
        return false;
    entries_read(&page, reply_at(rep, 1));
    *count += page.count;
    ok = page.count == 0 || take_page(s, &page, err);
    entries_dispose(&page);
    return ok;
}

/* Ours that have nothing pending and were not heard of for long: each start
 * has a name of its own. */
static bool tidy(struct stream_reader *s, struct err *err)
{
    const struct config_alerts *cfg = stream_settings(s);
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

    if (!stream_settings(s)->stream[0] || !stream_settings(s)->on)
        return;
    while (ok && count > 0 && !atomic_load(&s->ending)) {
        ok = turn_once(s, &count, &err);
        say_state(s, ok, err.text);
    }
    say_passed(s);
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

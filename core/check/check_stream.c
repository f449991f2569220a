/*
 * check_stream: a stream is there, is read by its groups in time, and its dead
 * letters are few and do not grow. Kept between askings: the connection, and
 * how many dead letters there were in the last ten minutes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/check/check_parts.h"
#include "core/ops/streams.h"

#define WINDOW_MS ((int64_t)10 * 60 * 1000)
#define SAMPLES   60
#define STEP_MS   (WINDOW_MS / SAMPLES)

/* The fewest dead letters of a tenth of a minute. */
struct sample {
    int64_t at; /* mono ms: when that began */
    int64_t fewest;
};

struct stream_check {
    struct store_health health;
    struct redis *redis;
    const char *stream;
    char *dlq;
    struct sample samples[SAMPLES + 1]; /* the oldest first */
    size_t count;
};

static void *stream_open(const struct config_check *spec,
                         const struct check_world *world)
{
    const struct config *cfg = config_now(world->config);
    struct stream_check *s = xcalloc(1, sizeof *s);

    s->health.name = "Redis";
    s->health.quiet = true;
    s->redis = redis_new(&cfg->redis, &s->health);
    s->stream = spec->stream;
    return s;
}

/* A reload may name another DLQ: what was seen of the one before says nothing
 * of that. */
static void name_dlq(struct stream_check *s, const struct config *cfg)
{
    char *dlq = NULL;

    for (unsigned i = 0; i < cfg->streams_count; i++)
        if (strcmp(cfg->streams[i].name, s->stream) == 0)
            dlq = xstrdup(cfg->streams[i].dlq);
    if (!dlq)
        dlq = xasprintf("%s.dlq", s->stream);
    if (s->dlq && strcmp(s->dlq, dlq) != 0)
        s->count = 0;
    free(s->dlq);
    s->dlq = dlq;
}

static void stream_close(void *kept)
{
    struct stream_check *s = kept;

    redis_free(s->redis);
    free(s->dlq);
    free(s);
}

/* ---- how they grow ---------------------------------------------------------------- */

/* How many more there are than when they were fewest in the window. Requeued
 * ones that die again count: that is why it is not the oldest sample. */
static int64_t growth(struct stream_check *s, int64_t dead, int64_t now)
{
    struct sample *last;
    int64_t fewest = dead;
    size_t old = 0;

    while (old < s->count && s->samples[old].at + WINDOW_MS < now)
        old++;
    if (old == s->count && old > 0)
        old--; /* asked more seldom than that: the last one has to do */
    s->count -= old;
    memmove(s->samples, s->samples + old, s->count * sizeof *s->samples);
    for (size_t i = 0; i < s->count; i++)
        if (s->samples[i].fewest < fewest)
            fewest = s->samples[i].fewest;
    last = s->count ? &s->samples[s->count - 1] : NULL;
    if (last && now - last->at < STEP_MS)
        last->fewest = dead < last->fewest ? dead : last->fewest;
    else
        s->samples[s->count++] = (struct sample){ now, dead };
    return dead - fewest;
}

/* ---- what may be wrong ------------------------------------------------------------- */

struct findings {
    struct check_ask *ask;
    struct buf text;
    int64_t lag, oldest_ms; /* the most of any group; -1: none */
};

static void over(struct findings *f, const char *what, int64_t is,
                 unsigned most)
{
    if (most == CONFIG_NO_LIMIT || is <= (int64_t)most)
        return;
    buf_fmt(&f->text, "%s%s %lld > %u", f->text.len ? "; " : "", what,
            (long long)is, most);
}

/* Where entries were deleted Redis does not know the lag: as many as there
 * are is the most it can be. */
static void look_at_group(struct findings *f, const struct stream_info *s,
                          const struct group_info *g)
{
    const struct config_check *spec = f->ask->spec;
    char what[300], age[CLOCK_TEXT], limit[CLOCK_TEXT];
    int64_t lag = g->lag >= 0 ? g->lag : s->length;

    f->lag = lag > f->lag ? lag : f->lag;
    if (g->oldest_pending_ms > f->oldest_ms)
        f->oldest_ms = g->oldest_pending_ms;
    snprintf(what, sizeof what, "lag of %s%s", g->name,
             g->lag >= 0 ? "" : " (at most)");
    over(f, what, lag, spec->expect.lag);
    if (spec->expect.pending_s == CONFIG_NO_LIMIT ||
        g->oldest_pending_ms <= (int64_t)spec->expect.pending_s * 1000)
        return;
    buf_fmt(&f->text, "%soldest pending of %s %s > %s", f->text.len ? "; " : "",
            g->name, clock_age(g->oldest_pending_ms, age),
            clock_age((int64_t)spec->expect.pending_s * 1000, limit));
}

static void name_groups(struct buf *out, const struct stream_info *s)
{
    for (size_t i = 0; i < s->group_count; i++)
        buf_fmt(out, "%s%s", i ? ", " : "", s->groups[i].name);
}

/* Of the group that is named, or of all. */
static void look_at_groups(struct findings *f, const struct stream_info *s)
{
    const struct config_check *spec = f->ask->spec;
    bool any = false;

    for (size_t i = 0; i < s->group_count; i++) {
        if (spec->group && strcmp(spec->group, s->groups[i].name) != 0)
            continue;
        any = true;
        look_at_group(f, s, &s->groups[i]);
    }
    if (any)
        return;
    if (spec->group) {
        buf_fmt(&f->text, "%s has no group %s", s->name, spec->group);
        if (s->group_count) {
            buf_str(&f->text, ", but ");
            name_groups(&f->text, s);
        }
    } else if (spec->expect.lag != CONFIG_NO_LIMIT ||
               spec->expect.pending_s != CONFIG_NO_LIMIT) {
        buf_fmt(&f->text, "%s has no group: nobody reads it", s->name);
    }
}

static void look_at_dead(struct findings *f, struct stream_check *s,
                         int64_t dead)
{
    const struct config_check *spec = f->ask->spec;
    int64_t more = growth(s, dead, clock_mono_ms());

    over(f, "dead letters", dead, spec->expect.dead);
    if (spec->expect.dead_growth != CONFIG_NO_LIMIT &&
        more > (int64_t)spec->expect.dead_growth)
        buf_fmt(&f->text, "%sdead letters +%lld in 10 m > +%u",
                f->text.len ? "; " : "", (long long)more,
                spec->expect.dead_growth);
}

static void say_ok(const struct findings *f, int64_t dead)
{
    char age[CLOCK_TEXT], pending[64] = "";

    if (f->oldest_ms >= 0)
        snprintf(pending, sizeof pending, ", oldest pending %s",
                 clock_age(f->oldest_ms, age));
    check_ok(f->ask, "lag %lld%s, dead %lld",
             (long long)(f->lag > 0 ? f->lag : 0), pending, (long long)dead);
}

/* ---- asking ------------------------------------------------------------------------ */

static void judge(struct check_ask *ask, struct stream_check *s,
                  const struct stream_info *info, int64_t dead)
{
    struct findings f = { .ask = ask, .lag = -1, .oldest_ms = -1 };

    if (!info->exists)
        buf_fmt(&f.text, "there is no stream %s in Redis", s->stream);
    else
        look_at_groups(&f, info);
    look_at_dead(&f, s, dead);
    if (f.text.len)
        check_bad(ask, "%s", buf_text(&f.text));
    else
        say_ok(&f, dead);
    buf_dispose(&f.text);
}

static bool count_dead(struct check_ask *ask, struct stream_check *s,
                       int64_t *dead, struct err *err)
{
    const struct reply *rep;

    redis_deadline(s->redis, check_left_ms(ask));
    rep = redis_one(s->redis, err, "XLEN", s->dlq);
    if (rep)
        *dead = reply_int(rep);
    return rep != NULL;
}

static void stream_run(struct check_ask *ask)
{
    const struct config *cfg = config_now(ask->world->config);
    struct stream_check *s = ask->kept;
    struct stream_report report = { 0 };
    struct err err = { 0 };
    int64_t dead = 0;

    name_dlq(s, cfg);
    s->health.down_since = 0; /* its own: each asking tries again */
    redis_deadline(s->redis, check_left_ms(ask) / 2);
    if (streams_report(s->redis, cfg, s->stream, clock_wall_ms(), &report,
                       &err) &&
        count_dead(ask, s, &dead, &err))
        judge(ask, s, &report.streams[0], dead);
    else if (check_is_over(ask))
        check_late(ask);
    else
        check_bad(ask, "%s", err.text);
    stream_report_dispose(&report);
}

const struct check_type check_stream = { stream_open, stream_run,
                                         stream_close };

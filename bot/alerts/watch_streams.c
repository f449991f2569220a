/*
 * watch_streams: dead letters and lag, in Redis; causes never seen before, by
 * Postgres; and replicas that are no more. See watch_int.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bot/alerts/watch_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define INFLOW_MS   600000
#define CAUSES_MOST 5 /* of one queue: more are one line of the last */
#define GONE_MOST   16

static const char runbook[] = "deploy/runbooks/dead-letters.md";

/* ---- dead letters ------------------------------------------------------------- */

/* kind, subject, severity, since when, and what there is to say of it. Takes
 * title and message. */
static void holds(struct watch *w, const struct own_fact *what,
                  const char *stream, char *title, char *message)
{
    struct own_fact fact = *what;

    fact.title = title;
    fact.message = message;
    fact.runbook = runbook;
    fact.labels =
        (const char *const[]){ "stream", stream, "service", stream, NULL };
    own_holds(w->own, &fact);
    free(title);
    free(message);
}

static void look_at_age(struct watch *w, const struct dlq_look *l,
                        int64_t limit, int64_t now)
{
    char text[CLOCK_TEXT], at[CLOCK_TEXT];

    if (limit == 0 || l->oldest_at == 0 || now - l->oldest_at <= limit)
        return;
    holds(w,
          &(struct own_fact){ .kind = OWN_DLQ_AGE,
                              .subject = l->stream,
                              .severity = ALERT_WARNING,
                              .at = l->oldest_at + limit },
          l->stream,
          xasprintf("%s: a dead letter has waited for more than %s", l->stream,
                    clock_age(limit, text)),
          xasprintf("%lld in %s, the oldest since %s. `dlq show %s` shows them"
                    " and why they died.",
                    (long long)l->depth, l->dlq,
                    clock_rfc3339(l->oldest_at, at), l->stream));
}

/* It is over at half of the limit: one that is about there is one alert. */
static void look_at_inflow(struct watch *w, const struct dlq_look *l,
                           unsigned limit, int64_t now)
{
    int64_t came = dlq_came_since(l, now - INFLOW_MS);
    int64_t least = limit;
    bool all = l->sampled < (size_t)l->depth && (size_t)came == l->sampled;

    if (own_stands(w->own, OWN_DLQ_INFLOW, l->stream))
        least = limit / 2;
    if (limit == 0 || (came <= least && !all))
        return;
    holds(w,
          &(struct own_fact){ .kind = OWN_DLQ_INFLOW,
                              .subject = l->stream,
                              .severity = ALERT_WARNING,
                              .at = now },
          l->stream,
          xasprintf("%s: more than %u new dead letters in 10 minutes",
                    l->stream, limit),
          xasprintf("%s%lld in 10 minutes, %lld in all. `dlq show %s` shows"
                    " them and why they died.",
                    all ? "at least " : "", (long long)came,
                    (long long)l->depth, l->stream));
}

/* Severity up, against what is known already (field.md 8). */
static void look_at_cause(struct watch *w, const struct dlq_look *l,
                          const struct dlq_fresh *fresh, size_t more)
{
    char *subject = xasprintf("%s\n%s", l->stream, fresh->cause);
    char rest[80] = "";

    if (more)
        snprintf(rest, sizeof rest, " And %zu other cause(s) just as new.",
                 more);
    holds(w,
          &(struct own_fact){ .kind = OWN_DLQ_CAUSE,
                              .subject = subject,
                              .severity = ALERT_HIGH,
                              .at = fresh->first },
          l->stream,
          xasprintf("%s: dead letters of a cause never seen before: %s",
                    l->stream, fresh->cause),
          xasprintf("No entry of %s has died of this before: a change, or"
                    " something new from outside. It is over when none of them"
                    " is left.%s",
                    l->stream, rest));
    free(subject);
}

static void look_at_causes(struct watch *w, const struct dlq_look *l)
{
    size_t count = l->fresh_count;

    for (size_t i = 0; i < count && i < CAUSES_MOST; i++)
        look_at_cause(w, l, &l->fresh[i],
                      i == CAUSES_MOST - 1 ? count - CAUSES_MOST : 0);
}

/* ---- lag ------------------------------------------------------------------------ */

static void look_at_group(struct watch *w, const struct stream_info *s,
                          const struct group_info *g, int64_t limit,
                          int64_t now)
{
    char *subject = xasprintf("%s\n%s", s->name, g->name);
    char text[CLOCK_TEXT];

    holds(w,
          &(struct own_fact){ .kind = OWN_LAG,
                              .subject = subject,
                              .severity = ALERT_HIGH,
                              .at = now - g->oldest_pending_ms + limit },
          s->name,
          xasprintf("%s: group %s has not confirmed an entry for more than %s",
                    s->name, g->name, clock_age(limit, text)),
          xasprintf("%lld pending, %zu of %zu consumers idle. `streams %s`"
                    " shows who has what.",
                    (long long)g->pending, g->idle_consumers, g->consumer_count,
                    s->name));
    free(subject);
}

static bool look_at_lag(struct watch *w, const struct config *cfg, int64_t now,
                        struct err *err)
{
    int64_t limit = cfg->alerts.watch.lag_ms;
    struct stream_report report = { 0 };
    bool ok;

    if (limit && !streams_report(w->redis, cfg, NULL, now, &report, err))
        return false;
    for (size_t i = 0; i < report.count; i++)
        for (size_t j = 0; j < report.streams[i].group_count; j++)
            if (report.streams[i].groups[j].oldest_pending_ms > limit)
                look_at_group(w, &report.streams[i],
                              &report.streams[i].groups[j], limit, now);
    own_looked(w->own, OWN_LAG);
    ok = watch_samples(w, cfg, &report, err);
    stream_report_dispose(&report);
    return ok;
}

/* ---- all of it ------------------------------------------------------------------ */

/* A cause is learnt where Postgres is there to remember it. */
static bool causes(struct watch *w, const struct config *cfg, struct err *err)
{
    if (!store_up(w->needs.postgres))
        return true;
    for (size_t i = 0; cfg->alerts.watch.dlq_causes && i < w->looks.count;
         i++) {
        if (!dlq_causes_know(w->db, &w->looks.items[i], err))
            return false;
        look_at_causes(w, &w->looks.items[i]);
    }
    own_looked(w->own, OWN_DLQ_CAUSE);
    return true;
}

bool watch_streams(struct watch *w, const struct config *cfg, int64_t now,
                   struct err *err)
{
    const struct config_watch *limits = &cfg->alerts.watch;

    if ((limits->dlq_age_ms || limits->dlq_inflow || limits->dlq_causes) &&
        !dlq_look(&w->looks, w->redis, cfg, err))
        return false;
    for (size_t i = 0; i < w->looks.count; i++) {
        look_at_age(w, &w->looks.items[i], limits->dlq_age_ms, now);
        look_at_inflow(w, &w->looks.items[i], limits->dlq_inflow, now);
    }
    own_looked(w->own, OWN_DLQ_AGE);
    own_looked(w->own, OWN_DLQ_INFLOW);
    return causes(w, cfg, err) && look_at_lag(w, cfg, now, err);
}

bool watch_gone(struct watch *w, const struct config *cfg, struct err *err)
{
    const char *replicas[GONE_MOST];
    size_t count = own_replicas(w->own, replicas, GONE_MOST);

    redis_reset(w->redis);
    for (size_t i = 0; i < count; i++) {
        char *key = xasprintf("%sreplica:%s", cfg->redis_prefix, replicas[i]);

        redis_cmd(w->redis, "EXISTS", key);
        free(key);
    }
    if (count && !redis_run(w->redis, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (reply_int(redis_reply(w->redis, i)) == 0)
            own_gone(w->own, replicas[i]);
    return true;
}

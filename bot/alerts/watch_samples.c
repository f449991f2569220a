/*
 * watch_samples: how deep the queues are is kept for pictures of alerts about
 * them (core/alert/sample.h): each minute, and as soon as anything has
 * changed, for the picture comes a moment after the alert. See watch_int.h.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/watch_int.h"
#include "core/alert/sample.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define SAMPLE_MS 60000

static struct sample *sample_of(struct sample *samples, size_t *count,
                                const char *stream)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(samples[i].stream, stream) == 0)
            return &samples[i];
    samples[*count] =
        (struct sample){ .stream = stream, .dead = -1, .waits_ms = -1 };
    return &samples[(*count)++];
}

static int64_t longest(const struct stream_info *s)
{
    int64_t longest = 0;

    for (size_t i = 0; i < s->group_count; i++)
        if (s->groups[i].oldest_pending_ms > longest)
            longest = s->groups[i].oldest_pending_ms;
    return longest;
}

/* Changes with what alerts are about: depths, and who waits too long. */
static uint64_t sum_of(const struct sample *samples, size_t count,
                       int64_t limit)
{
    uint64_t sum = count;

    for (size_t i = 0; i < count; i++)
        sum = sum * 31 + (uint64_t)samples[i].dead * 2 +
              (limit && samples[i].waits_ms > limit);
    return sum;
}

static bool is_due(struct watch *w, uint64_t sum)
{
    int64_t now = clock_mono_ms();

    if (now < w->sample_due && sum == w->sample_sum)
        return false;
    w->sample_due = now + SAMPLE_MS;
    w->sample_sum = sum;
    return true;
}

bool watch_samples(struct watch *w, const struct config *cfg,
                   const struct stream_report *report, struct err *err)
{
    struct sample *samples =
        xcalloc(w->looks.count + report->count + 1, sizeof *samples);
    size_t count = 0;
    bool ok = true;

    for (size_t i = 0; i < w->looks.count; i++)
        sample_of(samples, &count, w->looks.items[i].stream)->dead =
            w->looks.items[i].depth;
    for (size_t i = 0; i < report->count; i++)
        sample_of(samples, &count, report->streams[i].name)->waits_ms =
            longest(&report->streams[i]);
    if (count && store_up(w->needs.postgres) &&
        is_due(w, sum_of(samples, count, cfg->alerts.watch.lag_ms)))
        ok = samples_add(w->db, samples, count, err);
    free(samples);
    return ok;
}

/* picture_fill: see picture_fill.h. */
#include "bot/alerts/picture_fill.h"

#include <math.h>
#include <stdlib.h>

#include "core/alert/sample.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/check/range.h"

void picture_dispose(struct picture *pic)
{
    group_dispose(&pic->g);
    free(pic->points);
    free(pic->bands);
    free(pic->ts);
    free(pic->what);
}

/* False: its link leads to no Prometheus of ours, or that does not say. */
static bool measured(const struct config *cfg, struct picture *pic)
{
    const struct config_check *spec = NULL;
    struct err err = { 0 };
    char *query = NULL;
    bool ok = false;

    for (size_t i = 0; i < pic->g.links_count && !spec; i++)
        spec = range_source(cfg, pic->g.links[i].url, &query);
    if (spec)
        ok = range_ask(spec, query, pic->chart.from, pic->chart.to,
                       PICTURE_POINTS, &pic->points, &pic->chart.points_count,
                       &err);
    if (spec && !ok)
        log_warn("pictures", NULL, "A-%lld has no line: %s",
                 (long long)pic->g.number, err.text);
    free(query);
    return ok && pic->chart.points_count > 0;
}

/* Takes what: the line's words in its alt text. */
static void about(struct picture *pic, char *what)
{
    free(pic->what);
    pic->what = what;
}

/* A stream's dead letters, or how long its oldest entry had waited. */
static bool queued(struct db *db, const struct config *cfg, struct picture *pic,
                   const struct picture_subject *s, struct err *err)
{
    int64_t limit = cfg->alerts.watch.lag_ms;

    if (s->waits && limit)
        pic->chart.limit = (double)limit / 1000;
    about(pic, s->waits ? xasprintf("%s: seconds that the oldest entry of %s"
                                    " had waited",
                                    pic->g.title, s->stream)
                        : xasprintf("%s: dead letters of %s", pic->g.title,
                                    s->stream));
    return samples_read(db, s->stream, s->waits ? SAMPLE_WAITS : SAMPLE_DEAD,
                        pic->chart.from, pic->chart.to, PICTURE_POINTS,
                        &pic->points, &pic->chart.points_count, err);
}

static bool checked(struct db *db, struct picture *pic,
                    const struct picture_subject *s, struct err *err)
{
    about(pic, xasprintf("%s: milliseconds that check %s took", pic->g.title,
                         s->check));
    return picture_checks(db, s->check, pic->chart.from, pic->chart.to,
                          &pic->points, &pic->chart.points_count, err);
}

/* What we know of it ourselves. */
static bool known(struct db *db, const struct config *cfg, struct picture *pic,
                  struct err *err)
{
    struct picture_subject s;
    bool ok = picture_subject(db, pic->g.number, &s, err);

    free(pic->points);
    pic->points = NULL;
    pic->chart.points_count = 0;
    if (ok && *s.check)
        ok = checked(db, pic, &s, err);
    else if (ok && *s.stream)
        ok = queued(db, cfg, pic, &s, err);
    if (ok && !pic->chart.points_count) {
        about(pic, xstrdup(pic->g.title));
        pic->chart.limit = NAN;
    }
    picture_subject_dispose(&s);
    return ok;
}

bool picture_fill(struct picture *pic, struct db *db, const struct config *cfg,
                  struct err *err)
{
    pic->chart = (struct chart){ .to = clock_wall_ms(),
                                 .limit = NAN,
                                 .mark = pic->g.started_at };
    pic->chart.from = pic->chart.to - PICTURE_BACK_MS;
    about(pic, xstrdup(pic->g.title));
    if (!picture_bands(db, pic->g.key, pic->chart.from, &pic->bands,
                       &pic->chart.bands_count, err))
        return false;
    if (!measured(cfg, pic) && !known(db, cfg, pic, err))
        return false;
    pic->chart.points = pic->points;
    pic->chart.bands = pic->bands;
    return true;
}

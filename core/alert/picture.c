/* picture: see picture.h. */
#include "core/alert/picture.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"

/* Of group g: who looks at its card wants to see how it came to that. */
#define WORTH                                                                  \
    "(g.severity <= 1 or starts_with(g.speaker, 'opsbot/dlq-')"                \
    " or starts_with(g.speaker, 'opsbot/lag/'))"

/* Only where a card is in Slack: the picture goes into its thread. */
static const struct db_stmt stmt_claim = {
    .name = "picture_claim",
    .sql = "update opsbot.alert_groups g set picture_at ="
           "  now() + $1::bigint * interval '1 ms',"
           " picture_tries = picture_tries + 1"
           " where g.id = (select g.id from opsbot.alert_groups g"
           "  where g.picture_at <= now() and " WORTH
           "  and exists (select from opsbot.outbox o"
           "   where o.thing = 'alert:' || g.id and o.ts <> '')"
           "  order by g.picture_at, g.id limit 1 for update skip locked)"
           " returning g.id, g.picture_tries",
    .params = 1,
};

static const struct db_stmt stmt_again = {
    .name = "picture_again",
    .sql = "update opsbot.alert_groups set picture_at ="
           "  now() + $2::bigint * interval '1 ms'"
           " where id = $1::bigint and picture_at is not null",
    .params = 2,
};

static const struct db_stmt stmt_over = {
    .name = "picture_over",
    .sql = "update opsbot.alert_groups set picture_at = null"
           " where id = $1::bigint",
    .params = 1,
};

/* Those of less severe groups too: they were never looked at. */
static const struct db_stmt stmt_drop = {
    .name = "picture_drop",
    .sql = "with old as (select g.id, " WORTH " as worth"
           "  from opsbot.alert_groups g where g.picture_at <= now()"
           "  and g.started_at < now() - $1::bigint * interval '1 ms'"
           "  order by g.picture_at limit 1000 for update skip locked),"
           " gone as (update opsbot.alert_groups g set picture_at = null"
           "  from old where g.id = old.id)"
           " select count(*) filter (where worth) from old",
    .params = 1,
};

static const struct db_stmt stmt_subject = {
    .name = "picture_subject",
    .sql = "select a.labels->>'check', a.labels->>'stream',"
           " starts_with(a.fingerprint, 'opsbot/lag/') from opsbot.alerts a"
           " join opsbot.alert_groups g on g.id = a.\"group\""
           " where g.id = $1::bigint"
           " order by a.fingerprint = g.speaker desc, a.fingerprint limit 1",
    .params = 1,
};

static const struct db_stmt stmt_bands = {
    .name = "picture_bands",
    .sql = "select (extract(epoch from started_at) * 1000)::bigint,"
           " coalesce((extract(epoch from resolved_at) * 1000)::bigint, 0),"
           " severity from opsbot.alert_groups where key = $1::text"
           " and (resolved_at is null or resolved_at >="
           "  to_timestamp($2::bigint / 1000.0))"
           " order by started_at desc limit $3::bigint",
    .params = 3,
};

static const struct db_stmt stmt_checks = {
    .name = "picture_checks",
    .sql = "select (extract(epoch from min(at)) * 1000)::bigint,"
           " max(took_us) from opsbot.check_results where check_id = $1::text"
           " and at >= to_timestamp($2::bigint / 1000.0)"
           " and at < to_timestamp($3::bigint / 1000.0)"
           " group by floor(extract(epoch from at) * 1000 / $4::bigint)"
           " order by 1 limit $5::bigint",
    .params = 5,
};

bool picture_claim(struct db *db, int64_t *number, bool *before,
                   struct err *err)
{
    char lease[TEXT_NUMBER];
    struct db_rows *rows;

    *number = 0;
    *before = false;
    if (!db_run(db, &stmt_claim, &rows, err,
                text_number(lease, PICTURE_LEASE_MS)))
        return false;
    if (rows_count(rows) > 0)
        *number = rows_int(rows, 0, 0);
    *before = rows_int(rows, 0, 1) > 1;
    rows_free(rows);
    return true;
}

bool picture_again(struct db *db, int64_t number, struct err *err)
{
    char id[TEXT_NUMBER], wait[TEXT_NUMBER];

    return db_run(db, &stmt_again, NULL, err, text_number(id, number),
                  text_number(wait, PICTURE_AGAIN_MS));
}

bool picture_over(struct db *db, int64_t number, struct err *err)
{
    char id[TEXT_NUMBER];

    return db_run(db, &stmt_over, NULL, err, text_number(id, number));
}

bool picture_drop(struct db *db, int64_t *dropped, struct err *err)
{
    char age[TEXT_NUMBER];
    struct db_rows *rows;

    *dropped = 0;
    if (!db_run(db, &stmt_drop, &rows, err,
                text_number(age, PICTURE_GIVE_UP_MS)))
        return false;
    *dropped = rows_int(rows, 0, 0);
    rows_free(rows);
    return true;
}

bool picture_subject(struct db *db, int64_t number, struct picture_subject *out,
                     struct err *err)
{
    char id[TEXT_NUMBER];
    struct db_rows *rows;

    *out = (struct picture_subject){ 0 };
    if (!db_run(db, &stmt_subject, &rows, err, text_number(id, number)))
        return false;
    if (rows_count(rows))
        *out = (struct picture_subject){
            .check = xstrdup(rows_text(rows, 0, 0)),
            .stream = xstrdup(rows_text(rows, 0, 1)),
            .waits = rows_text(rows, 0, 2)[0] == 't',
        };
    else
        *out = (struct picture_subject){ .check = xstrdup(""),
                                         .stream = xstrdup("") };
    rows_free(rows);
    return true;
}

void picture_subject_dispose(struct picture_subject *s)
{
    free(s->check);
    free(s->stream);
    *s = (struct picture_subject){ 0 };
}

static enum alert_severity severity_of(int64_t number)
{
    return number >= 0 && number < ALERT_SEVERITIES
               ? (enum alert_severity)number
               : ALERT_INFO;
}

bool picture_bands(struct db *db, const char *key, int64_t from,
                   struct chart_band **bands, size_t *count, struct err *err)
{
    char since[TEXT_NUMBER], most[TEXT_NUMBER];
    struct db_rows *rows;

    *bands = NULL;
    *count = 0;
    if (!db_run(db, &stmt_bands, &rows, err, key, text_number(since, from),
                text_number(most, PICTURE_BANDS)))
        return false;
    *count = rows_count(rows);
    *bands = xcalloc(*count + 1, sizeof **bands);
    for (size_t i = 0; i < *count; i++) /* the newest came first */
        (*bands)[*count - 1 - i] =
            (struct chart_band){ .from = rows_int(rows, i, 0),
                                 .to = rows_int(rows, i, 1),
                                 .severity =
                                     severity_of(rows_int(rows, i, 2)) };
    rows_free(rows);
    return true;
}

bool picture_checks(struct db *db, const char *check, int64_t from, int64_t to,
                    struct chart_point **points, size_t *count, struct err *err)
{
    char since[TEXT_NUMBER], until[TEXT_NUMBER], step[TEXT_NUMBER],
        most[TEXT_NUMBER];
    struct db_rows *rows;

    *points = NULL;
    *count = 0;
    if (!db_run(db, &stmt_checks, &rows, err, check, text_number(since, from),
                text_number(until, to),
                text_number(step, (to - from) / PICTURE_POINTS + 1),
                text_number(most, PICTURE_POINTS)))
        return false;
    *count = rows_count(rows);
    *points = xcalloc(*count + 1, sizeof **points);
    for (size_t i = 0; i < *count; i++)
        (*points)[i] =
            (struct chart_point){ .at = rows_int(rows, i, 0),
                                  .value =
                                      (double)rows_int(rows, i, 1) / 1000 };
    rows_free(rows);
    return true;
}

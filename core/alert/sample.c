/* sample: see sample.h. */
#include "core/alert/sample.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define MINUTE_MS 60000
#define GAP       3 /* stretches without a sample: nobody looked */

static const struct db_stmt stmt_add = {
    .name = "samples_add",
    .sql = "insert into opsbot.stream_samples (stream, at, dead, waits_ms)"
           " select s.stream, date_trunc('minute', now()),"
           " nullif(s.dead, -1), nullif(s.waits, -1)"
           " from jsonb_to_recordset($1::jsonb)"
           "  as s (stream text, dead bigint, waits bigint)"
           " on conflict (stream, at) do update set dead = excluded.dead,"
           " waits_ms = excluded.waits_ms",
    .params = 1,
};

/* Each minute that of one minute; more after a rest. */
static const struct db_stmt stmt_forget = {
    .name = "samples_forget",
    .sql = "delete from opsbot.stream_samples where ctid = any (array("
           " select ctid from opsbot.stream_samples"
           " where at < now() - interval '24 h' limit 20000))",
};

static const struct db_stmt stmt_read = {
    .name = "samples_read",
    .sql = "select (extract(epoch from max(at)) * 1000)::bigint,"
           " max(case when $2::integer = 0 then dead else waits_ms end)"
           " from opsbot.stream_samples where stream = $1::text"
           " and at >= to_timestamp($3::bigint / 1000.0)"
           " and at < to_timestamp($4::bigint / 1000.0)"
           " and case when $2::integer = 0 then dead else waits_ms end"
           "  is not null"
           " group by floor(extract(epoch from at) * 1000 / $5::bigint)"
           " order by 1 limit $6::bigint",
    .params = 6,
};

bool samples_add(struct db *db, const struct sample *samples, size_t count,
                 struct err *err)
{
    struct buf b = { 0 };
    bool ok;

    buf_char(&b, '[');
    for (size_t i = 0; i < count; i++) {
        char *one = json_text(member_str("stream", samples[i].stream),
                              member_int("dead", samples[i].dead),
                              member_int("waits", samples[i].waits_ms));

        if (i)
            buf_char(&b, ',');
        buf_str(&b, one);
        free(one);
    }
    buf_char(&b, ']');
    ok = db_run(db, &stmt_add, NULL, err, buf_text(&b)) &&
         db_run(db, &stmt_forget, NULL, err, NULL);
    buf_dispose(&b);
    return ok;
}

/* With a point of no value where none is known for a while. */
static void take(const struct db_rows *rows, enum sample_kind kind,
                 int64_t step, struct chart_point *points, size_t *count)
{
    int64_t before = 0;

    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t at = rows_int(rows, i, 0);
        double value = (double)rows_int(rows, i, 1);

        if (before && at - before > GAP * step)
            points[(*count)++] =
                (struct chart_point){ .at = before + step, .value = NAN };
        points[(*count)++] = (struct chart_point){
            .at = at, .value = kind == SAMPLE_WAITS ? value / 1000 : value
        };
        before = at;
    }
}

bool samples_read(struct db *db, const char *stream, enum sample_kind kind,
                  int64_t from, int64_t to, size_t most,
                  struct chart_point **points, size_t *count, struct err *err)
{
    char what[TEXT_NUMBER], since[TEXT_NUMBER], until[TEXT_NUMBER],
        width[TEXT_NUMBER], limit[TEXT_NUMBER];
    int64_t step = 2 * (to - from) / (int64_t)most + 1;
    struct db_rows *rows = NULL;

    *points = NULL;
    *count = 0;
    if (step < MINUTE_MS)
        step = MINUTE_MS;
    if (!db_run(db, &stmt_read, &rows, err, stream,
                text_number(what, (int64_t)kind), text_number(since, from),
                text_number(until, to), text_number(width, step),
                text_number(limit, (int64_t)most / 2)))
        return false;
    *points = xcalloc(2 * rows_count(rows) + 1, sizeof **points);
    take(rows, kind, step, *points, count);
    rows_free(rows);
    return true;
}

/*
 * storm_load: what a digest shows. No state of its own: it runs on the thread
 * whose connection it is given. Declared in storm.h.
 */
#include <stdlib.h>

#include "core/alert/storm_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define MS(column)                                                             \
    "coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

static const struct db_stmt stmt_storm = {
    .name = "storm_load",
    .sql = FOLDED " select s.channel, " MS("s.began_at") ", " MS(
        "s.ended_at") ","
                      " (select count(id) from folded),"
                      " (select count(*) from opsbot.alerts a join folded on "
                      "folded.id ="
                      "  a.\"group\"),"
                      " (select count(distinct f.op) from opsbot.alert_fresh f"
                      "  where f.storm = s.id and f.severity < 2),"
                      " (select count(*) from folded where id is null)"
                      " from opsbot.alert_storms s where s.id = $1::bigint",
    .params = 1,
};

/* The rule that fired; of alerts without one, titles that differ in numbers
 * alone are one cause. */
static const struct db_stmt stmt_causes = {
    .name = "storm_causes",
    .sql = FOLDED " select coalesce(nullif(a.labels->>'alertname', ''),"
                  "  regexp_replace(a.title, '[0-9]+', '#', 'g')), count(*),"
                  " count(*) over () from opsbot.alerts a"
                  " join folded on folded.id = a.\"group\""
                  " group by 1 order by 2 desc, 1 limit 5",
    .params = 1,
};

static const struct db_stmt stmt_groups = {
    .name = "storm_groups",
    .sql = FOLDED " select g.id from opsbot.alert_groups g"
                  " join folded on folded.id = g.id"
                  " order by g.resolved_at is not null, g.severity, g.id"
                  " offset $2::bigint limit $3::bigint",
    .params = 3,
};

#define CAUSES (sizeof((struct storm *)0)->causes / sizeof(struct storm_cause))

static bool load_causes(struct db *db, const char *id, struct storm *out,
                        struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_causes, &rows, err, id))
        return false;
    out->causes_all = rows_int(rows, 0, 2);
    out->causes_count = rows_count(rows) < CAUSES ? rows_count(rows) : CAUSES;
    for (size_t i = 0; i < out->causes_count; i++)
        out->causes[i] =
            (struct storm_cause){ .title = xstrdup(rows_text(rows, i, 0)),
                                  .count = rows_int(rows, i, 1) };
    rows_free(rows);
    return true;
}

bool storm_load(struct db *db, int64_t id, struct storm *out, bool *found,
                struct err *err)
{
    struct db_rows *rows = NULL;
    char text[TEXT_NUMBER];

    *out = (struct storm){ .id = id };
    if (!db_run(db, &stmt_storm, &rows, err, text_number(text, id)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found) {
        out->channel = xstrdup(rows_text(rows, 0, 0));
        out->began = rows_int(rows, 0, 1);
        out->ended = rows_int(rows, 0, 2);
        out->groups = rows_int(rows, 0, 3);
        out->alerts = rows_int(rows, 0, 4);
        out->criticals = rows_int(rows, 0, 5);
        out->dropped = rows_int(rows, 0, 6);
    }
    rows_free(rows);
    if (!*found || load_causes(db, text, out, err))
        return true;
    storm_dispose(out);
    return false;
}

void storm_dispose(struct storm *s)
{
    for (size_t i = 0; i < s->causes_count; i++)
        free(s->causes[i].title);
    free(s->channel);
    *s = (struct storm){ 0 };
}

bool storm_list(struct db *db, const struct db_rows *rows, size_t count,
                struct group_list *out, struct err *err)
{
    out->items = xcalloc(count + 1, sizeof *out->items);
    for (size_t i = 0; i < count; i++) {
        bool found;

        if (!group_load(db, rows_int(rows, i, 0), &out->items[out->count],
                        &found, err)) {
            group_list_dispose(out);
            return false;
        }
        out->count += found;
    }
    return true;
}

bool storm_groups(struct db *db, int64_t id, size_t skip, size_t limit,
                  struct group_list *out, struct err *err)
{
    char which[TEXT_NUMBER], from[TEXT_NUMBER], most[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    bool ok;

    *out = (struct group_list){ 0 };
    if (!db_run(db, &stmt_groups, &rows, err, text_number(which, id),
                text_number(from, (int64_t)skip),
                text_number(most, (int64_t)limit + 1)))
        return false;
    out->more = rows_count(rows) > limit;
    ok = storm_list(db, rows, out->more ? limit : rows_count(rows), out, err);
    rows_free(rows);
    return ok;
}

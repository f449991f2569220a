/*
 * group_list: pages of groups, of their alerts, of what happened to them.
 * Declared in group.h.
 */
#include <stdlib.h>

#include "core/alert/group_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* What people search for is text, not a pattern. */
#define HAS(where) "position(lower($5::text) in lower(" where ")) > 0"

static const struct db_stmt stmt_list = {
    .name = "alert_groups_list",
    .sql =
        "select " GROUP_COLUMNS " from opsbot.alert_groups g"
        " where ($1::boolean or g.resolved_at is null)"
        " and (not $2::boolean or"
        "  (g.resolved_at is null and g.acked_by = '' and g.quiet_why = ''))"
        " and ($3::text is null or g.acked_by = $3::text"
        "  or g.assignee = $3::text)"
        " and ($4::integer < 0 or g.severity = $4::integer)"
        " and ($5::text is null or " HAS("g.title") " or " HAS(
            "g.source") " or " HAS("g.labels::text") ")"
                                                     " order by case when "
                                                     "g.resolved_at is not "
                                                     "null then 3"
                                                     "   when g.quiet_why <> "
                                                     "'' then 2 when "
                                                     "g.acked_by <> '' then 1"
                                                     "   else 0 end,"
                                                     "  case when "
                                                     "g.resolved_at is null "
                                                     "then g.severity end, "
                                                     "g.id desc"
                                                     " limit $6::bigint offset "
                                                     "$7::bigint",
    .params = 7,
};

static const struct db_stmt stmt_count = {
    .name = "alert_groups_count",
    .sql = "select count(*),"
           " count(*) filter (where acked_by = '' and quiet_why = ''),"
           " count(*) filter (where severity = 0)"
           " from opsbot.alert_groups where resolved_at is null",
};

static const struct db_stmt stmt_alerts = {
    .name = "alert_group_alerts",
    .sql =
        "select fingerprint, trace, title, message, severity, firing,"
        " quiet_why, labels, " ALERT_MS("at") ", " ALERT_MS(
            "ended") ", " ALERT_MS("seen_at") " from opsbot.alerts where "
                                              "\"group\" = $1::bigint"
                                              " order by firing desc, "
                                              "severity, at desc, fingerprint"
                                              " limit $2::bigint offset "
                                              "$3::bigint",
    .params = 3,
};

static const struct db_stmt stmt_history = {
    .name = "alert_group_history",
    .sql = "select reason, actor, actor_name, text, n, n_of, " ALERT_MS(
        "until") ", " ALERT_MS("at") " from opsbot.alert_history where "
                                     "\"group\" = $1::bigint"
                                     " order by id desc limit $2::bigint "
                                     "offset $3::bigint",
    .params = 3,
};

/* One more than asked for tells whether there are more. */
static size_t page_count(const struct db_rows *rows, size_t limit, bool *more)
{
    size_t count = rows_count(rows);

    *more = count > limit;
    return *more ? limit : count;
}

/* ---- groups -------------------------------------------------------------------- */

static bool count_all(struct db *db, struct group_list *out, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_count, &rows, err, NULL))
        return false;
    out->open = rows_int(rows, 0, 0);
    out->unacked = rows_int(rows, 0, 1);
    out->critical = rows_int(rows, 0, 2);
    rows_free(rows);
    return true;
}

static void take_groups(struct group_list *out, const struct db_rows *rows,
                        size_t limit)
{
    size_t count = page_count(rows, limit, &out->more);

    out->items = xcalloc(count + 1, sizeof *out->items);
    for (; out->count < count; out->count++)
        group_from(&out->items[out->count], rows, out->count);
}

bool group_list(struct db *db, const struct group_query *filter, size_t skip,
                size_t limit, struct group_list *out, struct err *err)
{
    struct db_rows *rows = NULL;
    char severity[TEXT_NUMBER], most[TEXT_NUMBER], from[TEXT_NUMBER];
    const char *mine = filter->mine && filter->mine[0] ? filter->mine : NULL;
    const char *text = filter->text && filter->text[0] ? filter->text : NULL;

    *out = (struct group_list){ 0 };
    if (!count_all(db, out, err) ||
        !db_run(db, &stmt_list, &rows, err, filter->over ? "true" : "false",
                filter->unacked ? "true" : "false", mine,
                text_number(severity, filter->severity), text,
                text_number(most, (int64_t)limit + 1),
                text_number(from, (int64_t)skip)))
        return false;
    take_groups(out, rows, limit);
    rows_free(rows);
    return true;
}

void group_list_dispose(struct group_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        group_dispose(&list->items[i]);
    free(list->items);
    *list = (struct group_list){ 0 };
}

/* ---- alerts -------------------------------------------------------------------- */

static void alert_from(struct group_alert *a, const struct db_rows *rows,
                       size_t i)
{
    int64_t severity = rows_int(rows, i, 4);

    *a = (struct group_alert){
        .fingerprint = xstrdup(rows_text(rows, i, 0)),
        .trace = xstrdup(rows_text(rows, i, 1)),
        .title = xstrdup(rows_text(rows, i, 2)),
        .message = xstrdup(rows_text(rows, i, 3)),
        .severity =
            severity < ALERT_INFO ? (enum alert_severity)severity : ALERT_INFO,
        .firing = rows_text(rows, i, 5)[0] == 't',
        .quiet_why = xstrdup(rows_text(rows, i, 6)),
        .at = rows_int(rows, i, 8),
        .ended = rows_int(rows, i, 9),
        .seen_at = rows_int(rows, i, 10),
    };
    group_labels_read(&a->labels, rows_text(rows, i, 7));
}

/* $1: the group, $2: how many, $3: from where. */
static bool page_of(struct db *db, const struct db_stmt *stmt, int64_t number,
                    const size_t page[2], struct db_rows **rows,
                    struct err *err)
{
    char id[TEXT_NUMBER], most[TEXT_NUMBER], from[TEXT_NUMBER];

    return db_run(db, stmt, rows, err, text_number(id, number),
                  text_number(most, (int64_t)page[1] + 1),
                  text_number(from, (int64_t)page[0]));
}

bool group_alerts(struct db *db, int64_t number, size_t skip, size_t limit,
                  struct group_alerts *out, struct err *err)
{
    struct db_rows *rows = NULL;
    size_t count;

    *out = (struct group_alerts){ 0 };
    if (!page_of(db, &stmt_alerts, number, (size_t[]){ skip, limit }, &rows,
                 err))
        return false;
    count = page_count(rows, limit, &out->more);
    out->items = xcalloc(count + 1, sizeof *out->items);
    for (; out->count < count; out->count++)
        alert_from(&out->items[out->count], rows, out->count);
    rows_free(rows);
    return true;
}

void group_alerts_dispose(struct group_alerts *alerts)
{
    for (size_t i = 0; i < alerts->count; i++) {
        struct group_alert *a = &alerts->items[i];

        free(a->fingerprint);
        free(a->trace);
        free(a->title);
        free(a->message);
        free(a->quiet_why);
        labels_dispose(&a->labels);
    }
    free(alerts->items);
    *alerts = (struct group_alerts){ 0 };
}

/* ---- history ------------------------------------------------------------------- */

static void change_from(struct group_change *c, const struct db_rows *rows,
                        size_t i)
{
    *c = (struct group_change){
        .reason = group_reason_from(rows_text(rows, i, 0)),
        .actor = xstrdup(rows_text(rows, i, 1)),
        .actor_name = xstrdup(rows_text(rows, i, 2)),
        .text = xstrdup(rows_text(rows, i, 3)),
        .n = rows_int(rows, i, 4),
        .of = rows_int(rows, i, 5),
        .until = rows_int(rows, i, 6),
        .at = rows_int(rows, i, 7),
    };
}

bool group_history(struct db *db, int64_t number, size_t skip, size_t limit,
                   struct group_history *out, struct err *err)
{
    struct db_rows *rows = NULL;
    size_t count;

    *out = (struct group_history){ 0 };
    if (!page_of(db, &stmt_history, number, (size_t[]){ skip, limit }, &rows,
                 err))
        return false;
    count = page_count(rows, limit, &out->more);
    out->items = xcalloc(count + 1, sizeof *out->items);
    for (; out->count < count; out->count++)
        change_from(&out->items[out->count], rows, out->count);
    rows_free(rows);
    return true;
}

void group_change_dispose(struct group_change *change)
{
    free(change->actor);
    free(change->actor_name);
    free(change->text);
    *change = (struct group_change){ 0 };
}

void group_history_dispose(struct group_history *history)
{
    for (size_t i = 0; i < history->count; i++)
        group_change_dispose(&history->items[i]);
    free(history->items);
    *history = (struct group_history){ 0 };
}

/*
 * road_away: channels that Slack did not let us post to for long, and the one
 * message that tells of it. See road.h.
 *
 * The message is put while Slack is away, and the outbox posts it before all
 * else in its channel: the first that arrives says how things stand then.
 */
#include <stdlib.h>

#include "core/alert/road.h"
#include "core/alert/storm_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

/* Alert cards of a channel that nobody has seen. */
#define UNSEEN                                                                 \
    "o.thing like 'alert:%' and o.state in ('waiting', 'sending')"             \
    " and coalesce(o.ts, '') = '' and o.shown = 0"

#define GROUP_OF                                                               \
    "case when o.thing like 'alert:%' then substr(o.thing, 7)::bigint end"

static const struct db_stmt stmt_over = {
    .name = "away_over",
    .sql = "update opsbot.alert_aways a set ended_at = now()"
           " where a.ended_at is null and not exists (select"
           "  from opsbot.outbox o where o.thing = 'away:' || a.id"
           "  and o.state in ('waiting', 'sending'))",
};

/* A channel where a card waits for long and nothing was posted since: not one
 * that has very much to post. */
static const struct db_stmt stmt_begin = {
    .name = "away_begin",
    .sql = "insert into opsbot.alert_aways (op, channel, began_at)"
           " select 'away-' || o.channel || '-' || min(o.id), o.channel,"
           "  min(o.created_at) from opsbot.outbox o"
           " left join opsbot.outbox_channels c on c.channel = o.channel"
           " where " UNSEEN " and o.attempts > 0 and o.created_at <"
           "  now() - $1::bigint * interval '1 ms'"
           " group by o.channel, c.last_sent"
           " having coalesce(c.last_sent, '-infinity') < min(o.created_at)"
           " on conflict do nothing returning id, op, channel",
    .params = 1,
};

/* Cards that came during it: those that wait, and those that were under way
 * and got through before its message. */
#define MISSED                                                                 \
    " (opsbot.outbox o join opsbot.alert_groups g on g.id = " GROUP_OF ")"     \
    " on o.channel = a.channel and o.thing like 'alert:%'"                     \
    " and o.created_at >= a.began_at and (o.sent_at > e.created_at"            \
    "  or (o.sent_at is null and o.state in ('waiting', 'sending')))"

static const struct db_stmt stmt_away = {
    .name = "away_load",
    .sql = "select (extract(epoch from a.began_at) * 1000)::bigint,"
           " count(g.id), count(g.id) filter (where g.resolved_at is null),"
           " count(g.id) filter (where g.resolved_at is null"
           "  and g.severity = 0), coalesce(e.error, '')"
           " from opsbot.alert_aways a join opsbot.outbox e"
           "  on e.thing = 'away:' || a.id left join" MISSED
           " where a.id = $1::bigint group by a.id, e.id",
    .params = 1,
};

static const struct db_stmt stmt_named = {
    .name = "away_named",
    .sql = "select g.id from opsbot.alert_aways a join opsbot.outbox e"
           "  on e.thing = 'away:' || a.id join" MISSED
           " where a.id = $1::bigint and g.resolved_at is null"
           " order by g.severity, g.id limit $2::bigint",
    .params = 2,
};

static bool put(struct db *db, const struct db_rows *rows, size_t i,
                struct err *err)
{
    char *thing = xasprintf("away:%s", rows_text(rows, i, 0));
    char *body = json_text(
        member_str("text", "Alerts came while nothing could be posted here."));
    bool ok = outbox_put(db,
                         &(struct outbox_new){ .op = rows_text(rows, i, 1),
                                               .channel = rows_text(rows, i, 2),
                                               .body = body,
                                               .thing = thing,
                                               .lane = OUTBOX_CRITICAL },
                         err);

    free(thing);
    free(body);
    return ok;
}

static bool begin(struct db *db, int64_t after_ms, bool *posts, struct err *err)
{
    struct db_rows *rows = NULL;
    char after[TEXT_NUMBER];
    bool ok = db_run(db, &stmt_begin, &rows, err, text_number(after, after_ms));

    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = put(db, rows, i, err);
    *posts = ok && rows_count(rows);
    rows_free(rows);
    return ok;
}

bool away_look(struct db *db, int64_t after_ms, bool *posts, struct err *err)
{
    bool ok;

    *posts = false;
    if (!after_ms)
        return true;
    ok = db_begin(db, err) && db_run(db, &stmt_over, NULL, err, NULL) &&
         begin(db, after_ms, posts, err) && db_commit(db, err);
    db_rollback(db);
    return ok;
}

static bool load_named(struct db *db, const char *id, struct away *out,
                       struct err *err)
{
    struct db_rows *rows = NULL;
    char most[TEXT_NUMBER];
    bool ok;

    if (!db_run(db, &stmt_named, &rows, err, id, text_number(most, AWAY_NAMED)))
        return false;
    ok = storm_list(db, rows, rows_count(rows), &out->named, err);
    rows_free(rows);
    return ok;
}

bool away_load(struct db *db, int64_t id, struct away *out, bool *found,
               struct err *err)
{
    struct db_rows *rows = NULL;
    char text[TEXT_NUMBER];

    *out = (struct away){ .id = id };
    if (!db_run(db, &stmt_away, &rows, err, text_number(text, id)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found) {
        out->began = rows_int(rows, 0, 0);
        out->alerts = rows_int(rows, 0, 1);
        out->open = rows_int(rows, 0, 2);
        out->criticals = rows_int(rows, 0, 3);
        out->why =
            xstrdup(outbox_delay_text(outbox_delay_of(rows_text(rows, 0, 4))));
    }
    rows_free(rows);
    if (!*found || load_named(db, text, out, err))
        return true;
    away_dispose(out);
    return false;
}

void away_dispose(struct away *a)
{
    free(a->why);
    group_list_dispose(&a->named);
    *a = (struct away){ 0 };
}

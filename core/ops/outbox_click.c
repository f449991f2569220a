/*
 * outbox_click: cards that somebody pressed on. See outbox.h. No state of its
 * own: it runs on the thread whose connection it is given.
 */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

/* What is being edited right now may land after the click's edit. */
static const struct db_stmt stmt_hold = {
    .name = "outbox_hold",
    .sql = "with card as (select id, thing, state, held_until"
           "  from opsbot.outbox where channel = $1::text and ts = $2::text"
           "  and thing <> '' order by id limit 1 for update),"
           " held as (update opsbot.outbox o set held_by = $3::text,"
           "  held_until = now() + $4::bigint * interval '1 ms' from card"
           "  where o.id = card.id and card.state in ('sent', 'waiting')"
           "  and coalesce(card.held_until, '-infinity') <= now()"
           "  returning o.id)"
           " select card.id, card.thing, (select count(*) from held)"
           " from card",
    .params = 4,
};

static const struct db_stmt stmt_wanted = {
    .name = "outbox_wanted",
    .sql = "select wanted from opsbot.outbox where id = $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_shown = {
    .name = "outbox_shown",
    .sql = "update opsbot.outbox set held_until = null, held_by = '',"
           " shown = greatest(shown, $3::bigint),"
           " state = case when state = 'waiting' and wanted <= $3::bigint"
           "  then 'sent' else state end,"
           " sent_at = case $3::bigint when 0 then sent_at else now() end"
           " where id = $1::bigint and held_by = $2::text"
           " and held_until > now()",
    .params = 3,
};

void outbox_hold_dispose(struct outbox_hold *hold)
{
    free(hold->thing);
    free(hold->by);
    *hold = (struct outbox_hold){ 0 };
}

bool outbox_hold(struct db *db, const char *channel, const char *ts,
                 const char *by, struct outbox_hold *out, bool *found,
                 struct err *err)
{
    struct db_rows *rows = NULL;
    char ms[TEXT_NUMBER];

    *out = (struct outbox_hold){ 0 };
    *found = false;
    if (!db_run(db, &stmt_hold, &rows, err, channel, ts, by,
                text_number(ms, OUTBOX_HOLD_MS)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        *out = (struct outbox_hold){ .id = rows_int(rows, 0, 0),
                                     .thing = xstrdup(rows_text(rows, 0, 1)),
                                     .by = xstrdup(by),
                                     .held = rows_int(rows, 0, 2) > 0 };
    rows_free(rows);
    return true;
}

bool outbox_wanted(struct db *db, struct outbox_hold *hold, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[TEXT_NUMBER];

    if (!db_run(db, &stmt_wanted, &rows, err, text_number(id, hold->id)))
        return false;
    hold->wanted = rows_count(rows) ? rows_int(rows, 0, 0) : 0;
    rows_free(rows);
    return true;
}

bool outbox_shown(struct db *db, const struct outbox_hold *hold, int64_t wanted,
                  struct err *err)
{
    char id[TEXT_NUMBER], shown[TEXT_NUMBER];

    return db_run(db, &stmt_shown, NULL, err, text_number(id, hold->id),
                  hold->by, text_number(shown, wanted));
}

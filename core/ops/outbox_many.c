/*
 * outbox_many: rows of the outbox put and touched by the hundred, in one
 * statement each. Declared in outbox.h; outbox.c says what the columns mean.
 */
#include <stdlib.h>

#include "core/base/json.h"
#include "core/ops/outbox.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
#define MS(number)      "interval '" TEXT(number) " ms'"

static const struct db_stmt stmt_put = {
    .name = "outbox_put_all",
    .sql = "insert into opsbot.outbox (op, channel, body, response_url, thing,"
           " lane, looks, thread_of) select x.op, x.channel, x.body,"
           " coalesce(x.response_url, ''), x.thing, x.lane, x.looks,"
           " (select o.id from opsbot.outbox o"
           "  where o.thing = x.thread_of and o.channel = x.channel)"
           " from rows from (jsonb_to_recordset($1::jsonb) as (op text,"
           "  channel text, body text, response_url text, thing text,"
           "  lane smallint, looks integer, thread_of text))"
           " with ordinality as x (op, channel, body, response_url, thing,"
           "  lane, looks, thread_of, place) order by x.place"
           " on conflict do nothing",
    .params = 1,
};

static const struct db_stmt stmt_touch = {
    .name = "outbox_touch_all",
    .sql = "update opsbot.outbox set wanted = wanted + 1,"
           " lane = least(outbox.lane, changed.lane),"
           " state = case state when 'sent' then 'waiting' else state end,"
           " due_at = case state when 'sent' then greatest(now(),"
           "  coalesce(sent_at, '-infinity') + case coalesce(ts, '')"
           "  when '' then " MS(OUTBOX_URL_MS) " else " MS(
               OUTBOX_EDIT_MS) "  end) else due_at end"
                               " from (select o.id as its, x.lane"
                               "  from opsbot.outbox o"
                               "  join jsonb_to_recordset($1::jsonb)"
                               "   as x (thing text, lane smallint)"
                               "   on x.thing = o.thing"
                               "  order by o.id for update of o) changed"
                               " where outbox.id = changed.its",
    .params = 1,
};

char *outbox_new_text(const struct outbox_new *row)
{
    return json_text(
        member_str("op", row->op), member_str("channel", row->channel),
        member_str("body", row->body),
        member_str("response_url", row->response_url),
        member_str("thing", row->thing), member_int("lane", (int)row->lane),
        member_int("looks", row->look),
        member_str("thread_of", row->thread_of));
}

bool outbox_put_all(struct db *db, const char *rows, struct err *err)
{
    return db_run(db, &stmt_put, NULL, err, rows);
}

bool outbox_touch_all(struct db *db, const char *things, struct err *err)
{
    return db_run(db, &stmt_touch, NULL, err, things);
}

/*
 * outbox: what must be posted, as rows: writing and claiming them. No state
 * of its own: it runs on the thread whose connection it is given.
 */
#include "core/ops/outbox.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
#define MS(number)      "interval '" TEXT(number) " ms'"
#define EDIT_PAUSE      MS(OUTBOX_EDIT_MS)
#define URL_PAUSE       MS(OUTBOX_URL_MS)
#define HANDOVER        MS(OUTBOX_HANDOVER_MS)

/* Nobody's click is about to edit it. */
#define CARD_UNHELD "coalesce(o.held_until, '-infinity') <= now()"
#define ROOT_UNHELD "coalesce(p.held_until, '-infinity') <= now()"

static const struct db_stmt stmt_put = {
    .name = "outbox_put",
    .sql = "insert into opsbot.outbox (op, channel, body, response_url, thing,"
           " lane, looks, thread_of) values ($1::text, $2::text, $3::text,"
           " $4::text, $5::text, $6::smallint, $7::integer,"
           " (select id from opsbot.outbox"
           "  where thing = $8::text and channel = $2::text))"
           " on conflict do nothing",
    .params = 8,
};

static const struct db_stmt stmt_touch = {
    .name = "outbox_touch",
    .sql = "update opsbot.outbox set wanted = wanted + 1,"
           " state = case state when 'sent' then 'waiting' else state end,"
           " due_at = case state when 'sent' then greatest(now(),"
           "  coalesce(sent_at, '-infinity') + case coalesce(ts, '')"
           "  when '' then " URL_PAUSE " else " EDIT_PAUSE
           "  end) else due_at end from (select id as its from opsbot.outbox"
           "   where thing = $1::text order by id for update) changed"
           " where id = changed.its",
    .params = 1,
};

/*
 * Of each channel the first row by lane and age; in the lane of criticals posts
 * go before edits, what names many before the many, and what nobody has named
 * before what is said of the others. A row that is not due holds back those
 * behind it, but for edits, which are left out until they are due, for answers
 * to what is not posted yet, and for a critical card that is to be looked for:
 * no other has to wait until that is known. What is under way holds up the
 * next, but no edit, whose budget all channels share, holds up a post, and
 * nothing lesser a critical's: the sender lets that overtake.
 *
 * A channel is taken by its lease row alone; what is seen before is looked at
 * again under the locks, so that two replicas never hold one channel. A dead
 * replica's row may be there already. A row that is being changed is left for
 * the next time: who waited for one while holding another would meet a change
 * of both the other way round.
 */
static const struct db_stmt stmt_claim = {
    .name = "outbox_claim",
    .sql =
        "with open as (select o.id, o.channel, o.state = 'sending' as sending,"
        "  case when o.thing like 'roll:%' or o.thing like 'away:%' then 0"
        "   when o.lane = 0 and o.thing <> '' and o.thread_of is null then 1"
        "   else 2 end as turn,"
        "  case when o.ts <> '' and o.lane > 0 then 3 else o.lane end as lane,"
        "  case o.state when 'waiting' then o.due_at else o.lease_until end"
        "   <= now() and " CARD_UNHELD " as due,"
        "  coalesce(o.ts, '') <> '' as posted,"
        "  o.lane = 0 and coalesce(o.thing, '') <> '' and o.looks > 0 as "
        "doubted,"
        "  p.id is null or (" ROOT_UNHELD " and (p.ts <> ''"
        "   or p.state in ('sent', 'undeliverable'))) as rooted"
        "  from opsbot.outbox o left join opsbot.outbox p on p.id = o.thread_of"
        "  where o.state in ('waiting', 'sending')),"
        " flying as (select channel, bool_or(posted) as edit,"
        "  min(lane) filter (where not posted) as lane"
        "  from open where sending and not due group by channel),"
        " heads as (select distinct on (o.channel) o.id, o.channel, o.lane,"
        "  o.posted, o.turn, o.due, f.lane as behind"
        "  from open o left join flying f on f.channel = o.channel"
        "  where o.rooted and (o.due or not (o.posted or o.doubted))"
        "  and not (o.posted and coalesce(f.edit, false))"
        "  order by o.channel, o.lane, o.posted, o.turn, o.id),"
        " next as (select h.id, h.channel from heads h"
        "  left join opsbot.outbox_channels c on c.channel = h.channel"
        "  where h.due and (h.behind is null or"
        "   (h.behind > 0 and h.lane = 0 and not h.posted))"
        "  and (c.channel is null or c.owner = $1::text or"
        "   (c.lease_until <= now() and coalesce(c.last_sent, '-infinity')"
        "    <= now() - " HANDOVER "))"
        "  order by h.lane, h.posted, h.turn, h.id"
        "  limit $2::bigint),"
        " mine as (insert into opsbot.outbox_channels as c"
        "  (channel, owner, lease_until) select channel, $1::text,"
        "  now() + $3::bigint * interval '1 ms' from next order by channel"
        "  on conflict (channel) do update set owner = excluded.owner,"
        "   lease_until = excluded.lease_until where c.owner = $1::text or"
        "   (c.lease_until <= now() and coalesce(c.last_sent, '-infinity')"
        "    <= now() - " HANDOVER ") returning c.channel),"
        " still as (select o.id from opsbot.outbox o"
        "  join next on next.id = o.id join mine on mine.channel = next.channel"
        "  where case o.state when 'waiting' then o.due_at"
        "   when 'sending' then o.lease_until end <= now() and " CARD_UNHELD
        "  for update of o skip locked),"
        " claimed as (update opsbot.outbox o set state = 'sending',"
        "  owner = $1::text, attempts = o.attempts + 1,"
        "  looks = case when o.state = 'sending' and coalesce(o.ts, '') = ''"
        "   then o.looks + 1 - o.looks % 2 else o.looks end,"
        "  lease_until = now() + $3::bigint * interval '1 ms'"
        "  from still where o.id = still.id returning o.*)"
        " select c.id, c.op, c.channel, c.body, c.response_url, c.thing, c.ts,"
        " coalesce(nullif(p.root, ''), p.ts), c.lane, c.wanted, c.shown, "
        "c.attempts, c.looks,"
        " (extract(epoch from c.created_at) * 1000)::bigint,"
        " coalesce(c.error, case when h.held_at > c.created_at"
        "  then h.held_up when h.last_sent > now() - interval '5 s' then"
        "  'ratelimited' end, ''), c.lost,"
        " case when p.root <> '' then p.thing end"
        " from claimed c left join opsbot.outbox p on p.id = c.thread_of"
        " left join opsbot.outbox_channels h on h.channel = c.channel"
        " order by c.lane, c.id",
    .params = 3,
};

static const struct db_stmt stmt_renew = {
    .name = "outbox_renew",
    .sql = "with held as (update opsbot.outbox set"
           "  lease_until = now() + $3::bigint * interval '1 ms'"
           "  where id in (select id from opsbot.outbox"
           "   where state = 'sending' and owner = $1::text"
           "   and id = any ($2::bigint[]) order by id for update))"
           " update opsbot.outbox_channels c set"
           " lease_until = now() + $3::bigint * interval '1 ms'"
           " where c.owner = $1::text and exists (select from opsbot.outbox o"
           "  where o.channel = c.channel"
           "  and o.state in ('waiting', 'sending'))",
    .params = 3,
};

static const struct db_stmt stmt_release = {
    .name = "outbox_release",
    .sql = "with held as (update opsbot.outbox set state = 'waiting',"
           "  due_at = now(), lease_until = null,"
           "  looks = case coalesce(ts, '') when '' then"
           "   looks + 1 - looks % 2 else looks end"
           "  where id in (select id from opsbot.outbox where state = 'sending'"
           "   and owner = $1::text order by id for update))"
           " update opsbot.outbox_channels set lease_until = now()"
           " where owner = $1::text and lease_until > now()",
    .params = 1,
};

bool outbox_put(struct db *db, const struct outbox_new *row, struct err *err)
{
    char lane[24];

    return db_run(db, &stmt_put, NULL, err, row->op, row->channel, row->body,
                  row->response_url ? row->response_url : "", row->thing,
                  text_number(lane, (int)row->lane), row->look ? "1" : "0",
                  row->thread_of);
}

bool outbox_add(struct db *db, const char *op, const char *channel,
                const char *body, const char *response_url, struct err *err)
{
    return outbox_put(db,
                      &(struct outbox_new){ .op = op,
                                            .channel = channel,
                                            .body = body,
                                            .response_url = response_url,
                                            .lane = OUTBOX_CLICK },
                      err);
}

bool outbox_touch(struct db *db, const char *thing, struct err *err)
{
    return db_run(db, &stmt_touch, NULL, err, thing);
}

static void row_from(struct outbox_row *row, const struct db_rows *rows,
                     size_t i)
{
    *row = (struct outbox_row){
        .id = rows_int(rows, i, 0),
        .op = xstrdup(rows_text(rows, i, 1)),
        .channel = xstrdup(rows_text(rows, i, 2)),
        .body = xstrdup(rows_text(rows, i, 3)),
        .response_url = xstrdup(rows_text(rows, i, 4)),
        .thing = xstrdup(rows_text(rows, i, 5)),
        .ts = xstrdup(rows_text(rows, i, 6)),
        .thread_ts = xstrdup(rows_text(rows, i, 7)),
        .lane = (enum outbox_lane)rows_int(rows, i, 8),
        .wanted = rows_int(rows, i, 9),
        .shown = rows_int(rows, i, 10),
        .attempts = (int)rows_int(rows, i, 11),
        .looks = (int)rows_int(rows, i, 12),
        .created_at = rows_int(rows, i, 13),
        .held_up = xstrdup(rows_text(rows, i, 14)),
        .lost = xstrdup(rows_text(rows, i, 15)),
        .nested = xstrdup(rows_text(rows, i, 16)),
    };
}

bool outbox_claim(struct db *db, const char *replica, size_t max,
                  int64_t lease_ms, struct outbox_row **rows, size_t *count,
                  struct err *err)
{
    struct db_rows *found = NULL;
    char limit[24], lease[24];

    *rows = NULL;
    *count = 0;
    if (!db_run(db, &stmt_claim, &found, err, replica,
                text_number(limit, (int64_t)max), text_number(lease, lease_ms)))
        return false;
    *count = rows_count(found);
    *rows = xcalloc(*count + 1, sizeof **rows);
    for (size_t i = 0; i < *count; i++)
        row_from(&(*rows)[i], found, i);
    rows_free(found);
    return true;
}

void outbox_row_dispose(struct outbox_row *row)
{
    free(row->op);
    free(row->channel);
    free(row->body);
    free(row->response_url);
    free(row->thing);
    free(row->ts);
    free(row->thread_ts);
    free(row->held_up);
    free(row->lost);
    free(row->nested);
    *row = (struct outbox_row){ 0 };
}

void outbox_rows_free(struct outbox_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        outbox_row_dispose(&rows[i]);
    free(rows);
}

bool outbox_renew(struct db *db, const char *replica, const char *held,
                  int64_t lease_ms, struct err *err)
{
    char lease[24];

    return db_run(db, &stmt_renew, NULL, err, replica, held,
                  text_number(lease, lease_ms));
}

bool outbox_release(struct db *db, const char *replica, struct err *err)
{
    return db_run(db, &stmt_release, NULL, err, replica);
}

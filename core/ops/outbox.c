/*
 * outbox: what must be posted, as rows. No state of its own: it runs on the
 * thread whose connection it is given.
 *
 * Order per channel: only the oldest unfinished row of a channel can be
 * claimed, so one that waits for its retry holds back those behind it.
 */
#include "core/ops/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"

static const struct db_stmt stmt_put = {
    .name = "outbox_put",
    .sql = "insert into opsbot.outbox (op, channel, body, response_url, thing,"
           " lane, thread_of) values ($1::text, $2::text, $3::text, $4::text,"
           " $5::text, $6::smallint, (select id from opsbot.outbox"
           "  where thing = $7::text and channel = $2::text))"
           " on conflict do nothing",
    .params = 7,
};

static const struct db_stmt stmt_touch = {
    .name = "outbox_touch",
    .sql = "update opsbot.outbox set wanted = wanted + 1,"
           " state = case state when 'sent' then 'waiting' else state end,"
           " due_at = case state when 'sent' then greatest(now(),"
           "  coalesce(sent_at, '-infinity') + interval '2 s') else due_at end,"
           " attempts = case state when 'sent' then 0 else attempts end"
           " where thing = $1::text",
    .params = 1,
};

/* The last condition is looked at again under the row's lock, so that two
 * replicas never claim one row. */
static const struct db_stmt stmt_claim = {
    .name = "outbox_claim",
    .sql =
        "with heads as (select distinct on (channel) id, state, due_at,"
        "  lease_until from opsbot.outbox where state in ('waiting', 'sending')"
        "  order by channel, id),"
        " due as (select id from heads where (state = 'waiting' and"
        "  due_at <= now()) or (state = 'sending' and lease_until <= now())"
        "  order by id limit $2::bigint),"
        " claimed as (update opsbot.outbox o set state = 'sending',"
        "  owner = $1::text, attempts = o.attempts + 1,"
        "  lease_until = now() + $3::bigint * interval '1 ms'"
        "  from due where o.id = due.id and ((o.state = 'waiting' and"
        "  o.due_at <= now()) or (o.state = 'sending' and"
        "  o.lease_until <= now())) returning o.*)"
        " select id, op, channel, body, response_url, attempts,"
        " (extract(epoch from created_at) * 1000)::bigint, wanted from claimed"
        " order by id",
    .params = 3,
};

static const struct db_stmt stmt_renew = {
    .name = "outbox_renew",
    .sql = "update opsbot.outbox set"
           " lease_until = now() + $2::bigint * interval '1 ms'"
           " where state = 'sending' and owner = $1::text",
    .params = 2,
};

static const struct db_stmt stmt_sent = {
    .name = "outbox_sent",
    .sql = "update opsbot.outbox set ts = $2::text, shown = $3::bigint,"
           " state = case when wanted > $3::bigint then 'waiting' else 'sent'"
           "  end, due_at = now() + interval '2 s', sent_at = now(),"
           " error = null, lease_until = null where id = $1::bigint",
    .params = 3,
};

static const struct db_stmt stmt_retry = {
    .name = "outbox_retry",
    .sql = "update opsbot.outbox set state = 'waiting', error = $2::text,"
           " due_at = now() + $3::bigint * interval '1 ms', lease_until = null"
           " where id = $1::bigint and state in ('waiting', 'sending')",
    .params = 3,
};

static const struct db_stmt stmt_undeliverable = {
    .name = "outbox_undeliverable",
    .sql = "update opsbot.outbox set state = 'undeliverable',"
           " error = $2::text, lease_until = null"
           " where id = $1::bigint and state in ('waiting', 'sending')",
    .params = 2,
};

static const struct db_stmt stmt_waiting = {
    .name = "outbox_waiting",
    .sql = "select count(*), coalesce((extract(epoch from"
           " clock_timestamp() - min(created_at)) * 1000)::bigint, 0)"
           " from opsbot.outbox where state in ('waiting', 'sending')",
};

bool outbox_put(struct db *db, const struct outbox_new *row, struct err *err)
{
    char lane[8];

    snprintf(lane, sizeof lane, "%d", (int)row->lane);
    return db_run(db, &stmt_put, NULL, err, row->op, row->channel, row->body,
                  row->response_url ? row->response_url : "", row->thing, lane,
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
        .attempts = (int)rows_int(rows, i, 5),
        .created_at = rows_int(rows, i, 6),
        .wanted = rows_int(rows, i, 7),
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
    snprintf(limit, sizeof limit, "%zu", max);
    snprintf(lease, sizeof lease, "%lld", (long long)lease_ms);
    if (!db_run(db, &stmt_claim, &found, err, replica, limit, lease))
        return false;
    *count = rows_count(found);
    *rows = xcalloc(*count + 1, sizeof **rows);
    for (size_t i = 0; i < *count; i++)
        row_from(&(*rows)[i], found, i);
    rows_free(found);
    return true;
}

void outbox_rows_free(struct outbox_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(rows[i].op);
        free(rows[i].channel);
        free(rows[i].body);
        free(rows[i].response_url);
    }
    free(rows);
}

static const char *id_text(char out[24], int64_t id)
{
    snprintf(out, 24, "%lld", (long long)id);
    return out;
}

bool outbox_renew(struct db *db, const char *replica, int64_t lease_ms,
                  struct err *err)
{
    char lease[24];

    snprintf(lease, sizeof lease, "%lld", (long long)lease_ms);
    return db_run(db, &stmt_renew, NULL, err, replica, lease);
}

bool outbox_sent(struct db *db, const struct outbox_row *row, const char *ts,
                 struct err *err)
{
    char id[24], shown[24];

    return db_run(db, &stmt_sent, NULL, err, id_text(id, row->id), ts,
                  id_text(shown, row->wanted));
}

bool outbox_retry(struct db *db, int64_t id, const char *why, int64_t delay_ms,
                  bool unclear, struct err *err)
{
    (void)unclear;
    char text[24], delay[24];

    return db_run(db, &stmt_retry, NULL, err, id_text(text, id), why,
                  id_text(delay, delay_ms));
}

bool outbox_undeliverable(struct db *db, int64_t id, const char *why,
                          struct err *err)
{
    char text[24];

    return db_run(db, &stmt_undeliverable, NULL, err, id_text(text, id), why);
}

bool outbox_state(struct db *db, struct outbox_state *out, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_waiting, &rows, err, NULL))
        return false;
    *out = (struct outbox_state){ .waiting = rows_int(rows, 0, 0),
                                  .oldest_ms = rows_int(rows, 0, 1) };
    rows_free(rows);
    return true;
}

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

static const struct db_stmt stmt_add = {
    .name = "outbox_add",
    .sql = "insert into opsbot.outbox (op, channel, body, response_url)"
           " values ($1::text, $2::text, $3::text, $4::text)"
           " on conflict (op, channel) do nothing",
    .params = 4,
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
        " (extract(epoch from created_at) * 1000)::bigint from claimed"
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
    .sql = "update opsbot.outbox set state = 'sent', ts = $2::text,"
           " error = null, lease_until = null where id = $1::bigint",
    .params = 2,
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

bool outbox_add(struct db *db, const char *op, const char *channel,
                const char *body, const char *response_url, struct err *err)
{
    return db_run(db, &stmt_add, NULL, err, op, channel, body,
                  response_url ? response_url : "");
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

bool outbox_sent(struct db *db, int64_t id, const char *ts, struct err *err)
{
    char text[24];

    return db_run(db, &stmt_sent, NULL, err, id_text(text, id), ts);
}

bool outbox_retry(struct db *db, int64_t id, const char *why, int64_t delay_ms,
                  struct err *err)
{
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

bool outbox_waiting(struct db *db, int64_t *count, int64_t *oldest_ms,
                    struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_waiting, &rows, err, NULL))
        return false;
    *count = rows_int(rows, 0, 0);
    *oldest_ms = rows_int(rows, 0, 1);
    rows_free(rows);
    return true;
}

/*
 * outbox_end: what came of a claim. No state of its own: it runs on the
 * thread whose connection it is given.
 *
 * A claim is known by its row and attempt: a replica that was away for longer
 * than its lease undoes nothing of what another has begun since.
 */

#include "core/base/text.h"
#include "core/ops/outbox.h"

/* A ts is news whoever brings it: with it, nobody posts the row again. The
 * channel's pace counts posts, not edits. */
static const struct db_stmt stmt_sent = {
    .name = "outbox_sent",
    .sql = "with paced as (update opsbot.outbox_channels c set"
           "  last_sent = now() from opsbot.outbox o where o.id = $1::bigint"
           "  and c.channel = o.channel and coalesce(o.ts, '') = '')"
           " update opsbot.outbox set ts = $2::text, shown = $3::bigint,"
           " root = case coalesce(ts, '') when '' then $7::text else root end,"
           " state = case when wanted > $3::bigint then 'waiting' else 'sent'"
           "  end, due_at = now() + case $2::text when '' then"
           "  $5::bigint * interval '1 ms' else $6::bigint * interval '1 ms'"
           "  end, sent_at = now(), looks = 0, error = null,"
           " lease_until = null where id = $1::bigint"
           " and (attempts = $4::integer or coalesce(ts, '') = '')",
    .params = 7,
};

/* What holds up one row of a channel holds up those behind it. */
static const struct db_stmt stmt_retry = {
    .name = "outbox_retry",
    .sql = "with held as (update opsbot.outbox_channels c set"
           "  held_up = $3::text, held_at = now() from opsbot.outbox o"
           "  where o.id = $1::bigint and c.channel = o.channel)"
           " update opsbot.outbox set state = 'waiting', error = $3::text,"
           " due_at = now() + $4::bigint * interval '1 ms',"
           " looks = looks + $5::integer, lease_until = null"
           " where id = $1::bigint and attempts = $2::integer"
           " and state in ('waiting', 'sending')",
    .params = 5,
};

static const struct db_stmt stmt_undeliverable = {
    .name = "outbox_undeliverable",
    .sql = "update opsbot.outbox set state = 'undeliverable',"
           " error = $3::text, lease_until = null"
           " where id = $1::bigint and attempts = $2::integer"
           " and state in ('waiting', 'sending')",
    .params = 3,
};

static const struct db_stmt stmt_forget = {
    .name = "outbox_forget_ts",
    .sql = "update opsbot.outbox set ts = null, looks = 0, lost = $3::text"
           " where id = $1::bigint and attempts = $2::integer",
    .params = 3,
};

/* An answer is not posted anew for those that stand beside it in its thread. */
static const struct db_stmt stmt_lost_root = {
    .name = "outbox_lost_root",
    .sql = "with root as (select id, coalesce(ts, '') as ts, state, root, lost"
           "  from opsbot.outbox"
           "  where id = (select thread_of from opsbot.outbox"
           "   where id = $1::bigint) and thing <> '' for update),"
           " again as (update opsbot.outbox o set ts = null, looks = 0,"
           "  state = 'waiting', due_at = now(), lost = $3::text from root"
           "  where o.id = root.id and root.ts = $2::text and root.root = ''"
           "  and root.lost = '' and root.state in ('sent', 'waiting')"
           "  returning o.id)"
           " select count(*) from root where root.root = ''"
           " and (root.ts <> $2::text or exists (select from again))",
    .params = 3,
};

bool outbox_sent(struct db *db, const struct outbox_row *row, const char *ts,
                 struct err *err)
{
    char id[24], shown[24], attempt[24], url[24], edit[24];

    return db_run(
        db, &stmt_sent, NULL, err, text_number(id, row->id), ts,
        text_number(shown, row->wanted), text_number(attempt, row->attempts),
        text_number(url, OUTBOX_URL_MS), text_number(edit, OUTBOX_EDIT_MS),
        row->thread_ts ? row->thread_ts : "");
}

bool outbox_retry(struct db *db, const struct outbox_row *row, const char *why,
                  int64_t delay_ms, bool unclear, struct err *err)
{
    char id[24], attempt[24], delay[24];

    return db_run(db, &stmt_retry, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts), why,
                  text_number(delay, delay_ms), unclear ? "1" : "0");
}

bool outbox_undeliverable(struct db *db, const struct outbox_row *row,
                          const char *why, struct err *err)
{
    char id[24], attempt[24];

    return db_run(db, &stmt_undeliverable, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts), why);
}

bool outbox_lost_root(struct db *db, const struct outbox_row *row,
                      const char *why, bool *waits, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[24];

    if (!db_run(db, &stmt_lost_root, &rows, err, text_number(id, row->id),
                row->thread_ts, why))
        return false;
    *waits = rows_int(rows, 0, 0) > 0;
    rows_free(rows);
    return true;
}

bool outbox_forget_ts(struct db *db, const struct outbox_row *row,
                      const char *why, struct err *err)
{
    char id[24], attempt[24];

    return db_run(db, &stmt_forget, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts), why);
}

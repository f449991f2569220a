/* share: see share.h. */
#include "core/check/share.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/ops/outbox.h"

static const struct db_stmt stmt_put = {
    .name = "share_put",
    .sql = "insert into opsbot.health_shares (op, message)"
           " values ($1::text, $2::text)"
           " on conflict (op) do update set message = excluded.message",
    .params = 2,
};

static const struct db_stmt stmt_load = {
    .name = "share_load",
    .sql = "select message from opsbot.health_shares where op = $1::text",
    .params = 1,
};

/* The card's first body counts only while the share cannot be read. */
static bool put(struct db *db, const struct share *share, const char *thing,
                struct err *err)
{
    struct outbox_new row = { .op = share->op,
                              .channel = share->channel,
                              .body = share->message,
                              .response_url = share->response_url,
                              .thing = thing,
                              .lane = OUTBOX_CLICK };

    return db_run(db, &stmt_put, NULL, err, share->op, share->message) &&
           outbox_put(db, &row, err) && outbox_touch(db, thing, err);
}

bool share_put(struct db *db, const struct share *share, struct err *err)
{
    char *thing = xasprintf(SHARE_THING "%s", share->op);
    bool ok =
        db_begin(db, err) && put(db, share, thing, err) && db_commit(db, err);

    db_rollback(db);
    free(thing);
    return ok;
}

bool share_load(struct db *db, const char *op, char **message, struct err *err)
{
    struct db_rows *rows;

    *message = NULL;
    if (!db_run(db, &stmt_load, &rows, err, op))
        return false;
    if (rows_count(rows) > 0)
        *message = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    return true;
}

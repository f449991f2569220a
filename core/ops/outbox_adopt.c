/*
 * outbox_adopt: cards that were posted while Postgres was away, taken into
 * the outbox. No state of its own: it runs on the thread whose connection it
 * is given.
 */
#include "core/base/mem.h"
#include "core/ops/outbox.h"

/* What nobody has claimed or posted: an adopted row is under way nowhere. */
#define UNTOUCHED                                                              \
    " where thing = $1::text and channel = $2::text and state = 'waiting'"     \
    " and attempts = 0 and coalesce(ts, '') = ''"

static const struct db_stmt stmt_shown = {
    .name = "outbox_adopt_shown",
    .sql = "update opsbot.outbox set state = 'sent', ts = $3::text,"
           " shown = wanted, sent_at = now(), due_at = now()" UNTOUCHED,
    .params = 3,
};

/* An attempt is counted, so that whoever claims it looks first. */
static const struct db_stmt stmt_unclear = {
    .name = "outbox_adopt_unclear",
    .sql = "update opsbot.outbox set attempts = 1, looks = 1" UNTOUCHED,
    .params = 2,
};

static const struct db_stmt stmt_where = {
    .name = "outbox_where",
    .sql = "select coalesce(ts, '') from opsbot.outbox"
           " where thing = $1::text and channel = $2::text",
    .params = 2,
};

bool outbox_adopt(struct db *db, const char *thing, const char *channel,
                  const char *ts, struct err *err)
{
    if (ts[0])
        return db_run(db, &stmt_shown, NULL, err, thing, channel, ts);
    return db_run(db, &stmt_unclear, NULL, err, thing, channel);
}

bool outbox_where(struct db *db, const char *thing, const char *channel,
                  char **ts, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_where, &rows, err, thing, channel))
        return false;
    *ts = xstrdup(rows_count(rows) ? rows_text(rows, 0, 0) : "");
    rows_free(rows);
    return true;
}

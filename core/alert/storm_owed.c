/*
 * storm_owed: a storm's file is made, and what came of it is written down.
 * See storm_file.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/storm_file_parts.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

static const struct db_stmt stmt_claim = {
    .name = "storm_file_claim",
    .sql = "with taken as (update opsbot.storm_files f set tries = tries + 1,"
           "  due_at = now() + $1::bigint * interval '1 ms'"
           "  where f.id = (select id from opsbot.storm_files"
           "   where state = 'waiting' and due_at <= now()"
           "   order by due_at, id limit 1 for update skip locked)"
           "  returning f.*) select " FILE_COLUMNS " from taken f"
           " join opsbot.alert_storms s on s.id = f.storm",
    .params = 1,
};

/* All that is read belongs to one moment. */
static const struct db_stmt stmt_moment = {
    .name = "storm_file_moment",
    .sql = "set transaction isolation level repeatable read",
};

static const struct db_stmt stmt_content = {
    .name = "storm_file_content",
    .sql = "update opsbot.storm_files set content = $2::text,"
           " lines = $3::bigint where id = $1::bigint",
    .params = 3,
};

static const struct db_stmt stmt_there = {
    .name = "storm_file_there",
    .sql = "update opsbot.storm_files set state = 'there', link = $2::text,"
           " error = '', ended_at = now()"
           " where id = $1::bigint and state = 'waiting'",
    .params = 2,
};

static const struct db_stmt stmt_again = {
    .name = "storm_file_again",
    .sql = "update opsbot.storm_files set error = $2::text,"
           " due_at = now() + $3::bigint * interval '1 ms'"
           " where id = $1::bigint and state = 'waiting'",
    .params = 3,
};

static const struct db_stmt stmt_failed = {
    .name = "storm_file_failed",
    .sql = "update opsbot.storm_files set state = 'failed', error = $2::text,"
           " ended_at = now() where id = $1::bigint and state = 'waiting'",
    .params = 2,
};

bool storm_file_claim(struct db *db, struct storm_file *out, bool *found,
                      struct err *err)
{
    char lease[TEXT_NUMBER];
    struct db_rows *rows = NULL;

    *out = (struct storm_file){ 0 };
    *found = false;
    if (!db_run(db, &stmt_claim, &rows, err, text_number(lease, FILE_LEASE_MS)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        storm_file_read(out, rows);
    rows_free(rows);
    return true;
}

/* ---- what is in it ------------------------------------------------------------ */

static bool write_content(struct db *db, struct storm_file *file,
                          const char *content, struct err *err)
{
    char id[TEXT_NUMBER], count[TEXT_NUMBER];

    free(file->name);
    file->name = storm_file_name(file->storm, content);
    return db_run(db, &stmt_content, NULL, err, text_number(id, file->id),
                  content, text_number(count, file->lines));
}

bool storm_file_make(struct db *db, struct storm_file *file,
                     struct storm *storm, struct buf *lines, struct err *err)
{
    char id[TEXT_NUMBER], *content = NULL;
    bool found = false, ok;

    text_number(id, file->storm);
    *storm = (struct storm){ 0 };
    ok = db_begin(db, err) && db_run(db, &stmt_moment, NULL, err, NULL) &&
         storm_load(db, file->storm, storm, &found, err) &&
         (found || err_set(err, ERR_USER, "there is no such storm")) &&
         storm_file_content(db, id, &content, err) &&
         storm_file_lines(db, id, lines, &file->lines, err) &&
         write_content(db, file, content, err) && db_commit(db, err);
    db_rollback(db);
    if (!ok)
        storm_dispose(storm);
    free(content);
    return ok;
}

/* ---- what came of it ------------------------------------------------------------ */

bool storm_file_there(struct db *db, const struct storm_file *file,
                      const char *link, struct err *err)
{
    char id[TEXT_NUMBER];

    return db_run(db, &stmt_there, NULL, err, text_number(id, file->id), link);
}

bool storm_file_again(struct db *db, const struct storm_file *file,
                      const char *why, struct err *err)
{
    char id[TEXT_NUMBER], wait[TEXT_NUMBER];

    return db_run(db, &stmt_again, NULL, err, text_number(id, file->id), why,
                  text_number(wait, FILE_AGAIN_MS));
}

/* The same word to the same thread is one. */
static bool tell(struct db *db, const struct storm_file *file, const char *why,
                 const char *body, struct err *err)
{
    char *thing = xasprintf("storm:%lld", (long long)file->storm), op[OP_ID];
    bool ok;

    digest_op(op, "storm-file", thing, why, NULL);
    ok = outbox_put(db,
                    &(struct outbox_new){ .op = op,
                                          .channel = file->channel,
                                          .body = body,
                                          .thread_of = thing,
                                          .lane = OUTBOX_CLICK },
                    err);
    free(thing);
    return ok;
}

bool storm_file_failed(struct db *db, const struct storm_file *file,
                       const char *why, const char *body, struct err *err)
{
    char id[TEXT_NUMBER];
    bool ok =
        db_begin(db, err) &&
        db_run(db, &stmt_failed, NULL, err, text_number(id, file->id), why) &&
        tell(db, file, why, body, err) && db_commit(db, err);

    db_rollback(db);
    return ok;
}

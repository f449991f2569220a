/*
 * storm_file: somebody asks for a storm's file. See storm_file.h.
 *
 * Who asks holds the storm's row until the end: of two at once the second sees
 * what the first has asked for. The operation is recorded, but it is the
 * content that decides: a press on the same button is another one once
 * something has changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/storm_file_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"

static const struct db_stmt stmt_hold = {
    .name = "storm_file_hold",
    .sql = "select id from opsbot.alert_storms where id = $1::bigint"
           " for update",
    .params = 1,
};

static const struct db_stmt stmt_last = {
    .name = "storm_file_last",
    .sql = "select " FILE_COLUMNS ", f.state, f.content,"
           " f.ended_at > now() - $2::bigint * interval '1 ms'"
           " from opsbot.storm_files f join opsbot.alert_storms s"
           "  on s.id = f.storm where f.storm = $1::bigint"
           " order by f.id desc limit 1",
    .params = 2,
};

static const struct db_stmt stmt_add = {
    .name = "storm_file_add",
    .sql = "insert into opsbot.storm_files (storm, asked_by, by_name)"
           " values ($1::bigint, $2::text, $3::text)",
    .params = 3,
};

enum { COL_STATE = FILE_COLUMN_COUNT, COL_CONTENT, COL_RECENT };

void storm_file_dispose(struct storm_file *f)
{
    free(f->channel);
    free(f->by);
    free(f->by_name);
    free(f->link);
    free(f->name);
    free(f->error);
    *f = (struct storm_file){ 0 };
}

char *storm_file_name(int64_t storm, const char *content)
{
    return *content
               ? xasprintf("storm-%lld-%.8s.txt", (long long)storm, content)
               : xstrdup("");
}

void storm_file_read(struct storm_file *f, const struct db_rows *rows)
{
    *f = (struct storm_file){
        .id = rows_int(rows, 0, 0),
        .storm = rows_int(rows, 0, 1),
        .channel = xstrdup(rows_text(rows, 0, 2)),
        .by = xstrdup(rows_text(rows, 0, 3)),
        .by_name = xstrdup(rows_text(rows, 0, 4)),
        .link = xstrdup(rows_text(rows, 0, 5)),
        .error = xstrdup(rows_text(rows, 0, 6)),
        .lines = rows_int(rows, 0, 7),
        .asked = rows_int(rows, 0, 8),
        .at = rows_int(rows, 0, 9),
        .tries = rows_int(rows, 0, 10),
        .name = storm_file_name(rows_int(rows, 0, 1), rows_text(rows, 0, 11)),
    };
}

/* ---- what there is ------------------------------------------------------------ */

/* What the last one means to who asks now. */
static enum file_asked judge(const struct db_rows *rows, const char *content)
{
    const char *state = rows_text(rows, 0, COL_STATE);

    if (!rows_count(rows))
        return FILE_NEW;
    if (strcmp(state, "waiting") == 0)
        return FILE_WAITS;
    if (strcmp(state, "failed") == 0 &&
        rows_text(rows, 0, COL_RECENT)[0] == 't')
        return FILE_REFUSED;
    return strcmp(state, "there") == 0 &&
                   strcmp(rows_text(rows, 0, COL_CONTENT), content) == 0
               ? FILE_THERE
               : FILE_NEW;
}

/* *out: empty, and left so when there is none. */
static bool last(struct db *db, const char *storm, const char *content,
                 enum file_asked *asked, struct storm_file *out,
                 struct err *err)
{
    char recent[TEXT_NUMBER];
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_last, &rows, err, storm,
                text_number(recent, FILE_REFUSED_MS)))
        return false;
    *asked = judge(rows, content);
    if (rows_count(rows))
        storm_file_read(out, rows);
    rows_free(rows);
    return true;
}

static bool hold(struct db *db, const char *storm, bool *found, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_hold, &rows, err, storm))
        return false;
    *found = rows_count(rows) > 0;
    rows_free(rows);
    return true;
}

/* ---- asking -------------------------------------------------------------------- */

static bool ask(struct db *db, const struct act *act, const char *storm,
                enum file_asked *asked, struct storm_file *out, struct err *err)
{
    struct storm_file before = { 0 };
    enum file_asked now;
    char *content = NULL;
    bool ok = storm_file_content(db, storm, &content, err) &&
              last(db, storm, content, asked, &before, err);

    if (ok && *asked != FILE_NEW) {
        *out = before;
    } else {
        storm_file_dispose(&before);
        ok = ok &&
             db_run(db, &stmt_add, NULL, err, storm, act->user,
                    act->user_name) &&
             last(db, storm, content, &now, out, err);
    }
    free(content);
    return ok;
}

static bool record(struct db *db, const struct act *act, bool first,
                   int64_t storm, enum file_asked asked, struct err *err)
{
    static const char *const outcomes[] = {
        [FILE_NEW] = "ok",           [FILE_WAITS] = "already",
        [FILE_THERE] = "already",    [FILE_REFUSED] = "refused",
        [FILE_NO_STORM] = "refused",
    };
    char *outcome = json_text(member_str("result", outcomes[asked]),
                              member_int("storm", storm));
    struct audit_row row = { .act = act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = outcomes[asked],
                             .detail = outcome };
    bool done, ok;

    ok = (!first ||
          operation_finish(db, act->op, OPERATION_DONE, outcome, &done, err)) &&
         audit_write(db, &row, err);
    free(outcome);
    return ok;
}

bool storm_file_ask(struct db *db, const struct act *act, int64_t storm,
                    enum file_asked *asked, struct storm_file *out,
                    struct err *err)
{
    char id[TEXT_NUMBER], *entity = xasprintf("storm:%lld", (long long)storm);
    bool first = false, found = false, ok = false;

    *out = (struct storm_file){ 0 };
    *asked = FILE_NO_STORM;
    text_number(id, storm);
    if (!db_begin(db, err) || !hold(db, id, &found, err))
        goto done;
    if (!found) {
        ok = true;
        goto done;
    }
    ok = operation_add(db, act, entity, &first, err) &&
         ask(db, act, id, asked, out, err) &&
         record(db, act, first, storm, *asked, err) && db_commit(db, err);
done:
    db_rollback(db);
    if (!ok)
        storm_file_dispose(out);
    free(entity);
    return ok;
}

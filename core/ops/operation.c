/*
 * operation: one effect, recorded before and after. No state of its own: it
 * runs on the thread whose connection it is given.
 */
#include "core/ops/operation.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* What operations are read as, wherever they are read. */
#define COLUMNS                                                                \
    "id, state, actor, actor_name,"                                            \
    " (extract(epoch from coalesce(done_at, created_at)) * 1000)::bigint,"     \
    " outcome"

static const struct db_stmt stmt_add = {
    .name = "operation_add",
    .sql = "insert into opsbot.operations (id, command, entity, actor,"
           " actor_name, act, recorded_at) values ($1::text, $2::text,"
           " $3::text, $4::text, $5::text, $6::jsonb, $7::timestamptz)"
           " on conflict (id) do nothing",
    .params = 7,
};

static const struct db_stmt stmt_load = {
    .name = "operation_load",
    .sql = "select " COLUMNS " from opsbot.operations where id = $1::text",
    .params = 1,
};

static const struct db_stmt stmt_finish = {
    .name = "operation_finish",
    .sql = "update opsbot.operations set state = $2::text,"
           " outcome = $3::jsonb, done_at = now()"
           " where id = $1::text and state = 'intent'",
    .params = 3,
};

static const struct db_stmt stmt_batch = {
    .name = "operation_batch_add",
    .sql = "insert into opsbot.operation_batches (op, batch, stream, dlq, ids,"
           " first_ms, last_ms) values ($1::text, $2::integer, $3::text,"
           " $4::text, $5::jsonb, $6::bigint, $7::bigint)",
    .params = 7,
};

static const struct db_stmt stmt_moved = {
    .name = "operation_batch_moved",
    .sql = "update opsbot.operation_batches set moved = $2::jsonb"
           " where op = $1::text and batch = $3::integer",
    .params = 3,
};

static const char *const states[] = {
    [OPERATION_INTENT] = "intent",
    [OPERATION_DONE] = "done",
    [OPERATION_REFUSED] = "refused",
};

static enum operation_state state_from(const char *name)
{
    if (strcmp(name, states[OPERATION_DONE]) == 0)
        return OPERATION_DONE;
    if (strcmp(name, states[OPERATION_REFUSED]) == 0)
        return OPERATION_REFUSED;
    return OPERATION_INTENT;
}

static void operation_from(struct operation *o, const struct db_rows *rows,
                           size_t i)
{
    const char *outcome = rows_text(rows, i, 5);
    struct err err;

    o->id = xstrdup(rows_text(rows, i, 0));
    o->state = state_from(rows_text(rows, i, 1));
    o->actor = xstrdup(rows_text(rows, i, 2));
    o->actor_name = xstrdup(rows_text(rows, i, 3));
    o->at = rows_int(rows, i, 4);
    o->outcome =
        outcome[0] ? json_doc_parse(outcome, strlen(outcome), &err) : NULL;
}

void operation_dispose(struct operation *o)
{
    free(o->id);
    free(o->actor);
    free(o->actor_name);
    json_doc_free(o->outcome);
    *o = (struct operation){ 0 };
}

void operation_id_typed(const char *typed, char out[OP_ID])
{
    size_t i = 0;

    for (; i < OP_ID - 1 && typed[i]; i++) {
        char c = (char)toupper((unsigned char)typed[i]);

        out[i] = c;
        if (c == 'I' || c == 'L')
            out[i] = '1';
        if (c == 'O')
            out[i] = '0';
    }
    out[i] = '\0';
}

char *operation_act_text(const struct act *act)
{
    return json_text(ACT_MEMBERS(act));
}

bool operation_add(struct db *db, const struct act *act, const char *entity,
                   bool *added, struct err *err)
{
    char recorded_at[CLOCK_TEXT];
    struct db_rows *rows = NULL;
    char *stored = operation_act_text(act);
    bool ok = db_run(db, &stmt_add, &rows, err, act->op, act->command, entity,
                     act->user, act->user_name, stored,
                     clock_rfc3339(act->recorded_at, recorded_at));

    *added = rows_affected(rows) > 0;
    rows_free(rows);
    free(stored);
    return ok;
}

struct act operation_act(const struct json_doc *doc, const char *id)
{
    return (struct act){
        .op = id,
        .trace = json_doc_str(doc, "trace"),
        .recorded_at = json_doc_int(doc, "recorded_at", 0),
        .team = json_doc_str(doc, "team"),
        .channel = json_doc_str(doc, "channel"),
        .user = json_doc_str(doc, "user"),
        .user_name = json_doc_str(doc, "user_name"),
        .command = json_doc_str(doc, "command"),
        .text = json_doc_str(doc, "text"),
        .via = json_doc_str(doc, "via"),
        .replica = json_doc_str(doc, "replica"),
    };
}

bool operation_load(struct db *db, const char *id, struct operation *out,
                    bool *found, struct err *err)
{
    struct db_rows *rows = NULL;

    *out = (struct operation){ 0 };
    if (!db_run(db, &stmt_load, &rows, err, id))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        operation_from(out, rows, 0);
    rows_free(rows);
    return true;
}

bool operation_finish(struct db *db, const char *id, enum operation_state state,
                      const char *outcome, bool *first, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = db_run(db, &stmt_finish, &rows, err, id, states[state], outcome);

    *first = rows_affected(rows) > 0;
    rows_free(rows);
    return ok;
}

bool operation_batch_add(struct db *db, const struct operation_batch *batch,
                         struct err *err)
{
    char number[24], first[24], last[24];
    bool many = batch->last_ms >= 0;

    text_number(number, batch->number);
    text_number(first, batch->first_ms);
    text_number(last, batch->last_ms);
    return db_run(db, &stmt_batch, NULL, err, batch->op, number, batch->stream,
                  batch->source, batch->ids, many ? first : NULL,
                  many ? last : NULL);
}

bool operation_batch_moved(struct db *db, const char *op, int64_t number,
                           const char *moved, struct err *err)
{
    char text[24];

    text_number(text, number);
    return db_run(db, &stmt_moved, NULL, err, op, moved, text);
}

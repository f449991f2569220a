/*
 * outbox_look: what waits, what could not be delivered, and trying that again.
 * No state of its own: it runs on the thread whose connection it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"
#include "core/ops/outbox.h"

#define SUMMARY 120

/* An edit is as old as it is due, not as its card. */
#define SINCE "case when ts <> '' then due_at else created_at end"

static const struct db_stmt stmt_state = {
    .name = "outbox_state",
    .sql = "select count(*), greatest(0, coalesce((extract(epoch from"
           " clock_timestamp() - min(" SINCE ")) * 1000)::bigint, 0)),"
           " (select count(*) from opsbot.outbox"
           "  where state = 'undeliverable')"
           " from opsbot.outbox where state in ('waiting', 'sending')",
};

static const struct db_stmt stmt_list = {
    .name = "outbox_list",
    .sql = "select id, (extract(epoch from " SINCE ") * 1000)::bigint,"
           " attempts, channel, state, coalesce(error, ''), op,"
           " body from opsbot.outbox"
           " where state in ('waiting', 'sending', 'undeliverable')"
           " order by state <> 'undeliverable', " SINCE ", id"
           " limit $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_revive = {
    .name = "outbox_revive",
    .sql = "update opsbot.outbox set state = 'waiting', due_at = now(),"
           " error = null where state = 'undeliverable'"
           " and ($1::bigint = 0 or id = $1::bigint)",
    .params = 1,
};

static const struct db_stmt stmt_row_state = {
    .name = "outbox_row_state",
    .sql = "select state from opsbot.outbox where id = $1::bigint",
    .params = 1,
};

bool outbox_state(struct db *db, struct outbox_state *out, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_state, &rows, err, NULL))
        return false;
    *out = (struct outbox_state){ .waiting = rows_int(rows, 0, 0),
                                  .oldest_ms = rows_int(rows, 0, 1),
                                  .undeliverable = rows_int(rows, 0, 2) };
    rows_free(rows);
    return true;
}

/* ---- the list --------------------------------------------------------------- */

/* Slack's escapes undone: it is shown as data. */
static char *unescaped(const char *text)
{
    static const struct {
        const char *escape;
        char c;
    } escapes[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' } };
    struct buf b = { 0 };

    while (*text) {
        size_t i = 0;

        while (i < 3 &&
               strncmp(text, escapes[i].escape, strlen(escapes[i].escape)) != 0)
            i++;
        buf_char(&b, i < 3 ? escapes[i].c : *text);
        text += i < 3 ? strlen(escapes[i].escape) : 1;
    }
    return b.len ? buf_take(&b) : xstrdup("");
}

static char *summary_of(const char *body)
{
    struct err err;
    struct json_doc *doc = json_doc_parse(body, strlen(body), &err);
    char *line = text_first_line(doc ? json_doc_str(doc, "text") : "");
    char *plain = unescaped(line);
    char *cut = text_cut(plain, SUMMARY);

    json_doc_free(doc);
    free(line);
    free(plain);
    return cut;
}

static void item_from(struct outbox_item *item, const struct db_rows *rows,
                      size_t i)
{
    *item = (struct outbox_item){
        .id = rows_int(rows, i, 0),
        .created_at = rows_int(rows, i, 1),
        .attempts = rows_int(rows, i, 2),
        .channel = xstrdup(rows_text(rows, i, 3)),
        .state = xstrdup(rows_text(rows, i, 4)),
        .error = xstrdup(rows_text(rows, i, 5)),
        .op = xstrdup(rows_text(rows, i, 6)),
        .summary = summary_of(rows_text(rows, i, 7)),
    };
}

bool outbox_list(struct db *db, size_t limit, struct outbox_list *out,
                 struct err *err)
{
    struct db_rows *rows = NULL;
    struct outbox_state state;
    char most[24];

    *out = (struct outbox_list){ 0 };
    text_number(most, (int64_t)limit);
    if (!outbox_state(db, &state, err) ||
        !db_run(db, &stmt_list, &rows, err, most))
        return false;
    out->waiting = state.waiting;
    out->undeliverable = state.undeliverable;
    out->count = rows_count(rows);
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        item_from(&out->items[i], rows, i);
    rows_free(rows);
    return true;
}

void outbox_list_dispose(struct outbox_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].channel);
        free(list->items[i].state);
        free(list->items[i].error);
        free(list->items[i].op);
        free(list->items[i].summary);
    }
    free(list->items);
    *list = (struct outbox_list){ 0 };
}

/* ---- again -------------------------------------------------------------------- */

/* One, or all with id 0. *count: how many. */
static bool revive(struct db *db, int64_t id, int64_t *count, struct err *err)
{
    struct db_rows *rows = NULL;
    char text[24];

    *count = 0;
    text_number(text, id);
    if (!db_run(db, &stmt_revive, &rows, err, text))
        return false;
    *count = rows_affected(rows);
    rows_free(rows);
    return true;
}

static bool row_state(struct db *db, int64_t id, char **state, struct err *err)
{
    struct db_rows *rows = NULL;
    char text[24];

    text_number(text, id);
    if (!db_run(db, &stmt_row_state, &rows, err, text))
        return false;
    if (rows_count(rows))
        *state = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    return true;
}

static bool load_before(struct db *db, const char *op, struct outbox_again *out,
                        struct err *err)
{
    struct operation o;
    bool found;

    if (!operation_load(db, op, &o, &found, err))
        return false;
    out->before = true;
    if (found) {
        out->at = o.at;
        out->count = json_doc_int(o.outcome, "rows", 0);
        operation_dispose(&o);
    }
    return true;
}

static bool record(struct db *db, const struct act *act,
                   const struct outbox_again *out, struct err *err)
{
    char *outcome = json_text(member_int("rows", out->count));
    struct audit_row row = { .act = act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = out->count ? "ok" : "gone",
                             .detail = outcome };
    bool first;
    bool ok = operation_finish(db, act->op,
                               out->count ? OPERATION_DONE : OPERATION_REFUSED,
                               outcome, &first, err) &&
              audit_write(db, &row, err);

    free(outcome);
    return ok;
}

/* In the open transaction. */
static bool revive_as(struct db *db, const struct act *act, int64_t id,
                      struct outbox_again *out, struct err *err)
{
    char entity[40];
    bool added;

    snprintf(entity, sizeof entity, "outbox:%lld", (long long)id);
    if (!operation_add(db, act, entity, &added, err))
        return false;
    if (!added)
        return load_before(db, act->op, out, err);
    out->at = clock_wall_ms();
    return revive(db, id, &out->count, err) &&
           (out->count || !id || row_state(db, id, &out->state, err)) &&
           record(db, act, out, err);
}

bool outbox_again(struct db *db, const struct act *act, int64_t id,
                  struct outbox_again *out, struct err *err)
{
    bool ok;

    *out = (struct outbox_again){ 0 };
    ok = db_begin(db, err) && revive_as(db, act, id, out, err) &&
         db_commit(db, err);
    db_rollback(db);
    if (!ok)
        outbox_again_dispose(out);
    return ok;
}

void outbox_again_dispose(struct outbox_again *again)
{
    free(again->state);
    *again = (struct outbox_again){ 0 };
}

/*
 * confirm: changes that wait for their author's word, as rows. No state of
 * its own: it runs on the thread whose connection it is given.
 */
#include "core/ops/confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/operation.h"

static const struct db_stmt stmt_ask = {
    .name = "confirm_ask",
    .sql = "insert into opsbot.confirmations (id, actor, command, act, bound,"
           " expires_at) values ($1::text, $2::text, $3::text, $4::jsonb,"
           " $5::jsonb, now() + $6::bigint * interval '1 ms')"
           " on conflict (id) do nothing",
    .params = 6,
};

/*
 * From open to $4, if it still is; what it was before that tells whether it
 * was us. Of several whose shown heads are alike the open one is meant, then
 * the newest. The row is locked first, so that of two at once one is told.
 */
static const struct db_stmt stmt_close = {
    .name = "confirm_close",
    .sql = "with pick as (select *, expires_at > clock_timestamp() as alive"
           "  from opsbot.confirmations where actor = $3::text and"
           "  (id in ($1::text, $2::text) or (length($2::text) = $5::int and"
           "   left(id, $5::int) = $2::text))"
           "  order by (id = $1::text) desc, (state = 'open' and"
           "   expires_at > clock_timestamp()) desc, created_at desc"
           "  limit 1 for update),"
           " took as (update opsbot.confirmations c set state = $4::text,"
           "  used_at = now() from pick where c.id = pick.id and"
           "  pick.state = 'open' and pick.alive and c.state = 'open'"
           "  returning c.id)"
           " select case when t.id is not null then 'taken'"
           "  when p.state = 'open' then 'expired' else p.state end,"
           " p.id, p.command, p.act, p.bound,"
           " coalesce((extract(epoch from p.used_at) * 1000)::bigint, 0)"
           " from pick p left join took t on t.id = p.id",
    .params = 5,
};

bool confirm_ask(struct db *db, const struct act *act, const char *bound,
                 struct err *err)
{
    char *stored = operation_act_text(act), life[24];
    bool ok;

    snprintf(life, sizeof life, "%d", CONFIRM_MS);
    ok = db_run(db, &stmt_ask, NULL, err, act->op, act->user, act->command,
                stored, bound, life);
    free(stored);
    return ok;
}

void confirm_dispose(struct confirm *c)
{
    free(c->id);
    free(c->command);
    json_doc_free(c->doc);
    json_doc_free(c->bound);
    *c = (struct confirm){ .state = CONFIRM_UNKNOWN };
}

static enum confirm_state state_from(const char *word)
{
    static const struct {
        const char *word;
        enum confirm_state state;
    } states[] = {
        { "taken", CONFIRM_TAKEN },
        { "confirmed", CONFIRM_USED },
        { "cancelled", CONFIRM_CANCELLED },
        { "expired", CONFIRM_EXPIRED },
    };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].word, word) == 0)
            return states[i].state;
    return CONFIRM_UNKNOWN;
}

static bool confirm_from(struct confirm *out, const struct db_rows *rows,
                         struct err *err)
{
    const char *act = rows_text(rows, 0, 3), *bound = rows_text(rows, 0, 4);

    out->state = state_from(rows_text(rows, 0, 0));
    out->id = xstrdup(rows_text(rows, 0, 1));
    out->command = xstrdup(rows_text(rows, 0, 2));
    out->used_at = rows_int(rows, 0, 5);
    out->doc = json_doc_parse(act, strlen(act), err);
    out->bound = json_doc_parse(bound, strlen(bound), err);
    if (!out->doc || !out->bound)
        return err_set(err, ERR_DB, "confirmation %s cannot be read", out->id);
    out->act = operation_act(out->doc, out->id);
    return true;
}

static bool close_one(struct db *db, const char *id, const char *user,
                      const char *to, struct confirm *out, struct err *err)
{
    struct db_rows *rows = NULL;
    char typed[OP_ID], shown[8];
    bool ok;

    *out = (struct confirm){ .state = CONFIRM_UNKNOWN };
    operation_id_typed(id, typed);
    snprintf(shown, sizeof shown, "%d", OP_SHOWN);
    if (!db_run(db, &stmt_close, &rows, err, id, typed, user, to, shown))
        return false;
    ok = rows_count(rows) == 0 || confirm_from(out, rows, err);
    rows_free(rows);
    if (!ok)
        confirm_dispose(out);
    return ok;
}

bool confirm_take(struct db *db, const char *id, const char *user,
                  struct confirm *out, struct err *err)
{
    return close_one(db, id, user, "confirmed", out, err);
}

bool confirm_cancel(struct db *db, const char *id, const char *user,
                    struct confirm *out, struct err *err)
{
    return close_one(db, id, user, "cancelled", out, err);
}

/*
 * audit: who did what, when, and what came of it. No state of its own: it
 * runs on the thread whose connections it is given.
 */
#include "core/ops/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static const char *const kinds[] = {
    [AUDIT_READ] = "read",
    [AUDIT_REFUSAL] = "refusal",
    [AUDIT_ATTEMPT] = "attempt",
    [AUDIT_OUTCOME] = "outcome",
};

static const struct db_stmt stmt_insert = {
    .name = "audit_insert",
    .sql = "insert into opsbot.audit_events (operation, kind, recorded_at,"
           " trace, team, channel, actor, actor_name, command, text, via,"
           " replica, outcome, detail, took_us) values ($1::text, $2::text,"
           " $3::timestamptz, $4::text, $5::text, $6::text, $7::text,"
           " $8::text, $9::text, $10::text, $11::text, $12::text, $13::text,"
           " $14::jsonb, $15::bigint)"
           " on conflict (operation, kind, recorded_at) do nothing",
    .params = 15,
};

static const struct db_stmt stmt_query = {
    .name = "audit_query",
    .sql = "select (extract(epoch from e.recorded_at) * 1000)::bigint,"
           " e.operation, e.kind, e.actor, e.actor_name, e.channel, e.command,"
           " e.text, e.outcome, e.replica from opsbot.audit_events e"
           " where ($1::text is null or e.actor = $1::text)"
           " and ($2::text is null or e.command = $2::text"
           "  or starts_with(e.command, $2::text || ' '))"
           " and ($3::timestamptz is null or e.recorded_at >= $3::timestamptz)"
           " and (not $4::boolean or e.kind = 'refusal')"
           " and (e.kind <> 'attempt' or not exists (select from"
           "  opsbot.audit_events o where o.operation = e.operation"
           "  and o.kind = 'outcome' and o.recorded_at = e.recorded_at))"
           " order by e.recorded_at desc, e.written_at desc, e.operation"
           " offset $5::bigint limit $6::bigint",
    .params = 6,
};

static const struct db_stmt stmt_partitions = {
    .name = "audit_partitions",
    .sql = "select opsbot.audit_partitions(3)",
};

/* ---- writing -------------------------------------------------------------- */

void audit_op(struct db_op *op, struct audit_values *v,
              const struct audit_row *row)
{
    const struct act *act = row->act;

    clock_rfc3339(act->recorded_at, v->recorded_at);
    snprintf(v->took, sizeof v->took, "%lld", (long long)row->took_us);
    *op = (struct db_op){
        .stmt = &stmt_insert,
        .values = { act->op, kinds[row->kind], v->recorded_at, act->trace,
                    act->team, act->channel, act->user, act->user_name,
                    act->command, act->text, act->via, act->replica,
                    row->outcome, row->detail,
                    row->took_us > 0 ? v->took : NULL },
    };
}

bool audit_write(struct db *db, const struct audit_row *row, struct err *err)
{
    struct audit_values v;
    struct db_op op;

    audit_op(&op, &v, row);
    return db_exec(db, op.stmt, op.values, NULL, err);
}

char *audit_text(const struct audit_row *row)
{
    const struct act *act = row->act;

    return json_text(
        member_str("op", act->op), member_str("kind", kinds[row->kind]),
        ACT_MEMBERS(act), member_str("outcome", row->outcome),
        member_raw("detail", row->detail), member_int("took_us", row->took_us));
}

void audit_wait(struct redis *r, const char *prefix,
                const struct audit_row *row)
{
    char *key = xasprintf("%saudit", prefix);
    char *text = audit_text(row);

    redis_cmd(r, "XADD", key, "*", "row", text);
    free(text);
    free(key);
}

bool audit_partitions_ensure(struct db *db, struct err *err)
{
    return db_run(db, &stmt_partitions, NULL, err, NULL);
}

/* ---- looking back --------------------------------------------------------- */

static void event_from(struct audit_event *e, const struct db_rows *rows,
                       size_t i)
{
    char **const texts[] = { &e->op,        &e->kind,    &e->user,
                             &e->user_name, &e->channel, &e->command,
                             &e->text,      &e->outcome, &e->replica };

    e->at = rows_int(rows, i, 0);
    for (int col = 0; col < 9; col++)
        *texts[col] = xstrdup(rows_text(rows, i, col + 1));
}

bool audit_query(struct db *db, const struct audit_filter *filter,
                 struct audit_page *out, struct err *err)
{
    char since[CLOCK_TEXT], offset[24], limit[24];
    struct db_rows *rows = NULL;

    *out = (struct audit_page){ 0 };
    clock_rfc3339(filter->since, since);
    snprintf(offset, sizeof offset, "%zu", filter->offset);
    snprintf(limit, sizeof limit, "%zu", filter->limit + 1);
    if (!db_run(db, &stmt_query, &rows, err, filter->user, filter->command,
                filter->since > 0 ? since : NULL,
                filter->denied ? "true" : "false", offset, limit))
        return false;
    out->more = rows_count(rows) > filter->limit;
    out->count = out->more ? filter->limit : rows_count(rows);
    out->events = xcalloc(out->count + 1, sizeof *out->events);
    for (size_t i = 0; i < out->count; i++)
        event_from(&out->events[i], rows, i);
    rows_free(rows);
    return true;
}

void audit_page_dispose(struct audit_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct audit_event *e = &page->events[i];

        free(e->op);
        free(e->kind);
        free(e->user);
        free(e->user_name);
        free(e->channel);
        free(e->command);
        free(e->text);
        free(e->outcome);
        free(e->replica);
    }
    free(page->events);
    *page = (struct audit_page){ 0 };
}

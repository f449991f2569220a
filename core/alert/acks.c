/*
 * acks: who has it, as others read it in Redis: notify:ack:<trace> of each
 * alert, and notify:ack:A-<number>. Declared in turn.h.
 *
 * A group that Redis has not been told of says so (ack_owed). Its row is
 * locked while Redis is told: two replicas never tell different things at
 * once, and what is told twice is told once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/turn.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/ack.h"

#define WEEK_MS "604800000"

static const struct db_stmt stmt_owed = {
    .name = "alert_acks_owed",
    .sql = "select g.id, g.acked_by, g.acked_name, g.ack_note, g.op, " ALERT_MS(
               "g.acked_at") ", " ALERT_MS("g.ack_until") ", "
           ALERT_MS("g.changed_at") ", coalesce((select"
           "  jsonb_agg(distinct a.trace) from opsbot.alerts a"
           "  where a.\"group\" = g.id and a.trace <> ''), '[]')"
           " from opsbot.alert_groups g where g.ack_owed"
           " and ($1::bigint = 0 or g.id = $1::bigint)"
           " order by g.id limit 100 for update skip locked",
    .params = 1,
};

static const struct db_stmt stmt_told = {
    .name = "alert_acks_told",
    .sql = "update opsbot.alert_groups set ack_owed = false where id in"
           " (select value::bigint from jsonb_array_elements_text($1::jsonb))",
    .params = 1,
};

/* A row of stmt_owed. */
struct owed {
    const struct db_rows *rows;
    size_t i;
    int64_t until, moment;
    bool held;
};

static char *held_text(const struct owed *o)
{
    char at[CLOCK_TEXT], until[CLOCK_TEXT];
    const char *name = rows_text(o->rows, o->i, 2);
    const char *note = rows_text(o->rows, o->i, 3);

    clock_rfc3339(o->until, until);
    return json_text(member_str("by", rows_text(o->rows, o->i, 1)),
                     member_str("at", clock_rfc3339(o->moment, at)),
                     member_str("until", o->until ? until : NULL),
                     member_str("by_name", name[0] ? name : NULL),
                     member_str("note", note[0] ? note : NULL),
                     member_str("op", rows_text(o->rows, o->i, 4)));
}

/* Also when it was: what is older and comes later does not undo it. */
static void tell(const struct alert_world *w, const struct owed *o,
                 const char *trace, const char *text)
{
    char *key = xasprintf(ACK_KEY "%s", trace);
    char *last = xasprintf("%sack:%s", w->config->redis_prefix, trace);
    char moment[TEXT_NUMBER], until[TEXT_NUMBER];

    text_number(moment, o->moment);
    text_number(until, o->until);
    redis_cmd(w->redis, "SET", last, moment, "PX", WEEK_MS);
    if (!o->held)
        redis_cmd(w->redis, "DEL", key);
    else if (o->until)
        redis_cmd(w->redis, "SET", key, text, "PXAT", until);
    else
        redis_cmd(w->redis, "SET", key, text);
    free(key);
    free(last);
}

static void tell_group(const struct alert_world *w, const struct owed *o)
{
    const char *list = rows_text(o->rows, o->i, 8);
    struct err ignored;
    struct json_doc *traces = json_doc_parse(list, strlen(list), &ignored);
    size_t n = traces ? json_doc_count(traces, "") : 0;
    char *text = held_text(o);
    char *own = xasprintf("A-%s", rows_text(o->rows, o->i, 0));

    tell(w, o, own, text);
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%zu", i);
        const char *trace = json_doc_str(traces, path);

        if (ack_trace_check(trace, &ignored))
            tell(w, o, trace, text);
        free(path);
    }
    free(own);
    free(text);
    json_doc_free(traces);
}

static struct owed owed_at(const struct db_rows *rows, size_t i)
{
    bool held = rows_text(rows, i, 1)[0] != '\0';

    return (struct owed){ .rows = rows,
                          .i = i,
                          .held = held,
                          .until = held ? rows_int(rows, i, 6) : 0,
                          .moment = rows_int(rows, i, held ? 5 : 7) };
}

static bool all_told(struct redis *r, struct err *err)
{
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < redis_count(r); i++) {
        const char *why = reply_error(redis_reply(r, i));

        if (why)
            return err_set(err, ERR_REDIS, "Redis refused it: %s", why);
    }
    return true;
}

static bool settle_in(const struct alert_world *w, int64_t number,
                      struct err *err)
{
    struct db_rows *rows = NULL;
    int64_t told[100];
    char id[TEXT_NUMBER], *list;
    bool ok;

    if (!db_begin(w->db, err) ||
        !db_run(w->db, &stmt_owed, &rows, err, text_number(id, number)))
        return false;
    redis_reset(w->redis);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct owed o = owed_at(rows, i);

        told[i] = rows_int(rows, i, 0);
        tell_group(w, &o);
    }
    list = numbers_text(told, rows_count(rows));
    ok = rows_count(rows) == 0 ||
         (all_told(w->redis, err) &&
          db_run(w->db, &stmt_told, NULL, err, list) && db_commit(w->db, err));
    free(list);
    rows_free(rows);
    return ok;
}

bool acks_settle(const struct alert_world *w, int64_t number, struct err *err)
{
    bool ok;

    if (!w->redis)
        return true;
    ok = settle_in(w, number, err);
    db_rollback(w->db); /* no-op once it is committed */
    return ok;
}

/*
 * ack_settle: acknowledgements that a crash, or a store that was away, left
 * after their intent. See ack.h.
 *
 * The effect is idempotent and the outcome conditional, so nothing is locked:
 * two settlers, or a settler and a slow worker, finish it once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/ops/ack_parts.h"

/* A worker may still be at one so young, unless it said the outcome while
 * Postgres was away, or its attempt has waited somewhere for longer than any
 * worker is at it. */
#define YOUNG_MS 15000
#define WAITED   "interval '3 s'"

static const struct db_stmt stmt_open = {
    .name = "ack_settle",
    .sql = "select o.id, o.act, substr(o.entity, 5), a.detail"
           " from opsbot.operations o join opsbot.audit_events a"
           " on a.operation = o.id and a.kind = 'attempt'"
           " and a.recorded_at = o.recorded_at"
           " where o.state = 'intent' and starts_with(o.entity, 'ack:')"
           " and (o.created_at <= now() - $1::bigint * interval '1 ms' or"
           "  o.recorded_at <= o.created_at - " WAITED
           " or exists (select from opsbot.audit_events d where d.operation ="
           "   o.id and d.kind = 'outcome' and d.recorded_at ="
           "   o.recorded_at))"
           " order by o.recorded_at limit 20",
    .params = 1,
};

static const struct db_stmt stmt_waits = {
    .name = "ack_waits",
    .sql = "select exists (select from opsbot.operations"
           " where state = 'intent' and starts_with(entity, 'ack:'))",
};

/* One as it was written down; act and want borrow from the rest. */
struct found {
    struct json_doc *doc, *detail;
    struct act act;
    struct ack_want want;
};

static void found_dispose(struct found *f)
{
    json_doc_free(f->doc);
    json_doc_free(f->detail);
}

/* op and trace are borrowed. */
static bool found_from(struct found *f, const char *op, const char *act,
                       const char *detail, const char *trace, struct err *err)
{
    *f = (struct found){ .doc = json_doc_parse(act, strlen(act), err) };
    if (f->doc)
        f->detail = json_doc_parse(detail, strlen(detail), err);
    if (!f->detail) {
        err_prefix(err, "operation %s", op);
        return false;
    }
    f->act = operation_act(f->doc, op);
    ack_want_read(&f->want, &f->act, trace, f->detail);
    return true;
}

/* ---- from Postgres ----------------------------------------------------------- */

static bool settle_one(const struct ack_world *w, const struct db_rows *rows,
                       size_t i, struct err *err)
{
    struct ack_done done = { 0 };
    struct found f;
    bool ok = found_from(&f, rows_text(rows, i, 0), rows_text(rows, i, 1),
                         rows_text(rows, i, 3), rows_text(rows, i, 2), err) &&
              ack_apply(w->redis, w->config, &f.want, &done, err) &&
              ack_record(w, &f.want, &done, err);

    if (ok)
        log_info("ack", &(struct log_ctx){ .op = f.act.op },
                 "settled the %s of %s: %s", f.act.command, f.want.trace,
                 ack_result_word(done.result));
    ack_done_dispose(&done);
    found_dispose(&f);
    return ok;
}

bool ack_settle(const struct ack_world *w, int64_t min_age_ms, size_t *settled,
                struct err *err)
{
    struct db_rows *rows = NULL;
    char age[TEXT_NUMBER];
    bool ok = true;

    *settled = 0;
    text_number(age, min_age_ms > YOUNG_MS ? min_age_ms : YOUNG_MS);
    if (!db_run(w->db, &stmt_open, &rows, err, age))
        return false;
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (settle_one(w, rows, i, err))
            ++*settled;
        else
            ok = false;
    }
    rows_free(rows);
    return ok;
}

bool ack_waits(struct db *db, bool *waits, struct err *err)
{
    struct db_rows *rows = NULL;

    *waits = false;
    if (!db_run(db, &stmt_waits, &rows, err, NULL))
        return false;
    *waits = rows_text(rows, 0, 0)[0] == 't';
    rows_free(rows);
    return true;
}

/* ---- from the journal -------------------------------------------------------- */

/* The act, and what the attempt says. */
char *ack_late_text(const struct ack_want *want)
{
    char *act = operation_act_text(want->act), *detail = ack_attempt(want);
    char *text =
        json_text(member_str("op", want->act->op), member_raw("act", act),
                  member_raw("detail", detail));

    free(act);
    free(detail);
    return text;
}

static bool apply(struct redis *r, const struct config *cfg,
                  const struct found *f, struct err *err)
{
    struct log_ctx ctx = { .op = f->act.op, .user = f->act.user };
    struct ack_done done;

    if (!ack_apply(r, cfg, &f->want, &done, err))
        return false;
    log_warn("ack", &ctx, "an %s of %s that was asked while Redis was away: %s",
             ack_action_name(f->want.action), f->want.trace,
             ack_result_word(done.result));
    ack_done_dispose(&done);
    return true;
}

bool ack_apply_late(struct redis *r, const struct config *cfg, const char *json,
                    struct err *err)
{
    struct json_doc *doc = json_doc_parse(json, strlen(json), err);
    const char *op = doc ? json_doc_str(doc, "op") : "";
    const char *trace = doc ? json_doc_str(doc, "detail.trace") : "";
    char *act = doc ? json_doc_raw(doc, "act") : NULL;
    char *detail = doc ? json_doc_raw(doc, "detail") : NULL;
    struct found f = { 0 };
    bool ok = true;

    if (act && detail && op[0] && trace[0] &&
        found_from(&f, op, act, detail, trace, err) && f.want.at > 0)
        ok = apply(r, cfg, &f, err);
    else
        log_error("ack", NULL,
                  "a record of the journal is no acknowledgement: let go");
    found_dispose(&f);
    json_doc_free(doc);
    free(act);
    free(detail);
    return ok;
}

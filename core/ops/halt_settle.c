/*
 * halt_settle: halts and unhalts that a crash left after their intent.
 * Declared in halt_act.h.
 *
 * The effect is idempotent and the outcome conditional, so nothing is locked:
 * two settlers, or a settler and a slow worker, finish it once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_act_parts.h"
#include "core/ops/halt_parts.h"
#include "core/ops/operation.h"

#define YOUNG_MS      15000 /* a worker may still be at it */
#define NO_GENERATION (-1)

static const struct db_stmt stmt_open = {
    .name = "halt_settle",
    .sql = "select o.id, o.act, substr(o.entity, 6), o.command, a.detail"
           " from opsbot.operations o join opsbot.audit_events a"
           " on a.operation = o.id and a.kind = 'attempt'"
           " and a.recorded_at = o.recorded_at"
           " where o.state = 'intent' and starts_with(o.entity, 'halt:')"
           " and o.created_at <= now() - $1::bigint * interval '1 ms'"
           " order by o.created_at limit 20",
    .params = 1,
};

/* An intent as it was committed; want borrows from the rest and from rows. */
struct found {
    struct json_doc *doc, *detail;
    struct act act;
    struct halt_want want;
};

static bool found_from(struct found *f, const struct db_rows *rows, size_t i,
                       struct err *err)
{
    const char *act = rows_text(rows, i, 1), *detail = rows_text(rows, i, 4);

    f->doc = json_doc_parse(act, strlen(act), err);
    f->detail = f->doc ? json_doc_parse(detail, strlen(detail), err) : NULL;
    if (!f->detail) {
        err_prefix(err, "operation %s", rows_text(rows, i, 0));
        return false;
    }
    f->act = operation_act(f->doc, rows_text(rows, i, 0));
    f->want = (struct halt_want){
        .act = &f->act,
        .action = halt_action_from(json_doc_str(f->detail, "action")),
        .scope = rows_text(rows, i, 2),
        .reason = json_doc_str(f->detail, "reason"),
        .at = f->act.recorded_at,
        .generation = json_doc_int(f->detail, "generation", 0),
        .force = json_doc_bool(f->detail, "force"),
    };
    return true;
}

/* The run as it is recorded, with what Redis has said by now; or a new one,
 * whose lease soon runs out for somebody to tell its targets. Its card may be
 * there, posted while Postgres was away. */
static bool record(const struct halt_world *w, const struct halt_want *want,
                   const struct halt_done *done, struct err *err)
{
    struct halt_run *run = NULL;
    struct halt_shown shown[2];
    size_t count = halt_perhaps_shown(w->config, want->act, shown);
    bool ok = halt_run_load(w->db, want->act->op, &run, err);

    if (ok && !run && done->result == HALT_DONE)
        run = halt_run_new(w->config, want, done->generation, "");
    if (run && done->result != HALT_SUPERSEDED)
        run->generation = done->generation;
    ok = ok && halt_record(w, want, run, done, shown, count, err);
    halt_run_free(run);
    return ok;
}

static bool give_up(const struct halt_world *w, const struct halt_want *want,
                    struct err *err)
{
    char *outcome = json_text(member_str("result", HALT_GIVEN_UP),
                              member_str("scope", want->scope));
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = HALT_GIVEN_UP,
                             .detail = outcome };
    bool first;
    bool ok = db_begin(w->db, err) &&
              operation_finish(w->db, want->act->op, OPERATION_REFUSED, outcome,
                               &first, err) &&
              (!first || audit_write(w->db, &row, err)) &&
              db_commit(w->db, err);

    db_rollback(w->db);
    free(outcome);
    return ok;
}

/*
 * What Redis has of the unhalt; with nothing of it there, nothing will be: one
 * that is still on its way, or in the hands of a slow worker, finds the marker
 * and changes nothing. No halt has the generation that is asked for.
 */
static bool shut(const struct halt_world *w, const struct halt_want *want,
                 struct halt_done *done, struct err *err)
{
    struct halt_want none = *want;

    none.generation = NO_GENERATION;
    redis_reset(w->redis);
    return halt_apply(w->redis, w->config, &none, done, err);
}

bool halt_settle_start(const struct halt_world *w, const struct halt_want *want,
                       struct halt_report *out, struct err *err)
{
    *out = (struct halt_report){ .before = true };
    out->before_at = clock_wall_ms();
    out->applied = shut(w, want, &out->done, err);
    if (!out->applied)
        return false;
    out->given_up = out->done.result == HALT_SUPERSEDED &&
                    out->done.generation == want->generation;
    return out->given_up ? give_up(w, want, err)
                         : record(w, want, &out->done, err);
}

static bool settle_stop(const struct halt_world *w,
                        const struct halt_want *want, struct err *err)
{
    struct halt_done done = { 0 };
    bool ok;

    redis_reset(w->redis);
    ok = halt_apply(w->redis, w->config, want, &done, err) &&
         record(w, want, &done, err);
    halt_done_dispose(&done);
    return ok;
}

static bool settle_one(const struct halt_world *w, const struct db_rows *rows,
                       size_t i, struct err *err)
{
    struct halt_report report = { 0 };
    struct found f = { 0 };
    bool ok = found_from(&f, rows, i, err);

    if (ok && f.want.action == HALT_STOP)
        ok = settle_stop(w, &f.want, err);
    else if (ok)
        ok = halt_settle_start(w, &f.want, &report, err);
    if (ok)
        log_info("halt", &(struct log_ctx){ .op = f.act.op },
                 "settled the %s of %s%s", f.act.command, f.want.scope,
                 report.given_up ? ": given up" : "");
    halt_report_dispose(&report);
    json_doc_free(f.doc);
    json_doc_free(f.detail);
    return ok;
}

bool halt_settle(const struct halt_world *w, int64_t min_age_ms,
                 size_t *settled, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = true;
    char age[24];

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

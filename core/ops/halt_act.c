/*
 * halt_act: see halt_act.h. Top to bottom: intent, effect, outcome.
 */
#include "core/ops/halt_act.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/halt_act_parts.h"
#include "core/ops/operation.h"

#define INTENT_MS 750
#define RECORD_MS 1000

void halt_report_dispose(struct halt_report *report)
{
    halt_done_dispose(&report->done);
    halt_run_free(report->run);
    *report = (struct halt_report){ 0 };
}

/* ---- what came of it before -------------------------------------------------- */

static void now_from(const struct json_doc *doc, struct halt *now)
{
    if (!json_doc_bool(doc, "halted"))
        return;
    now->scope = xstrdup(json_doc_str(doc, "scope"));
    now->reason = xstrdup(json_doc_str(doc, "reason"));
    now->by = xstrdup(json_doc_str(doc, "by"));
    now->by_name = xstrdup(json_doc_str(doc, "by_name"));
    now->op = xstrdup(json_doc_str(doc, "op"));
    now->at = json_doc_int(doc, "at", 0);
    now->generation = json_doc_int(doc, "generation", 0);
}

static void report_from(const struct operation *o, struct halt_report *out)
{
    const char *result = json_doc_str(o->outcome, "result");

    out->before = out->applied = true;
    out->before_at = o->at;
    out->given_up = strcmp(result, HALT_GIVEN_UP) == 0;
    out->done.result = HALT_DONE;
    if (strcmp(result, "already") == 0)
        out->done.result = HALT_ALREADY;
    if (strcmp(result, "superseded") == 0)
        out->done.result = HALT_SUPERSEDED;
    out->done.generation = json_doc_int(o->outcome, "generation", 0);
    now_from(o->outcome, &out->done.now);
}

bool halt_report_load(struct db *db, const char *op, struct halt_report *out,
                      bool *found, struct err *err)
{
    struct operation known;

    *out = (struct halt_report){ 0 };
    if (!operation_load(db, op, &known, found, err))
        return false;
    *found = *found && known.state != OPERATION_INTENT && known.outcome;
    if (*found)
        report_from(&known, out);
    operation_dispose(&known);
    return true;
}

/* ---- the steps ----------------------------------------------------------------- */

static void worse(struct halt_report *out, enum record_place place)
{
    if (place > out->place)
        out->place = place;
}

/* A Postgres that hangs must not keep anybody from stopping (P6): the patience
 * that it finds for a halt. An unhalt has all there is. */
static int64_t be_brief(const struct halt_world *w,
                        const struct halt_want *want, int ms)
{
    int64_t most = clock_mono_ms() + ms, before = db_until(w->db, most);

    if (want->action == HALT_START || (before && before < most))
        db_until(w->db, before);
    return before;
}

static bool intent_in_postgres(const struct halt_world *w,
                               const struct halt_want *want, bool *added,
                               struct err *err)
{
    int64_t before = be_brief(w, want, INTENT_MS);
    bool ok = db_begin(w->db, err) && halt_intend(w->db, want, added, err) &&
              db_commit(w->db, err);

    db_rollback(w->db);
    db_until(w->db, before);
    return ok;
}

/* True: it was over before, and out says what came of it. */
static bool intend(const struct halt_world *w, const struct halt_want *want,
                   struct halt_report *out)
{
    bool added = true, found = false;
    struct err why;

    if (intent_in_postgres(w, want, &added, &out->postgres)) {
        if (!added &&
            !halt_report_load(w->db, want->act->op, out, &found, &why))
            out->postgres = why;
        return found;
    }
    worse(out, halt_intend_elsewhere(w, want, &out->journal));
    return false;
}

/* Redis, or else the journal, which applies it when Redis is back. */
static void stop(const struct halt_world *w, const struct halt_want *want,
                 struct halt_report *out)
{
    char *text;

    redis_reset(w->redis);
    out->applied =
        halt_apply(w->redis, w->config, want, &out->done, &out->redis);
    if (out->applied)
        return;
    text = halt_late_text(want);
    out->journaled = journal_add(w->journal, JOURNAL_HALT, text, &out->journal);
    free(text);
    if (!out->journaled)
        log_error("halt", &(struct log_ctx){ .op = want->act->op },
                  "the halt of %s is kept in memory alone: %s", want->scope,
                  out->journal.text);
}

static bool to_be_told(const struct halt_want *want,
                       const struct halt_report *out)
{
    if (!out->applied || out->done.result == HALT_DONE)
        return true;
    return want->action == HALT_STOP && out->done.result == HALT_ALREADY;
}

static bool outcome_in_postgres(const struct halt_world *w,
                                const struct halt_want *want,
                                struct halt_report *out)
{
    struct halt_shown shown[2];
    size_t count = 0;
    int64_t before;
    bool ok;

    if (strcmp(want->act->via, "recovery") == 0)
        count = halt_perhaps_shown(w->config, want->act, shown);
    before = be_brief(w, want, RECORD_MS);
    ok = halt_record(w, want, out->run, out->applied ? &out->done : NULL, shown,
                     count, &out->postgres);
    db_until(w->db, before);
    return ok;
}

/* A start does not reach what another halt stops. */
static void spare(const struct halt_world *w, struct halt_run *run)
{
    struct reads reads = { .redis = w->redis };
    struct halt_list halted = { 0 };
    struct err ignored;

    redis_reset(w->redis);
    halt_list_ask(&reads, w->config);
    reads.failed = !redis_run(w->redis, &ignored);
    halt_list_read(&reads, &halted);
    halt_run_keep(run, w->config, &halted);
    halt_list_dispose(&halted);
}

static void conclude(const struct halt_world *w, const struct halt_want *want,
                     const char *response_url, struct halt_report *out)
{
    const struct halt_done *done = out->applied ? &out->done : NULL;
    struct audit_row row;
    char *detail;

    if (to_be_told(want, out))
        out->run = halt_run_new(w->config, want, done ? done->generation : 0,
                                response_url);
    if (out->run && want->action == HALT_START)
        spare(w, out->run);
    /* Where the intent found no Postgres nobody waits for another: whoever has
     * the run records it all, and the targets are told now. */
    if (out->place == RECORD_POSTGRES && outcome_in_postgres(w, want, out))
        return;
    detail = halt_outcome_json(want, done);
    row = halt_outcome_row(want, done, detail);
    worse(out, record_elsewhere(w, &row, &out->journal));
    free(detail);
}

void halt_carry_out(const struct halt_world *w, const struct halt_want *want,
                    const char *response_url, struct halt_report *out)
{
    *out = (struct halt_report){ 0 };
    if (intend(w, want, out))
        return;
    stop(w, want, out);
    conclude(w, want, response_url, out);
}

bool halt_start_again(const struct halt_world *w, const struct halt_want *want,
                      const char *response_url, struct halt_report *out,
                      struct err *err)
{
    *out = (struct halt_report){ 0 };
    redis_reset(w->redis);
    out->applied = halt_apply(w->redis, w->config, want, &out->done, err);
    if (!out->applied)
        return false;
    conclude(w, want, response_url, out);
    return true;
}

/*
 * ack_act: an acknowledgement carried out: intent, effect, outcome. See ack.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/ack_parts.h"

#define STEP_MS 800 /* Postgres' share of the time, of each step */

void ack_report_dispose(struct ack_report *report)
{
    ack_done_dispose(&report->done);
    *report = (struct ack_report){ 0 };
}

/* ---- the steps --------------------------------------------------------------- */

static void worse(struct ack_report *out, enum record_place place)
{
    if (place > out->place)
        out->place = place;
}

static enum record_place elsewhere(const struct ack_world *w,
                                   const struct audit_row *row, struct err *why)
{
    const struct halt_world at = { .redis = w->redis,
                                   .journal = w->journal,
                                   .config = w->config };

    return record_elsewhere(&at, row, why);
}

/* No longer than a step may take: nobody who acknowledges waits for a Postgres
 * that hangs. */
static int64_t be_brief(struct db *db)
{
    int64_t most = clock_mono_ms() + STEP_MS, before = db_until(db, most);

    if (before && before < most)
        db_until(db, before);
    return before;
}

static bool was_before(struct db *db, const char *op, struct ack_report *out)
{
    struct operation o;
    bool found = false;

    if (!operation_load(db, op, &o, &found, &out->postgres))
        return false;
    found = found && o.state != OPERATION_INTENT && o.outcome;
    if (found) {
        out->before = out->applied = true;
        out->before_at = o.at;
        ack_outcome_read(&out->done, o.outcome);
    }
    operation_dispose(&o);
    return found;
}

/* True: it was over before, and out says what came of it. */
static bool intend(const struct ack_world *w, const struct ack_want *want,
                   struct ack_report *out)
{
    int64_t before = be_brief(w->db);
    bool added = true;
    bool ok = ack_intend(w->db, want, &added, &out->postgres);
    bool over = ok && !added && was_before(w->db, want->act->op, out);
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_ATTEMPT,
                             .outcome = "attempt" };
    char *detail;

    db_until(w->db, before);
    if (ok)
        return over;
    row.detail = detail = ack_attempt(want);
    worse(out, elsewhere(w, &row, &out->journal));
    free(detail);
    return false;
}

/* Redis has not said. An intent in Postgres is settled when it is back;
 * without one the journal keeps it. */
static void keep(const struct ack_world *w, const struct ack_want *want,
                 struct ack_report *out)
{
    char *text;

    out->kept = out->place == RECORD_POSTGRES;
    if (out->kept)
        return;
    text = ack_late_text(want);
    out->kept = journal_add(w->journal, JOURNAL_ACK, text, &out->journal);
    free(text);
}

/* The outcome alone: the operation stays open, and ack_settle() takes such a
 * one at once. */
static bool say_outcome(const struct ack_world *w, struct audit_row *row,
                        const struct ack_want *want,
                        const struct ack_done *done, struct err *err)
{
    char *detail = ack_outcome(want, done);
    bool ok;

    row->detail = detail;
    ok = audit_write(w->db, row, err);
    row->detail = NULL;
    free(detail);
    return ok;
}

static void conclude(const struct ack_world *w, const struct ack_want *want,
                     struct ack_report *out)
{
    const struct ack_done *done = out->applied ? &out->done : NULL;
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = done ? ack_result_word(done->result)
                                             : "late" };
    int64_t before;
    char *detail;
    bool ok = false;

    /* What is kept has its outcome when it is settled. */
    if (out->kept)
        return;
    if (out->place == RECORD_POSTGRES) {
        before = be_brief(w->db);
        out->waits = w->waits && done && done->result == ACK_DONE;
        ok = out->waits ? say_outcome(w, &row, want, done, &out->postgres)
                        : ack_record(w, want, done, &out->postgres);
        db_until(w->db, before);
    }
    if (ok)
        return;
    row.detail = detail = ack_outcome(want, done);
    worse(out, elsewhere(w, &row, &out->journal));
    free(detail);
}

void ack_carry_out(const struct ack_world *w, const struct ack_want *want,
                   struct ack_report *out)
{
    *out = (struct ack_report){ 0 };
    if (intend(w, want, out))
        return;
    out->applied =
        ack_apply(w->redis, w->config, want, &out->done, &out->redis);
    if (!out->applied)
        keep(w, want, out);
    conclude(w, want, out);
}

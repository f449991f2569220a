/*
 * mute_silence: silences are made, and ended early: each one operation, with
 * its audit row. Declared in mute.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"

#define DAY_MS  INT64_C(86400000)
#define TIME_MS 500 /* for what fires already, before the answer */

static const struct db_stmt stmt_barrier = {
    .name = "silence_barrier",
    .sql = "select pg_advisory_xact_lock(hashtext('opsbot.silences'))",
};

static const struct db_stmt stmt_insert = {
    .name = "silence_insert",
    .sql = "insert into opsbot.silences (op, matchers, made_by, by_name,"
           " reason, \"group\", at, until) values ($1::text, $2::jsonb,"
           " $3::text, $4::text, $5::text, $6::bigint, " ALERT_MOMENT(
               "$7::bigint") ", " ALERT_MOMENT("$8::bigint") ") returning id",
    .params = 8,
};

static const struct db_stmt stmt_end = {
    .name = "silence_end",
    .sql = "update opsbot.silences set ended_by = $2::text,"
           " ended_by_name = $4::text,"
           " ended_at = " ALERT_MOMENT(
               "$3::bigint") " where id = $1::bigint and ended_at is null"
                             " and until > " ALERT_MOMENT(
                                 "$3::bigint") " returning id",
    .params = 4,
};

void silence_done_dispose(struct silence_done *d)
{
    silence_dispose(&d->silence);
    *d = (struct silence_done){ .before = false };
}

/* ---- what it is asked with --------------------------------------------------------- */

/* One of them has to want something: it would mute whatever comes. */
static bool wants_something(const struct matchers *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!matcher_takes(m->items[i], ""))
            return true;
    return false;
}

static bool time_fits(int64_t now, const struct silence_new *want,
                      struct err *err)
{
    if (want->until <= now)
        return err_set(err, ERR_USER,
                       "A silence has to end later than now: nothing was "
                       "silenced");
    if (want->until > now + SILENCE_MOST_DAYS * DAY_MS)
        return err_set(err, ERR_USER,
                       "A silence lasts %d days at most: take a shorter one, "
                       "and make it anew when it is over",
                       SILENCE_MOST_DAYS);
    if (text_blank(want->reason))
        return err_set(err, ERR_USER,
                       "A silence needs a reason: whoever sees it has to know "
                       "why nothing is said");
    return true;
}

/* Its matchers as they are stored; NULL: err. Heap. */
static char *checked(const struct alert_world *w,
                     const struct silence_new *want, struct err *err)
{
    struct matchers m;
    char *text = NULL, **texts;

    if (!time_fits(mute_now(w), want, err) ||
        !matchers_read(&m, want->matchers, want->matchers_count, err))
        return NULL;
    texts = xcalloc(m.count + 1, sizeof *texts);
    for (size_t i = 0; i < m.count; i++)
        texts[i] = matcher_text(m.items[i]);
    if (wants_something(&m))
        text = json_list((const char *const *)texts, m.count);
    else
        err_set(err, ERR_USER,
                "These matchers fit every alert there is: name a label that "
                "has to be there, like service=pay");
    for (size_t i = 0; i < m.count; i++)
        free(texts[i]);
    free(texts);
    matchers_dispose(&m);
    return text;
}

/* ---- records ----------------------------------------------------------------------- */

static bool finish(const struct alert_world *w, const struct act *act,
                   int64_t id, const char *result, struct err *err)
{
    bool first, done = strcmp(result, "ok") == 0;
    char *outcome =
        json_text(member_str("result", result), member_int("silence", id));
    struct audit_row row = {
        .act = act, .kind = AUDIT_OUTCOME, .outcome = result, .detail = outcome
    };
    bool ok = operation_finish(w->db, act->op,
                               done ? OPERATION_DONE : OPERATION_REFUSED,
                               outcome, &first, err) &&
              audit_write(w->db, &row, err) && db_commit(w->db, err);

    free(outcome);
    return ok;
}

/* This operation was here before. *id: the silence that it was of. */
static bool before(const struct alert_world *w, const struct act *act,
                   int64_t *id, struct err *err)
{
    struct operation o;
    bool found;

    if (!operation_load(w->db, act->op, &o, &found, err))
        return false;
    *id = found && o.outcome ? json_doc_int(o.outcome, "silence", 0) : 0;
    if (found)
        operation_dispose(&o);
    return true;
}

static bool insert(const struct alert_world *w, const struct act *act,
                   const struct silence_new *want, const char *matchers,
                   int64_t *id, struct err *err)
{
    struct db_rows *rows = NULL;
    char *reason = text_cut(want->reason, SILENCE_REASON);
    char group[TEXT_NUMBER], at[TEXT_NUMBER], until[TEXT_NUMBER];
    bool ok =
        db_run(w->db, &stmt_barrier, NULL, err, NULL) &&
        db_run(w->db, &stmt_insert, &rows, err, act->op, matchers, act->user,
               act->user_name, reason, text_number(group, want->group),
               text_number(at, mute_now(w)), text_number(until, want->until));

    *id = ok ? rows_int(rows, 0, 0) : 0;
    rows_free(rows);
    free(reason);
    return ok;
}

/* ---- making ------------------------------------------------------------------------ */

static bool record(const struct alert_world *w, const struct act *act,
                   const struct silence_new *want, const char *matchers,
                   int64_t *id, bool *was, struct err *err)
{
    bool added;

    if (!operation_add(w->db, act, "silence", &added, err))
        return false;
    *was = !added;
    if (!added)
        return before(w, act, id, err);
    return insert(w, act, want, matchers, id, err) &&
           finish(w, act, *id, "ok", err);
}

/* It is recorded and holds: what is not done now is done by the clock, so that
 * it fails changes nothing of the answer. */
static bool follow(bool (*how)(const struct alert_world *, int64_t, int64_t,
                               bool *, struct err *),
                   const struct alert_world *w, int64_t id,
                   struct silence_done *out, struct err *err)
{
    struct err ignored = { .kind = ERR_NONE };
    bool left;

    (void)how(w, id, clock_mono_ms() + TIME_MS, &left, &ignored);
    return silence_load(w->db, id, &out->silence, &out->found, err);
}

bool silence_add_in(const struct alert_world *w, const struct act *act,
                    const struct silence_new *want, struct silence_done *out,
                    struct err *err)
{
    char *matchers = checked(w, want, err);
    int64_t id = 0;
    bool ok;

    *out = (struct silence_done){ .before = false };
    if (!matchers)
        return false;
    ok = record(w, act, want, matchers, &id, &out->before, err);
    db_rollback(w->db); /* no-op once it is committed */
    free(matchers);
    return ok && follow(silence_apply, w, id, out, err);
}

bool silence_add(const struct alert_world *w, const struct act *act,
                 const struct silence_new *want, struct silence_done *out,
                 struct err *err)
{
    bool ok = db_begin(w->db, err) && silence_add_in(w, act, want, out, err);

    db_rollback(w->db);
    return ok;
}

/* ---- ending ------------------------------------------------------------------------ */

static bool end_in(const struct alert_world *w, const struct act *act,
                   int64_t id, struct silence_done *out, struct err *err)
{
    struct db_rows *rows = NULL;
    char number[TEXT_NUMBER], now[TEXT_NUMBER];
    bool added, changed;

    if (!db_begin(w->db, err) ||
        !operation_add(w->db, act, "silence", &added, err))
        return false;
    out->before = !added;
    if (!added)
        return true;
    if (!db_run(w->db, &stmt_end, &rows, err, text_number(number, id),
                act->user, text_number(now, mute_now(w)), act->user_name))
        return false;
    changed = rows_count(rows) > 0;
    rows_free(rows);
    out->before = !changed;
    return finish(w, act, id, changed ? "ok" : "already", err);
}

bool silence_end(const struct alert_world *w, const struct act *act, int64_t id,
                 struct silence_done *out, struct err *err)
{
    bool ok;

    *out = (struct silence_done){ .before = false };
    ok = end_in(w, act, id, out, err);
    db_rollback(w->db); /* no-op once it is committed */
    return ok && follow(silence_release, w, id, out, err);
}

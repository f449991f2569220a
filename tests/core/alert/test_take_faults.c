/*
 * take_faults: Postgres dies before each statement of a transaction, and after
 * each, when its answer is lost: nothing is half done, and who does the same
 * again does it once.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/alert/fired.h"

#include "core/store/db_link.h"

/* Every statement of ours goes by these two. */
static bool faulty_send(struct db *db, const struct db_stmt *stmt,
                        const char *const *values, int64_t until,
                        struct err *err);
static bool faulty_read(struct db *db, int64_t until, PGresult **res,
                        struct err *err);
#define db_link_send faulty_send
#define db_link_read faulty_read
#include "core/store/db.c"
#undef db_link_send
#undef db_link_read

static int sent, fault_at; /* 0: none */
static bool fault_after;
static bool committed; /* the answer that was lost was the commit's */

static void kill_ours(void)
{
    free(look_text(&w.s, "select count(pg_terminate_backend(pid, 20000)) from"
                         " pg_stat_activity where pid <> pg_backend_pid()"
                         " and backend_type = 'client backend'"));
}

static bool faulty_send(struct db *db, const struct db_stmt *stmt,
                        const char *const *values, int64_t until,
                        struct err *err)
{
    sent++;
    if (sent == fault_at) {
        committed = fault_after && strcmp(stmt->name, "commit") == 0;
        if (!fault_after)
            kill_ours();
    }
    return db_link_send(db, stmt, values, until, err);
}

static bool faulty_read(struct db *db, int64_t until, PGresult **res,
                        struct err *err)
{
    if (!db_link_read(db, until, res, err))
        return false;
    if (sent != fault_at || !fault_after)
        return true;
    kill_ours(); /* it was done, and nobody hears of it */
    PQclear(*res);
    *res = NULL;
    db_link_fell(db, until, "its answer was lost");
    db_link_close(db);
    return err_set(err, ERR_DB, "its answer was lost");
}

TestSuite(take_faults, .init = fired_start, .fini = fired_stop, .timeout = 600);

/* All that a transaction of ours writes. */
static char *state(void)
{
    return look_text(
        &w.s, "select md5(string_agg(t, '|' order by t)) from ("
              " select 'g' || g::text as t from opsbot.alert_groups g union all"
              " select 'a' || a::text from opsbot.alerts a union all"
              " select 'h' || h::text from opsbot.alert_history h union all"
              " select 'n' || n::text from opsbot.alert_news n union all"
              " select 'v' || v::text from opsbot.alert_over v union all"
              " select 'o' || o::text from opsbot.outbox o union all"
              " select 'p' || p::text from opsbot.pages p union all"
              " select 'd' || d::text from opsbot.operations d union all"
              " select 'e' || e::text from opsbot.audit_events e) x");
}

static void again(void)
{
    db_rollback(w.db);
    cr_assert(db_probe(w.db, &w.err), "%s", w.err.text);
}

/* Does it with a fault at each statement in turn until one comes through
 * without meeting it. run: what is done, for the k-th time; done: that it was,
 * once. */
static void each_fault(bool after, void (*prepare)(int k), bool (*run)(int k),
                       void (*check)(int k))
{
    int k = 1;

    for (bool met = true; met; k++) {
        char *before, *now;
        bool ok;

        prepare(k);
        before = state();
        sent = 0;
        committed = false;
        fault_at = k;
        fault_after = after;
        ok = run(k);
        met = sent >= k;
        fault_at = 0;
        cr_assert(ok == !met, "statement %d: %s", k, ok ? "ok" : w.err.text);
        if (met)
            again();
        now = state();
        if (met && !committed)
            cr_assert_str_eq(now, before, "half done at statement %d", k);
        free(before);
        free(now);
        if (met)
            cr_assert(run(k), "%s", w.err.text);
        check(k);
        fired_check_counts();
    }
    cr_assert_gt(k, 4, "there was something to go wrong");
}

/* ---- news ------------------------------------------------------------------------------ */

static char names[400][3][24];

static void nothing(int k)
{
    snprintf(names[k][0], sizeof names[k][0], "s%d%s", k,
             fault_after ? "x" : "");
    snprintf(names[k][1], sizeof names[k][1], "p%d", k);
    snprintf(names[k][2], sizeof names[k][2], "q%d", k);
}

static bool take_two(int k)
{
    struct alert_world world = fired_world(w.db);
    char ids[3][32];
    struct fired list[] = {
        { .print = names[k][1],
          .service = names[k][0],
          .severity = "critical" },
        { .print = names[k][2],
          .service = names[k][0],
          .severity = "critical" },
        { .print = names[k][1], .service = names[k][0], .resolved = true },
    };
    struct alert_event *events;
    struct taken taken;
    bool ok;

    for (int i = 0; i < 3; i++) {
        snprintf(ids[i], sizeof ids[i], "id-%d-%d", k, i);
        list[i].id = ids[i];
    }
    events = fired_events(list, 3);
    ok = alerts_take(&world, events, 3, false, &taken, &w.err);
    events_free(events, 3);
    return ok;
}

static void two_taken(int k)
{
    cr_assert_eq(fired_number("select count(*) from opsbot.alert_groups where"
                              " labels ->> 'service' = '%s' and firing = 1"
                              " and total = 2",
                              names[k][0]),
                 1, "statement %d", k);
    cr_assert_eq(fired_number("select count(*) from opsbot.alert_history h join"
                              " opsbot.alert_groups g on g.id = h.\"group\""
                              " where g.labels ->> 'service' = '%s' and"
                              " h.reason = 'first'",
                              names[k][0]),
                 1, "statement %d", k);
    cr_assert_eq(fired_number("select count(*) from opsbot.outbox o join"
                              " opsbot.alert_groups g on o.thing = 'alert:' ||"
                              " g.id where g.labels ->> 'service' = '%s'",
                              names[k][0]),
                 1, "statement %d", k);
}

Test(take_faults, a_batch_before_each_statement)
{
    each_fault(false, nothing, take_two, two_taken);
}

Test(take_faults, a_batch_after_each_statement)
{
    each_fault(true, nothing, take_two, two_taken);
}

/* ---- people ------------------------------------------------------------------------------- */

static int64_t latest;

static void one_fires(int k)
{
    nothing(k);
    FIRE({ .print = names[k][1],
           .service = names[k][0],
           .severity = "critical" });
    latest = fired_number("select max(id) from opsbot.alert_groups");
}

static bool change(int k, enum step_kind kind)
{
    struct alert_world world = fired_world(w.db);
    struct alert_done done;
    struct step_input in = {
        .kind = kind, .text = "", .until = STEP_LEASE, .force = true
    };
    char op[40];
    struct act act;
    bool ok;

    snprintf(op, sizeof op, "op-%d-%d", (int)kind, k);
    act = act_of(op, "alert");
    ok = alert_change(&world, &act, latest, &in, &done, &w.err);
    alert_done_dispose(&done);
    return ok;
}

static bool ack(int k)
{
    return change(k, STEP_ACK);
}

static bool resolve(int k)
{
    return change(k, STEP_RESOLVE);
}

static bool escalate(int k)
{
    return change(k, STEP_ESCALATE);
}

static void once(const char *reason)
{
    cr_assert_eq(fired_number("select count(*) from opsbot.alert_history where"
                              " \"group\" = %lld and reason = '%s'",
                              (long long)latest, reason),
                 1);
}

static void acked(int k)
{
    (void)k;
    once("acked");
    cr_assert_str_eq(fired_group(latest)->acked_by, "U0ANN");
    cr_assert_eq(fired_number("select count(*) from opsbot.audit_events where"
                              " operation = 'op-%d-%d'",
                              (int)STEP_ACK, k),
                 1);
}

static void resolved(int k)
{
    (void)k;
    once("resolved");
}

static void escalated(int k)
{
    (void)k;
    once("escalated");
    cr_assert_eq(fired_group(latest)->step, 1);
}

Test(take_faults, an_acknowledgement_before_and_after_each_statement)
{
    each_fault(false, one_fires, ack, acked);
}

Test(take_faults, an_acknowledgement_whose_answer_is_lost)
{
    each_fault(true, one_fires, ack, acked);
}

Test(take_faults, an_end_by_hand)
{
    each_fault(true, one_fires, resolve, resolved);
}

Test(take_faults, an_escalation_by_hand)
{
    each_fault(false, one_fires, escalate, escalated);
}

/* ---- the clock ---------------------------------------------------------------------------- */

static void one_is_due(int k)
{
    one_fires(k);
    fired_now += 5 * MINUTE;
}

static bool tick(int k)
{
    struct alert_world world = fired_world(w.db);
    size_t fired;

    (void)k;
    return alerts_due(&world, 1000, &fired, &w.err);
}

static void paged(int k)
{
    (void)k;
    once("escalated");
    cr_assert_eq(fired_number("select count(*) from opsbot.outbox l join"
                              " opsbot.outbox c on c.id = l.thread_of where"
                              " c.thing = 'alert:%lld' and l.body like"
                              " '%%escalated%%'",
                              (long long)latest),
                 1);
    for (int64_t n = 1; n <= latest; n++) /* nothing is due of the others */
        fired_do(STEP_ACK, n, "U1", "");
}

Test(take_faults, the_clock_before_each_statement)
{
    each_fault(false, one_is_due, tick, paged);
}

Test(take_faults, the_clock_after_each_statement)
{
    each_fault(true, one_is_due, tick, paged);
}

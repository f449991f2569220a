/* halt_settle: unhalts that were cut between their intent and their effect. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/halt_act.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct act halt_act, unhalt_act;
static struct halt_want stop_want, start_want;
static struct halt_report report;

static char *no_message(const struct config *cfg, const struct halt_run *run)
{
    (void)cfg;
    (void)run;
    return xstrdup("{\"text\":\"a card\"}");
}

static struct halt_world world(void)
{
    return (struct halt_world){
        .redis = w.r, .db = w.db, .config = &w.cfg, .message = no_message
    };
}

static void halted(void)
{
    struct halt_world in = world();

    halt_act = act_of("HALT1", "halt");
    stop_want = (struct halt_want){ .act = &halt_act,
                                    .action = HALT_STOP,
                                    .scope = "all",
                                    .reason = "maintenance",
                                    .at = halt_act.recorded_at };
    halt_carry_out(&in, &stop_want, "", &report);
    cr_assert(report.applied, "%s", report.redis.text);
    halt_report_dispose(&report);
}

static void start(void)
{
    bool added;

    world_start(&w, WITH_BOTH);
    halted();
    unhalt_act = act_of("UNHALT1", "unhalt");
    start_want = (struct halt_want){ .act = &unhalt_act,
                                     .action = HALT_START,
                                     .scope = "all",
                                     .reason = "maintenance",
                                     .at = clock_wall_ms(),
                                     .generation = 1 };
    cr_assert(db_begin(w.db, &w.err));
    cr_assert(halt_intend(w.db, &start_want, &added, &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err));
}

static void stop(void)
{
    halt_report_dispose(&report);
    world_stop(&w);
}

TestSuite(halt_settle, .init = start, .fini = stop);

static void start_again(void)
{
    struct halt_world in = world();

    cr_assert(halt_start_again(&in, &start_want, "", &report, &w.err), "%s",
              w.err.text);
}

static void settle(void)
{
    struct halt_world in = world();

    cr_assert(halt_settle_start(&in, &start_want, &report, &w.err), "%s",
              w.err.text);
}

static void expect_operation(const char *state, const char *result)
{
    char *is = look_text(&w.s, "select state || ' ' || (outcome ->> 'result')"
                               " from opsbot.operations where id = 'UNHALT1'");
    char *want = xasprintf("%s %s", state, result);

    cr_expect_str_eq(is, want);
    free(is);
    free(want);
}

static void expect_halted(bool yes)
{
    cr_expect_eq(cli_number(&w.s, "exists opsbot:halt:all"), yes);
}

/* Confirmed twice: who is asked second says that nothing was changed, so the
 * first, which has its intent on record and was slow, must change nothing. */
Test(halt_settle, what_is_given_up_is_not_done_later)
{
    settle();
    cr_expect(report.given_up);
    halt_report_dispose(&report);
    start_again();
    cr_expect_eq(report.done.result, HALT_SUPERSEDED);
    expect_halted(true);
    expect_operation("refused", "given up");
}

Test(halt_settle, what_redis_has_is_recorded)
{
    struct halt_done done;

    cr_assert(halt_apply(w.r, &w.cfg, &start_want, &done, &w.err));
    cr_assert_eq(done.result, HALT_DONE);
    halt_done_dispose(&done);
    settle();
    cr_expect_not(report.given_up);
    cr_expect_eq(report.done.result, HALT_DONE);
    expect_halted(false);
    expect_operation("done", "ok");
}

Test(halt_settle, given_up_twice_is_once)
{
    settle();
    halt_report_dispose(&report);
    settle();
    cr_expect(report.given_up);
    expect_halted(true);
    expect_operation("refused", "given up");
}

/* Halted again meanwhile: that is another halt than the one shown. */
Test(halt_settle, another_halt_stands)
{
    free(cli(&w.s, "set opsbot:halt:all %s", "{\"generation\":7}"));
    settle();
    cr_expect_not(report.given_up);
    cr_expect_eq(report.done.result, HALT_SUPERSEDED);
    expect_halted(true);
}

/* ---- by force ----------------------------------------------------------------- */

static char *force_of(const char *op)
{
    char *query = xasprintf("select coalesce(detail ->> 'force', 'not said')"
                            " from opsbot.audit_events where operation = '%s'"
                            " and kind = 'attempt'",
                            op);
    char *said = look_text(&w.s, query);

    free(query);
    return said;
}

static void expect_force(const char *op, const char *want)
{
    char *said = force_of(op);

    cr_expect_str_eq(said, want, "%s: %s", op, said);
    free(said);
}

static struct halt_want forced(struct act *act, const char *op)
{
    struct halt_want want = start_want;

    *act = act_of(op, "unhalt");
    want.act = act;
    want.force = true;
    return want;
}

Test(halt_settle, the_attempt_says_that_it_was_forced)
{
    struct act act;
    struct halt_want want = forced(&act, "FORCED");
    bool added;

    cr_assert(db_begin(w.db, &w.err));
    cr_assert(halt_intend(w.db, &want, &added, &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err));
    expect_force("FORCED", "true");
    expect_force("UNHALT1", "not said");
}

/* Without Postgres as well; whoever records the run later says the same, for
 * of two records of one attempt the first stays. */
Test(halt_settle, so_do_the_attempts_of_who_has_no_postgres)
{
    struct halt_world in = world();
    struct act act;
    struct halt_want want = forced(&act, "FORCED");
    struct halt_kept *kept = halt_keep(&want);
    struct halt_run *run = halt_run_new(&w.cfg, &want, 2, "");
    char *row;

    cr_expect_eq(halt_intend_elsewhere(&in, &want, &w.err), RECORD_REDIS);
    row = cli(&w.s, "xrange opsbot:audit - +");
    cr_expect(strstr(row, "\"force\":true"), "%s", row);
    cr_expect(kept->want.force);
    cr_expect(run->force);
    free(row);
    halt_run_free(run);
    halt_kept_free(kept);
}

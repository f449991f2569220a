/*
 * SIGTERM in the middle of acting: a job moves, a halt waits for its targets,
 * cards have edits to come. It ends in time with nothing lost or held, and the
 * next run goes on at once.
 */
#include <criterion/criterion.h>
#include <signal.h>

#include "core/base/clock.h"
#include "tests/integration/halting.h"
#include "tests/integration/jobs.h"

#define LETTERS  60
#define LIMIT_MS 20000 /* design: 12 s; the rest is for a busy machine */
#define SOON_MS  60000

static void silence(struct halting *t, bool silent)
{
    json_decref(agents_control(t->agents,
                               silent ? "{\"agent\":\"*\",\"silent\":true}"
                                      : "{\"agent\":\"*\",\"silent\":false}"));
}

static void stop_in_time(struct harness *h)
{
    int64_t start = clock_mono_ms();

    opsbot_signal(h->bot, SIGTERM);
    cr_assert_eq(opsbot_wait_exit(h->bot, 2 * LIMIT_MS), 0);
    cr_assert_leq(clock_mono_ms() - start, LIMIT_MS);
}

/* Whoever comes next need not wait for a lease to run out. */
static void expect_nothing_held(struct harness *h)
{
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs where state ="
                               " 'running' and lease_until is null"),
                 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.halts where state ="
                               " 'running' and lease_until is null"),
                 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox where state"
                               " = 'sending' or state = 'undeliverable'"),
                 0);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox_channels"
                               " where lease_until > now()"),
                 0);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
}

Test(stop_acting, a_job_a_halt_and_edits_go_on)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    dead_letters(h, "orders", LETTERS);
    silence(&t, true);
    fault(h, json_pack("{ss si si}", "on", "chat.update", "delay_ms", 4000,
                       "times", 2));
    begin_slowly(h, "5");
    wait_moved(h, 5);
    expect_said(h, "U0ANN", "C0OPS", "halt all maintenance window",
                "Halted all");
    wait_sql(h, 1, 20000,
             "select (count(*) > 0)::int from opsbot.outbox where ts <> '' and"
             " state in ('waiting', 'sending')");
    stop_in_time(h);
    cr_assert_lt(redis_number(h, "XLEN orders"), LETTERS);
    expect_nothing_held(h);
    silence(&t, false);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    wait_job(h, "done", SOON_MS);
    wait_settled(h, SOON_MS);
    expect_each_once(h, LETTERS);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_posted(h, "C0OPS", "Requeued 60 of 60");
    wait_audited(h, "halt", "outcome", 1);
    wait_audited(h, "dlq requeue", "outcome", 1);
    halting_stop(&t);
}

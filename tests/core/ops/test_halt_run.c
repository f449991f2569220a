/* halt: runs, and their rows. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct act act; /* of the newest run_of() */
static char execution[] = "execution", risk[] = "risk", mail[] = "mail";
static char trading[] = "trading", notify[] = "notify", yard[] = "yard";
static char *of_execution[] = { trading }, *of_mail[] = { notify, yard };
static struct config_target targets[] = {
    { .name = execution, .scopes = of_execution, .scopes_count = 1 },
    { .name = risk },
    { .name = mail, .scopes = of_mail, .scopes_count = 2 },
};

static void start(void)
{
    world_start(&w, WITH_POSTGRES);
    w.cfg.halt.targets = targets;
    w.cfg.halt.targets_count = 3;
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(halt_run, .init = start, .fini = stop);

static struct halt_run *run_of(const char *op, const char *scope,
                               enum halt_action action, int64_t generation)
{
    struct halt_want want = { .act = &act,
                              .action = action,
                              .scope = scope,
                              .reason = "loss of \"1 %\"",
                              .at = 1763653267301 + generation };

    act = act_of(op, halt_action_name(action));
    return halt_run_new(&w.cfg, &want, generation, "https://hooks/1");
}

static void save(const struct halt_run *run, const char *replica)
{
    cr_assert(halt_run_save(w.db, &act, run, replica, &w.err), "%s",
              w.err.text);
}

static struct halt_run *claim(const char *replica)
{
    struct halt_run *run;

    cr_assert(halt_run_claim(w.db, replica, &run, &w.err), "%s", w.err.text);
    return run;
}

/* The lease of a replica that has died. */
static void let_leases_end(void)
{
    free(look_text(&w.s, "update opsbot.halts set lease_until = now()"
                         " where state = 'running' returning op"));
}

static void expect_targets(const char *scope, const char *wanted)
{
    struct halt_run *run = run_of("OP", scope, HALT_STOP, 1);
    struct buf names = { 0 };

    for (size_t i = 0; i < run->count; i++)
        buf_fmt(&names, "%s ", run->targets[i].name);
    cr_expect_str_eq(buf_text(&names), wanted, "%s: %s", scope,
                     buf_text(&names));
    buf_dispose(&names);
    halt_run_free(run);
}

Test(halt_run, targets_are_those_of_the_scope)
{
    struct halt_run *run;

    expect_targets("trading", "execution risk ");
    expect_targets("yard", "risk mail ");
    expect_targets("elsewhere", "risk ");
    expect_targets("all", "execution risk mail ");
    w.cfg.halt.targets_count = 0;
    run = run_of("OP", "all", HALT_STOP, 1);
    cr_expect_eq(run->count, 0u);
    cr_expect(run->finished);
    cr_expect_eq(run->took_ms, -1);
    halt_run_free(run);
}

/* What a start of scope tells while these are halted; NULL: not known. */
static void expect_started(const char *scope, const char *halted,
                           const char *wanted)
{
    struct halt_run *run = run_of("OP", scope, HALT_START, 2);
    struct halt halts[] = { { .scope = (char *)(size_t)scope },
                            { .scope = (char *)(size_t)halted } };
    struct halt_list list = { .halts = halts,
                              .count = halted && *halted ? 2 : 1,
                              .unknown = halted == NULL };
    struct buf names = { 0 };

    halt_run_keep(run, &w.cfg, &list);
    for (size_t i = 0; i < run->count; i++)
        buf_fmt(&names, "%s ", run->targets[i].name);
    cr_expect_str_eq(buf_text(&names), wanted, "%s: %s", scope,
                     buf_text(&names));
    cr_expect_eq(run->finished, run->count == 0);
    buf_dispose(&names);
    halt_run_free(run);
}

Test(halt_run, a_start_leaves_alone_what_another_halt_stops)
{
    expect_started("all", "", "execution risk mail ");
    expect_started("all", "trading", "mail ");
    expect_started("trading", "all", "");
    expect_started("notify", "yard", "");
    expect_started("all", NULL, "");
}

Test(halt_run, a_row_gives_back_what_was_saved)
{
    struct halt_run *run = run_of("OP1", "all", HALT_START, 42), *read;

    halt_target_set(&run->targets[0], TARGET_STOPPED, "");
    run->targets[0].took_ms = 1234;
    halt_target_set(&run->targets[1], TARGET_ASKED, "halted is \"false\"");
    save(run, "r1");
    cr_assert(halt_run_load(w.db, "OP1", &read, &w.err));
    cr_expect_str_eq(read->op, "OP1");
    cr_expect_eq(read->action, HALT_START);
    cr_expect_str_eq(read->scope, "all");
    cr_expect_str_eq(read->reason, "loss of \"1 %\"");
    cr_expect_eq(read->generation, 42);
    cr_expect_eq(read->at, run->at);
    cr_expect_str_eq(read->by, "U0ANN");
    cr_expect_str_eq(read->by_name, "ann");
    cr_expect_str_eq(read->channel, "C0OPS");
    cr_expect_str_eq(read->response_url, "https://hooks/1");
    cr_assert_eq(read->count, 3u);
    cr_expect_eq(halt_run_stopped(read), 1u);
    cr_expect_eq(read->targets[0].took_ms, 1234);
    cr_expect_eq(read->targets[1].progress, TARGET_ASKED);
    cr_expect_str_eq(read->targets[1].detail, "halted is \"false\"");
    cr_expect_eq(read->targets[2].progress, TARGET_WAITING);
    cr_expect_eq(read->targets[2].took_ms, -1);
    cr_expect_not(read->finished);
    halt_run_free(run);
    halt_run_free(read);
    cr_assert(halt_run_load(w.db, "OP2", &read, &w.err));
    cr_expect_null(read);
}

static void finish(struct halt_run *run, enum halt_progress last)
{
    for (size_t i = 0; i < run->count; i++) {
        halt_target_set(&run->targets[i],
                        i + 1 < run->count ? TARGET_STOPPED : last, "");
        run->targets[i].took_ms = 100 + (int64_t)i;
    }
    halt_run_settle(run);
}

Test(halt_run, a_finished_row_stays_as_it_is)
{
    struct halt_run *run = run_of("OP1", "all", HALT_STOP, 1), *read;
    char *state;

    save(run, "r1");
    finish(run, TARGET_FAILED);
    cr_expect(run->finished);
    cr_expect_eq(run->took_ms, 101);
    cr_assert(halt_run_save(w.db, NULL, run, "r1", &w.err), "%s", w.err.text);
    state = look_text(&w.s, "select state || ' ' || (finished_at is not null)"
                            " || ' ' || (lease_until is null) || ' '"
                            " || (act->>'trace') from opsbot.halts");
    cr_expect_str_eq(state, "unverified true true envelope-1", "%s", state);
    free(state);
    halt_run_free(run);
    run = run_of("OP1", "all", HALT_STOP, 1);
    save(run, "r1");
    cr_assert(halt_run_load(w.db, "OP1", &read, &w.err));
    cr_expect(read->finished, "the same operation again");
    cr_expect_null(claim("r2"));
    halt_run_free(run);
    halt_run_free(read);
    run = run_of("OP2", "all", HALT_STOP, 2);
    finish(run, TARGET_STOPPED);
    save(run, "r1");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.halts where"
                                   " state = 'verified' and op = 'OP2'"),
                 1);
    halt_run_free(run);
}

Test(halt_run, a_run_has_one_owner)
{
    struct halt_run *run = run_of("OP1", "all", HALT_STOP, 1), *taken;

    save(run, "r1");
    cr_expect_null(claim("r2"), "leased");
    let_leases_end();
    taken = claim("r2");
    cr_assert(taken);
    cr_expect_str_eq(taken->op, "OP1");
    cr_expect_null(claim("r3"));
    finish(run, TARGET_STOPPED);
    save(run, "r1");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.halts where"
                                   " state = 'running' and owner = 'r2'"),
                 1, "the first is late");
    finish(taken, TARGET_STOPPED);
    save(taken, "r2");
    cr_expect_null(claim("r3"));
    halt_run_free(run);
    halt_run_free(taken);
}

Test(halt_run, a_run_that_nobody_has_is_anybodys_oldest_first)
{
    struct halt_run *b = run_of("OPB", "b", HALT_STOP, 2), *taken;
    struct halt_run *a = run_of("OPA", "a", HALT_STOP, 1);

    save(b, NULL);
    save(a, NULL);
    taken = claim("r1");
    cr_assert(taken);
    cr_expect_str_eq(taken->op, "OPA");
    halt_run_free(taken);
    taken = claim("r2");
    cr_assert(taken);
    cr_expect_str_eq(taken->op, "OPB");
    halt_run_free(taken);
    halt_run_free(a);
    halt_run_free(b);
}

Test(halt_run, renewing_keeps_it)
{
    struct halt_run *run = run_of("OP1", "all", HALT_STOP, 1);

    save(run, "r1");
    let_leases_end();
    cr_assert(halt_run_renew(w.db, "r2", &w.err));
    cr_assert(halt_run_renew(w.db, "r1", &w.err));
    cr_expect_null(claim("r2"));
    halt_run_free(run);
}

Test(halt_run, what_a_dead_replica_had_is_anybodys_at_once)
{
    struct halt_run *a = run_of("OPA", "a", HALT_STOP, 1), *taken;
    struct halt_run *b = run_of("OPB", "b", HALT_STOP, 2);

    save(a, "r1");
    save(b, "r2");
    cr_expect_null(claim("r3"), "both are leased");
    cr_assert(halt_run_release(w.db, "r1", &w.err), "%s", w.err.text);
    taken = claim("r3");
    cr_assert(taken);
    cr_expect_str_eq(taken->op, "OPA");
    cr_expect_null(claim("r3"), "the other is not released");
    halt_run_free(taken);
    halt_run_free(a);
    halt_run_free(b);
}

Test(halt_run, what_was_overtaken_is_never_carried_on)
{
    struct halt_run *stop_run = run_of("OP1", "all", HALT_STOP, 41), *taken;
    struct halt_run *again = run_of("OP2", "trading", HALT_START, 42);

    halt_target_set(&stop_run->targets[0], TARGET_STOPPED, "");
    save(stop_run, NULL);
    save(again, "r1");
    taken = claim("r2");
    cr_assert(taken);
    cr_expect_not(taken->finished, "another scope");
    halt_run_free(taken);
    let_leases_end();
    halt_run_free(again);
    again = run_of("OP3", "all", HALT_START, 43);
    save(again, "r1");
    taken = claim("r2");
    cr_assert(taken);
    cr_expect_str_eq(taken->op, "OP1");
    cr_expect(taken->finished);
    cr_expect_eq(taken->targets[0].progress, TARGET_STOPPED);
    cr_expect_eq(taken->targets[1].progress, TARGET_FAILED);
    cr_expect_str_eq(taken->targets[1].detail, "overtaken by unhalt 43");
    halt_run_free(taken);
    halt_run_free(stop_run);
    halt_run_free(again);
}

Test(halt_run, a_generation_that_was_not_known_is_put_in)
{
    struct halt_run *run = run_of("OP1", "all", HALT_STOP, 0);

    save(run, "r1");
    run->generation = 7;
    save(run, "r1");
    run->generation = 0;
    save(run, "r1");
    cr_expect_eq(look_number(&w.s, "select generation from opsbot.halts"), 7);
    halt_run_free(run);
}

Test(halt_run, history_is_newest_first)
{
    static const char *const ops[] = { "OP1", "OP2", "OP3" };
    struct halt_run **runs;
    size_t count;

    for (int i = 0; i < 3; i++) {
        struct halt_run *run =
            run_of(ops[i], i == 1 ? "trading" : "all", HALT_STOP, i + 1);

        save(run, "r1");
        halt_run_free(run);
    }
    cr_assert(halt_history(w.db, NULL, 2, &runs, &count, &w.err));
    cr_assert_eq(count, 2u);
    cr_expect_str_eq(runs[0]->op, "OP3");
    cr_expect_str_eq(runs[1]->op, "OP2");
    halt_history_free(runs, count);
    cr_assert(halt_history(w.db, "all", 9, &runs, &count, &w.err));
    cr_assert_eq(count, 2u);
    cr_expect_str_eq(runs[1]->op, "OP1");
    halt_history_free(runs, count);
}

Test(halt_run, a_row_joins_the_open_transaction)
{
    struct halt_run *run = run_of("OP1", "all", HALT_STOP, 1), *read;

    cr_assert(db_begin(w.db, &w.err));
    save(run, "r1");
    db_rollback(w.db);
    cr_assert(halt_run_load(w.db, "OP1", &read, &w.err));
    cr_expect_null(read);
    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(halt_run_save(w.db, &act, run, "r1", &w.err));
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_expect_not(halt_run_claim(w.db, "r1", &read, &w.err));
    cr_expect_null(read);
    halt_run_free(run);
}

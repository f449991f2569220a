/* halt: the effect in Redis, what others wrote there, names of scopes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "tests/core/ops/world.h"

#define AT 1763653267301 /* 2025-11-20T15:41:07.301Z */

static struct world w;
static struct act act; /* of the newest want_of() */
static struct halt_done done;

static void start(void)
{
    world_start(&w, WITH_REDIS);
}

static void stop(void)
{
    halt_done_dispose(&done);
    world_stop(&w);
}

TestSuite(halt, .init = start, .fini = stop);

static struct halt_want want_of(const char *op, enum halt_action action,
                                const char *scope)
{
    act = act_of(op, halt_action_name(action));
    return (struct halt_want){ .act = &act,
                               .action = action,
                               .scope = scope,
                               .reason = "maintenance",
                               .at = AT };
}

static enum halt_result apply(const struct halt_want *want)
{
    halt_done_dispose(&done);
    cr_assert(halt_apply(w.r, &w.cfg, want, &done, &w.err), "%s", w.err.text);
    return done.result;
}

static enum halt_result apply_as(const char *op, enum halt_action action,
                                 int64_t at)
{
    struct halt_want want = want_of(op, action, "all");

    want.at = at;
    return apply(&want);
}

static void expect_cli(const char *command, const char *wanted)
{
    char *text = cli(&w.s, "%s", command);

    cr_expect_str_eq(text, wanted, "%s: %s", command, text);
    free(text);
}

Test(halt, a_stop_writes_what_consumers_rely_on)
{
    struct halt_want want = want_of("OP1", HALT_STOP, "trading");

    want.reason = "loss \"1 %\"\n\xff";
    free(cli(&w.s, "set opsbot:halt:generation 41"));
    cr_expect_eq(apply(&want), HALT_DONE);
    cr_expect_eq(done.generation, 42);
    cr_expect_str_eq(done.now.scope, "trading");
    cr_expect_str_eq(done.now.by, "U0ANN");
    cr_expect_str_eq(done.now.by_name, "ann");
    cr_expect_str_eq(done.now.op, "OP1");
    cr_expect_eq(done.now.at, AT);
    cr_expect_eq(done.now.generation, 42);
    expect_cli("get opsbot:halt:trading",
               "{\"reason\":\"loss \\\"1 %\\\"\\n\357\277\275\","
               "\"by\":\"U0ANN\",\"at\":\"2025-11-20T15:41:07.301Z\","
               "\"generation\":42,\"by_name\":\"ann\",\"op\":\"OP1\"}");
    expect_cli("get opsbot:halt:generation", "42");
    expect_cli("ttl opsbot:halt:trading", "-1");
    expect_cli("ttl opsbot:halts", "-1");
    expect_cli("--json xrange ops.control - + | cut -d, -f2-",
               "[\"action\",\"halt\",\"scope\",\"trading\",\"generation\","
               "\"42\",\"reason\",\"loss \\\"1 %\\\"\\n\357\277\275\",\"by\","
               "\"U0ANN\",\"at\",\"2025-11-20T15:41:07.301Z\",\"op\","
               "\"OP1\"]]]");
    expect_cli("hget opsbot:halts trading",
               "{\"action\":\"halt\",\"at\":1763653267301,\"generation\":42,"
               "\"by\":\"U0ANN\",\"by_name\":\"ann\",\"op\":\"OP1\"}");
    cr_expect_gt(cli_number(&w.s, "ttl opsbot:op:OP1:0"), 604700);
}

Test(halt, a_start_takes_it_away_and_counts_on)
{
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_START, AT + 5), HALT_DONE);
    cr_expect_eq(done.generation, 2);
    cr_expect_null(done.now.scope);
    cr_expect_str_eq(done.now.op, "OP2");
    expect_cli("exists opsbot:halt:all", "0");
    expect_cli("--json xrange ops.control - + | grep -o '\"unhalt.*'",
               "\"unhalt\",\"scope\",\"all\",\"generation\",\"2\",\"reason\","
               "\"maintenance\",\"by\",\"U0ANN\",\"at\","
               "\"2025-11-20T15:41:07.306Z\",\"op\",\"OP2\"]]]");
    cr_expect_eq(apply_as("OP3", HALT_STOP, AT + 9), HALT_DONE);
    cr_expect_eq(done.generation, 3);
}

Test(halt, the_same_operation_again_changes_nothing)
{
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(done.generation, 1);
    cr_expect_eq(apply_as("OP2", HALT_START, AT + 1), HALT_DONE);
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(done.generation, 1);
    cr_expect_null(done.now.scope, "as it stands, not as it was");
    cr_expect_eq(apply_as("OP3", HALT_STOP, AT + 2), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_START, AT + 1), HALT_DONE);
    cr_expect_eq(done.generation, 2);
    cr_expect_str_eq(done.now.op, "OP3");
    expect_cli("xlen ops.control", "3");
    expect_cli("get opsbot:halt:generation", "3");
}

Test(halt, the_second_is_told_who_was_first)
{
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_STOP, AT - 7), HALT_ALREADY);
    cr_expect_eq(done.generation, 1);
    cr_expect_str_eq(done.now.op, "OP1");
    cr_expect_str_eq(done.now.reason, "maintenance");
    cr_expect_eq(apply_as("OP3", HALT_START, AT + 1), HALT_DONE);
    cr_expect_eq(apply_as("OP4", HALT_START, AT + 2), HALT_ALREADY);
    cr_expect_null(done.now.scope);
    cr_expect_str_eq(done.now.op, "OP3");
    cr_expect_eq(apply_as("OP2", HALT_STOP, AT + 99), HALT_ALREADY,
                 "a result stays");
    expect_cli("xlen ops.control", "2");
}

Test(halt, what_comes_late_does_not_undo_what_came_after)
{
    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_START, AT + 100), HALT_DONE);
    cr_expect_eq(apply_as("LATE1", HALT_STOP, AT + 50), HALT_SUPERSEDED);
    cr_expect_null(done.now.scope);
    cr_expect_str_eq(done.now.op, "OP2");
    cr_expect_eq(apply_as("OP3", HALT_STOP, AT + 200), HALT_DONE);
    cr_expect_eq(apply_as("LATE2", HALT_START, AT + 150), HALT_SUPERSEDED);
    cr_expect_str_eq(done.now.op, "OP3");
    cr_expect_eq(done.generation, 3);
    expect_cli("xlen ops.control", "3");
    expect_cli("exists opsbot:halt:all", "1");
}

Test(halt, a_start_is_bound_to_the_generation_that_was_shown)
{
    struct halt_want want;

    cr_expect_eq(apply_as("OP1", HALT_STOP, AT), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_START, AT + 1), HALT_DONE);
    cr_expect_eq(apply_as("OP3", HALT_STOP, AT + 2), HALT_DONE);
    want = want_of("OP4", HALT_START, "all");
    want.at = AT + 9;
    want.generation = 1;
    cr_expect_eq(apply(&want), HALT_SUPERSEDED);
    cr_expect_eq(done.now.generation, 3);
    want = want_of("OP5", HALT_START, "all");
    want.at = AT - 9; /* clocks differ: what was shown counts */
    want.generation = 3;
    cr_expect_eq(apply(&want), HALT_DONE);
    cr_expect_eq(done.generation, 4);
}

Test(halt, scopes_do_not_touch_each_other)
{
    struct halt_want one = want_of("OP1", HALT_STOP, "one");

    cr_expect_eq(apply(&one), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_STOP, AT - 1), HALT_DONE);
    cr_expect_eq(apply_as("OP3", HALT_START, AT + 1), HALT_DONE);
    expect_cli("exists opsbot:halt:one", "1");
    expect_cli("exists opsbot:halt:all", "0");
}

Test(halt, keys_of_another_type_are_explained_and_nothing_is_written)
{
    static const char *const keys[] = { "opsbot:halt:all",
                                        "opsbot:halt:generation", "ops.control",
                                        "opsbot:op:OP1:0", "opsbot:halts" };
    struct halt_want want = want_of("OP1", HALT_STOP, "all");

    for (size_t i = 0; i < 5; i++) {
        free(cli(&w.s, "flushall"));
        free(cli(&w.s, "rpush %s x", keys[i]));
        cr_expect_not(halt_apply(w.r, &w.cfg, &want, &done, &w.err));
        cr_expect_eq(w.err.kind, ERR_USER);
        cr_expect(strstr(w.err.text, keys[i]), "%s", w.err.text);
        cr_expect(strstr(w.err.text, "is a list"), "%s", w.err.text);
        expect_cli("dbsize", "1");
    }
    free(cli(&w.s, "flushall"));
    free(cli(&w.s, "set opsbot:halt:generation many"));
    cr_expect_not(halt_apply(w.r, &w.cfg, &want, &done, &w.err));
    cr_expect(strstr(w.err.text, "holds no number"), "%s", w.err.text);
    expect_cli("dbsize", "1");
}

Test(halt, no_memory_refuses_all_or_nothing)
{
    struct halt_want want = want_of("OP1", HALT_STOP, "all");

    free(cli(&w.s, "config set maxmemory 1"));
    cr_expect_not(halt_apply(w.r, &w.cfg, &want, &done, &w.err));
    cr_expect_eq(w.err.kind, ERR_REDIS);
    cr_expect(strstr(w.err.text, "refused the halt"), "%s", w.err.text);
    expect_cli("dbsize", "0");
    free(cli(&w.s, "config set maxmemory 0"));
    cr_expect_eq(apply(&want), HALT_DONE);
    free(cli(&w.s, "config set maxmemory 1"));
    cr_expect_eq(apply_as("OP2", HALT_STOP, AT), HALT_ALREADY,
                 "what needs no write is answered");
    free(cli(&w.s, "config set maxmemory 0"));
}

static bool has_landed(void *arg)
{
    (void)arg;
    return cli_number(&w.s, "xlen ops.control") > 0;
}

Test(halt, a_write_that_lands_late_lands_once)
{
    struct halt_want want;
    struct err ignored;

    /* The script is known there: what lands late is the whole halt. */
    cr_expect_eq(apply_as("OP0", HALT_START, AT), HALT_ALREADY);
    want = want_of("OP1", HALT_STOP, "all");
    redis_deadline(w.r, 200);
    part_pause(w.s.harness, PART_REDIS);
    cr_expect_not(halt_apply(w.r, &w.cfg, &want, &done, &w.err));
    cr_expect_eq(w.err.kind, ERR_REDIS);
    part_resume(w.s.harness, PART_REDIS);
    redis_deadline(w.r, STORES_MS);
    wait_until(has_landed, NULL, 10000, "the halt lands");
    cr_assert(redis_probe(w.r, &ignored));
    cr_expect_eq(apply(&want), HALT_DONE);
    cr_expect_eq(done.generation, 1);
    cr_expect_str_eq(done.now.op, "OP1");
    expect_cli("xlen ops.control", "1");
    expect_cli("get opsbot:halt:generation", "1");
}

Test(halt, a_long_reason_is_cut_everywhere)
{
    struct halt_want want = want_of("OP1", HALT_STOP, "all");
    char *reason = xmalloc(2001);

    memset(reason, 'x', 2000);
    reason[2000] = '\0';
    want.reason = reason;
    cr_expect_eq(apply(&want), HALT_DONE);
    cr_expect_eq(strlen(done.now.reason), HALT_REASON + 2u);
    free(reason);
}

/* ---- the list --------------------------------------------------------------- */

static struct halt_list list(void)
{
    struct reads reads = { .redis = w.r };
    struct halt_list out;

    redis_reset(w.r);
    halt_list_ask(&reads, &w.cfg);
    reads.failed = !redis_run(w.r, &w.err);
    halt_list_read(&reads, &out);
    return out;
}

Test(halt, the_list_has_all_that_is_halted)
{
    char *names[] = { xstrdup("yard"), xstrdup("idle") };
    struct halt_want want = want_of("OP1", HALT_STOP, "trading");
    struct halt_list l;

    w.cfg.halt.scopes = names;
    w.cfg.halt.scopes_count = 2;
    cr_expect_eq(apply(&want), HALT_DONE);
    cr_expect_eq(apply_as("OP2", HALT_STOP, AT), HALT_DONE);
    want = want_of("OP3", HALT_STOP, "over");
    cr_expect_eq(apply(&want), HALT_DONE);
    want = want_of("OP4", HALT_START, "over");
    cr_expect_eq(apply(&want), HALT_DONE);
    free(cli(&w.s, "set opsbot:halt:yard 'by hand'"));
    l = list();
    cr_expect_not(l.unknown);
    cr_assert_eq(l.count, 3u);
    cr_expect_str_eq(l.halts[0].scope, "all");
    cr_expect_str_eq(l.halts[1].scope, "trading");
    cr_expect_eq(l.halts[1].generation, 1);
    cr_expect_str_eq(l.halts[2].scope, "yard");
    cr_expect_str_eq(l.halts[2].reason, "by hand");
    halt_list_dispose(&l);
    free(names[0]);
    free(names[1]);
}

Test(halt, the_list_survives_what_it_cannot_read)
{
    struct halt_list l = list();

    cr_expect_eq(l.count, 0u);
    cr_expect_not(l.unknown);
    halt_list_dispose(&l);
    free(cli(&w.s, "rpush opsbot:halt:all x"));
    free(cli(&w.s, "set opsbot:halts x"));
    l = list();
    cr_assert_eq(l.count, 1u);
    cr_expect_str_eq(l.halts[0].scope, "all");
    cr_expect_str_eq(l.halts[0].reason, "");
    halt_list_dispose(&l);
    part_stop(w.s.harness, PART_REDIS);
    l = list();
    cr_expect(l.unknown);
    cr_expect_eq(l.count, 0u);
    halt_list_dispose(&l);
}

/* ---- without Redis ---------------------------------------------------------- */

static struct halt read_text(const char *text)
{
    struct halt h;

    halt_read(&h, "all", text, strlen(text));
    return h;
}

Test(halt_text, what_others_wrote_is_read_as_far_as_it_can_be)
{
    struct halt h = read_text("{\"reason\":\"loss\",\"by\":7,"
                              "\"at\":\"2025-11-20T17:41:07+02:00\"}");

    cr_expect_str_eq(h.reason, "loss");
    cr_expect_str_eq(h.by, "");
    cr_expect_eq(h.at, 1763653267000);
    cr_expect_eq(h.generation, 0);
    halt_dispose(&h);
    h = read_text("{\"halted\":true}");
    cr_expect_str_eq(h.reason, "{\"halted\":true}");
    halt_dispose(&h);
    h = read_text("{\"reason\":\"los");
    cr_expect_str_eq(h.reason, "{\"reason\":\"los");
    halt_dispose(&h);
    h = read_text("password=hunter2 \x1b[31m\xff");
    cr_expect_not(strstr(h.reason, "hunter2"));
    cr_expect_not(strchr(h.reason, '\x1b'));
    halt_dispose(&h);
    h = read_text("");
    cr_expect_str_eq(h.reason, "");
    cr_expect_str_eq(h.op, "");
    halt_dispose(&h);
}

static void expect_scope(const struct config *cfg, const char *scope,
                         const char *why)
{
    struct err err = { 0 };
    bool ok = halt_scope_check(cfg, scope, &err);

    cr_expect_eq(ok, why == NULL, "%s", scope);
    if (!why)
        return;
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect(strstr(err.text, why), "%s: %s", scope, err.text);
}

Test(halt_text, any_sound_name_where_none_are_configured)
{
    struct config cfg = { 0 };
    char long_name[HALT_SCOPE + 1] = { 0 };

    memset(long_name, 'a', HALT_SCOPE);
    expect_scope(&cfg, "all", NULL);
    expect_scope(&cfg, "eu-west_1.orders", NULL);
    expect_scope(&cfg, "Trading", "lower case");
    expect_scope(&cfg, "a b", "cannot be a scope");
    expect_scope(&cfg, "a:b", "cannot be a scope");
    expect_scope(&cfg, "", "name a scope");
    expect_scope(&cfg, "generation", "counter");
    expect_scope(&cfg, long_name, "at most 63");
    long_name[HALT_SCOPE - 1] = '\0';
    expect_scope(&cfg, long_name, NULL);
}

Test(halt_text, only_known_names_where_some_are_configured)
{
    char trading[] = "trading", notify[] = "notify", odd[] = "generation";
    char *scopes[] = { trading, odd }, *of_target[] = { trading, notify };
    struct config_target target = { .scopes = of_target, .scopes_count = 2 };
    struct config cfg = { .halt = { .scopes = scopes,
                                    .scopes_count = 2,
                                    .targets = &target,
                                    .targets_count = 1 } };

    expect_scope(&cfg, "all", NULL);
    expect_scope(&cfg, "trading", NULL);
    expect_scope(&cfg, "notify", NULL);
    expect_scope(&cfg, "tradng", "Did you mean `trading`?");
    expect_scope(&cfg, "Trading", "Did you mean `trading`?");
    expect_scope(&cfg, "reporting", "Known: `all`, `trading`,");
    expect_scope(&cfg, "generation", "counter");
    expect_scope(&cfg, "a b c d e f", "cannot be a scope");
}

/* requeue: intent, effect, outcome; and a crash, a race or a repeat between
 * any two of them. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "tests/core/ops/world.h"

static struct world w;
static char stream_key[] = "notify.events", dlq_key[] = "notify.events.dlq";
static struct stream_name name = { stream_key, dlq_key, false };
static char *id; /* of the one dead entry */
static int cards;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    id = cli(&w.s, "xadd notify.events.dlq '*' kind alert body 'a b' error"
                   " boom original_id 17-4 attempts 3 failed_at now");
}

static void stop(void)
{
    free(id);
    world_stop(&w);
}

static char *make_card(const struct requeue *done, void *arg)
{
    (void)arg;
    cards++;
    cr_expect_eq(done->result, REQUEUE_DONE);
    return xasprintf("{\"text\":\"%s %s -> %s by %s\"}", done->name->stream,
                     done->id, done->new_id, done->act->user);
}

static struct requeue_want want_of(const struct act *act)
{
    return (struct requeue_want){
        .act = act, .name = &name, .id = id, .card = make_card
    };
}

static bool requeue(const char *op, struct requeue *out)
{
    struct act act = act_of(op, "dlq requeue");
    struct requeue_want want = want_of(&act);

    return dlq_requeue(w.r, w.db, &w.cfg, &want, out, &w.err);
}

static void must_requeue(const char *op, enum requeue_result expected,
                         struct requeue *out)
{
    cr_assert(requeue(op, out), "%s", w.err.text);
    cr_assert_eq(out->result, expected, "%d", (int)out->result);
}

static long audit_rows(const char *op, const char *kind)
{
    char *sql = xasprintf("select count(*) from opsbot.audit_events where"
                          " operation = '%s' and kind = '%s'",
                          op, kind);
    long n = look_number(&w.s, sql);

    free(sql);
    return n;
}

static void expect_state(const char *op, const char *state)
{
    char *sql =
        xasprintf("select state from opsbot.operations where id = '%s'", op);
    char *text = look_text(&w.s, sql);

    cr_expect_str_eq(text, state, "%s is %s", op, text);
    free(text);
    free(sql);
}

/* The entry went over once, with what it carried. */
static void expect_moved_once(void)
{
    char *entry = cli(&w.s, "--raw xrange notify.events - + | tail -n +2"
                            " | tr '\\n' ' '");

    cr_expect_eq(cli_number(&w.s, "xlen notify.events"), 1);
    cr_expect_eq(cli_number(&w.s, "xlen notify.events.dlq"), 0);
    cr_expect_str_eq(entry, "kind alert body a b original_id 17-4 ");
    free(entry);
}

TestSuite(requeue, .init = start, .fini = stop);

Test(requeue, moves_the_entry_and_records_it)
{
    struct requeue done;
    char *text;

    w.cfg.channels.ops = (char *)(uintptr_t) "C0ALL";
    must_requeue("OP1", REQUEUE_DONE, &done);
    expect_moved_once();
    expect_state("OP1", "done");
    cr_expect_eq(audit_rows("OP1", "attempt"), 1);
    cr_expect_eq(audit_rows("OP1", "outcome"), 1);
    text = look_text(&w.s, "select moved::text from opsbot.operation_batches");
    cr_expect(strstr(text, done.new_id) && strstr(text, id), "%s", text);
    free(text);
    text = look_text(&w.s, "select string_agg(channel || body, '' order by"
                           " channel) from opsbot.outbox");
    cr_expect(strstr(text, "C0ALL{\"text\":\"notify.events"), "%s", text);
    cr_expect(strstr(text, "C0OPS{\"text\":\"notify.events"), "%s", text);
    cr_expect(strstr(text, done.new_id));
    free(text);
    cr_expect_gt(cli_number(&w.s, "pttl opsbot:op:OP1:0"), 604000000);
    requeue_dispose(&done);
}

Test(requeue, an_entry_without_an_original_id_gets_its_own)
{
    struct requeue done;
    char *entry;

    free(id);
    id = cli(&w.s, "xadd notify.events.dlq '*' a 1 a 2 error x");
    must_requeue("OP1", REQUEUE_DONE, &done);
    entry = cli(&w.s, "--raw xrange notify.events - + | tail -n +2"
                      " | tr '\\n' ' '");
    cr_expect(strstr(entry, "a 1 a 2 original_id "), "%s", entry);
    cr_expect(strstr(entry, id), "%s", entry);
    free(entry);
    requeue_dispose(&done);
}

Test(requeue, binary_and_hostile_fields_arrive_as_they_are)
{
    const char *argv[] = { "XADD",       dlq_key, "*",       "a\0b",
                           "\xff\r\n\0", "x",     "{}",      "error' or 1=1",
                           "y",          "error", "\x00\x01" };
    size_t lens[] = { 4, strlen(dlq_key), 1, 3, 4, 1, 2, 13, 1, 5, 2 };
    struct requeue done;
    const struct reply *fields;

    redis_add(w.r, 11, argv, lens);
    cr_assert(redis_run(w.r, &w.err));
    free(id);
    id = xstrdup(reply_str(redis_reply(w.r, 0)));
    must_requeue("OP1", REQUEUE_DONE, &done);
    cr_assert(redis_one(w.r, &w.err, "XRANGE", stream_key, "-", "+"));
    fields = reply_at(reply_at(redis_reply(w.r, 0), 0), 1);
    cr_expect_eq(reply_count(fields), 8u);
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(reply_len(reply_at(fields, i)), lens[i + 3]);
        cr_expect_eq(
            memcmp(reply_str(reply_at(fields, i)), argv[i + 3], lens[i + 3]),
            0);
    }
    requeue_dispose(&done);
}

Test(requeue, the_same_operation_again_says_who_and_when)
{
    struct requeue first, again;

    must_requeue("OP1", REQUEUE_DONE, &first);
    must_requeue("OP1", REQUEUE_ALREADY, &again);
    cr_expect_str_eq(again.new_id, first.new_id);
    cr_expect_str_eq(again.by, "U0ANN");
    cr_expect_str_eq(again.by_name, "ann");
    cr_expect_str_eq(again.op, "OP1");
    cr_expect_gt(again.at, 1700000000000);
    expect_moved_once();
    cr_expect_eq(audit_rows("OP1", "outcome"), 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox"), 1);
    cr_expect_eq(cards, 1);
    requeue_dispose(&first);
    requeue_dispose(&again);
}

Test(requeue, another_operation_on_the_entry_learns_who_did_it)
{
    struct requeue first, second, again;

    must_requeue("OP1", REQUEUE_DONE, &first);
    must_requeue("OP2", REQUEUE_ALREADY, &second);
    cr_expect_str_eq(second.op, "OP1");
    cr_expect_str_eq(second.new_id, first.new_id);
    expect_state("OP2", "refused");
    cr_expect_eq(audit_rows("OP2", "outcome"), 1);
    must_requeue("OP2", REQUEUE_ALREADY, &again);
    cr_expect_str_eq(again.op, "OP1");
    cr_expect_eq(again.at, second.at);
    expect_moved_once();
    requeue_dispose(&first);
    requeue_dispose(&second);
    requeue_dispose(&again);
}

Test(requeue, an_entry_that_nobody_requeued_is_gone)
{
    struct requeue out;

    free(cli(&w.s, "xtrim notify.events.dlq maxlen 0"));
    must_requeue("OP1", REQUEUE_GONE, &out);
    requeue_dispose(&out);
    must_requeue("OP2", REQUEUE_GONE, &out);
    requeue_dispose(&out);
    must_requeue("OP1", REQUEUE_GONE, &out);
    requeue_dispose(&out);
    expect_state("OP1", "refused");
    cr_expect_eq(cli_number(&w.s, "exists notify.events"), 0);
    cr_expect_eq(cards, 0);
}

Test(requeue, what_is_no_id_or_no_stream_is_explained_and_changes_nothing)
{
    static const char *const bad[] = { "",
                                       "1",
                                       "1-",
                                       "-1",
                                       "1-1 ",
                                       " 1-1",
                                       "1-1-1",
                                       "*",
                                       "+",
                                       "a-b",
                                       "99999999999999999999999-1" };
    char *good = id;
    struct requeue out;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        id = (char *)(uintptr_t)bad[i];
        cr_expect_not(requeue("OP1", &out), "%s", bad[i]);
        cr_expect_eq(w.err.kind, ERR_USER);
        cr_expect(strstr(w.err.text, "1700000000000-0"), "%s", w.err.text);
    }
    id = good;
    free(cli(&w.s, "set notify.events text"));
    cr_expect_not(requeue("OP1", &out));
    cr_expect(strstr(w.err.text, "`notify.events` is a string in Redis"), "%s",
              w.err.text);
    cr_expect_eq(cli_number(&w.s, "xlen notify.events.dlq"), 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"),
                 0);
}

Test(requeue, a_refusal_by_redis_is_final_for_that_operation)
{
    struct requeue out;

    free(cli(&w.s, "config set maxmemory 1 maxmemory-policy noeviction"));
    cr_assert_not(requeue("OP1", &out));
    cr_expect(strstr(w.err.text, "OOM"), "%s", w.err.text);
    expect_state("OP1", "refused");
    cr_expect_eq(audit_rows("OP1", "outcome"), 1);
    free(cli(&w.s, "config set maxmemory 0"));
    cr_expect_not(requeue("OP1", &out), "the answer stays what it was");
    cr_expect_eq(cli_number(&w.s, "xlen notify.events.dlq"), 1);
    must_requeue("OP2", REQUEUE_DONE, &out);
    requeue_dispose(&out);
}

Test(requeue, nothing_is_changed_while_a_store_is_away)
{
    struct requeue out;

    part_stop(w.s.harness, PART_POSTGRES);
    cr_assert_not(requeue("OP1", &out));
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_expect_eq(cli_number(&w.s, "xlen notify.events.dlq"), 1);
    part_start(w.s.harness, PART_POSTGRES);
    cr_assert(db_probe(w.db, &w.err), "%s", w.err.text);
    part_pause(w.s.harness, PART_REDIS);
    redis_deadline(w.r, 100);
    cr_assert_not(requeue("OP1", &out));
    cr_expect_eq(w.err.kind, ERR_REDIS);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"),
                 0);
    part_resume(w.s.harness, PART_REDIS);
}

/* ---- two at once ---------------------------------------------------------- */

struct rival {
    char op[8];
    struct requeue out;
    bool ok;
};

static void *run_rival(void *arg)
{
    struct rival *rival = arg;
    struct redis *r = stores_redis(&w.s);
    struct db *db = stores_db(&w.s);
    struct act act = act_of(rival->op, "dlq requeue");
    struct requeue_want want = want_of(&act);
    struct err err;

    want.card = NULL;
    rival->ok = dlq_requeue(r, db, &w.cfg, &want, &rival->out, &err);
    redis_free(r);
    db_free(db);
    return NULL;
}

Test(requeue, of_rivals_one_wins_and_all_know_whom)
{
    struct rival rivals[6] = { 0 };
    pthread_t threads[6];
    const char *winner = NULL;
    int done = 0;

    for (int i = 0; i < 6; i++) {
        snprintf(rivals[i].op, sizeof rivals[i].op, "R%d", i % 4);
        pthread_create(&threads[i], NULL, run_rival, &rivals[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(rivals[i].ok);
        cr_expect_neq(rivals[i].out.result, REQUEUE_GONE);
        done += rivals[i].out.result == REQUEUE_DONE;
        if (rivals[i].out.result == REQUEUE_DONE)
            winner = rivals[i].op;
    }
    cr_expect(done >= 1);
    cr_assert_not_null(winner);
    for (int i = 0; i < 6; i++) {
        if (rivals[i].out.result == REQUEUE_DONE)
            cr_expect_str_eq(rivals[i].op, winner, "one operation only");
        else
            cr_expect_str_eq(rivals[i].out.op, winner);
        requeue_dispose(&rivals[i].out);
    }
    expect_moved_once();
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'done'"),
                 1);
}

Test(requeue, a_winner_whose_outcome_is_not_committed_yet_is_known)
{
    struct act act = act_of("SLOW", "dlq requeue");
    struct requeue_want want = want_of(&act);
    struct requeue slow = { 0 }, out;
    enum standing standing;
    bool unknown, first;

    cr_assert(requeue_intend(w.db, &want, &standing, &slow, &w.err), "%s",
              w.err.text);
    cr_assert(
        requeue_effect(w.r, w.db, &w.cfg, &want, &slow, &unknown, &w.err));
    must_requeue("FAST", REQUEUE_ALREADY, &out);
    cr_expect_str_eq(out.op, "SLOW");
    cr_expect_str_eq(out.new_id, slow.new_id);
    slow.act = &act;
    slow.name = &name;
    slow.id = id;
    cr_assert(
        requeue_finish(w.db, &w.cfg, &want, &slow, NULL, true, &first, &w.err),
        "%s", w.err.text);
    cr_expect(first);
    cr_assert(
        requeue_finish(w.db, &w.cfg, &want, &slow, NULL, true, &first, &w.err));
    cr_expect_not(first, "an outcome is committed once");
    cr_expect_eq(audit_rows("SLOW", "outcome"), 1);
    requeue_dispose(&slow);
    requeue_dispose(&out);
}

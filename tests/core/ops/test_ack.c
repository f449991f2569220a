/* ack: the effect in Redis, its records, and what a crash or a store that was
 * away leaves of one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/ack_parts.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct act act; /* of the newest want_of() */
static struct ack_done done;
static struct ack_report report;

static void start(void)
{
    world_start(&w, WITH_BOTH);
}

static void stop(void)
{
    ack_done_dispose(&done);
    ack_report_dispose(&report);
    world_stop(&w);
}

TestSuite(ack, .init = start, .fini = stop);

static struct ack_want want_of(const char *op, enum ack_action action)
{
    act = act_of(op, ack_action_name(action));
    return (struct ack_want){ .act = &act,
                              .action = action,
                              .trace = "4bf9/2f",
                              .note = action == ACK_TAKE ? "on \"it\"" : "",
                              .at = act.recorded_at,
                              .lease_min = 60 };
}

static enum ack_result apply(const struct ack_want *want)
{
    ack_done_dispose(&done);
    cr_assert(ack_apply(w.r, &w.cfg, want, &done, &w.err), "%s", w.err.text);
    return done.result;
}

static enum ack_result apply_as(const char *op, enum ack_action action)
{
    struct ack_want want = want_of(op, action);

    return apply(&want);
}

/* ---- in Redis ----------------------------------------------------------------- */

Test(ack, writes_what_others_rely_on)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);
    char at[CLOCK_TEXT], until[CLOCK_TEXT], *is, *is_to_be;
    long ttl;

    cr_expect_eq(apply(&want), ACK_DONE);
    is_to_be = xasprintf("{\"by\":\"U0ANN\",\"at\":\"%s\",\"until\":\"%s\","
                         "\"by_name\":\"ann\",\"note\":\"on \\\"it\\\"\","
                         "\"op\":\"OP1\"}",
                         clock_rfc3339(want.at, at),
                         clock_rfc3339(want.at + 3600000, until));
    is = cli(&w.s, "get notify:ack:4bf9/2f");
    cr_expect_str_eq(is, is_to_be);
    ttl = cli_number(&w.s, "pttl notify:ack:4bf9/2f");
    cr_expect(ttl > 3000000 && ttl <= 3600000, "%ld", ttl);
    cr_expect_gt(cli_number(&w.s, "pttl opsbot:op:OP1:0"), 600000000);
    cr_expect(done.held);
    cr_expect_str_eq(done.who.by, "U0ANN");
    cr_expect_eq(done.who.until, want.at + 3600000);
    free(is);
    free(is_to_be);
}

Test(ack, the_second_is_told_who_has_it_and_until_when)
{
    struct ack_want want = want_of("OP2", ACK_TAKE);

    cr_expect_eq(apply_as("OP1", ACK_TAKE), ACK_DONE);
    act.user = "U0BOB";
    want.act = &act;
    act.op = "OP2";
    cr_expect_eq(apply(&want), ACK_ALREADY);
    cr_expect(done.held);
    cr_expect_str_eq(done.who.by, "U0ANN");
    cr_expect_str_eq(done.who.by_name, "ann");
    cr_expect_str_eq(done.who.note, "on \"it\"");
    cr_expect_str_eq(done.who.op, "OP1");
    cr_expect_gt(done.who.at, 0);
    cr_expect_gt(done.who.until, clock_wall_ms() + 3000000);
}

Test(ack, the_same_operation_is_done_once)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);
    char *first, *second;

    cr_expect_eq(apply(&want), ACK_DONE);
    first = cli(&w.s, "get notify:ack:4bf9/2f");
    cr_expect_eq(apply(&want), ACK_DONE);
    second = cli(&w.s, "get notify:ack:4bf9/2f");
    cr_expect_str_eq(second, first);
    cr_expect_eq(apply_as("OP2", ACK_LEAVE), ACK_DONE);
    cr_expect_eq(
        apply(&(struct ack_want){
            .act =
                &(struct act){ .op = "OP1", .user = "U0ANN", .user_name = "" },
            .trace = "4bf9/2f",
            .note = "",
            .at = want.at,
            .lease_min = 60 }),
        ACK_DONE, "a late twin of it changes nothing …");
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 0, "… back");
    free(first);
    free(second);
}

Test(ack, leaving_deletes_it_and_says_whose_it_was)
{
    cr_expect_eq(apply_as("OP0", ACK_LEAVE), ACK_ALREADY);
    cr_expect_not(done.held);
    cr_expect_null(done.who.by);
    cr_expect_eq(apply_as("OP1", ACK_TAKE), ACK_DONE);
    cr_expect_eq(apply_as("OP2", ACK_LEAVE), ACK_DONE);
    cr_expect_not(done.held);
    cr_expect_str_eq(done.who.by, "U0ANN");
    cr_expect_str_eq(done.who.op, "OP1");
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 0);
    cr_expect_eq(apply_as("OP2", ACK_LEAVE), ACK_DONE, "once more, the same");
    cr_expect_str_eq(done.who.op, "OP1", "%s", "from the marker");
    cr_expect_eq(apply_as("OP3", ACK_TAKE), ACK_DONE, "and may be had again");
}

/* What was asked while Redis was away does not undo what came after it. */
Test(ack, what_comes_late_is_superseded)
{
    struct ack_want late = want_of("OP9", ACK_TAKE);
    struct act late_act = act;

    late.act = &late_act;
    late.at -= 60000;
    cr_expect_eq(apply_as("OP1", ACK_TAKE), ACK_DONE);
    cr_expect_eq(apply_as("OP2", ACK_LEAVE), ACK_DONE);
    cr_expect_eq(apply(&late), ACK_SUPERSEDED);
    cr_expect_not(done.held);
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 0);
    cr_expect_eq(apply_as("OP3", ACK_TAKE), ACK_DONE);
    late.action = ACK_LEAVE;
    late_act.op = "OP8";
    cr_expect_eq(apply(&late), ACK_SUPERSEDED);
    cr_expect(done.held);
    cr_expect_str_eq(done.who.op, "OP3");
}

Test(ack, a_lease_that_is_over_is_none)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);

    want.at -= 3600001;
    cr_expect_eq(apply(&want), ACK_EXPIRED);
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 0);
    want.at = clock_wall_ms();
    cr_expect_eq(apply(&want), ACK_EXPIRED, "its answer stays what it was");
}

Test(ack, what_others_wrote_is_respected_and_cleaned)
{
    free(cli(&w.s, "set notify:ack:4bf9/2f '{\"by\":\"pager\",\"note\":"
                   "\"token=abcdef0123456789\\u202e\"}'"));
    cr_expect_eq(apply_as("OP1", ACK_TAKE), ACK_ALREADY);
    cr_expect_str_eq(done.who.by, "pager");
    cr_expect_null(strstr(done.who.note, "abcdef"), "%s", done.who.note);
    cr_expect_eq(done.who.until, 0, "without end");
    free(cli(&w.s, "set notify:ack:4bf9/2f 'not JSON'"));
    cr_expect_eq(apply_as("OP2", ACK_TAKE), ACK_ALREADY);
    cr_expect_str_eq(done.who.by, "");
    cr_expect_eq(apply_as("OP3", ACK_LEAVE), ACK_DONE);
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 0);
}

Test(ack, a_key_of_another_type_is_left_alone)
{
    free(cli(&w.s, "lpush notify:ack:4bf9/2f x"));
    cr_expect_eq(apply_as("OP1", ACK_TAKE), ACK_REFUSED);
    cr_expect_not_null(strstr(w.err.text, "is a list in Redis, not a string"),
                       "%s", w.err.text);
    cr_expect_eq(cli_number(&w.s, "exists opsbot:op:OP1:0"), 0);
}

Test(ack, trace_ids_are_words)
{
    char longest[ACK_TRACE + 2];

    memset(longest, 'a', sizeof longest);
    longest[ACK_TRACE] = '\0';
    cr_expect(ack_trace_check(longest, &w.err));
    longest[ACK_TRACE] = 'a';
    longest[ACK_TRACE + 1] = '\0';
    cr_expect_not(ack_trace_check(longest, &w.err));
    cr_expect_not(ack_trace_check("", &w.err));
    cr_expect_not(ack_trace_check("a b", &w.err));
    cr_expect_not(ack_trace_check("a\nb", &w.err));
    cr_expect_not(ack_trace_check("a\xff", &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
}

/* ---- with its records ----------------------------------------------------------- */

static char *card_of(const struct config *cfg, const struct ack_want *want,
                     const struct ack_done *of)
{
    (void)cfg;
    return xasprintf("{\"text\":\"%s by %s\"}", ack_action_name(want->action),
                     of->who.by);
}

static struct journal *journal;

static struct ack_world world(void)
{
    return (struct ack_world){ .redis = w.r,
                               .db = w.db,
                               .journal = journal,
                               .config = &w.cfg,
                               .message = card_of,
                               .response_url = "" };
}

static void carry_out(const struct ack_want *want)
{
    struct ack_world in = world();

    ack_report_dispose(&report);
    ack_carry_out(&in, want, &report);
}

static void expect_sql(const char *sql, const char *want)
{
    char *is = look_text(&w.s, sql);

    cr_expect_str_eq(is, want, "%s: %s", sql, is);
    free(is);
}

#define STATE                                                                  \
    "select state || ' ' || coalesce(outcome ->> 'result', '')"                \
    " from opsbot.operations where id = 'OP1'"
#define ROWS                                                                   \
    "select string_agg(kind || ' ' || outcome, ', ' order by kind)"            \
    " from opsbot.audit_events where operation = 'OP1'"
#define CARDS "select count(*) from opsbot.outbox where thing = 'ack:OP1'"

static void settle(size_t want)
{
    struct ack_world in = world();
    size_t settled;

    cr_assert(db_script(w.db, "age",
                        "update opsbot.operations set created_at = created_at"
                        " - interval '1 minute'",
                        &w.err));
    cr_expect(ack_settle(&in, 0, &settled, &w.err), "%s", w.err.text);
    cr_expect_eq(settled, want);
}

Test(ack, is_recorded_before_and_after)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);

    w.cfg.channels.ops = (char *)"C0GENERAL";
    carry_out(&want);
    cr_expect(report.applied && !report.before);
    cr_expect_eq(report.place, RECORD_POSTGRES);
    expect_sql(STATE, "done ok");
    expect_sql(ROWS, "attempt attempt, outcome ok");
    expect_sql(CARDS, "2");
    carry_out(&want);
    cr_expect(report.before);
    cr_expect_eq(report.done.result, ACK_DONE);
    cr_expect_str_eq(report.done.who.by, "U0ANN");
    expect_sql(CARDS, "2");
    settle(0);
}

Test(ack, the_second_is_on_record_and_has_no_card)
{
    struct ack_want first = want_of("OP0", ACK_TAKE), want;

    carry_out(&first);
    want = want_of("OP1", ACK_TAKE);
    carry_out(&want);
    cr_expect_eq(report.done.result, ACK_ALREADY);
    expect_sql(STATE, "refused already");
    expect_sql(CARDS, "0");
    carry_out(&want);
    cr_expect(report.before);
    cr_expect_eq(report.done.result, ACK_ALREADY);
    cr_expect(report.done.held);
    cr_expect_str_eq(report.done.who.op, "OP0");
}

/* After its intent, and nothing more. */
Test(ack, what_a_crash_left_is_finished_once)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);
    bool added;

    cr_assert(ack_intend(w.db, &want, &added, &w.err), "%s", w.err.text);
    settle(1);
    expect_sql(STATE, "done ok");
    expect_sql(ROWS, "attempt attempt, outcome ok");
    expect_sql(CARDS, "1");
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 1);
    settle(0);
}

/* After its effect: Redis knows what came of it. */
Test(ack, what_a_crash_left_after_the_effect_is_recorded)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);
    bool added;

    cr_assert(ack_intend(w.db, &want, &added, &w.err), "%s", w.err.text);
    cr_expect_eq(apply(&want), ACK_DONE);
    settle(1);
    expect_sql(STATE, "done ok");
    expect_sql("select outcome ->> 'note' from opsbot.operations", "on \"it\"");
    carry_out(&want);
    cr_expect(report.before);
}

Test(ack, without_redis_the_intent_waits)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);

    part_stop(w.s.harness, PART_REDIS);
    carry_out(&want);
    cr_expect_not(report.applied);
    cr_expect(report.kept);
    cr_expect_eq(report.place, RECORD_POSTGRES);
    expect_sql(STATE, "intent ");
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    settle(1);
    expect_sql(STATE, "done ok");
    expect_sql(ROWS, "attempt attempt, outcome ok");
    expect_sql(CARDS, "1");
}

static void drain(void)
{
    size_t moved;

    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err), "%s",
              w.err.text);
}

Test(ack, without_postgres_the_records_wait_in_redis)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);

    store_fell(&w.s.db_health, "a test");
    carry_out(&want);
    cr_expect(report.applied);
    cr_expect_eq(report.place, RECORD_REDIS);
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 1);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 2);
    store_rose(&w.s.db_health);
    drain();
    settle(1);
    expect_sql(STATE, "done ok");
    expect_sql(ROWS, "attempt attempt, outcome ok");
    expect_sql(CARDS, "1");
}

static bool late(void *arg, const char *kind, const char *json, struct err *err)
{
    *(int *)arg += strcmp(kind, JOURNAL_ACK) == 0;
    if (strcmp(kind, JOURNAL_ACK) == 0)
        return ack_apply_late(w.r, &w.cfg, json, err);
    return audit_write_text(w.db, json, err);
}

Test(ack, without_both_the_journal_keeps_it)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);
    size_t drained;
    int acks = 0;

    journal = journal_open(w.s.harness->dir, &w.err);
    cr_assert_not_null(journal, "%s", w.err.text);
    store_fell(&w.s.db_health, "a test");
    store_fell(&w.s.redis_health, "a test");
    carry_out(&want);
    cr_expect_not(report.applied);
    cr_expect(report.kept, "%s", report.journal.text);
    cr_expect_eq(report.place, RECORD_JOURNAL);
    store_rose(&w.s.db_health);
    store_rose(&w.s.redis_health);
    cr_assert(journal_drain(journal, late, &acks, &drained, &w.err), "%s",
              w.err.text);
    cr_expect_eq(acks, 1);
    cr_expect_eq(cli_number(&w.s, "exists notify:ack:4bf9/2f"), 1);
    settle(1);
    expect_sql(STATE, "done ok");
    expect_sql(ROWS, "attempt attempt, outcome ok");
    expect_sql(CARDS, "1");
    journal_close(journal);
    journal = NULL;
}

Test(ack, without_anything_it_says_so)
{
    struct ack_want want = want_of("OP1", ACK_TAKE);

    store_fell(&w.s.db_health, "a test");
    store_fell(&w.s.redis_health, "a test");
    carry_out(&want);
    cr_expect_not(report.applied || report.kept);
    cr_expect_eq(report.place, RECORD_NOWHERE);
    cr_expect_neq(report.journal.kind, ERR_NONE);
}

Test(ack, what_is_none_does_not_hold_back_the_journal)
{
    cr_expect(ack_apply_late(w.r, &w.cfg, "{\"op\":\"OP1\"}", &w.err));
    cr_expect(ack_apply_late(w.r, &w.cfg, "[]", &w.err));
    cr_expect(ack_apply_late(w.r, &w.cfg, "no JSON", &w.err));
    cr_expect_eq(cli_number(&w.s, "exists opsbot:op:OP1:0"), 0);
}

/* ---- its card -------------------------------------------------------------------- */

Test(ack, its_story_knows_who_left_it)
{
    struct ack_want take = want_of("OP1", ACK_TAKE), leave;
    struct ack_story story;
    struct act ann;
    bool found;

    ann = act;
    take.act = &ann;
    carry_out(&take);
    cr_assert(ack_story_load(w.db, "OP1", &story, &found, &w.err), "%s",
              w.err.text);
    cr_assert(found);
    cr_expect_str_eq(story.want.trace, "4bf9/2f");
    cr_expect_str_eq(story.want.note, "on \"it\"");
    cr_expect_str_eq(story.act.user, "U0ANN");
    cr_expect_str_eq(story.done.who.by, "U0ANN");
    cr_expect_null(story.left.by);
    ack_story_dispose(&story);
    cr_assert(db_script(w.db, "shown",
                        "update opsbot.outbox set state = 'sent', ts = '1.2',"
                        " shown = wanted",
                        &w.err),
              "%s", w.err.text);
    leave = want_of("OP2", ACK_LEAVE);
    act.user = "U0BOB";
    carry_out(&leave);
    cr_expect_eq(report.done.result, ACK_DONE);
    cr_assert(ack_story_load(w.db, "OP1", &story, &found, &w.err));
    cr_assert(found);
    cr_expect_str_eq(story.left.by, "U0BOB");
    ack_story_dispose(&story);
    expect_sql("select state from opsbot.outbox where thing = 'ack:OP1'",
               "waiting");
    cr_assert(ack_story_load(w.db, "OP7", &story, &found, &w.err));
    cr_expect_not(found);
    ack_story_dispose(&story);
}

/* outbox: what waits, what could not be delivered, and trying it again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/ops/posts.h"

TestSuite(outbox_look, .init = posts_start, .fini = posts_stop);

/* An edit of an old card is not old. */
Test(outbox_look, the_age_of_an_edit_is_since_it_was_due)
{
    PUT(.op = "job:1", .channel = "C1", .thing = "job:1", .lane = OUTBOX_INFO);
    posts_claim();
    posts_sent("job:1", "17.1");
    posts_run("update opsbot.outbox set created_at = now() - interval '1 h',"
              " sent_at = now() - interval '1 h' returning 1");
    cr_assert(outbox_touch(w.db, "job:1", &w.err));
    cr_expect_eq(posts_state().waiting, 1);
    cr_expect_lt(posts_state().oldest_ms, 60000);
    posts_add("A", "C1");
    posts_run("update opsbot.outbox set created_at = now() - interval '1 h'"
              " where op = 'A' returning 1");
    cr_expect_gt(posts_state().oldest_ms, 3000000);
}

Test(outbox_look, the_list_has_what_is_undeliverable_first)
{
    struct outbox_list list;

    posts_add("A", "C1");
    PUT(.op = "B", .channel = "C2", .lane = OUTBOX_INFO,
        .body = "{\"text\":\"a &lt; b\\nsecond line\"}");
    PUT(.op = "C", .channel = "C3", .lane = OUTBOX_INFO, .body = "no JSON");
    posts_claim();
    cr_assert(
        outbox_undeliverable(w.db, posts_row("B"), "is_archived", &w.err));
    posts_sent("C", "17.1");
    cr_assert(outbox_list(w.db, 10, &list, &w.err), "%s", w.err.text);
    cr_assert_eq(list.count, 2u);
    cr_expect_eq(list.waiting, 1);
    cr_expect_eq(list.undeliverable, 1);
    cr_expect_str_eq(list.items[0].op, "B");
    cr_expect_str_eq(list.items[0].summary, "a < b");
    cr_expect_str_eq(list.items[0].error, "is_archived");
    cr_expect_str_eq(list.items[1].state, "sending");
    outbox_list_dispose(&list);
    cr_assert(outbox_list(w.db, 1, &list, &w.err));
    cr_expect_eq(list.count, 1u);
    outbox_list_dispose(&list);
}

static struct outbox_again again(const char *op, int64_t id)
{
    struct act act = act_of(op, "outbox retry");
    struct outbox_again out;

    cr_assert(outbox_again(w.db, &act, id, &out, &w.err), "%s", w.err.text);
    return out;
}

Test(outbox_look, again_is_one_operation_with_its_audit_row)
{
    struct outbox_again out;
    int64_t id;

    posts_add("A", "C1");
    posts_add("B", "C2");
    posts_claim();
    id = posts_row("A")->id;
    cr_assert(
        outbox_undeliverable(w.db, posts_row("A"), "is_archived", &w.err));
    cr_assert(
        outbox_undeliverable(w.db, posts_row("B"), "is_archived", &w.err));
    out = again("OP1", id);
    cr_expect_eq(out.count, 1);
    cr_expect_not(out.before);
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_assert(
        outbox_undeliverable(w.db, posts_row("A"), "is_archived", &w.err));
    out = again("OP1", id);
    cr_expect(out.before);
    cr_expect_eq(out.count, 1);
    cr_expect_gt(out.at, 1700000000000);
    cr_expect_str_eq(posts_claim(), "", "nothing changed the second time");
    out = again("OP2", 0);
    cr_expect_eq(out.count, 2);
    cr_expect_str_eq(posts_claim(), "A/C1 B/C2 ");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events"
                                   " where kind = 'outcome'"
                                   " and outcome = 'ok'"),
                 2);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'done'"),
                 2);
}

Test(outbox_look, again_says_why_there_is_nothing_to_do)
{
    struct outbox_again out;

    posts_add("A", "C1");
    posts_claim();
    out = again("OP1", posts_row("A")->id);
    cr_expect_eq(out.count, 0);
    cr_expect_str_eq(out.state, "sending");
    outbox_again_dispose(&out);
    out = again("OP2", 99);
    cr_expect_null(out.state);
    cr_expect_eq(again("OP3", 0).count, 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'refused'"),
                 3);
}

/* ---- claiming ---------------------------------------------------------------- */

/* One transaction changes two cards, the second first; a claim of both does
 * not wait for it, for the two would then wait for each other. */
Test(outbox_look, a_claim_does_not_wait_for_a_row_that_is_being_changed)
{
    struct db *other = stores_db(&w.s);
    struct outbox_row *theirs;
    size_t m;

    PUT(.op = "A", .channel = "C1", .thing = "a");
    PUT(.op = "B", .channel = "C2", .thing = "b");
    cr_assert(db_begin(w.db, &w.err));
    cr_assert(outbox_touch(w.db, "b", &w.err));
    cr_assert(outbox_claim(other, "r1", 9, 60000, &theirs, &m, &w.err), "%s",
              w.err.text);
    cr_assert_eq(m, 1u);
    cr_expect_str_eq(theirs[0].op, "A");
    cr_assert(outbox_touch(w.db, "a", &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err), "%s", w.err.text);
    cr_expect_str_eq(posts_claim(), "B/C2 ");
    outbox_rows_free(theirs, m);
    db_free(other);
}

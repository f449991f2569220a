/* outbox: claimed once, in order per channel, never lost. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "core/ops/outbox.h"
#include "tests/core/ops/world.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_POSTGRES);
}

static void stop(void)
{
    world_stop(&w);
}

static void add(const char *op, const char *channel)
{
    cr_assert(outbox_add(w.db, op, channel, "{\"text\":\"hi\"}", "", &w.err),
              "%s", w.err.text);
}

/* The operations claimed: "A/C1 B/C2 ". */
static const char *claim(size_t max, int64_t lease_ms)
{
    static char text[300];
    struct outbox_row *rows;
    size_t count;

    text[0] = '\0';
    cr_assert(outbox_claim(w.db, "r1", max, lease_ms, &rows, &count, &w.err),
              "%s", w.err.text);
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(text, rows[i].op), "/");
        strcat(strcat(text, rows[i].channel), " ");
    }
    outbox_rows_free(rows, count);
    return text;
}

static int64_t id_of(const char *op)
{
    char sql[100];

    strcat(strcat(strcpy(sql, "select id from opsbot.outbox where op = '"), op),
           "'");
    return look_number(&w.s, sql);
}

TestSuite(outbox, .init = start, .fini = stop);

Test(outbox, one_row_per_channel_oldest_first)
{
    add("A", "C1");
    add("B", "C1");
    add("C", "C2");
    add("C", "C2");
    cr_expect_str_eq(claim(10, 60000), "A/C1 C/C2 ");
    cr_expect_str_eq(claim(10, 60000), "");
    cr_assert(outbox_sent(w.db,
                          &(struct outbox_row){ .id = id_of("A"), .wanted = 1 },
                          "1700000000.1", &w.err));
    cr_expect_str_eq(claim(10, 60000), "B/C1 ");
}

Test(outbox, a_row_joins_the_transaction_of_its_effect)
{
    cr_assert(db_begin(w.db, &w.err));
    add("A", "C1");
    db_rollback(w.db);
    cr_expect_str_eq(claim(10, 60000), "");
}

Test(outbox, a_claim_that_is_not_answered_for_runs_out)
{
    struct outbox_row *rows;
    size_t count;

    add("A", "C1");
    cr_expect_str_eq(claim(10, 1), "A/C1 ");
    usleep(20000);
    cr_assert(outbox_claim(w.db, "r2", 1, 60000, &rows, &count, &w.err));
    cr_assert_eq(count, 1u);
    cr_expect_eq(rows[0].attempts, 2);
    cr_expect_str_eq(rows[0].body, "{\"text\":\"hi\"}");
    cr_expect_gt(rows[0].created_at, 1700000000000);
    outbox_rows_free(rows, count);
}

Test(outbox, a_retry_holds_back_those_behind_it)
{
    struct outbox_state state;

    add("A", "C1");
    add("B", "C1");
    cr_expect_str_eq(claim(10, 60000), "A/C1 ");
    cr_assert(
        outbox_retry(w.db, id_of("A"), "ratelimited", 60000, false, &w.err));
    cr_expect_str_eq(claim(10, 60000), "");
    cr_assert(outbox_state(w.db, &state, &w.err));
    cr_expect_eq(state.waiting, 2);
    cr_expect_geq(state.oldest_ms, 0);
    cr_assert(outbox_undeliverable(w.db, id_of("A"), "is_archived", &w.err));
    cr_expect_str_eq(claim(10, 60000), "B/C1 ");
    cr_assert(outbox_sent(w.db,
                          &(struct outbox_row){ .id = id_of("B"), .wanted = 1 },
                          "1.1", &w.err));
    cr_assert(outbox_retry(w.db, id_of("B"), "late news", 0, false, &w.err));
    cr_assert(outbox_state(w.db, &state, &w.err));
    cr_expect_eq(state.waiting, 0);
    cr_expect_eq(state.oldest_ms, 0);
}

Test(outbox, two_replicas_never_claim_the_same_row)
{
    struct db *other = stores_db(&w.s);
    struct outbox_row *mine, *theirs;
    size_t n, m;

    add("A", "C1");
    cr_assert(db_begin(w.db, &w.err));
    cr_assert(outbox_claim(w.db, "r1", 9, 60000, &mine, &n, &w.err));
    db_deadline(other, 200);
    cr_assert_not(outbox_claim(other, "r2", 9, 60000, &theirs, &m, &w.err),
                  "it waits for the first one's decision");
    cr_assert(db_probe(other, &w.err));
    cr_assert(db_commit(w.db, &w.err));
    cr_assert(outbox_claim(other, "r2", 9, 60000, &theirs, &m, &w.err));
    cr_expect_eq(n, 1u);
    cr_expect_eq(m, 0u);
    outbox_rows_free(mine, n);
    outbox_rows_free(theirs, m);
    db_free(other);
}

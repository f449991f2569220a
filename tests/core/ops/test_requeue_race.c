/* requeue: two presses of one button are one operation, also when both are at
 * it at once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops/dlq_requeue.c"
#include "tests/core/ops/world.h"

static struct world w;
static char stream_key[] = "orders", dlq_key[] = "orders.dlq";
static struct stream_name name = { stream_key, dlq_key, false };
static char *id; /* of the one dead entry */

static void start(void)
{
    world_start(&w, WITH_BOTH);
    id = cli(&w.s, "xadd orders.dlq '*' kind alert");
}

static void stop(void)
{
    free(id);
    world_stop(&w);
}

TestSuite(requeue_race, .init = start, .fini = stop);

/* The first has its intent on record and is slow; the second finds it open,
 * and is through before the first goes on. */
Test(requeue_race, one_did_it_and_the_other_says_who)
{
    struct act first = act_of("OP1", "dlq requeue");
    struct act second = act_of("OP1", "dlq requeue");
    struct requeue_want slow = { .act = &first, .name = &name, .id = id };
    struct requeue_want quick = { .act = &second, .name = &name, .id = id };
    struct requeue mine = { .act = &first, .name = &name, .id = id };
    struct requeue other;
    enum standing standing;

    cr_assert(requeue_intend(w.db, &slow, &standing, &mine, &w.err));
    cr_assert_eq(standing, STANDING_NEW);
    cr_assert(dlq_requeue(w.r, w.db, &w.cfg, &quick, &other, &w.err), "%s",
              w.err.text);
    cr_expect_eq(other.result, REQUEUE_DONE);
    cr_assert(carry_out(w.r, w.db, &w.cfg, &slow, &mine, &w.err), "%s",
              w.err.text);
    cr_expect_eq(mine.result, REQUEUE_ALREADY);
    cr_expect_str_eq(mine.new_id, other.new_id);
    cr_expect_str_eq(mine.by, "U0ANN");
    cr_expect_gt(mine.at, 0);
    cr_expect_eq(cli_number(&w.s, "xlen orders"), 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events"
                                   " where outcome = 'ok'"),
                 1);
    requeue_dispose(&mine);
    requeue_dispose(&other);
}

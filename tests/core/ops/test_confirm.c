/* confirm: the author's word, within five minutes, once. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/ops/confirm.h"
#include "tests/core/ops/world.h"

static struct world w;

#define ID "7F3K01ABCDEFGHJK"

static void start(void)
{
    struct act act = act_of(ID, "dlq requeue");

    world_start(&w, WITH_POSTGRES);
    for (int i = 0; i < 2; i++)
        cr_assert(confirm_ask(w.db, &act, "{\"count\":3}", &w.err), "%s",
                  w.err.text);
}

static void stop(void)
{
    world_stop(&w);
}

static enum confirm_state take(const char *id, const char *user)
{
    struct confirm c;
    enum confirm_state state;

    cr_assert(db_begin(w.db, &w.err));
    cr_assert(confirm_take(w.db, id, user, &c, &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err));
    state = c.state;
    if (state != CONFIRM_UNKNOWN) {
        cr_expect_str_eq(c.id, ID);
        cr_expect_str_eq(c.command, "dlq requeue");
        cr_expect_str_eq(c.act.op, ID);
        cr_expect_str_eq(c.act.channel, "C0OPS");
        cr_expect_eq(json_doc_int(c.bound, "count", 0), 3);
    }
    if (state == CONFIRM_USED)
        cr_expect_gt(c.used_at, 0);
    confirm_dispose(&c);
    return state;
}

TestSuite(confirm, .init = start, .fini = stop);

Test(confirm, is_taken_once_by_its_author)
{
    cr_expect_eq(take(ID, "U0BOB"), CONFIRM_UNKNOWN);
    cr_expect_eq(take("ZZZZZZ", "U0ANN"), CONFIRM_UNKNOWN);
    cr_expect_eq(take("7F3K0", "U0ANN"), CONFIRM_UNKNOWN, "too short");
    cr_expect_eq(take("7f3kol", "U0ANN"), CONFIRM_TAKEN, "as people type");
    cr_expect_eq(take(ID, "U0ANN"), CONFIRM_USED);
}

Test(confirm, can_be_withdrawn)
{
    struct confirm c;

    cr_assert(confirm_cancel(w.db, "7F3K01", "U0BOB", &c, &w.err));
    cr_expect_eq(c.state, CONFIRM_UNKNOWN);
    cr_assert(confirm_cancel(w.db, "7F3K01", "U0ANN", &c, &w.err));
    cr_expect_eq(c.state, CONFIRM_TAKEN);
    confirm_dispose(&c);
    cr_expect_eq(take(ID, "U0ANN"), CONFIRM_CANCELLED);
}

Test(confirm, expires)
{
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.confirmations"
                                   " where expires_at - created_at ="
                                   " interval '5 min'"),
                 1);
    cr_assert(db_script(w.db, "age",
                        "update opsbot.confirmations set expires_at = now()",
                        &w.err));
    cr_expect_eq(take(ID, "U0ANN"), CONFIRM_EXPIRED);
}

Test(confirm, given_back_when_what_it_began_is_rolled_back)
{
    struct confirm c;

    cr_assert(db_begin(w.db, &w.err));
    cr_assert(confirm_take(w.db, ID, "U0ANN", &c, &w.err));
    cr_expect_eq(c.state, CONFIRM_TAKEN);
    confirm_dispose(&c);
    db_rollback(w.db);
    cr_expect_eq(take(ID, "U0ANN"), CONFIRM_TAKEN);
}

/* outbox and outbox retry with a core of our own. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops/outbox.h"
#include "tests/commands/calls.h"

static struct {
    bool fail;
    int64_t id;
    int calls, disposed;
    struct outbox_again again;
} core = { .id = -1 };

bool outbox_list(struct db *db, size_t limit, struct outbox_list *out,
                 struct err *err)
{
    (void)db;
    (void)limit;
    *out = (struct outbox_list){ .waiting = 2, .undeliverable = 1 };
    return !core.fail || err_set(err, ERR_DB, "Postgres is down");
}

void outbox_list_dispose(struct outbox_list *list)
{
    (void)list;
    core.disposed++;
}

bool outbox_again(struct db *db, const struct act *act, int64_t id,
                  struct outbox_again *out, struct err *err)
{
    (void)db;
    cr_expect_str_eq(act->op, "7F3K21ABCDEFGHJK");
    core.calls++;
    core.id = id;
    *out = core.again;
    return !core.fail || err_set(err, ERR_DB, "Postgres is down");
}

void outbox_again_dispose(struct outbox_again *again)
{
    (void)again;
    core.disposed++;
}

TestSuite(outbox_command, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

Test(outbox_command, needs_its_rights)
{
    shows(call_as("U0BEN", "outbox"), "You may not do that: outbox");
    shows(call_as("U0BEN", "outbox retry 17"), "outbox.retry");
    shows(call_as("U0LEE", "outbox retry --all"), "");
    cr_expect_eq(core.calls, 1);
}

Test(outbox_command, list)
{
    const struct called *c = call_as("U0LEE", "outbox");

    shows(c, "Outbox: 1 undeliverable, 2 waiting");
    shows(c, "→ /bot outbox retry --all  (Retry it)");
    cr_expect_eq(core.disposed, 1);
    core.fail = true;
    shows(call_as("U0LEE", "outbox"), "Postgres is down");
    cr_expect_eq(core.disposed, 1);
}

Test(outbox_command, retry_of_one_or_of_all)
{
    core.again.count = 1;
    cr_expect_str_eq(call_as("U0LEE", "outbox retry 17")->call.outcome, "ok");
    cr_expect_eq(core.id, 17);
    cr_expect_str_eq(call_as("U0LEE", "outbox retry --all")->call.outcome,
                     "ok");
    cr_expect_eq(core.id, 0);
    core.again.before = true;
    cr_expect_str_eq(call_as("U0LEE", "outbox retry 17")->call.outcome,
                     "already");
    core.again = (struct outbox_again){ .count = 0 };
    cr_expect_str_eq(call_as("U0LEE", "outbox retry 17")->call.outcome, "gone");
}

Test(outbox_command, retry_wants_to_know_which)
{
    shows(call_as("U0LEE", "outbox retry"), "Say which");
    shows(call_as("U0LEE", "outbox retry 17 --all"), "Say which");
    shows(call_as("U0LEE", "outbox retry soon"), "not a whole number");
    cr_expect_eq(core.calls, 0);
}

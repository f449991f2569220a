/* task: what is on record of a command, whatever came of it. */
#include <criterion/criterion.h>

#include "bot/flow/task.h"

static const char *concluded(enum err_kind kind, const char *outcome)
{
    static struct task t;
    static struct envelope env;

    t = (struct task){ .env = &env, .detail = (char[]){ "" } };
    t.call.outcome = outcome;
    t.err.kind = kind;
    task_conclude(&t);
    return t.row.outcome;
}

Test(task, an_error_is_its_kind)
{
    cr_expect_str_eq(concluded(ERR_NONE, NULL), "ok");
    cr_expect_str_eq(concluded(ERR_NONE, "already"), "already");
    cr_expect_str_eq(concluded(ERR_USER, NULL), "input");
    cr_expect_str_eq(concluded(ERR_DB, "ok"), "postgres",
                     "done, and what it answers could not be read");
}

/* An old card explains itself by an error too: of silence, for one. */
Test(task, what_was_pressed_on_an_old_card_is_stale_on_record)
{
    cr_expect_str_eq(concluded(ERR_NONE, "stale"), "stale");
    cr_expect_str_eq(concluded(ERR_USER, "stale"), "stale");
}

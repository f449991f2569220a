/*
 * A silence that somebody else is applying when who made it is answered: it
 * does not say that it silences nothing.
 */
#include <criterion/criterion.h>

#include "core/alert/mute.h"
#include "tests/core/alert/fired.h"

TestSuite(silence_pending, .init = fired_start, .fini = fired_stop,
          .timeout = 60);

static const struct db_stmt stmt_undone = {
    .name = "test_undone",
    .sql = "update opsbot.silences set applied = false, seen_group = 0,"
           " seen_print = ''",
};
static const struct db_stmt stmt_hold = {
    .name = "test_hold",
    .sql = "select id from opsbot.silences for update",
};

static void made(struct silence_done *done)
{
    static const char *const matchers[] = { "service=pay" };
    struct alert_world world = fired_world(w.db);
    struct act act = act_of("op1", "silence");
    struct silence_new want = { .matchers = matchers,
                                .matchers_count = 1,
                                .until = fired_now + 3600000,
                                .reason = "maintenance" };

    cr_assert(silence_add(&world, &act, &want, done, &w.err), "%s", w.err.text);
}

Test(silence_pending, is_told_while_another_is_at_it)
{
    struct db *other = stores_db(&w.s);
    struct silence_done done;

    FIRE({ .print = "a" });
    made(&done);
    cr_expect_not(done.silence.pending);
    silence_done_dispose(&done);
    cr_assert(db_run(other, &stmt_undone, NULL, &w.err, NULL));
    cr_assert(db_begin(other, &w.err));
    cr_assert(db_run(other, &stmt_hold, NULL, &w.err, NULL));
    made(&done);
    cr_expect(done.before);
    cr_expect(done.silence.pending, "it has not been applied yet");
    silence_done_dispose(&done);
    db_rollback(other);
    made(&done);
    cr_expect_not(done.silence.pending);
    silence_done_dispose(&done);
    db_free(other);
}

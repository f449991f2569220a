/* oncall and oncall override with a core of our own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/oncall.h"
#include "core/base/mem.h"
#include "tests/commands/calls.h"

static struct {
    bool down;   /* Postgres is */
    bool before; /* this operation was here */
    size_t turns, disposed;
    char said[200];  /* what the override says */
    char body[2000]; /* what the channels are told */
} core;

static void turn(const struct config_rotation *r, struct oncall *out)
{
    core.turns++;
    *out = (struct oncall){ .rotation = r,
                            .user = xstrdup("U0ANN"),
                            .since = NOW - 60000,
                            .until = NOW + 3600000,
                            .next = xstrdup("U0BEN"),
                            .override_by = xstrdup("") };
}

void oncall_turn(const struct config_rotation *r, int64_t wall_ms,
                 struct oncall *out)
{
    cr_expect_geq(wall_ms, NOW);
    turn(r, out);
}

bool oncall_ahead(struct db *db, const struct config_rotation *r,
                  int64_t wall_ms, struct oncall *out, size_t count,
                  struct err *err)
{
    (void)db;
    cr_expect_eq(wall_ms, NOW);
    if (core.down)
        return err_set(err, ERR_DB, "Postgres is down since 14:02:11 UTC");
    for (size_t i = 0; i < count; i++)
        turn(r, &out[i]);
    return true;
}

bool oncall_at(struct db *db, const struct config_rotation *r, int64_t wall_ms,
               struct oncall *out, struct err *err)
{
    *out = (struct oncall){ 0 };
    return oncall_ahead(db, r, wall_ms, out, 1, err);
}

void oncall_dispose(struct oncall *o)
{
    core.disposed += o->user != NULL;
    free(o->user);
    free(o->next);
    free(o->override_by);
    *o = (struct oncall){ 0 };
}

const struct config_rotation *oncall_find(const struct config *cfg,
                                          const char *name)
{
    for (unsigned i = 0; i < cfg->alerts.rotations_count; i++)
        if (strcmp(cfg->alerts.rotations[i].name, name) == 0)
            return &cfg->alerts.rotations[i];
    return NULL;
}

bool oncall_override(struct db *db, const struct act *act,
                     const struct oncall_word *word, struct oncall_done *out,
                     struct err *err)
{
    (void)db;
    (void)act;
    if (core.down)
        return err_set(err, ERR_DB, "Postgres is down since 14:02:11 UTC");
    snprintf(core.said, sizeof core.said, "%s: %s for %lld ms",
             word->rotation->name, word->user,
             (long long)(word->until - word->from));
    snprintf(core.body, sizeof core.body, "%s", word->body);
    *out = (struct oncall_done){ .before = core.before,
                                 .at = core.before ? NOW - 60000 : 0 };
    return true;
}

static void stop(void)
{
    cr_expect_eq(core.turns, core.disposed, "all that was given is freed");
    calls_end();
}

TestSuite(oncall_command, .fini = stop);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

/* ---- looking ------------------------------------------------------------------- */

Test(oncall_command, everyone_may_see_all)
{
    const struct called *c = call_as("U0BEN", "oncall");

    shows(c, "On call: 2 rotations");
    shows(c, "pay");
    shows(c, "risk");
    shows(c, "needs the right oncall.override");
    shows(call_as("U0LEE", "oncall"), "/bot oncall override @user 4h");
}

Test(oncall_command, or_one_and_who_comes_after)
{
    shows(call_as("U0BEN", "oncall risk"), "On call: risk");
    cr_expect_eq(core.turns, 5);
}

Test(oncall_command, a_rotation_that_is_none_is_told_those_that_are)
{
    shows(call_as("U0BEN", "oncall pya"),
          "pya is no rotation. There are pay and risk.");
}

Test(oncall_command, without_postgres_says_what_it_cannot_know)
{
    core.down = true;
    shows(call_as("U0BEN", "oncall"), "Postgres is away");
    shows(call_as("U0BEN", "oncall pay"), "Postgres is away");
    cr_expect_eq(core.turns, 7);
}

/* ---- standing in ----------------------------------------------------------------- */

Test(oncall_command, override_needs_its_right)
{
    shows(call_as("U0BEN", "oncall override <@U0CAT> 4h pay"),
          "oncall.override");
    cr_expect_str_eq(core.said, "");
}

Test(oncall_command, override_takes_a_mention_and_a_time)
{
    const struct called *c =
        call_as("U0LEE", "oncall override <@U0CAT|cat> 1h30m pay");

    shows(c, "On call: pay");
    cr_expect_str_eq(c->call.outcome, "ok");
    cr_expect_str_eq(core.said, "pay: U0CAT for 5400000 ms");
    cr_expect(strstr(core.body, "<@U0CAT>"), "%s", core.body);
    cr_expect(strstr(core.body, "instead of <@U0ANN>"), "%s", core.body);
    call_as("U0LEE", "oncall override U0CAT 2d risk");
    cr_expect_str_eq(core.said, "risk: U0CAT for 172800000 ms");
}

Test(oncall_command, whoever_has_it_is_not_instead_of_themselves)
{
    call_as("U0LEE", "oncall override <@U0ANN> 1h pay");
    cr_expect_null(strstr(core.body, "instead of"), "%s", core.body);
}

Test(oncall_command, override_done_before_says_when)
{
    core.before = true;
    shows(call_as("U0LEE", "oncall override <@U0CAT> 1h pay"),
          "nothing changed now");
    cr_expect_str_eq(
        call_as("U0LEE", "oncall override <@U0CAT> 1h pay")->call.outcome,
        "already");
}

Test(oncall_command, override_says_what_it_does_not_understand)
{
    shows(call_as("U0LEE", "oncall override <@U0CAT> 4h"),
          "Which one? There are pay and risk.");
    shows(call_as("U0LEE", "oncall override cat 4h pay"),
          "cat is nobody I know");
    shows(call_as("U0LEE", "oncall override Ulrich 4h pay"),
          "Ulrich is nobody I know");
    shows(call_as("U0LEE", "oncall override <!subteam^S0X> 4h pay"),
          "is nobody I know");
    shows(call_as("U0LEE", "oncall override <@U0CAT> soon pay"),
          "soon is not a time");
    shows(call_as("U0LEE", "oncall override <@U0CAT> 31d pay"),
          "31d is too long");
    shows(call_as("U0LEE", "oncall override <@U0CAT> 10s pay"),
          "10s is too short");
    shows(call_as("U0LEE", "oncall override <@U0CAT>"), "needs");
    cr_expect_str_eq(core.said, "");
}

Test(oncall_command, override_needs_postgres)
{
    core.down = true;
    shows(call_as("U0LEE", "oncall override <@U0CAT> 4h pay"),
          "Postgres is down");
}

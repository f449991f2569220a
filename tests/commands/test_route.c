/* route test: what is typed, and what is said of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute.h"
#include "core/base/mem.h"
#include "tests/commands/calls.h"

static bool away;

bool silences_list(struct db *db, bool over, size_t skip, size_t limit,
                   struct silences *out, struct err *err)
{
    (void)db;
    (void)over;
    (void)skip;
    (void)limit;
    if (away)
        return err_set(err, ERR_DB, "Postgres is away");
    *out = (struct silences){ .count = 2 };
    out->items = xcalloc(2, sizeof *out->items);
    for (size_t i = 0; i < 2; i++) {
        out->items[i] = (struct silence){ .id = (int64_t)i + 1,
                                          .by = xstrdup("U0LEE"),
                                          .by_name = xstrdup("lee"),
                                          .reason = xstrdup("a new disk"),
                                          .ended_by = xstrdup(""),
                                          .ended_by_name = xstrdup(""),
                                          .until = NOW + 3600000 };
        out->items[i].matchers = xcalloc(2, sizeof(char *));
        out->items[i].matchers[0] =
            xstrdup(i ? "service=pay" : "service=other");
        out->items[i].matchers_count = 1;
    }
    return true;
}

TestSuite(route_test, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

Test(route_test, needs_a_right)
{
    shows(call_as("U0BEN", "route test a=1"), "route.test");
    cr_expect_null(call_as("U0BEN", "route test a=1")->command);
}

Test(route_test, says_who_takes_it)
{
    const struct called *c =
        call_as("U0ALE", "route test severity=P0 service=x unknown=y");

    shows(c, "takes it");
    shows(c, "CRITICAL");
    shows(c, "unknown=\"y\"");
    shows(c, "Nothing was sent");
}

/* A button keeps what it types in its value. */
Test(route_test, a_secret_is_in_no_button)
{
    const struct called *c = call_as("U0ALE", "route test service=x");

    shows(c, "(Look again)");
    c = call_as("U0ALE", "route test service=x token=hunter2-hunter2");
    shows(c, "takes it");
    cr_expect_null(strstr(c->text, "hunter2"), "%s", c->text);
    cr_expect_null(strstr(c->text, "(Look again)"), "%s", c->text);
}

Test(route_test, silences_that_hold_then_are_named)
{
    shows(call_as("U0ALE", "route test service=pay"), "S-2");
    cr_expect_null(
        strstr(call_as("U0ALE", "route test service=pay")->text, "S-1"));
    cr_expect_null(
        strstr(call_as("U0ALE", "route test service=pay at=23:00")->text,
               "S-2"),
        "it is over by then");
}

Test(route_test, at_any_time)
{
    shows(call_as("U0ALE", "route test a=1 at=03:00"), "2026-11-24 03:00");
    shows(call_as("U0ALE", "route test a=1 at=2026-11-21T03:00Z"),
          "2026-11-21 03:00");
    shows(call_as("U0ALE", "route test a=1 --at 2026-11-21T03:00"),
          "2026-11-21 03:00");
    shows(call_as("U0ALE", "route test a=1 at=tomorrow"), "is not a time");
}

Test(route_test, without_postgres_by_the_configuration_alone)
{
    away = true;
    shows(call_as("U0ALE", "route test a=1"), "Postgres is away");
    shows(call_as("U0ALE", "route test a=1"), "takes it");
    away = false;
}

Test(route_test, what_is_no_label_is_explained)
{
    shows(call_as("U0ALE", "route test pay"), "is no label of an alert");
    shows(call_as("U0ALE", "route test a!=1"), "is no label of an alert");
    shows(call_as("U0ALE", "route test a=~1"), "is no label of an alert");
    shows(call_as("U0ALE", "route test =1"), "is no label of an alert");
    shows(call_as("U0ALE", "route test severity=worst"), "is no severity");
    shows(call_as("U0ALE", "route test"), "route test");
}

/* The cards of who is on call. */
#include "blocks/oncall.h"

#include <criterion/criterion.h>

#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

#define T(s) ((char *)(size_t)(s))
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static char *users[] = { T("U0ANN"), T("U0BEN") };

static struct config_rotation pay = {
    .name = T("pay"),
    .users = users,
    .users_count = 2,
    .at = T("09:00"),
    .day = T("mon"),
    .zone = T("Europe/Berlin"),
};
static struct config_rotation risk = {
    .name = T("risk"),
    .users = users,
    .users_count = 1,
    .daily = true,
    .at = T("18:00"),
};

static struct oncall turn(const struct config_rotation *of, const char *user,
                          int64_t since, int64_t until, const char *next)
{
    return (struct oncall){ .rotation = of,
                            .user = T(user),
                            .since = since,
                            .until = until,
                            .next = T(next),
                            .override_by = T("") };
}

static struct card *list(size_t count, bool sure, bool may)
{
    struct oncall items[] = {
        turn(&pay, "U0ANN", NOW - 5 * HOUR, NOW + 3 * HOUR, "U0BEN"),
        turn(&risk, "U0ANN", NOW - 20 * HOUR, NOW + 4 * HOUR, "U0ANN"),
    };
    struct oncall_view view = { NOW, sure, may };
    struct card *card = card_new();

    items[0].override = true;
    items[0].override_by = T("U0LEE");
    items[0].user_name = items[1].next_name = T("ann");
    items[0].by_name = T("lee");
    oncall_list_card(card, items, count, &view);
    return card;
}

Test(oncall_card, list)
{
    shown("oncall_list", list(2, true, true));
}

Test(oncall_card, list_without_postgres_or_right)
{
    shown_text("oncall_list_unsure", list(1, false, false));
}

Test(oncall_card, there_are_none)
{
    shown_text("oncall_list_none", list(0, true, true));
}

static struct card *one(const struct config_rotation *of, bool sure)
{
    struct oncall items[] = {
        turn(of, "U0LEE", NOW - HOUR, NOW + 3 * HOUR, "U0ANN"),
        turn(of, "U0ANN", NOW + 3 * HOUR, NOW + 5 * DAY, "U0BEN"),
        turn(of, "U0BEN", NOW + 5 * DAY, NOW + 12 * DAY, "U0ANN"),
    };
    struct oncall_view view = { NOW, sure, true };
    struct card *card = card_new();

    items[0].override = true;
    items[0].override_by = T("U0BEN");
    oncall_card(card, items, 3, &view);
    return card;
}

Test(oncall_card, one_rotation)
{
    shown("oncall", one(&pay, true));
}

Test(oncall_card, one_that_changes_daily)
{
    shown_text("oncall_daily", one(&risk, false));
}

static struct oncall_taken taken(const char *instead)
{
    return (struct oncall_taken){ .rotation = "pay",
                                  .user = "U0LEE",
                                  .instead = instead,
                                  .until = NOW + 4 * HOUR,
                                  .by = "U0BEN",
                                  .by_name = "ben",
                                  .op = "7F3K21ABCDEFGHJK" };
}

Test(oncall_card, somebody_stands_in)
{
    struct oncall_taken t = taken("U0ANN");
    struct card *card = card_new();

    oncall_taken_card(card, &t);
    shown("oncall_taken", card);
    t = taken("");
    card = card_new();
    oncall_taken_card(card, &t);
    shown_text("oncall_taken_same", card);
}

Test(oncall_card, the_answer_to_who_said_it)
{
    struct oncall_taken t = taken("U0ANN");
    struct card *card = card_new();

    oncall_done_card(card, &t, 0, NOW);
    shown("oncall_done", card);
    card = card_new();
    oncall_done_card(card, &t, NOW - 2 * MIN, NOW);
    shown_text("oncall_done_before", card);
}

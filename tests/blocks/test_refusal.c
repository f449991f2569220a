/* The card of a refusal: who has the right, why not the asker, what to do. */
#include "blocks/problem.h"

#include <criterion/criterion.h>

#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))
#define HOUR    (60 * MIN)

static char *ann[] = { TEXT("U0ANN") };
static char *people[] = { TEXT("U1"), TEXT("U2"), TEXT("U3"), TEXT("U4"),
                          TEXT("U5"), TEXT("U6"), TEXT("U7"), TEXT("U8") };
static char *oncall[] = { TEXT("S0ONCALL"), TEXT("S0SEC") };
static char *channels[] = { TEXT("C0OPS"), TEXT("C0SEC") };
static struct config_role roles[] = {
    { .name = TEXT("operator"),
      .users = ann,
      .users_count = 1,
      .groups = oncall,
      .groups_count = 2 },
    { .name = TEXT("lead"),
      .users = people,
      .users_count = 8,
      .channels = channels,
      .channels_count = 2 },
    { .name = TEXT("empty") },
    { .name = TEXT("viewer"),
      .everyone = true,
      .channels = channels,
      .channels_count = 1 },
};
static const struct group_name names[] = { { "S0ONCALL", "oncall" },
                                           { "S0SEC", "" } };

static struct card *card_of(const struct rights_gap *gap, struct refusal r)
{
    struct problem p = { .kind = ERR_DENIED,
                         .text = "`dlq requeue` needs the right "
                                 "`dlq.requeue`, which you do not have.",
                         .command = "dlq requeue",
                         .topic = "dlq",
                         .refusal = &r };
    struct card *card = card_new();

    r.right = "dlq.requeue";
    r.user = "U0CAT";
    r.gap = gap;
    r.groups = names;
    r.group_count = 2;
    r.now = NOW;
    problem_card(card, &p);
    return card;
}

Test(refusal_card, names_roles_people_and_groups)
{
    struct rights_gap gap = { .roles = { &roles[0], &roles[1], &roles[2],
                                         &roles[3] },
                              .role_count = 4,
                              .more_roles = 2 };

    shown("refusal_roles",
          card_of(&gap, (struct refusal){ .admins = people,
                                          .admin_count = 7,
                                          .from_file = true }));
}

Test(refusal_card, says_where_one_may)
{
    struct rights_gap gap = { .roles = { &roles[1] },
                              .role_count = 1,
                              .channels = { "C0OPS", "C0SEC" },
                              .channel_count = 2 };

    shown_text("refusal_elsewhere",
               card_of(&gap, (struct refusal){ .from_file = true }));
}

Test(refusal_card, says_what_is_too_old)
{
    struct rights_gap gap = { .roles = { &roles[0] },
                              .role_count = 1,
                              .stale = "S0ONCALL",
                              .stale_since = NOW - 26 * HOUR,
                              .failing_since = NOW - 25 * HOUR };

    shown("refusal_stale",
          card_of(&gap, (struct refusal){ .from_file = true }));
    gap.failing_since = 0;
    shown_text("refusal_stale_asked",
               card_of(&gap, (struct refusal){ .from_file = true }));
}

Test(refusal_card, says_what_is_not_known)
{
    struct rights_gap gap = { .roles = { &roles[0] },
                              .role_count = 1,
                              .unread = "S0SEC",
                              .failing_since = NOW - MIN };

    shown_text("refusal_unread",
               card_of(&gap, (struct refusal){ .from_file = true }));
}

Test(refusal_card, when_nobody_has_it)
{
    struct rights_gap gap = { 0 };

    shown_text("refusal_nobody",
               card_of(&gap, (struct refusal){ .from_file = true }));
    shown_text(
        "refusal_without_a_file",
        card_of(&gap, (struct refusal){ .admins = ann, .admin_count = 1 }));
}

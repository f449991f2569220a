/* The cards of the outbox. */
#include "blocks/outbox.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

#define T(s) ((char *)(size_t)(s))

static struct card *list(size_t count, int64_t waiting, int64_t undeliverable,
                         bool may_retry)
{
    struct outbox_item items[] = {
        { .id = 17,
          .created_at = NOW - 26 * MIN,
          .attempts = 2,
          .channel = T("C0OPS"),
          .state = T("undeliverable"),
          .error = T("is_archived"),
          .op = T("7F3K21ABCDEFGHJK"),
          .summary = T("Requeued 1 of 1 · <notify.events>") },
        { .id = 18,
          .created_at = NOW - 2 * MIN,
          .attempts = 1,
          .channel = T("C0OPS"),
          .state = T("waiting"),
          .error = T("HTTP status 503"),
          .op = T("8F3K21ABCDEFGHJK"),
          .summary = T("") },
        { .id = 19,
          .created_at = NOW,
          .channel = T("C0GENERAL"),
          .state = T("sending"),
          .error = T(""),
          .op = T("9F3K21ABCDEFGHJK"),
          .summary = T("hi") },
        { .id = 20,
          .created_at = NOW + 2000,
          .channel = T("C0OPS"),
          .state = T("waiting"),
          .error = T(""),
          .op = T("AF3K21ABCDEFGHJK"),
          .summary = T("an edit whose turn comes") },
    };
    struct outbox_list l = { .items = items,
                             .count = count,
                             .waiting = waiting,
                             .undeliverable = undeliverable };
    struct card *card = card_new();

    outbox_list_card(card, &l, may_retry, NOW);
    return card;
}

Test(outbox_card, list)
{
    shown("outbox_list", list(3, 12, 1, true));
}

/* An edit is not older than the moment it is due. */
Test(outbox_card, list_of_many_refused)
{
    shown_text("outbox_list_refused", list(4, 2, 2, true));
}

Test(outbox_card, list_without_the_right_to_retry)
{
    shown_text("outbox_list_bare", list(1, 0, 1, false));
}

Test(outbox_card, list_of_nothing)
{
    shown_text("outbox_list_none", list(0, 0, 0, true));
}

static void again(const char *name, struct outbox_again a, int64_t id)
{
    struct card *card = card_new();

    outbox_again_card(card, &a, id, NOW);
    shown_text(name, card);
}

Test(outbox_card, again)
{
    again("outbox_again", (struct outbox_again){ .count = 3 }, 0);
    again("outbox_again_before",
          (struct outbox_again){ .before = true, .count = 1, .at = NOW - MIN },
          17);
    again("outbox_again_sent", (struct outbox_again){ .state = T("sent") }, 17);
    again("outbox_again_waits", (struct outbox_again){ .state = T("sending") },
          17);
    again("outbox_again_no_row", (struct outbox_again){ .count = 0 }, 17);
    again("outbox_again_nothing", (struct outbox_again){ .count = 0 }, 0);
}

/* In order, or the search would miss some. */
Test(outbox_card, reasons_are_found)
{
    static const char *const words[] = {
        "channel_is_limited_access",
        "channel_not_found",
        "expired_url",
        "is_archived",
        "missing_scope",
        "msg_too_long",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
        "used_url",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_str_neq(outbox_reason(words[i]), words[i]);
    cr_expect_str_eq(outbox_reason("something_new"), "something_new");
}

/* The cards of questions that were not answered with yes. */
#include "blocks/confirm.h"

#include <criterion/criterion.h>

#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct confirm confirm(enum confirm_state state)
{
    return (struct confirm){ .state = state,
                             .id = TEXT("7F3K21ABCDEFGHJK"),
                             .command = TEXT("dlq requeue"),
                             .act = { .text = "dlq requeue orders --all" },
                             .used_at = NOW - MIN };
}

static struct card *over(enum confirm_state state)
{
    struct confirm c = confirm(state);
    struct card *card = card_new();

    confirm_over_card(card, &c, NOW);
    return card;
}

Test(confirm_card, over)
{
    shown("confirm_expired", over(CONFIRM_EXPIRED));
    shown_text("confirm_cancelled", over(CONFIRM_CANCELLED));
    shown_text("confirm_used", over(CONFIRM_USED));
}

Test(confirm_card, withdrawn)
{
    struct confirm c = confirm(CONFIRM_TAKEN);
    struct card *first = card_new(), *second = card_new();

    confirm_withdrawn_card(first, &c, true);
    shown_text("confirm_withdrawn", first);
    c.act.text = "dlq requeue *** --all"; /* it cannot be typed again */
    confirm_withdrawn_card(second, &c, false);
    shown_text("confirm_withdrawn_before", second);
}

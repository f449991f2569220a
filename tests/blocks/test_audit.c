/* The card of the audit. */
#include "blocks/audit.h"

#include <criterion/criterion.h>

#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct audit_event event(const char *kind, const char *text,
                                const char *outcome)
{
    return (struct audit_event){ .at = NOW - 5 * MIN,
                                 .op = TEXT("7F3K21ABCDEFGHJK"),
                                 .kind = TEXT(kind),
                                 .user = TEXT("U0ANN"),
                                 .user_name = TEXT("ann"),
                                 .channel = TEXT("C0OPS"),
                                 .command = TEXT("dlq requeue"),
                                 .text = TEXT(text),
                                 .outcome = TEXT(outcome),
                                 .replica = TEXT("r1") };
}

static struct card *card_of(struct audit_page page, struct audit_view view)
{
    struct card *card = card_new();

    audit_card(card, &page, &view, NOW);
    return card;
}

Test(audit_card, a_page)
{
    struct audit_event events[] = {
        event("outcome", "dlq requeue notify.events 1700000000000-0", "ok"),
        event("refusal", "dlq show <!channel> `x`", "denied"),
        event("attempt", "dlq requeue notify.events 1700000000001-0", ""),
        event("read", "", "ok"),
    };
    struct audit_filter filter = { .limit = 10 };

    events[3].channel = TEXT("");
    events[3].command = TEXT("");
    shown("audit", card_of((struct audit_page){ events, 4, true },
                           (struct audit_view){ &filter, NULL, 1 }));
}

Test(audit_card, the_pager_keeps_the_filters)
{
    struct audit_event events[] = { event("refusal", "audit", "denied") };
    struct audit_filter filter = { .user = "U0ANN",
                                   .command = "dlq requeue",
                                   .since = NOW - 120 * MIN,
                                   .denied = true };

    shown_text("audit_filtered",
               card_of((struct audit_page){ events, 1, true },
                       (struct audit_view){ &filter, "2h", 3 }));
}

/* In words, each found. */
Test(audit_card, what_came_of_it)
{
    static const char *const words[] = { "already",  "asked",    "busy",
                                         "expired",  "given up", "gone",
                                         "input",    "late",     "postgres",
                                         "redis",    "refused",  "superseded",
                                         "cancelled" };
    enum { N = sizeof words / sizeof *words };
    struct audit_event events[N];
    struct audit_filter filter = { 0 };

    for (size_t i = 0; i < N; i++)
        events[i] = event("outcome", "unhalt all", words[i]);
    shown_text("audit_outcomes",
               card_of((struct audit_page){ events, N, false },
                       (struct audit_view){ &filter, NULL, 1 }));
}

Test(audit_card, nothing)
{
    struct audit_filter filter = { 0 };

    shown_text("audit_none", card_of((struct audit_page){ 0 },
                                     (struct audit_view){ &filter, NULL, 1 }));
    shown_text("audit_past_the_end",
               card_of((struct audit_page){ 0 },
                       (struct audit_view){ &filter, NULL, 9 }));
}

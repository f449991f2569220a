/* The card of what consumer groups have not acknowledged. */
#include "blocks/pending.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "blocks/render.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct consumer_info consumers[] = {
    { .name = TEXT("anna"), .pending = 4100, .idle_ms = 3 * MIN },
    { .name = TEXT("ben"), .pending = 2, .idle_ms = 900 },
    { .name = TEXT("idle"), .pending = 0, .idle_ms = 5000 },
};
static struct group_info groups[] = {
    { .name = TEXT("notify"),
      .pending = 4102,
      .oldest_pending_ms = 26 * MIN,
      .consumers = consumers,
      .consumer_count = 3 },
    { .name = TEXT("archive"), .pending = 0, .oldest_pending_ms = -1 },
};
static struct stream_info stream;
static struct pending_entry entries[PENDING_PAGE];
static struct pending_list lists[2];
static struct pending p;

static void start(void)
{
    stream = (struct stream_info){ .name = TEXT("notify.events"),
                                   .exists = true,
                                   .length = 5000,
                                   .groups = groups,
                                   .group_count = 2 };
    for (int i = 0; i < PENDING_PAGE; i++) {
        entries[i] = (struct pending_entry){ .consumer = TEXT("anna"),
                                             .idle_ms = (10 - i) * MIN,
                                             .deliveries = i ? 1 : 7 };
        snprintf(entries[i].id, sizeof entries[i].id, "%lld-%d",
                 (long long)(NOW - (26 - i) * MIN), i);
    }
    lists[0] = (struct pending_list){ &groups[0], entries, PENDING_FEW };
    lists[1] = (struct pending_list){ .group = &groups[1] };
    p = (struct pending){ .report = { .streams = &stream, .count = 1 },
                          .lists = lists,
                          .count = 2,
                          .page = 1,
                          .pages = 1 };
}

TestSuite(pending_card, .init = start);

static struct card *card_of(void)
{
    struct card *card = card_new();

    pending_card(card, &p, NOW);
    return card;
}

Test(pending_card, each_group)
{
    shown("pending", card_of());
}

Test(pending_card, one_group)
{
    p.one = true;
    p.count = 1;
    p.page = 2;
    p.pages = PENDING_PAGES;
    lists[0].count = PENDING_PAGE;
    shown("pending_group", card_of());
    p.page = PENDING_PAGES;
    shown_text("pending_last", card_of());
}

Test(pending_card, nothing_pending)
{
    lists[0] = lists[1];
    p.count = 1;
    shown_text("pending_none", card_of());
}

Test(pending_card, no_group_and_no_stream)
{
    p.count = 0;
    stream.group_count = 0;
    shown_text("pending_no_group", card_of());
    stream.exists = false;
    shown_text("pending_no_stream", card_of());
}

Test(pending_card, many_consumers)
{
    static struct consumer_info many[12];

    for (int i = 0; i < 12; i++)
        many[i] = (struct consumer_info){ .name = TEXT("c"), .pending = 1 };
    groups[0].consumers = many;
    groups[0].consumer_count = 12;
    p.count = 1;
    shown_text("pending_many", card_of());
}

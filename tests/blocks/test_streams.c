/* The cards of streams. */
#include "blocks/streams.h"

#include <criterion/criterion.h>

#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct consumer_info consumers[] = {
    { .name = TEXT("worker-1"), .pending = 3, .idle_ms = 900 },
    { .name = TEXT("worker-2"), .pending = 0, .idle_ms = 12 * MIN },
};

static struct group_info waiting[] = {
    { .name = TEXT("notifier"),
      .pending = 1203,
      .lag = 17,
      .oldest_pending_ms = 4 * MIN,
      .consumers = consumers,
      .consumer_count = 2,
      .idle_consumers = 1 },
    { .name = TEXT("archive"), .lag = -1, .oldest_pending_ms = -1 },
};

static struct group_info calm[] = {
    { .name = TEXT("ledger"),
      .pending = 1,
      .oldest_pending_ms = 200,
      .consumers = consumers,
      .consumer_count = 1 },
};

static struct stream_info streams[] = {
    { .name = TEXT("fills"), .newest_age_ms = -1 },
    { .name = TEXT("market data"),
      .exists = true,
      .length = 1,
      .newest_age_ms = 3000,
      .groups = calm,
      .group_count = 1 },
    { .name = TEXT("notify.events"),
      .exists = true,
      .length = 120345,
      .newest_age_ms = 26 * MIN,
      .groups = waiting,
      .group_count = 2 },
    { .name = TEXT("orders"), .exists = true, .newest_age_ms = -1 },
};

static struct card *all(struct stream_info *list, size_t count, bool cut)
{
    struct stream_report report = { list, count, cut };
    struct card *card = card_new();

    streams_card(card, &report, NOW);
    return card;
}

static struct card *one(struct stream_info *stream)
{
    struct stream_report report = { stream, 1, false };
    struct card *card = card_new();

    stream_card(card, &report, NOW);
    return card;
}

Test(streams_card, all)
{
    shown("streams", all(streams, 4, true));
}

Test(streams_card, none_waits)
{
    shown_text("streams_calm", all(streams, 2, false));
}

Test(streams_card, none_at_all)
{
    shown_text("streams_none", all(NULL, 0, false));
}

Test(streams_card, undelivered_with_nobody_awake_waits)
{
    struct group_info group = { .name = TEXT("g"),
                                .lag = 5,
                                .oldest_pending_ms = -1 };
    struct stream_info stream = { .name = TEXT("s"),
                                  .exists = true,
                                  .length = 5,
                                  .groups = &group,
                                  .group_count = 1 };

    shown_text("streams_deserted", all(&stream, 1, false));
}

Test(streams_card, one)
{
    shown("stream", one(&streams[2]));
}

Test(streams_card, one_that_is_not_there)
{
    shown_text("stream_missing", one(&streams[0]));
}

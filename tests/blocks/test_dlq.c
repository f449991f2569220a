/* The cards of dead-letter queues. */
#include "blocks/dlq.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

static const struct dlq_rights all = { true, true, true, true, 30 },
                               none = { .trash_days = 30 };

static struct dlq_summary queue(const char *stream, int64_t depth)
{
    return (struct dlq_summary){ .stream = (char *)(size_t)stream,
                                 .depth = depth,
                                 .oldest_ms = depth ? 26 * MIN : -1,
                                 .sampled =
                                     depth > 1000 ? 1000 : (size_t)depth };
}

static struct dlq_cause cause(const char *text, size_t count)
{
    return (struct dlq_cause){ (char *)(size_t)text, count };
}

static struct card *list(struct dlq_summary *queues, size_t count, bool cut,
                         const struct dlq_rights *may)
{
    struct dlq_overview o = { .queues = queues, .count = count, .cut = cut };
    struct card *card = card_new();

    for (size_t i = 0; i < count; i++) {
        o.total += queues[i].depth;
        o.nonempty += queues[i].depth > 0;
    }
    dlq_list_card(card, &o, may, NOW);
    return card;
}

Test(dlq_card, list)
{
    struct dlq_summary queues[] = { queue("notify.events", 4102),
                                    queue("pnl.events", 10), queue("audit", 0),
                                    queue("fills", 0), queue("orders", 0) };

    queues[0].arrived_10m = 412;
    queues[0].causes[0] = cause("HTTP 500 from hooks.slack.com", 980);
    queues[0].causes[1] = cause("time-out after # ms", 20);
    queues[0].cause_count = 2;
    queues[1].causes[0] = cause("missing field \"amount\"", 10);
    queues[1].cause_count = 1;
    shown("dlq_list", list(queues, 5, false, &all));
}

Test(dlq_card, list_of_nothing_dead)
{
    struct dlq_summary queues[] = { queue("fills", 0), queue("orders", 0) };

    shown_text("dlq_list_empty", list(queues, 2, false, &all));
}

Test(dlq_card, list_of_no_queue)
{
    shown_text("dlq_list_none", list(NULL, 0, true, &all));
}

/* The sample is full of new arrivals; and no button without the right. */
Test(dlq_card, list_in_a_flood)
{
    struct dlq_summary queues[] = { queue("a b \"c\"", 5000) };

    queues[0].arrived_10m = 1000;
    shown_text("dlq_list_flood", list(queues, 1, true, &none));
    shown_text("dlq_list_flood_buttons", list(queues, 1, true, &all));
}

static struct dlq_page page(size_t number, size_t pages, int64_t depth)
{
    struct dlq_page p = { .stream = (char *)(size_t) "notify.events",
                          .dlq = (char *)(size_t) "notify.events.dlq",
                          .depth = depth,
                          .page = number,
                          .pages = pages };

    return p;
}

static struct dlq_entry entry(const char *id, const char *error,
                              int64_t attempts)
{
    return (struct dlq_entry){
        .id = (char *)(size_t)id,
        .original_id = (char *)(size_t) "1699999990000-0",
        .error = (char *)(size_t)error,
        .preview = (char *)(size_t) "severity=critical token=*** text=<!here>",
        .age_ms = 26 * MIN,
        .attempts = attempts,
    };
}

static struct card *show(const struct dlq_page *p, const struct dlq_rights *may)
{
    struct card *card = card_new();

    dlq_show_card(card, p, may, NOW);
    return card;
}

Test(dlq_card, show)
{
    struct dlq_page p = page(2, 821, 4102);

    p.entries[0] = entry("1700000000000-0", "HTTP 500", 3);
    p.entries[1] = entry("1700000000001-0", "HTTP 500", 1);
    p.count = 2;
    shown("dlq_show", show(&p, &all));
}

Test(dlq_card, show_bare)
{
    struct dlq_page p = page(1, 1, 1);

    p.entries[0] = entry("1700000000000-0", "", -1);
    p.entries[0].original_id = p.entries[0].preview = (char *)(size_t) "";
    p.count = 1;
    shown_text("dlq_show_bare", show(&p, &none));
}

Test(dlq_card, show_of_nothing)
{
    struct dlq_page p = page(1, 1, 0);

    shown_text("dlq_show_empty", show(&p, &all));
}

Test(dlq_card, trash)
{
    struct dlq_page p = page(1, 2, 6);
    struct card *card = card_new();

    p.trash = true;
    p.entries[0] = entry("1700000000000-0", "HTTP 500", 3);
    p.entries[0].dead_id = (char *)(size_t) "1699999995000-0";
    p.count = 1;
    dlq_trash_card(card, &p, &all, NOW);
    shown("dlq_trash", card);
}

Test(dlq_card, trash_of_nothing)
{
    struct dlq_page p = page(1, 1, 0);
    struct card *card = card_new();

    dlq_trash_card(card, &p, &none, NOW);
    shown_text("dlq_trash_empty", card);
}

static const struct act act = { .user = "U0ANN",
                                .user_name = "ann",
                                .channel = "C0OPS" };
static const struct stream_name name = {
    .stream = (char *)(size_t) "notify.events",
    .dlq = (char *)(size_t) "notify.events.dlq",
};

static struct requeue requeue(enum requeue_result result)
{
    return (struct requeue){ .act = &act,
                             .name = &name,
                             .id = "1700000000000-0",
                             .result = result,
                             .new_id = (char *)(size_t) "1700000555000-0",
                             .by = (char *)(size_t) "U0ANN",
                             .by_name = (char *)(size_t) "ann",
                             .op = (char *)(size_t) "7F3K21ABCDEFGHJK",
                             .at = NOW - MIN };
}

static struct card *answer(struct requeue r)
{
    struct card *card = card_new();

    dlq_requeue_card(card, &r, NOW);
    return card;
}

Test(dlq_card, requeued)
{
    shown("dlq_requeue_done", answer(requeue(REQUEUE_DONE)));
}

Test(dlq_card, already_requeued)
{
    shown_text("dlq_requeue_already", answer(requeue(REQUEUE_ALREADY)));
}

Test(dlq_card, already_requeued_by_nobody_known)
{
    struct requeue r = requeue(REQUEUE_ALREADY);

    r.by = r.by_name = r.new_id = NULL;
    shown_text("dlq_requeue_already_bare", answer(r));
}

Test(dlq_card, gone)
{
    shown_text("dlq_requeue_gone", answer(requeue(REQUEUE_GONE)));
}

Test(dlq_card, the_public_message)
{
    struct requeue r = requeue(REQUEUE_DONE);
    char *body = dlq_requeued_message(&r, NULL);

    golden_json("dlq_requeued.json", body);
    free(body);
}

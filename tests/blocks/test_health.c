/* The cards of health checks. */
#include "blocks/health.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "blocks/render.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static const struct config_check specs[] = {
    { .id = TEXT("orchestrator"),
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 3,
      .runbook = TEXT("https://runbooks.example.com/orchestrator") },
    { .id = TEXT("cloudsql"),
      .name = TEXT("Cloud SQL (staging)"),
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 3 },
    { .id = TEXT("load-balancer"),
      .severity = CHECK_HIGH,
      .fail_after = 2,
      .pass_after = 3 },
    { .id = TEXT("certificate"), .severity = CHECK_WARNING, .fail_after = 1 },
    { .id = TEXT("market-data"), .severity = CHECK_HIGH, .fail_after = 1 },
};
#define SPECS (sizeof specs / sizeof *specs)

static const struct health_self well = {
    .socket_up_ms = 192 * MIN,
    .slack_us = 180000,
    .redis = { .us = 300 },
    .postgres = { .us = 1100 },
};

static struct health_item items[SPECS];

/* As it is known, and as this asking found it (at 0: nothing is in). */
static void stand(size_t i, enum check_mark mark, int64_t since, bool in,
                  bool ok, const char *text)
{
    struct health_item *item = &items[i];

    *item = (struct health_item){ .spec = &specs[i], .in = in };
    item->state.mark = mark;
    item->state.since = since;
    item->state.last_ok = mark == CHECK_UNKNOWN ? 0 : NOW - 10 * MIN;
    item->state.in_row = 1;
    item->result =
        (struct check_result){ .ok = ok, .at = NOW, .took_us = 12000 };
    snprintf(item->result.text, sizeof item->result.text, "%s", text);
    if (mark != CHECK_UNKNOWN)
        item->state.last = item->result;
}

static void all_pass(void)
{
    stand(0, CHECK_PASSING, NOW - 90 * MIN, true, true, "12 ms");
    stand(1, CHECK_PASSING, NOW - 90 * MIN, true, true, "connect 1.2 s");
    stand(2, CHECK_PASSING, NOW - 90 * MIN, true, true, "HTTP 200 after 9 ms");
    stand(3, CHECK_PASSING, NOW - 90 * MIN, true, true, "expires in 80 d");
    stand(4, CHECK_PASSING, NOW - 90 * MIN, true, true,
          "the message came, and held what it was to hold");
}

static struct health_report report_of(size_t count)
{
    return (struct health_report){ .self = well,
                                   .items = items,
                                   .count = count,
                                   .configured = SPECS,
                                   .asked = true,
                                   .named = "",
                                   .now = NOW };
}

static struct card *card_of(const struct health_report *r)
{
    struct card *card = card_new();

    health_card(card, r);
    return card;
}

Test(health_card, all_is_well)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    shown("health", card_of(&r));
}

Test(health_card, failing_first_worst_first)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    stand(3, CHECK_FAILING, NOW - 3000 * MIN, true, false,
          "expires in 6 d (limit 14 d)");
    stand(1, CHECK_FAILING, NOW - 6 * MIN, true, false,
          "connect 35.2 s > 35 s");
    stand(2, CHECK_PASSING, NOW - 90 * MIN, true, false,
          "HTTP 503, expected 200");
    stand(0, CHECK_FAILING, NOW - 2 * MIN, true, true, "12 ms");
    shown("health_unhealthy", card_of(&r));
}

Test(health_card, nothing_critical_fails)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    stand(2, CHECK_FAILING, NOW - 6 * MIN, true, false,
          "HTTP 503, expected 200");
    items[2].state.last_ok = 0;
    r.named = " load-balancer certificate";
    shown_text("health_degraded", card_of(&r));
}

Test(health_card, what_is_not_in_yet)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    stand(1, CHECK_FAILING, NOW - 6 * MIN, false, false,
          "connect 35.2 s > 35 s");
    stand(2, CHECK_PASSING, NOW - 6 * MIN, false, true, "9 ms");
    stand(4, CHECK_UNKNOWN, 0, false, false, "");
    shown("health_waiting", card_of(&r));
    r.count = 1;
    items[0].in = false;
    shown_text("health_waiting_one", card_of(&r));
}

Test(health_card, nothing_was_asked)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    for (size_t i = 0; i < SPECS; i++)
        items[i].in = false;
    stand(4, CHECK_UNKNOWN, 0, false, false, "");
    r.asked = false;
    shown_text("health_busy", card_of(&r));
}

Test(health_card, shared_in_a_channel)
{
    struct health_report r = report_of(SPECS);

    all_pass();
    r.by = "U0ANN";
    r.by_name = "ann";
    shown("health_shared", card_of(&r));
}

Test(health_card, none_is_configured)
{
    struct health_report r = report_of(0);

    r.configured = 0;
    shown("health_none", card_of(&r));
}

Test(health_card, the_bot_itself_is_not_well)
{
    struct health_report r = report_of(1);

    all_pass();
    r.self.socket_up_ms = -1;
    r.self.slack_us = -1;
    r.self.redis.refuses_since = NOW - 4 * MIN;
    r.self.postgres.down_since = NOW - 5 * MIN;
    r.self.outbox_waiting = 4102;
    r.self.outbox_oldest_ms = 5 * MIN;
    r.self.outbox_undeliverable = 2;
    r.self.journal_waiting = 7;
    shown_text("health_self", card_of(&r));
    r.self.outbox_waiting = -1;
    r.self.outbox_undeliverable = -1;
    r.self.journal_waiting = -1;
    shown_text("health_self_unknown", card_of(&r));
}

/* Said only while it is so. */
Test(health_card, alerts_that_are_held_or_not_read)
{
    struct health_report r = report_of(1);

    all_pass();
    r.self.alerts_held = 12;
    r.self.alerts_unread_since = NOW - 4 * MIN;
    shown_text("health_self_alerts", card_of(&r));
}

/* Two hundred that pass are one line, and two hundred that fail a screen. */
Test(health_card, many)
{
    static struct health_item many[200];
    static struct config_check spec[200];
    static char ids[200][24];
    struct health_report r = report_of(200);

    for (size_t i = 0; i < 200; i++) {
        snprintf(ids[i], sizeof ids[i], "agent-%zu", i);
        spec[i] = (struct config_check){ .id = ids[i] };
        many[i] = (struct health_item){ .spec = &spec[i], .in = true };
        many[i].state.mark = CHECK_PASSING;
        many[i].result = (struct check_result){ .ok = true, .text = "12 ms" };
    }
    r.items = many;
    r.configured = 200;
    shown("health_many", card_of(&r));
    for (size_t i = 0; i < 200; i++)
        many[i].result.ok = false;
    shown("health_many_failing", card_of(&r));
}

/* ---- details ------------------------------------------------------------------ */

Test(health_details, how_it_came_to_that)
{
    static const struct check_change changes[] = {
        { NOW - 6 * MIN, CHECK_PASSING, CHECK_FAILING,
          TEXT("connect 35.2 s > 35 s") },
        { NOW - 90 * MIN, CHECK_FAILING, CHECK_PASSING, TEXT("connect 1.2 s") },
        { NOW - 3000 * MIN, CHECK_UNKNOWN, CHECK_FAILING, TEXT("refused") },
    };
    struct health_history list[2];
    struct card *card = card_new();

    all_pass();
    stand(0, CHECK_FAILING, NOW - 6 * MIN, false, false,
          "connect 35.2 s > 35 s");
    list[0] = (struct health_history){ items[0], changes, 3 };
    items[3].in = false;
    list[1] = (struct health_history){ items[3], NULL, 0 };
    health_details_card(card, list, 2, " orchestrator certificate", NULL, NOW);
    shown("health_details", card);
    card = card_new();
    health_details_card(card, list, 1, "",
                        "Postgres is down since 14:02:11 UTC", NOW);
    shown_text("health_details_unread", card);
    card = card_new();
    health_details_card(card, list + 1, 1, " certificate", NULL, NOW);
    shown_text("health_details_passing", card);
    card = card_new();
    health_details_card(card, list, 0, "", NULL, NOW);
    shown_text("health_details_none", card);
}

/* Alerts whose cards cannot be posted: second roads, fallback, what was missed
 * while Slack was away. */
#include "core/alert/road.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/grouped.h"

#define T(s) ((char *)(size_t)(s))

static char *mails_to[] = { T("ann@example.com") };
static size_t pages;
static bool posts;

static void start(void)
{
    grouped_start();
    w.cfg.alerts.of[ALERT_CRITICAL].webhook = T("https://hooks.example/x");
    w.cfg.alerts.fallback =
        (struct config_fallback){ .after_ms = 300000,
                                  .webhook = T("pager"),
                                  .smtp_url = T("smtp://127.0.0.1"),
                                  .smtp_from = T("ops@example.com"),
                                  .smtp_to = mails_to,
                                  .smtp_to_count = 1 };
}

TestSuite(road, .init = start, .fini = grouped_stop);

static int64_t card(const char *op, enum alert_severity severity)
{
    int64_t number = grouped_put(op, severity, "[\"C1\"]");

    grouped_card(number,
                 severity == ALERT_CRITICAL ? OUTBOX_CRITICAL : OUTBOX_WARNING,
                 "C1");
    return number;
}

static void look(void)
{
    cr_assert(road_look(w.db, &w.cfg, &pages, &posts, &w.err), "%s",
              w.err.text);
}

static long pages_to(const char *target)
{
    return grouped_number("select count(*) from opsbot.pages where target ="
                          " '%s'",
                          target);
}

/* The outbox tried it in vain, `seconds` ago for the first time. */
static void in_vain(const char *why, int seconds)
{
    grouped_run("update opsbot.outbox set attempts = 2, error = '%s',"
                " created_at = now() - interval '%d s' returning 1",
                why, seconds);
}

/* ---- refused ------------------------------------------------------------------- */

Test(road, a_refused_critical_goes_by_its_webhook_once)
{
    char *body;

    card("a", ALERT_CRITICAL);
    look();
    cr_expect_eq(pages_to("slack:critical"), 0, "it was not tried yet");
    cr_assert(posts_claim()[0]);
    cr_assert(outbox_undeliverable(w.db, &posts_claimed[0], "channel_not_found",
                                   &w.err));
    look();
    look();
    cr_expect_eq(pages_to("slack:critical"), 1);
    body = look_text(&w.s, "select body from opsbot.pages");
    cr_expect(strstr(body, "[CRITICAL] a is slow (A-1)"), "%s", body);
    cr_expect(strstr(body, "not in <#C1>: channel_not_found"), "%s", body);
    free(body);
}

/* Acknowledged, resolved: each state once, the end only after the begin. */
Test(road, each_state_goes_once)
{
    card("a", ALERT_CRITICAL);
    cr_assert(posts_claim()[0]);
    cr_assert(
        outbox_undeliverable(w.db, &posts_claimed[0], "is_archived", &w.err));
    look();
    grouped_run("update opsbot.alert_groups set version = 2 returning 1");
    look();
    cr_expect_eq(pages_to("slack:critical"), 1, "more of the same");
    grouped_run("update opsbot.alert_groups set version = 3, turned = 3,"
                " resolved_at = now() returning 1");
    look();
    look();
    cr_expect_eq(pages_to("slack:critical"), 2);
}

Test(road, what_is_over_before_it_was_told_is_not_told)
{
    card("a", ALERT_CRITICAL);
    cr_assert(posts_claim()[0]);
    cr_assert(
        outbox_undeliverable(w.db, &posts_claimed[0], "is_archived", &w.err));
    grouped_run("update opsbot.alert_groups set resolved_at = now()"
                " returning 1");
    look();
    cr_expect_eq(pages_to("slack:critical"), 0);
}

Test(road, an_unreachable_api_needs_it_after_a_while)
{
    card("a", ALERT_CRITICAL);
    in_vain("Failed to connect", 10);
    look();
    cr_expect_eq(pages_to("slack:critical"), 0, "it may come back");
    in_vain("Failed to connect", 21);
    look();
    look();
    cr_expect_eq(pages_to("slack:critical"), 1);
}

/* What may have arrived is looked for first. */
Test(road, what_is_not_clear_waits_longer)
{
    card("a", ALERT_CRITICAL);
    in_vain("no answer", 30);
    grouped_run("update opsbot.outbox set looks = 1 returning 1");
    look();
    cr_expect_eq(pages_to("slack:critical"), 0);
    in_vain("no answer", 61);
    look();
    cr_expect_eq(pages_to("slack:critical"), 1);
}

/* A limit is over by itself. */
Test(road, a_limit_is_no_reason)
{
    card("a", ALERT_CRITICAL);
    in_vain("ratelimited", 100);
    look();
    cr_expect_eq(pages_to("slack:critical"), 0);
}

/* However many wait for a limit: one that was refused has its turn. */
Test(road, what_waits_for_a_limit_starves_nobody)
{
    for (int i = 0; i < ROAD_MOST + 5; i++) {
        char op[32];

        snprintf(op, sizeof op, "limited-%d", i);
        card(op, ALERT_CRITICAL);
    }
    in_vain("Slack: ratelimited", 100);
    card("last", ALERT_CRITICAL);
    grouped_run("update opsbot.outbox set attempts = 2, error = 'Failed to"
                " connect', created_at = now() - interval '100 s' where"
                " error is null returning 1");
    look();
    cr_expect_eq(pages_to("slack:critical"), 1);
}

Test(road, a_severity_without_a_webhook_has_none)
{
    card("a", ALERT_HIGH);
    card("b", ALERT_WARNING);
    in_vain("Failed to connect", 100);
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.pages"), 0);
}

/* ---- unposted -------------------------------------------------------------------- */

Test(road, an_unposted_critical_goes_by_webhook_and_mail_once)
{
    card("a", ALERT_CRITICAL);
    card("b", ALERT_WARNING);
    in_vain("ratelimited", 290);
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.pages"), 0);
    in_vain("ratelimited", 310);
    look();
    look();
    cr_expect_eq(pages_to("webhook:pager"), 1);
    cr_expect_eq(pages_to("mail"), 1);
    cr_expect_eq(grouped_number("select count(*) from opsbot.pages"), 2);
}

Test(road, one_card_anywhere_is_enough)
{
    int64_t number = card("a", ALERT_CRITICAL);

    grouped_run("insert into opsbot.outbox (op, channel, body, thing, state,"
                " ts, shown) values ('z', 'C2', '{}', 'alert:%lld', 'sent',"
                " '17.1', 1) returning 1",
                (long long)number);
    in_vain("Failed to connect", 400);
    look();
    cr_expect_eq(pages_to("mail"), 0);
}

Test(road, what_somebody_has_or_is_over_needs_no_fallback)
{
    card("a", ALERT_CRITICAL);
    in_vain("ratelimited", 400);
    grouped_run("update opsbot.alert_groups set acked_by = 'U0ANN'"
                " returning 1");
    look();
    cr_expect_eq(pages_to("mail"), 0);
    grouped_run("update opsbot.alert_groups set acked_by = '', resolved_at ="
                " now() returning 1");
    look();
    cr_expect_eq(pages_to("mail"), 0);
}

Test(road, what_is_quiet_needs_no_fallback_until_it_is_heard)
{
    card("a", ALERT_CRITICAL);
    grouped_run("update opsbot.alert_groups set quiet_why = 'silenced'"
                " returning 1");
    in_vain("Failed to connect", 400);
    look();
    cr_expect_eq(pages_to("mail"), 0);
    cr_expect_eq(pages_to("webhook:pager"), 0);
    grouped_run("update opsbot.alert_groups set quiet_why = '' returning 1");
    look();
    cr_expect_eq(pages_to("mail"), 1);
}

/* Its text is in channels.fallback; without one it is nowhere. */
Test(road, what_cannot_be_delivered_is_unposted_without_a_fallback_channel)
{
    card("a", ALERT_CRITICAL);
    in_vain("is_archived", 400);
    grouped_run("update opsbot.outbox set state = 'undeliverable'"
                " returning 1");
    w.cfg.channels.fallback = T("C0FALL");
    look();
    cr_expect_eq(pages_to("mail"), 0);
    w.cfg.channels.fallback = NULL;
    look();
    cr_expect_eq(pages_to("mail"), 1);
}

Test(road, zero_is_never)
{
    w.cfg.alerts.fallback.after_ms = 0;
    card("a", ALERT_CRITICAL);
    in_vain("ratelimited", 4000);
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.pages"), 0);
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_aways"), 0);
}

/* ---- away ------------------------------------------------------------------------ */

static const char *first(void)
{
    static char thing[40];

    grouped_run("update opsbot.outbox set due_at = now(), state = 'waiting'"
                " returning 1");
    cr_assert(posts_claim()[0]);
    snprintf(thing, sizeof thing, "%s", posts_claimed[0].thing);
    return thing;
}

Test(road, the_first_message_after_an_outage_tells_of_it)
{
    struct away away;
    bool found;

    card("a", ALERT_CRITICAL);
    card("b", ALERT_WARNING);
    card("c", ALERT_WARNING);
    in_vain("Failed to connect", 310);
    look();
    cr_expect(posts);
    look();
    cr_expect_not(posts, "once");
    grouped_run("update opsbot.alert_groups set resolved_at = now() where op"
                " = 'c' returning 1");
    cr_expect_str_eq(first(), "away:1", "before the critical");
    cr_assert(away_load(w.db, 1, &away, &found, &w.err), "%s", w.err.text);
    cr_expect(found);
    cr_expect_eq(away.alerts, 3);
    cr_expect_eq(away.open, 2);
    cr_expect_eq(away.criticals, 1);
    cr_expect_eq(away.named.count, 2u);
    cr_expect_str_eq(away.named.items[0].op, "a");
    away_dispose(&away);
    cr_assert(outbox_sent(w.db, &posts_claimed[0], "17.1", &w.err));
    cr_expect_str_eq(first(), "alert:1");
}

/* Much to post is no outage. */
Test(road, a_channel_that_gets_something_is_not_away)
{
    card("a", ALERT_CRITICAL);
    card("b", ALERT_WARNING);
    cr_assert(posts_claim()[0]);
    cr_assert(outbox_sent(w.db, &posts_claimed[0], "17.1", &w.err));
    grouped_run("update opsbot.outbox set attempts = 1, created_at = now() -"
                " interval '400 s' where state = 'waiting' returning 1");
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_aways"), 0);
}

/* The next outage is another. */
Test(road, is_over_once_it_was_told)
{
    card("a", ALERT_CRITICAL);
    in_vain("Failed to connect", 310);
    look();
    cr_expect_str_eq(first(), "away:1");
    cr_assert(outbox_sent(w.db, &posts_claimed[0], "17.1", &w.err));
    grouped_run("update opsbot.outbox set state = 'sent', ts = '17.2',"
                " shown = 1 where thing = 'alert:1' returning 1");
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_aways where"
                                " ended_at is not null"),
                 1);
    grouped_run("update opsbot.outbox_channels set last_sent = now() -"
                " interval '1 h' returning 1");
    card("b", ALERT_CRITICAL);
    grouped_run("update opsbot.outbox set attempts = 2, created_at = now() -"
                " interval '400 s' where thing = 'alert:2' returning 1");
    look();
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_aways"), 2);
}

/*
 * Alerts get out, whatever happens: limits, refusals, lost answers, deleted
 * cards, an outage; pagers, incoming webhooks and mail beside the Web API.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/outing.h"

/* ---- escalation -------------------------------------------------------------------- */

/* One step tells everybody it names, once, whoever is on call among them. */
Test(alert_out, a_step_tells_all_its_targets)
{
    struct out *o = begin("5m");
    struct json_doc *doc;
    json_t *card, *other;

    alert_fires(o->h, "pay", "t1");
    card = card_shows(o->h, "C0OPS", 1, "pay is slow");
    wait_history(o->h, 1, "escalated", 1);
    wait_pages(o, 1);
    thread_says(o->h, "C0OPS", card, "<@U0CAT>");
    thread_says(o->h, "C0OPS", card, "<@U0ANN>");
    thread_says(o->h, "C0OPS", card, "Escalated: step 1 of 2");
    other = card_shows(o->h, "C0GENERAL", 1, "pay is slow");
    thread_says(o->h, "C0GENERAL", other, "Escalated: step 1 of 2");
    doc = body_of(o, "/page", 0);
    cr_expect_str_eq(json_doc_str(doc, "event"), "escalated");
    cr_expect_str_eq(json_doc_str(doc, "alert"), "A-1");
    cr_expect_str_eq(json_doc_str(doc, "labels.service"), "pay");
    cr_expect_eq(json_doc_int(doc, "escalation.step", 0), 1);
    cr_expect(strstr(target_stub_request(o->http, "/page", 0)->head,
                     "Bearer s3cret-of-the-pager"));
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.outbox where"
                                  " channel = 'U0BOB' and state = 'sent'"),
                 1);
    cr_expect_eq(target_stub_count(o->http, "/page"), 1);
    cr_expect_eq(thread_count(o->h, "C0OPS", card, "Escalated"), 1u);
    json_doc_free(doc);
    json_decref(card);
    json_decref(other);
    end(o);
}

/* The pager is out of order, then it is not: the page comes, with its key. */
Test(alert_out, a_pager_that_fails_is_tried_again)
{
    struct out *o = begin("5m");

    o->reply = (struct stub_reply){ .status = 500 };
    alert_fires(o->h, "pay", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where attempts > 1");
    o->reply = (struct stub_reply){ 0 };
    wait_pages(o, 1);
    cr_expect_geq(target_stub_count(o->http, "/page"), 2);
    for (int i = 0; i < target_stub_count(o->http, "/page"); i++)
        cr_expect_str_eq(target_stub_request(o->http, "/page", i)->body,
                         target_stub_request(o->http, "/page", 0)->body);
    end(o);
}

/* The bot is killed while the page is under way; another run sends it. */
Test(alert_out, a_page_survives_kill_9)
{
    struct out *o = begin("5m");
    const char *first, *last;

    o->reply = (struct stub_reply){ .delay_ms = 3000 };
    alert_fires(o->h, "pay", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where attempts = 1");
    opsbot_kill9(o->h->bot);
    o->reply = (struct stub_reply){ 0 };
    opsbot_restart(o->h->bot);
    opsbot_wait_ready(o->h->bot);
    wait_pages(o, 1);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages"), 1);
    first = strstr(target_stub_request(o->http, "/page", 0)->head,
                   "Idempotency-Key");
    last = strstr(target_stub_request(o->http, "/page",
                                      target_stub_count(o->http, "/page") - 1)
                      ->head,
                  "Idempotency-Key");
    cr_expect_eq(strncmp(first, last, 33), 0);
    end(o);
}

/* ---- limits -------------------------------------------------------------------------- */

/* 429 for ever in one channel: the others get theirs, and when it is over it
 * says how late it is, and why. */
Test(alert_out, a_limit_in_one_channel_leaves_the_others_unharmed)
{
    struct out *o = begin("1h");
    json_t *late;

    fault(o->h, json_pack("{ss si si s{ss}}", "on", POST, "retry_after", 1,
                          "times", -1, "match", "channel", "C0QUIET"));
    alert_fires(o->h, "quiet", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where channel = 'C0QUIET'"
             " and error like '%ratelimited%'");
    alert_fires(o->h, "shop", "t2");
    json_decref(card_shows(o->h, "C0OPS", 2, "shop is slow"));
    cr_expect_eq(cards(o->h, "C0QUIET", 1), 0u);
    free(sql(o->h, "update opsbot.outbox set created_at = created_at -"
                   " interval '190 s' where channel = 'C0QUIET'"));
    control_delete(o->h, "fault");
    late = card_shows(o->h, "C0QUIET", 1, "late (Slack limit)");
    cr_expect_eq(cards(o->h, "C0QUIET", 1), 1u);
    cr_expect_eq(target_stub_count(o->http, "/services/T0/B0/x"), 0,
                 "a limit needs no other road");
    json_decref(late);
    end(o);
}

/* ---- lost answers, lost cards ---------------------------------------------------------- */

/* Slack took the card and nobody said so: it is found, not posted twice. */
Test(alert_out, a_card_whose_answer_is_lost_is_there_once)
{
    struct out *o = begin("1h");

    fault(o->h,
          json_pack("{ss sb sb}", "on", POST, "drop", 1, "after_effect", 1));
    alert_fires(o->h, "shop", "t1");
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(cards(o->h, "C0OPS", 1), 1u);
    cr_expect_eq(calls_of(o->h, POST, NULL), 1u);
    end(o);
}

static void delete_card(struct harness *h, const char *channel,
                        const json_t *card)
{
    json_decref(control_post(
        h, "delete",
        json_pack("{ss ss}", "channel", channel, "ts",
                  json_string_value(json_object_get(card, "ts")))));
}

/* It is posted again, says so, and what follows is in its thread. */
Test(alert_out, a_deleted_card_is_posted_again_with_its_thread)
{
    struct out *o = begin("1h");
    json_t *card, *again;

    alert_fires(o->h, "shop", "t1");
    card = card_shows(o->h, "C0OPS", 1, "shop is slow");
    wait_settled(o->h, COMES_MS);
    delete_card(o->h, "C0OPS", card);
    expect_said(o->h, "U0ANN", "C0OPS", "ack A-1 on it", "A-1");
    again = card_shows(o->h, "C0OPS", 1, "cknowledged");
    cr_expect_str_neq(json_string_value(json_object_get(again, "ts")),
                      json_string_value(json_object_get(card, "ts")));
    thread_says(o->h, "C0OPS", again, "on it");
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(cards(o->h, "C0OPS", 1), 1u);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.outbox where"
                                  " lost in ('message_not_found',"
                                  " 'thread_not_found')"),
                 1);
    json_decref(card);
    json_decref(again);
    end(o);
}

/* What Slack does not take as blocks it takes as text. */
Test(alert_out, a_card_with_blocks_that_are_refused_is_posted_as_text)
{
    struct out *o = begin("1h");

    fault(o->h, json_pack("{ss ss}", "on", POST, "error", "invalid_blocks"));
    alert_fires(o->h, "shop", "t1");
    json_decref(card_shows(o->h, "C0OPS", 1, "[CRITICAL]"));
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(cards(o->h, "C0OPS", 1), 1u);
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages"), 0);
    end(o);
}

/* ---- second roads ------------------------------------------------------------------------ */

/* The Web API refuses the card: its text goes by the severity's webhook, once
 * for each state. */
Test(alert_out, a_refused_critical_goes_by_its_incoming_webhook)
{
    struct out *o = begin("1h");
    struct json_doc *doc;

    alert_fires(o->h, "lost", "t1");
    wait_pages(o, 1);
    doc = body_of(o, "/services/T0/B0/x", 0);
    cr_expect(strstr(json_doc_str(doc, "text"), "[CRITICAL] lost is slow"),
              "%s", json_doc_str(doc, "text"));
    cr_expect(strstr(json_doc_str(doc, "text"), "channel_not_found"), "%s",
              json_doc_str(doc, "text"));
    json_doc_free(doc);
    alert_over(o->h, "lost", "t2");
    wait_settled(o->h, COMES_MS);
    cr_expect_leq(target_stub_count(o->http, "/services/T0/B0/x"), 2);
    cr_expect_eq(sql_number(o->h, "select count(*) - count(distinct key) from"
                                  " opsbot.pages"),
                 0);
    end(o);
}

/* ---- Slack is away ------------------------------------------------------------------------ */

/* A critical that has no card goes once by webhook and once by mail; when
 * Slack is back one message tells of it all, then come the cards, each as it
 * is then. */
Test(alert_out, while_slack_is_away_criticals_go_by_webhook_and_mail)
{
    struct out *o = begin("10s");
    const struct smtp_mail *mail;
    struct json_doc *doc;
    json_t *digest, *card;

    slack_away(o->h);
    alert_fires(o->h, "shop", "t1");
    alert_fires(o->h, "bill", "t2");
    wait_sql(o->h, 4, COMES_MS,
             "select count(*) from opsbot.pages where key like 'fallback:%'"
             " and state = 'sent'");
    cr_expect_eq(smtp_stub_count(o->smtp), 2);
    mail = smtp_stub_mail(o->smtp, 0);
    cr_expect_str_eq(mail->to, "<ann@example.com> ");
    doc = body_of(o, "/page", 0);
    cr_expect_str_eq(json_doc_str(doc, "event"), "unposted");
    json_doc_free(doc);
    alert_over(o->h, "bill", "t2");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at is"
             " not null");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where thing like 'away:%'"
             " and attempts > 0");
    control_delete(o->h, "fault");
    digest = card_shows(o->h, "C0OPS", 1, "2 alerts, 1 still open");
    card = card_shows(o->h, "C0OPS", 1, "Unacknowledged");
    wait_settled(o->h, COMES_MS);
    cr_expect_lt(strcmp(json_string_value(json_object_get(digest, "ts")),
                        json_string_value(json_object_get(card, "ts"))),
                 0, "first the digest");
    json_decref(card_shows(o->h, "C0OPS", 2, "esolved"));
    cr_expect_eq(cards(o->h, "C0OPS", 2), 1u);
    cr_expect_eq(smtp_stub_count(o->smtp), 2, "once each");
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.alert_aways"),
                 1);
    json_decref(digest);
    json_decref(card);
    end(o);
}

/* Two replicas, one of which dies: each critical goes once all the same. */
Test(alert_out, two_replicas_fall_back_once)
{
    struct out *o = begin("10s");
    struct opsbot *other = opsbot_start(o->h, NULL);

    opsbot_wait_ready(other);
    slack_away(o->h);
    alert_fires(o->h, "shop", "t1");
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where attempts > 0");
    opsbot_kill9(other);
    wait_sql(o->h, 2, COMES_MS,
             "select count(*) from opsbot.pages where key like 'fallback:%'"
             " and state = 'sent'");
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages where key"
                                  " like 'fallback:%%'"),
                 2);
    cr_expect_eq(smtp_stub_count(o->smtp), 1);
    control_delete(o->h, "fault");
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(cards(o->h, "C0OPS", 1), 2u, "the digest and the card");
    end(o);
}

static void expect_once(struct out *o)
{
    int pages, mails;

    shop_page(o, 0, &pages);
    shop_mail(o, 0, &mails);
    cr_expect_eq(pages, 1, "%d pages", pages);
    cr_expect_eq(mails, 1, "%d mails", mails);
}

static bool both_came(void *arg)
{
    int pages, mails;

    return shop_page(arg, 0, &pages) && shop_mail(arg, 0, &mails);
}

/* Postgres is away, too: the same, once; later it is recorded, and not sent
 * again. */
static void fall_back_without_postgres(struct out *o, enum part other)
{
    const struct stub_request *page;
    struct json_doc *doc;
    struct err err = { 0 };
    int count;

    slack_away(o->h);
    part_stop(o->h, PART_POSTGRES);
    if (other != PART_POSTGRES)
        part_stop(o->h, other);
    alert_fires(o->h, "shop", "t1");
    wait_until(both_came, o, COMES_MS, "the fallback");
    page = shop_page(o, 0, &count);
    doc = json_doc_parse(page->body, strlen(page->body), &err);
    cr_assert(doc, "%s: %s", err.text, page->body);
    cr_expect_str_eq(json_doc_str(doc, "event"), "unposted");
    cr_expect_str_eq(json_doc_str(doc, "title"), "shop is slow");
    cr_expect_str_eq(json_doc_str(doc, "alert"), "");
    json_doc_free(doc);
    alert_fires(o->h, "shop", "t1");
    if (other != PART_POSTGRES)
        part_start(o->h, other);
    part_start(o->h, PART_POSTGRES);
    /* What is on its way to Slack is waited for, for a minute. */
    wait_sql(o->h, 2, 3 * COMES_MS,
             "select count(*) from opsbot.pages where key like"
             " 'fallback:A-1:%' and state = 'sent' and body = '{}'");
    wait_sql(o->h, 1, COMES_MS, "select count(*) from opsbot.alert_aways");
    expect_once(o);
    cr_expect_eq(redis_number(o->h, "EXISTS opsbot:alert:fell"), 0);
    control_delete(o->h, "fault");
    json_decref(card_shows(o->h, "C0OPS", 1, "Unacknowledged"));
    wait_settled(o->h, COMES_MS);
    cr_expect_eq(cards(o->h, "C0OPS", 1), 2u, "the digest and the card");
}

Test(alert_out, with_slack_and_postgres_away_criticals_fall_back_once)
{
    struct out *o = begin("10s");

    fall_back_without_postgres(o, PART_POSTGRES);
    end(o);
}

Test(alert_out, with_slack_and_both_stores_away_they_do_too)
{
    struct out *o = begin("10s");

    fall_back_without_postgres(o, PART_REDIS);
    end(o);
}

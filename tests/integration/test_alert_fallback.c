/*
 * Neither Slack nor Postgres takes a critical, and whoever sends the fallback
 * is killed: before it is taken, after it is taken and before that is known.
 * Another run or another replica sends it, under the same name.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/outing.h"

TestSuite(alert_fallback, .timeout = 400);

/* For longer than any test: the answer that never comes. */
#define FOR_EVER 300000

/* The shortest there is. */
#define AFTER "10s"

static struct out *begin_away(enum part other)
{
    struct out *o = begin(AFTER);

    slack_away(o->h);
    part_stop(o->h, PART_POSTGRES);
    if (other != PART_POSTGRES)
        part_stop(o->h, other);
    return o;
}

static int pages(struct out *o)
{
    int count;

    shop_page(o, 0, &count);
    return count;
}

static int mails(struct out *o)
{
    int count;

    shop_mail(o, 0, &count);
    return count;
}

static bool pager_got_one(void *arg)
{
    return pages(arg) == 1;
}

static bool pager_got_more(void *arg)
{
    return pages(arg) > 1;
}

static bool a_mail_came(void *arg)
{
    return mails(arg) == 1;
}

static bool two_mails_came(void *arg)
{
    return mails(arg) == 2;
}

/* The value of a header, heap. */
static char *header(const char *head, const char *name)
{
    const char *at = strstr(head, name);

    cr_assert(at, "no %s in %s", name, head);
    at += strlen(name);
    return xstrndup(at, strcspn(at, "\r"));
}

/* All that the pager got has one key, and one body, which has it too. */
static void expect_one_key(struct out *o)
{
    int count;
    const struct stub_request *first = shop_page(o, 0, &count);
    char *key = header(first->head, "Idempotency-Key: ");

    cr_expect(strstr(first->body, key), "%s: %s", key, first->body);
    for (int i = 1; i < count; i++) {
        const struct stub_request *r = shop_page(o, i, &count);
        char *other = header(r->head, "Idempotency-Key: ");

        cr_expect_str_eq(other, key);
        cr_expect_str_eq(r->body, first->body);
        free(other);
    }
    free(key);
}

static void expect_one_message_id(struct out *o)
{
    int count;
    char *first = header(shop_mail(o, 0, &count)->data, "Message-ID: ");
    char *last = header(shop_mail(o, 1, &count)->data, "Message-ID: ");

    cr_expect_str_eq(first, last);
    free(first);
    free(last);
}

/* Postgres knows that they are sent, once each; nothing is left behind. */
static void expect_recorded(struct out *o, enum part other)
{
    if (other != PART_POSTGRES)
        part_start(o->h, other);
    part_start(o->h, PART_POSTGRES);
    wait_sql(o->h, 2, COMES_MS,
             "select count(*) from opsbot.pages p join opsbot.alert_groups g"
             " on g.id = p.\"group\" where g.title = '" SHOP_TITLE "' and p.key"
             " like 'fallback:%' and p.state = 'sent'");
    wait_redis(o->h, 0, COMES_MS, "EXISTS opsbot:alert:fell");
    cr_expect_eq(sql_number(o->h,
                            "select count(*) from opsbot.pages p join"
                            " opsbot.alert_groups g on g.id ="
                            " p.\"group\" where g.title = '" SHOP_TITLE "'"),
                 2);
}

/* ---- time that passes ---------------------------------------------------------------- */

/* Who was killed renews no lease: the half minute that it has left is over. */
static void leases_end(struct out *o)
{
    cr_assert_geq(
        redis_number(o->h, "EVAL %s 0",
                     "local all = redis.call('KEYS', 'opsbot:alert:fell:*')"
                     " for _, key in ipairs(all) do"
                     " redis.call('PEXPIRE', key, 1) end return #all"),
        1, "what is being sent is leased");
}

#define KEPT                                                                   \
    "local all = redis.call('HGETALL', KEYS[1]) local n = 0"                   \
    " for i = 1, #all, 2 do if all[i + 1]:find('" SHOP_TITLE "') then"         \
    " n = n + 1 "
#define KEPT_END " end end return n"

static bool is_kept(void *arg)
{
    struct out *o = arg;

    return redis_number(o->h, "EVAL %s 1 opsbot:alert:fell", KEPT KEPT_END) > 0;
}

/* What is kept is of ten minutes ago. */
static void time_passes(struct out *o)
{
    redis_send(o->h, "EVAL %s 1 opsbot:alert:fell",
               KEPT "local text = all[i + 1]:gsub('\"began\":(%d+)',"
                    " function(at) return string.format('\"began\":%d',"
                    " at - 600000) end)"
                    " redis.call('HSET', KEYS[1], all[i], text)" KEPT_END);
}

/* ---- before it is taken ------------------------------------------------------------ */

static void killed_before(enum part other)
{
    struct out *o = begin_away(other);

    o->reply = (struct stub_reply){ .status = 503 };
    smtp_stub_be(o->smtp, (struct smtp_manners){ .end = 452 });
    alert_fires(o->h, "shop", "t1");
    wait_until(pager_got_one, o, COMES_MS, "the first try");
    opsbot_kill9(o->h->bot);
    cr_expect_eq(mails(o), 0);
    if (other == PART_POSTGRES)
        leases_end(o);
    o->reply = (struct stub_reply){ 0 };
    smtp_stub_be(o->smtp, (struct smtp_manners){ 0 });
    opsbot_restart(o->h->bot);
    wait_until(pager_got_more, o, COMES_MS, "the page of the next run");
    wait_until(a_mail_came, o, COMES_MS, "the mail of the next run");
    expect_one_key(o);
    expect_recorded(o, other);
    cr_expect_eq(mails(o), 1, "once");
    end(o);
}

Test(alert_fallback, killed_before_it_is_taken_without_postgres)
{
    killed_before(PART_POSTGRES);
}

Test(alert_fallback, killed_before_it_is_taken_without_both_stores)
{
    killed_before(PART_REDIS);
}

/* Nobody had even begun: it was not due yet. */
Test(alert_fallback, killed_before_it_is_due)
{
    struct out *o = begin("5m");

    slack_away(o->h);
    part_stop(o->h, PART_POSTGRES);
    alert_fires(o->h, "shop", "t1");
    wait_until(is_kept, o, COMES_MS, "its record");
    opsbot_kill9(o->h->bot);
    cr_assert_eq(pages(o), 0);
    time_passes(o);
    opsbot_restart(o->h->bot);
    wait_until(pager_got_one, o, COMES_MS, "the page of the next run");
    wait_until(a_mail_came, o, COMES_MS, "the mail of the next run");
    expect_recorded(o, PART_POSTGRES);
    cr_expect_eq(pages(o), 1, "once");
    cr_expect_eq(mails(o), 1, "once");
    end(o);
}

/* ---- after it is taken, before that is known --------------------------------------- */

static void killed_after(enum part other)
{
    struct out *o = begin_away(other);

    o->reply = (struct stub_reply){ .delay_ms = FOR_EVER };
    smtp_stub_be(o->smtp, (struct smtp_manners){ .mute = true });
    alert_fires(o->h, "shop", "t1");
    wait_until(pager_got_one, o, COMES_MS, "the page");
    wait_until(a_mail_came, o, COMES_MS, "the mail");
    opsbot_kill9(o->h->bot);
    if (other == PART_POSTGRES)
        leases_end(o);
    o->reply = (struct stub_reply){ 0 };
    smtp_stub_be(o->smtp, (struct smtp_manners){ 0 });
    opsbot_restart(o->h->bot);
    wait_until(pager_got_more, o, COMES_MS, "the page of the next run");
    wait_until(two_mails_came, o, COMES_MS, "the mail of the next run");
    expect_one_key(o);
    expect_one_message_id(o);
    expect_recorded(o, other);
    cr_expect_eq(pages(o), 2, "once more");
    cr_expect_eq(mails(o), 2, "once more");
    end(o);
}

Test(alert_fallback, killed_before_it_is_known_without_postgres)
{
    killed_after(PART_POSTGRES);
}

Test(alert_fallback, killed_before_it_is_known_without_both_stores)
{
    killed_after(PART_REDIS);
}

/* ---- another replica ------------------------------------------------------------------ */

Test(alert_fallback, another_replica_takes_it_over)
{
    struct out *o = begin(AFTER);
    struct opsbot *other = opsbot_start(o->h, NULL);

    opsbot_wait_ready(other);
    slack_away(o->h);
    part_stop(o->h, PART_POSTGRES);
    o->reply = (struct stub_reply){ .delay_ms = FOR_EVER };
    smtp_stub_be(o->smtp, (struct smtp_manners){ .mute = true });
    alert_fires(o->h, "shop", "t1");
    wait_until(pager_got_one, o, COMES_MS, "the page");
    wait_until(a_mail_came, o, COMES_MS, "the mail");
    /* either has it: both, killed and not begun again, would not do */
    o->reply = (struct stub_reply){ 0 };
    smtp_stub_be(o->smtp, (struct smtp_manners){ 0 });
    opsbot_kill9(opsbot_log_has(o->h->bot, "webhook:pager: [CRITICAL] shop")
                     ? o->h->bot
                     : other);
    leases_end(o);
    wait_until(pager_got_more, o, COMES_MS, "the page of the other");
    wait_until(two_mails_came, o, COMES_MS, "the mail of the other");
    expect_one_key(o);
    expect_one_message_id(o);
    expect_recorded(o, PART_POSTGRES);
    end(o);
}

/* Postgres comes back while the pager is out of order: the page goes on from
 * there, as the one that it was. */
Test(alert_fallback, what_was_begun_goes_on_when_postgres_is_back)
{
    struct out *o = begin_away(PART_POSTGRES);

    o->reply = (struct stub_reply){ .status = 503 };
    alert_fires(o->h, "shop", "t1");
    wait_until(pager_got_one, o, COMES_MS, "the first try");
    wait_until(a_mail_came, o, COMES_MS, "the mail");
    part_start(o->h, PART_POSTGRES);
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.pages p join opsbot.alert_groups g"
             " on g.id = p.\"group\" where g.title = '" SHOP_TITLE "' and p.key"
             " like 'fallback:%:hook' and p.state = 'waiting'"
             " and p.attempts > 0");
    o->reply = (struct stub_reply){ 0 };
    wait_sql(o->h, 2, COMES_MS,
             "select count(*) from opsbot.pages p join opsbot.alert_groups g"
             " on g.id = p.\"group\" where g.title = '" SHOP_TITLE "'"
             " and p.state = 'sent'");
    expect_one_key(o);
    cr_expect_eq(mails(o), 1, "once");
    wait_redis(o->h, 0, COMES_MS, "EXISTS opsbot:alert:fell");
    end(o);
}

/* Slack takes the card after all: nothing is left that could fall. */
Test(alert_fallback, what_slack_takes_is_forgotten)
{
    struct out *o = begin("1h");

    part_stop(o->h, PART_POSTGRES);
    alert_fires(o->h, "shop", "t1");
    json_decref(card_shows(o->h, "C0OPS", 0, "shop is slow"));
    wait_redis(o->h, 0, COMES_MS, "EXISTS opsbot:alert:fell");
    part_start(o->h, PART_POSTGRES);
    wait_sql(o->h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where title ="
             " '" SHOP_TITLE "'");
    cr_expect_eq(sql_number(o->h, "select count(*) from opsbot.pages"), 0);
    end(o);
}

/* A window keeps its route quiet: no road wakes anybody. What came before it
 * has gone by both, so it would have, too. */
Test(alert_fallback, what_is_out_of_hours_does_not_fall)
{
    struct out *o = begin_away(PART_POSTGRES);

    alert_fires(o->h, "asleep", "t0");
    alert_fires(o->h, "shop", "t1");
    wait_until(pager_got_one, o, COMES_MS, "the page");
    wait_until(a_mail_came, o, COMES_MS, "the mail");
    cr_expect_eq(redis_number(o->h, "EVAL %s 1 opsbot:alert:fell",
                              "local all = redis.call('HVALS', KEYS[1])"
                              " local n = 0 for _, v in ipairs(all) do"
                              " if v:find('asleep') then n = n + 1 end end"
                              " return n"),
                 0);
    end(o);
}

/* Criticals that fall back: kept, leased by one, ended once, told Postgres. */
#include "core/alert/fell.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/config_files.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct config *cfg;
static struct journal *journal;
static struct fell fell;
static struct err err;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    config_start();
    cfg = config_of("channels: {ops: C0OPS}\n"
                    "alerts: {stream: notify.events}\n");
    journal = journal_open(w.s.harness->dir, &err);
    cr_assert(journal, "%s", err.text);
    fell = (struct fell){ .key = "K1",
                          .op = "OP1",
                          .began = clock_wall_ms(),
                          .subject = xstrdup("s") };
    fell.body[FELL_HOOK] = xstrdup("{\"a\":1}");
    fell.body[FELL_MAIL] = xstrdup("text");
}

static void stop(void)
{
    fell_dispose(&fell);
    journal_close(journal);
    config_free(cfg);
    config_finish();
    world_stop(&w);
}

TestSuite(fell, .init = start, .fini = stop, .timeout = 120);

static struct fell_store store(const char *replica, bool redis)
{
    return (struct fell_store){ .redis = redis ? w.r : NULL,
                                .journal = journal,
                                .config = cfg,
                                .replica = replica };
}

static size_t load(struct fell_list *out)
{
    struct fell_store s = store("r1", true);

    cr_assert(fell_load(&s, out, &err), "%s", err.text);
    return out->count;
}

static struct fell again(void)
{
    struct fell f = fell;

    f.subject = xstrdup(fell.subject);
    for (int i = 0; i < FELL_ROADS; i++)
        f.body[i] = xstrdup(fell.body[i]);
    return f;
}

Test(fell, is_kept_whole)
{
    struct fell_store s = store("r1", true);
    struct fell_list all;

    fell_keep(&s, &fell);
    fell_keep(&s, &fell);
    cr_assert_eq(load(&all), 1u);
    cr_expect_str_eq(all.items[0].key, "K1");
    cr_expect_str_eq(all.items[0].subject, "s");
    cr_expect_str_eq(all.items[0].body[FELL_HOOK], "{\"a\":1}");
    cr_expect_eq(all.items[0].began, fell.began);
    fell_list_dispose(&all);
    fell_drop(&s, &fell);
    cr_expect_eq(load(&all), 0u);
}

/* One has a road; whoever is started again goes on with its own. */
Test(fell, a_road_is_one_replicas)
{
    struct fell_store one = store("r1", true), two = store("r2", true);
    struct fell other = again();

    fell_keep(&one, &fell);
    cr_expect(fell_claim(&one, &fell, FELL_HOOK));
    cr_expect_not(fell_claim(&two, &other, FELL_HOOK));
    cr_expect_eq(other.state[FELL_HOOK], FELL_BEGUN, "somebody did");
    cr_expect(fell_claim(&two, &other, FELL_MAIL), "another road");
    cr_expect(fell_claim(&one, &fell, FELL_HOOK), "ours, of before");
    fell_end(&one, &fell, FELL_HOOK, FELL_SENT);
    cr_expect_not(fell_claim(&two, &other, FELL_HOOK));
    cr_expect_eq(other.state[FELL_HOOK], FELL_SENT);
    fell_dispose(&other);
}

/* Who gives it back leaves it to the next, who knows that it was begun. */
Test(fell, what_is_given_back_is_anybodys)
{
    struct fell_store one = store("r1", true), two = store("r2", true);
    struct fell other = again();

    fell_keep(&one, &fell);
    cr_assert(fell_claim(&one, &fell, FELL_HOOK));
    fell_end(&one, &fell, FELL_HOOK, FELL_BEGUN);
    cr_expect(fell_claim(&two, &other, FELL_HOOK));
    fell_dispose(&other);
}

/* Both stores are away: the next run finds it all in the journal. */
Test(fell, the_journal_keeps_it_for_the_next_run)
{
    struct fell_store s = store("r1", false);
    struct fell_list all;

    fell_keep(&s, &fell);
    cr_expect(fell_claim(&s, &fell, FELL_HOOK));
    cr_expect(fell_claim(&s, &fell, FELL_MAIL));
    fell_end(&s, &fell, FELL_MAIL, FELL_SENT);
    fell_load_journal(journal, &all);
    cr_assert_eq(all.count, 1u);
    cr_expect_eq(all.items[0].state[FELL_HOOK], FELL_BEGUN);
    cr_expect_eq(all.items[0].state[FELL_MAIL], FELL_SENT);
    cr_expect_str_eq(all.items[0].body[FELL_MAIL], "text");
    fell_list_dispose(&all);
    cr_expect_eq(journal_waiting(journal, NULL), 4u, "it was only looked at");
}

Test(fell, what_slack_took_is_nothing_for_the_next_run)
{
    struct fell_store s = store("r1", false);
    struct fell_list all;

    fell_keep(&s, &fell);
    fell_drop(&s, &fell);
    fell_load_journal(journal, &all);
    for (int road = 0; road < FELL_ROADS; road++)
        cr_expect_eq(all.items[0].state[road], FELL_SENT);
    fell_list_dispose(&all);
}

/* ---- Postgres is back ------------------------------------------------------------- */

static void group(void)
{
    free(look_text(&w.s, "insert into opsbot.alert_groups (key, op, route,"
                         " route_id, title, severity, channels, firing, total)"
                         " values ('K1', 'OP1', 'all', 'r', 't', 0, '[]', 1, 1)"
                         " returning id"));
}

static const char *page(const char *road)
{
    static char out[200];
    char sql[300], *text;

    snprintf(sql, sizeof sql,
             "select state || ' ' || sent_as || ' ' || body from opsbot.pages"
             " where key like 'fallback:A-%%:%s'",
             road);
    text = look_text(&w.s, sql);
    snprintf(out, sizeof out, "%s", text);
    free(text);
    return out;
}

static size_t drain(void)
{
    size_t left;

    cr_assert(fell_drain(w.r, w.db, cfg, &left, &err), "%s", err.text);
    return left;
}

/* Sent is sent; what was begun is sent on, by its name. */
Test(fell, postgres_is_told)
{
    struct fell_store s = store("r1", true);
    struct fell_list all;

    group();
    fell_keep(&s, &fell);
    cr_assert(fell_claim(&s, &fell, FELL_HOOK));
    fell_end(&s, &fell, FELL_HOOK, FELL_SENT);
    cr_assert(fell_claim(&s, &fell, FELL_MAIL));
    cr_expect_eq(drain(), 0u);
    cr_expect_str_eq(page("hook"), "sent fallback:OP1:hook {}");
    cr_expect_str_eq(page("mail"), "waiting fallback:OP1:mail text");
    cr_expect_eq(load(&all), 0u);
    /* whoever had it says so after all */
    fell.state[FELL_MAIL] = FELL_SENT;
    cr_assert(fell_told(w.db, cfg, &fell, FELL_MAIL, &err), "%s", err.text);
    cr_expect_str_eq(page("mail"), "sent fallback:OP1:mail {}");
}

/* What Postgres has not been told of yet stays. */
Test(fell, waits_for_its_alert)
{
    struct fell_store s = store("r1", true);

    fell_keep(&s, &fell);
    cr_assert(fell_claim(&s, &fell, FELL_HOOK));
    fell_end(&s, &fell, FELL_HOOK, FELL_SENT);
    cr_expect_eq(drain(), 1u);
    group();
    cr_expect_eq(drain(), 0u);
    cr_expect_str_eq(page("hook"), "sent fallback:OP1:hook {}");
}

/* ---- of the journal ---------------------------------------------------------------- */

static bool of_journal(bool redis, bool db)
{
    char *record = xasprintf(
        "{\"what\":\"hook\",\"op\":\"OP1\",\"key\":\"K1\",\"began\":%lld,"
        "\"state\":\"sent\",\"subject\":\"s\",\"hook\":\"{}\",\"mail\":"
        "\"text\"}",
        (long long)clock_wall_ms());
    bool ok = fell_of_journal(redis ? w.r : NULL, db ? w.db : NULL, cfg, record,
                              &err);

    free(record);
    return ok;
}

Test(fell, of_the_journal_to_postgres_if_its_group_is_there)
{
    group();
    cr_expect(of_journal(false, true), "%s", err.text);
    cr_expect_str_eq(page("hook"), "sent fallback:OP1:hook {}");
}

/* The keeper moved the alert to Redis before Postgres was back: the record
 * goes there too, and is found when the alert is taken. */
Test(fell, of_the_journal_to_redis_if_its_group_is_not)
{
    cr_expect_not(of_journal(false, true));
    cr_expect(of_journal(true, true), "%s", err.text);
    cr_expect_eq(drain(), 1u);
    group();
    cr_expect_eq(drain(), 0u);
    cr_expect_str_eq(page("hook"), "sent fallback:OP1:hook {}");
}

/* Nobody was told of it yet: there is nothing to record. */
Test(fell, what_was_only_kept_is_nothing_for_postgres)
{
    static const char record[] = "{\"what\":\"kept\",\"op\":\"OP1\","
                                 "\"key\":\"K1\",\"subject\":\"s\"}";

    cr_expect(fell_of_journal(NULL, w.db, cfg, record, &err), "%s", err.text);
}

Test(fell, what_is_long_ago_is_forgotten)
{
    struct fell_store s = store("r1", true);
    struct fell_list all;

    fell.began -= FELL_OLD_MS + 60000;
    fell_keep(&s, &fell);
    cr_expect_eq(load(&all), 0u);
}

/* held: events while Postgres is away: in Redis, in the journal, and taken
 * from there in their order, once; what Postgres will never take is buried. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/held.h"
#include "core/base/mem.h"
#include "tests/core/config_files.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct config *cfg;
static struct journal *journal;
static struct alert_event *events;
static size_t count, bad;
static struct err err;

static char *line(struct db *db, const struct config *config,
                  const struct alert_group *g, const struct step_line *said,
                  const struct route *route)
{
    (void)db;
    (void)config;
    (void)g;
    (void)said;
    (void)route;
    return xstrdup("{\"text\":\"line\"}");
}

static struct alert_world world(void)
{
    return (struct alert_world){
        .db = w.db, .redis = w.r, .config = cfg, .replica = "r1", .line = line
    };
}

static void start(void)
{
    world_start(&w, WITH_BOTH);
    config_start();
    cfg = config_of("channels: {ops: C0OPS}\n"
                    "alerts: {stream: notify.events}\n");
    journal = journal_open(w.s.harness->dir, &err);
    cr_assert_not_null(journal, "%s", err.text);
}

static void stop(void)
{
    events_free(events, count);
    journal_close(journal);
    config_free(cfg);
    config_finish();
    world_stop(&w);
}

TestSuite(held, .init = start, .fini = stop, .timeout = 120);

static void make(const char *json)
{
    events_free(events, count);
    cr_assert(
        events_of_json(&events, &count, &bad, cfg, json, strlen(json), &err),
        "%s", err.text);
}

#define THREE                                                                  \
    "[{\"title\":\"A\",\"traceId\":\"a\"},{\"title\":\"B\",\"traceId\":"       \
    "\"b\"},{\"title\":\"A\",\"traceId\":\"a\",\"status\":\"resolved\"}]"

static enum held_place put(struct redis *redis, struct journal *j, bool posted)
{
    return held_put(redis, j, cfg, events, count, posted, &err);
}

static size_t drain(void)
{
    struct alert_world all = world();
    size_t taken;

    cr_assert(held_drain(&all, &taken, &err), "%s", err.text);
    return taken;
}

/* What there is of THREE once it is taken. */
static void expect_three(void)
{
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alerts"), 2);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alerts where"
                                   " firing and title = 'B'"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alert_news"),
                 3);
}

static bool each(void *arg, const char *kind, const char *json, struct err *e)
{
    const struct alert_world all = world();

    (void)arg;
    cr_assert_str_eq(kind, JOURNAL_ALERT);
    return held_of_journal(&all, json, e);
}

Test(held, in_redis_and_taken_in_their_order)
{
    int64_t there = 0;

    make(THREE);
    cr_expect_eq(put(w.r, journal, false), HELD_REDIS);
    cr_assert(held_count(w.r, cfg, &there, &err));
    cr_expect_eq(there, 3);
    cr_expect_eq(journal_waiting(journal, NULL), 0);
    cr_expect_eq(drain(), 3);
    expect_three();
    cr_expect_eq(drain(), 0);
    cr_expect_eq(cli_number(&w.s, "XLEN opsbot:alerts"), 0);
}

Test(held, in_the_journal_where_there_is_no_redis)
{
    size_t drained;

    make(THREE);
    cr_expect_eq(put(NULL, journal, false), HELD_JOURNAL);
    cr_expect_eq(journal_waiting(journal, NULL), 1);
    cr_assert(journal_drain(journal, each, NULL, &drained, &err), "%s",
              err.text);
    expect_three();
}

Test(held, nowhere_says_why)
{
    make(THREE);
    cr_expect_eq(put(NULL, NULL, false), HELD_NONE);
    cr_expect(*err.text);
}

/* Redis that takes no more is as good as none. */
Test(held, in_the_journal_where_redis_refuses)
{
    make(THREE);
    free(cli(&w.s, "SET opsbot:alerts x"));
    cr_expect_eq(put(w.r, journal, false), HELD_JOURNAL);
    cr_expect_eq(journal_waiting(journal, NULL), 1);
}

/* Taken, and the process died before they were deleted. */
Test(held, what_is_drained_twice_is_taken_once)
{
    make(THREE);
    cr_expect_eq(put(w.r, NULL, false), HELD_REDIS);
    cr_expect_eq(drain(), 3);
    cr_expect_eq(put(w.r, NULL, false), HELD_REDIS);
    cr_expect_eq(drain(), 3);
    expect_three();
}

Test(held, what_was_posted_is_looked_for)
{
    make("[{\"title\":\"A\",\"severity\":\"critical\"}]");
    cr_expect_eq(put(w.r, NULL, true), HELD_REDIS);
    cr_expect_eq(drain(), 1);
    cr_expect_eq(look_number(&w.s, "select looks from opsbot.outbox where"
                                   " thing = 'alert:1'"),
                 1);
}

Test(held, from_the_journal_to_a_redis_that_is_back_alone)
{
    static const char record[] =
        "{\"posted\":true,\"events\":[{\"id\":\"x\",\"fingerprint\":\"f\","
        "\"severity\":\"high\",\"title\":\"A\",\"at\":5,\"received\":6}]}";

    cr_assert(held_to_redis(w.r, cfg, record, &err), "%s", err.text);
    cr_expect_eq(cli_number(&w.s, "XLEN opsbot:alerts"), 1);
    cr_expect_eq(drain(), 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alerts"), 1);
}

/* A record that nobody wrote must not hold up those behind it. */
Test(held, what_is_no_record_is_passed_over)
{
    const struct alert_world all = world();
    static const char *const records[] = { "{", "[]", "{}", "{\"events\":[7]}",
                                           "{\"events\":\"x\"}" };

    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        cr_expect(held_of_journal(&all, records[i], &err), "%s", records[i]);
    free(cli(&w.s, "XADD opsbot:alerts 1-1 event nonsense"));
    free(cli(&w.s, "XADD opsbot:alerts 1-2 other x"));
    cr_expect_eq(drain(), 2);
    cr_expect_eq(drain(), 0);
}

/* Postgres takes no alert of this title: the others are taken, this one is a
 * dead letter with the fields of the stream. */
Test(held, what_is_never_taken_is_buried_alone)
{
    struct err why = { 0 };

    cr_assert(db_script(w.db, "no",
                        "alter table opsbot.alerts add constraint"
                        " c check (title <> 'Poison')",
                        &why),
              "%s", why.text);
    make("[{\"title\":\"A\"},{\"title\":\"Poison\",\"traceId\":\"p\"},"
         "{\"title\":\"B\"}]");
    cr_expect_eq(put(w.r, NULL, false), HELD_REDIS);
    cr_expect_eq(drain(), 3);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alerts"), 2);
    cr_expect_eq(cli_number(&w.s, "XLEN notify.events.dlq"), 1);
    {
        char *letter = cli(&w.s, "XRANGE notify.events.dlq - +");

        cr_expect(strstr(letter, "Poison") && strstr(letter, "traceId") &&
                      strstr(letter, "failed_at") &&
                      strstr(letter, "original_id"),
                  "%s", letter);
        free(letter);
    }
    cr_expect_eq(drain(), 0);
}

/* Another replica makes the same key at once, again and again: nothing is
 * wrong with the alert, and it is no dead letter. */
Test(held, what_loses_a_race_is_tried_again_and_not_buried)
{
    const struct alert_world all = world();
    struct err why = { 0 };
    size_t taken;

    cr_assert(db_script(w.db, "race",
                        "create sequence opsbot.races;"
                        "create function opsbot.race() returns trigger"
                        " language plpgsql as $$ begin"
                        "  if nextval('opsbot.races') <= 7 then"
                        "   raise exception 'duplicate key'"
                        "    using errcode = 'unique_violation';"
                        "  end if; return new; end $$;"
                        "create trigger race before insert on opsbot.alerts"
                        " for each row execute function opsbot.race()",
                        &why),
              "%s", why.text);
    make(THREE);
    cr_expect_eq(put(w.r, NULL, false), HELD_REDIS);
    cr_expect_not(held_drain(&all, &taken, &err));
    cr_expect_eq(cli_number(&w.s, "XLEN opsbot:alerts"), 3);
    while (cli_number(&w.s, "XLEN opsbot:alerts") > 0)
        (void)!held_drain(&all, &taken, &err);
    expect_three();
    cr_expect_eq(cli_number(&w.s, "EXISTS notify.events.dlq"), 0);
}

/* Many at once: several round trips, several transactions. */
Test(held, more_than_one_page)
{
    struct buf body = { 0 };

    for (int i = 0; i < TAKE_MOST + 300; i++)
        buf_fmt(&body,
                "%s{\"title\":\"T\",\"labels\":{\"n\":\"%d\"},"
                "\"traceId\":\"t%d\"}",
                i ? "," : "[", i, i);
    buf_char(&body, ']');
    make(buf_text(&body));
    buf_dispose(&body);
    cr_expect_eq(put(w.r, NULL, false), HELD_REDIS);
    cr_expect_eq(drain(), TAKE_MOST);
    cr_expect_eq(drain(), 300);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.alerts"),
                 TAKE_MOST + 300);
}

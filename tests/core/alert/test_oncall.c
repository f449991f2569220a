/* oncall: whose turn it is, whatever the clocks do, and by whose word. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/alert/oncall.h"
#include "core/base/mem.h"
#include "core/base/zone.h"
#include "tests/core/ops/world.h"

#define T(s) ((char *)(size_t)(s))
#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static char *three[] = { T("UANN"), T("UBEN"), T("UCAT") };

static struct config_rotation rotation;
static struct oncall got;

static void start(void)
{
    rotation = (struct config_rotation){
        .name = T("pay"),
        .users = three,
        .users_count = 3,
        .at = T("09:00"),
        .day = T("mon"),
        .zone = T("Europe/Berlin"),
        .from = T("2026-01-05"),
    };
}

/* The moment that a text in UTC says: "2026-03-29 06:59". */
static int64_t utc(const char *text)
{
    struct tm tm = { 0 };

    cr_assert_not_null(strptime(text, "%Y-%m-%d %H:%M", &tm), "%s", text);
    return (int64_t)timegm(&tm) * 1000;
}

static void expect_turn(const char *at, const char *user, const char *since,
                        const char *until, const char *next)
{
    oncall_dispose(&got);
    oncall_turn(&rotation, utc(at), &got);
    cr_expect_str_eq(got.user, user, "%s: %s", at, got.user);
    cr_expect_str_eq(got.next, next, "%s: next %s", at, got.next);
    cr_expect_eq(got.since, utc(since), "%s: since %ld", at, (long)got.since);
    cr_expect_eq(got.until, utc(until), "%s: until %ld", at, (long)got.until);
    cr_expect_not(got.override);
    cr_expect_eq(got.rotation, &rotation);
}

static void finish(void)
{
    oncall_dispose(&got);
}

TestSuite(oncall, .init = start, .fini = finish, .timeout = 60);

/* ---- turns -------------------------------------------------------------------- */

Test(oncall, a_week_each_from_the_first_day)
{
    expect_turn("2026-01-05 08:00", "UANN", "2026-01-05 08:00",
                "2026-01-12 08:00", "UBEN");
    expect_turn("2026-01-12 07:59", "UANN", "2026-01-05 08:00",
                "2026-01-12 08:00", "UBEN");
    expect_turn("2026-01-12 08:00", "UBEN", "2026-01-12 08:00",
                "2026-01-19 08:00", "UCAT");
    expect_turn("2026-01-25 12:00", "UCAT", "2026-01-19 08:00",
                "2026-01-26 08:00", "UANN");
    expect_turn("2026-01-26 08:00", "UANN", "2026-01-26 08:00",
                "2026-02-02 08:00", "UBEN");
}

Test(oncall, before_the_first_day_it_went_round_as_well)
{
    expect_turn("2026-01-05 07:59", "UCAT", "2025-12-29 08:00",
                "2026-01-05 08:00", "UANN");
    expect_turn("2025-12-20 12:00", "UANN", "2025-12-15 08:00",
                "2025-12-22 08:00", "UBEN");
}

/* The first turn is that of the week which the first day is in. */
Test(oncall, the_first_day_need_not_be_the_day_it_changes_on)
{
    rotation.from = T("2026-01-08");
    expect_turn("2026-01-08 12:00", "UANN", "2026-01-05 08:00",
                "2026-01-12 08:00", "UBEN");
    rotation.day = T("fri");
    expect_turn("2026-01-08 12:00", "UANN", "2026-01-02 08:00",
                "2026-01-09 08:00", "UBEN");
    rotation.day = T("thu");
    expect_turn("2026-01-08 12:00", "UANN", "2026-01-08 08:00",
                "2026-01-15 08:00", "UBEN");
}

Test(oncall, nine_o_clock_stays_nine_o_clock_in_spring)
{
    rotation.daily = true;
    /* Clocks go forward on Sunday the 29th: a day of 23 hours. */
    expect_turn("2026-03-28 07:59", "UANN", "2026-03-27 08:00",
                "2026-03-28 08:00", "UBEN");
    expect_turn("2026-03-29 06:59", "UBEN", "2026-03-28 08:00",
                "2026-03-29 07:00", "UCAT");
    expect_turn("2026-03-29 07:00", "UCAT", "2026-03-29 07:00",
                "2026-03-30 07:00", "UANN");
    expect_turn("2026-03-29 07:30", "UCAT", "2026-03-29 07:00",
                "2026-03-30 07:00", "UANN");
}

Test(oncall, and_in_autumn)
{
    rotation.daily = true;
    /* Back on Sunday the 25th: 25 hours. */
    expect_turn("2026-10-25 07:30", "UBEN", "2026-10-24 07:00",
                "2026-10-25 08:00", "UCAT");
    expect_turn("2026-10-25 08:00", "UCAT", "2026-10-25 08:00",
                "2026-10-26 08:00", "UANN");
    rotation.daily = false;
    rotation.day = T("sun");
    expect_turn("2026-10-25 07:59", "UCAT", "2026-10-18 07:00",
                "2026-10-25 08:00", "UANN");
}

/* 02:30 is not there in spring, and there twice in autumn. */
Test(oncall, an_hour_that_is_not_there_or_twice_changes_once)
{
    rotation.daily = true;
    rotation.at = T("02:30");
    expect_turn("2026-03-29 01:29", "UBEN", "2026-03-28 01:30",
                "2026-03-29 01:30", "UCAT");
    expect_turn("2026-03-29 01:30", "UCAT", "2026-03-29 01:30",
                "2026-03-30 00:30", "UANN");
    expect_turn("2026-10-25 00:30", "UCAT", "2026-10-25 00:30",
                "2026-10-26 01:30", "UANN");
    expect_turn("2026-10-25 01:30", "UCAT", "2026-10-25 00:30",
                "2026-10-26 01:30", "UANN");
}

Test(oncall, far_zones_and_none)
{
    rotation.zone = T("Asia/Kolkata");
    expect_turn("2026-01-05 03:29", "UCAT", "2025-12-29 03:30",
                "2026-01-05 03:30", "UANN");
    rotation.zone = T("Pacific/Auckland");
    expect_turn("2026-01-04 20:00", "UANN", "2026-01-04 20:00",
                "2026-01-11 20:00", "UBEN");
    rotation.zone = NULL;
    expect_turn("2026-01-05 09:00", "UANN", "2026-01-05 09:00",
                "2026-01-12 09:00", "UBEN");
}

Test(oncall, one_alone_has_it_always)
{
    rotation.users_count = 1;
    rotation.daily = true;
    expect_turn("2026-05-01 12:00", "UANN", "2026-05-01 07:00",
                "2026-05-02 07:00", "UANN");
}

/* Every quarter of an hour of two years belongs to one turn, in their order,
 * each as long as a day is there. */
Test(oncall, turns_neither_overlap_nor_leave_a_gap)
{
    int64_t at = utc("2025-06-01 00:00"), end = utc("2027-06-01 00:00");
    struct oncall last = { 0 };

    rotation.daily = true;
    oncall_turn(&rotation, at, &last);
    for (; at < end; at += HOUR / 4) {
        struct oncall now;
        int64_t hours;

        oncall_turn(&rotation, at, &now);
        cr_assert(now.since <= at && at < now.until, "%ld", (long)at);
        hours = (now.until - now.since) / HOUR;
        cr_assert(hours >= 23 && hours <= 25, "%ld hours", (long)hours);
        if (now.since != last.since) {
            cr_assert_eq(now.since, last.until);
            cr_assert_str_eq(now.user, last.next);
        }
        oncall_dispose(&last);
        last = now;
    }
    oncall_dispose(&last);
}

/* ---- somebody's word -------------------------------------------------------------- */

static struct world w;

static void begin(void)
{
    start();
    world_start(&w, WITH_POSTGRES);
}

static void end(void)
{
    finish();
    world_stop(&w);
}

TestSuite(oncall_word, .init = begin, .fini = end, .timeout = 120);

static struct oncall_done said(const char *op, const char *user,
                               const char *from, const char *until)
{
    struct act act = act_of(op, "oncall override");
    struct oncall_word word = { .rotation = &rotation,
                                .user = user,
                                .from = utc(from),
                                .until = utc(until),
                                .config = &w.cfg,
                                .body = "{\"text\":\"cover\"}",
                                .response_url = "https://x/1" };
    struct oncall_done done;

    cr_assert(oncall_override(w.db, &act, &word, &done, &w.err), "%s",
              w.err.text);
    return done;
}

static void expect_at(const char *at, const char *user, const char *since,
                      const char *until, const char *next)
{
    oncall_dispose(&got);
    cr_assert(oncall_at(w.db, &rotation, utc(at), &got, &w.err), "%s",
              w.err.text);
    cr_expect_str_eq(got.user, user, "%s: %s", at, got.user);
    cr_expect_str_eq(got.next, next, "%s: next %s", at, got.next);
    cr_expect_eq(got.since, utc(since), "%s: since %ld", at, (long)got.since);
    cr_expect_eq(got.until, utc(until), "%s: until %ld", at, (long)got.until);
}

Test(oncall_word, holds_for_its_time_and_no_longer)
{
    said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 14:00");
    expect_at("2026-01-06 09:59", "UANN", "2026-01-05 08:00",
              "2026-01-06 10:00", "UDAN");
    cr_expect_not(got.override);
    expect_at("2026-01-06 10:00", "UDAN", "2026-01-06 10:00",
              "2026-01-06 14:00", "UANN");
    cr_expect(got.override);
    cr_expect_str_eq(got.override_by, "U0ANN");
    expect_at("2026-01-06 14:00", "UANN", "2026-01-06 14:00",
              "2026-01-12 08:00", "UBEN");
    cr_expect_not(got.override);
    cr_expect_str_eq(got.override_by, "");
    expect_at("2026-01-13 00:00", "UBEN", "2026-01-12 08:00",
              "2026-01-19 08:00", "UCAT");
}

/* Over a handover: whoever has the next turn comes after. */
Test(oncall_word, may_go_over_a_handover)
{
    said("OP1", "UDAN", "2026-01-11 10:00", "2026-01-13 10:00");
    expect_at("2026-01-12 09:00", "UDAN", "2026-01-11 10:00",
              "2026-01-13 10:00", "UBEN");
    expect_at("2026-01-13 10:00", "UBEN", "2026-01-13 10:00",
              "2026-01-19 08:00", "UCAT");
}

Test(oncall_word, the_newer_one_holds)
{
    said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 18:00");
    said("OP2", "UEVE", "2026-01-06 12:00", "2026-01-06 14:00");
    expect_at("2026-01-06 11:00", "UDAN", "2026-01-06 10:00",
              "2026-01-06 12:00", "UEVE");
    expect_at("2026-01-06 13:00", "UEVE", "2026-01-06 12:00",
              "2026-01-06 14:00", "UDAN");
    expect_at("2026-01-06 15:00", "UDAN", "2026-01-06 14:00",
              "2026-01-06 18:00", "UANN");
    expect_at("2026-01-06 18:00", "UANN", "2026-01-06 18:00",
              "2026-01-12 08:00", "UBEN");
}

Test(oncall_word, who_comes_after_is_known_too)
{
    static const char *const users[] = { "UANN", "UDAN", "UANN", "UBEN" };
    struct oncall ahead[4];

    said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 14:00");
    cr_assert(oncall_ahead(w.db, &rotation, utc("2026-01-06 09:00"), ahead, 4,
                           &w.err));
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(ahead[i].user, users[i]);
        cr_expect(i == 0 || ahead[i].since == ahead[i - 1].until);
    }
    for (size_t i = 0; i < 4; i++)
        oncall_dispose(&ahead[i]);
}

static void named(const char *id, const char *name, int64_t at)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "insert into opsbot.audit_events (operation, kind, recorded_at,"
             " trace, team, channel, actor, actor_name, command, text, via,"
             " replica, outcome) values ('%s%lld', 'read', to_timestamp(%lld),"
             " '', '', '', '%s', '%s', 'ping', '', '', '', 'ok') returning 1",
             id, (long long)at, (long long)(at / 1000), id, name);
    cr_assert_eq(look_number(&w.s, sql), 1);
}

Test(oncall_word, is_by_name_of_who_did_something_here)
{
    struct oncall items[2] = { 0 };

    named("UANN", "anne", utc("2026-01-01 00:00"));
    named("UANN", "ann", utc("2026-01-03 00:00"));
    named("UANN", "", utc("2026-01-04 00:00"));
    cr_assert(oncall_ahead(w.db, &rotation, utc("2026-01-06 12:00"), items, 2,
                           &w.err),
              "%s", w.err.text);
    oncall_names(w.db, items, 2);
    cr_expect_str_eq(items[0].user_name, "ann");
    cr_expect_null(items[0].next_name, "UBEN was never here");
    cr_expect_null(items[0].by_name);
    oncall_dispose(&items[0]);
    oncall_dispose(&items[1]);
}

Test(oncall_word, is_of_its_rotation_alone)
{
    said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 18:00");
    rotation.name = T("other");
    expect_at("2026-01-06 11:00", "UANN", "2026-01-05 08:00",
              "2026-01-12 08:00", "UBEN");
}

Test(oncall_word, is_recorded_and_told_once)
{
    struct oncall_done done =
        said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 18:00");

    cr_expect_not(done.before);
    done = said("OP1", "UDAN", "2026-01-06 11:00", "2026-01-06 19:00");
    cr_expect(done.before);
    cr_expect_gt(done.at, 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from "
                                   "opsbot.oncall_overrides"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations "
                                   "where state = 'done' and outcome->>'member'"
                                   " = 'UDAN'"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events "
                                   "where command = 'oncall override' and "
                                   "kind = 'outcome'"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where "
                                   "op = 'OP1' and channel = 'C0OPS'"),
                 1);
}

/* Nothing of it is there without the rest. */
static void rename_outbox(const char *sql)
{
    cr_assert(db_script(w.db, "rename", sql, &w.err), "%s", w.err.text);
}

Test(oncall_word, is_none_when_a_part_of_it_fails)
{
    struct act act = act_of("OP1", "oncall override");
    struct oncall_word word = { .rotation = &rotation,
                                .user = "UDAN",
                                .from = utc("2026-01-06 10:00"),
                                .until = utc("2026-01-06 18:00"),
                                .config = &w.cfg,
                                .body = "{\"text\":\"cover\"}",
                                .response_url = "" };
    struct oncall_done done;

    rename_outbox("alter table opsbot.outbox rename to elsewhere");
    cr_expect_not(oncall_override(w.db, &act, &word, &done, &w.err));
    rename_outbox("alter table opsbot.elsewhere rename to outbox");
    cr_expect_eq(look_number(&w.s, "select count(*) from "
                                   "opsbot.oncall_overrides"),
                 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"),
                 0);
    cr_assert(oncall_override(w.db, &act, &word, &done, &w.err), "%s",
              w.err.text);
    cr_expect_not(done.before);
}

Test(oncall_word, without_postgres_the_rotation_is_what_is_known)
{
    said("OP1", "UDAN", "2026-01-06 10:00", "2026-01-06 18:00");
    cr_assert(
        oncall_at(NULL, &rotation, utc("2026-01-06 11:00"), &got, &w.err));
    cr_expect_str_eq(got.user, "UANN");
    part_stop(w.s.harness, PART_POSTGRES);
    oncall_dispose(&got);
    cr_expect_not(
        oncall_at(w.db, &rotation, utc("2026-01-06 11:00"), &got, &w.err));
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_expect_null(got.user, "nothing is left to be freed");
}

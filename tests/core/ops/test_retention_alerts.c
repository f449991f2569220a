/* retention: of alerts what is over and old goes, with all that it had. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/ops/retention.h"
#include "tests/core/ops/world.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    w.cfg.keep =
        (struct config_keep){ .audit = 400, .alerts = 30, .outbox = 30 };
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(retention_alerts, .init = start, .fini = stop);

static void put(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void put(const char *fmt, ...)
{
    char *sql;
    va_list args;

    va_start(args, fmt);
    cr_assert_geq(vasprintf(&sql, fmt, args), 0);
    va_end(args);
    cr_assert(db_script(w.db, "put", sql, &w.err), "%s", w.err.text);
    free(sql);
}

static struct retention run(void)
{
    struct retention out = { 0 };

    while (!out.over)
        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err), "%s",
                  w.err.text);
    return out;
}

/* A group with an alert, a line of history and a card. over: since so many
 * days; -1: open. */
static void group(const char *key, int over, const char *card)
{
    char ended[60] = "null";

    if (over >= 0)
        snprintf(ended, sizeof ended, "now() - interval '%d days'", over);
    put("with g as (insert into opsbot.alert_groups (key, op, route, route_id,"
        "  title, severity, started_at, resolved_at) values ('%s', 'op%s', 'r',"
        "  'r', '%s', 1, now() - interval '90 days', %s) returning id),"
        " a as (insert into opsbot.alerts (\"group\", fingerprint, event,"
        "  severity, firing, title, at, ended, seen_at) select id, 'f', 'e', 1,"
        "  %s, 't', now() - interval '90 days', %s,"
        "  now() - interval '90 days' from g),"
        " h as (insert into opsbot.alert_history (\"group\", reason, at)"
        "  select id, 'first', now() - interval '90 days' from g)"
        " insert into opsbot.outbox (op, channel, body, thing, state,"
        "  created_at, sent_at) select 'op%s', 'C', '{}', 'alert:' || id,"
        "  '%s', now() - interval '90 days', now() - interval '90 days'"
        " from g",
        key, key, key, ended, over < 0 ? "true" : "false", ended, key, card);
}

static void left(const char *what, const char *sql, const char *want)
{
    char *text = look_text(&w.s, sql);

    cr_expect_str_eq(text, want, "%s: %s, not %s", what, text, want);
    free(text);
}

static void left_groups(const char *want)
{
    left("groups",
         "select coalesce(string_agg(key, ',' order by key), '')"
         " from opsbot.alert_groups",
         want);
}

Test(retention_alerts, a_group_goes_with_all_it_had)
{
    struct retention out;

    group("old", 31, "sent");
    group("young", 29, "sent");
    group("open", -1, "sent");
    out = run();
    cr_expect_eq(out.alerts, 1);
    left_groups("open,young");
    left("alerts", "select count(*)::text from opsbot.alerts", "2");
    left("history", "select count(*)::text from opsbot.alert_history", "2");
    left("cards", "select count(*)::text from opsbot.outbox", "2");
}

/* The next change of what is open edits its card: without it there were two. */
Test(retention_alerts, a_card_stays_as_long_as_its_group)
{
    group("open", -1, "sent");
    run();
    run();
    left("cards", "select count(*)::text from opsbot.outbox", "1");
}

Test(retention_alerts, they_have_days_of_their_own)
{
    w.cfg.keep = (struct config_keep){ .operations = 30, .outbox = 30 };
    group("old", 400, "sent");
    cr_expect_eq(run().alerts, 0);
    left_groups("old");
    w.cfg.keep = (struct config_keep){ .alerts = 90 };
    group("younger", 89, "sent");
    cr_expect_eq(run().alerts, 1);
    left_groups("younger");
}

/* ---- a history that never ends --------------------------------------------- */

/* Fires again n times, and each time it is over. */
static void flaps(const char *key, int n)
{
    put("insert into opsbot.alert_history (\"group\", reason, n, at)"
        " select g.id, r.reason, i, now() - interval '60 days'"
        " from opsbot.alert_groups g, generate_series(1, %d) i,"
        "  (values (1, 'flapping'), (2, 'resolved')) r (place, reason)"
        " where g.key = '%s' order by i, r.place;"
        "update opsbot.alert_groups set version = version + 2 * %d"
        " where key = '%s'",
        n, key, n, key);
}

#define OF(key)                                                                \
    " from opsbot.alert_history h join opsbot.alert_groups g"                  \
    " on g.id = h.\"group\" where g.key = '" key "'"

Test(retention_alerts, of_one_that_flaps_for_months_the_newest_lines_stay)
{
    group("flaps", -1, "sent");
    group("calm", -1, "sent");
    put("insert into opsbot.alert_history (\"group\", reason, actor)"
        " select id, 'acked', 'U0ANN' from opsbot.alert_groups");
    flaps("flaps", 1700);
    flaps("calm", 400);
    run();
    left("all of it", "select count(*)::text" OF("flaps"), "1004");
    left("the first of each kind",
         "select string_agg(h.reason || h.n, ',' order by h.id)" OF(
             "flaps") " and h.n < 2",
         "first0,acked0,flapping1,resolved1");
    left("the newest",
         "select min(h.n)::text || '-' || max(h.n)" OF("flaps") " and h.n > 1",
         "1201-1700");
    left("a shorter one", "select count(*)::text" OF("calm"), "802");
    left_groups("calm,flaps");
    left("alerts", "select count(*)::text from opsbot.alerts where firing",
         "2");
    left("cards", "select count(*)::text from opsbot.outbox", "2");
    run();
    left("twice", "select count(*)::text" OF("flaps"), "1004");
}

/* It was over when it was looked at, and will fire again. */
Test(retention_alerts, one_that_is_over_at_this_moment_flaps_too)
{
    group("flaps", 0, "sent");
    flaps("flaps", 1000);
    run();
    left("all of it", "select count(*)::text" OF("flaps"), "1003");
    left_groups("flaps");
}

Test(retention_alerts, what_is_kept_for_ever_has_all_its_history)
{
    w.cfg.keep = (struct config_keep){ 0 };
    group("flaps", -1, "sent");
    flaps("flaps", 1000);
    run();
    left("all of it", "select count(*)::text" OF("flaps"), "2001");
}

Test(retention_alerts, a_card_that_waits_keeps_its_group)
{
    group("old", 31, "waiting");
    run();
    left_groups("old");
}

Test(retention_alerts, of_an_open_group_what_has_been_over_goes)
{
    group("open", -1, "sent");
    put("insert into opsbot.alerts (\"group\", fingerprint, event, severity,"
        " firing, title, at, ended) select id, 'gone', 'e', 1, false, 't',"
        " now(), now() - interval '31 days' from opsbot.alert_groups");
    cr_expect_eq(run().alerts, 1);
    left("alerts", "select string_agg(fingerprint, ',') from opsbot.alerts",
         "f");
    left_groups("open");
}

Test(retention_alerts, news_pages_silences_and_overrides)
{
    put("insert into opsbot.alert_news (id, at) values"
        " ('old', now() - interval '31 days'), ('young', now());"
        "insert into opsbot.alert_traces (trace, \"group\", at) values"
        " ('old', 1, now() - interval '31 days'), ('young', 1, now());"
        "insert into opsbot.alert_over (fingerprint, ended) values"
        " ('old', now() - interval '31 days'), ('young', now());"
        "insert into opsbot.pages (key, target, body, state, give_up_at,"
        " created_at) values ('old', 't', 'b', 'sent', now(),"
        "  now() - interval '31 days'), ('waits', 't', 'b', 'waiting', now(),"
        "  now() - interval '31 days');"
        "insert into opsbot.silences (op, matchers, made_by, reason, until,"
        " settled) values ('old', '[]', 'U', 'r', now() - interval '31 days',"
        " true), ('open', '[]', 'U', 'r', now() - interval '31 days', false);"
        "insert into opsbot.oncall_overrides (op, rotation, member, made_by,"
        " since, until) values ('old', 'r', 'U', 'U', now(),"
        " now() - interval '31 days'), ('now', 'r', 'U', 'U', now(),"
        " now() + interval '1 hour')");
    run();
    left("news", "select string_agg(id, ',') from opsbot.alert_news", "young");
    left("traces", "select string_agg(trace, ',') from opsbot.alert_traces",
         "young");
    left("ends", "select string_agg(fingerprint, ',') from opsbot.alert_over",
         "young");
    left("pages", "select string_agg(key, ',') from opsbot.pages", "waits");
    left("silences", "select string_agg(op, ',') from opsbot.silences", "open");
    left("overrides", "select string_agg(op, ',') from opsbot.oncall_overrides",
         "now");
}

Test(retention_alerts, storms_and_roll_calls)
{
    group("folded", -1, "sent");
    put("insert into opsbot.alert_storms (op, channel, began_at, ended_at)"
        " values ('old', 'C', now(), now() - interval '31 days'),"
        " ('folds', 'C2', now(), now() - interval '31 days'),"
        " ('open', 'C3', now(), null);"
        "update opsbot.alert_groups set storm = (select id from"
        " opsbot.alert_storms where op = 'folds');"
        "insert into opsbot.alert_rolls (op, channel, groups, made_at) values"
        " ('old', 'C', '[]', now() - interval '31 days'),"
        " ('young', 'C', '[]', now())");
    run();
    left("storms",
         "select string_agg(op, ',' order by op) from opsbot.alert_storms",
         "folds,open");
    left("rolls", "select string_agg(op, ',') from opsbot.alert_rolls",
         "young");
}

/* What came during a storm goes after the storm. */
Test(retention_alerts, what_came_during_a_storm)
{
    put("insert into opsbot.alert_storms (op, channel, began_at, ended_at)"
        " values ('old', 'C', now(), now() - interval '31 days'),"
        " ('open', 'C2', now() - interval '31 days', null);"
        "insert into opsbot.alert_fresh (channel, op, severity, storm, at)"
        " select 'C', 'of-' || op, 2, id, now() - interval '31 days'"
        " from opsbot.alert_storms;"
        "insert into opsbot.alert_fresh (channel, op, severity, storm, at)"
        " values ('C', 'young', 2, 4711, now())");
    run();
    left("fresh",
         "select string_agg(op, ',' order by op) from opsbot.alert_fresh",
         "of-open,young");
}

Test(retention_alerts, channels_that_were_away)
{
    put("insert into opsbot.alert_aways (op, channel, began_at, ended_at)"
        " values ('old', 'C', now(), now() - interval '31 days'),"
        " ('posts', 'C', now(), now() - interval '31 days'),"
        " ('young', 'C', now(), now()),"
        " ('away', 'C', now() - interval '31 days', null);"
        "insert into opsbot.outbox (op, channel, body, thing, state)"
        " select 'o', 'C', '{}', 'away:' || id, 'waiting'"
        " from opsbot.alert_aways where op = 'posts'");
    run();
    left("aways",
         "select string_agg(op, ',' order by op) from opsbot.alert_aways",
         "away,posts,young");
}

/* What runs is known however long ago it was deployed. */
Test(retention_alerts, the_last_deployment_of_a_service_stays)
{
    put("insert into opsbot.deploys (op, service, at) values"
        " ('pay1', 'pay', now() - interval '60 days'),"
        " ('pay2', 'pay', now() - interval '50 days'),"
        " ('api1', 'api', now() - interval '40 days'),"
        " ('api2', 'api', now() - interval '1 day')");
    run();
    left("deploys",
         "select string_agg(op, ',' order by op) from"
         " opsbot.deploys",
         "api2,pay2");
}

Test(retention_alerts, causes_go_when_they_were_not_seen_for_as_long_as_audit)
{
    put("insert into opsbot.dlq_causes (stream, cause, fresh, seen) values"
        " ('s', 'old', false, now() - interval '401 days'),"
        " ('s', 'seen', false, now() - interval '399 days'),"
        " ('s', 'fresh', true, now() - interval '401 days')");
    run();
    left("causes",
         "select string_agg(cause, ',' order by cause) from"
         " opsbot.dlq_causes",
         "fresh,seen");
}

Test(retention_alerts, many_go_in_pieces)
{
    put("insert into opsbot.alert_news (id, at) select 'n' || i,"
        " now() - interval '31 days' from generate_series(1, 2500) i");
    run();
    left("news", "select count(*)::text from opsbot.alert_news", "0");
}

Test(retention_alerts, of_no_days_all_is_kept)
{
    w.cfg.keep = (struct config_keep){ 0 };
    group("old", 900, "sent");
    cr_expect_eq(run().alerts, 0);
    left_groups("old");
}

/* incident: opened, updated and resolved, once each, with their records. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/incident.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct incident_done done;

static char *headline(const struct config *cfg, const struct incident *i)
{
    (void)cfg;
    return xasprintf("{\"text\":\"INC-%lld %s\"}", (long long)i->number,
                     i->title);
}

static char *line(const struct config *cfg, const struct incident *i,
                  const struct incident_event *event)
{
    (void)cfg;
    (void)i;
    return xasprintf("{\"text\":\"%s: %s\"}", event->actor, event->text);
}

static struct incident_world with(struct db *db)
{
    return (struct incident_world){ .db = db,
                                    .config = &w.cfg,
                                    .response_url = "https://x/1",
                                    .headline = headline,
                                    .line = line };
}

static void start(void)
{
    world_start(&w, WITH_POSTGRES);
}

static void stop(void)
{
    incident_dispose(&done.incident);
    world_stop(&w);
}

TestSuite(incident, .init = start, .fini = stop);

/* ---- doing it ---------------------------------------------------------------- */

static bool open_as(const char *op, const char *title, int minutes)
{
    struct act act = act_of(op, "incident open");
    struct incident_world world = with(w.db);
    struct incident_new want = { INCIDENT_P1, title, "eu", minutes };

    incident_dispose(&done.incident);
    return incident_open(&world, &act, &want, &done, &w.err);
}

static bool update_as(const char *op, const char *user, int64_t number,
                      const char *text, int minutes)
{
    struct act act = act_of(op, "incident update");
    struct incident_world world = with(w.db);

    act.user = user;
    incident_dispose(&done.incident);
    return incident_update(&world, &act, number, text, minutes, &done, &w.err);
}

static bool resolve_as(const char *op, const char *user, int64_t number)
{
    struct act act = act_of(op, "incident resolve");
    struct incident_world world = with(w.db);

    act.user = user;
    incident_dispose(&done.incident);
    return incident_resolve(&world, &act, number, "mended", &done, &w.err);
}

#define OPENED(op, title) cr_assert(open_as(op, title, 0), "%s", w.err.text)

static int64_t number(const char *query)
{
    return look_number(&w.s, query);
}

static void run(const char *statement)
{
    free(look_text(&w.s, statement));
}

static int64_t rows(const char *table)
{
    char query[80];

    snprintf(query, sizeof query, "select count(*) from opsbot.%s", table);
    return number(query);
}

/* ---- words --------------------------------------------------------------------- */

Test(incident_words, severities_have_two_names)
{
    static const struct {
        const char *typed;
        enum incident_severity is;
    } cases[] = { { "P0", INCIDENT_P0 },   { "critical", INCIDENT_P0 },
                  { "p1", INCIDENT_P1 },   { "HIGH", INCIDENT_P1 },
                  { "P2", INCIDENT_P2 },   { "warning", INCIDENT_P2 },
                  { "Info", INCIDENT_P3 }, { "p3", INCIDENT_P3 } };
    enum incident_severity got;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect(incident_severity_from(cases[i].typed, &got, &w.err));
        cr_expect_eq(got, cases[i].is, "%s", cases[i].typed);
    }
    cr_expect_not(incident_severity_from("", &got, &w.err));
    cr_expect_not(incident_severity_from("P4", &got, &w.err));
    cr_expect_str_eq(w.err.text,
                     "`P4` is no severity: `P0` (critical), `P1` (high), `P2` "
                     "(warning) or `P3` (info)");
}

Test(incident_words, numbers_are_typed_in_several_ways)
{
    static const char *const bad[] = { "",
                                       "0",
                                       "-1",
                                       "INC",
                                       "INC-",
                                       "12x",
                                       "1.5",
                                       "incident",
                                       "x12",
                                       "INC--1",
                                       "+1",
                                       " 1",
                                       "99999999999999999999" };
    int64_t n;

    cr_expect(incident_number("INC-12", &n, &w.err) && n == 12);
    cr_expect(incident_number("inc12", &n, &w.err) && n == 12);
    cr_expect(incident_number("12", &n, &w.err) && n == 12);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(incident_number(bad[i], &n, &w.err), "%s", bad[i]);
}

Test(incident_words, a_promise_is_minutes_or_none)
{
    static const char *const bad[] = { "",     "0",       "-5m", "5s",
                                       "1d",   "2x",      "m",   "25h",
                                       "1441", "9999999", " 5",  "5 m" };
    int n;

    cr_expect(incident_due("30m", &n, &w.err) && n == 30);
    cr_expect(incident_due("30", &n, &w.err) && n == 30);
    cr_expect(incident_due("2h", &n, &w.err) && n == 120);
    cr_expect(incident_due("15min", &n, &w.err) && n == 15);
    cr_expect(incident_due("24h", &n, &w.err) && n == INCIDENT_DUE_MOST);
    cr_expect(incident_due("None", &n, &w.err) && n == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(incident_due(bad[i], &n, &w.err), "%s", bad[i]);
}

Test(incident_words, its_headline_goes_where_it_is_configured)
{
    char a[] = "C0INC", b[] = "C0OPS", none[] = "";

    cr_expect_str_eq(incident_channel(&w.cfg, "C0ASKED"), "C0ASKED");
    w.cfg.channels.ops = b;
    cr_expect_str_eq(incident_channel(&w.cfg, "C0ASKED"), "C0OPS");
    w.cfg.channels.incidents = a;
    cr_expect_str_eq(incident_channel(&w.cfg, "C0ASKED"), "C0INC");
    w.cfg.channels.incidents = w.cfg.channels.ops = none;
    cr_expect_str_eq(incident_channel(&w.cfg, ""), "");
    w.cfg.channels.incidents = w.cfg.channels.ops = NULL;
}

/* ---- open ------------------------------------------------------------------------ */

Test(incident, opened_with_all_its_records)
{
    cr_assert(open_as("OP1", "down", 30), "%s", w.err.text);
    cr_expect_eq(done.result, INCIDENT_DONE);
    cr_expect_eq(done.incident.number, 1);
    cr_expect_eq(done.incident.severity, INCIDENT_P1);
    cr_expect_str_eq(done.incident.title, "down");
    cr_expect_str_eq(done.incident.impact, "eu");
    cr_expect_str_eq(done.incident.channel, "C0OPS");
    cr_expect_str_eq(done.incident.opened_by, "U0ANN");
    cr_expect_not(done.incident.resolved);
    cr_expect_eq(done.incident.due_at - done.incident.opened_at, 30 * 60000);
    cr_expect_eq(number("select count(*) from opsbot.operations where id ="
                        " 'OP1' and state = 'done' and outcome->>'incident' ="
                        " '1'"),
                 1);
    cr_expect_eq(number("select count(*) from opsbot.audit_events where"
                        " operation = 'OP1' and kind = 'outcome' and outcome ="
                        " 'ok'"),
                 1);
    cr_expect_eq(number("select count(*) from opsbot.outbox where thing ="
                        " 'incident:1' and channel = 'C0OPS' and response_url"
                        " = 'https://x/1' and body = '{\"text\":\"INC-1"
                        " down\"}'"),
                 1);
    cr_expect_eq(rows("incident_events"), 1);
}

/* The operation is the key: no number is burnt, nothing is done again. */
Test(incident, the_same_operation_is_one)
{
    OPENED("OP1", "down");
    OPENED("OP1", "something else");
    cr_expect_eq(done.result, INCIDENT_BEFORE);
    cr_expect_eq(done.incident.number, 1);
    cr_expect_str_eq(done.incident.title, "down");
    OPENED("OP2", "next");
    cr_expect_eq(done.incident.number, 2);
    cr_expect_eq(rows("incidents"), 2);
    cr_expect_eq(rows("incident_events"), 2);
}

Test(incident, without_a_channel_it_has_no_headline)
{
    struct act act = act_of("OP1", "incident open");
    struct incident_world world = with(w.db);
    struct incident_new want = { INCIDENT_P0, "home", "", 0 };

    act.channel = "";
    cr_assert(incident_open(&world, &act, &want, &done, &w.err));
    incident_dispose(&done.incident);
    cr_assert(update_as("OP2", "U0ANN", 1, "x", -1));
    cr_expect_eq(done.result, INCIDENT_DONE);
    cr_expect_eq(rows("outbox"), 0);
}

/* Somewhere else its response URL would put it where it was asked. */
Test(incident, elsewhere_it_has_no_response_url)
{
    char channel[] = "C0INC";

    w.cfg.channels.incidents = channel;
    OPENED("OP1", "down");
    w.cfg.channels.incidents = NULL;
    cr_expect_eq(number("select count(*) from opsbot.outbox where channel ="
                        " 'C0INC' and response_url = ''"),
                 1);
}

/* ---- update ----------------------------------------------------------------------- */

Test(incident, an_update_is_a_line_and_an_edit)
{
    cr_assert(open_as("OP1", "down", 30));
    cr_assert(update_as("OP2", "U0BOB", 1, "found", -1), "%s", w.err.text);
    cr_expect_eq(done.result, INCIDENT_DONE);
    cr_expect_str_eq(done.incident.update, "found");
    cr_expect_str_eq(done.incident.updated_by, "U0BOB");
    cr_expect_eq(done.incident.due_at - done.incident.updated_at, 30 * 60000,
                 "as promised before");
    cr_expect_eq(number("select wanted from opsbot.outbox where thing ="
                        " 'incident:1'"),
                 2);
    cr_expect_eq(number("select count(*) from opsbot.outbox l join"
                        " opsbot.outbox h on l.thread_of = h.id where l.op ="
                        " 'OP2' and h.thing = 'incident:1' and l.body ="
                        " '{\"text\":\"U0BOB: found\"}'"),
                 1);
    cr_assert(update_as("OP3", "U0BOB", 1, "calm", 0));
    cr_expect_eq(done.incident.due_at, 0);
    cr_assert(update_as("OP3", "U0BOB", 1, "calm", 0));
    cr_expect_eq(done.result, INCIDENT_BEFORE);
    cr_assert(update_as("OP4", "U0BOB", 7, "x", -1));
    cr_expect_eq(done.result, INCIDENT_UNKNOWN);
    cr_expect_eq(rows("incident_events"), 3);
    cr_expect_eq(rows("operations"), 3, "what was refused is none");
}

/* What retention took away after a month is posted anew. */
Test(incident, a_headline_that_is_gone_comes_back)
{
    OPENED("OP1", "down");
    run("delete from opsbot.outbox");
    cr_assert(update_as("OP2", "U0BOB", 1, "still", -1), "%s", w.err.text);
    cr_expect_eq(number("select count(*) from opsbot.outbox where thing ="
                        " 'incident:1' and op = 'OP1'"),
                 1);
    cr_expect_eq(number("select count(*) from opsbot.outbox where op = 'OP2'"
                        " and thread_of is not null"),
                 1);
}

/* ---- resolve ----------------------------------------------------------------------- */

Test(incident, resolved_is_over)
{
    cr_assert(open_as("OP1", "down", 15));
    cr_assert(resolve_as("OP2", "U0BOB", 1), "%s", w.err.text);
    cr_expect_eq(done.result, INCIDENT_DONE);
    cr_expect(done.incident.resolved);
    cr_expect_str_eq(done.incident.resolution, "mended");
    cr_expect_eq(done.incident.due_at, 0);
    cr_expect_geq(done.incident.resolved_at, done.incident.opened_at);
    cr_assert(resolve_as("OP2", "U0BOB", 1));
    cr_expect_eq(done.result, INCIDENT_BEFORE);
    cr_assert(resolve_as("OP3", "U0CAT", 1));
    cr_expect_eq(done.result, INCIDENT_OVER);
    cr_expect_str_eq(done.incident.resolved_by, "U0BOB");
    cr_assert(update_as("OP4", "U0CAT", 1, "x", -1));
    cr_expect_eq(done.result, INCIDENT_OVER);
    cr_expect_eq(rows("incident_events"), 2);
    cr_expect_eq(rows("operations"), 2);
}

struct racer {
    pthread_t thread;
    const char *op;
    struct incident_done done;
    bool ok;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct db *db = stores_db(&w.s);
    struct act act = act_of(r->op, "incident resolve");
    struct incident_world world = with(db);
    struct err err = { 0 };

    db_deadline(db, 20000);
    r->ok = incident_resolve(&world, &act, 1, "by me", &r->done, &err);
    incident_dispose(&r->done.incident);
    db_free(db);
    return NULL;
}

/* Four at once, two of them the same operation. */
Test(incident, of_many_at_once_one_resolves)
{
    struct racer racers[] = {
        { .op = "A" }, { .op = "B" }, { .op = "C" }, { .op = "C" }
    };
    int first = 0;

    OPENED("OP1", "down");
    for (size_t i = 0; i < 4; i++)
        pthread_create(&racers[i].thread, NULL, race, &racers[i]);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(racers[i].thread, NULL);
        cr_expect(racers[i].ok);
        first += racers[i].done.result == INCIDENT_DONE;
    }
    cr_expect_eq(first, 1);
    cr_expect_eq(number("select count(*) from opsbot.incident_events where"
                        " kind = 'resolved'"),
                 1);
}

/* ---- looking ------------------------------------------------------------------------ */

Test(incident, the_list_has_open_ones_first)
{
    struct incident_list list;

    OPENED("OP1", "a");
    OPENED("OP2", "b");
    OPENED("OP3", "c");
    run("update opsbot.incidents set severity = 0 where id = 1");
    cr_assert(resolve_as("OP4", "U0BOB", 3));
    cr_assert(incident_list(w.db, true, 0, 2, &list, &w.err));
    cr_expect_eq(list.open, 2);
    cr_expect_eq(list.closed, 1);
    cr_expect_eq(list.count, 2);
    cr_expect(list.more);
    cr_expect_eq(list.items[0].number, 1);
    cr_expect_eq(list.items[1].number, 2);
    incident_list_dispose(&list);
    cr_assert(incident_list(w.db, true, 2, 2, &list, &w.err));
    cr_expect_eq(list.count, 1);
    cr_expect_not(list.more);
    cr_expect(list.items[0].resolved);
    incident_list_dispose(&list);
    cr_assert(incident_list(w.db, false, 0, 10, &list, &w.err));
    cr_expect_eq(list.count, 2);
    incident_list_dispose(&list);
}

Test(incident, the_timeline_is_newest_first_and_only_added_to)
{
    static const char *const forbidden[] = {
        "update opsbot.incident_events set text = 'x'",
        "delete from opsbot.incident_events", "truncate opsbot.incident_events"
    };
    struct incident_timeline t;
    struct err err;

    OPENED("OP1", "a");
    cr_assert(update_as("OP2", "U0BOB", 1, "b", -1));
    cr_assert(incident_timeline(w.db, 1, 0, 1, &t, &w.err));
    cr_expect_eq(t.count, 1);
    cr_expect(t.more);
    cr_expect_eq(t.items[0].kind, INCIDENT_UPDATED);
    cr_expect_str_eq(t.items[0].text, "b");
    incident_timeline_dispose(&t);
    for (size_t i = 0; i < 3; i++)
        cr_expect_not(db_script(w.db, "test", forbidden[i], &err));
    cr_expect_eq(rows("incident_events"), 2);
}

Test(incident, without_postgres_nothing_is_recorded)
{
    part_stop(w.s.harness, PART_POSTGRES);
    db_deadline(w.db, 300);
    cr_expect_not(open_as("OP1", "down", 0));
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_expect_not(update_as("OP1", "U0BOB", 1, "x", -1));
    cr_expect_eq(w.err.kind, ERR_DB);
}

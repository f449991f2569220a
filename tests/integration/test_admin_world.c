/*
 * The admin API when much, or nothing, goes as it should: many at once, the
 * same request at once, stores away, a crash and a stop in the middle.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/admin.h"

#define CLIENTS 64
#define SAME    8

static struct harness *h;

static const char yaml[] = "channels: {ops: C0OPS}\n"
                           "streams: [{name: orders}]\n"
                           "halt: {scopes: [trading]}\n"
                           "http: {admin_rate: 1000}\n";

static void start(void)
{
    h = harness_start(&(struct harness_options){ .yaml = yaml });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(admin_world, .init = start, .fini = stop, .timeout = 240);

/* ---- at once --------------------------------------------------------------- */

/* One request on a thread of its own. */
struct client {
    pthread_t thread;
    const char *method, *path;
    struct admin_ask ask;
    char body[64];
    struct admin_reply reply;
    atomic_bool over;
};

static void *run(void *arg)
{
    struct client *c = arg;

    c->reply = admin_call(h, c->method, c->path, &c->ask);
    atomic_store(&c->over, true);
    return NULL;
}

static void go(struct client *c)
{
    cr_assert_eq(pthread_create(&c->thread, NULL, run, c), 0);
}

static void come_back(struct client *c)
{
    pthread_join(c->thread, NULL);
}

static const char requeue[] = "/admin/dlq/orders/requeue";

Test(admin_world, many_clients_at_once)
{
    static const char *const reads[] = { "/admin/dlq",    "/admin/halts",
                                         "/admin/whoami", "/admin/streams",
                                         "/admin/audit",  "/admin/incidents" };
    struct client *all = xcalloc(2 * CLIENTS, sizeof *all);

    dead_letters(h, "orders", CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        struct client *w = &all[2 * i], *r = &all[2 * i + 1];

        snprintf(w->body, sizeof w->body, "{\"ids\":[\"1700000000000-%d\"]}",
                 i + 1);
        w->method = "POST";
        w->path = requeue;
        w->ask.body = w->body;
        r->method = "GET";
        r->path = reads[(size_t)i % (sizeof reads / sizeof *reads)];
        go(w);
        go(r);
    }
    for (int i = 0; i < 2 * CLIENTS; i++) {
        come_back(&all[i]);
        cr_expect_eq(all[i].reply.status, 200, "%s: %ld %s", all[i].path,
                     all[i].reply.status, all[i].reply.body);
        admin_reply_free(&all[i].reply);
    }
    free(all);
    cr_expect_eq(redis_number(h, "XLEN orders"), CLIENTS);
    cr_expect_eq(redis_number(h, "XLEN orders.dlq"), 0);
    wait_sql(h, 2 * CLIENTS, COMES_MS,
             "select count(*) from opsbot.audit_events where via = 'admin' and"
             " kind <> 'attempt'");
}

/* However it falls, one did it, and the others say so. */
static void once(const char *path, const char *body)
{
    struct client all[SAME] = { 0 };
    int done = 0, already = 0;

    for (int i = 0; i < SAME; i++) {
        all[i] = (struct client){ .method = "POST", .path = path };
        all[i].ask = (struct admin_ask){ .body = body, .key = "same" };
        go(&all[i]);
    }
    for (int i = 0; i < SAME; i++) {
        come_back(&all[i]);
        cr_expect_eq(all[i].reply.status, 200, "%s", all[i].reply.body);
        done += strcmp(json_at(all[i].reply.json, "outcome"), "ok") == 0;
        already +=
            strcmp(json_at(all[i].reply.json, "outcome"), "already") == 0;
        cr_expect_str_eq(json_at(all[i].reply.json, "op"),
                         json_at(all[0].reply.json, "op"));
    }
    for (int i = 0; i < SAME; i++)
        admin_reply_free(&all[i].reply);
    cr_expect_eq(done, 1, "%s: %d", path, done);
    cr_expect_eq(already, SAME - 1, "%s: %d", path, already);
}

Test(admin_world, the_same_request_at_once_is_done_once)
{
    dead_letters(h, "orders", 2);
    once(requeue, "{\"ids\":[\"1700000000000-1\"]}");
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    once("/admin/incidents", "{\"severity\":\"P2\",\"title\":\"slow\"}");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents"), 1);
    once("/admin/halts", "{\"scope\":\"trading\",\"reason\":\"x\"}");
    cr_expect_eq(redis_number(h, "XLEN ops.control"), 1);
    once("/admin/dlq/orders/discard", "{\"ids\":[\"1700000000000-2\"]}");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.jobs"), 1);
    wait_settled(h, COMES_MS);
}

/* ---- stores away ----------------------------------------------------------- */

static void away(const char *method, const char *path, const char *body,
                 const char *kind)
{
    json_t *r = admin_json(h, 503, method, path, body);

    cr_expect_str_eq(json_at(r, "error.kind"), kind, "%s", path);
}

Test(admin_world, without_redis)
{
    dead_letters(h, "orders", 1);
    part_kill(h, PART_REDIS);
    away("GET", "/admin/halts", NULL, "redis");
    away("GET", "/admin/dlq", NULL, "redis");
    away("POST", requeue, "{\"ids\":[\"1700000000000-1\"]}", "redis");
    admin_json(h, 200, "GET", "/admin/whoami", NULL);
    admin_json(h, 200, "GET", "/admin/audit", NULL);
    part_start(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"up\"", COMES_MS);
    admin_json(h, 200, "GET", "/admin/halts", NULL);
}

Test(admin_world, without_postgres_a_halt_still_halts)
{
    json_t *r;

    part_kill(h, PART_POSTGRES);
    away("GET", "/admin/audit", NULL, "postgres");
    away("POST", "/admin/incidents", "{\"severity\":\"P1\",\"title\":\"x\"}",
         "postgres");
    admin_json(h, 200, "GET", "/admin/dlq", NULL);
    r = admin_json(h, 200, "POST", "/admin/halts",
                   "{\"scope\":\"trading\",\"reason\":\"no Postgres\"}");
    cr_expect_str_eq(json_at(r, "command"), "halt");
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:trading"), 1);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'halt'"
             " and kind = 'outcome' and actor = 'unix:root'");
    wait_settled(h, COMES_MS);
}

Test(admin_world, without_both_a_halt_is_written_down)
{
    part_kill(h, PART_POSTGRES);
    part_kill(h, PART_REDIS);
    admin_json(h, 200, "POST", "/admin/halts",
               "{\"scope\":\"trading\",\"reason\":\"nothing is there\"}");
    admin_json(h, 200, "GET", "/admin/version", NULL);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:trading");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'halt'"
             " and kind = 'outcome' and via = 'admin'");
    wait_settled(h, COMES_MS);
}

/* ---- in the middle --------------------------------------------------------- */

static bool waits_for_lock(void *arg)
{
    (void)arg;
    return sql_number(h, "select count(*) from pg_locks where not granted") > 0;
}

static struct client stuck;

/* One that opens an incident, and waits for Postgres meanwhile. */
static struct table_lock *get_stuck(void)
{
    struct table_lock *lock = table_lock(h, "incidents");

    stuck = (struct client){ .method = "POST", .path = "/admin/incidents" };
    stuck.ask =
        (struct admin_ask){ .key = "k",
                            .body = "{\"severity\":\"P1\",\"title\":\"x\"}" };
    go(&stuck);
    wait_until(waits_for_lock, NULL, COMES_MS, "the incident to wait");
    return lock;
}

Test(admin_world, after_a_crash_the_same_key_is_done_once)
{
    struct table_lock *lock = get_stuck();
    struct admin_reply r;

    opsbot_kill9(h->bot);
    come_back(&stuck);
    cr_expect_eq(stuck.reply.status, 0, "the connection is closed");
    admin_reply_free(&stuck.reply);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    for (int i = 0; i < 2; i++) {
        r = admin_call(h, "POST", stuck.path, &stuck.ask);
        cr_expect_eq(r.status, 200, "%s", r.body);
        admin_reply_free(&r);
    }
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents"), 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.operations"), 1);
    wait_settled(h, COMES_MS);
}

/* Done, and the answer lost: the one that asks again hears of it. */
Test(admin_world, after_a_crash_what_was_done_is_told)
{
    const struct admin_ask ask = { .body = "{\"ids\":[\"1700000000000-1\"]}",
                                   .key = "k" };
    struct admin_reply r;

    dead_letters(h, "orders", 1);
    r = admin_call(h, "POST", requeue, &ask);
    cr_expect_eq(r.status, 200);
    admin_reply_free(&r);
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    r = admin_call(h, "POST", requeue, &ask);
    cr_expect_eq(r.status, 200);
    cr_expect_str_eq(json_at(r.json, "outcome"), "already");
    admin_reply_free(&r);
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    wait_settled(h, COMES_MS);
}

/* By another replica, too. */
Test(admin_world, two_replicas_do_one_request_once)
{
    struct opsbot *second = opsbot_start(h, NULL);
    struct admin_ask ask = { .body = "{\"ids\":[\"1700000000000-1\"]}",
                             .key = "k" };
    struct admin_reply r;

    opsbot_wait_ready(second);
    dead_letters(h, "orders", 1);
    r = admin_call(h, "POST", requeue, &ask);
    cr_expect_str_eq(json_at(r.json, "outcome"), "ok");
    admin_reply_free(&r);
    ask.bot = 2;
    r = admin_call(h, "POST", requeue, &ask);
    cr_expect_str_eq(json_at(r.json, "outcome"), "already", "%s", r.body);
    admin_reply_free(&r);
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    wait_settled(h, COMES_MS);
}

static bool turns_away(void *arg)
{
    struct admin_reply r = admin_call(h, "GET", "/admin/version", NULL);
    bool away = r.status != 200;

    (void)arg;
    cr_assert(r.status == 200 || r.status == 503 || r.status == 0, "%ld",
              r.status);
    admin_reply_free(&r);
    return away;
}

Test(admin_world, what_is_in_flight_at_a_stop_is_answered)
{
    struct table_lock *lock = get_stuck();

    opsbot_signal(h->bot, SIGTERM);
    wait_until(turns_away, NULL, COMES_MS, "newcomers to be turned away");
    table_unlock(lock);
    come_back(&stuck);
    /* Postgres has 2 s for each statement: it may have been given up. */
    cr_expect(stuck.reply.status == 200 || stuck.reply.status == 503, "%ld %s",
              stuck.reply.status, stuck.reply.body);
    cr_expect(json_is_object(json_object_get(stuck.reply.json, "card")), "%s",
              stuck.reply.body);
    admin_reply_free(&stuck.reply);
    cr_expect_eq(opsbot_stop(h->bot, COMES_MS), 0);
}

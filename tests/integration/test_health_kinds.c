/*
 * Every kind of health check in one bot, each of something that is well and
 * of something that is not; and a heartbeat's calls, as they come by HTTP.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/core/check/peer.h"
#include "tests/integration/healthy.h"

#define SECRET "nightly-backup-calls-this"

static const char *const kinds[] = { "http",      "tls",        "tcp",
                                     "postgres",  "redis",      "stream",
                                     "websocket", "prometheus", "secrets",
                                     "heartbeat" };
#define KINDS (sizeof kinds / sizeof *kinds)

/* ---- what is asked ------------------------------------------------------------- */

#define VALUE(v)                                                               \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":"  \
    "[1435781451.781,\"" v "\"]}}"

/* A service, a WebSocket and a Prometheus. */
static void serves(struct peer_conn *c, void *arg)
{
    const char *head;

    (void)arg;
    while ((head = peer_head(c))) {
        if (strncmp(head, "GET /feed ", 10) == 0)
            peer_upgrade(c, head);
        else if (strstr(head, "/api/v1/query"))
            peer_answer(c, 200, VALUE("0.25"));
        else
            peer_answer(c, strncmp(head, "GET /well ", 10) ? 503 : 200, "{}");
    }
}

static void stays(struct peer_conn *c, void *arg)
{
    char byte;

    (void)arg;
    peer_read(c, &byte, 1);
}

static struct peer *shows(const char *name, long from, long until)
{
    struct peer_options options = { .script = stays };

    certificate_make(
        &(struct certificate){ name, "IP:127.0.0.1", "ca", from, until });
    options.cert = certificate_file(name, ".pem");
    options.key = certificate_file(name, ".key");
    return peer_start(&options);
}

/* ---- a bot that asks all of it --------------------------------------------------- */

struct world {
    struct healthy bot; /* its harness alone */
    struct peer *service, *valid, *expired;
};

/* Asked now, and hardly ever by themselves; one result decides. */
#define CHECK(id, kind)                                                        \
    "  - id: " id "\n    kind: " kind                                          \
    "\n    interval_s: 3600\n    timeout_ms: 20000\n    fail_after: 1\n"       \
    "    pass_after: 1\n"

static char *config_of(const struct world *w)
{
    const char *ca = certificate_file("ca", ".pem");
    int port = peer_port(w->service);

    return xasprintf(
        "streams:\n  - name: notify.events\nchecks:\n" CHECK(
            "http-well",
            "htt"
            "p") "    url: http://127.0.0.1:%d/well\n" CHECK("http-ill",
                                                             "http") "    url: "
                                                                     "http://"
                                                                     "127.0.0."
                                                                     "1:%d/"
                                                                     "ill"
                                                                     "\n" CHECK("tls-well",
                                                                                "tls") "    "
                                                                                       "url: "
                                                                                       "127.0.0."
                                                                                       "1:%d\n  "
                                                                                       "  ca: "
                                                                                       "%s"
                                                                                       "\n" CHECK("tls-ill", "tls") "    url: 127.0.0.1:%d\n    ca: %s\n" CHECK(
                                                                                           "tcp-well",
                                                                                           "tcp") "    url: 127.0.0.1:%d\n" CHECK("tcp-ill", "tcp") "    url: 127.0.0.1:1\n" CHECK("postgres-well", "postgres") "    query: select 1\n    expect:\n      value: \"1\"\n" CHECK("postgres-ill", "postgres") "    query: select 1\n    expect:\n      value: \"2\"\n" CHECK("redis-well",
                                                                                                                                                                                                                                                                                                                                                                          "redis") "    expect:\n      role: master\n" CHECK("redis-ill",
                                                                                                                                                                                                                                                                                                                                                                                                                             "redis") "    expect:\n      role: replica\n" CHECK("stream-well",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "stream") "    stream: notify.events\n    expect:\n      dead: 3\n" CHECK("stream-ill",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "stream") "    stream: notify.events\n    expect:\n      dead: 2\n" CHECK("websocket-well", "websocket") "    url: ws://127.0.0.1:%d/feed\n" CHECK("websocket-ill", "websocket") "    url: ws://127.0.0.1:%d/ill\n" CHECK("prometheus-well", "prometheus") "    url: http://127.0.0.1:%d\n    query: up\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "    expect:\n      below: 0.5\n" CHECK(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "prometheus-ill", "prometheus") "    url: http://127.0.0.1:%d\n    query: up\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "    expect:\n      below: 0.05\n" CHECK("secrets-well",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "secrets") "    variables: [FEED_KEY]\n" CHECK("secrets-ill",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "secrets") "    files: [/etc/passwd]\n    variables: [FEED_KEY, NO_KEY]\n" CHECK("heartbeat-well",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "heartbeat") "    within_s: 3600\n    secret: " SECRET
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "\n" CHECK(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "heartbeat-ill",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "heartbeat") "    within_s: 1\n    secret: " SECRET
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "-not\n",
        port, port, peer_port(w->valid), ca, peer_port(w->expired), ca, port,
        port, port, port, port);
}

static struct world world_start(void)
{
    static const char *const env[] = { "FEED_KEY=h7Jq2kPz9wXb4", NULL };
    struct world w = { .bot = { .mute = -1 } };

    certificates_start();
    w.service = peer_start(&(struct peer_options){ .script = serves });
    w.valid = shows("valid", -DAY, 40 * DAY);
    w.expired = shows("expired", -9 * DAY, -3 * DAY);
    w.bot.yaml = config_of(&w);
    w.bot.h = harness_start(
        &(struct harness_options){ .yaml = w.bot.yaml, .env = env });
    redis_send(w.bot.h, "XADD notify.events * n 1");
    dead_letters(w.bot.h, "notify.events", 3);
    return w;
}

static void world_stop(struct world *w)
{
    harness_stop(w->bot.h);
    free(w->bot.yaml);
    peer_stop(w->service);
    peer_stop(w->valid);
    peer_stop(w->expired);
    certificates_stop();
}

/* ---- asking ------------------------------------------------------------------------ */

struct wanted {
    struct healthy *bot;
    const char *typed, *shown;
};

/* Asked anew, all is in, and the last answer has it. */
static bool is_shown(void *arg)
{
    const struct wanted *want = arg;
    json_t *answer = healthy_ask(want->bot, want->typed);
    char *text = reply_shown(answer);
    bool yes = strstr(text, want->shown) && !strstr(text, "still being asked");

    free(text);
    json_decref(answer);
    return yes;
}

static void wait_shown(struct healthy *bot, const char *typed,
                       const char *shown)
{
    struct wanted want = { bot, typed, shown };
    char *what = xasprintf("\"%s\" by %s", shown, typed);

    wait_until(is_shown, &want, COMES_MS, what);
    free(what);
}

static void expect_named(const char *text, const char *kind, const char *how)
{
    char *id = xasprintf("%s-%s", kind, how);

    cr_expect(strstr(text, id), "%s is not in: %s", id, text);
    free(id);
}

Test(health_kinds, all_ten_at_once_well_and_ill)
{
    struct world w = world_start();
    json_t *answer;
    char *text;

    wait_shown(&w.bot, "health", "DEGRADED · 10 high of 20");
    answer = healthy_ask(&w.bot, "health");
    text = reply_shown(answer);
    for (size_t i = 0; i < KINDS; i++) {
        expect_named(text, kinds[i], "well");
        expect_named(text, kinds[i], "ill");
    }
    expect_shown(answer, "10 passing: ");
    free(text);
    json_decref(answer);
    world_stop(&w);
}

Test(health_kinds, each_says_what_is_wrong_with_it)
{
    static const char *const said[KINDS] = {
        "HTTP 503, expected 200",
        "its certificate expired 3 d",
        "cannot connect: Connection refused",
        "its query gives 1, expected 2",
        "replica",
        "dead letters 3 &gt; 2",
        "refused the upgrade: HTTP 503",
        "0.25, expected below 0.05",
        "2 of 3: /etc/passwd can be read by everybody, NO_KEY is not set",
        "expected a call every 1 s",
    };
    struct world w = world_start();

    for (size_t i = 0; i < KINDS; i++) {
        char *typed = xasprintf("health %s-ill", kinds[i]);

        wait_shown(&w.bot, typed, said[i]);
        free(typed);
    }
    world_stop(&w);
}

/* ---- a heartbeat -------------------------------------------------------------------- */

static struct healthy heartbeat_start(const char *within)
{
    struct healthy t = { .mute = -1 };

    t.yaml = xasprintf("checks:\n  - id: backup\n    kind: heartbeat\n"
                       "    severity: critical\n    interval_s: 1\n"
                       "    fail_after: 1\n    pass_after: 1\n"
                       "    within_s: %s\n    secret: " SECRET "\n",
                       within);
    t.h = harness_start(&(struct harness_options){ .yaml = t.yaml });
    return t;
}

static void heartbeat_stop(struct healthy *t)
{
    harness_stop(t->h);
    free(t->yaml);
}

struct caller {
    struct harness *h;
    struct opsbot *bot; /* who is called */
};

/* Whatever calls does not wait for being believed. */
static bool calls_until_passing(void *arg)
{
    const struct caller *c = arg;

    cr_expect_eq(opsbot_get(c->bot, "/heartbeat/" SECRET, NULL), 200);
    return sql_number(c->h, "select count(*) from opsbot.check_states where"
                            " check_id = 'backup' and mark = 'passing'") == 1;
}

Test(health_kinds, a_heartbeat_that_stops_and_comes_again)
{
    struct healthy t = heartbeat_start("3");
    struct caller caller = { t.h, t.h->bot };

    healthy_wait(&t, "backup", "failing");
    wait_shown(&t, "health", "UNHEALTHY · 1 critical of 1");
    wait_shown(&t, "health backup", "expected a call every 3 s");
    cr_expect_eq(opsbot_get(t.h->bot, "/heartbeat/" SECRET "x", NULL), 404);
    cr_expect_eq(opsbot_get(t.h->bot, "/heartbeat/", NULL), 404);
    wait_shown(&t, "health", "UNHEALTHY · 1 critical of 1");
    wait_until(calls_until_passing, &caller, COMES_MS, "a heartbeat");
    wait_sql(t.h, 1, COMES_MS,
             "select least(1, count(*)) from opsbot.check_changes where"
             " check_id = 'backup' and from_mark = 'failing' and to_mark ="
             " 'passing' and text like 'silent for %'");
    healthy_wait(&t, "backup", "failing");
    heartbeat_stop(&t);
}

/* Who is called need not be the one that asks. */
Test(health_kinds, a_heartbeat_of_another_replica)
{
    struct healthy t = heartbeat_start("6");
    struct opsbot *other = opsbot_start(t.h, NULL);
    struct caller caller = { t.h, other };

    opsbot_wait_ready(other);
    wait_health(other, "\"leader\":{\"held\":false", COMES_MS);
    healthy_wait(&t, "backup", "failing");
    wait_until(calls_until_passing, &caller, COMES_MS, "a heartbeat");
    cr_expect_eq(sql_number(t.h, "select count(distinct replica) from"
                                 " opsbot.check_results"),
                 1);
    heartbeat_stop(&t);
}

/* reload: SIGHUP while people work, and what it may not take along. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/admin.h"
#include "tests/integration/reloading.h"
#include "tests/integration/urls.h"

#define HEAD "admins: [U0ANN]\n"
#define SHOW "dlq show orders"

static struct harness *h;

static void begin(const char *yaml, const char *const *env)
{
    struct harness_options options = { .yaml = yaml, .env = env };

    h = harness_start(&options);
}

static void stop(void)
{
    harness_stop(h);
    h = NULL;
}

TestSuite(reload, .fini = stop, .timeout = 240);

static void expect_log(const char *text)
{
    opsbot_wait_log(h->bot, text, COMES_MS);
}

static bool metrics_show(const char *text)
{
    char *body;
    bool there;

    opsbot_get(h->bot, "/metrics", &body);
    there = strstr(body, text) != NULL;
    free(body);
    return there;
}

static bool metrics_have(void *arg)
{
    return metrics_show(arg);
}

static void wait_metrics(const char *text)
{
    wait_until(metrics_have, (void *)(uintptr_t)text, COMES_MS, text);
}

/* ---- what takes effect ------------------------------------------------------------- */

Test(reload, a_right_is_granted_and_withdrawn)
{
    begin(HEAD, NULL);
    dead_letters(h, "orders", 1);
    expect_said(h, "U0BOB", "C0OPS", SHOW, "dlq.show");
    reload(h, HEAD
           "roles: [{name: reader, users: [U0BOB], rights: [dlq.show]}]\n");
    expect_log("roles: new reader");
    expect_said(h, "U0BOB", "C0OPS", SHOW, "1700000000000-1");
    reload(h, HEAD);
    expect_said(h, "U0BOB", "C0OPS", SHOW, "roles");
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'reload'"
             " and kind = 'outcome' and via = 'signal' and actor like"
             " 'unix:_%' and detail->'changed'->>0 like 'roles: %'");
}

Test(reload, members_of_a_new_roles_group_are_asked_for_at_once)
{
    begin(HEAD, NULL);
    dead_letters(h, "orders", 1);
    reload(h,
           HEAD "roles: [{name: r, groups: [S0ONCALL], rights: [dlq.show]}]\n");
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.user_groups");
    expect_said(h, "U0BOB", "C0OPS", SHOW, "1700000000000-1");
}

Test(reload, streams_scopes_and_channels_are_new)
{
    begin(HEAD "streams: [{name: orders}]\nhalt: {scopes: [trading]}\n", NULL);
    redis_send(h, "XADD fresh.events * a 1");
    redis_send(h, "XADD fresh.dead * a 1");
    expect_said(h, "U0ANN", "C0OPS", "halt payouts late", "payouts");
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:payouts"), 0);
    reload(h, HEAD "streams: [{name: fresh.events, dlq: fresh.dead}]\n"
                   "halt: {scopes: [payouts]}\nchannels: {ops: C0GENERAL}\n");
    expect_log("streams: new fresh.events; removed orders");
    expect_log("channels.ops: C0GENERAL, was not set");
    expect_said(h, "U0ANN", "C0OPS", "dlq list", "fresh.events");
    expect_said(h, "U0ANN", "C0OPS", "dlq show fresh.events", "a=1");
    free(ask(h, "U0ANN", "C0OPS", "halt payouts late"));
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:payouts");
    wait_posts(h, "C0GENERAL", "payouts", 1);
}

/* ---- checks -------------------------------------------------------------------------- */

Test(reload, checks_come_and_go_and_keep_how_they_stand)
{
    char *since;

    begin(HEAD "checks:\n" CHECK("stays", "PATH") CHECK("goes", "PATH")
              CHECK("turns", "PATH"),
          NULL);
    wait_metrics("opsbot_check_up{check=\"stays\",severity=\"high\"} 1");
    wait_metrics("opsbot_check_up{check=\"goes\",severity=\"high\"} 1");
    wait_metrics("opsbot_check_up{check=\"turns\",severity=\"high\"} 1");
    wait_sql(h, 3, COMES_MS, "select count(*) from opsbot.check_states");
    since = sql(h, "select since from opsbot.check_states where check_id ="
                   " 'stays'");

    reload(h, HEAD "checks:\n" CHECK("comes", "PATH")
                  CHECK("turns", "NO_SUCH_THING") CHECK("stays", "PATH"));
    expect_log("checks: new comes; changed turns; removed goes");
    cr_expect(
        metrics_show("opsbot_check_up{check=\"stays\",severity=\"high\"} 1"),
        "it was never unknown");
    cr_expect_not(metrics_show("check=\"goes\""));
    wait_metrics("opsbot_check_up{check=\"comes\",severity=\"high\"} 1");
    wait_metrics("opsbot_check_up{check=\"turns\",severity=\"high\"} 0");
    expect_said(h, "U0ANN", "C0OPS", "health goes", "There is no check");
    expect_said(h, "U0ANN", "C0OPS", "health comes", "comes");
    {
        char *now = sql(h, "select since from opsbot.check_states where"
                           " check_id = 'stays'");

        cr_expect_str_eq(now, since);
        free(now);
    }
    free(since);

    reload(h, HEAD);
    cr_expect_not(metrics_show("opsbot_check_up{"));
    reload(h, HEAD "checks:\n" CHECK("goes", "PATH"));
    wait_metrics("opsbot_check_up{check=\"goes\",severity=\"high\"} 1");
}

static int listen_here(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
              listen(fd, 100) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

#define SLOW                                                                   \
    "  - {id: slow, kind: http, interval_s: 86400, timeout_ms: 60000,"         \
    " fail_after: 1, url: 'http://127.0.0.1:%d/'}\n"

/* Who asked sees what was asked for, though it is gone in the middle. */
Test(reload, a_round_under_way_has_an_answer)
{
    int port, fd = listen_here(&port), peer;
    char *yaml = xasprintf(HEAD "checks:\n" SLOW, port);
    struct asked asked;
    json_t *answer;

    begin(yaml, NULL);
    close(accept(fd, NULL, NULL)); /* its turn at the start; none comes after */
    wait_metrics("opsbot_check_up{check=\"slow\",severity=\"high\"} 0");
    asked = type_text(h, "U0ANN", "C0OPS", "health");
    peer = accept(fd, NULL, NULL);
    reload(h, HEAD);
    expect_log("checks: removed slow");
    expect_said(h, "U0ANN", "C0OPS", "health slow", "There is no check");
    close(peer);
    answer = wait_answers(h, asked.interaction, 1, COMES_MS);
    expect_shown(answer, "slow");
    json_decref(answer);
    close(fd);
    free(yaml);
}

/* ---- what stays --------------------------------------------------------------------------- */

Test(reload, a_bad_file_leaves_everything_as_it_is)
{
    begin(HEAD, NULL);
    write_yaml(h, "admins: [U0BOB]\nroles:\n  - name: two words\n");
    reload_only(h);
    expect_log("opsbot.yaml:3: roles[0].name: expected a name of one word");
    expect_log("the configuration stays as it was");
    expect_said(h, "U0ANN", "C0OPS", "outbox", "Outbox");
    reload(h, "admins: [U0BOB\n");
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'reload'"
             " and kind = 'refusal' and outcome = 'config'");
    reload(h, "admins: [U0ANN, U0BOB]\n");
    expect_log("admins: new U0BOB");
}

Test(reload, what_needs_a_restart_is_named_and_waits_for_it)
{
    begin(HEAD, NULL);
    reload(h, HEAD "redis: {prefix: 'other:'}\nslack: {command: /other}\n"
                   "http: {admin: 'unix:/nowhere/admin.sock'}\n");
    expect_log("restart wanted for: slack.command, redis.prefix, http.admin");
    wait_health(h->bot,
                "\"restart_wanted\":\"slack.command, redis.prefix, "
                "http.admin\"",
                COMES_MS);
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    cr_expect_eq(redis_number(h, "EXISTS other:inbox"), 0);
    reload(h, HEAD);
    wait_health(h->bot, "\"status\":\"ok\"", COMES_MS);
    {
        char *body;

        opsbot_get(h->bot, "/health", &body);
        cr_expect_null(strstr(body, "restart_wanted"), "%s", body);
        free(body);
    }
}

#define OLD URL_SECRET
#define NEW "canary-signing-secret-number-two"

static char secret_path[] = "/tmp/opsbot-secret-XXXXXX";

static void begin_http(void)
{
    static char variable[80];
    static const char *const env[] = { "SLACK_SIGNING_SECRET=", variable,
                                       NULL };
    int fd = mkstemp(secret_path);

    cr_assert(fd >= 0);
    close(fd);
    write_text(secret_path, OLD "\n");
    snprintf(variable, sizeof variable, "SLACK_SIGNING_SECRET_FILE=%s",
             secret_path);
    h = harness_start(&(struct harness_options){
        .yaml = HEAD, .road = ROAD_HTTP, .env = env });
}

static int signed_by(const char *secret)
{
    char *body = url_command("ping");
    struct url_answer answer;
    int status =
        url_ask(h->bot, &(struct url_request){ .body = body, .secret = secret },
                &answer);

    free(body);
    return status;
}

static void secret_now(const char *text)
{
    write_text(secret_path, text);
    reload_only(h);
}

/* Both while Slack is told of the new one, then that alone. */
Test(reload, a_signing_secret_is_replaced_without_a_gap)
{
    char *log;

    begin_http();
    cr_expect_eq(signed_by(OLD), 200);
    cr_expect_eq(signed_by(NEW), 401);
    secret_now(NEW "," OLD "\n");
    expect_log("slack.signing_secret: changed");
    cr_expect_eq(signed_by(OLD), 200);
    cr_expect_eq(signed_by(NEW), 200);
    secret_now(NEW "\n");
    cr_expect_eq(signed_by(OLD), 401);
    cr_expect_eq(signed_by(NEW), 200);
    secret_now("\n");
    expect_log("it is empty");
    cr_expect_eq(signed_by(NEW), 200, "the one before stays");
    log = opsbot_log(h->bot);
    cr_expect_null(strstr(log, OLD));
    cr_expect_null(strstr(log, NEW));
    free(log);
    unlink(secret_path);
}

static long status_of(const char *token)
{
    struct admin_reply r = admin_call(h, "GET", "/admin/version",
                                      &(struct admin_ask){ .token = token });
    long status = r.status;

    admin_reply_free(&r);
    return status;
}

Test(reload, a_token_of_the_admin_api_is_withdrawn)
{
    begin(HEAD "http: {tokens: [{name: ci, token: 0123456789abcdef}]}\n", NULL);
    cr_expect_eq(status_of("0123456789abcdef"), 200);
    cr_expect_eq(status_of("fedcba9876543210"), 401);
    reload(h, HEAD "http: {tokens: [{name: cd, token: fedcba9876543210}]}\n");
    expect_log("http.tokens: new cd; removed ci");
    cr_expect_eq(status_of("0123456789abcdef"), 401);
    cr_expect_eq(status_of("fedcba9876543210"), 200);
}

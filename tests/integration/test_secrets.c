/*
 * Secrets stay secret (P8): each one that the bot takes is a canary; a bit of
 * everything is done by every door, on good days and on bad ones; and then
 * they are looked for in all that came out. /proc and core files: see
 * test_secrets_memory.c; wrong configurations: test_secrets_config.c.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/admin.h"
#include "tests/integration/incoming.h"
#include "tests/integration/secrets_world.h"
#include "tests/integration/shell.h"
#include "tests/integration/talk.h"
#include "tests/integration/typed.h"
#include "tests/integration/urls.h"

#define ANN "U0ANN"
#define OPS "C0OPS"

static struct secrets_world w;
static struct harness *h; /* of it */

static void stop(void)
{
    secrets_world_stop(&w);
}

TestSuite(secrets, .fini = stop, .timeout = 400);

/* ---- in Slack ------------------------------------------------------------------------ */

static void say_quietly(const char *text)
{
    json_decref(say(h, ANN, OPS, text));
}

/* What people type that should not: some of it is none of ours. */
static void people_type(void)
{
    static const char *const ours[] = { SIGNING, ADMIN, HOOK, REDIS_PASS };
    static const char *const lines[] = { "dlq show %s",
                                         "streams %s",
                                         "halt trading %s",
                                         "incident open P3 %s is out",
                                         "health %s",
                                         "audit --user %s",
                                         "ack trace-1 %s",
                                         "confirm %s",
                                         "dlq requeue %s %s",
                                         "%s",
                                         "streams pending %s %s" };

    say_quietly("dlq show password=" TYPED);
    say_quietly("halt trading token=" TYPED " was stolen");
    say_quietly("incident open P2 \"password\": \"" TYPED "\" is out");
    say_quietly("ack trace-1 Authorization: Bearer " TYPED);
    say_quietly("password=" TYPED);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
            /* each has one or two places */
            char *first = xstrdup(lines[k]), *at = strstr(first, "%s");
            char *rest = at + 2, *second = strstr(rest, "%s"), *line;

            *at = '\0';
            if (second)
                *second = '\0';
            line = xasprintf("%s%s%s%s%s", first, ours[i], rest,
                             second ? ours[i] : "", second ? second + 2 : "");
            say_quietly(line);
            free(line);
            free(first);
        }
    talk_mention(h, ANN, OPS, "<@U0BOT> dlq show password=" TYPED, NULL);
    talk_over(h);
}

static void people_ask(void)
{
    static const char *const lines[] = {
        "ping",
        "help --all",
        "whoami",
        "home",
        "streams",
        "dlq list",
        "dlq show orders",
        "health",
        "health details",
        "halts",
        "jobs",
        "outbox",
        "incident list",
        "audit",
        "version",
        "unhalt trading",
        "dlq requeue orders 1700000000000-1",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        say_quietly(lines[i]);
    json_decref(control_post(h, "home", json_pack("{s:s}", "user", ANN)));
}

static void dead_letter(const char *id)
{
    redis_send(h,
               "XADD orders.dlq %s password %s iban %s auth %s note %s"
               " error %s original_id 1-1",
               id, CANARY "dlqpass", CANARY "dlqiban",
               "{\"db\":{\"password\":\"" CANARY "dlqjson\"}}",
               "postgres://u:" CANARY "dlqurl@h/x",
               "connect redis://:" CANARY "dlqerror@h failed");
}

/* With an address and a trigger of the test's own. */
static void send_envelope(const char *id, bool takes, const char *text)
{
    json_t *envelope = json_pack(
        "{ss ss sb s{ss ss ss ss ss ss so so}}", "envelope_id", id, "type",
        "slash_commands", "accepts_response_payload", takes, "payload",
        "command", "/ops", "text", text, "user_id", ANN, "user_name", "ann",
        "channel_id", OPS, "team_id", "T0EX", "response_url",
        json_sprintf("%s/commands/T0EX/1/" CANARY "url-%s", h->sandbox_url, id),
        "trigger_id", json_sprintf(CANARY "trigger-%s", id));

    json_object_set_new(json_object_get(envelope, "payload"), "token",
                        json_string(CANARY "verification"));
    json_decref(
        control_post(h, "envelope", json_pack("{s:o}", "envelope", envelope)));
}

static void raw_frame(const char *text)
{
    json_decref(control_post(h, "raw", json_pack("{s:s}", "text", text)));
}

static void slack_sends(void)
{
    send_envelope("one", true, "ping");
    send_envelope("two", false, "dlq list");
    send_envelope("three", false, "incident open P2 by url");
    send_envelope("four", false, "dlq discard orders --all");
    send_envelope("five", false, "halt trading by url");
    raw_frame("{\"envelope_id\":\"x\",\"payload\":{\"response_url\":\"" CANARY
              "frame");
    raw_frame("{\"type\":\"" CANARY "type\"}");
    control_wait(h, "hello", 1);
}

/* ---- other doors ------------------------------------------------------------------------ */

static void deliver(json_t *sign, json_t *more)
{
    json_object_set_new(
        more, "url",
        json_sprintf("http://%s/slack/events", opsbot_address(h->bot)));
    json_object_set_new(more, "sign", sign);
    json_decref(control_post(h, "raw_http", more));
}

static json_t *act(const char *text)
{
    return json_pack("{s:{s:s, s:s, s:s, s:s}}", "act", "user", ANN, "channel",
                     OPS, "command", "/ops", "text", text);
}

static void by_request_url(void)
{
    deliver(json_pack("{s:s}", "secret", SIGNING_2), act("ping"));
    deliver(json_pack("{s:s}", "secret", SIGNING),
            act("dlq show password=" TYPED));
    deliver(json_pack("{s:s}", "secret", CANARY "forged"), act("ping"));
    deliver(json_pack("{s:s}", "secret", SIGNING),
            json_pack("{s:s, s:s}", "body", "{\"token\":\"" TYPED "\",",
                      "content_type", "application/json"));
}

static void ask_admin(const char *token, const char *header, const char *body)
{
    struct admin_reply r = admin_call(
        h, "POST", "/admin/ops",
        &(struct admin_ask){ .token = token, .header = header, .body = body });

    cr_expect_neq(r.status, 0, "%s", body);
    canary_take("an answer of the admin API", xstrdup(r.body));
    admin_reply_free(&r);
}

static void by_admin(void)
{
    ask_admin(ADMIN, NULL, "{\"text\":\"whoami\"}");
    ask_admin(ADMIN_FILE, NULL, "{\"text\":\"jobs\"}");
    ask_admin(CANARY "guess", NULL, "{\"text\":\"whoami\"}");
    ask_admin(NULL, "Authorization: Basic " ADMIN, "{\"text\":\"whoami\"}");
    ask_admin(NULL, NULL, "{\"text\":\"dlq show orders\"}");
    ask_admin(NULL, "Accept: text/plain", "{\"text\":\"dlq show orders\"}");
    ask_admin(NULL, NULL, "{\"text\":\"health\"}");
    ask_admin(NULL, NULL, "{\"text\":\"audit\"}");
    ask_admin(NULL, NULL, "{\"text\":\"dlq show " ADMIN "\"}");
    ask_admin(NULL, NULL, "{\"text\":\"halt trading token=" TYPED "\"}");
    ask_admin(NULL, NULL, "{\"password\":\"" TYPED "\"}");
    ask_admin(NULL, NULL, "{\"text\":\"ping\",\"" ADMIN "\":1}");
    ask_admin(NULL, "Idempotency-Key: " ADMIN, "{\"text\":\"version\"}");
}

static void run_opsctl(const char *const *more, const char *const *words)
{
    struct ran r = shell_run(&(struct shell){ .h = h, .env = more }, words);

    canary_look("opsctl", r.out);
    canary_look("what opsctl says is wrong", r.err);
    shell_over(&r);
}

static void by_opsctl(void)
{
    char *file = xasprintf("%s/admin-token", w.dir);
    static const char *const given[] = { "OPSBOT_TOKEN=" ADMIN, NULL };
    static const char *const wrong[] = { "OPSBOT_TOKEN=" CANARY "guess-0123",
                                         NULL };

    run_opsctl(NULL, WORDS("--text", "health"));
    run_opsctl(NULL, WORDS("--json", "health"));
    run_opsctl(NULL, WORDS("--table", "streams:dlq:list"));
    run_opsctl(given, WORDS("ops", "whoami"));
    run_opsctl(wrong, WORDS("ops", "whoami"));
    run_opsctl(NULL, WORDS("--token-file", file, "ops", "jobs"));
    run_opsctl(NULL, WORDS("--text", "ops", "dlq show orders"));
    run_opsctl(given, WORDS("--admin", "http://127.0.0.1:1", "health"));
    free(file);
}

/* ---- bad days ------------------------------------------------------------------------------ */

static void slack_fails(void)
{
    static const char body[] = "{\"ok\":false,\"error\":\"" BOT_TOKEN "\"}";

    fault(h, json_pack("{s:s, s:i, s:s}", "on", "chat.postMessage", "status",
                       200, "body", body));
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "response_url", "status", 500,
                       "body", body));
    fault(h,
          json_pack("{s:s, s:i, s:s}", "on", "apps.connections.open", "status",
                    200, "body",
                    "{\"ok\":true,\"url\":\"ws://evil.example/?ticket=" CANARY
                    "ticket\"}"));
    say_quietly("halt trading while Slack fails");
    json_decref(control_post(h, "socket", json_pack("{s:s}", "do", "drop")));
    control_wait(h, "upgrades", 2);
    control_wait(h, "hello", 1);
    say_quietly("unhalt trading");
}

/* ---- alerts ---------------------------------------------------------------------------------- */

/* Whoever sends them says what it should not, in every place there is, and
 * shows a token that is none. */
static void alert_comes(const char *service, const char *token, int status)
{
    char *body = xasprintf(
        "{\"traceId\":\"t-%s\",\"severity\":\"critical\","
        "\"title\":\"password=" CANARY "title-0123 is wrong, says " PAGER
        "\",\"message\":\"Authorization: Bearer " CANARY "message-0123\\n"
        "postgres://app:" CANARY "inurl-0123@db/app\","
        "\"runbook\":\"https://wiki.example/x?token=" CANARY "runbook-0123\","
        "\"links\":[{\"label\":\"graph\",\"url\":"
        "\"https://prom.example/graph?g0.expr=up&access_token=" CANARY
        "link-0123\"}],\"labels\":{\"service\":\"%s\",\"iban\":\"" CANARY
        "iban-0123\",\"api_key\":\"" CANARY "label-0123\"}}",
        service, service);
    char *headers = xasprintf("Authorization: Bearer %s\r\n", token);
    struct url_request r = { .path = "/alerts",
                             .type = URL_JSON,
                             .headers = headers,
                             .secret = "",
                             .body = body };
    static struct url_answer answer;

    cr_expect_eq(url_ask(h->bot, &r, &answer), status, "%s", answer.body);
    canary_look("the answer to an alert", answer.body);
    free(headers);
    free(body);
}

static void alert_signed(const char *secret, const char *body, int status)
{
    char *headers = incoming_signed(secret, body, 0);
    struct url_request r = { .path = "/alerts",
                             .type = URL_JSON,
                             .headers = headers,
                             .secret = "",
                             .body = body };
    static struct url_answer answer;

    cr_expect_eq(url_ask(h->bot, &r, &answer), status, "%s", answer.body);
    canary_look("the answer to a signed alert", answer.body);
    free(headers);
}

/* Signed: by the secret, and by one that is none. */
static void alerts_come_signed(void)
{
    static const char body[] =
        "{\"traceId\":\"t-signed\",\"severity\":\"info\",\"title\":\"signed\","
        "\"source\":\"probe\",\"labels\":{\"service\":\"signed\"}}";

    alert_signed(ALERTS, body, 200);
    alert_signed(CANARY "forged-0123456789abcdef", body, 401);
}

/* Slack takes no card for as long as the fallback waits: it goes by mail, to a
 * server that says again what it was told. */
static void alerts_fall_back(void)
{
    fault(h, json_pack("{ss si si}", "on", "chat.postMessage", "status", 503,
                       "times", -1));
    alert_comes("fallen", ALERT_WORD, 200);
    secrets_world_wait_told(MAIL_PLAIN);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.pages where target = 'mail'"
             " and error <> ''");
    control_delete(h, "fault");
}

static void alerts_come(void)
{
    static const char *const asked[] = { "alerts",
                                         "alert show A-1",
                                         "alert show A-1 --history",
                                         "alert note A-1 " ALERTS,
                                         "silence A-1 1h " ALERT_WORD,
                                         "silences",
                                         "ack A-1 password=" TYPED };

    alert_comes("pay", ALERT_WORD, 200);
    alert_comes("lost", CANARY "alertfile-0123456789", 200);
    alert_comes("pay", CANARY "nobodys-0123456789", 401);
    alerts_come_signed();
    secrets_world_wait_told("Bearer " PAGER);
    secrets_world_wait_told("POST /page/" CANARY "url");
    secrets_world_wait_told("POST /services/T0/" CANARY "slackhook");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        say_quietly(asked[i]);
    alerts_fall_back();
}

/* New connections to Redis are refused, then there are none, then Postgres is
 * gone as well: what is done then is written to the journal. */
static void stores_fail(void)
{
    char *state = xasprintf("%s/state1", h->dir);

    redis_send(h, "ACL SETUSER ops resetpass >%s", "another");
    relay_stop(&w.relay);
    relay_again(&w.relay);
    opsbot_wait_log(h->bot, "Redis is down", COMES_MS);
    say_quietly("streams " REDIS_PASS);
    relay_stop(&w.relay);
    part_stop(h, PART_POSTGRES);
    say_quietly("halt trading both are away, password=" TYPED);
    say_quietly("halt trading " REDIS_PASS);
    say_quietly("health");
    say_quietly("audit");
    alert_comes("gone", ALERT_WORD, 200);
    cr_expect_gt(canary_files(state), 0);
    canary_pages(h);
    free(state);
    relay_again(&w.relay);
    redis_send(h, "ACL SETUSER ops resetpass >%s", REDIS_PASS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
}

/* ---- configuration -------------------------------------------------------------------------- */

static void reload(const char *text)
{
    char *path = secrets_world_file(&w, "opsbot.yaml.new", text);

    cr_assert_eq(rename(path, w.yaml_path), 0);
    opsbot_signal(h->bot, SIGHUP);
    free(path);
}

static void configuration_changes(void)
{
    char *bad = xasprintf(
        "%sroles: [{name: two words, users: [" CANARY "role]}]\n", w.yaml);
    char *other = xstrdup(w.yaml), *at;

    while ((at = strstr(other, HOOK)) || (at = strstr(other, "token: " CHECK)))
        at[strspn(at, "token: ") + strlen(CANARY)] = 'X';
    reload(bad);
    opsbot_wait_log(h->bot, "the configuration stays as it was", COMES_MS);
    reload(other);
    opsbot_wait_log(h->bot, "key(s) changed", COMES_MS);
    free(bad);
    free(other);
}

/* What a program of ours says that ends by itself. */
static void program(const char *const *words, int status)
{
    char *entries[24] = { NULL }, *out;
    size_t n = 0;

    for (; w.env[n]; n++)
        entries[n] = w.env[n];
    entries[n++] = xasprintf("SLACK_API_URL=%s/api/", h->sandbox_url);
    entries[n++] = xasprintf("OPSBOT_STATE=%s", w.dir);
    cr_expect_eq(run_with(h, words, (const char *const *)entries, &out), status,
                 "%s", out);
    canary_take("a program of ours", out);
    free(entries[n - 1]);
    free(entries[n - 2]);
}

static void programs(void)
{
    program(WORDS("check"), EXIT_UNAVAILABLE);
    program(WORDS("check", "--json"), EXIT_UNAVAILABLE);
    program(WORDS("--version"), 0);
    program(WORDS("--help"), 0);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Each secret does what it is for. */
static void all_are_used(void)
{
    static const char *const heads[] = {
        "GET /" CANARY "ping",   "Bearer " BEAT,
        "Bearer " CHECK,         "Bearer " CANARY "checkfile",
        "api_key=" CANARY "key", "GET /feed",
        "GET /mutual",           "GET /api/v1/query",
    };

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        secrets_world_wait_told(heads[i]);
}

static void look_everywhere(void)
{
    char *state = xasprintf("%s/state1", h->dir);
    char *postgres = xasprintf("%s/postgres.log", h->dir);

    canary_pages(h);
    canary_slack(h);
    canary_postgres(h);
    canary_redis(h);
    canary_file(postgres);
    cr_expect_gt(canary_files(state), 0);
    free(state);
    free(postgres);
}

static void everything(const char *format)
{
    secrets_world_start(&w, format);
    h = w.h;
    dead_letter("1700000000000-1");
    dead_letter("1700000000000-2");
    dead_letter("1700000000000-3");
    opsbot_wait_ready(opsbot_start(h, (const char *const *)w.env));
    all_are_used();
    people_type();
    secrets_world_wait_told("Bearer " HOOK);
    people_ask();
    slack_sends();
    by_request_url();
    by_admin();
    by_opsctl();
    canary_pages(h);
    programs();
    configuration_changes();
    alerts_come();
    slack_fails();
    stores_fail();
    say_quietly("ping");
    wait_settled(h, COMES_MS);
    look_everywhere();
    cr_expect_eq(opsbot_stop(h->bot, 0), 0);
    canary_take("the log in the end", opsbot_log(h->bot));
}

Test(secrets, are_told_nobody)
{
    everything("json");
}

Test(secrets, are_told_nobody_with_a_log_of_text)
{
    everything("text");
}

/*
 * Secrets stay secret (P8): each one that the bot takes is a canary; a bit of
 * everything is done by every door, on good days and on bad ones; and then
 * they are looked for in all that came out. /proc and core files: see
 * test_secrets_memory.c.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/core/check/peer.h"
#include "tests/harness/servers.h"
#include "tests/integration/admin.h"
#include "tests/integration/canary.h"
#include "tests/integration/relay.h"
#include "tests/integration/shell.h"
#include "tests/integration/talk.h"
#include "tests/integration/typed.h"

#define ANN "U0ANN"
#define OPS "C0OPS"

/* Those that Slack's own servers must accept begin as Slack's do. */
#define APP_TOKEN  "xapp-" CANARY "app-1-A0BOT-77e2d9"
#define BOT_TOKEN  "xoxb-" CANARY "bot-5f8a1c"
#define SIGNING    CANARY "signing-0123456789abcdef"
#define SIGNING_2  CANARY "signing2-0123456789abcdef"
#define REDIS_PASS CANARY "redis@/0123456789"
#define REDIS_URL  CANARY "redis%%40%%2F0123456789"
#define ADMIN      CANARY "admin-0123456789"
#define ADMIN_FILE CANARY "adminfile-0123456789"
#define HOOK       CANARY "hook-0123456789"
#define CHECK      CANARY "check-0123456789"
#define BEAT       CANARY "beat-0123456789"
#define WORD       CANARY "word-0123456789"
#define TYPED      CANARY "typed-0123456789"

static struct harness *h;
static struct relay relay;
static struct peer *peer, *tls_peer;
static char *dir, *yaml, *yaml_path;
static char *env[16];

/* ---- a server that says again whatever it was told ------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf told; /* heads of all requests so far */

static bool was_told(void *text)
{
    bool has;

    pthread_mutex_lock(&lock);
    has = strstr(buf_text(&told), text) != NULL;
    pthread_mutex_unlock(&lock);
    return has;
}

/* Its value in a head, without "Bearer"; heap. */
static char *header_of(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    if (!at)
        return xstrdup("");
    at += strlen(name);
    if (strncmp(at, "Bearer ", 7) == 0)
        at += 7;
    return xstrndup(at, strcspn(at, "\r"));
}

static void say_again(struct peer_conn *c, const char *head)
{
    char *token = header_of(head, "\r\nAuthorization: ");
    char *path = xstrndup(head, strcspn(head, "\r"));
    char *body = xasprintf("{\"halted\":\"no, %s at %s\",\"status\":\"error\","
                           "\"errorType\":\"bad_data\","
                           "\"error\":\"%s is not known at %s\"}",
                           token, path, token, path);

    if (peer_upgrade(c, head)) {
        char frame[2] = { (char)0x81, (char)(strlen(token) & 0x7f) };

        peer_send(c, frame, 2);
        peer_say(c, token);
        peer_wait(c, 1000);
    } else if (strstr(head, "/health")) {
        peer_answer(c, 200, body);
    } else {
        peer_answer(c, strstr(head, "/api/") ? 400 : 503, body);
    }
    free(token);
    free(path);
    free(body);
}

static void echo(struct peer_conn *c, void *arg)
{
    const char *head;

    (void)arg;
    while ((head = peer_head(c)) != NULL) {
        char *length = header_of(head, "\r\nContent-Length: ");
        char *body = xcalloc(1, (size_t)atoi(length) + 1);

        pthread_mutex_lock(&lock);
        buf_str(&told, head);
        pthread_mutex_unlock(&lock);
        if (peer_read(c, body, (size_t)atoi(length)))
            say_again(c, head);
        free(body);
        free(length);
    }
}

/* ---- what the bot is given --------------------------------------------------------- */

static char *secret_file(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
    return path;
}

#define CHECKS                                                                 \
    "checks:\n"                                                                \
    "- {id: web, kind: http, interval_s: 1, token: " CHECK ",\n"               \
    "   url: 'http://127.0.0.1:%d/health?api_key=" CANARY "key-012345',\n"     \
    "   expect: {json_path: error, json_equals: fine}}\n"                      \
    "- {id: poor, kind: http, interval_s: 1, token_file: %s/check-token,\n"    \
    "   url: 'http://127.0.0.1:%d/poor', expect: {contains: fine}}\n"          \
    "- {id: prom, kind: prometheus, interval_s: 1, token: " CHECK ",\n"        \
    "   url: 'http://127.0.0.1:%d', query: up, expect: {above: 1}}\n"          \
    "- {id: feed, kind: websocket, interval_s: 1, token: " CHECK ",\n"         \
    "   timeout_ms: 500,\n"                                                    \
    "   url: 'ws://127.0.0.1:%d/feed', expect: {contains: tick}}\n"            \
    "- {id: mutual, kind: http, interval_s: 1, token: " CHECK ",\n"            \
    "   url: 'https://127.0.0.1:%d/mutual', ca: %s, client_cert: %s,\n"        \
    "   client_key: %s}\n"                                                     \
    "- {id: badkey, kind: http, interval_s: 1,\n"                              \
    "   url: 'https://127.0.0.1:%d/mutual', ca: %s, client_cert: %s,\n"        \
    "   client_key: %s/bad.key}\n"                                             \
    "- {id: store, kind: redis, interval_s: 1,\n"                              \
    "   url: 'redis://ops:" CANARY "wrong-pass@127.0.0.1:%d/0'}\n"             \
    "- {id: base, kind: postgres, interval_s: 1, url_file: %s/pg-url}\n"       \
    "- {id: beat, kind: heartbeat, within_s: 1, secret: " WORD "}\n"           \
    "- {id: secrets, kind: secrets, interval_s: 1,\n"                          \
    "   files: [%s/open], variables: [SLACK_APP_TOKEN]}\n"

static char *checks_yaml(void)
{
    int port = peer_port(peer), tls = peer_port(tls_peer);
    const char *ca = certificate_file("ca", ".pem");
    const char *cert = certificate_file("client", ".pem");

    return xasprintf(CHECKS, port, dir, port, port, port, tls, ca, cert,
                     certificate_file("client", ".key"), tls, ca, cert, dir,
                     relay.port, dir, dir);
}

#define REST                                                                   \
    "admins: [U0ANN, 'unix:root', 'token:ci']\n"                               \
    "channels: {ops: C0OPS, fallback: C0GENERAL}\n"                            \
    "http:\n"                                                                  \
    "  tokens:\n"                                                              \
    "  - {name: ci, token: " ADMIN "}\n"                                       \
    "  - {name: cron, token_file: %s/admin-token}\n"                           \
    "dlq: {mask: [iban]}\n"                                                    \
    "halt:\n"                                                                  \
    "  verify_s: 1\n"                                                          \
    "  targets:\n"                                                             \
    "  - {name: execution, scopes: [trading], token: " HOOK ",\n"              \
    "     halt_url: 'http://127.0.0.1:%d/halt',\n"                             \
    "     health_url: 'http://127.0.0.1:%d/health'}\n"                         \
    "  - {name: orders, scopes: [trading], token_file: %s/hook-token,\n"       \
    "     halt_url: 'http://127.0.0.1:%d/api/halt'}\n"                         \
    "heartbeat: {url: 'http://127.0.0.1:%d/" CANARY "ping-0123', token: " BEAT \
    "}\n"                                                                      \
    "log: {level: debug}\n"

static char *make_yaml(void)
{
    int port = peer_port(peer);
    char *checks = checks_yaml();
    char *all = xasprintf(REST "%s", dir, port, port, dir, port, port, checks);

    free(checks);
    return all;
}

static void make_files(void)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { "bot-token", BOT_TOKEN "\n" },
        { "admin-token", ADMIN_FILE "\n" },
        { "hook-token", CANARY "hookfile-0123456789\n" },
        { "check-token", CANARY "checkfile-0123456789\n" },
        { "pg-url", "postgresql://watch:" CANARY "watch%40x@127.0.0.1:1/app" },
        { "bad.key", CANARY "key is no key\n" },
        { "open", CANARY "open to all\n" },
    };

    dir = below(h, "given");
    cr_assert_eq(mkdir(dir, 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        free(secret_file(files[i].name, files[i].text));
}

/* The second line of a PEM file is key. */
static void watch_key(const char *path)
{
    char *pem = harness_read(path), *line = strchr(pem, '\n') + 1;

    line[strcspn(line, "\n")] = '\0';
    canary_also("the client's key", line);
    free(pem);
}

static void make_certificates(void)
{
    certificates_start();
    certificate_make(&(struct certificate){ .name = "server",
                                            .names = "IP:127.0.0.1",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = 30 * DAY });
    certificate_make(&(struct certificate){ .name = "client",
                                            .names = "DNS:opsbot",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = 30 * DAY });
    watch_key(certificate_file("client", ".key"));
}

/* Takes scopes. */
static void give_token(const char *token, json_t *scopes)
{
    json_decref(control_post(
        h, "token", json_pack("{s:s, s:o}", "token", token, "scopes", scopes)));
}

static void give_tokens(void)
{
    give_token(APP_TOKEN, json_pack("[s]", "connections:write"));
    give_token(BOT_TOKEN,
               json_pack("[s, s, s, s, s, s, s, s]", "commands", "chat:write",
                         "channels:join", "channels:history", "channels:read",
                         "app_mentions:read", "im:history", "usergroups:read"));
}

static void set_env(const char *format)
{
    size_t n = 0;

    env[n++] = xstrdup("SLACK_MODE=both");
    env[n++] = xstrdup("SLACK_APP_TOKEN=" APP_TOKEN);
    env[n++] = xstrdup("SLACK_BOT_TOKEN=");
    env[n++] = xasprintf("SLACK_BOT_TOKEN_FILE=%s/bot-token", dir);
    env[n++] = xstrdup("SLACK_SIGNING_SECRET=" SIGNING "," SIGNING_2);
    env[n++] = xasprintf("REDIS_URL=redis://ops:" REDIS_URL "@127.0.0.1:%d/0",
                         relay.port);
    env[n++] = xasprintf("DATABASE_URL=%s&password=" CANARY "database",
                         h->database_url);
    env[n++] = xasprintf("DATABASE_MIGRATE_URL=%s&password=" CANARY "migrate",
                         h->database_url);
    env[n++] = xasprintf("OPSBOT_CONFIG=%s", yaml_path);
    env[n++] = xasprintf("OPSBOT_LOG=%s", format);
    env[n++] = xstrdup("OPSBOT_ADMINS=");
    env[n] = NULL;
}

static void start(void)
{
    h = harness_start(&(struct harness_options){
        .road = ROAD_SOCKET,
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
    make_files();
    make_certificates();
    peer = peer_start(&(struct peer_options){ .script = echo });
    tls_peer = peer_start(
        &(struct peer_options){ .script = echo,
                                .cert = certificate_file("server", ".pem"),
                                .key = certificate_file("server", ".key"),
                                .client_ca = certificate_file("ca", ".pem") });
    relay_start(&relay, h);
    redis_send(h, "ACL SETUSER ops on >%s ~* &* +@all", REDIS_PASS);
    give_tokens();
    yaml = make_yaml();
    yaml_path = secret_file("opsbot.yaml", yaml);
}

static void stop(void)
{
    harness_stop(h);
    relay_stop(&relay);
    peer_stop(peer);
    peer_stop(tls_peer);
    certificates_stop();
    canary_forget();
    for (char **e = env; *e; e++)
        free(*e);
    free(yaml);
    free(yaml_path);
    free(dir);
    buf_dispose(&told);
}

TestSuite(secrets, .init = start, .fini = stop, .timeout = 400);

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
    char *file = xasprintf("%s/admin-token", dir);
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

/* New connections to Redis are refused, then there are none, then Postgres is
 * gone as well: what is done then is written to the journal. */
static void stores_fail(void)
{
    char *state = xasprintf("%s/state1", h->dir);

    redis_send(h, "ACL SETUSER ops resetpass >%s", "another");
    relay_stop(&relay);
    relay_again(&relay);
    opsbot_wait_log(h->bot, "Redis is down", COMES_MS);
    say_quietly("streams " REDIS_PASS);
    relay_stop(&relay);
    part_stop(h, PART_POSTGRES);
    say_quietly("halt trading both are away, password=" TYPED);
    say_quietly("halt trading " REDIS_PASS);
    say_quietly("health");
    say_quietly("audit");
    cr_expect_gt(canary_files(state), 0);
    canary_pages(h);
    free(state);
    relay_again(&relay);
    redis_send(h, "ACL SETUSER ops resetpass >%s", REDIS_PASS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
}

/* ---- configuration -------------------------------------------------------------------------- */

static void reload(const char *text)
{
    char *path = secret_file("opsbot.yaml.new", text);

    cr_assert_eq(rename(path, yaml_path), 0);
    opsbot_signal(h->bot, SIGHUP);
    free(path);
}

static void configuration_changes(void)
{
    char *bad = xasprintf(
        "%sroles: [{name: two words, users: [" CANARY "role]}]\n", yaml);
    char *other = xstrdup(yaml), *at;

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

    for (; env[n]; n++)
        entries[n] = env[n];
    entries[n++] = xasprintf("SLACK_API_URL=%s/api/", h->sandbox_url);
    entries[n++] = xasprintf("OPSBOT_STATE=%s", dir);
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
        wait_until(was_told, (void *)(uintptr_t)heads[i], COMES_MS, heads[i]);
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
    set_env(format);
    dead_letter("1700000000000-1");
    dead_letter("1700000000000-2");
    dead_letter("1700000000000-3");
    opsbot_wait_ready(opsbot_start(h, (const char *const *)env));
    all_are_used();
    people_type();
    wait_until(was_told, (void *)(uintptr_t) "Bearer " HOOK, COMES_MS, "hook");
    people_ask();
    slack_sends();
    by_request_url();
    by_admin();
    by_opsctl();
    canary_pages(h);
    programs();
    configuration_changes();
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

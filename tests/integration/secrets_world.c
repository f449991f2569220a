#include "tests/integration/secrets_world.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/core/check/peer.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"

static struct peer *peer, *tls_peer, *mail_peer;

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

void secrets_world_wait_told(const char *text)
{
    wait_until(was_told, (void *)(uintptr_t)text, COMES_MS, text);
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

/* ---- a mail server that does ------------------------------------------------------ */

/* Up to the end of a line; false: hung up. */
static bool mail_line(struct peer_conn *c, char *out, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && peer_read(c, &out[n], 1) && out[n] != '\n')
        n++;
    out[n] = '\0';
    return n > 0;
}

/* Whoever shows a password is told that it is wrong, and which it was. */
static void refuse_all(struct peer_conn *c, void *arg)
{
    char line[512], *answer;

    (void)arg;
    peer_say(c, "220 mail ESMTP\r\n");
    while (mail_line(c, line, sizeof line)) {
        pthread_mutex_lock(&lock);
        buf_str(&told, line);
        pthread_mutex_unlock(&lock);
        line[strcspn(line, "\r")] = '\0';
        if (strncmp(line, "EHLO", 4) == 0)
            answer = xstrdup("250-mail\r\n250 AUTH PLAIN LOGIN\r\n");
        else if (strncmp(line, "AUTH", 4) == 0)
            answer = xstrdup("334 \r\n");
        else
            answer = xasprintf("535 %s is " MAIL_WORD ", not known\r\n", line);
        peer_say(c, answer);
        free(answer);
    }
}

/* ---- what the bot is given --------------------------------------------------------- */

char *secrets_world_file(const struct secrets_world *w, const char *name,
                         const char *text)
{
    char *path = xasprintf("%s/%s", w->dir, name);
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

static char *checks_yaml(const struct secrets_world *w)
{
    int port = peer_port(peer), tls = peer_port(tls_peer);
    const char *ca = certificate_file("ca", ".pem");
    const char *cert = certificate_file("client", ".pem");

    return xasprintf(CHECKS, port, w->dir, port, port, port, tls, ca, cert,
                     certificate_file("client", ".key"), tls, ca, cert, w->dir,
                     w->relay.port, w->dir, w->dir);
}

/* Alerts, pages of which every road is tried. */
#define ALERTING                                                               \
    "alerts:\n"                                                                \
    "  secret: " ALERTS "\n"                                                   \
    "  tokens:\n"                                                              \
    "  - {name: probe, token: " ALERT_WORD "}\n"                               \
    "  - {name: file, token_file: %s/alert-token}\n"                           \
    "  critical: {webhook: 'http://127.0.0.1:%d/services/T0/" CANARY           \
    "slackhook-0123'}\n"                                                       \
    "  hooks:\n"                                                               \
    "  - {name: pager, url: 'http://127.0.0.1:%d/page/" CANARY                 \
    "url-0123', token: " PAGER "}\n"                                           \
    "  - {name: other, url_file: %s/hook-url, token_file: %s/alert-token}\n"   \
    "  fallback: {after: 10s, webhook: pager,\n"                               \
    "    smtp_url: 'smtps://127.0.0.1:%d', smtp_from: ops@example.com,\n"      \
    "    smtp_ca: %s,\n"                                                       \
    "    smtp_to: [ann@example.com], smtp_user: ops,\n"                        \
    "    smtp_password: " MAIL_WORD "}\n"                                      \
    "  policies:\n"                                                            \
    "  - name: page\n"                                                         \
    "    steps:\n"                                                             \
    "    - {after: 1s, to: ['webhook:pager', 'webhook:other']}\n"              \
    "  route:\n"                                                               \
    "    channels: [C0OPS]\n"                                                  \
    "    escalation: page\n"                                                   \
    "    group_by: [service]\n"                                                \
    "    routes:\n"                                                            \
    "    - {match: [service=lost], channels: [C0NOWHERE]}\n"

static char *alerts_yaml(const struct secrets_world *w)
{
    int port = peer_port(peer);

    return xasprintf(ALERTING, w->dir, port, port, w->dir, w->dir,
                     peer_port(mail_peer), certificate_file("ca", ".pem"));
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

static char *make_yaml(const struct secrets_world *w)
{
    int port = peer_port(peer);
    char *checks = checks_yaml(w), *alerts = alerts_yaml(w);
    char *all = xasprintf(REST "%s%s", w->dir, port, port, w->dir, port, port,
                          checks, alerts);

    free(checks);
    free(alerts);
    return all;
}

static void make_files(struct secrets_world *w)
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
        { "alert-token", CANARY "alertfile-0123456789\n" },
        { "hook-url", "http://127.0.0.1:1/" CANARY "hookurl-0123" },
    };

    w->dir = below(w->h, "given");
    cr_assert_eq(mkdir(w->dir, 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        free(secrets_world_file(w, files[i].name, files[i].text));
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
static void give_token(struct harness *h, const char *token, json_t *scopes)
{
    json_decref(control_post(
        h, "token", json_pack("{s:s, s:o}", "token", token, "scopes", scopes)));
}

static void give_tokens(struct harness *h)
{
    give_token(h, APP_TOKEN, json_pack("[s]", "connections:write"));
    give_token(h, BOT_TOKEN,
               json_pack("[s, s, s, s, s, s, s, s]", "commands", "chat:write",
                         "channels:join", "channels:history", "channels:read",
                         "app_mentions:read", "im:history", "usergroups:read"));
}

static void set_env(struct secrets_world *w, const char *format)
{
    char **env = w->env;
    size_t n = 0;

    env[n++] = xstrdup("SLACK_MODE=both");
    env[n++] = xstrdup("SLACK_APP_TOKEN=" APP_TOKEN);
    env[n++] = xstrdup("SLACK_BOT_TOKEN=");
    env[n++] = xasprintf("SLACK_BOT_TOKEN_FILE=%s/bot-token", w->dir);
    env[n++] = xstrdup("SLACK_SIGNING_SECRET=" SIGNING "," SIGNING_2);
    env[n++] = xasprintf("REDIS_URL=redis://ops:" REDIS_URL "@127.0.0.1:%d/0",
                         w->relay.port);
    env[n++] = xasprintf("DATABASE_URL=%s&password=" CANARY "database",
                         w->h->database_url);
    env[n++] = xasprintf("DATABASE_MIGRATE_URL=%s&password=" CANARY "migrate",
                         w->h->database_url);
    env[n++] = xasprintf("OPSBOT_CONFIG=%s", w->yaml_path);
    env[n++] = xasprintf("OPSBOT_LOG=%s", format);
    env[n++] = xstrdup("OPSBOT_ADMINS=");
    env[n] = NULL;
}

void secrets_world_start(struct secrets_world *w, const char *format)
{
    w->h = harness_start(&(struct harness_options){
        .road = ROAD_SOCKET,
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
    make_files(w);
    make_certificates();
    peer = peer_start(&(struct peer_options){ .script = echo });
    tls_peer = peer_start(
        &(struct peer_options){ .script = echo,
                                .cert = certificate_file("server", ".pem"),
                                .key = certificate_file("server", ".key"),
                                .client_ca = certificate_file("ca", ".pem") });
    mail_peer = peer_start(
        &(struct peer_options){ .script = refuse_all,
                                .cert = certificate_file("server", ".pem"),
                                .key = certificate_file("server", ".key") });
    canary_also("the password of the mail, as SMTP has it", MAIL_PLAIN);
    relay_start(&w->relay, w->h);
    redis_send(w->h, "ACL SETUSER ops on >%s ~* &* +@all", REDIS_PASS);
    give_tokens(w->h);
    w->yaml = make_yaml(w);
    w->yaml_path = secrets_world_file(w, "opsbot.yaml", w->yaml);
    set_env(w, format);
}

void secrets_world_stop(struct secrets_world *w)
{
    harness_stop(w->h);
    relay_stop(&w->relay);
    peer_stop(peer);
    peer_stop(tls_peer);
    peer_stop(mail_peer);
    certificates_stop();
    canary_forget();
    for (char **e = w->env; *e; e++)
        free(*e);
    free(w->yaml);
    free(w->yaml_path);
    free(w->dir);
    buf_dispose(&told);
}

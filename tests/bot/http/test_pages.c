/*
 * /health, /ready, /metrics and heartbeats, asked over real sockets; and what
 * health says.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bot/http/lws_log.h"
#include "bot/http/pages.h"

static struct store_health redis = { .name = "Redis" };
static struct store_health postgres = { .name = "Postgres" };
static struct health_facts given;
static struct server *http;

static void facts(void *arg, struct health_facts *out)
{
    (void)arg;
    *out = given;
}

static int heartbeats;

static bool heartbeat(void *arg, const char *word)
{
    (void)arg;
    heartbeats += strcmp(word, "word-of-a-check") == 0;
    return strcmp(word, "word-of-a-check") == 0;
}

static void all_well(void)
{
    given = (struct health_facts){
        .version = "1.2.3",
        .replica = "00ff",
        .uptime_ms = 5000,
        .socket_up = true,
        .socket_state = "up",
        .socket_since = 1700000000000,
        .round_trip_us = 1500,
        .envelopes = 42,
        .redis = &redis,
        .postgres = &postgres,
    };
    health_thread(&given, "socket", 3);
    atomic_store(&redis.down_since, 0);
    atomic_store(&redis.up_since, 1700000001000);
    atomic_store(&postgres.down_since, 0);
}

static struct pages pages = { .facts = facts, .heartbeat = heartbeat };

static struct server *serve(const char *listen, struct err *err)
{
    struct listener listener = { .listen = listen,
                                 .setting = "OPSBOT_LISTEN",
                                 .body_max = PAGES_BODY_MAX,
                                 .body_ms = PAGES_BODY_MS,
                                 .handle = pages_handle,
                                 .arg = &pages };

    return server_start(&listener, 1, err);
}

static void start(void)
{
    struct err err;

    all_well();
    lws_log_start();
    http = serve("127.0.0.1:0", &err);
    cr_assert_not_null(http, "%s", err.text);
}

static void end(void)
{
    server_free(http);
}

TestSuite(http, .init = start, .fini = end);

static int dial_at(const char *address)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    struct timeval patience = { .tv_sec = 3 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, address, &at.sin_addr);
    at.sin_port = htons((uint16_t)server_port(http, 0));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static int dial(void)
{
    int fd = dial_at("127.0.0.1");

    cr_assert_geq(fd, 0);
    return fd;
}

/* One answer, whole: up to its Content-Length, or for HEAD its headers. */
static char *ask_on(int fd, const char *request)
{
    static char answer[32768];
    size_t len = 0, whole = sizeof answer - 1;
    bool head = strncmp(request, "HEAD", 4) == 0;

    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
                 (ssize_t)strlen(request));
    while (len < whole) {
        ssize_t n = read(fd, answer + len, sizeof answer - 1 - len);
        char *blank, *length;

        if (n <= 0)
            break;
        len += (size_t)n;
        answer[len] = '\0';
        blank = strstr(answer, "\r\n\r\n");
        length = strcasestr(answer, "content-length: ");
        if (blank && (head || length))
            whole = (size_t)(blank - answer) + 4 +
                    (head ? 0 : strtoul(length + 16, NULL, 10));
    }
    answer[len] = '\0';
    return answer;
}

static char *ask(const char *request)
{
    int fd = dial();
    char *answer = ask_on(fd, request);

    close(fd);
    return answer;
}

#define HOST "Host: x\r\n\r\n"

Test(http, tells_how_we_are)
{
    char *a = ask("GET /health HTTP/1.1\r\n" HOST);

    cr_expect_not_null(strstr(a, "HTTP/1.1 200"), "%s", a);
    cr_expect_not_null(strstr(a, "content-type: application/json"));
    cr_expect_not_null(strstr(a, "{\"status\":\"ok\",\"socket\":{\"state\":"
                                 "\"up\",\"since\":\"2023-11-14T22:13:20.000Z"
                                 "\"},\"redis\":{\"state\":\"up\",\"since\":"
                                 "\"2023-11-14T22:13:21.000Z\"}"),
                       "%s", a);
    atomic_store(&redis.down_since, 1700000002000);
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "HTTP/1.1 200"), "%s", a);
    cr_expect_not_null(strstr(a, "\"status\":\"degraded\""));
    cr_expect_not_null(
        strstr(a, "\"redis\":{\"state\":\"down\",\"since\":\"2023-11-14T22:13:"
                  "22.000Z\"}"));
}

Test(http, a_thread_that_hangs_is_503)
{
    char *a;

    health_thread(&given, "intake", 30001);
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "HTTP/1.1 503"), "%s", a);
    cr_expect_not_null(strstr(a, "\"intake\":30001"));
}

Test(http, alerts_have_a_section)
{
    char *a = ask("GET /health HTTP/1.1\r\n" HOST);

    cr_expect_not_null(strstr(a, "\"alerts\":{\"state\":\"off\""), "%s", a);
    given.alerts.on = true;
    given.alerts.facts.groups[ALERT_CRITICAL] = 2;
    given.alerts.watch.standing[OWN_DLQ_AGE] = 1;
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"status\":\"ok\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"alerts\":{\"state\":\"ok\",\"groups\":"
                                 "{\"critical\":2,\"high\":0"),
                       "%s", a);
    cr_expect_not_null(strstr(a, "\"watch\":{\"dlq-age\":1}"), "%s", a);
    given.alerts.facts.held_now = 4;
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"status\":\"degraded\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"alerts\":{\"state\":\"held\""), "%s", a);
    given.alerts.facts.stream_unread_since = 1700000000000;
    snprintf(given.alerts.facts.stream_why,
             sizeof given.alerts.facts.stream_why, "WRONGTYPE");
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"alerts\":{\"state\":\"unread\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"unread_since\":\"2023-11-14T22:13:20.000Z"
                                 "\",\"why\":\"WRONGTYPE\""),
                       "%s", a);
}

/* Each of these alone is something that a person should look at. */
Test(http, what_waits_or_cannot_be_kept_degrades)
{
    char *a = ask("GET /health HTTP/1.1\r\n" HOST);

    cr_expect_not_null(strstr(a, "\"status\":\"ok\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"journal\":{\"state\":\"ok\",\"since\":"
                                 "null,\"waiting\":0}"),
                       "%s", a);
    given.journal_waiting = 3;
    given.journal_since = 1700000000000;
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"status\":\"degraded\""), "%s", a);
    cr_expect_not_null(strstr(a, "{\"state\":\"waiting\",\"since\":"
                                 "\"2023-11-14T22:13:20.000Z\",\"waiting\":3}"),
                       "%s", a);
    all_well();
    given.journal_why = "no room";
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"status\":\"degraded\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"state\":\"unavailable\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"why\":\"no room\""), "%s", a);
    all_well();
    given.outbox_undeliverable = 2;
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\"status\":\"degraded\""), "%s", a);
    cr_expect_not_null(strstr(a, "\"undeliverable\":2"), "%s", a);
}

Test(http, tells_who_leads_and_what_was_taken_away)
{
    char *a;

    given.leads = true;
    given.lease = "postgres";
    given.leads_since = 1700000000000;
    given.retention = (struct retention){ .at = 1700000000000,
                                          .partitions = 1,
                                          .operations = 2,
                                          .outbox = 3,
                                          .trash = 4,
                                          .checks = 5,
                                          .alerts = 6 };
    given.audit_waiting = 7;
    given.jobs_running = -1;
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(
        strstr(a, "\"leader\":{\"held\":true,\"since\":"
                  "\"2023-11-14T22:13:20.000Z\",\"lease\":\"postgres\"}"),
        "%s", a);
    cr_expect_not_null(
        strstr(a, "\"partitions\":1,\"operations\":2,"
                  "\"outbox\":3,\"trash\":4,\"checks\":5,\"alerts\":6}"),
        "%s", a);
    cr_expect_not_null(strstr(a, "\"audit_waiting\":7"), "%s", a);
    a = ask("GET /metrics HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "\nopsbot_leader 1\n"), "%s", a);
    cr_expect_not_null(
        strstr(a, "\nopsbot_retention_taken{kind=\"trash\"} 4\n"));
    cr_expect_not_null(strstr(a, "\nopsbot_audit_waiting 7\n"));
    cr_expect_not_null(strstr(a, "\nopsbot_journal_up 1\n"));
    cr_expect_null(strstr(a, "\nopsbot_jobs_running "), "not known");
}

Test(http, ready_names_what_is_missing)
{
    char *a = ask("GET /ready HTTP/1.1\r\n" HOST);

    cr_expect_not_null(strstr(a, "HTTP/1.1 200"), "%s", a);
    cr_expect_not_null(strstr(a, "{\"ready\":true,\"missing\":[]}"));
    given.socket_up = false;
    atomic_store(&postgres.down_since, 1);
    a = ask("GET /ready HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, "HTTP/1.1 503"), "%s", a);
    cr_expect_not_null(
        strstr(a, "{\"ready\":false,\"missing\":[\"slack\",\"postgres\"]}"));
}

Test(http, metrics_are_prometheus_text)
{
    char *a = ask("GET /metrics?x=1 HTTP/1.1\r\n" HOST);

    cr_expect_not_null(strstr(a, "content-type: text/plain; version=0.0.4"));
    cr_expect_not_null(strstr(a, "\nopsbot_envelopes_total 42\n"), "%s", a);
    cr_expect_not_null(strstr(a, "\nopsbot_ready 1\n"));
    cr_expect_not_null(strstr(a, "\nopsbot_store_up{store=\"redis\"} 1\n"));
    cr_expect_not_null(strstr(a, "# TYPE opsbot_envelopes_total counter\n"));
    cr_expect_not_null(
        strstr(a, "opsbot_thread_turn_age_seconds{thread=\"socket\"} 0.003\n"));
}

Test(http, keeps_the_connection)
{
    int fd = dial();

    for (int i = 0; i < 20; i++) {
        char *a = ask_on(fd, i % 2 ? "HEAD /ready HTTP/1.1\r\n" HOST
                                   : "GET /ready HTTP/1.1\r\n" HOST);

        cr_assert_not_null(strstr(a, "HTTP/1.1 200"), "%d: %s", i, a);
        cr_assert_eq(strstr(a, "missing") != NULL, i % 2 == 0);
    }
    close(fd);
}

Test(http, refuses_what_it_does_not_serve)
{
    static const struct {
        const char *request, *status;
    } rows[] = {
        { "GET / HTTP/1.1\r\n" HOST, " 404 " },
        { "GET /healthy HTTP/1.1\r\n" HOST, " 404 " },
        { "POST /health HTTP/1.1\r\n" HOST, " 405 " },
        { "POST /health HTTP/1.1\r\nContent-Length: 2\r\n" HOST "{}", " 405 " },
        { "DELETE /ready HTTP/1.1\r\n" HOST, " 405 " },
        { "PUT /ready HTTP/1.1\r\nContent-Length: 2\r\n" HOST "{}", " 405 " },
        { "OPTIONS /metrics HTTP/1.1\r\n" HOST, " 405 " },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *a = ask(rows[i].request);

        cr_expect_not_null(strstr(a, rows[i].status), "row %zu: %s", i, a);
    }
}

Test(http, a_body_has_a_bound)
{
    static char request[100000];
    size_t head;
    char *a;

    head = (size_t)snprintf(request, sizeof request,
                            "POST /health HTTP/1.1\r\nContent-Length: 90000\r\n"
                            "Host: x\r\n\r\n");
    memset(request + head, 'x', 90000);
    a = ask(request);
    cr_expect_not_null(strstr(a, " 413 "), "%s", a);
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, " 200 "));
}

Test(http, takes_no_websocket_and_no_nonsense)
{
    char *a = ask("GET /health HTTP/1.1\r\nUpgrade: websocket\r\nConnection: "
                  "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                  "dGhlIHNhbXBsZSBub25jZQ==\r\n" HOST);

    cr_expect_null(strstr(a, " 101 "), "%s", a);
    ask("\x16\x03\x01\x02 nonsense\r\n\r\n");
    ask("BREW /pot HTCPCP/1.0\r\n\r\n");
    a = ask("GET /health HTTP/1.1\r\n" HOST);
    cr_expect_not_null(strstr(a, " 200 "), "%s", a);
}

Test(http, listens_on_no_other_address)
{
    int fd = dial_at("127.0.0.2");

    cr_expect_lt(fd, 0);
}

Test(server_start, says_what_is_wrong_with_the_address)
{
    static const char *const bad[] = { "", "nonsense",
                                       "127.0.0.1:", "127.0.0.1:99999",
                                       "127.0.0.1:80x" };
    struct server *first, *second;
    char listen[64];
    struct err err;

    lws_log_start();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_null(serve(bad[i], &err));
        cr_expect_eq(err.kind, ERR_CONFIG);
    }
    first = serve("127.0.0.1:0", &err);
    cr_assert_not_null(first);
    snprintf(listen, sizeof listen, "127.0.0.1:%d", server_port(first, 0));
    second = serve(listen, &err);
    cr_expect_null(second, "the port is taken");
    cr_expect_eq(err.kind, ERR_CONFIG);
    server_free(second);
    server_free(first);
}

/* ---- heartbeats ------------------------------------------------------------ */

Test(http, a_heartbeat_is_taken)
{
    int fd = dial();

    cr_expect(strstr(ask_on(fd, "GET /heartbeat/word-of-a-check HTTP/1.1\r\n"
                                "Host: x\r\n\r\n"),
                     "\r\n\r\nok\n"));
    cr_expect(strstr(ask_on(fd, "POST /heartbeat/word-of-a-check?x HTTP/1.1\r\n"
                                "Host: x\r\nContent-Length: 5\r\n\r\nalive"),
                     "\r\n\r\nok\n"));
    cr_expect(strstr(ask_on(fd, "POST /heartbeat/word-of-a-check HTTP/1.1\r\n"
                                "Host: x\r\nContent-Length: 0\r\n\r\n"),
                     "\r\n\r\nok\n"));
    close(fd);
    cr_expect_eq(heartbeats, 3, "%d", heartbeats);
}

Test(http, a_heartbeat_of_nobody_is_not_found)
{
    static const char *const wrong[] = {
        "GET /heartbeat/word-of-a-chec HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /heartbeat/word-of-a-check/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /heartbeat/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    char *answer;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(strstr(ask(wrong[i]), " 404 "), "%s", wrong[i]);
    answer =
        ask("DELETE /heartbeat/word-of-a-check HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect(strstr(answer, " 405 "), "%s", answer);
    cr_expect(strcasestr(answer, "allow: GET, POST"), "%s", answer);
    cr_expect(strstr(ask("HEAD /heartbeat/word-of-a-check HTTP/1.1\r\n"
                         "Host: x\r\n\r\n"),
                     " 405 "));
    cr_expect_eq(heartbeats, 0);
}

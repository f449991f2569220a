/* Links that do not come up: each failure, its wait, and the way back. */
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/harness/process.h"
#include "tests/harness/servers.h"
#include "tests/integration/wire.h"

/* A bot whose first attempt meets the fault (taken). */
static struct harness *met(json_t *first)
{
    struct harness *h = without_bot();

    fault(h, first);
    opsbot_start(h, NULL);
    return h;
}

/* It said why, came up by itself once the fault was gone, and answers. */
static void recovers(struct harness *h, const char *why, int limit_ms)
{
    wait_for(h, "hello", 1, limit_ms);
    opsbot_wait_ready(h->bot);
    cr_assert(opsbot_log_has(h->bot, why), "the log does not say: %s", why);
    cr_assert_eq(log_count(h, "link 1 ended"), 1);
    answered(h);
    acks_are_clean(h);
    harness_stop(h);
}

/* After one ordinary failure: at most 1 s, and what the attempt itself took. */
#define SOON 6000

/* ---- the upgrade ---------------------------------------------------------------- */

static void upgrade_refused(int status)
{
    recovers(met(json_pack("{ss si}", "on", "upgrade", "status", status)),
             "link 1 ended (failed)", SOON);
}

Test(open, upgrade_refused_with_409_408_500_404)
{
    upgrade_refused(409);
    upgrade_refused(408);
    upgrade_refused(500);
    upgrade_refused(404);
}

Test(open, upgrade_dropped_or_garbage)
{
    recovers(met(json_pack("{ss sb}", "on", "upgrade", "drop", 1)),
             "link 1 ended (failed)", SOON);
    recovers(met(json_pack("{ss sb}", "on", "upgrade", "garbage", 1)),
             "link 1 ended (failed)", SOON);
}

Test(open, hello_dropped)
{
    recovers(met(json_pack("{ss sb}", "on", "hello", "drop", 1)),
             "link 1 ended (failed)", SOON);
}

/* Side by side: each takes its 10 s. */
Test(open, nothing_is_waited_for_longer_than_10_s)
{
    int64_t start = clock_mono_ms();
    struct harness *hello =
        met(json_pack("{ss sb}", "on", "hello", "never", 1));
    struct harness *upgrade =
        met(json_pack("{ss sb}", "on", "upgrade", "never", 1));
    struct harness *asking = met(json_pack("{ss sb}", "on", OPEN, "hang", 1));

    recovers(hello, "no hello within 10 s", 12500);
    recovers(upgrade, "link 1 ended (failed)", 4000);
    recovers(asking, "link 1 ended (failed): " OPEN, 4000);
    cr_assert_geq(clock_mono_ms() - start, 9900);
}

/* A late hello is in time. */
Test(open, a_hello_after_5_s_is_in_time)
{
    struct harness *h =
        met(json_pack("{ss si}", "on", "hello", "delay_ms", 5000));

    wait_for(h, "hello", 1, 7000);
    cr_assert_eq(link_number(h, "upgrades"), 1);
    answered(h);
    harness_stop(h);
}

/* ---- apps.connections.open -------------------------------------------------------- */

static void asking_fails(json_t *how, const char *why)
{
    recovers(met(how), why, SOON);
}

Test(open, asking_fails_in_many_ways)
{
    asking_fails(json_pack("{ss ss}", "on", OPEN, "error", "internal_error"),
                 "link 1 ended (failed): " OPEN ": internal_error");
    asking_fails(json_pack("{ss si}", "on", OPEN, "status", 500),
                 "link 1 ended (failed): " OPEN);
    asking_fails(json_pack("{ss sb}", "on", OPEN, "garbage", 1),
                 "link 1 ended (failed): " OPEN);
    asking_fails(json_pack("{ss sb}", "on", OPEN, "drop", 1),
                 "link 1 ended (failed): " OPEN);
}

Test(open, asking_is_answered_with_nonsense)
{
    static const char *const bodies[] = {
        "", "null", "[]", "{\"ok\":true}", "{\"ok\":true,\"url\":7}",
    };
    struct harness *h = without_bot();

    for (size_t i = 0; i < 5; i++)
        fault(h, json_pack("{ss si ss}", "on", OPEN, "status", 200, "body",
                           bodies[i]));
    opsbot_start(h, NULL);
    wait_for(h, "hello", 1, 40000);
    answered(h);
    harness_stop(h);
}

/* ---- the URL ------------------------------------------------------------------------ */

static void url_fails(const char *url, const char *why)
{
    recovers(met(json_pack("{ss ss}", "on", OPEN, "url", url)), why,
             SOON + 9000);
}

Test(open, dns_failure)
{
    url_fails("wss://no-such-host.invalid/link",
              "the name no-such-host.invalid");
}

Test(open, tcp_refused)
{
    char *url = xasprintf("ws://127.0.0.1:%d/link", free_port());

    url_fails(url, "link 1 ended (failed)");
    free(url);
}

Test(open, urls_that_are_refused_unseen)
{
    url_fails("ws://192.0.2.1/link", "Slack gave a URL that is not usable");
    url_fails("ws://127.example.com/link",
              "Slack gave a URL that is not usable");
    url_fails("", "link 1 ended (failed)");
}

Test(open, used_ticket)
{
    struct harness *h = harness_start(NULL);
    json_t *calls = control_get(h, "calls?method=" OPEN);
    const json_t *call = json_array_get(json_object_get(calls, "calls"), 0);
    const char *url = json_string_value(
        json_object_get(json_object_get(call, "answer"), "url"));

    cr_assert_not_null(url);
    fault(h, json_pack("{ss ss}", "on", OPEN, "url", url));
    socket_do(h, "drop");
    wait_for(h, "upgrades", 2, 8000);
    wait_for(h, "hello", 1, 2000);
    cr_assert_eq(log_count(h, "link 2 ended (failed)"), 1);
    answered(h);
    json_decref(calls);
    harness_stop(h);
}

/* ---- TLS ---------------------------------------------------------------------------- */

static bool listens(void *port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t) * (int *)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;

    close(fd);
    return ok;
}

/* A server with a certificate nobody vouches for. */
static struct process *self_signed(struct harness *h, int port)
{
    char *key = below(h, "key.pem"), *cert = below(h, "cert.pem");
    char *log = below(h, "openssl.log"), number[12];
    struct process *server;
    const char *make[] = {
        "openssl", "req",     "-x509", "-newkey",       "rsa:2048",
        "-nodes",  "-keyout", key,     "-out",          cert,
        "-days",   "2",       "-subj", "/CN=localhost", NULL
    };
    const char *serve[] = { "openssl", "s_server", "-accept", number, "-key",
                            key,       "-cert",    cert,      "-www", NULL };

    snprintf(number, sizeof number, "%d", port);
    process_run(make, NULL, log);
    server = process_new("s_server", log);
    process_start(server, serve, NULL, NULL, SIGKILL);
    wait_until(listens, &port, 10000, "s_server");
    free(key);
    free(cert);
    return server;
}

Test(open, tls_with_a_self_signed_certificate)
{
    struct harness *h = without_bot();
    int port = free_port();
    struct process *server = self_signed(h, port);
    char *url = xasprintf("wss://localhost:%d/link", port);

    fault(h, json_pack("{ss ss}", "on", OPEN, "url", url));
    opsbot_start(h, NULL);
    recovers(h, "link 1 ended (failed)", SOON);
    process_free(server);
    free(url);
}

Test(open, tls_to_a_plain_port)
{
    struct harness *h = without_bot();
    char *url = xasprintf("wss://127.0.0.1:%s/link", h->sandbox_port);

    fault(h, json_pack("{ss ss}", "on", OPEN, "url", url));
    opsbot_start(h, NULL);
    recovers(h, "link 1 ended (failed)", SOON + 10000);
    free(url);
}

/*
 * Who the admin API lets in, and what it does with requests that mean no good:
 * sockets, tokens, certificates, paths, heads, bodies; and when it does not
 * start at all.
 */
#include <criterion/criterion.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/integration/admin.h"

static struct harness *h;
static char *yaml;

#define ROLES                                                                  \
    "roles:\n"                                                                 \
    "- {name: automation, users: ['token:ci', 'cert:ops', 'unix:daemon'],\n"   \
    "   rights: [jobs, halt]}\n"                                               \
    "admins: ['unix:root', U0ANN]\n"                                           \
    "halt: {scopes: [trading]}\n"
#define TOKENS                                                                 \
    "  tokens:\n"                                                              \
    "  - {name: ci, token: ci-token-0123456789}\n"                             \
    "  - {name: cron, token: cron-token-0123456789}\n"

static void with(const char *http)
{
    static const char *env[2];

    yaml = xasprintf(ROLES "http:\n%s" TOKENS, http);
    h = harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
}

static void stop(void)
{
    harness_stop(h);
    free(yaml);
}

TestSuite(admin_doors, .fini = stop);

/* ---- who ------------------------------------------------------------------- */

static struct admin_reply get(const char *path, const struct admin_ask *ask)
{
    return admin_call(h, "GET", path, ask);
}

static void answers(long status, const char *path, const struct admin_ask *ask)
{
    struct admin_reply r = get(path, ask);

    cr_expect_eq(r.status, status, "%s: %ld %s", path, r.status, r.body);
    admin_reply_free(&r);
}

static void shows(const char *path, const struct admin_ask *ask,
                  const char *text)
{
    struct admin_reply r = get(path, ask);

    cr_expect(strstr(r.body, text), "%s", r.body);
    admin_reply_free(&r);
}

Test(admin_doors, a_token_is_who_it_names)
{
    const struct admin_ask ci = { .token = "ci-token-0123456789" };
    const struct admin_ask cron = { .token = "cron-token-0123456789" };
    const struct admin_ask none = { .token = "ci-token-0123456780" };

    with("");
    shows("/admin/whoami", &ci, "You are token:ci");
    answers(200, "/admin/jobs", &ci);
    answers(403, "/admin/outbox", &ci);
    answers(403, "/admin/jobs", &cron);
    answers(401, "/admin/jobs", &none);
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where kind = 'refusal'"
             " and via = 'admin' and actor like 'token:%'");
}

/* As the user daemon, in its group; what came back, as this process's exit
 * status says it. */
static int as_daemon(const char *header)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct admin_reply r;

        if (setgroups(0, NULL) != 0 || setgid(1) != 0 || setuid(1) != 0)
            _exit(99);
        r = get("/admin/whoami", &(struct admin_ask){ .header = header });
        if (r.status == 0)
            _exit(1);
        _exit(r.status == 200 && strstr(r.body, "unix:daemon") ? 0 : 2);
    }
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    cr_assert_eq(stat(path, &st), 0);
    return st.st_mode & 0777;
}

/* The way to the socket is open to all in these two: the socket is not. */
Test(admin_doors, the_socket_is_for_its_owner_alone)
{
    char *path;

    with("");
    path = admin_socket(h, 0);
    cr_expect_eq(mode_of(path), 0600);
    free(path);
    if (geteuid() != 0)
        cr_skip_test("needs root to be somebody else");
    path = xasprintf("%s/state1", h->dir);
    cr_assert_eq(chmod(h->dir, 0755) | chmod(path, 0755), 0);
    free(path);
    cr_expect_eq(as_daemon(NULL), 1);
}

Test(admin_doors, a_group_may_be_let_in)
{
    char *path;

    if (geteuid() != 0) {
        with("");
        cr_skip_test("needs root to be somebody else");
    }
    with("  admin_group: daemon\n");
    path = admin_socket(h, 0);
    cr_expect_eq(mode_of(path), 0660);
    free(path);
    path = xasprintf("%s/state1", h->dir);
    cr_assert_eq(chmod(h->dir, 0755) | chmod(path, 0755), 0);
    free(path);
    cr_expect_eq(as_daemon(NULL), 0);
}

/* ---- TCP ------------------------------------------------------------------- */

static char address[64];

/* Where it listens: a free port, said in the log. */
static void find_address(const char *scheme)
{
    char *log = xasprintf("%s/bot1.log", h->dir), *text = harness_read(log);
    static const char says[] = "listening on 127.0.0.1:0 (port ";
    const char *at = strstr(text, says);

    cr_assert_not_null(at, "%s", text);
    at += strlen(says);
    snprintf(address, sizeof address, "%s127.0.0.1:%.*s", scheme,
             (int)strspn(at, "0123456789"), at);
    free(text);
    free(log);
}

Test(admin_doors, tokens_over_loopback)
{
    struct admin_ask ask = { .address = address };

    with("  admin: 127.0.0.1:0\n");
    find_address("http://");
    answers(401, "/admin/whoami", &ask);
    ask.token = "ci-token-0123456789";
    shows("/admin/whoami", &ask, "You are token:ci");
    ask.token = "wrong-token-0123456789";
    answers(401, "/admin/whoami", &ask);
    /* Neither listener answers for the other. */
    ask.token = "ci-token-0123456789";
    answers(404, "/health", &ask);
    answers(404, "/metrics", &ask);
    ask.address = xasprintf("http://%s", opsbot_address(h->bot));
    answers(404, "/admin/whoami", &ask);
    free((char *)ask.address);
}

static void make_certificate(const char *name, const char *signer)
{
    certificate_make(&(struct certificate){ .name = name,
                                            .names = "IP:127.0.0.1",
                                            .signer = signer,
                                            .from = -DAY,
                                            .until = 30 * DAY });
}

Test(admin_doors, certificates_over_tls)
{
    struct admin_ask ask = { .address = address };
    char *http;

    certificates_start();
    make_certificate("server", "ca");
    make_certificate("ops", "ca");
    make_certificate("stranger", NULL);
    http = xasprintf("  admin: 127.0.0.1:0\n  admin_cert: %s\n"
                     "  admin_key: %s\n  admin_client_ca: %s\n",
                     certificate_file("server", ".pem"),
                     certificate_file("server", ".key"),
                     certificate_file("ca", ".pem"));
    with(http);
    find_address("https://");
    ask.ca = certificate_file("ca", ".pem");
    answers(401, "/admin/whoami", &ask);
    ask.cert = certificate_file("ops", ".pem");
    ask.cert_key = certificate_file("ops", ".key");
    shows("/admin/whoami", &ask, "You are cert:ops");
    answers(200, "/admin/jobs", &ask);
    ask.token = "cron-token-0123456789";
    shows("/admin/whoami", &ask, "You are token:cron");
    ask.token = NULL;
    ask.cert = certificate_file("stranger", ".pem");
    ask.cert_key = certificate_file("stranger", ".key");
    answers(0, "/admin/whoami", &ask);
    free(http);
    certificates_stop();
}

/* ---- how much -------------------------------------------------------------- */

Test(admin_doors, too_many_requests_are_told_to_wait_and_a_halt_is_not)
{
    const struct admin_ask ci = { .token = "ci-token-0123456789" };
    struct admin_reply r = { 0 };

    with("  admin_rate: 1\n");
    for (int i = 0; i < 200 && r.status != 429; i++) {
        admin_reply_free(&r);
        r = get("/admin/version", &ci);
    }
    cr_expect_eq(r.status, 429);
    cr_expect_eq(r.retry_after, 1);
    cr_expect_str_eq(json_at(r.json, "error.kind"), "busy");
    admin_reply_free(&r);
    for (int i = 0; i < 4; i++) {
        r = admin_call(
            h, "POST", "/admin/halts",
            &(struct admin_ask){
                .token = ci.token,
                .body = "{\"scope\":\"trading\",\"reason\":\"x\"}" });
        cr_expect_eq(r.status, 200, "%s", r.body);
        admin_reply_free(&r);
    }
    /* Another one is not held back by it. */
    answers(200, "/admin/version", NULL);
}

Test(admin_doors, guessing_is_told_to_wait_and_nobody_else_is)
{
    const struct admin_ask wrong = { .token = "guess-token-0123456789" };
    struct admin_reply r = { 0 };

    with("");
    for (int i = 0; i < 500 && r.status != 429; i++) {
        admin_reply_free(&r);
        r = get("/admin/version", &wrong);
        cr_assert(r.status == 401 || r.status == 429, "%ld", r.status);
    }
    cr_expect_eq(r.status, 429);
    admin_reply_free(&r);
    answers(200, "/admin/version",
            &(struct admin_ask){ .token = "ci-token-0123456789" });
}

/* ---- requests that mean no good -------------------------------------------- */

static void raw(const char *bytes, const char *begins)
{
    char *answer = admin_raw(h, bytes, strlen(bytes), 20000);

    cr_expect_eq(strncmp(answer, begins, strlen(begins)), 0, "%s: %s", bytes,
                 answer);
    free(answer);
}

#define END " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

Test(admin_doors, path_traversal)
{
    with("");
    raw("GET /admin/../health" END, "HTTP/1.1 404 ");
    raw("GET /admin/%2e%2e/health" END, "HTTP/1.1 404 ");
    raw("GET /admin/%2E%2E/admin/dlq" END, "HTTP/1.1 404 ");
    raw("GET /admin%2fdlq" END, "HTTP/1.1 400 ");
    raw("GET /admin/dlq%00" END, "HTTP/1.1 400 ");
    raw("GET /admin/dlq%0d%0aX: 1" END, "HTTP/1.1 400 ");
    raw("GET http://admin/admin/dlq" END, "HTTP/1.1 400 ");
    raw("GET //admin/dlq" END, "HTTP/1.1 404 ");
    raw("GET /admin/./dlq" END, "HTTP/1.1 404 ");
    raw("GET /admin/dlq/" END, "HTTP/1.1 404 ");
    raw("GET /health" END, "HTTP/1.1 404 ");
    raw("GET /admin/dlq" END, "HTTP/1.1 200 ");
    /* A stream of such a name is none. */
    raw("GET /admin/streams/%2e%2e%2e" END, "HTTP/1.1 400 ");
}

Test(admin_doors, the_path_of_the_socket_is_ours_alone)
{
    char *path;
    FILE *in_the_way;

    with("");
    path = admin_socket(h, 0);
    opsbot_kill9(h->bot);
    cr_expect_eq(mode_of(path), 0600, "a dead one leaves it");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    answers(200, "/admin/version", NULL);
    cr_expect_eq(opsbot_stop(h->bot, 30000), 0);
    cr_expect_neq(access(path, F_OK), 0, "a proper end takes it away");
    /* What is no socket is nobody's to take away. */
    in_the_way = fopen(path, "w");
    cr_assert(in_the_way && fputs("mine", in_the_way) > 0);
    fclose(in_the_way);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    {
        char *text = harness_read(path);

        cr_expect_str_eq(text, "mine");
        free(text);
    }
    free(path);
}

Test(admin_doors, heads_with_tricks_in_them)
{
    with("");
    raw("GET /admin/dlq HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "HTTP/1.1 400 ");
    raw("POST /admin/ops HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        "Transfer-Encoding: chunked\r\n\r\n{}",
        "HTTP/1.1 400 ");
    raw("POST /admin/ops HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        "Content-Length: 3\r\n\r\n{}",
        "HTTP/1.1 400 ");
    raw("GET /admin/dlq HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n"
        "Authorization: Bearer ci-token-0123456789\r\n"
        "Connection: close\r\n\r\n",
        "HTTP/1.1 401 ");
    raw("GET /admin/dlq HTTP/1.1\r\nHost: a\r\nAuthorization:\r\n"
        "Connection: close\r\n\r\n",
        "HTTP/1.1 401 ");
    raw("GET /admin/dlq HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\n"
        "Idempotency-Key: b\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 400 ");
    raw("POST /admin/cancel/7F3K21 HTTP/1.1\r\nHost: a\r\nOrigin: http://evil"
        "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 403 ");
    raw("PUT /admin/halts" END, "HTTP/1.1 405 ");
    raw("TRACE /admin/dlq" END, "HTTP/1.1 405 ");
    answers(200, "/admin/version", NULL);
}

Test(admin_doors, bodies_of_the_wrong_size_or_kind)
{
    struct buf long_one = { 0 };
    struct admin_reply r;

    with("");
    buf_str(&long_one, "{\"text\":\"");
    while (long_one.len < 70000)
        buf_str(&long_one, "dlq list ");
    buf_str(&long_one, "\"}");
    r = admin_call(h, "POST", "/admin/ops",
                   &(struct admin_ask){ .body = long_one.data });
    cr_expect_eq(r.status, 413);
    admin_reply_free(&r);
    buf_dispose(&long_one);
    r = admin_call(h, "POST", "/admin/ops",
                   &(struct admin_ask){ .body = "{\"text\":\"ping\"}",
                                        .type = "text/plain" });
    cr_expect_eq(r.status, 415);
    admin_reply_free(&r);
    r = admin_call(
        h, "POST", "/admin/ops",
        &(struct admin_ask){ .body = "{\"text\":\"version\"}",
                             .type = "application/json; charset=utf-8" });
    cr_expect_eq(r.status, 200);
    admin_reply_free(&r);
    r = admin_call(h, "DELETE", "/admin/dlq", NULL);
    cr_expect_eq(r.status, 405);
    cr_expect_str_eq(r.allow, "GET, HEAD");
    cr_expect_str_eq(json_at(r.json, "error.kind"), "input");
    admin_reply_free(&r);
}

Test(admin_doors, who_is_slow_is_not_waited_for)
{
    with("");
    raw("POST /admin/ops HTTP/1.1\r\nHost: a\r\nContent-Type: "
        "application/json\r\nContent-Length: 10\r\n\r\n{\"te",
        "HTTP/1.1 408 ");
    answers(200, "/admin/version", NULL);
}

Test(admin_doors, a_token_is_in_no_log_and_no_answer)
{
    const struct admin_ask ask = { .token = "ci-token-0123456789",
                                   .body =
                                       "{\"text\":\"ci-token-0123456789\"}" };
    struct admin_reply r;
    char *log, *text;

    with("");
    r = admin_call(h, "POST", "/admin/ops", &ask);
    cr_expect_eq(r.status, 400);
    admin_reply_free(&r);
    answers(401, "/admin/version",
            &(struct admin_ask){
                .header = "Authorization: Basic ci-token-0123456789" });
    log = xasprintf("%s/bot1.log", h->dir);
    text = harness_read(log);
    cr_expect_null(strstr(text, "ci-token-0123456789"));
    free(text);
    free(log);
}

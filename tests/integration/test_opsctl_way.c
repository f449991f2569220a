/*
 * The way from opsctl to the bot: sockets that are not there, a store away,
 * tokens, certificates, and what is known without a bot; completion for bash.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"
#include "tests/integration/jobs.h"
#include "tests/integration/shell.h"

/* ---- nobody there, nobody known ------------------------------------------------------- */

Test(opsctl_way, says_when_nobody_answers)
{
    struct harness *h = harness_start(NULL);
    struct shell s = { .h = h };
    char *absent = xasprintf("unix:%s/absent.sock", h->dir);

    shell_expect(&s, WORDS("--admin", absent, "health"), 69,
                 WORDS("Nobody answers", "absent.sock", "No such file",
                       "Is opsbot running"));
    opsbot_stop(h->bot, 30000);
    shell_expect(&s, WORDS("health"), 69, WORDS("Nobody answers"));
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    shell_expect(&s, WORDS("health"), 0, WORDS("\"ok\":true"));
    free(absent);
    harness_stop(h);
}

Test(opsctl_way, a_store_away_is_to_be_tried_again)
{
    struct harness *h = harness_start(NULL);
    struct shell s = { .h = h };

    part_stop(h, PART_POSTGRES);
    shell_expect(&s, WORDS("audit"), 75, WORDS("Postgres"));
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    shell_expect(&s, WORDS("audit"), 0, WORDS("\"ok\":true"));
    harness_stop(h);
}

static char *write_token(struct harness *h, const char *name, const char *text)
{
    char *path = below(h, name);
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
    return path;
}

#define TOKENS                                                                 \
    "http:\n"                                                                  \
    "  tokens:\n"                                                              \
    "    - name: ci\n"                                                         \
    "      token: canary-ci-token-5f8a\n"                                      \
    "roles:\n"                                                                 \
    "  - name: looker\n"                                                       \
    "    users: [\"token:ci\"]\n"                                              \
    "    rights: [dlq.show]\n"

/* A token is who it names, and no more than that; it is shown to nobody. */
Test(opsctl_way, tokens)
{
    struct harness_options options = { .yaml = TOKENS };
    struct harness *h = harness_start(&options);
    struct shell s = { .h = h };
    char *good = write_token(h, "good", "canary-ci-token-5f8a\n");
    char *wrong = write_token(h, "wrong", "canary-no-token-77e2");
    struct ran r;

    shell_expect(&s, WORDS("--token-file", good, "whoami"), 0,
                 WORDS("token:ci"));
    shell_expect(&s, WORDS("--token-file", good, "orch:halt", "--reason", "x"),
                 77, WORDS("\"ok\":false", "halt"));
    shell_expect_typed(
        &s, WORDS("--token-file", good, "orch:halt", "--reason", "x"), 77,
        WORDS("🚫"));
    r = shell_run(&s, WORDS("--token-file", wrong, "whoami"));
    cr_expect_eq(r.status, 77);
    cr_expect(!strstr(r.out, "canary") && !strstr(r.err, "canary"), "%s%s",
              r.out, r.err);
    shell_over(&r);
    shell_expect(&s, WORDS("--token-file", "/absent", "whoami"), 78,
                 WORDS("cannot be read"));
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events a "
                               "where a::text like '%%canary%%'"),
                 0);
    free(good);
    free(wrong);
    harness_stop(h);
}

/* ---- over TCP, with certificates ------------------------------------------------------ */

struct tls {
    struct harness *h;
    char *yaml, *address;
};

static struct tls tls_start(void)
{
    struct tls t = { 0 };
    struct harness_options options = { 0 };

    certificates_start();
    certificate_make(&(struct certificate){ .name = "server",
                                            .names = "IP:127.0.0.1",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = DAY });
    certificate_make(&(struct certificate){ .name = "ops.example",
                                            .names = "DNS:ops.example",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = DAY });
    t.address = xasprintf("127.0.0.1:%d", free_port());
    t.yaml = xasprintf("http:\n"
                       "  admin: \"%s\"\n"
                       "  admin_cert: %s\n"
                       "  admin_key: %s\n"
                       "  admin_client_ca: %s\n"
                       "admins: [\"cert:ops.example\"]\n",
                       t.address, certificate_file("server", ".pem"),
                       certificate_file("server", ".key"),
                       certificate_file("ca", ".pem"));
    options.yaml = t.yaml;
    t.h = harness_start(&options);
    return t;
}

static void tls_stop(struct tls *t)
{
    harness_stop(t->h);
    certificates_stop();
    free(t->yaml);
    free(t->address);
}

Test(opsctl_way, certificates)
{
    struct tls t = tls_start();
    char *address = xasprintf("https://%s", t.address);
    struct shell s = { .h = t.h, .address = address };
    const char *ca = certificate_file("ca", ".pem");
    const char *key = certificate_file("ops.example", ".key");

    shell_expect(&s,
                 WORDS("--ca", ca, "--cert",
                       certificate_file("ops.example", ".pem"), "--key", key,
                       "whoami"),
                 0, WORDS("cert:ops.example"));
    shell_expect(&s, WORDS("whoami"), 78, WORDS("--ca"));
    shell_expect(&s, WORDS("--ca", ca, "--cert", key, "whoami"), 78,
                 WORDS("--cert"));
    shell_expect(&s, WORDS("--ca", ca, "whoami"), 77, WORDS("\"ok\":false"));
    s.address = t.address;
    shell_expect(&s, WORDS("--ca", ca, "whoami"), 77, WORDS("\"ok\":false"));
    free(address);
    tls_stop(&t);
}

/* ---- without a bot ---------------------------------------------------------------------- */

Test(opsctl_way, says_how_it_is_used)
{
    struct harness_options options = { .parts = PART_NONE };
    struct harness *h = harness_start(&options);
    struct shell s = { .h = h };

    shell_expect(&s, WORDS("--help"), 0,
                 WORDS("Usage: opsctl", "streams:dlq:requeue",
                       "Exit status:", "OPSBOT_ADMIN"));
    shell_expect(&s, WORDS("orch:halt", "--help"), 0,
                 WORDS("--reason TEXT", "Examples:", "/ops halt"));
    shell_expect(&s, WORDS("help", "orch:halt"), 0, WORDS("--reason TEXT"));
    shell_expect(&s, WORDS("--version"), 0, WORDS("opsctl 0."));
    shell_expect(&s, WORDS("dance"), 64, WORDS("There is no verb `dance`"));
    shell_expect(&s, WORDS("orch:halt"), 64, WORDS("--reason TEXT"));
    shell_expect(&s, WORDS("health", "--timeout", "never"), 64,
                 WORDS("--timeout"));
    shell_expect(&s, WORDS("--admin", "http://ops.example", "health"), 78,
                 WORDS("readable to all"));
    harness_stop(h);
}

/* ---- completion ---------------------------------------------------------------------------- */

/* What bash has in COMPREPLY for a line, a blank behind each. Heap. */
static char *completed(const struct shell *s, const char *line)
{
    char *program = servers_program("OPSCTL_BIN", "opsctl");
    char *out = below(s->h, "complete.out");
    char *script = xasprintf(
        "opsctl() { '%s' \"$@\"; }; . %s/deploy/opsctl.bash; COMP_LINE='%s'; "
        "COMP_POINT=${#COMP_LINE}; _opsctl; echo \"${COMPREPLY[*]}\" >%s",
        program, harness_root(), line, out);
    char *address = xasprintf("OPSBOT_ADMIN=%s", s->address);
    const char *const argv[] = { "env", address, "bash", "-c", script, NULL };
    char *log = below(s->h, "complete.log"), *text;

    process_run(argv, NULL, log);
    text = harness_read(out);
    free(program);
    free(out);
    free(script);
    free(address);
    free(log);
    return text;
}

static void expect_completed(const struct shell *s, const char *line,
                             const char *want)
{
    char *got = completed(s, line);

    cr_expect_str_eq(got, want, "%s: %s", line, got);
    free(got);
}

Test(opsctl_way, completes_for_bash)
{
    struct harness *h = start_jobs(1);
    char *address = xasprintf("unix:%s/state1/admin.sock", h->dir);
    struct shell s = { .h = h, .address = address };

    expect_completed(&s, "opsctl not", "notify:ack notify:unack\n");
    expect_completed(&s, "opsctl orch:h", "halt halts\n");
    expect_completed(&s, "opsctl streams:dlq:s", "show\n");
    expect_completed(&s, "opsctl orch:unhalt --f", "--force --follow\n");
    expect_completed(&s, "opsctl streams:dlq:show --stream o", "orders\n");
    expect_completed(&s, "opsctl streams:dlq:show ", "orders\n");
    opsbot_stop(h->bot, 30000);
    expect_completed(&s, "opsctl streams:dlq:show --stream o", "\n");
    free(address);
    harness_stop(h);
}

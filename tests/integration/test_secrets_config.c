/*
 * What is said of a configuration that is wrong: the file, the line, the key
 * and what was expected, and never the secret that stands there (P8).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "tests/integration/canary.h"
#include "tests/integration/checking.h"

static struct harness *h;

static void start(void)
{
    h = checking_start();
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(secrets_config, .init = start, .fini = stop, .timeout = 240);

/* Neither the check nor a start tells, as text or JSON. */
static void expect_silent(const char *yaml, const char *const *env, int status)
{
    static const char *const verbs[][3] = { { "check", NULL },
                                            { "check", "--json", NULL } };
    char *path = write_file(h, "wrong.yaml", yaml), *out;
    const char *words[6] = { "-c", path };
    int is = 0;

    for (size_t i = 0; i < 2; i++) {
        words[2] = verbs[i][0];
        words[3] = verbs[i][1];
        is = run_here(h, words, env, &out);
        cr_expect_eq(is, status, "%d: %s: %s", is, yaml, out);
        canary_take(yaml, out);
    }
    if (is == EXIT_CONFIG) {
        words[2] = "run";
        words[3] = NULL;
        cr_expect_eq(run_here(h, words, env, &out), status, "%s", out);
        canary_take(yaml, out);
    }
    free(path);
}

#define WEB(more) "checks: [{id: a, kind: http, " more "}]\n"

Test(secrets_config, a_file_that_is_wrong)
{
    static const char *const wrong[] = {
        "http: {tokens: [{name: ci, token: " CANARY "short}]}\n",
        "http: {tokens: [{name: ci, token: [" CANARY "list]}]}\n",
        "http: {tokens: [{name: ci, token: {a: " CANARY "map}}]}\n",
        "http: {tokens: [{name: a, token: " CANARY "twice-0123456789},"
        " {name: b, token: " CANARY "twice-0123456789}]}\n",
        "http: {tokens: [{name: a, token: '" CANARY "with blanks 0123'}]}\n",
        "heartbeat: " CANARY "scalar\n",
        "heartbeat: {url: 'ftp://" CANARY "ftp/x'}\n",
        "heartbeat: {url: 'http://u:" CANARY "user@127.0.0.1/'}\n",
        "heartbeat: {url: 'https://h/', token: \"" CANARY "line\\nend\"}\n",
        "heartbeat: {url: 'http://far.example/', token: " CANARY "far}\n",
        "slack: {bot_token: [" CANARY "list]}\n",
        "slack: {bot_token: " CANARY "colon: x}\n",
        "slack: {bot_token: \"" CANARY "unclosed}\n",
        "slack:\n  bot_token: xoxb-" CANARY "tab\n\tapp_token: x\n",
        "redis: {url: {" CANARY "map: x}}\n",
        "postgres: {url: [" CANARY "list]}\n",
        WEB("url: 'http://u:" CANARY "user@127.0.0.1/'"),
        WEB("url: 'http://far.example/', token: " CANARY "far"),
        WEB("url: 'https://h/', token: \"" CANARY "line\\nend\""),
        WEB("url: 'https://h/', secret: " CANARY "notfor-0123456789"),
        "checks: [{id: a, kind: tcp, url: 'tcp://h:1', token: " CANARY "x}]\n",
        "checks: [{id: a, kind: redis, url: 'redis://:" CANARY "r@h:x/0'}]\n",
        "checks: [{id: a, kind: postgres, url: 'mysql://u:" CANARY "m@h/x'}]\n",
        "checks: [{id: a, kind: heartbeat, within_s: 5, secret: " CANARY "}]\n",
        "checks: [{id: a, kind: heartbeat, within_s: 5, secret: '" CANARY
        "/with slashes/0123'}]\n",
        "checks: [{id: a, kind: heartbeat, within_s: 5, secret: " CANARY
        "0123456789a}, {id: b, kind: heartbeat, within_s: 5, secret: " CANARY
        "0123456789a}]\n",
        "halt: {targets: [{name: a, halt_url: 'https://u:" CANARY "h@h/'}]}\n",
        "halt: {targets: [{name: a, halt_url: 'http://far.example/', "
        "token: " CANARY "far}]}\n",
        "halt: {targets: [{name: a, halt_url: 'https://h/', token: [" CANARY
        "list]}]}\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_silent(wrong[i], NULL, EXIT_CONFIG);
}

Test(secrets_config, an_environment_that_is_wrong)
{
    static const char *const wrong[] = {
        "SLACK_BOT_TOKEN=xapp-" CANARY "swapped",
        "SLACK_APP_TOKEN=xoxb-" CANARY "swapped",
        "SLACK_API_URL=http://u:" CANARY "api@far.example/",
        "REDIS_URL=redis://:" CANARY "port@h:x/0",
        "REDIS_URL=redis://:" CANARY "escape%zz@h/0",
        "REDIS_URL=http://:" CANARY "scheme@h/0",
        "REDIS_URL=" CANARY "nothing",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const env[] = { wrong[i], NULL };

        expect_silent("admins: [U0ANN]\n", env, EXIT_CONFIG);
    }
}

/* What only the connection finds out: libpq's own words quote what it met. */
Test(secrets_config, an_address_that_is_no_use)
{
    static const char *const useless[] = {
        "DATABASE_URL=postgresql://o:" CANARY "escape%zz@127.0.0.1:1/o",
        "DATABASE_URL=postgresql://o:" CANARY "bracket@[::1:1/o",
        "DATABASE_URL=postgresql://o:" CANARY "query@127.0.0.1:1/o?what=x",
        "DATABASE_URL=postgresql://o:" CANARY "hash#x@127.0.0.1:1/o",
        "DATABASE_URL=host=127.0.0.1 port=1 password=" CANARY "words and more",
        "DATABASE_URL=host=127.0.0.1 port=1 password='" CANARY "quote",
        "DATABASE_URL=host=127.0.0.1 port=1 pasword=" CANARY "typo",
        "DATABASE_URL=" CANARY "nothing",
        "DATABASE_MIGRATE_URL=postgresql://o:" CANARY "migrate%zz@h/o",
        "REDIS_URL=redis://o:" CANARY "away@127.0.0.1:1/0",
        "SLACK_BOT_TOKEN=" CANARY "none",
        "SLACK_APP_TOKEN=xapp-" CANARY "nobody",
    };

    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        const char *const env[] = { useless[i], NULL };

        expect_silent("admins: [U0ANN]\n", env, EXIT_UNAVAILABLE);
    }
}

/* Two lines, nothing, too much: a file that holds no secret, or half of one. */
Test(secrets_config, secret_files_that_are_wrong)
{
    static const char *const texts[] = { CANARY "one\n" CANARY "two\n",
                                         "\n" CANARY "second\n" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *path = write_file(h, "secret", texts[i]);
        char *entry = xasprintf("SLACK_BOT_TOKEN_FILE=%s", path);
        char *yaml = xasprintf("http: {tokens: [{name: a, token_file: %s}]}\n"
                               "heartbeat: {url_file: %s}\n"
                               "halt: {targets: [{name: a, token_file: %s,"
                               " halt_url: 'https://h/'}]}\n",
                               path, path, path);
        const char *const env[] = { "SLACK_BOT_TOKEN=", entry, NULL };

        expect_silent(yaml, env, EXIT_CONFIG);
        free(path);
        free(entry);
        free(yaml);
    }
}

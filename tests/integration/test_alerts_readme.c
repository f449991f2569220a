/*
 * What deploy/README.md tells operators to type about alerts does what it says:
 * its shell blocks are run as they stand, and its Alertmanager is configured.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

static struct harness *h;
static char *readme;

static void put(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", h->dir, name);
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    free(path);
}

static void start(void)
{
    char *path = xasprintf("%s/deploy/README.md", harness_root());

    readme = harness_read(path);
    free(path);
    h = harness_start(&(struct harness_options){
        .yaml = "channels:\n  ops: C0OPS\n"
                "admins: [U0ANN]\n"
                "alerts:\n  stream: notify.events\n"
                "  secret: a-secret-of-16-characters\n"
                "  tokens:\n    - name: ci\n"
                "      token: a-token-of-16-characters\n" });
    put("secret", "a-secret-of-16-characters");
    put("token", "a-token-of-16-characters\n");
}

static void stop(void)
{
    free(readme);
    harness_stop(h);
}

TestSuite(alerts_readme, .init = start, .fini = stop, .timeout = 240);

/* The block of that language that holds word. Heap. */
static char *block_with(const char *begin, const char *word)
{
    const char *at = readme;

    while ((at = strstr(at, begin))) {
        const char *from = at + strlen(begin), *to = strstr(from, "\n```");
        char *block;

        cr_assert_not_null(to);
        block = xstrndup(from, (size_t)(to - from));
        if (strstr(block, word))
            return block;
        free(block);
        at = to;
    }
    cr_assert_fail("no block has %s", word);
    return NULL;
}

/* Runs it by the shell, its variables being those of this harness. */
static void run(const char *word)
{
    char *block = block_with("```sh\n", word);
    char *script =
        xasprintf("OPSBOT=http://%s REDIS_URL=%s"
                  " SECRET_FILE=%s/secret TOKEN_FILE=%s/token\n"
                  "set -eu\n%s\n",
                  opsbot_address(h->bot), h->redis_url, h->dir, h->dir, block);

    cr_expect_eq(system(script), 0, "%s", block); /* NOLINT(cert-env33-c) */
    free(script);
    free(block);
}

Test(alerts_readme, a_signed_alert_and_a_deployment)
{
    run("/events/deploy");
    run("openssl");
    wait_posts(h, "C0OPS", "pay: 5xx 7.2% > 2%", 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.deploys where"
                               " service = 'pay' and version = '1.4.2'"),
                 1);
}

Test(alerts_readme, an_entry_of_the_stream)
{
    char *block = block_with("```sh\n", "XADD");
    char *dash = strstr(block, "-u \"$REDIS_URL\"");
    char *script, *path = strchr(h->redis_url, '/');

    /* redis-cli knows no unix:// */
    cr_assert_not_null(dash);
    script = xasprintf("%.*s-s '%.*s'%s", (int)(dash - block), block,
                       (int)strcspn(path + 2, "?"), path + 2,
                       dash + strlen("-u \"$REDIS_URL\""));
    cr_expect_eq(system(script), 0, "%s", script); /* NOLINT(cert-env33-c) */
    wait_posts(h, "C0OPS", "orders: no fills for 60 s", 1);
    free(script);
    free(block);
}

Test(alerts_readme, alertmanager_takes_its_configuration)
{
    char *block = block_with("```yaml\n", "webhook_configs");
    char *script = xasprintf("cd %s && sed -i s,/etc/alertmanager/opsbot-token,"
                             "%s/token, am.yml && amtool check-config am.yml",
                             h->dir, h->dir);

    put("am.yml", block);
    cr_expect_eq(system(script), 0, "%s", block); /* NOLINT(cert-env33-c) */
    free(script);
    free(block);
}

/* The commands that it shows are there, and take what is shown. */
Test(alerts_readme, commands)
{
    expect_said(h, "U0ANN", "C0OPS",
                "route test severity=critical service=pay at=03:00", "C0OPS");
    expect_said(h, "U0ANN", "C0OPS",
                "silence service=pay severity=warning 4h the disk is replaced",
                "S-1");
    expect_said(h, "U0ANN", "C0OPS", "silences", "S-1");
    expect_said(h, "U0ANN", "C0OPS", "alert test critical", "est");
}

/* deploy/opsbot.service, as systemd reads it: it is well-formed, exposes
 * little, and gives opsbot what the program expects. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/deploy/yaml.h"

#define UNIT "deploy/opsbot.service"

TestSuite(service, .timeout = 60);

/* Its ExecStart is not installed here: /bin/true stands for it. */
Test(service, systemd_reads_it)
{
    char dir[] = "/tmp/opsbot-unit-XXXXXX";
    char *unit = NULL, *out;
    int status;

    cr_assert_not_null(mkdtemp(dir));
    unit = xasprintf("%s/opsbot.service", dir);
    out = shell(&status,
                "sed 's,^ExecStart=[^ ]*,ExecStart=/bin/true,' " UNIT
                " >%s && systemd-analyze verify --man=no %s",
                unit, unit);
    cr_expect_eq(status, 0, "%s", out);
    /* Of other units that it finds on this machine it may say more. */
    cr_expect_null(strstr(out, unit), "%s", out);
    unlink(unit);
    rmdir(dir);
    free(unit);
    free(out);
}

/* In tenths: at most 2.0; with all that it offers switched on as well. */
static void expect_little_exposed(const char *edit)
{
    char dir[] = "/tmp/opsbot-unit-XXXXXX", *unit, *out;
    int status;

    cr_assert_not_null(mkdtemp(dir));
    unit = xasprintf("%s/opsbot.service", dir);
    out = shell(&status,
                "sed -E '%s' " UNIT " >%s && systemd-analyze security "
                "--offline=true --no-pager --threshold=20 %s",
                edit, unit, unit);
    cr_expect_eq(status, 0, "%s", out);
    cr_expect(strstr(out, "Overall exposure level"), "%s", out);
    unlink(unit);
    rmdir(dir);
    free(unit);
    free(out);
}

Test(service, exposes_little)
{
    expect_little_exposed("");
    expect_little_exposed("s/^#([A-Z][A-Za-z]+=)/\\1/");
}

static bool has_line(const char *unit, const char *line)
{
    char *whole = xasprintf("\n%s\n", line);
    bool is = strstr(unit, whole) != NULL;

    free(whole);
    return is;
}

Test(service, fits_the_program)
{
    static const char *const lines[] = {
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "RestartPreventExitStatus=78",
        "DynamicUser=yes",
        "StateDirectory=opsbot",
        "LimitCORE=0",
        "ExecStart=/usr/local/bin/opsbot -c /etc/opsbot/opsbot.yaml run",
    };
    char *unit = deploy_text(UNIT);
    const char *stop = strstr(unit, "\nTimeoutStopSec=");

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect(has_line(unit, lines[i]), "%s", lines[i]);
    cr_assert_not_null(stop);
    cr_expect_gt(atoi(strchr(stop, '=') + 1), 12);
    free(unit);
}

/* Each secret is a file that systemd reads, and named to the program. */
Test(service, secrets_are_credentials)
{
    static const char *const secrets[][2] = {
        { "slack-app-token", "SLACK_APP_TOKEN_FILE" },
        { "slack-bot-token", "SLACK_BOT_TOKEN_FILE" },
        { "redis-url", "REDIS_URL_FILE" },
        { "database-url", "DATABASE_URL_FILE" },
        { "slack-signing-secret", "SLACK_SIGNING_SECRET_FILE" },
        { "database-migrate-url", "DATABASE_MIGRATE_URL_FILE" },
    };
    char *unit = deploy_text(UNIT);

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        const char *comment = i < 4 ? "" : "#";
        char *load = xasprintf("%sLoadCredential=%s:/etc/opsbot/secrets/%s",
                               comment, secrets[i][0], secrets[i][0]);
        char *name = xasprintf("%sEnvironment=%s=%%d/%s", comment,
                               secrets[i][1], secrets[i][0]);

        cr_expect(has_line(unit, load), "%s", load);
        cr_expect(has_line(unit, name), "%s", name);
        free(load);
        free(name);
    }
    free(unit);
}

/* What the bot confines itself with must not be forbidden to it. */
Test(service, lets_the_bot_confine_itself)
{
    char *unit = deploy_text(UNIT);

    cr_expect(strstr(unit, "landlock_create_ruleset landlock_add_rule "
                           "landlock_restrict_self seccomp"));
    free(unit);
}

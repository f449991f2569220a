#include "tests/core/config_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/opsbot-config-XXXXXX";
char config_path[64], config_other[64];
struct err config_err;

void config_write(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

void config_start(void)
{
    static const char *const clean[] = {
        "SLACK_APP_TOKEN_FILE", "SLACK_BOT_TOKEN_FILE", "SLACK_SIGNING_SECRET",
        "SLACK_API_URL",        "REDIS_URL_FILE",       "DATABASE_URL_FILE",
        "DATABASE_MIGRATE_URL", "OPSBOT_CONFIG",        "OPSBOT_LISTEN",
        "OPSBOT_ADMIN",         "OPSBOT_STATE",         "OPSBOT_ADMINS",
        "OPSBOT_LOG",           "OPSBOT_LOG_FILE",      "SLACK_MODE",
        "STATE_DIRECTORY"
    };

    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
        unsetenv(clean[i]);
    setenv("SLACK_APP_TOKEN", "xapp-test", 1);
    setenv("SLACK_BOT_TOKEN", "xoxb-test", 1);
    setenv("REDIS_URL", "redis://127.0.0.1:6379/3", 1);
    setenv("DATABASE_URL", "postgresql://opsbot@127.0.0.1/ops", 1);
    cr_assert_not_null(mkdtemp(directory));
    snprintf(config_path, sizeof config_path, "%s/opsbot.yaml", directory);
    snprintf(config_other, sizeof config_other, "%s/secret", directory);
}

void config_finish(void)
{
    unlink(config_path);
    unlink(config_other);
    rmdir(directory);
}

struct config *config_of(const char *text)
{
    struct config *cfg;

    if (text)
        config_write(config_path, text);
    cfg = config_load(text ? config_path : NULL, &config_err);
    cr_assert_not_null(cfg, "%s", config_err.text);
    return cfg;
}

const char *config_refusal(const char *text)
{
    const char *shown;

    if (text)
        config_write(config_path, text);
    cr_assert_null(config_load(text ? config_path : NULL, &config_err));
    cr_assert_eq(config_err.kind, ERR_CONFIG);
    shown = strstr(config_err.text, "opsbot.yaml");
    return shown ? shown : config_err.text;
}

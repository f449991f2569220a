/*
 * config_threads: the configuration and the log while everybody uses them, for
 * the thread sanitizer: one thread reloads, with other secrets, another level
 * and another log file each time, while others take what is present, read all
 * of it, hold on to pieces, and log. Exit status 0: whatever anybody took was
 * whole, and no secret was written.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/log_file.h"
#include "core/base/mem.h"
#include "core/config_now.h"

#define READERS 6
#define RELOADS 100

static atomic_int failures;
static atomic_bool over;
static struct config_holder holder;
static char dir[] = "/tmp/opsbot-tsan-XXXXXX";
static char yaml_path[64], log_path[64];

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "config_threads: %s\n", what);
}

/* All of it is of one number. */
static void write_yaml(int n)
{
    FILE *f = fopen(yaml_path, "w");

    fprintf(f,
            "slack: {signing_secret: canary-secret-%d}\n"
            "channels: {ops: C%d}\nadmins: [U%d]\n"
            "checks: [{id: k%d, kind: secrets, variables: [V%d]},"
            " {id: kept, kind: secrets, variables: [PATH]}]\n",
            n, n, n, n, n);
    fclose(f);
}

static bool whole(const struct config *cfg)
{
    const char *n = cfg->channels.ops + 1;

    return strcmp(cfg->admins[0] + 1, n) == 0 &&
           strcmp(cfg->checks[0].id + 1, n) == 0 &&
           strcmp(cfg->checks[0].variables[0] + 1, n) == 0 &&
           strcmp(cfg->checks[1].id, "kept") == 0;
}

static void *read_all(void *arg)
{
    const struct config *first = config_now(&holder);

    while (!atomic_load(&over)) {
        const struct config *cfg = config_now(&holder);

        if (!whole(cfg) || !whole(first))
            fail("a configuration is mixed");
        log_info("test", NULL, "%s with %s", cfg->channels.ops,
                 cfg->slack.signing_secret);
    }
    return arg;
}

static void reload(int n)
{
    struct config_diff diff;
    struct config *next;
    struct err err = { 0 };

    write_yaml(n);
    if (config_reload(&holder, yaml_path, &next, &diff, &err) != CONFIG_NEXT) {
        fail(err.text);
    } else {
        config_publish(&holder, next);
        log_setup(n % 2 ? LOG_JSON : LOG_TEXT, n % 3 ? LOG_INFO : LOG_WARN);
        if (!log_file_set(n % 5 ? log_path : "/nowhere/at/all", &err) && n % 5)
            fail(err.text);
    }
    config_diff_dispose(&diff);
}

static void start(void)
{
    struct err err = { 0 };
    struct config *cfg;

    setenv("SLACK_APP_TOKEN", "xapp-test", 1);
    setenv("SLACK_BOT_TOKEN", "xoxb-test", 1);
    setenv("REDIS_URL", "redis://127.0.0.1:6379/3", 1);
    setenv("DATABASE_URL", "postgresql://opsbot@127.0.0.1/ops", 1);
    if (!mkdtemp(dir))
        exit(EXIT_FAILURE);
    snprintf(yaml_path, sizeof yaml_path, "%s/opsbot.yaml", dir);
    snprintf(log_path, sizeof log_path, "%s/log", dir);
    if (!freopen("/dev/null", "w", stdout) || !log_file_set(log_path, &err))
        exit(EXIT_FAILURE);
    write_yaml(0);
    cfg = config_load(yaml_path, &err);
    if (!cfg)
        exit(EXIT_FAILURE);
    config_holder_init(&holder, cfg);
}

/* Lines of a moment in which there is no file are elsewhere. */
static void look_into_log(void)
{
    FILE *f = fopen(log_path, "r");
    char line[4096];
    long lines = 0;

    while (f && fgets(line, sizeof line, f)) {
        lines++;
        if (strstr(line, "canary-secret"))
            fail("a secret is in the log");
    }
    if (f)
        fclose(f);
    if (lines == 0)
        fail("nothing was logged");
}

int main(void)
{
    pthread_t readers[READERS];
    struct err err = { 0 };

    start();
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_all, NULL);
    for (int n = 1; n <= RELOADS; n++)
        reload(n);
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    if (!log_file_set(NULL, &err))
        fail(err.text);
    look_into_log();
    config_holder_dispose(&holder);
    unlink(yaml_path);
    unlink(log_path);
    rmdir(dir);
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * main: what is typed in a shell: opsbot run, check, --version, --help.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bot/bot.h"
#include "bot/version.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config.h"
#include "core/store/db.h"
#include "core/store/redis.h"

/* sysexits(3) */
#define EXIT_USAGE       64
#define EXIT_UNAVAILABLE 69
#define EXIT_SOFTWARE    70
#define EXIT_CONFIG      78

static const char help[] =
    "Usage: opsbot [-c FILE] run      Connect to Slack and serve.\n"
    "       opsbot [-c FILE] check    Look at configuration and files,\n"
    "                                 Redis, Postgres, state directory.\n"
    "       opsbot --version\n"
    "       opsbot --help\n"
    "\n"
    "  -c, --config FILE   Configuration (YAML). Default: $OPSBOT_CONFIG, "
    "else\n"
    "                      the environment alone.\n"
    "\n"
    "Required in the environment or the file (each secret also as NAME_FILE):\n"
    "  SLACK_APP_TOKEN     xapp-…, with connections:write; not with "
    "SLACK_MODE=http\n"
    "  SLACK_BOT_TOKEN     xoxb-…\n"
    "  REDIS_URL           redis://[user:pass@]host:port/db, "
    "unix:///path?db=0\n"
    "  DATABASE_URL        postgresql://user@host/database\n"
    "\n"
    "Often set: OPSBOT_LISTEN (127.0.0.1:8710), OPSBOT_STATE (./var),\n"
    "OPSBOT_ADMINS (Slack user ids), OPSBOT_LOG (json, text), SLACK_API_URL.\n"
    "Slack by request URLs (/slack/events on OPSBOT_LISTEN): SLACK_MODE=http,\n"
    "or both, with SLACK_SIGNING_SECRET.\n"
    "\n"
    "Exit status: 0 after SIGTERM or SIGINT, 64 wrong usage, 69 a check "
    "failed,\n"
    "70 a thread or a socket could not be had, 78 configuration.\n";

/* No core file, and no look into our memory for others of our user: both
 * would show tokens (P8). Sanitizers look for leaks by that road. */
static void keep_secrets_in(void)
{
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static int wait_for_end(void)
{
    sigset_t ends;
    int sig = 0;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    while (sigwait(&ends, &sig) == EINTR)
        ;
    return sig;
}

/* Before any thread: all inherit the mask, so that only main is told. */
static void take_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int run(const struct config *cfg)
{
    struct err err = { 0 };
    struct bot *bot;
    bool over;
    int sig;

    take_signals();
    log_info("bot", NULL, "opsbot %s starts", version_text());
    bot = bot_start(cfg, &err);
    if (!bot) {
        log_error("bot", NULL, "%s", err.text);
        return err.kind == ERR_CONFIG ? EXIT_CONFIG : EXIT_SOFTWARE;
    }
    sig = wait_for_end();
    log_info("bot", NULL, "stopping: %s", strsignal(sig));
    over = bot_stop(bot);
    log_info("bot", NULL, "stopped");
    if (!over)
        _exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}

/* One line of `check`. */
static bool told(bool ok, const char *what, const struct err *err)
{
    if (ok)
        printf("✓ %s\n", what);
    else
        printf("✗ %s: %s\n", what, err->text);
    return ok;
}

/* May be written, or made where its own directory may be. */
static bool writable(const char *path)
{
    char *above;
    bool ok;

    if (access(path, W_OK) == 0 || errno != ENOENT)
        return access(path, W_OK) == 0;
    above = xstrdup(path);
    ok = access(dirname(above), W_OK | X_OK) == 0;
    free(above);
    return ok;
}

/* Looks without opening: the bot may be running, and the journal is its own. */
static bool check_state(const struct config *cfg)
{
    char *what =
        xasprintf("state directory %s (journal, user groups)", cfg->state_dir);
    char *journal = xasprintf("%s/journal", cfg->state_dir);
    struct err err = { 0 };
    bool ok = writable(cfg->state_dir) &&
              (access(cfg->state_dir, F_OK) != 0 || writable(journal));

    if (!ok)
        err_set(&err, ERR_SYSTEM,
                "%s. What happens while Redis and Postgres are both away "
                "could not be written down: let the user opsbot runs as write "
                "there, or name another in OPSBOT_STATE",
                strerror(errno));
    ok = told(ok, what, &err);
    free(what);
    free(journal);
    return ok;
}

static int check(const struct config *cfg)
{
    struct store_health redis_health = { .name = "Redis" };
    struct store_health db_health = { .name = "Postgres" };
    struct redis *redis = redis_new(&cfg->redis, &redis_health);
    struct db *db = db_new(cfg->database_url, &db_health);
    struct err err = { 0 };
    char what[64];
    bool ok;

    snprintf(what, sizeof what, "configuration (%u health check%s)",
             cfg->checks_count, cfg->checks_count == 1 ? "" : "s");
    told(true, what, &err);
    ok = told(redis_probe(redis, &err), "Redis answers", &err);
    ok = told(db_probe(db, &err), "Postgres answers", &err) && ok;
    ok = check_state(cfg) && ok;
    redis_free(redis);
    db_free(db);
    return ok ? EXIT_SUCCESS : EXIT_UNAVAILABLE;
}

static int with_config(const char *path, const char *verb)
{
    struct err err = { 0 };
    struct config *cfg = config_load(path, &err);
    int status;

    if (!cfg) {
        fprintf(stderr, "opsbot: %s\n", err.text);
        return EXIT_CONFIG;
    }
    log_setup(cfg->log_format, cfg->log_level);
    status = strcmp(verb, "check") == 0 ? check(cfg) : run(cfg);
    config_free(cfg);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'v' },
        { NULL, 0, NULL, 0 },
    };
    const char *path = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_SUCCESS;
        case 'v':
            printf("opsbot %s\n", version_text());
            return EXIT_SUCCESS;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc || (strcmp(argv[optind], "run") != 0 &&
                               strcmp(argv[optind], "check") != 0)) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    keep_secrets_in();
    json_object_seed(0); /* before threads: the first use is not safe */
    return with_config(path, argv[optind]);
}

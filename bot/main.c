/*
 * main: what is typed in a shell: opsbot run, check, --version, --help.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/bot.h"
#include "bot/check/check.h"
#include "bot/confine.h"
#include "bot/help.h"
#include "bot/notify.h"
#include "bot/version.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/privacy.h"
#include "core/base/log.h"
#include "core/base/log_file.h"
#include "core/config.h"

/* sysexits(3) */
#define EXIT_USAGE       64
#define EXIT_UNAVAILABLE 69
#define EXIT_SOFTWARE    70
#define EXIT_CONFIG      78

/* Until the supervisor must hear of us again. */
static struct timespec until_watchdog(void)
{
    int64_t ms = notify_watchdog_ms();

    if (ms == 0)
        ms = INT64_C(3600000);
    return (struct timespec){ .tv_sec = ms / 1000,
                              .tv_nsec = ms % 1000 * 1000000 };
}

static void reload(struct bot *bot, const char *path, unsigned uid)
{
    char text[64];

    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)clock_mono_us());
    notify_say(text);
    bot_reload(bot, path, uid);
    notify_say("READY=1");
}

/* Which ends us. A reload waits for none that is there already, and several
 * that came meanwhile are one. Tells the supervisor meanwhile that we are well:
 * it starts us again when a thread hangs. */
static int wait_for_end(struct bot *bot, const char *path)
{
    static const struct timespec at_once;
    struct timespec wait = until_watchdog();
    sigset_t ends, ours;
    siginfo_t info = { 0 };
    int sig;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    ours = ends;
    sigaddset(&ours, SIGHUP);
    for (;;) {
        sig = sigtimedwait(&ends, NULL, &at_once);
        if (sig < 0)
            sig = sigtimedwait(&ours, &info, &wait);
        if (sig == SIGHUP)
            reload(bot, path, info.si_uid);
        else if (sig > 0)
            return sig;
        if (notify_watchdog_ms() > 0 && bot_turns(bot))
            notify_say("WATCHDOG=1");
    }
}

/* Before any thread: all inherit the mask, so that only main is told; and
 * before the configuration is read: what is asked meanwhile is done later. */
static void take_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a log file that may not grow is a failure */
}

static int serve(struct config_holder *config, const char *path)
{
    struct err err = { 0 };
    struct bot *bot;
    bool over;
    int sig;

    log_info("bot", NULL, "opsbot %s starts", version_text());
    notify_open();
    confine(config_now(config), path ? path : getenv("OPSBOT_CONFIG"));
    bot = bot_start(config, &err);
    if (!bot) {
        log_error("bot", NULL, "%s", err.text);
        return err.kind == ERR_CONFIG ? EXIT_CONFIG : EXIT_SOFTWARE;
    }
    notify_say("READY=1");
    sig = wait_for_end(bot, path);
    notify_say("STOPPING=1");
    log_info("bot", NULL, "stopping: %s", strsignal(sig));
    over = bot_stop(bot);
    log_info("bot", NULL, "stopped");
    if (!over)
        _exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}

/* Takes cfg. */
static int run(struct config *cfg, const char *path)
{
    struct config_holder config;
    struct err err = { 0 };
    int status;

    config_holder_init(&config, cfg);
    if (!log_file_set(cfg->log_file, &err))
        log_warn("log", NULL, "%s", err.text);
    status = serve(&config, path);
    config_holder_dispose(&config);
    return status;
}

static int check(const struct config *cfg, const char *path, bool json)
{
    const char *file = path ? path : getenv("OPSBOT_CONFIG");
    bool over,
        ok = check_all(cfg, file && *file ? file : NULL, json, stdout, &over);
    int status = ok ? EXIT_SUCCESS : EXIT_UNAVAILABLE;

    if (!over)
        _exit(status);
    return status;
}

/* What is typed. */
struct typed {
    const char *path; /* NULL: as the environment says */
    const char *verb;
    bool json;
};

static int with_config(const struct typed *typed)
{
    struct err err = { 0 };
    struct config *cfg;
    bool checks = strcmp(typed->verb, "check") == 0;
    int status;

    if (!checks)
        take_signals();
    cfg = config_load(typed->path, &err);
    if (!cfg) {
        if (checks && typed->json)
            check_bad_config(&err, stdout);
        fprintf(stderr, "opsbot: %s\n", err.text);
        return EXIT_CONFIG;
    }
    log_setup(cfg->log_format, cfg->log_level);
    if (!checks)
        return run(cfg, typed->path);
    status = check(cfg, typed->path, typed->json);
    config_free(cfg);
    return status;
}

static void print_version(void)
{
    struct buf text = { 0 };

    version_print(&text);
    fputs(buf_text(&text), stdout);
    buf_dispose(&text);
}

/* False: it is over, and *status is how it ends. */
static bool read_words(int argc, char **argv, struct typed *out, int *status)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { "json", no_argument, NULL, 'j' },
        { "version", no_argument, NULL, 'v' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    *status = EXIT_SUCCESS;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->path = optarg;
            break;
        case 'j':
            out->json = true;
            break;
        case 'h':
            fputs(help_text(), stdout);
            return false;
        case 'v':
            print_version();
            return false;
        default:
            *status = EXIT_USAGE;
            return false;
        }
    }
    out->verb = optind + 1 == argc ? argv[optind] : "";
    if (strcmp(out->verb, "check") == 0 ||
        (strcmp(out->verb, "run") == 0 && !out->json))
        return true;
    fputs(help_usage(), stderr);
    *status = EXIT_USAGE;
    return false;
}

int main(int argc, char **argv)
{
    struct typed typed = { 0 };
    int status;

    if (!read_words(argc, argv, &typed, &status))
        return status;
    privacy_keep();
    json_object_seed(0); /* before threads: the first use is not safe */
    return with_config(&typed);
}

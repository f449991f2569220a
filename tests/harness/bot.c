#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define STOP_MS        30000
#define SIGNING_SECRET "8f742231b10e8888abcd99yyyzzz85a5" /* the sandbox's */

extern char **environ;

struct opsbot {
    struct harness *h;
    struct process *process;
    char *address; /* "127.0.0.1:PORT" */
    char **env;    /* complete, NULL-ended */
    size_t env_count;
    bool told; /* Slack knows its request URL */
    struct opsbot *next;
};

/* ---- its environment ---------------------------------------------------- */

/* Sets, replaces or ("NAME=") takes away one variable. Takes entry. */
static void env_set(struct opsbot *bot, char *entry)
{
    size_t name = strcspn(entry, "=") + 1, i = 0;
    bool gone = strlen(entry) <= name;

    while (i < bot->env_count && strncmp(bot->env[i], entry, name) != 0)
        i++;
    if (i < bot->env_count)
        free(bot->env[i]);
    if (gone) {
        free(entry);
        if (i < bot->env_count)
            bot->env[i] = bot->env[--bot->env_count];
    } else {
        if (i == bot->env_count) {
            bot->env = xrealloc(bot->env, (i + 2) * sizeof *bot->env);
            bot->env_count++;
        }
        bot->env[i] = entry;
    }
    if (bot->env)
        bot->env[bot->env_count] = NULL;
}

static void env_add(struct opsbot *bot, const char *const *entries)
{
    while (entries && *entries)
        env_set(bot, xstrdup(*entries++));
}

/* A developer's own tokens must never reach a bot under test. */
static bool inherited(const char *entry)
{
    static const char *const ours[] = { "SLACK_", "OPSBOT_", "REDIS_",
                                        "DATABASE_", "PG" };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!strncmp(entry, ours[i], strlen(ours[i])))
            return false;
    return true;
}

static void make_env(struct opsbot *bot, const char *state)
{
    struct harness *h = bot->h;

    for (char **e = environ; *e; e++)
        if (inherited(*e))
            env_set(bot, xstrdup(*e));
    if (over_http(h)) {
        env_set(bot, xstrdup("SLACK_MODE=http"));
        env_set(bot, xstrdup("SLACK_SIGNING_SECRET=" SIGNING_SECRET));
    } else {
        env_set(bot, xstrdup("SLACK_APP_TOKEN=xapp-test"));
    }
    env_set(bot, xstrdup("SLACK_BOT_TOKEN=xoxb-test"));
    env_set(bot, xstrdup("OPSBOT_ADMINS=U0ANN"));
    env_set(bot, xstrdup("OPSBOT_LOG=json"));
    env_set(bot, xasprintf("OPSBOT_LISTEN=%s", bot->address));
    env_set(bot, xasprintf("OPSBOT_STATE=%s", state));
    if (h->sandbox_url)
        env_set(bot, xasprintf("SLACK_API_URL=%s/api/", h->sandbox_url));
    if (h->redis_url)
        env_set(bot, xasprintf("REDIS_URL=%s", h->redis_url));
    if (h->database_url)
        env_set(bot, xasprintf("DATABASE_URL=%s", h->database_url));
    if (h->options.yaml)
        env_set(bot, xasprintf("OPSBOT_CONFIG=%s/opsbot.yaml", h->dir));
    env_add(bot, h->options.env);
}

/* ---- life --------------------------------------------------------------- */

static void write_yaml(struct harness *h)
{
    char *path = below(h, "opsbot.yaml");
    FILE *f = fopen(path, "w");

    if (!f || fputs(h->options.yaml, f) < 0 || fclose(f) != 0)
        harness_fail("cannot write %s", path);
    free(path);
}

static void launch(struct opsbot *bot)
{
    const char *wrapper = getenv("OPSBOT_WRAPPER");
    char *words = xstrdup(wrapper ? wrapper : ""), *save = NULL;
    char *program = servers_program("OPSBOT_BIN", "opsbot");
    const char *argv[40];
    int n = 0;

    for (char *w = strtok_r(words, " ", &save); w && n < 36;
         w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    argv[n++] = program;
    argv[n++] = "run";
    argv[n] = NULL;
    process_start(bot->process, argv, bot->env, NULL, SIGKILL);
    free(words);
    free(program);
}

struct opsbot *opsbot_start(struct harness *h, const char *const *env)
{
    struct opsbot *bot = xcalloc(1, sizeof *bot);
    struct opsbot **at = &h->bot;
    char name[32], *state;

    while (*at)
        at = &(*at)->next;
    *at = bot;
    bot->h = h;
    h->bots++;
    snprintf(name, sizeof name, "bot%d.log", h->bots);
    bot->process = process_new("opsbot", below(h, name));
    snprintf(name, sizeof name, "state%d", h->bots);
    state = below(h, name);
    mkdir(state, 0700);
    bot->address = xasprintf("127.0.0.1:%d", free_port());
    if (h->options.yaml)
        write_yaml(h);
    make_env(bot, state);
    env_add(bot, env);
    free(state);
    launch(bot);
    return bot;
}

void opsbot_restart(struct opsbot *bot)
{
    launch(bot);
}

struct opsbot *opsbot_next(const struct opsbot *bot)
{
    return bot->next;
}

void opsbots_free(struct harness *h)
{
    struct opsbot *bot;

    while ((bot = h->bot)) {
        h->bot = bot->next;
        process_free(bot->process);
        for (size_t i = 0; i < bot->env_count; i++)
            free(bot->env[i]);
        free(bot->env);
        free(bot->address);
        free(bot);
    }
}

bool over_http(const struct harness *h)
{
    const char *road = getenv("HARNESS_ROAD");

    if (h->options.road == ROAD_ANY)
        return road && !strcmp(road, "http");
    return h->options.road == ROAD_HTTP;
}

/* The URLs of those that were ready once: an array, or NULL. */
static json_t *urls(struct harness *h)
{
    json_t *list = json_array();

    for (struct opsbot *bot = h->bot; bot; bot = bot->next)
        if (bot->told)
            json_array_append_new(
                list, json_sprintf("http://%s/slack/events", bot->address));
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

void opsbots_told(struct harness *h, bool verify)
{
    json_t *list, *answer;

    if (!over_http(h) || !h->sandbox || !process_running(h->sandbox) ||
        !(list = urls(h)))
        return;
    answer = control_post(h, "delivery",
                          json_pack("{s:s, s:o, s:b}", "mode", "http", "url",
                                    list, "verify", verify));
    if (verify && !json_is_true(json_object_get(answer, "verified")))
        harness_fail("the bot's request URL does not pass Slack's check: %s",
                     json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
}

static bool ready(void *arg)
{
    struct opsbot *bot = arg;

    if (!opsbot_running(bot))
        harness_fail("the bot ended before it was ready: exit status %d",
                     bot->process->status);
    return opsbot_get(bot, "/ready", NULL) == 200;
}

static void tell(struct opsbot *bot)
{
    if (bot->told)
        return;
    bot->told = true;
    opsbots_told(bot->h, true);
}

void opsbot_wait_ready(struct opsbot *bot)
{
    wait_until(ready, bot, 60000, "the bot to be ready");
    tell(bot);
}

static bool listens(void *arg)
{
    return opsbot_get(arg, "/health", NULL) != 0;
}

void opsbot_wait_heard(struct opsbot *bot)
{
    if (over_http(bot->h)) {
        wait_until(listens, bot, 60000, "the bot to listen");
        tell(bot);
    } else {
        control_wait(bot->h, "hello", 1);
    }
}

bool opsbot_running(struct opsbot *bot)
{
    return process_running(bot->process);
}

pid_t opsbot_pid(const struct opsbot *bot)
{
    return bot->process->pid;
}

void opsbot_signal(struct opsbot *bot, int sig)
{
    process_signal(bot->process, sig);
}

int opsbot_wait_exit(struct opsbot *bot, int limit_ms)
{
    if (!process_wait(bot->process, patient(limit_ms)))
        harness_fail("the bot still runs after %d ms", patient(limit_ms));
    return bot->process->status;
}

int opsbot_stop(struct opsbot *bot, int limit_ms)
{
    opsbot_signal(bot, SIGTERM);
    return opsbot_wait_exit(bot, limit_ms ? limit_ms : STOP_MS);
}

void opsbot_kill9(struct opsbot *bot)
{
    opsbot_signal(bot, SIGKILL);
    opsbot_wait_exit(bot, 10000);
}

/* ---- its log and its HTTP ----------------------------------------------- */

const char *opsbot_log_path(const struct opsbot *bot)
{
    return bot->process->log;
}

char *opsbot_log(const struct opsbot *bot)
{
    return harness_read(bot->process->log);
}

bool opsbot_log_has(const struct opsbot *bot, const char *text)
{
    char *log = opsbot_log(bot);
    bool has = strstr(log, text) != NULL;

    free(log);
    return has;
}

void opsbot_wait_log(const struct opsbot *bot, const char *text, int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);

    while (!opsbot_log_has(bot, text)) {
        if (clock_mono_ms() >= until)
            harness_fail("the bot did not log \"%s\" in %d ms", text,
                         patient(limit_ms));
        harness_sleep(15);
    }
}

const char *opsbot_address(const struct opsbot *bot)
{
    return bot->address;
}

long opsbot_get(const struct opsbot *bot, const char *path, char **body)
{
    char *url = xasprintf("http://%s%s", bot->address, path);
    char *answer = NULL;
    long status = http_exchange(bot->h, "GET", url, NULL, &answer);

    free(url);
    if (body)
        *body = answer;
    else
        free(answer);
    return status;
}

/* ---- what it costs ------------------------------------------------------ */

static long status_kib(const struct opsbot *bot, const char *key)
{
    char path[64], *text;
    const char *at;
    long kib;

    snprintf(path, sizeof path, "/proc/%d/status", (int)opsbot_pid(bot));
    text = harness_read(path);
    at = strstr(text, key);
    if (!at)
        harness_fail("%s has no %s", path, key);
    kib = atol(at + strlen(key));
    free(text);
    return kib;
}

long opsbot_rss(const struct opsbot *bot)
{
    return status_kib(bot, "VmRSS:");
}

long opsbot_rss_peak(const struct opsbot *bot)
{
    return status_kib(bot, "VmHWM:");
}

double opsbot_cpu_seconds(const struct opsbot *bot)
{
    unsigned long user = 0, system = 0;
    char path[64], *text;
    const char *end;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)opsbot_pid(bot));
    text = harness_read(path);
    /* After the name: state and ten numbers, then the two we want. */
    end = strrchr(text, ')');
    if (!end ||
        sscanf(end + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
               &user, &system) != 2)
        harness_fail("cannot read %s", path);
    free(text);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/*
 * harness: the real programs, started for one test, one demo or one bench.
 *
 *     struct harness *h = harness_start(NULL);
 *     json_t *reply = say(h, "U0ANN", "C0OPS", "dlq list");
 *     ...
 *     json_decref(reply);
 *     harness_stop(h);
 *
 * starts a private Redis (append only file on), Postgres, sandbox and opsbot
 * in a directory of their own ($TMPDIR, else /dev/shm if there is room, else
 * /tmp) and takes all of it away again. Nothing here returns an error: what
 * cannot be done prints why, the ends of the logs and the sandbox's
 * transcript, cleans up and aborts, so a test fails with its story.
 * harness_stop() fails the same way when the bot does not end with exit
 * status 0 (a sanitizer's finding included).
 *
 * Children die with the thread that started them: start from the main thread.
 * The struct belongs to one thread; several harnesses may live side by side.
 *
 * Environment: OPSBOT_BIN and SANDBOX_BIN (default: those of build/asan),
 * OPSBOT_WRAPPER (words in front of the bot's command line, as "valgrind -q"),
 * OPSBOT_PATIENCE (every limit, and how long Slack waits for an ack, times so
 * much; default 1: for what runs slowly, under TSan or a wrapper),
 * HARNESS_ROAD=http (see enum slack_road), HARNESS_KEEP=1 leaves the
 * directories of logs and data behind.
 *
 * A limit_ms is when a wait gives up, never what is tested: none gives up
 * before 60 s have passed (patient()), and a wait costs nothing when the
 * thing comes. What must be fast is measured by the test itself.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"

/* ---- starting and stopping ---------------------------------------------- */

enum part {
    PART_REDIS = 1,
    PART_POSTGRES = 2,
    PART_SANDBOX = 4,
    PART_BOT = 8,
    PART_NONE = 16, /* only the directory: for a server of the test's own */
};

/* How Slack reaches the bots. By request URLs: a bot has SLACK_MODE=http, the
 * sandbox's signing secret and no app token; the sandbox is told the URL of
 * each bot that opsbot_wait_ready() has seen ready, and picks one of those
 * that listen for each request. */
enum slack_road {
    ROAD_ANY,    /* Socket Mode, unless HARNESS_ROAD=http is set */
    ROAD_SOCKET, /* the test is about the WebSocket */
    ROAD_HTTP,
};

struct harness_options {
    enum slack_road road;
    int parts;        /* PART_… together; 0: all of them */
    bool durable;     /* fsync as in real life: demo, bench. Otherwise off. */
    const char *yaml; /* text of the configuration file, or NULL */
    const char *const *env;     /* "NAME=value" for bots, NULL-ended; "NAME="
                                 * alone takes a variable away */
    const char *const *sandbox; /* more arguments for it, NULL-ended */
    const char *dir;            /* NULL: a directory of its own */
};

struct process; /* one child */
struct opsbot;  /* one opsbot */

/* Read only for users of the harness. */
struct harness {
    char dir[64];       /* everything is below it */
    char *redis_url;    /* "unix:///…?db=0" */
    char *database_url; /* "postgresql:///opsbot?…" */
    char *sandbox_url;  /* "http://127.0.0.1:PORT", without a slash */
    struct opsbot *bot; /* the first bot, NULL if PART_BOT was left out */
    struct process *redis, *postgres, *sandbox;
    struct harness_options options;
    char sandbox_port[12]; /* the same after a restart */
    int bots;              /* how many were started */
    void *curl;            /* the connection to the sandbox */
    void *db;              /* the one sql() uses, or NULL */
    struct harness *next;
};

/* options NULL: everything, with defaults (OPSBOT_ADMINS=U0ANN). Ready when
 * it returns: the bot answers /ready with 200. */
struct harness *harness_start(const struct harness_options *options);
void harness_stop(struct harness *h); /* NULL is fine */

/* Whether it is by request URLs that Slack reaches the bots. */
bool over_http(const struct harness *h);

/* Says what went wrong, shows logs and transcript, cleans up, aborts. */
_Noreturn void harness_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A server for itself. They come back with their data and address. part is
 * one of PART_REDIS, PART_POSTGRES, PART_SANDBOX. */
void part_stop(struct harness *h, enum part part);   /* politely */
void part_kill(struct harness *h, enum part part);   /* SIGKILL */
void part_start(struct harness *h, enum part part);  /* and until it answers */
void part_pause(struct harness *h, enum part part);  /* SIGSTOP, backends too */
void part_resume(struct harness *h, enum part part); /* SIGCONT */

/* ---- the bot ------------------------------------------------------------ */

/* Another bot (replica), or the first: with the harness's env and then env
 * (may be NULL). Does not wait. */
struct opsbot *opsbot_start(struct harness *h, const char *const *env);
void opsbot_wait_ready(struct opsbot *bot); /* at most 60 s */
/* Slack reaches it, whether it is ready or not: by one socket, or by its URL. */
void opsbot_wait_heard(struct opsbot *bot);
/* Over HTTP: nothing is sent to its URL any more, until one of those two. */
void opsbot_unheard(struct opsbot *bot);
pid_t opsbot_pid(const struct opsbot *bot);
bool opsbot_running(struct opsbot *bot);
void opsbot_signal(struct opsbot *bot, int sig);
/* SIGTERM; the exit status, or 128 + the signal that ended it. */
int opsbot_stop(struct opsbot *bot, int limit_ms);
void opsbot_kill9(struct opsbot *bot); /* and waits until it is gone */
void opsbot_restart(
    struct opsbot *bot); /* same port, same state; does not wait */
int opsbot_wait_exit(struct opsbot *bot,
                     int limit_ms); /* as opsbot_stop's result */

const char *opsbot_log_path(
    const struct opsbot *bot);              /* JSON lines, all its runs */
char *opsbot_log(const struct opsbot *bot); /* the whole text; heap */
bool opsbot_log_has(const struct opsbot *bot, const char *text);
void opsbot_wait_log(const struct opsbot *bot, const char *text, int limit_ms);

/* GET http://OPSBOT_LISTEN/path. The status, 0 if nobody answers; *body is
 * heap text ("" if none) and may be asked for with NULL. */
long opsbot_get(const struct opsbot *bot, const char *path, char **body);
const char *opsbot_address(const struct opsbot *bot); /* "127.0.0.1:PORT" */

/* Kept up to date by the kernel, in KiB. */
long opsbot_rss(const struct opsbot *bot);
long opsbot_rss_peak(const struct opsbot *bot);
double opsbot_cpu_seconds(const struct opsbot *bot); /* user and system */

/* ---- Slack, as a person sees it ----------------------------------------- */

/*
 * The sandbox's control API (tests/sandbox/CONTROL.md). path is what follows
 * /control/. control_post() takes body (NULL is {}). New reference. An answer
 * without "ok":true fails, except from the _any variants.
 */
json_t *control_get(struct harness *h, const char *path);
json_t *control_post(struct harness *h, const char *path, json_t *body);
json_t *control_get_any(struct harness *h, const char *path);
json_t *control_post_any(struct harness *h, const char *path, json_t *body);
void control_delete(struct harness *h, const char *path);
/* Waits until `what` ("acked", "calls:chat.update", "messages:C0OPS", …: GET
 * /control/wait) has come to n. */
void control_wait(struct harness *h, const char *what, long long n);

/* What is in a file, as a message names it; heap. */
char *sandbox_file(struct harness *h, const json_t *file);

/* Types "/ops text" and waits up to 30 s for the answer. The whole answer of
 * POST /control/command: "acked", "messages", … New reference. */
json_t *say(struct harness *h, const char *user, const char *channel,
            const char *text);

/* say(), then its shown text; heap. "" when nothing came. */
char *ask(struct harness *h, const char *user, const char *channel,
          const char *text);

/* The "text" of all messages of an answer, a line each; heap. */
char *reply_text(const json_t *reply);
/* What a person sees: blocks as lines of text, a button as [Label]; the text
 * of a message without blocks. Heap. */
char *reply_shown(const json_t *reply);
/* Number of messages; message i (borrowed), or NULL. */
size_t reply_messages(const json_t *reply);
const json_t *reply_message(const json_t *reply, size_t i);
/* The button of that label in any message of the answer, or NULL. Borrowed. */
const json_t *reply_button(const json_t *reply, const char *label);

/* Presses it as user and waits as say() does; no such button fails. */
json_t *press(struct harness *h, const char *user, const char *channel,
              const json_t *reply, const char *label);

/* ---- Redis and Postgres, from outside the bot --------------------------- */

/* One command, written as for redisCommand() ("XADD %s * a %b"). Text as
 * redis-cli --raw prints it, heap; "" for nil. An error reply fails. */
char *redis_text(struct harness *h, const char *fmt, ...);
long long redis_number(struct harness *h, const char *fmt, ...);
void redis_send(struct harness *h, const char *fmt, ...);

/* One statement, formatted as by printf, on a connection that stays open until
 * Postgres is stopped or killed. Rows as lines, columns with '|' between;
 * heap. */
char *sql(struct harness *h, const char *fmt, ...) PRINTF_LIKE(2, 3);
long long sql_number(struct harness *h, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- small things ------------------------------------------------------- */

void harness_sleep(int ms);
/* OPSBOT_PATIENCE, or 1. */
int patience(void);
/* The limit of a wait: at least 30 s, times patience(); 0 stays 0. */
int patient(int limit_ms);
/* Calls done(arg) every 15 ms until it is true; fails after limit_ms, naming
 * what. */
void wait_until(bool (*done)(void *arg), void *arg, int limit_ms,
                const char *what);
const char *harness_root(void);       /* the checkout's directory */
char *harness_read(const char *path); /* a whole file; "" if there is none */

#endif

/*
 * check: the parts of `opsbot check` are started together, waited for, and
 * printed in the order of the table, whatever was over first.
 */
#include "bot/check/check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/look.h"
#include "bot/version.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/mem.h"
#include "core/net/web_ask.h"

#define LOOK_MS  15000 /* when each part is over by itself … */
#define TOTAL_MS 20000 /* … and is given up if it is not */
#define THREADS  32    /* at once: hooks may be many */

struct task {
    const char *section; /* its first heading */
    const char *id;      /* of the line that says it never ended */
    look_part *part;
    struct look look;
    bool over;
};

/* Shared by the threads and whoever waits: it outlives main's wait when one of
 * them hangs. */
struct checking {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct task *tasks;
    size_t count, next, over;
};

int look_left_ms(const struct look *l, int most_ms)
{
    int64_t left = l->until - clock_mono_ms();

    return left < 1 ? 1 : left < most_ms ? (int)left : most_ms;
}

const char *look_id(char out[LOOK_ID], const char *prefix, const char *name)
{
    snprintf(out, LOOK_ID, "%s%s", prefix, name);
    return out;
}

/* ---- the threads ------------------------------------------------------------ */

static struct task *take(struct checking *c)
{
    struct task *t = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->next < c->count)
        t = &c->tasks[c->next++];
    pthread_mutex_unlock(&c->lock);
    return t;
}

static void *work(void *arg)
{
    struct checking *c = arg;
    struct task *t;

    while ((t = take(c)) != NULL) {
        report_section(&t->look.report, t->section);
        t->part(&t->look);
        pthread_mutex_lock(&c->lock);
        t->over = true;
        c->over++;
        pthread_cond_signal(&c->ended);
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

/* One that cannot be had is missed by nobody: the others take its share. */
static size_t start(struct checking *c, pthread_t threads[THREADS])
{
    size_t want = c->count < THREADS ? c->count : THREADS, n = 0;

    while (n < want && pthread_create(&threads[n], NULL, work, c) == 0)
        n++;
    return n;
}

static bool wait_for_all(struct checking *c)
{
    int64_t until = clock_mono_ms() + TOTAL_MS;
    bool all;

    pthread_mutex_lock(&c->lock);
    while (c->over < c->count && cond_wait(&c->ended, &c->lock, until))
        ;
    all = c->over == c->count;
    pthread_mutex_unlock(&c->lock);
    return all;
}

/* ---- what there is to look at ------------------------------------------------- */

static void add(struct checking *c, const struct look *look,
                const struct task *what)
{
    struct task *t = &c->tasks[c->count++];

    *t = *what;
    t->look = *look;
}

static void fill(struct checking *c, const struct config *cfg, const char *path)
{
    static const struct task parts[] = {
        { .section = "Configuration", .id = "config", .part = look_config },
        { .section = "Files", .id = "files", .part = look_files },
        { .section = "Slack", .id = "slack.socket", .part = look_socket },
        { .section = "Slack", .id = "slack", .part = look_slack },
        { .section = "Redis", .id = "redis", .part = look_redis },
        { .section = "Postgres", .id = "postgres", .part = look_postgres },
        { .section = "Addresses", .id = "listen", .part = look_listen },
    };
    static const struct task hook = { .section = "Halt targets",
                                      .id = "hook",
                                      .part = look_hook };
    size_t n = sizeof parts / sizeof *parts;
    struct look look = { .cfg = cfg,
                         .path = path,
                         .until = clock_mono_ms() + LOOK_MS };

    c->tasks = xcalloc(n + cfg->halt.targets_count, sizeof *c->tasks);
    for (size_t i = 0; i < n; i++)
        add(c, &look, &parts[i]);
    for (unsigned i = 0; i < cfg->halt.targets_count; i++) {
        look.target = &cfg->halt.targets[i];
        add(c, &look, &hook);
    }
}

/* With the lock, for one that hangs still writes. */
static void collect(struct checking *c, struct report *all)
{
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->count; i++) {
        struct task *t = &c->tasks[i];

        report_section(all, t->section);
        if (t->over)
            report_join(all, &t->look.report);
        else
            report_fail(all, t->id,
                        "see whether its server is overloaded, then check "
                        "again",
                        "not looked at: it was not over after %d s",
                        TOTAL_MS / 1000);
    }
    pthread_mutex_unlock(&c->lock);
}

/* Nobody works on it any more. */
static void checking_free(struct checking *c)
{
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->ended);
    free(c->tasks);
    free(c);
}

static void print(const struct report *all, const char *path, bool json,
                  FILE *out)
{
    if (json) {
        report_print_json(all, out);
        return;
    }
    fprintf(out, "opsbot %s looks at %s\n\n", version_text(),
            path ? path : "what the environment says");
    report_print(all, out);
}

bool check_all(const struct config *cfg, const char *path, bool json, FILE *out,
               bool *over)
{
    struct checking *c = xcalloc(1, sizeof *c);
    struct report all = { 0 };
    pthread_t threads[THREADS];
    size_t running;
    bool ok;

    web_start();
    pthread_mutex_init(&c->lock, NULL);
    cond_init(&c->ended);
    fill(c, cfg, path);
    running = start(c, threads);
    *over = wait_for_all(c);
    collect(c, &all);
    for (size_t i = 0; *over && i < running; i++)
        pthread_join(threads[i], NULL);
    if (*over)
        checking_free(c);
    print(&all, path, json, out);
    fflush(out);
    ok = report_count(&all, REPORT_FAILURE) == 0;
    report_dispose(&all);
    return ok;
}

void check_bad_config(const struct err *why, FILE *out)
{
    struct report all = { 0 };

    report_section(&all, "Configuration");
    report_fail(&all, "config", "correct it, then check again", "%s",
                why->text);
    report_print_json(&all, out);
    report_dispose(&all);
}

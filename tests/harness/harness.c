#include "tests/harness/harness.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define LOG_SHOWN  60 /* lines of each log that a failure shows */
#define MEMORY     "/dev/shm"
#define ROOM_BYTES (UINT64_C(2) << 30)
#define LEAST_MS   60000 /* before a wait gives up, on a busy machine */

static struct harness *harnesses; /* alive */
static bool failing;

/* ---- small things ------------------------------------------------------- */

void harness_sleep(int ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

int patience(void)
{
    const char *factor = getenv("OPSBOT_PATIENCE");
    int times = factor ? atoi(factor) : 1;

    return times > 1 ? times : 1;
}

int patient(int limit_ms)
{
    if (limit_ms > 0 && limit_ms < LEAST_MS)
        limit_ms = LEAST_MS;
    return limit_ms * patience();
}

void wait_until(bool (*done)(void *arg), void *arg, int limit_ms,
                const char *what)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);

    while (!done(arg)) {
        if (clock_mono_ms() >= until)
            harness_fail("waited %d ms for %s", patient(limit_ms), what);
        harness_sleep(15);
    }
}

char *harness_read(const char *path)
{
    struct buf b = { 0 };
    char chunk[8192];
    size_t n;
    FILE *f = fopen(path, "r");

    buf_str(&b, "");
    while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    if (f)
        fclose(f);
    return b.data ? buf_take(&b) : xstrdup("");
}

const char *harness_root(void)
{
    static char root[PATH_MAX];
    ssize_t n;
    char *build;

    if (root[0])
        return root;
    n = readlink("/proc/self/exe", root, sizeof root - 1);
    root[n > 0 ? n : 0] = '\0';
    build = strstr(root, "/build/");
    if (!build)
        harness_fail("%s is not below build/", root);
    *build = '\0';
    return root;
}

/* ---- failing ------------------------------------------------------------ */

static void show_tail(const char *name, const char *path)
{
    char *text = harness_read(path);
    const char *from = text + strlen(text);
    int lines = 0;

    while (from > text && lines <= LOG_SHOWN)
        if (*--from == '\n')
            lines++;
    if (*from == '\n')
        from++;
    if (*from)
        fprintf(stderr, "---- %s (%s)\n%s\n", name, path, from);
    free(text);
}

static void show_transcript(struct harness *h)
{
    json_t *all;
    char *text;

    if (!h->sandbox || !process_running(h->sandbox))
        return;
    process_signal(h->sandbox, SIGCONT);
    all = control_get_any(h, "transcript");
    text = json_dumps(all, JSON_INDENT(1));
    if (text)
        fprintf(stderr, "---- transcript of the sandbox\n%.20000s\n", text);
    free(text);
    json_decref(all);
}

static void show_story(struct harness *h)
{
    struct opsbot *bot;

    if (h->redis)
        show_tail("redis", h->redis->log);
    if (h->postgres)
        show_tail("postgres", h->postgres->log);
    if (h->sandbox)
        show_tail("sandbox", h->sandbox->log);
    for (bot = h->bot; bot; bot = opsbot_next(bot))
        show_tail("bot", opsbot_log_path(bot));
    show_transcript(h);
}

static void take_away(struct harness *h);

static void tell_and_take_away(void)
{
    for (struct harness *h = harnesses; h; h = h->next)
        show_story(h);
    agents_logs(show_tail);
    agents_abandon();
    while (harnesses)
        take_away(harnesses);
}

void harness_fail(const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "harness: ");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    if (!failing) {
        failing = true;
        tell_and_take_away();
    }
    abort();
}

/* A test that failed an assertion ends without harness_stop(): its story is
 * told here. */
static void at_exit(void)
{
    if (harnesses && !failing) {
        failing = true;
        fprintf(stderr, "harness: ended without harness_stop()\n");
        tell_and_take_away();
    }
}

/* ---- its directory ------------------------------------------------------ */

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    struct stat st;
    char *below;

    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        below = xasprintf("%s/%s", path, entry->d_name);
        if (!lstat(below, &st) && S_ISDIR(st.st_mode))
            remove_tree(below);
        else
            unlink(below);
        free(below);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* In memory where there is room for many: a disk spends longer on copying and
 * deleting a Postgres than a test runs. */
static bool in_memory(const char *path)
{
    struct statvfs fs;

    return access(path, W_OK) == 0 && statvfs(path, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize >= ROOM_BYTES;
}

/* Sockets' paths must stay below 108 bytes. */
static const char *temporary(const struct harness *h)
{
    const char *tmp = getenv("TMPDIR");

    if (tmp && tmp[0] == '/' && strlen(tmp) < 30)
        return tmp;
    return !h->options.durable && in_memory(MEMORY) ? MEMORY : "/tmp";
}

/* What a crashed test left: "opsbot-PID-…" of a process that is gone. */
static void sweep(const char *tmp)
{
    DIR *dir = opendir(tmp);
    const struct dirent *entry;
    struct stat st;
    char *path;
    int pid;

    while (dir && (entry = readdir(dir))) {
        if (sscanf(entry->d_name, "opsbot-%d-", &pid) != 1 || pid <= 1 ||
            kill(pid, 0) == 0 || errno != ESRCH)
            continue;
        path = xasprintf("%s/%s", tmp, entry->d_name);
        if (!lstat(path, &st) && S_ISDIR(st.st_mode) &&
            st.st_uid == geteuid() && !getenv("HARNESS_KEEP"))
            remove_tree(path);
        free(path);
    }
    if (dir)
        closedir(dir);
}

static void make_directory(struct harness *h)
{
    const char *tmp = temporary(h);

    sweep(tmp);
    snprintf(h->dir, sizeof h->dir, "%s/opsbot-%d-XXXXXX", tmp, (int)getpid());
    if (!mkdtemp(h->dir))
        harness_fail("%s: %s", h->dir, strerror(errno));
    /* As root, Postgres runs as somebody else and has to get in. */
    chmod(h->dir, 0711);
}

/* ---- start and stop ----------------------------------------------------- */

/* Everything goes, at once; no questions asked. */
static void take_away(struct harness *h)
{
    struct harness **at = &harnesses;

    while (*at && *at != h)
        at = &(*at)->next;
    if (*at)
        *at = h->next;
    opsbots_free(h);
    servers_free(h);
    if (getenv("HARNESS_KEEP"))
        fprintf(stderr, "harness: left %s\n", h->dir);
    else
        remove_tree(h->dir);
    http_done(h);
    free(h->redis_url);
    free(h->database_url);
    free(h->sandbox_url);
    free(h);
}

struct harness *harness_start(const struct harness_options *options)
{
    static bool registered;
    struct harness *h = xcalloc(1, sizeof *h);

    if (!registered)
        atexit(at_exit);
    registered = true;
    if (options)
        h->options = *options;
    if (!h->options.parts)
        h->options.parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX | PART_BOT;
    signal(SIGPIPE, SIG_IGN);
    make_directory(h);
    h->next = harnesses;
    harnesses = h;
    servers_start(h);
    if (h->options.parts & PART_BOT)
        opsbot_wait_ready(opsbot_start(h, NULL));
    return h;
}

void harness_stop(struct harness *h)
{
    struct opsbot *bot;
    int status;

    if (!h)
        return;
    for (bot = h->bot; bot; bot = opsbot_next(bot)) {
        if (!opsbot_running(bot))
            continue;
        status = opsbot_stop(bot, 0);
        if (status != 0)
            harness_fail("the bot ended with exit status %d", status);
    }
    servers_stop(h);
    take_away(h);
}

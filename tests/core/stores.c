/*
 * stores: a private Redis and Postgres for one unit test of core. One
 * thread.
 */
#include "tests/core/stores.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

/* Made once for a checkout and copied for each test. */
#define TEMPLATE "build/unit-postgres"
#define OWNER    "postgres"

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "stores: %s\n", what);
    abort();
}

/* ---- processes ------------------------------------------------------------ */

static void become_owner(void)
{
    struct passwd *pw = getuid() == 0 ? getpwnam(OWNER) : NULL;

    if (pw && (setgroups(0, NULL) || setgid(pw->pw_gid) || setuid(pw->pw_uid)))
        _exit(127);
}

/* With OWNER's rights; output to dir/name.log. */
static pid_t spawn(struct stores *s, const char *const argv[], int death)
{
    char log[96];
    pid_t parent = getpid(), pid = fork();
    int fd;

    if (pid != 0)
        return pid;
    snprintf(log, sizeof log, "%s/log", s->dir);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(fd, 1);
    dup2(fd, 2);
    setpgid(0, 0);
    become_owner();
    prctl(PR_SET_PDEATHSIG, death);
    if (getppid() == parent)
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void run(struct stores *s, const char *script)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    int status = 0;

    waitpid(spawn(s, argv, SIGKILL), &status, 0);
    if (status != 0)
        fail(script);
}

static void end(pid_t *pid, int signal_number)
{
    if (*pid <= 0)
        return;
    kill(*pid, signal_number);
    kill(*pid, SIGCONT);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static char *tool(const char *name)
{
    char *pattern = xasprintf("/usr/lib/postgresql/*/bin/%s", name);
    glob_t found = { 0 };
    char *path = NULL;

    if (glob(pattern, 0, NULL, &found) == 0)
        path = xstrdup(found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    free(pattern);
    return path ? path : xstrdup(name);
}

/* ---- Redis ---------------------------------------------------------------- */

void redis_server_start(struct stores *s)
{
    char *socket = xasprintf("%s/r", s->dir);
    const char *argv[] = {
        "redis-server", "--port", "0",    "--unixsocket",
        socket,         "--save", "",     "--appendonly",
        "yes",          "--dir",  s->dir, "--enable-debug-command",
        "yes",          NULL
    };
    struct redis *r = stores_redis(s);
    struct err err;
    bool up = false;

    s->redis_pid = spawn(s, argv, SIGKILL);
    for (int i = 0; i < 400 && !up; i++) {
        usleep(10000);
        up = redis_probe(r, &err);
    }
    redis_free(r);
    free(socket);
    if (!up)
        fail("Redis does not start");
}

void redis_server_stop(struct stores *s)
{
    end(&s->redis_pid, SIGKILL);
}

struct redis *stores_redis(struct stores *s)
{
    return redis_new(&s->url, &s->redis_health);
}

/* ---- Postgres ------------------------------------------------------------- */

static void make_template(struct stores *s)
{
    char *initdb = tool("initdb"), *server = tool("postgres");
    char *make = xasprintf(
        "%s -D %s/t -U bot -A trust -E UTF8 --locale=C -N --no-instructions"
        " --wal-segsize=1 && echo 'create database opsbot' |"
        " %s --single -D %s/t postgres",
        initdb, s->dir, server, s->dir);
    char *keep = xasprintf("mkdir -p build && cp -r %s/t %s.%d && "
                           "{ mv -T %s.%d %s || rm -rf %s.%d; } 2>/dev/null",
                           s->dir, TEMPLATE, (int)getpid(), TEMPLATE,
                           (int)getpid(), TEMPLATE, TEMPLATE, (int)getpid());

    run(s, make);
    if (system(keep) != 0)
        fail(keep);
    free(make);
    free(keep);
    free(initdb);
    free(server);
}

static void make_data(struct stores *s)
{
    char *copy = xasprintf("cp -r --reflink=auto %s %s/d && chmod 700 %s/d"
                           " && { [ $(id -u) != 0 ] || chown -R %s %s/d; }",
                           TEMPLATE, s->dir, s->dir, OWNER, s->dir);

    if (access(TEMPLATE, F_OK) != 0)
        make_template(s);
    if (system(copy) != 0)
        fail(copy);
    free(copy);
}

void postgres_server_start(struct stores *s)
{
    char *server = tool("postgres"), *data = xasprintf("%s/d", s->dir);
    const char *argv[] = { server,
                           "-D",
                           data,
                           "-k",
                           s->dir,
                           "-c",
                           "listen_addresses=",
                           "-c",
                           "fsync=off",
                           "-c",
                           "synchronous_commit=off",
                           "-c",
                           "full_page_writes=off",
                           "-c",
                           "autovacuum=off",
                           "-c",
                           "shared_buffers=16MB",
                           NULL };
    struct db *db = stores_db(s);
    struct err err;
    bool up = false;

    s->postgres_pid = spawn(s, argv, SIGQUIT);
    for (int i = 0; i < 1000 && !up; i++) {
        usleep(10000);
        up = db_probe(db, &err);
    }
    db_free(db);
    free(server);
    free(data);
    if (!up)
        fail(err.text);
}

void postgres_server_stop(struct stores *s)
{
    end(&s->postgres_pid, SIGINT);
}

struct db *stores_db(struct stores *s)
{
    return db_new(s->database, &s->db_health);
}

/* ---- both ----------------------------------------------------------------- */

void stores_start(struct stores *s, int which)
{
    struct err err;

    *s = (struct stores){ .redis_health = { .name = "Redis" },
                          .db_health = { .name = "Postgres" } };
    strcpy(s->dir, "/tmp/opsbot-unit-XXXXXX");
    if (!mkdtemp(s->dir) || chmod(s->dir, 0777) != 0)
        fail("no directory");
    snprintf(s->redis_text, sizeof s->redis_text, "unix://%s/r", s->dir);
    snprintf(s->database, sizeof s->database,
             "postgresql:///opsbot?host=%s&user=bot", s->dir);
    if (!redis_url_parse(s->redis_text, &s->url, &err))
        fail(err.text);
    if (which & WITH_REDIS)
        redis_server_start(s);
    if (which & WITH_POSTGRES) {
        make_data(s);
        postgres_server_start(s);
    }
    s->redis_health.falls = 0; /* while it started */
    s->db_health.falls = 0;
}

void stores_stop(struct stores *s)
{
    char *drop = xasprintf("rm -rf %s", s->dir);

    redis_server_stop(s);
    postgres_server_stop(s);
    redis_url_dispose(&s->url);
    if (system(drop) != 0)
        fail(drop);
    free(drop);
}

/* ---- onlookers ------------------------------------------------------------ */

char *look_text(struct stores *s, const char *sql)
{
    struct store_health health = { .name = "Postgres" };
    struct db *db = db_new(s->database, &health);
    const struct db_stmt stmt = { .name = "onlooker", .sql = sql };
    struct db_rows *rows = NULL;
    struct err err;
    char *text;

    if (!db_exec(db, &stmt, NULL, &rows, &err))
        fail(err.text);
    text = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    db_free(db);
    return text;
}

long look_number(struct stores *s, const char *sql)
{
    char *text = look_text(s, sql);
    long n = strtol(text, NULL, 10);

    free(text);
    return n;
}

char *cli(struct stores *s, const char *fmt, ...)
{
    struct buf line = { 0 }, out = { 0 };
    char chunk[4096], *command;
    FILE *pipe;
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    if (vasprintf(&command, fmt, ap) < 0)
        fail("no memory");
    va_end(ap);
    buf_fmt(&line, "redis-cli -s %s/r %s", s->dir, command);
    pipe = popen(buf_text(&line), "r");
    while (pipe && (n = fread(chunk, 1, sizeof chunk, pipe)) > 0)
        buf_add(&out, chunk, n);
    if (!pipe || pclose(pipe) != 0)
        fail(buf_text(&line));
    while (out.len > 0 && out.data[out.len - 1] == '\n')
        buf_cut(&out, out.len - 1);
    buf_dispose(&line);
    free(command);
    return buf_take(&out);
}

long cli_number(struct stores *s, const char *command)
{
    char *text = cli(s, "%s", command);
    long n = strtol(text, NULL, 10);

    free(text);
    return n;
}

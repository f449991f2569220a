#include "tests/harness/postgres.h"

#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define OWNER "postgres" /* whom Postgres runs as when we are root */

/* Debian keeps the server's programs off PATH; the newest version wins. */
static char *tool(const char *name)
{
    char *pattern = xasprintf("/usr/lib/postgresql/*/bin/%s", name);
    glob_t found = { 0 };
    char *path;

    if (glob(pattern, 0, NULL, &found) == 0)
        path = xstrdup(found.gl_pathv[found.gl_pathc - 1]);
    else
        path = xstrdup(name);
    globfree(&found);
    free(pattern);
    return path;
}

/* As root, hands path over to who Postgres runs as. */
static void give_away(const char *path, const char *log)
{
    const char *chown[] = { "chown", "-R", OWNER, path, NULL };

    if (geteuid() == 0)
        process_run(chown, NULL, log);
}

/* One database is left, for each costs 300 files, and every test copies them:
 * who needs another one creates it from this. */
static void initdb(const char *data, const char *log)
{
    char *program = tool("initdb"), *server = tool("postgres");
    char *script = xasprintf(
        "%s -D %s -U bot -A trust -E UTF8 --locale=C -N --no-instructions "
        "--wal-segsize=1 && echo 'create database opsbot' | "
        "%s --single -D %s postgres && printf '%%s\n'"
        " 'update pg_database set datistemplate = false'"
        " 'drop database postgres' 'drop database template0'"
        " 'drop database template1' 'checkpoint' |"
        " %s --single -D %s opsbot",
        program, data, server, data, server, data);
    const char *argv[] = { "sh", "-c", script, NULL };

    process_run(argv, OWNER, log);
    free(program);
    free(server);
    free(script);
}

/* "…/build/postgres-15-small" */
static char *template_path(void)
{
    char *server = tool("postgres");
    int version = 0;
    char *path;

    sscanf(server, "/usr/lib/postgresql/%d/", &version);
    path = xasprintf("%s/build/postgres-%d-small", harness_root(), version);
    free(server);
    return path;
}

/* Several tests may come here at once: each makes one, the first rename wins,
 * and everybody goes on with the one that is there. */
static char *template_ready(struct harness *h)
{
    char *path = template_path();
    char *mine = xasprintf("%s.%d", path, (int)getpid());
    char *fresh = below(h, "pg/template"), *log = below(h, "initdb.log");
    const char *copy[] = { "cp", "-r", fresh, mine, NULL };
    const char *drop[] = { "rm", "-rf", mine, fresh, NULL };

    if (access(path, F_OK) != 0) {
        initdb(fresh, log);
        process_run(copy, NULL, log);
        if (rename(mine, path) != 0 && access(path, F_OK) != 0)
            harness_fail("cannot make %s", path);
        process_run(drop, NULL, log);
    }
    free(mine);
    free(fresh);
    free(log);
    return path;
}

static void make_data(struct harness *h)
{
    char *pg = below(h, "pg"), *data = below(h, "pg/data");
    char *log = below(h, "initdb.log"), *from;
    const char *copy[] = { "cp", "-r", "--reflink=auto", NULL, data, NULL };

    mkdir(pg, 0755);
    give_away(pg, log);
    copy[3] = from = template_ready(h);
    process_run(copy, NULL, log);
    chmod(data, 0700);
    give_away(pg, log);
    free(from);
    free(log);
    free(pg);
    free(data);
}

static bool postgres_answers(void *arg)
{
    struct harness *h = arg;

    if (!process_running(h->postgres))
        harness_fail("Postgres does not start");
    return PQping(h->database_url) == PQPING_OK;
}

void postgres_up(struct harness *h)
{
    char *program = tool("postgres"), *pg = below(h, "pg");
    char *data = below(h, "pg/data");
    /* Not durable: everything is thrown away in a moment. */
    static const char *const careless[] = { "-c", "fsync=off",
                                            "-c", "synchronous_commit=off",
                                            "-c", "full_page_writes=off",
                                            "-c", "autovacuum=off",
                                            NULL };
    const char *argv[32] = { program,
                             "-D",
                             data,
                             "-k",
                             pg,
                             "-c",
                             "listen_addresses=",
                             "-c",
                             "shared_buffers=32MB",
                             "-c",
                             "max_connections=60",
                             NULL };
    int n = 11;

    if (!h->postgres) {
        make_data(h);
        h->postgres = process_new("postgres", below(h, "postgres.log"));
        h->database_url =
            xasprintf("postgresql:///opsbot?host=%s&user=bot", pg);
    }
    for (int i = 0; !h->options.durable && careless[i]; i++)
        argv[n++] = careless[i];
    process_start(h->postgres, argv, NULL, OWNER, SIGQUIT);
    wait_until(postgres_answers, h, 20000, "Postgres to answer");
    free(program);
    free(pg);
    free(data);
}

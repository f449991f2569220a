#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/harness.h"

#define SERVERS (PART_REDIS | PART_POSTGRES)

static void use_servers(struct harness *h)
{
    char *text;

    redis_send(h, "DEL s");
    redis_send(h, "XADD s * name %s", "two words");
    cr_assert_eq(redis_number(h, "XLEN s"), 1);
    text = redis_text(h, "SET k %b", "a\0b", (size_t)3);
    cr_assert_str_eq(text, "OK");
    free(text);
    text = sql(h, "select %d, 'x', null union all select 2, 'y', 'z'", 1);
    cr_assert_str_eq(text, "1|x|\n2|y|z");
    free(text);
}

static void start_use_stop(void)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = SERVERS });
    char *dir = xstrdup(h->dir);

    use_servers(h);
    harness_stop(h);
    cr_assert_neq(access(dir, F_OK), 0, "%s is still there", dir);
    free(dir);
}

Test(harness, servers_start_and_stop_twice)
{
    start_use_stop();
    start_use_stop();
}

Test(harness, several_side_by_side)
{
    const struct harness_options options = { .parts = SERVERS };
    struct harness *a = harness_start(&options);
    struct harness *b = harness_start(&options);

    use_servers(a);
    use_servers(b);
    harness_stop(a);
    use_servers(b);
    harness_stop(b);
}

/* Processes that start at the same moment: each gets servers of its own. */
Test(harness, processes_in_parallel)
{
    pid_t pids[3];
    int status;

    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            start_use_stop();
            _exit(0);
        }
    }
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
        cr_assert_eq(status, 0);
    }
}

Test(harness, data_survive_a_stop_and_a_kill)
{
    struct harness *h = harness_start(
        &(struct harness_options){ .parts = SERVERS, .durable = true });

    free(sql(h, "create table t (x int)"));
    free(sql(h, "insert into t values (7)"));
    redis_send(h, "SET k 7");
    part_stop(h, PART_REDIS);
    part_kill(h, PART_POSTGRES);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    cr_assert_eq(sql_number(h, "select x from t"), 7);
    cr_assert_eq(redis_number(h, "GET k"), 7);
    part_pause(h, PART_REDIS);
    part_resume(h, PART_REDIS);
    cr_assert_eq(redis_number(h, "GET k"), 7);
    part_pause(h, PART_POSTGRES);
    harness_stop(h);
}

/* Who dies takes the servers along, and the next one tidies up. */
Test(harness, a_crash_leaves_nothing)
{
    int out[2], status, redis = 0, postgres = 0;
    char dir[64] = "";
    pid_t pid;
    FILE *f;

    cr_assert_eq(pipe(out), 0);
    pid = fork();
    if (pid == 0) {
        struct harness *h =
            harness_start(&(struct harness_options){ .parts = SERVERS });
        char *pg = xasprintf("%s/pg/data/postmaster.pid", h->dir);
        char *number = harness_read(pg);

        dprintf(out[1], "%s %lld %d\n", h->dir,
                redis_number(h, "EVAL %s 0",
                             "return redis.call('INFO','server'):match("
                             "'process_id:(%d+)')"),
                atoi(number));
        kill(getpid(), SIGKILL);
    }
    close(out[1]);
    f = fdopen(out[0], "r");
    cr_assert_eq(fscanf(f, "%63s %d %d", dir, &redis, &postgres), 3);
    fclose(f);
    waitpid(pid, &status, 0);
    for (int i = 0; i < 3000 && (!kill(redis, 0) || !kill(postgres, 0)); i++)
        harness_sleep(10);
    cr_assert_neq(kill(redis, 0), 0, "Redis is still there");
    cr_assert_neq(kill(postgres, 0), 0, "Postgres is still there");
    start_use_stop();
    cr_assert_neq(access(dir, F_OK), 0, "%s is still there", dir);
}

Test(harness, the_whole_thing)
{
    struct harness *h = harness_start(NULL);
    char *answer = ask(h, "U0ANN", "C0OPS", "ping");

    cr_assert(strstr(answer, "Redis"), "%s", answer);
    cr_assert_gt(opsbot_rss(h->bot), 0);
    free(answer);
    harness_stop(h);
}

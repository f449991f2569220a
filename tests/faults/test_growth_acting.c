/*
 * What acting leaves behind after a long time: memory, files, keys without an
 * end, rows that stay open. The release program, as in test_growth.c.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"
#include "tests/integration/jobs.h"

#define GROWTH_KIB 2048

#define JOBS    50
#define LETTERS 1000
#define TURNS   200  /* halts, and as many unhalts */
#define ROWS    1000 /* five a second get through */
#define LONG_MS 600000

static const char jobs_open[] =
    "select count(*) from opsbot.jobs where state = 'running'";
static const char rows_open[] =
    "select count(*) from opsbot.outbox where state in ('waiting', 'sending')";

static void use_release(void)
{
    setenv("OPSBOT_BIN", "build/release/opsbot", 1);
    setenv("SANDBOX_BIN", "build/release/sandbox", 1);
    setenv("AGENTS_BIN", "build/release/agents", 1);
}

static int open_files(struct harness *h)
{
    char *path = xasprintf("/proc/%d/fd", (int)opsbot_pid(h->bot));
    DIR *dir = opendir(path);
    int count = -2; /* "." and ".." */

    cr_assert(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    free(path);
    return count;
}

struct before {
    long rss;
    int files;
};

static struct before look(struct harness *h)
{
    return (struct before){ opsbot_rss(h->bot), open_files(h) };
}

/* Connections come and go: a few more or less are none left behind. */
static void expect_flat(struct harness *h, struct before was, const char *what)
{
    struct before is = look(h);

    cr_expect_leq(is.rss - was.rss, GROWTH_KIB, "%s: %ld KiB, then %ld KiB",
                  what, was.rss, is.rss);
    cr_expect_leq(is.files, was.files + 4, "%s: %d files, then %d", what,
                  was.files, is.files);
}

/* A marker without an end would stay for ever. */
static void expect_markers_end(struct harness *h)
{
    static const char script[] =
        "local n, cursor = 0, '0' repeat local r = redis.call('SCAN', cursor,"
        " 'MATCH', 'opsbot:op:*', 'COUNT', 1000) cursor = r[1]"
        " for _, k in ipairs(r[2]) do if redis.call('TTL', k) < 0 then"
        " n = n + 1 end end until cursor == '0' return n";

    cr_expect_eq(redis_number(h, "EVAL %s 0", script), 0);
}

static void fill(struct harness *h)
{
    redis_send(h, "EVAL %s 0",
               "for i = 1, 1000 do redis.call('XADD', 'orders.dlq', '*', 'n',"
               " i, 'error', 'no price', 'original_id', '1-' .. i) end");
}

static void requeue_all(struct harness *h, int times)
{
    for (int i = 0; i < times; i++) {
        fill(h);
        json_decref(say(h, "U0ANN", "C0OPS", ALL " --rate max"));
        json_decref(say(h, "U0ANN", "C0OPS", typed(h, "confirm")));
        wait_sql(h, 0, LONG_MS, jobs_open);
        redis_send(h, "DEL orders");
    }
}

Test(growth_acting, bulk_jobs_leave_nothing_behind)
{
    struct before was;
    struct harness *h;

    use_release();
    h = start_jobs(0);
    requeue_all(h, JOBS / 5);
    wait_settled(h, LONG_MS);
    was = look(h);
    requeue_all(h, JOBS);
    wait_settled(h, LONG_MS);
    expect_flat(h, was, "jobs");
    expect_markers_end(h);
    cr_expect_eq(sql_number(h, "select sum(moved) from opsbot.jobs"),
                 (JOBS + JOBS / 5) * LETTERS);
    cr_expect_eq(redis_number(h, "XLEN orders.dlq"), 0);
    cr_expect_eq(sql_number(h, rows_open), 0);
    harness_stop(h);
}

static void halt_and_start(struct harness *h, int times)
{
    for (int i = 0; i < times; i++) {
        json_decref(say(h, "U0ANN", "C0OPS", "halt all growth"));
        json_decref(say(h, "U0ANN", "C0OPS", "unhalt all"));
        json_decref(say(h, "U0ANN", "C0OPS", typed(h, "confirm")));
    }
    wait_sql(h, 0, LONG_MS,
             "select count(*) from opsbot.halts where state = 'running'");
}

Test(growth_acting, halts_leave_nothing_behind)
{
    struct halting t;
    struct before was;

    use_release();
    t = halting_start(4, "");
    halt_and_start(t.h, TURNS / 5);
    was = look(t.h);
    halt_and_start(t.h, TURNS);
    expect_flat(t.h, was, "halts");
    expect_markers_end(t.h);
    cr_expect_eq(redis_number(t.h, "GET opsbot:halt:generation"),
                 2 * (TURNS + TURNS / 5));
    cr_expect_eq(redis_number(t.h, "EXISTS opsbot:halt:all"), 0);
    cr_expect_eq(sql_number(t.h, "select count(*) from opsbot.operations"
                                 " where state = 'intent'"),
                 0);
    halting_stop(&t);
}

/* Each for a channel of its own, which nobody knows: what is remembered of
 * channels must be forgotten, too. */
static void put_rows(struct harness *h, const char *prefix, int count)
{
    free(sql(h,
             "insert into opsbot.outbox (op, channel, body) select"
             " '%s' || n, '%s' || n, '{\"text\":\"hi\"}'"
             " from generate_series(1, %d) n",
             prefix, prefix, count));
    wait_sql(h, 0, LONG_MS, rows_open);
}

Test(growth_acting, rows_leave_nothing_behind)
{
    struct before was;
    struct harness *h;

    use_release();
    h = harness_start(NULL);
    put_rows(h, "C0A", ROWS / 5);
    was = look(h);
    put_rows(h, "C0B", ROWS);
    expect_flat(h, was, "rows");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox where"
                               " state = 'undeliverable'"),
                 ROWS + ROWS / 5);
    harness_stop(h);
}

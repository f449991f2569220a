/*
 * Stores and a machine that are there, and have nothing left to give: no
 * memory in Redis, no connection to Redis or Postgres, no file descriptor, no
 * room for the journal. Each is said, changes nothing by half, and is over
 * when it is over.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"
#include "tests/integration/jobs.h"

#define SOON_MS 20000
#define BACK_MS 40000

static void wait_well(struct harness *h)
{
    wait_health(h->bot, "\"status\":\"ok\"", BACK_MS);
}

/* ---- Redis ------------------------------------------------------------------ */

static void expect_nothing_moved(struct harness *h, int letters)
{
    cr_assert_eq(redis_number(h, "XLEN orders"), 0);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), letters);
}

/* It answers, and takes nothing: a halt is told and written down, a move is
 * refused; both are as they should be when there is room again. */
Test(exhausted, redis_has_no_memory)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    dead_letters(h, "orders", 5);
    wait_well(h);
    redis_send(h, "CONFIG SET maxmemory 1");
    expect_patiently(h, "ping", "pong");
    expect_patiently(h, "dlq requeue orders 1700000000000-1", "OOM");
    expect_patiently(h, "halt all no memory", "Halting all without Redis");
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_health(h->bot, "\"redis\":{\"state\":\"refuses writes\"", SOON_MS);
    expect_nothing_moved(h, 5);
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    redis_send(h, "CONFIG SET maxmemory 0");
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_well(h);
    expect_patiently(h, "dlq requeue orders 1700000000000-2", "Requeued");
    wait_redis(h, 1, COMES_MS, "XLEN orders");
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    halting_stop(&t);
}

/* A job that runs meanwhile waits, and goes on where it was. */
Test(exhausted, a_job_waits_for_memory)
{
    struct harness *h = start_jobs(30);

    begin_slowly(h, "10");
    wait_moved(h, 2);
    redis_send(h, "CONFIG SET maxmemory 1");
    opsbot_wait_log(h->bot, "OOM", SOON_MS);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.jobs where state"
             " = 'running'");
    redis_send(h, "CONFIG SET maxmemory 0");
    wait_job(h, "done", BACK_MS);
    expect_each_once(h, 30);
    wait_well(h);
    harness_stop(h);
}

static void redis_say(redisContext *redis, const char *command)
{
    redisReply *reply = redisCommand(redis, command);

    cr_assert(reply && reply->type != REDIS_REPLY_ERROR, "%s", command);
    freeReplyObject(reply);
}

/* Whoever comes is turned away: that is away as well. The one connection
 * there may be is ours. */
Test(exhausted, redis_has_no_connection_left)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    char *path = xasprintf("%s/redis.sock", h->dir);
    redisContext *redis = redisConnectUnix(path);

    redis_say(redis, "CONFIG SET maxclients 1");
    redis_say(redis, "CLIENT KILL TYPE normal SKIPME yes");
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", SOON_MS);
    opsbot_wait_log(h->bot, "max number of clients", SOON_MS);
    expect_patiently(h, "halt all no clients", "Halting all without Redis");
    agents_wait_halted(t.agents, 1, SOON_MS);
    redis_say(redis, "CONFIG SET maxclients 1000");
    redisFree(redis);
    free(path);
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_well(h);
    halting_stop(&t);
}

/* ---- Postgres ------------------------------------------------------------------ */

#define CROWD 100 /* more than Postgres lets in */

struct crowd {
    PGconn *in[CROWD];
    int count;
};

/* Takes what is free. */
static void crowd_in(struct crowd *c, const char *url)
{
    while (c->count < CROWD) {
        PGconn *next = PQconnectdb(url);

        if (PQstatus(next) != CONNECTION_OK) {
            PQfinish(next);
            return;
        }
        c->in[c->count++] = next;
    }
    cr_assert_fail("Postgres lets in everybody");
}

/* How many others are in; they are thrown out. */
static int throw_out(const struct crowd *c)
{
    PGresult *out =
        PQexec(c->in[0], "select pg_terminate_backend(pid) from"
                         " pg_stat_activity where backend_type = 'client"
                         " backend' and application_name <> 'crowd'");
    int others = PQntuples(out);

    PQclear(out);
    return others;
}

static void crowd_all(struct crowd *c, struct harness *h)
{
    char *url = xasprintf("%s&application_name=crowd", h->database_url);

    do
        crowd_in(c, url);
    while (throw_out(c) > 0);
    free(url);
}

static void crowd_out(struct crowd *c)
{
    while (c->count > 0)
        PQfinish(c->in[--c->count]);
}

/* Which of them is said depends on how far a connection had come. */
static bool says_why(void *arg)
{
    const struct opsbot *bot = arg;

    return opsbot_log_has(bot, "too many clients") ||
           opsbot_log_has(bot, "terminating connection");
}

Test(exhausted, postgres_has_no_connection_left)
{
    struct halting t = halting_start(1, "");
    struct harness *h = t.h;
    struct crowd crowd = { 0 };

    dead_letters(h, "orders", 3);
    crowd_all(&crowd, h);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", SOON_MS);
    wait_until(says_why, h->bot, SOON_MS, "why Postgres is down");
    expect_patiently(h, "dlq requeue orders 1700000000000-1", "Postgres");
    expect_nothing_moved(h, 3);
    expect_patiently(h, "halt all no connections", "Halted all");
    agents_wait_halted(t.agents, 1, SOON_MS);
    crowd_out(&crowd);
    wait_well(h);
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.operations where command = 'halt'"
             " and state = 'done'");
    halting_stop(&t);
}

/* ---- the machine ---------------------------------------------------------------- */

/* Somebody who connects, and waits to be taken in. Closes it again. */
static int knock(struct harness *h)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    const char *colon = strrchr(opsbot_address(h->bot), ':');
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(colon && fd >= 0);
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static size_t lines_with(struct harness *h, const char *text)
{
    char *log = opsbot_log(h->bot);
    size_t n = 0;

    for (const char *at = log; (at = strstr(at, text)); at++)
        n++;
    free(log);
    return n;
}

/* What is open stays so. Who knocks waits at the door, and neither a core nor
 * the disk is spent on it. */
Test(exhausted, no_file_descriptor_is_left)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    struct rlimit before, none;
    pid_t pid = opsbot_pid(h->bot);
    int door;

    wait_well(h);
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &before), 0);
    none = before;
    none.rlim_cur = 8; /* all taken; and poll() wants no more than that */
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &none, NULL), 0);
    door = knock(h);
    opsbot_wait_log(h->bot, "whoever connects is not taken in", SOON_MS);
    expect_patiently(h, "halt all no descriptors", "targets are being told");
    opsbot_wait_log(h->bot, "could not create socket", SOON_MS);
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &before, NULL), 0);
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_redis(h, 1, BACK_MS, "EXISTS opsbot:halt:all");
    wait_well(h);
    cr_assert_leq(lines_with(h, "not taken in"), 50); /* not thousands */
    close(door);
    halting_stop(&t);
}

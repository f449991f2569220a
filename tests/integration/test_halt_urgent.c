/*
 * A halt does not wait for anybody (P6): every other worker held, a flood of
 * commands, a bulk move at full speed.
 */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/halting.h"

#define SOON_MS 20000

/* Halts, and says how long it took until Redis knew and the agents did; then
 * ends the flood, if there is one (its end is a descriptor). */
static void halt_now(struct halting *t, const char *while_what, int flood)
{
    int64_t from = clock_mono_ms(), effect;
    json_t *answer;
    struct asked a = type_text(t->h, "U0ANN", "C0OPS", "halt all now");

    agents_wait_halted(t->agents, 2, SOON_MS);
    wait_redis(t->h, 1, SOON_MS, "EXISTS opsbot:halt:all");
    effect = clock_mono_ms();
    if (flood >= 0)
        close(flood);
    answer = wait_answers(t->h, a.interaction, 1, 240000);
    expect_shown(answer, "Halted all · generation 1");
    json_decref(answer);
    printf("%s: stopped after %lld ms, answered after %lld ms\n", while_what,
           (long long)(effect - from), (long long)(clock_mono_ms() - from));
}

/* Rows of the audit cannot be written, so nobody who waits for one goes on:
 * not even the halt, but it does not wait for long. */
Test(halt_urgent, with_every_worker_held)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    struct table_lock *lock = table_lock(h, "audit_events");

    for (int i = 0; i < 60; i++)
        type_text(h, "U0BOB", "C0OPS", i % 2 ? "streams" : "unhalt all");
    halt_now(&t, "every worker held", -1);
    table_unlock(lock);
    wait_settled(h, 60000);
    wait_sql(h, 2, 60000,
             "select count(*) from opsbot.audit_events where command = 'halt'");
    halting_stop(&t);
}

/* ---- a flood ------------------------------------------------------------------- */

/* The sandbox's load runs for as long as the connection is there. */
static int flood(struct harness *h)
{
    static const char body[] =
        "{\"user\":\"U0BOB\",\"channel\":\"C0GENERAL\",\"command\":\"/ops\","
        "\"text\":\"ping\",\"rate\":2000,\"seconds\":30}";
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port =
                                  htons((uint16_t)atoi(h->sandbox_port)),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char *text = xasprintf("POST /control/load HTTP/1.1\r\nHost: sandbox\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %zu\r\n\r\n%s",
                           sizeof body - 1, body);

    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    free(text);
    return fd;
}

Test(halt_urgent, in_a_flood_of_pings)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    int fd = flood(h);

    control_wait(h, "acked", 500); /* it has begun */
    halt_now(&t, "2000 pings a second", fd);
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    halting_stop(&t);
}

/* ---- a bulk move ---------------------------------------------------------------- */

Test(halt_urgent, beside_a_bulk_move_at_full_speed)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    json_t *asked, *done;

    dead_letters(h, "orders", 6000);
    asked = say(h, "U0ANN", "C0OPS", "dlq requeue orders --all --rate max");
    done = press(h, "U0ANN", "C0OPS", asked, "Requeue 6,000 entries");
    halt_now(&t, "a bulk move", -1);
    wait_sql(h, 1, 60000,
             "select count(*) from opsbot.jobs where state = 'done'");
    wait_redis(h, 6000, COMES_MS, "XLEN orders");
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    json_decref(asked);
    json_decref(done);
    halting_stop(&t);
}

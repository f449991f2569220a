/*
 * Stores and a machine that are there, and have nothing left to give: no
 * memory in Redis, no connection to Redis or Postgres, no file descriptor, no
 * room for the journal. Each is said, changes nothing by half, and is over
 * when it is over.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"
#include "tests/integration/jobs.h"

#define SOON_MS 20000
#define BACK_MS 40000

static json_t *say_patiently(struct harness *h, const char *text)
{
    struct asked a = type_text(h, "U0ANN", "C0OPS", text);

    return wait_answers(h, a.interaction, 1, SOON_MS);
}

__attribute__((unused)) static void expect_patiently(struct harness *h, const char *text,
                             const char *shown)
{
    json_t *answer = say_patiently(h, text);

    expect_shown(answer, shown);
    json_decref(answer);
}

Test(exhausted, redis_has_no_memory)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    char *body;

    dead_letters(h, "orders", 5);
    redis_send(h, "CONFIG SET maxmemory 1");
    for (int i = 0; i < 3; i++) {
    json_t *a = say_patiently(h, i == 0 ? "ping" : i == 1 ? "dlq requeue orders 1700000000000-1" : "halt all no memory");
    printf("%s\n----\n", reply_shown(a)); }
    opsbot_get(h->bot, "/health", &body);
    printf("%s\n", body);
    printf("%lld %lld\n", redis_number(h, "XLEN orders"), redis_number(h, "EXISTS opsbot:halt:all"));
    printf("%s\n", channel_shown(h));
    printf("%s\n", opsbot_log(h->bot));
    redis_send(h, "CONFIG SET maxmemory 0");
    harness_sleep(6000);
    opsbot_get(h->bot, "/health", &body);
    printf("%s\n", body);
    printf("%lld %lld\n", redis_number(h, "XLEN orders"), redis_number(h, "EXISTS opsbot:halt:all"));
    halting_stop(&t);
}

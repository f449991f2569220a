#include "tests/bench/flood.h"

#include <stdio.h>
#include <sys/wait.h>

#include "tests/bench/forger.h"
#include "tests/bench/load.h"

#define FORGED  10000 /* a second */
#define REAL    100   /* a second */
#define SECONDS 5
#define ROUNDS  3
#define AIM     2.0

/* Real commands by the road that Slack takes now. */
static double p90(struct harness *h)
{
    struct load load = {
        .command = "/ops", .text = "ping", .rate = REAL, .seconds = SECONDS
    };
    struct figures f;

    load_run(h, &load, &f);
    return f.p90;
}

static double p90_in_flood(struct harness *h)
{
    struct forger forger;
    struct forged forged;
    double ms, cpu = opsbot_cpu_seconds(h->bot);

    forger_start(&forger, opsbot_address(h->bot), FORGED, 32);
    ms = p90(h);
    forger_stop(&forger, &forged);
    waitpid(forger.pid, NULL, 0);
    if (forged.other)
        harness_fail("%ld forged requests were not refused", forged.other);
    cpu = opsbot_cpu_seconds(h->bot) - cpu;
    printf("  %7.2f ms with %.0f forged requests/s refused, CPU of the bot "
           "%.0f %% of one core\n",
           ms, forged.per_second, cpu * 100 / SECONDS);
    return ms;
}

static bool road(struct harness *h, const char *name)
{
    double quiet[ROUNDS], flood[ROUNDS], ratio;

    printf("%s, p90 of %d commands/s:\n", name, REAL);
    p90(h); /* warm */
    for (int i = 0; i < ROUNDS; i++) {
        quiet[i] = p90(h);
        printf("  %7.2f ms\n", quiet[i]);
        flood[i] = p90_in_flood(h);
    }
    ratio = load_median(flood, ROUNDS) / load_median(quiet, ROUNDS);
    printf("  median in the flood / without: %.2f (aim %.1f)\n", ratio, AIM);
    return ratio <= AIM;
}

bool flood_bench(void)
{
    static const char *const env[] = {
        "SLACK_MODE=both",
        "SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5", NULL
    };
    struct harness *h = harness_start(&(struct harness_options){
        .road = ROAD_SOCKET, .durable = true, .env = env });
    bool good = road(h, "by the socket");

    json_decref(control_post(h, "delivery",
                             json_pack("{s:s, s:o, s:b}", "mode", "http", "url",
                                       json_sprintf("http://%s/slack/events",
                                                    opsbot_address(h->bot)),
                                       "keep_alive", 1)));
    good = road(h, "by request URLs") && good;
    harness_stop(h);
    return good;
}

/*
 * hook_threads: one thread turns hooks with runs that come and go, others
 * wake it, for the thread sanitizer. Exit status 0: every run but the last
 * was overtaken, and a wake was enough to end a wait.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/ops/hook.h"

#define WAKERS  3
#define RUNS    40
#define LONG_MS 600000 /* none of the waits may last to its end */

static struct config_target targets[] = {
    /* Nobody listens at port 1: refused, and tried again until overtaken. */
    { .name = (char[]){ "away" },
      .halt_url = (char[]){ "http://127.0.0.1:1/halt" },
      .health_url = (char[]){ "http://127.0.0.1:1/health" },
      .halted_path = (char[]){ "halted" },
      .halted_value = (char[]){ "true" } },
    { .name = (char[]){ "none" } },
};
static struct config config = {
    .halt = { .targets = targets, .targets_count = 2, .verify_s = 600 }
};
static struct hooks *hooks;
static atomic_int turns;
static atomic_bool over;
static int finished;            /* of the turning thread, */
static struct halt_run *newest; /* as this */

static void *wake(void *arg)
{
    while (!atomic_load(&over)) {
        hooks_wake(hooks);
        sched_yield();
    }
    return arg;
}

static void changed(void *arg, struct halt_run *run)
{
    (void)arg;
    if (!run->finished)
        return;
    finished++;
    halt_run_free(run);
}

/* Each overtakes the one before. */
static void begin(int i)
{
    struct act act = { .op = "OP", .user = "U0ANN", .user_name = "ann" };
    struct halt_want want = { .act = &act,
                              .action = i % 2 ? HALT_START : HALT_STOP,
                              .scope = HALT_ALL,
                              .reason = "threads",
                              .at = clock_wall_ms() };

    newest = halt_run_new(&config, &want, i + 1, NULL);
    hooks_start(hooks, newest);
}

static void *turn(void *arg)
{
    for (int i = 0; i < RUNS; i++) {
        begin(i);
        for (int n = 0; n < 5; n++) {
            hooks_turn(hooks, LONG_MS, changed, NULL);
            atomic_fetch_add(&turns, 1);
        }
    }
    return arg;
}

int main(void)
{
    pthread_t turner, wakers[WAKERS];
    bool ok;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    hooks = hooks_new(&(struct config_holder){ .now = &config });
    pthread_create(&turner, NULL, turn, NULL);
    for (int i = 0; i < WAKERS; i++)
        pthread_create(&wakers[i], NULL, wake, NULL);
    pthread_join(turner, NULL);
    atomic_store(&over, true);
    for (int i = 0; i < WAKERS; i++)
        pthread_join(wakers[i], NULL);
    ok = finished == RUNS - 1 && hooks_running(hooks) == 1;
    printf("%d of %d runs over, %d turns\n", finished, RUNS, turns);
    hooks_free(hooks);
    halt_run_free(newest);
    curl_global_cleanup();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

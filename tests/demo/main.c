/*
 * demo: the whole thing on this machine, without Slack: private Redis and
 * Postgres, the sandbox in Slack's place, opsbot, and streams with dead
 * letters. A tour shows each command and checks what it answers; on a
 * terminal the person then types. Everything is gone afterwards.
 *
 *     build/demo           tour, then your turn
 *     TOUR=1 build/demo    the tour only
 *     TOUR=0 build/demo    your turn at once; lines may come from a file
 *
 * Exit status: 0, 1 when a step of the tour failed, 128 + the signal that
 * ended the tour.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/demo/line.h"
#include "tests/demo/paper.h"
#include "tests/demo/prompt.h"
#include "tests/demo/tour.h"

#define PATIENCE 3 /* signals until it ends at once */

static volatile int stop; /* the signal that ends it */

/* The children end with us, whatever happens here. */
static void on_signal(int sig)
{
    static volatile sig_atomic_t count;

    stop = sig;
    if (++count < PATIENCE)
        return;
    line_end();
    _exit(128 + sig);
}

static void put(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

/* The harness gives up with abort(), when it has told why and tidied up. */
static void on_abort(int sig)
{
    (void)sig;
    site_tidy();
    put("demo: step \"");
    put(tour_step());
    put("\" failed\n");
    _exit(1);
}

static void take_signals(void)
{
    /* Without SA_RESTART: a signal ends the wait for a typed line. */
    struct sigaction ends = { .sa_handler = on_signal };
    struct sigaction gives_up = { .sa_handler = on_abort };

    sigaction(SIGINT, &ends, NULL);
    sigaction(SIGTERM, &ends, NULL);
    sigaction(SIGHUP, &ends, NULL);
    sigaction(SIGABRT, &gives_up, NULL);
}

/* TOUR: the character that stands for it, 0 when it is not set. */
static char wanted(void)
{
    const char *tour = getenv("TOUR");

    return tour ? *tour : '\0';
}

/* The tour, then the person's turn, as far as each is wanted. */
static bool play(struct stage *stage)
{
    char tour = wanted();
    bool ok = tour == '0' || tour_run(stage, &stop);

    if (ok && (tour == '0' || (!tour && isatty(STDIN_FILENO))))
        prompt_run(stage, &stop);
    return ok;
}

int main(void)
{
    struct stage stage = { 0 };
    int64_t from = clock_mono_ms();
    bool ok;

    paper_start();
    take_signals();
    paper_line(INK_DIM, "Starting Redis, Postgres, the sandbox, opsbot …");
    stage_start(&stage);
    paper_line(INK_BOLD, "Look: %s/?user=U0ANN&channel=" STAGE_CHANNEL,
               stage.h->sandbox_url);
    paper_line(INK_DIM,
               "Ready after %.1f s. That page is Slack's place here: "
               "what happens below is seen there too.",
               (double)(clock_mono_ms() - from) / 1000);
    ok = play(&stage);
    paper_line(INK_DIM, "Stopping; everything that was started goes away.");
    stage_stop(&stage);
    if (ok)
        return EXIT_SUCCESS;
    if (!stop)
        put("demo: HARNESS_KEEP=1 leaves the logs behind\n");
    return stop ? 128 + stop : EXIT_FAILURE;
}

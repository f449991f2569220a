/*
 * main: options, the first line, and running until SIGTERM or SIGINT.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "tests/sandbox/wire/signals.h"
#include "tests/sandbox/wire/wire.h"

static void usage(FILE *to)
{
    fputs("usage: sandbox [--port N] [--seed N] [--verbose] "
          "[--parent-death]\n"
          "A local Slack on 127.0.0.1; prints its URL first. Steer it as\n"
          "tests/sandbox/CONTROL.md says.\n"
          "  --port N        listen there; without it on a free port\n"
          "  --seed N        the same ids and choices every time\n"
          "  --verbose       what happens, on stderr\n"
          "  --parent-death  end when the process that started it ends\n",
          to);
}

/* Returns -1, or the exit status. */
static int read_options(int argc, char **argv, struct sandbox_options *options,
                        bool *parent_death)
{
    static const struct option known[] = {
        { "port", required_argument, NULL, 'p' },
        { "seed", required_argument, NULL, 's' },
        { "verbose", no_argument, NULL, 'v' },
        { "parent-death", no_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };

    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'p') {
            options->port = atoi(optarg);
        } else if (c == 's') {
            options->seeded = true;
            options->seed = strtoull(optarg, NULL, 10);
        } else if (c == 'v') {
            options->verbose = true;
        } else if (c == 'd') {
            *parent_death = true;
        } else {
            usage(c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : 2;
        }
    }
    if (optind == argc && options->port >= 0 && options->port < 65536)
        return -1;
    usage(stderr);
    return 2;
}

/* A load over HTTP has a connection for each request under way. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct sandbox_options options = { 0 };
    struct sandbox sb = { 0 };
    struct err err = { 0 };
    bool parent_death = false;
    int status = read_options(argc, argv, &options, &parent_death);

    if (status >= 0)
        return status;
    if (parent_death)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    allow_many_files();
    status = 1;
    if (sandbox_start(&sb, &options, &err) && signals_catch(sb.loop, &err)) {
        printf("sandbox: http://%s/api/\n", sandbox_host(&sb));
        fflush(stdout);
        loop_run(sb.loop);
        signals_close();
        status = 0;
    } else {
        fprintf(stderr, "sandbox: %s\n", err.text);
    }
    sandbox_stop(&sb);
    return status;
}

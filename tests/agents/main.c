/*
 * main: options, the line of ports, and running until SIGTERM or SIGINT.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/mem.h"
#include "tests/agents/agents.h"
#include "tests/sandbox/wire/signals.h"

/* ---- options ---------------------------------------------------------------- */

struct wanted {
    struct agents_options agents;
    const char *ports_file;
    bool parent_death;
};

static void usage(FILE *to)
{
    fputs("usage: agents [--agents N] [--token TOKEN] [--delay FROM[-TO]] "
          "[--ports-file PATH]\n"
          "              [--parent-death]\n"
          "An orchestrator and N agents on 127.0.0.1, to be halted; prints "
          "their ports\nas JSON first. Steer them as tests/agents/agents.h "
          "says.\n"
          "  --agents N         how many; 8\n"
          "  --token TOKEN      what hooks have to carry; agents-token\n"
          "  --delay FROM[-TO]  ms until the first (and the last) has "
          "changed; 0\n"
          "  --ports-file PATH  writes the line of ports there as well\n"
          "  --parent-death     end when the process that started it ends\n",
          to);
}

static bool read_delay(const char *text, struct agents_options *to)
{
    long long from, last;
    int n = sscanf(text, "%lld-%lld", &from, &last);

    if (n < 1 || from < 0 || (n == 2 && last < from))
        return false;
    to->delay_from_ms = from;
    to->delay_to_ms = n == 2 ? last : from;
    return true;
}

static bool read_option(int c, struct wanted *w)
{
    if (c == 'n')
        w->agents.count = atoi(optarg);
    else if (c == 't')
        w->agents.token = optarg;
    else if (c == 'p')
        w->ports_file = optarg;
    else if (c == 'd')
        w->parent_death = true;
    else if (c == 'w')
        return read_delay(optarg, &w->agents);
    else
        return false;
    return true;
}

/* Returns -1, or the exit status. */
static int read_options(int argc, char **argv, struct wanted *w)
{
    static const struct option known[] = {
        { "agents", required_argument, NULL, 'n' },
        { "token", required_argument, NULL, 't' },
        { "delay", required_argument, NULL, 'w' },
        { "ports-file", required_argument, NULL, 'p' },
        { "parent-death", no_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };

    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'h') {
            usage(stdout);
            return 0;
        }
        if (!read_option(c, w)) {
            usage(stderr);
            return 2;
        }
    }
    if (optind == argc && w->agents.count > 0 && w->agents.count <= AGENTS_MOST)
        return -1;
    usage(stderr);
    return 2;
}

/* ---- saying where ------------------------------------------------------------ */

/* Whole or not there: who waits for it may read it at once. */
static bool write_ports(const char *path, const char *line, struct err *err)
{
    char *new = xasprintf("%s.new", path);
    FILE *f = fopen(new, "w");
    bool ok = f && fprintf(f, "%s\n", line) > 0;

    if (f)
        ok = fclose(f) == 0 && ok;
    ok = ok && rename(new, path) == 0;
    if (!ok)
        err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    free(new);
    return ok;
}

static bool say_ports(const struct agents *all, const char *path,
                      struct err *err)
{
    json_t *ports = agents_ports(all);
    char *line = json_dumps(ports, JSON_COMPACT);
    bool ok = !path || write_ports(path, line, err);

    if (ok)
        puts(line);
    fflush(stdout);
    free(line);
    json_decref(ports);
    return ok;
}

int main(int argc, char **argv)
{
    struct wanted wanted = { .agents = { .count = 8,
                                         .token = "agents-token" } };
    struct agents all = { 0 };
    struct err err = { 0 };
    int status = read_options(argc, argv, &wanted);

    if (status >= 0)
        return status;
    if (wanted.parent_death)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    status = 1;
    if (agents_open(&all, &wanted.agents, &err) &&
        signals_catch(all.loop, &err) &&
        say_ports(&all, wanted.ports_file, &err)) {
        loop_run(all.loop);
        signals_close();
        status = 0;
    } else {
        fprintf(stderr, "agents: %s\n", err.text);
    }
    agents_close(&all);
    return status;
}

/*
 * metrics_checks: of the page, what the health checks found, for Prometheus as
 * well. See metrics_parts.h.
 */
#include <stdlib.h>

#include "bot/http/metrics_parts.h"
#include "core/base/mem.h"

static const char *const marks[] = {
    [CHECK_UNKNOWN] = "unknown",
    [CHECK_PASSING] = "passing",
    [CHECK_FAILING] = "failing",
};

#define MARKS      (sizeof marks / sizeof *marks)
#define SEVERITIES (CHECK_WARNING + 1)

static unsigned count_of(const struct health_checks *c)
{
    return c->board ? c->config->checks_count : 0;
}

/* How each stands, of one moment; heap. */
static struct check_state *states_of(const struct health_checks *c)
{
    struct check_state *states = xcalloc(count_of(c) + 1, sizeof *states);

    for (unsigned i = 0; i < count_of(c); i++)
        check_board_get(c->board, c->config->checks[i].id, &states[i]);
    return states;
}

static void counts(struct metrics *m, const struct health_checks *c,
                   const struct check_state *states)
{
    unsigned many[SEVERITIES][MARKS] = { 0 };

    for (unsigned i = 0; i < count_of(c); i++)
        many[c->config->checks[i].severity][states[i].mark]++;
    metric_family(m, "opsbot_checks", GAUGE,
                  "Health checks, by how they stand");
    for (unsigned s = 0; s < SEVERITIES; s++)
        for (unsigned k = 0; k < MARKS; k++)
            metric_value(m, many[s][k], "severity",
                         check_severity_name((enum check_severity)s), "state",
                         marks[k]);
}

static void each(struct metrics *m, const struct health_checks *c,
                 const struct check_state *states)
{
    const struct config_check *checks = count_of(c) ? c->config->checks : NULL;

    metric_family(m, "opsbot_check_up", GAUGE,
                  "1 while a check passes, 0 while it fails");
    for (unsigned i = 0; i < count_of(c); i++)
        if (states[i].mark != CHECK_UNKNOWN)
            metric_value(m, states[i].mark == CHECK_PASSING, "check",
                         checks[i].id, "severity",
                         check_severity_name(checks[i].severity));
    metric_family(m, "opsbot_check_duration_seconds", GAUGE,
                  "How long its last asking took");
    for (unsigned i = 0; i < count_of(c); i++)
        if (states[i].last.at)
            metric_value(m, (double)states[i].last.took_us / 1e6, "check",
                         checks[i].id);
    metric_family(m, "opsbot_check_last_timestamp_seconds", GAUGE,
                  "When that was begun");
    for (unsigned i = 0; i < count_of(c); i++)
        metric_value(m, metric_moment(states[i].last.at), "check",
                     checks[i].id);
}

void metrics_checks(struct metrics *m, const struct health_checks *c)
{
    struct check_state *states = states_of(c);

    counts(m, c, states);
    each(m, c, states);
    free(states);
    metric_single(m, "opsbot_check_threads", GAUGE, "Threads that run checks",
                  (double)c->threads);
    metric_single(m, "opsbot_check_rows_waiting", GAUGE,
                  "Results and changes of checks that wait for Postgres",
                  (double)c->waiting);
    metric_single(m, "opsbot_check_results_lost_total", COUNTER,
                  "Results that newer ones pushed out while Postgres was away",
                  (double)c->lost);
}

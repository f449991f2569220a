/* jobs: see jobs.h. */
#include "tests/integration/jobs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"

struct harness *start_jobs(int letters)
{
    struct harness_options options = { .yaml = NOBODY AND_BOB };
    struct harness *h = harness_start(&options);

    if (letters)
        dead_letters(h, "orders", letters);
    return h;
}

/* ---- looking -------------------------------------------------------------- */

/* The shown head of the newest question's operation; static. */
static const char *shown_op(struct harness *h)
{
    static char op[16];
    char *text = sql(h, "select left(id, 6) from opsbot.confirmations"
                        " order by created_at desc limit 1");

    snprintf(op, sizeof op, "%.6s", text);
    free(text);
    return op;
}

/* What a person types about it: "confirm 7F3K21"; static. */
const char *typed(struct harness *h, const char *verb)
{
    static char line[32];

    snprintf(line, sizeof line, "%s %s", verb, shown_op(h));
    return line;
}

void wait_job(struct harness *h, const char *state, int limit_ms)
{
    char *query =
        xasprintf("select count(*) from opsbot.jobs where state = '%s'", state);

    wait_sql(h, 1, limit_ms, query);
    free(query);
}

struct depth {
    struct harness *h;
    long long least;
};

static bool deep_enough(void *arg)
{
    struct depth *d = arg;

    return redis_number(d->h, "XLEN orders") >= d->least;
}

void wait_moved(struct harness *h, long long least)
{
    struct depth d = { h, least };

    wait_until(deep_enough, &d, 20000, "entries to be moved");
}

struct posted {
    struct harness *h;
    const char *channel, *text;
};

static bool is_posted(void *arg)
{
    struct posted *p = arg;

    return posted_with(p->h, p->channel, p->text) == 1;
}

void wait_posted(struct harness *h, const char *channel, const char *text)
{
    struct posted p = { h, channel, text };

    wait_until(is_posted, &p, 20000, text);
}

/* All n are in the stream, each once. */
void expect_each_once(struct harness *h, int n)
{
    char *distinct = redis_text(
        h, "EVAL %s 1 orders",
        "local seen, n = {}, 0 for _, e in ipairs(redis.call('XRANGE',"
        " KEYS[1], '-', '+')) do for i = 1, #e[2], 2 do if e[2][i] == 'n' and"
        " not seen[e[2][i + 1]] then seen[e[2][i + 1]] = 1 n = n + 1 end end"
        " end return n");

    cr_assert_eq(redis_number(h, "XLEN orders"), n);
    cr_assert_eq(atoi(distinct), n, "%s different ones", distinct);
    free(distinct);
}

void say_quietly(struct harness *h, const char *text)
{
    json_decref(say(h, "U0ANN", "C0OPS", text));
}

void expect_audited(struct harness *h, const char *where, long long n)
{
    char *query =
        xasprintf("select count(*) from opsbot.audit_events where %s", where);

    wait_sql(h, n, n ? SLOW_MS : 0, query);
    free(query);
}

void begin_slowly(struct harness *h, const char *rate)
{
    char *line = xasprintf(ALL " --rate %s", rate);

    say_quietly(h, line);
    say_quietly(h, typed(h, "confirm"));
    free(line);
}

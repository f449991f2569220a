/*
 * check: a configured check is asked: the deadline, the kinds' table, and what
 * holds for the results of all of them. A checker belongs to one thread at a
 * time.
 */
#include "core/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/check/check_parts.h"

struct checker {
    const struct config_check *spec;
    const struct check_world *world;
    const struct check_type *type;
    void *kept;
};

static const struct check_type *const types[CHECK_KINDS] = {
    [CHECK_HTTP] = &check_http,
    [CHECK_TLS] = &check_tls,
    [CHECK_TCP] = &check_tcp,
    [CHECK_POSTGRES] = &check_postgres,
    [CHECK_REDIS] = &check_redis,
    [CHECK_STREAM] = &check_stream,
    [CHECK_WEBSOCKET] = &check_websocket,
    [CHECK_PROMETHEUS] = &check_prometheus,
    [CHECK_SECRETS] = &check_secrets,
    [CHECK_HEARTBEAT] = &check_heartbeat,
};

static const char *const severities[] = {
    [CHECK_CRITICAL] = "critical",
    [CHECK_HIGH] = "high",
    [CHECK_WARNING] = "warning",
};

const char *check_severity_name(enum check_severity severity)
{
    return severities[severity];
}

/* ---- life ------------------------------------------------------------------- */

struct checker *checker_new(const struct config_check *spec,
                            const struct check_world *world)
{
    struct checker *c = xcalloc(1, sizeof *c);

    c->spec = spec;
    c->world = world;
    c->type = types[spec->kind];
    if (c->type->open)
        c->kept = c->type->open(spec, world);
    return c;
}

void checker_free(struct checker *c)
{
    if (!c)
        return;
    if (c->type->close)
        c->type->close(c->kept);
    free(c);
}

/* ---- results ----------------------------------------------------------------- */

/* Its own secrets by value, whatever looks like one by its shape. */
static void mask(const struct config_check *spec, char *text)
{
    const char *const own[] = { spec->token, spec->secret };
    char *masked = text_mask(text, NULL, 0);

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i] && *own[i] && strstr(masked, own[i])) {
            free(masked);
            masked = xstrdup(TEXT_MASKED);
        }
    snprintf(text, CHECK_TEXT, "%s", masked);
    free(masked);
}

static void set(struct check_ask *ask, bool ok, const char *fmt, va_list ap)
{
    struct check_result *out = ask->out;
    char *text, *line, *cut;

    if (out->took_us == 0)
        out->took_us = clock_mono_us() - ask->began;
    if (vasprintf(&text, fmt, ap) < 0)
        abort(); /* out of memory, as in mem.c */
    line = text_first_line(text);
    cut = text_cut(line, CHECK_TEXT / 4); /* a character has up to 4 bytes */
    out->ok = ok;
    snprintf(out->text, sizeof out->text, "%s",
             strlen(line) < sizeof out->text ? line : cut);
    mask(ask->spec, out->text);
    free(text);
    free(line);
    free(cut);
}

void check_bad(struct check_ask *ask, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set(ask, false, fmt, ap);
    va_end(ap);
}

static bool too_slow(struct check_ask *ask)
{
    int64_t limit = (int64_t)ask->spec->expect.latency_ms * 1000;
    char took[CHECK_TIME], most[CHECK_TIME];

    if (ask->out->took_us == 0)
        ask->out->took_us = clock_mono_us() - ask->began;
    if (limit == 0 || ask->out->took_us <= limit)
        return false;
    check_bad(ask, "took %s > %s", check_time(ask->out->took_us, took),
              check_time(limit, most));
    return true;
}

void check_ok(struct check_ask *ask, const char *fmt, ...)
{
    va_list ap;

    if (too_slow(ask))
        return;
    va_start(ap, fmt);
    set(ask, true, fmt, ap);
    va_end(ap);
}

void check_ok_time(struct check_ask *ask)
{
    char took[CHECK_TIME];

    if (ask->out->took_us == 0)
        ask->out->took_us = clock_mono_us() - ask->began;
    check_ok(ask, "%s", check_time(ask->out->took_us, took));
}

void check_late(struct check_ask *ask)
{
    char limit[CHECK_TIME];

    check_bad(ask, "no answer within %s",
              check_time((int64_t)ask->spec->timeout_ms * 1000, limit));
}

void check_failed(struct check_ask *ask, const char *why)
{
    char limit[CHECK_TIME];

    if (check_is_over(ask))
        check_bad(ask, "%s within %s", why,
                  check_time((int64_t)ask->spec->timeout_ms * 1000, limit));
    else
        check_bad(ask, "%s", why);
}

/* ---- what kinds ask for -------------------------------------------------------- */

int check_left_ms(const struct check_ask *ask)
{
    int64_t left = ask->until - clock_mono_ms();

    return left > 0 ? (int)left : 0;
}

bool check_is_over(const struct check_ask *ask)
{
    return check_left_ms(ask) == 0;
}

const char *check_time(int64_t us, char out[CHECK_TIME])
{
    if (us < 9950)
        snprintf(out, CHECK_TIME, "%.1f ms", (double)us / 1000);
    else if (us < 999500)
        snprintf(out, CHECK_TIME, "%.0f ms", (double)us / 1000);
    else if (us % 1000000 == 0)
        snprintf(out, CHECK_TIME, "%d s", (int)(us / 1000000));
    else
        snprintf(out, CHECK_TIME, "%.1f s", (double)us / 1e6);
    return out;
}

char *check_shown(const char *value, size_t max)
{
    char *line = text_first_line(value), *masked = text_mask(line, NULL, 0);
    char *cut = text_cut(masked, max);

    free(line);
    free(masked);
    return cut;
}

/* ---- asking -------------------------------------------------------------------- */

void checker_run(struct checker *c, struct check_result *out)
{
    struct check_ask ask = {
        .spec = c->spec,
        .world = c->world,
        .began = clock_mono_us(),
        .until = clock_mono_ms() + c->spec->timeout_ms,
        .kept = c->kept,
        .out = out,
    };

    *out = (struct check_result){ .at = clock_wall_ms() };
    c->type->run(&ask);
}

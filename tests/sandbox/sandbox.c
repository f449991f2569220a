/*
 * sandbox: puts the two halves together and takes them down again; what
 * sandbox.h promises to both is here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/base/clock.h"
#include "tests/sandbox/wire/front.h"
#include "tests/sandbox/wire/wire.h"

/* ---- what sandbox.h promises to both halves ----------------------------- */

struct world *sandbox_world(struct sandbox *sb)
{
    return sb->world;
}

struct link *sandbox_link(struct sandbox *sb)
{
    return sb->link;
}

const char *sandbox_host(struct sandbox *sb)
{
    return http_address(sb->http);
}

int64_t sandbox_now_ms(struct sandbox *sb)
{
    return slacktime_us(&sb->time) / 1000;
}

void sandbox_changed(struct sandbox *sb)
{
    sb->changed = true;
}

bool sandbox_watched(struct sandbox *sb)
{
    return streams_any(sb->streams);
}

void sandbox_news(struct sandbox *sb, const json_t *whom, json_t *what)
{
    streams_send(sb->streams, whom, what);
}

/* splitmix64 */
uint64_t sandbox_random(struct sandbox *sb)
{
    uint64_t z = sb->random += 0x9E3779B97F4A7C15U;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

void sandbox_hex(struct sandbox *sb, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = 0;

    for (size_t i = 0; i < 2 * n; i++) {
        if (i % 16 == 0)
            bits = sandbox_random(sb);
        out[i] = digits[bits & 15];
        bits >>= 4;
    }
    out[2 * n] = '\0';
}

void sandbox_note(struct sandbox *sb, const char *what, json_t *detail)
{
    if (sb->verbose) {
        char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;

        fprintf(stderr, "sandbox: %s %s\n", what, text ? text : "");
        free(text);
    }
    transcript_add(sb->transcript, sandbox_now_ms(sb), what, detail);
}

/* ---- the turn ----------------------------------------------------------- */

static void pump_load(void *arg)
{
    struct sandbox *sb = arg;

    load_pump(sb->load);
}

static void look_around(void *arg)
{
    struct sandbox *sb = arg;

    if (!sb->changed)
        return;
    sb->changed = false;
    waits_look(sb->waits);
    streams_link(sb->streams, link_roads(sb->link));
}

/* The connections that ended in this turn may be news, too. */
static void look_again(void *arg)
{
    struct sandbox *sb = arg;

    if (sb->changed)
        loop_again(sb->loop);
}

/* ---- life --------------------------------------------------------------- */

static void seed(struct sandbox *sb, const struct sandbox_options *options)
{
    sb->random = options->seed;
    if (!options->seeded && getrandom(&sb->random, sizeof(sb->random), 0) < 0)
        sb->random = (uint64_t)clock_mono_us();
}

bool sandbox_start(struct sandbox *sb, const struct sandbox_options *options,
                   struct err *err)
{
    seed(sb, options);
    sb->verbose = options->verbose;
    slacktime_init(&sb->time);
    sb->transcript = transcript_new();
    sb->calls = calls_new();
    sb->faults = faults_new();
    if (!loop_new(&sb->loop, &sb->time, err))
        return false;
    loop_each_turn(sb->loop, pump_load, sb);
    loop_each_turn(sb->loop, look_around, sb);
    sb->streams = streams_new(sb->loop);
    conns_init(&sb->conns, sb->loop);
    loop_each_turn(sb->loop, look_again, sb);
    if (!http_listen(&sb->http, &sb->conns, options->port, err))
        return false;
    sb->link = link_new(sb);
    sb->waits = waits_new(sb);
    sb->world = world_new(sb);
    world_base(sb->world, sandbox_host(sb));
    http_serve(sb->http, front_handle, sb);
    return true;
}

void sandbox_stop(struct sandbox *sb)
{
    waits_free(sb->waits);
    load_free(sb->load);
    sb->load = NULL;
    http_free(sb->http);
    link_close(sb->link);
    conns_dispose(&sb->conns);
    streams_free(sb->streams);
    link_free(sb->link);
    if (sb->world)
        world_free(sb->world);
    faults_free(sb->faults);
    calls_free(sb->calls);
    transcript_free(sb->transcript);
    loop_free(sb->loop);
}

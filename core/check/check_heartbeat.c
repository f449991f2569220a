/*
 * check_heartbeat: something has called in within its time. Asks nobody: the
 * table of heartbeat.h knows.
 */
#include "core/base/clock.h"
#include "core/check/check_parts.h"
#include "core/check/heartbeat.h"

static void heartbeat_run(struct check_ask *ask)
{
    int64_t limit = (int64_t)ask->spec->within_s * 1000, silent;
    char age[CLOCK_TEXT], most[CLOCK_TEXT];

    silent = clock_wall_ms() -
             heartbeat_silent_since(ask->world->heartbeats, ask->spec->id);
    silent = silent > 0 ? silent : 0; /* the clock was set */
    clock_age(silent, age);
    if (silent <= limit)
        check_ok(ask, "silent for %s", age);
    else
        check_bad(ask, "silent for %s, expected a call every %s", age,
                  clock_age(limit, most));
}

const struct check_type check_heartbeat = { NULL, heartbeat_run, NULL };

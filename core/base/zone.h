/*
 * zone: what the clock on a wall somewhere says. Read from the system's time
 * zone data (tzdata), not through TZ, which is one for the whole process.
 *
 * A zone is read once and kept for the life of the process, read-only then.
 * Any thread.
 */
#ifndef CORE_BASE_ZONE_H
#define CORE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

struct zone;

/* "Europe/Berlin"; NULL or "UTC": UTC, whatever is installed. NULL: there is
 * none of that name, or tzdata is not installed. */
const struct zone *zone_find(const char *name);

struct zone_time {
    int year, month, day; /* 2026, 1 to 12, 1 to 31 */
    int hour, minute, second;
    int weekday; /* 0: Sunday */
    int offset;  /* seconds east of UTC */
};

/* zone NULL: UTC. */
void zone_local(const struct zone *zone, int64_t wall_ms,
                struct zone_time *out);
/*
 * The moment (wall ms) at which it is that time there; month, day, hour and
 * minute may be out of their range and carry over. Of two (the clock was put
 * back) the first; of none (it was put forward) as much later as the clock
 * jumps: 02:30 becomes 03:30.
 */
int64_t zone_moment(const struct zone *zone, int year, int month, int day,
                    int hour, int minute);

#endif

/*
 * zone_rule: when clocks change for ever, as POSIX writes it in TZ:
 * "CET-1CEST,M3.5.0,M10.5.0/3". Private to zone.c.
 */
#ifndef CORE_BASE_ZONE_RULE_H
#define CORE_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* A day of each year, and the seconds of it, which may be before or after. */
struct zone_day {
    char kind; /* 'M': month, week, weekday; 'J': day from 1, without 29
                * February; '0': day from 0, with it */
    int month, week, day;
    int seconds;
};

struct zone_rule {
    bool given;
    int standard, summer;         /* seconds east of UTC; the same: no change */
    struct zone_day begins, ends; /* summer time */
};

/* False: it is none. */
bool zone_rule_read(struct zone_rule *out, const char *text);
/* Seconds east of UTC. at: seconds since 1970. */
int zone_rule_offset(const struct zone_rule *rule, int64_t at);

#endif

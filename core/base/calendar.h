/*
 * calendar: times of the day, days of the week and dates as people write them
 * in a configuration. Pure, any thread.
 */
#ifndef CORE_BASE_CALENDAR_H
#define CORE_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "09:30" at s, which may go on behind it: minutes since midnight, "24:00"
 * being the last. False: there is none, *minutes is as it was. */
#define CALENDAR_CLOCK 5 /* bytes of it */
bool calendar_clock(const char *s, int *minutes);

/* "mon" at s, which may go on behind it: 0, Sunday, to 6; -1: none is there. */
#define CALENDAR_DAY 3 /* bytes of it */
int calendar_weekday(const char *s);

/* "2026-02-28", all of s: a day that there is, from the year 2000 on. */
bool calendar_date(const char *s, int *year, int *month, int *day);

#endif

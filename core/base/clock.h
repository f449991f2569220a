/*
 * clock: the two times we use. Any thread.
 *
 * Durations and deadlines are on the monotonic clock, what is shown or stored
 * is on the wall clock. Milliseconds unless the name says otherwise.
 */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_ms(void); /* since some moment before start */
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */

#define CLOCK_LAST INT64_C(253402300799999) /* wall ms: the end of 9999 */

/* Comes back after so long, not earlier, whatever signals come. For programs
 * that have one thread and nothing else to do. */
void clock_rest(int64_t ms);

/* "2026-11-20T15:41:07.301Z" into out (at least CLOCK_TEXT bytes). What is
 * before 1970 or after 9999 becomes their first or last moment. */
#define CLOCK_TEXT 32
const char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_TEXT]);

/* Back, of any offset, with or without a fraction, "T" or a blank between; 0:
 * it is no such time. */
int64_t clock_read(const char *text);

/* "4 s", "6 m", "3 h 12 m", "2 d 4 h": an age as people say it. */
const char *clock_age(int64_t ms, char out[CLOCK_TEXT]);

#endif

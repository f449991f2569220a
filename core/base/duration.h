/*
 * duration: a length of time as people write it: "45s", "30m", "1h30m", "7d",
 * "2w". Pure, any thread.
 */
#ifndef CORE_BASE_DURATION_H
#define CORE_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* No duration is longer: ten years, and nothing that is added overflows. */
#define DURATION_MOST 315360000000

/* Milliseconds; "0" is none. False: text is no duration (NULL is not one
 * either), *ms is as it was. */
bool duration_parse(const char *text, int64_t *ms);

#endif

/*
 * flood: how long real commands take while others are forged, 10,000 a second.
 */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#include <stdbool.h>

/* False when p90 of the real ones is over twice what it is without, by the
 * socket or by request URLs. */
bool flood_bench(void);

#endif

/*
 * pulse: a thread that does the same thing again and again, until it is told
 * to stop.
 */
#ifndef BOT_PULSE_H
#define BOT_PULSE_H

#include <stdint.h>

#include "core/base/err.h"

struct pulse;

/* Calls turn(arg) on a thread of that name, every_ms after it last returned.
 * NULL: the thread could not be started. */
struct pulse *pulse_start(const char *name, int every_ms,
                          void (*turn)(void *arg), void *arg, struct err *err);
/* Since it last turned. Any thread. */
int64_t pulse_turned_ms(const struct pulse *p);
/* No turn begins any more; waits for nothing. NULL is fine. */
void pulse_end(struct pulse *p);
/* Waits for the turn that is under way: from then on there is no thread.
 * pulse_stop() is still to come. */
void pulse_join(struct pulse *p);
/* The same, and frees. NULL is fine. */
void pulse_stop(struct pulse *p);

#endif

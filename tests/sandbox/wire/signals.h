/*
 * signals: SIGTERM and SIGINT as the end of a loop. One loop a program; its
 * main thread, before any other is started.
 */
#ifndef TESTS_SANDBOX_WIRE_SIGNALS_H
#define TESTS_SANDBOX_WIRE_SIGNALS_H

#include "tests/sandbox/wire/loop.h"

/* From now on either of them ends loop_run(). They stay blocked for good. */
MUST_CHECK bool signals_catch(struct loop *loop, struct err *err);
/* After loop_run(), before loop_free(). */
void signals_close(void);

#endif

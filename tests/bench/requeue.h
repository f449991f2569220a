/*
 * requeue: dead letters sent back: by the script that people write, by the
 * same with a record of every entry in Postgres (which is what the bot keeps
 * too), by a bare Lua script, by the bot with all it promises. Every way ends
 * with every entry in its stream exactly once.
 */
#ifndef BENCH_REQUEUE_H
#define BENCH_REQUEUE_H

#include <stdbool.h>

/* Prints what it measures; false when the bot is not as fast as it should be
 * beside the others. */
bool requeue_bench(void);

#endif

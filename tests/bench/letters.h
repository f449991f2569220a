/*
 * letters: the dead letters that each way of requeueing has to move.
 *
 * Fills a dead-letter queue, and looks afterwards whether every entry is in
 * its stream exactly once. Each carries its number in field n.
 */
#ifndef BENCH_LETTERS_H
#define BENCH_LETTERS_H

#include "tests/harness/harness.h"

#define LETTERS_STREAM "bench.events"
#define LETTERS_DLQ    LETTERS_STREAM ".dlq"

/* Empties stream and queue, puts count entries of 8 fields and about 300
 * bytes into the queue, and waits until Redis has rewritten its file, so that
 * nobody's turn pays for another's. */
void letters_fill(struct harness *h, int count);

/* Fails unless the queue is empty and the stream has each entry once, without
 * the queue's own fields and with the original id. who: for the message. */
void letters_check(struct harness *h, int count, const char *who);

#endif

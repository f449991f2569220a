/*
 * postgres: a private Postgres for a harness, from a template that is made
 * once for a checkout (build/postgres-VERSION-small) and copied. Main thread.
 */
#ifndef HARNESS_POSTGRES_H
#define HARNESS_POSTGRES_H

#include "tests/harness/harness.h"

/* Starts it, the first time on a fresh copy, and waits until it answers. */
void postgres_up(struct harness *h);

#endif

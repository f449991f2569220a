/*
 * peers: what others do with the same alerts, in the same sandbox with the
 * same limits: Alertmanager's own notifier for Slack, and an app on the
 * official client (tests/bench/alerts.mjs). Neither acknowledges, edits,
 * escalates or remembers anything.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "tests/bench/storm.h"

/* Prints their figures, and ours in proportion. One that is not installed is
 * left out. */
void peers_bench(const struct storm_figures *ours);

#endif

/*
 * watch: a real Prometheus that scrapes the demo's bot, and a real
 * Alertmanager that tells it what fires: an agent that is away, a database
 * that is slow. Main thread; what cannot be done ends the demo.
 */
#ifndef DEMO_WATCH_H
#define DEMO_WATCH_H

#include "tests/harness/harness.h"

#define WATCH_CHANNEL "C0ALERTS" /* where cards are */
#define WATCH_STREAM  "alerts"   /* events that are alerts too */

struct watch;

/* The `alerts:` section. */
extern const char watch_yaml[];

/* Both are ready when this returns. The bot of h runs. */
struct watch *watch_start(struct harness *h);
void watch_stop(struct watch *w); /* at once; NULL is fine */

#endif

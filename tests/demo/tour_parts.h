/*
 * tour_parts: what the steps of the tour share. Internal to the demo. Main
 * thread. Every function that returns bool has said on stderr what failed,
 * with the step's name, when it is false.
 */
#ifndef DEMO_TOUR_PARTS_H
#define DEMO_TOUR_PARTS_H

#include "core/base/err.h"
#include "tests/demo/stage.h"

#define ANN    "U0ANN"
#define BOB    "U0BOB"
#define STREAM "notify.events"
#define DLQ    STREAM ".dlq"

/* What one step leaves for the next. */
struct tour {
    struct stage *s;
    char *id;       /* of a dead letter */
    char *original; /* the id it had before it died */
    char *alert;    /* "A-2", of the agent */
    int64_t back_ms;
};

/* Says why, where ok is false. */
bool check(bool ok, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The last answer shows it, upper and lower case alike. */
bool shows(const struct tour *t, const char *text);
/* Typed, and answered; the answer is the last one then. */
bool says(struct tour *t, const char *user, const char *text);
bool presses(struct tour *t, const char *label); /* as ann */

/* ---- steps of acting (tour_act.c) ----------------------------------------- */

bool tour_bulk(struct tour *t);
bool tour_cancel(struct tour *t);
bool tour_halt_refused(struct tour *t);
bool tour_halt(struct tour *t);
bool tour_halts(struct tour *t);
bool tour_unhalt(struct tour *t);

/* ---- steps of seeing (tour_see.c) ------------------------------------------ */

bool tour_health(struct tour *t);
bool tour_details(struct tour *t);
bool tour_incident_refused(struct tour *t);
bool tour_incident(struct tour *t);
bool tour_incident_update(struct tour *t);
bool tour_said(struct tour *t);
bool tour_home(struct tour *t);
bool tour_incident_resolve(struct tour *t);

/* ---- steps about alerts (tour_alert.c) -------------------------------------- *
 *
 * From the first to the last of them the agent that flaps is away; the orders
 * database is slow all the time, so its alert is there before and after. */

bool tour_alert(struct tour *t);
bool tour_alert_refused(struct tour *t);
bool tour_ack(struct tour *t);
bool tour_event(struct tour *t);
bool tour_alerts(struct tour *t);
bool tour_route(struct tour *t);
bool tour_silence(struct tour *t);
bool tour_resolved(struct tour *t);

/* ---- outside Slack (tour_shell.c) ------------------------------------------ */

bool tour_shell(struct tour *t);

#endif

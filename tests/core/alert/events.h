/*
 * events: a configuration of alerts for tests that make events, with the
 * names of the fields that a file without `alerts` has.
 */
#ifndef TESTS_CORE_ALERT_EVENTS_H
#define TESTS_CORE_ALERT_EVENTS_H

#include "core/alert/event.h"

/* Static: nothing of it is freed. */
extern struct config events_config;

/* Each fails the test when nothing comes of it. The events are the caller's. */
struct alert_event *events_json(const char *body, size_t *count, size_t *bad);
struct alert_event *events_am(const char *body, size_t *count, size_t *bad);
/* Pairs, ended by NULL. */
struct alert_event event_fields(const char *id, const char *name, ...)
    __attribute__((sentinel));

/* What everybody relies on: no text is NULL, all is UTF-8 and within its
 * bounds, labels are there. */
void event_whole(const struct alert_event *e);

#endif

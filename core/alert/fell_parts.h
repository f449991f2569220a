/*
 * fell_parts: what the files of fell share. Internal to core/alert. No state.
 */
#ifndef CORE_ALERT_FELL_PARTS_H
#define CORE_ALERT_FELL_PARTS_H

#include "core/alert/fell.h"

/* Static: "hook", "mail"; "waits", "begun", "sent", "failed". */
const char *fell_road_name(enum fell_road road);
const char *fell_state_name(enum fell_state state);
enum fell_state fell_state_of(const char *name); /* FELL_WAITS: none of them */

/* "<prefix>alert:fell", and of a lease. Heap. */
char *fell_hash(const struct config *cfg);
char *fell_lease(const struct config *cfg, const char *op, enum fell_road road);

/* A critical as JSON. what: "kept"; "gone"; or the name of a road, whose state
 * it tells. Heap. */
char *fell_record(const struct fell *f, const char *what);
/* False: it is none. *what: heap, NULL: nobody asks. */
MUST_CHECK bool fell_parse(const char *json, struct fell *out, char **what);
/* Of a record's `what`; FELL_ROADS: it names none. */
enum fell_road fell_road_of(const char *name);

#endif

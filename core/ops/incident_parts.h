/*
 * incident_parts: what the files of incident share. Internal to core/ops.
 */
#ifndef CORE_OPS_INCIDENT_PARTS_H
#define CORE_OPS_INCIDENT_PARTS_H

#include "core/ops/incident.h"

#define INCIDENT_MS(column)                                                    \
    "coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

/* What incidents are read as, wherever they are read. */
#define INCIDENT_COLUMNS                                                       \
    "id, severity, state, title, impact, channel, op, opened_by, opened_name," \
    " " INCIDENT_MS(                                                           \
        "opened_at") ", last_update, updated_by, updated_name,"                \
                     " " INCIDENT_MS(                                          \
                         "updated_at") ", "                                    \
                                       "due_minutes,"                          \
                                       " " INCIDENT_MS(                        \
                                           "due_at") ","                       \
                                                     " resolution"             \
                                                     ", "                      \
                                                     "resolved_"               \
                                                     "by, "                    \
                                                     "resolved_"               \
                                                     "name,"                   \
                                                     " " INCIDENT_MS("resolve" \
                                                                     "d_at")

/* Row i, read as INCIDENT_COLUMNS. The caller disposes of it. */
void incident_from(struct incident *out, const struct db_rows *rows, size_t i);

/* The same for an entry of a timeline. */
#define INCIDENT_EVENT_COLUMNS                                                 \
    "id, kind, actor, actor_name, text, " INCIDENT_MS("at")
void incident_event_from(struct incident_event *out, const struct db_rows *rows,
                         size_t i);
void incident_event_dispose(struct incident_event *event);

/* "opened", "update" or "resolved", as it is stored. */
const char *incident_event_word(enum incident_event_kind kind);

#endif

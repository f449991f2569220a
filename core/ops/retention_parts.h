/*
 * retention_parts: statements of retention that have a file of their own
 * (retention_alerts.c). Internal to core/ops. Each takes at most a piece; $1
 * is the days that things are kept.
 */
#ifndef CORE_OPS_RETENTION_PARTS_H
#define CORE_OPS_RETENTION_PARTS_H

#include "core/store/db.h"

#define PIECE   "1000" /* RETENTION_ROWS */
#define HISTORY "1000" /* RETENTION_HISTORY */

extern const struct db_stmt retain_alert_news, retain_alert_traces,
    retain_alert_over, retain_alert_history, retain_long_history, retain_alerts,
    retain_alert_groups, retain_silences, retain_overrides, retain_pages,
    retain_storms, retain_storm_files, retain_fresh, retain_aways, retain_rolls,
    retain_deploys, retain_causes;

#endif

/*
 * retention_alerts: what is old of alerts. What is open stays, with all that
 * belongs to it, whatever its age: of that only alerts that have been over for
 * so long go, and the middle of a history that never ends. See retention.h.
 */
#include "core/ops/retention_parts.h"

#define OLD " < now() - make_interval(days => $1::integer)"

/* Nobody sends news again after so long. */
const struct db_stmt retain_alert_news = {
    .name = "retain_alert_news",
    .sql = "delete from opsbot.alert_news where id in (select id"
           " from opsbot.alert_news where at" OLD " limit " PIECE ")",
    .params = 1,
};

/* Nor does anybody know its alert by a trace id that it had then. */
const struct db_stmt retain_alert_traces = {
    .name = "retain_alert_traces",
    .sql = "delete from opsbot.alert_traces where (trace, \"group\") in"
           " (select trace, \"group\" from opsbot.alert_traces where at" OLD
           " limit " PIECE ")",
    .params = 1,
};

/* Nor news of what was over for so long. */
const struct db_stmt retain_alert_over = {
    .name = "retain_alert_over",
    .sql = "delete from opsbot.alert_over where fingerprint in"
           " (select fingerprint from opsbot.alert_over where ended" OLD
           " limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_alert_history = {
    .name = "retain_alert_history",
    .sql = "delete from opsbot.alert_history where id in (select h.id"
           " from opsbot.alert_groups g join opsbot.alert_history h"
           " on h.\"group\" = g.id where g.resolved_at" OLD " limit " PIECE ")",
    .params = 1,
};

/*
 * Of one that flaps for months, open or not: what lies between the first of
 * each kind and the newest. A change of a group has four lines at most
 * (STEP_LINES): one that has changed less often has fewer than that, and is not
 * looked at. An earlier one of its kind is looked for line by line (offset 0),
 * and is near: joined, each would be compared with all.
 */
const struct db_stmt retain_long_history = {
    .name = "retain_long_history",
    .sql = "delete from opsbot.alert_history where id in (select h.id"
           " from opsbot.alert_groups g cross join lateral"
           "  (select n.id from opsbot.alert_history n where n.\"group\" = g.id"
           "   order by n.id desc offset " HISTORY " limit 1) edge"
           " join opsbot.alert_history h on h.\"group\" = g.id"
           "  and h.id <= edge.id"
           " where $1::integer > 0 and g.version > " HISTORY " / 4"
           " and exists (select from opsbot.alert_history f"
           "  where f.\"group\" = h.\"group\" and f.reason = h.reason"
           "  and f.id < h.id offset 0) limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_alerts = {
    .name = "retain_alerts",
    .sql = "delete from opsbot.alerts where (\"group\", fingerprint) in"
           " (select a.\"group\", a.fingerprint from opsbot.alerts a"
           " where not a.firing and coalesce(a.ended, a.seen_at)" OLD
           " limit " PIECE ")",
    .params = 1,
};

/* After its cards, its digest and all that it had. */
const struct db_stmt retain_alert_groups = {
    .name = "retain_alert_groups",
    .sql = "delete from opsbot.alert_groups where id in (select g.id"
           " from opsbot.alert_groups g where g.resolved_at" OLD
           " and not exists (select from opsbot.alert_history h"
           "  where h.\"group\" = g.id)"
           " and not exists (select from opsbot.alerts a"
           "  where a.\"group\" = g.id)"
           " and not exists (select from opsbot.outbox o"
           "  where o.thing = 'alert:' || g.id"
           "  and o.state in ('waiting', 'sending'))"
           " limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_silences = {
    .name = "retain_silences",
    .sql =
        "delete from opsbot.silences where id in (select id"
        " from opsbot.silences where settled and until" OLD " limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_overrides = {
    .name = "retain_overrides",
    .sql = "delete from opsbot.oncall_overrides where id in (select id"
           " from opsbot.oncall_overrides where until" OLD " limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_pages = {
    .name = "retain_pages",
    .sql = "delete from opsbot.pages where id in (select id"
           " from opsbot.pages where state <> 'waiting' and created_at" OLD
           " limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_storms = {
    .name = "retain_storms",
    .sql = "delete from opsbot.alert_storms where id in (select s.id"
           " from opsbot.alert_storms s where s.ended_at" OLD
           " and not exists (select from opsbot.alert_groups g"
           "  where g.storm = s.id) limit " PIECE ")",
    .params = 1,
};

/* What came during a storm is counted as long as that is known. What came in
 * none goes within minutes: alert/storm_due.c. */
const struct db_stmt retain_fresh = {
    .name = "retain_alert_fresh",
    .sql = "delete from opsbot.alert_fresh where ctid in (select f.ctid"
           " from opsbot.alert_fresh f where f.storm <> 0 and f.at" OLD
           " and not exists (select from opsbot.alert_storms s"
           "  where s.id = f.storm) limit " PIECE ")",
    .params = 1,
};

/* What stands in a thread for so long nobody asks for again. */
const struct db_stmt retain_storm_files = {
    .name = "retain_storm_files",
    .sql =
        "delete from opsbot.storm_files where id in (select f.id"
        " from opsbot.storm_files f where f.ended_at" OLD " limit " PIECE ")",
    .params = 1,
};

/* After its one message has been posted, or could not be. */
const struct db_stmt retain_aways = {
    .name = "retain_alert_aways",
    .sql = "delete from opsbot.alert_aways where id in (select a.id"
           " from opsbot.alert_aways a where a.ended_at" OLD
           " and not exists (select from opsbot.outbox o"
           "  where o.thing = 'away:' || a.id"
           "  and o.state in ('waiting', 'sending')) limit " PIECE ")",
    .params = 1,
};

const struct db_stmt retain_rolls = {
    .name = "retain_rolls",
    .sql = "delete from opsbot.alert_rolls where id in (select id"
           " from opsbot.alert_rolls where made_at" OLD " limit " PIECE ")",
    .params = 1,
};

/* The last one of each service stays: it is what runs. */
const struct db_stmt retain_deploys = {
    .name = "retain_deploys",
    .sql = "delete from opsbot.deploys where id in (select d.id"
           " from opsbot.deploys d where d.at" OLD
           " and exists (select from opsbot.deploys n"
           "  where n.service = d.service and n.at > d.at) limit " PIECE ")",
    .params = 1,
};

/* What was not seen for so long is new when it comes again. */
const struct db_stmt retain_causes = {
    .name = "retain_dlq_causes",
    .sql = "delete from opsbot.dlq_causes where (stream, cause) in"
           " (select c.stream, c.cause from opsbot.dlq_causes c"
           " where c.seen" OLD " and not c.fresh limit " PIECE ")",
    .params = 1,
};

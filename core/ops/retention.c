/*
 * retention: what is old goes, piece by piece. No state of its own: it runs
 * on the thread whose connections it is given.
 */
#include "core/ops/retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/ops/job_parts.h"
#include "core/ops/retention_parts.h"
#include "core/ops/streams.h"

#define DAY_MS 86400000LL

static const struct db_stmt stmt_audit = {
    .name = "retain_audit",
    .sql = "select opsbot.audit_retire($1::integer)",
    .params = 1,
};

static const struct db_stmt stmt_checks = {
    .name = "retain_checks",
    .sql = "select opsbot.check_retire($1::integer)",
    .params = 1,
};

/* Of checks that are no longer asked. */
static const struct db_stmt stmt_states = {
    .name = "retain_check_states",
    .sql = "delete from opsbot.check_states where check_id in (select check_id"
           " from opsbot.check_states where last_at"
           "  < now() - make_interval(days => $1::integer) limit " PIECE ")",
    .params = 1,
};

static const struct db_stmt stmt_changes = {
    .name = "retain_check_changes",
    .sql = "delete from opsbot.check_changes where (check_id, at) in"
           " (select check_id, at from opsbot.check_changes where at"
           "  < now() - make_interval(days => $1::integer) limit " PIECE ")",
    .params = 1,
};

/* A halt stands while nobody acted on its scope after it. */
static const struct db_stmt stmt_halts = {
    .name = "retain_halts",
    .sql = "delete from opsbot.halts where op in (select h.op"
           " from opsbot.halts h where h.state <> 'running'"
           " and h.at < now() - make_interval(days => $1::integer)"
           " and (h.action = 'unhalt' or exists (select from opsbot.halts n"
           "  where n.scope = h.scope and n.at > h.at)) limit " PIECE ")",
    .params = 1,
};

static const struct db_stmt stmt_jobs = {
    .name = "retain_jobs",
    .sql = "delete from opsbot.jobs where id in (select j.id from opsbot.jobs j"
           " join opsbot.operations o on o.id = j.id"
           " where j.state not in ('running', 'cancelling')"
           " and o.state <> 'intent' and coalesce(j.finished_at, j.created_at)"
           "  < now() - make_interval(days => $1::integer) limit " PIECE ")",
    .params = 1,
};

/* Finished, old, and nothing stands on it any more. */
#define OLD_OPERATION                                                          \
    "o.state <> 'intent'"                                                      \
    " and o.created_at < now() - make_interval(days => $1::integer)"           \
    " and coalesce(o.done_at, o.created_at)"                                   \
    "  < now() - make_interval(days => $1::integer)"                           \
    " and not exists (select from opsbot.jobs j where j.id = o.id)"            \
    " and not exists (select from opsbot.halts h where h.op = o.id)"

static const struct db_stmt stmt_batches = {
    .name = "retain_batches",
    .sql = "delete from opsbot.operation_batches where (op, batch) in"
           " (select b.op, b.batch from opsbot.operations o"
           " join opsbot.operation_batches b on b.op = o.id"
           " where " OLD_OPERATION " limit " PIECE ")",
    .params = 1,
};

static const struct db_stmt stmt_operations = {
    .name = "retain_operations",
    .sql = "delete from opsbot.operations where id in (select o.id"
           " from opsbot.operations o where " OLD_OPERATION
           " and not exists (select from opsbot.operation_batches b"
           "  where b.op = o.id) limit " PIECE ")",
    .params = 1,
};

static const struct db_stmt stmt_confirmations = {
    .name = "retain_confirmations",
    .sql = "delete from opsbot.confirmations where id in (select id"
           " from opsbot.confirmations where expires_at"
           "  < now() - make_interval(days => $1::integer) limit " PIECE ")",
    .params = 1,
};

/* A card goes after its thing; a parent goes after what answers to it. */
static const struct db_stmt stmt_outbox = {
    .name = "retain_outbox",
    .sql = "delete from opsbot.outbox where id in (select o.id"
           " from opsbot.outbox o where o.state = 'sent'"
           " and o.created_at < now() - make_interval(days => $1::integer)"
           " and coalesce(o.sent_at, o.created_at)"
           "  < now() - make_interval(days => $1::integer)"
           " and not exists (select from opsbot.outbox c where c.thread_of ="
           "  o.id and c.state in ('waiting', 'sending'))"
           " and not exists (select from opsbot.halts h"
           "  where o.thing = 'halt:' || h.op)"
           " and not exists (select from opsbot.jobs j"
           "  where o.thing = 'job:' || j.id)"
           " and not exists (select from opsbot.alert_groups g"
           "  where o.thing = 'alert:' || g.id)"
           " and not exists (select from opsbot.alert_storms s"
           "  where o.thing = 'storm:' || s.id and s.ended_at is null)"
           " limit " PIECE ")",
    .params = 1,
};

/* After its cards. */
static const struct db_stmt stmt_shares = {
    .name = "retain_health_shares",
    .sql = "delete from opsbot.health_shares where op in (select s.op"
           " from opsbot.health_shares s where s.at"
           "  < now() - make_interval(days => $1::integer)"
           " and not exists (select from opsbot.outbox o"
           "  where o.thing = 'health:' || s.op) limit " PIECE ")",
    .params = 1,
};

static const struct db_stmt stmt_undelivered = {
    .name = "retain_undelivered",
    .sql = "delete from opsbot.outbox where id in (select id"
           " from opsbot.outbox where state = 'undeliverable'"
           " and created_at < now() - make_interval(days => $1::integer)"
           " limit " PIECE ")",
    .params = 1,
};

/* ---- Postgres ------------------------------------------------------------ */

static unsigned keep_audit(const struct config *cfg)
{
    return cfg->keep.audit;
}

static unsigned keep_checks(const struct config *cfg)
{
    return cfg->keep.checks;
}

static unsigned keep_operations(const struct config *cfg)
{
    return cfg->keep.operations;
}

static unsigned keep_alerts(const struct config *cfg)
{
    return cfg->keep.alerts;
}

/* What was told is not what is shown: it has a time of its own. */
static unsigned keep_news(const struct config *cfg)
{
    (void)cfg;
    return RETENTION_NEWS_DAYS;
}

static unsigned keep_outbox(const struct config *cfg)
{
    return cfg->keep.outbox;
}

static unsigned keep_undelivered(const struct config *cfg)
{
    unsigned days = cfg->keep.outbox;

    return days == 0 || days > RETENTION_UNDELIVERED_DAYS
               ? days
               : RETENTION_UNDELIVERED_DAYS;
}

/* In this order: what refers to a thing goes before the thing. */
static const struct {
    const struct db_stmt *stmt;
    unsigned (*days)(const struct config *cfg);
    size_t counted;  /* offset in struct retention; 0: not counted */
    bool partitions; /* a function drops them, all at once, and counts */
} steps[] = {
    { &stmt_audit, keep_audit, offsetof(struct retention, partitions), true },
    { &stmt_checks, keep_checks, offsetof(struct retention, checks), true },
    { &stmt_states, keep_operations, 0, false },
    { &stmt_changes, keep_operations, 0, false },
    { &stmt_halts, keep_operations, 0, false },
    { &stmt_jobs, keep_operations, 0, false },
    { &stmt_batches, keep_operations, 0, false },
    { &stmt_operations, keep_operations, offsetof(struct retention, operations),
      false },
    { &stmt_confirmations, keep_operations, 0, false },
    { &retain_alert_news, keep_news, 0, false },
    { &retain_alert_traces, keep_news, 0, false },
    { &retain_alert_over, keep_news, 0, false },
    { &retain_alert_history, keep_alerts, 0, false },
    { &retain_long_history, keep_alerts, 0, false },
    { &retain_alerts, keep_alerts, offsetof(struct retention, alerts), false },
    { &retain_alert_groups, keep_alerts, 0, false },
    { &retain_silences, keep_alerts, 0, false },
    { &retain_overrides, keep_alerts, 0, false },
    { &retain_pages, keep_alerts, 0, false },
    { &retain_storm_files, keep_alerts, 0, false },
    { &retain_storms, keep_alerts, 0, false },
    { &retain_fresh, keep_alerts, 0, false },
    { &retain_aways, keep_alerts, 0, false },
    { &retain_rolls, keep_alerts, 0, false },
    { &retain_deploys, keep_alerts, 0, false },
    { &retain_causes, keep_audit, 0, false },
    { &stmt_outbox, keep_outbox, offsetof(struct retention, outbox), false },
    { &stmt_undelivered, keep_undelivered, offsetof(struct retention, outbox),
      false },
    { &stmt_shares, keep_outbox, 0, false },
};
#define STEPS (sizeof steps / sizeof *steps)

static void count(struct retention *run, size_t offset, int64_t n)
{
    if (offset)
        *(int64_t *)(void *)((char *)run + offset) += n;
}

/* *done: this step has nothing left. */
static bool take_rows(struct db *db, const struct config *cfg,
                      struct retention *run, bool *done, struct err *err)
{
    bool partitions = steps[run->step].partitions;
    unsigned days = steps[run->step].days(cfg);
    struct db_rows *rows = NULL;
    int64_t gone;
    char text[16];

    *done = true;
    if (days == 0)
        return true;
    snprintf(text, sizeof text, "%u", days);
    if (!db_run(db, steps[run->step].stmt, &rows, err, text))
        return false;
    gone = partitions ? rows_int(rows, 0, 0) : rows_affected(rows);
    rows_free(rows);
    count(run, steps[run->step].counted, gone);
    *done = partitions || gone < RETENTION_ROWS;
    return true;
}

/* ---- Redis --------------------------------------------------------------- */

/* Trims whole nodes first, at most a piece of them, then the rest of the last
 * one. *gone: entries; -1: the key is no stream, and is left alone. */
static bool trim(struct redis *r, const char *key, const char *before,
                 int64_t *gone, struct err *err)
{
    const char *refusal;

    redis_reset(r);
    redis_cmd(r, "XTRIM", key, "MINID", "~", before, "LIMIT", PIECE);
    if (!redis_run(r, err))
        return false;
    refusal = reply_error(redis_reply(r, 0));
    *gone = refusal ? -1 : reply_int(redis_reply(r, 0));
    if (refusal)
        log_warn("retention", NULL, "%s is not trimmed: %s", key, refusal);
    if (*gone != 0)
        return true;
    redis_cmd(r, "XTRIM", key, "MINID", before);
    if (!redis_run(r, err))
        return false;
    *gone = reply_int(redis_reply(r, 0));
    return true;
}

/* One piece: of the first stream that has any, for looking for the streams
 * costs more than a trim of nothing. *done: it was the last one's last. */
static bool take_trash(struct redis *r, const struct config *cfg,
                       struct retention *run, bool *done, struct err *err)
{
    int64_t before = clock_wall_ms() - cfg->keep.trash * DAY_MS;
    struct stream_names names = { 0 };
    int64_t gone = 0;
    char id[TEXT_NUMBER];
    bool ok = true;

    *done = true;
    if (cfg->keep.trash == 0)
        return true;
    if (!streams_find(r, cfg, &names, err))
        return false;
    text_number(id, before);
    while (ok && gone <= 0 && run->stream < names.count) {
        char *key = job_trash_key(names.names[run->stream].dlq);

        ok = trim(r, key, id, &gone, err);
        run->stream += ok && gone <= 0;
        free(key);
    }
    if (gone > 0)
        run->trash += gone;
    *done = run->stream >= names.count;
    stream_names_dispose(&names);
    return ok;
}

/* ---- all of it ----------------------------------------------------------- */

bool retention_step(struct redis *r, struct db *db, const struct config *cfg,
                    struct retention *run, struct err *err)
{
    bool done = false;
    bool ok = run->step < STEPS ? take_rows(db, cfg, run, &done, err)
                                : take_trash(r, cfg, run, &done, err);

    if (!ok)
        return false;
    if (done)
        run->step++;
    run->over = run->step > STEPS;
    if (run->over)
        run->at = clock_wall_ms();
    return true;
}

char *retention_text(const struct retention *run)
{
    return json_text(
        member_int("at", run->at), member_int("partitions", run->partitions),
        member_int("checks", run->checks),
        member_int("operations", run->operations),
        member_int("alerts", run->alerts), member_int("outbox", run->outbox),
        member_int("trash", run->trash));
}

void retention_read(const char *last, struct retention *out)
{
    struct err err;
    struct json_doc *doc =
        last ? json_doc_parse(last, strlen(last), &err) : NULL;

    *out = (struct retention){ 0 };
    if (!doc)
        return;
    out->at = json_doc_int(doc, "at", 0);
    out->partitions = json_doc_int(doc, "partitions", 0);
    out->checks = json_doc_int(doc, "checks", 0);
    out->operations = json_doc_int(doc, "operations", 0);
    out->alerts = json_doc_int(doc, "alerts", 0);
    out->outbox = json_doc_int(doc, "outbox", 0);
    out->trash = json_doc_int(doc, "trash", 0);
    json_doc_free(doc);
}

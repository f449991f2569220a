/* fell: see fell.h. */
#include "core/alert/fell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define KEEP_S "604800" /* seconds that Redis has them */

/* The group that it became, or that it was of; as a row: is there one? */
static const struct db_stmt stmt_record = {
    .name = "fell_record",
    .sql = "with g as (select id from opsbot.alert_groups"
           "  where op = $2::text or key = $1::text"
           "  order by op = $2::text desc, resolved_at is null desc, id desc"
           "  limit 1), put as (insert into opsbot.pages (key, target,"
           "  \"group\", body, state, give_up_at, sent_at)"
           "  select 'fallback:A-' || g.id || w.way,"
           "  w.target, g.id, '{}', 'sent', now(), now() from g cross join"
           "  (values (':hook', 'webhook'), (':mail', 'mail')) as"
           "  w (way, target) on conflict (key) do nothing)"
           " select count(*) from g",
    .params = 2,
};

static char *hash_of(const struct config *cfg)
{
    return xasprintf("%salert:fell", cfg->redis_prefix);
}

/* *first: nobody had. */
static bool keep(struct redis *r, const struct config *cfg, const char *key,
                 const char *op, bool *first, struct err *err)
{
    char *hash = hash_of(cfg);
    const struct reply *rep;

    redis_reset(r);
    rep = redis_one(r, err, "HSETNX", hash, op, key);
    *first = rep && reply_int(rep) == 1;
    if (*first) {
        redis_reset(r);
        rep = redis_one(r, err, "EXPIRE", hash, KEEP_S);
    }
    free(hash);
    return rep != NULL;
}

/* *known: its group is there, and has it. */
static bool record(struct db *db, const char *key, const char *op, bool *known,
                   struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = db_run(db, &stmt_record, &rows, err, key, op);

    *known = ok && rows_int(rows, 0, 0) > 0;
    rows_free(rows);
    return ok;
}

void fell_claim(struct redis *redis, struct journal *journal,
                const struct config *cfg, const char *key, const char *op,
                bool *mine)
{
    struct err err = { 0 };
    char *record;

    if (redis && keep(redis, cfg, key, op, mine, &err))
        return;
    *mine = true;
    record = json_text(member_str("key", key), member_str("op", op));
    if (!journal_add(journal, JOURNAL_FELL, record, &err))
        log_warn("alerts", &(struct log_ctx){ .op = op },
                 "that it goes by the fallback is kept nowhere: it may go "
                 "again once Postgres is back: %s",
                 err.text);
    free(record);
}

/* Of what Redis has; owned. */
struct fell_row {
    char *op, *key;
    bool known;
};

static bool drop(struct redis *r, const char *hash, const struct fell_row *row,
                 struct err *err)
{
    redis_reset(r);
    return redis_one(r, err, "HDEL", hash, row->op) != NULL;
}

/* What has no group yet stays: its alert is held somewhere. */
static bool drain_all(struct redis *r, struct db *db, const char *hash,
                      size_t *left, struct err *err)
{
    const struct reply *all = redis_one(r, err, "HGETALL", hash);
    size_t count = reply_count(all) / 2;
    struct fell_row *rows = xcalloc(count + 1, sizeof *rows);
    bool ok = all != NULL;

    for (size_t i = 0; i < count; i++) {
        rows[i].op = xstrdup(reply_str(reply_at(all, 2 * i)));
        rows[i].key = xstrdup(reply_str(reply_at(all, 2 * i + 1)));
    }
    *left = 0;
    for (size_t i = 0; i < count; i++) {
        ok = ok && record(db, rows[i].key, rows[i].op, &rows[i].known, err) &&
             (!rows[i].known || drop(r, hash, &rows[i], err));
        *left += !rows[i].known;
        free(rows[i].op);
        free(rows[i].key);
    }
    free(rows);
    return ok;
}

bool fell_drain(struct redis *redis, struct db *db, const struct config *cfg,
                size_t *left, struct err *err)
{
    char *hash = hash_of(cfg);
    bool ok;

    redis_reset(redis);
    ok = drain_all(redis, db, hash, left, err);
    free(hash);
    return ok;
}

bool fell_of_journal(struct redis *redis, struct db *db,
                     const struct config *cfg, const char *json,
                     struct err *err)
{
    struct json_doc *doc = json_doc_parse(json, strlen(json), err);
    const char *key = doc ? json_doc_str(doc, "key") : "";
    const char *op = doc ? json_doc_str(doc, "op") : "";
    bool first, known = false, ok = true;

    if (!key[0] || !op[0]) {
        log_error("journal", NULL, "a record of the fallback is none: let go");
        known = true;
    } else if (db)
        ok = record(db, key, op, &known, err);
    if (ok && !known && redis)
        ok = keep(redis, cfg, key, op, &first, err);
    else if (ok && !known)
        ok = err_set(err, ERR_REDIS,
                     "the alert of a record of the fallback is not in "
                     "Postgres yet: it may be held in Redis, which is away");
    json_doc_free(doc);
    return ok;
}

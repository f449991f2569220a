/* fell: see fell.h. */
#include "core/alert/fell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* The group that it became, or that it was of. */
static const struct db_stmt stmt_record = {
    .name = "fell_record",
    .sql = "with g as (select id from opsbot.alert_groups"
           "  where op = $2::text or key = $1::text"
           "  order by op = $2::text desc, resolved_at is null desc, id desc"
           "  limit 1)"
           " insert into opsbot.pages (key, target, \"group\", body, state,"
           "  give_up_at, sent_at) select 'fallback:A-' || g.id || w.way,"
           "  w.target, g.id, '{}', 'sent', now(), now() from g cross join"
           "  (values (':hook', 'webhook'), (':mail', 'mail')) as"
           "  w (way, target) on conflict (key) do nothing",
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
    free(hash);
    return rep != NULL;
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

static bool drain_all(struct redis *r, struct db *db, const char *hash,
                      struct err *err)
{
    const struct reply *all = redis_one(r, err, "HGETALL", hash);
    size_t count = reply_count(all) / 2;
    char **ops = xcalloc(count + 1, sizeof *ops);
    bool ok = all != NULL;

    for (size_t i = 0; i < count; i++) {
        ops[i] = xstrdup(reply_str(reply_at(all, 2 * i)));
        ok = ok && db_run(db, &stmt_record, NULL, err,
                          reply_str(reply_at(all, 2 * i + 1)), ops[i]);
    }
    for (size_t i = 0; i < count; i++) {
        redis_reset(r);
        ok = ok && redis_one(r, err, "HDEL", hash, ops[i]) != NULL;
        free(ops[i]);
    }
    free(ops);
    return ok;
}

bool fell_drain(struct redis *redis, struct db *db, const struct config *cfg,
                struct err *err)
{
    char *hash = hash_of(cfg);
    bool ok;

    redis_reset(redis);
    ok = drain_all(redis, db, hash, err);
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
    bool first, ok = true;

    if (!key[0] || !op[0])
        log_error("journal", NULL, "a record of the fallback is none: let go");
    else if (db)
        ok = db_run(db, &stmt_record, NULL, err, key, op);
    else
        ok = keep(redis, cfg, key, op, &first, err);
    json_doc_free(doc);
    return ok;
}

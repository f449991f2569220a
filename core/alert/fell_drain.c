/* fell: what Postgres is told when it is back. See fell.h. */
#include <stdlib.h>
#include <string.h>

#include "core/alert/fell_parts.h"
#include "core/alert/page.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/store/db.h"

/* Of the group that it became, or that it was of. */
static const struct db_stmt stmt_record = {
    .name = "fell_record",
    .sql = "with g as (select id from opsbot.alert_groups"
           "  where op = $2::text or key = $1::text"
           "  order by op = $2::text desc, resolved_at is null desc, id desc"
           "  limit 1), put as ("
           " insert into opsbot.pages (key, target, \"group\", subject, body,"
           "  state, give_up_at, due_at, sent_as, unclear, sent_at,"
           "  failed_at)"
           " select 'fallback:A-' || g.id || ':' || $3::text, $4::text, g.id,"
           "  $5::text, $6::text, $7::text,"
           "  now() + $8::bigint * interval '1 ms',"
           "  now() + $9::bigint * interval '1 ms', $10::text, true,"
           "  case $7::text when 'sent' then now() end,"
           "  case $7::text when 'failed' then now() end from g"
           " on conflict (key) do update set state = excluded.state,"
           "  subject = excluded.subject, body = excluded.body,"
           "  sent_at = excluded.sent_at,"
           "  failed_at = excluded.failed_at where pages.state = 'waiting'"
           "  and pages.sent_as = excluded.sent_as)"
           " select count(*) from g",
    .params = 10,
};

/* After delay_ms it is sent on, if it has only begun. *known: its group is
 * there. */
static bool record(struct db *db, const struct config *cfg,
                   const struct fell *f, enum fell_road road, int64_t delay_ms,
                   bool *known, struct err *err)
{
    const char *hook = cfg->alerts.fallback.webhook;
    char wait[TEXT_NUMBER], late[TEXT_NUMBER];
    char *name = fell_name(f, road);
    char *target = road == FELL_MAIL
                       ? xstrdup("mail")
                       : xasprintf("webhook:%s", hook ? hook : "");
    bool begun = f->state[road] == FELL_BEGUN;
    struct db_rows *rows = NULL;
    bool ok = db_run(
        db, &stmt_record, &rows, err, f->key, f->op, fell_road_name(road),
        target, begun ? f->subject : "", begun ? f->body[road] : "{}",
        begun ? "waiting" : fell_state_name(f->state[road]),
        text_number(late, PAGE_GIVE_UP_MS), text_number(wait, delay_ms), name);

    *known = ok && rows_int(rows, 0, 0) > 0;
    rows_free(rows);
    free(name);
    free(target);
    return ok;
}

/* How long somebody may still be at it. */
static int64_t leased_ms(struct redis *r, const struct config *cfg,
                         const struct fell *f, enum fell_road road)
{
    char *lease = fell_lease(cfg, f->op, road);
    const struct reply *rep;
    struct err err = { 0 };
    int64_t ms;

    redis_reset(r);
    rep = redis_one(r, &err, "PTTL", lease);
    ms = rep ? reply_int(rep) : FELL_LEASE_MS;
    free(lease);
    return ms > 0 ? ms : 0;
}

/* *known: it can be forgotten. */
static bool drain_roads(struct redis *r, struct db *db,
                        const struct config *cfg, const struct fell *f,
                        bool *known, struct err *err)
{
    *known = true;
    for (int road = 0; *known && road < FELL_ROADS; road++)
        if (f->state[road] != FELL_WAITS &&
            !record(db, cfg, f, (enum fell_road)road,
                    leased_ms(r, cfg, f, (enum fell_road)road), known, err))
            return false;
    return true;
}

static bool drain_one(struct redis *r, struct db *db, const struct config *cfg,
                      const struct fell *f, bool *known, struct err *err)
{
    char *hash = fell_hash(cfg), *hook = xasprintf("%s:hook", f->op);
    char *mail = xasprintf("%s:mail", f->op);
    bool ok = drain_roads(r, db, cfg, f, known, err);

    redis_reset(r);
    ok = ok && (!*known ||
                redis_one(r, err, "HDEL", hash, f->op, hook, mail) != NULL);
    free(hash);
    free(hook);
    free(mail);
    return ok;
}

bool fell_drain(struct redis *redis, struct db *db, const struct config *cfg,
                size_t *left, struct err *err)
{
    struct fell_store store = { .redis = redis, .config = cfg };
    struct fell_list list;
    bool ok = fell_load(&store, &list, err), known;

    *left = 0;
    for (size_t i = 0; ok && i < list.count; i++) {
        ok = drain_one(redis, db, cfg, &list.items[i], &known, err);
        *left += ok && !known;
    }
    fell_list_dispose(&list);
    return ok;
}

bool fell_told(struct db *db, const struct config *cfg, const struct fell *f,
               enum fell_road road, struct err *err)
{
    bool known;

    return record(db, cfg, f, road, 0, &known, err);
}

/* ---- the journal ------------------------------------------------------------------- */

static bool to_redis(struct redis *r, const struct config *cfg,
                     const struct fell *f, const char *what, const char *json,
                     struct err *err)
{
    char *hash = fell_hash(cfg), *field = xasprintf("%s:%s", f->op, what);
    enum fell_road road = fell_road_of(what);
    bool ok;

    redis_reset(r);
    if (road < FELL_ROADS) {
        redis_cmd(r, "HSETNX", hash, f->op, json);
        redis_cmd(r, "HSET", hash, field, fell_state_name(f->state[road]));
        ok = redis_run(r, err);
    } else if (strcmp(what, "gone") == 0) {
        ok = redis_one(r, err, "HDEL", hash, f->op) != NULL;
    } else {
        ok = redis_one(r, err, "HSETNX", hash, f->op, json) != NULL;
    }
    free(hash);
    free(field);
    return ok;
}

bool fell_of_journal(struct redis *redis, struct db *db,
                     const struct config *cfg, const char *json,
                     struct err *err)
{
    enum fell_road road;
    struct fell f;
    char *what;
    bool ok = true, known = false;

    if (!fell_parse(json, &f, &what)) {
        log_error("journal", NULL, "a record of the fallback is none: let go");
        return true;
    }
    road = fell_road_of(what);
    if (db && road >= FELL_ROADS)
        known = true; /* nobody was told: there is nothing to record */
    else if (db)
        ok = record(db, cfg, &f, road, FELL_LEASE_MS, &known, err);
    if (ok && !known && redis)
        ok = to_redis(redis, cfg, &f, what, json, err);
    else if (ok && !known)
        ok = err_set(err, ERR_REDIS,
                     "the alert of a record of the fallback is not in "
                     "Postgres yet: it may be held in Redis, which is away");
    free(what);
    fell_dispose(&f);
    return ok;
}

/*
 * storm: many new groups at once in one channel fold into one digest. No state
 * of its own: it runs on the thread whose connection it is given.
 *
 * Every new group leaves a row for each of its channels (alert_fresh): how
 * many there were in the last minute is counted from them without a lock.
 * Whoever opens or changes a digest holds STORM_LOCK until its transaction
 * ends, so that two takes that want the same two channels never wait for each
 * other.
 */
#include <stdlib.h>

#include "core/alert/storm_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

static const struct db_stmt stmt_look = {
    .name = "storm_look",
    .sql = "select c.channel, (select count(*) from (select"
           "  from opsbot.alert_fresh f where f.channel = c.channel"
           "  and f.at > clock_timestamp() - interval '1 min'"
           "  limit $2::bigint) recent),"
           " coalesce((select s.id from opsbot.alert_storms s"
           "  where s.channel = c.channel and s.ended_at is null), 0)"
           " from jsonb_array_elements_text($1::jsonb)"
           "  with ordinality c (channel, place) order by c.place",
    .params = 2,
};

static const struct db_stmt stmt_lock = {
    .name = "storm_lock",
    .sql = "select pg_advisory_xact_lock(hashtext('opsbot.storm'))",
};

static const struct db_stmt stmt_open = {
    .name = "storm_open",
    .sql = "with made as (insert into opsbot.alert_storms (op, channel,"
           "  began_at) values ($1::text, $2::text, clock_timestamp())"
           "  on conflict do nothing returning id)"
           " select id, true from made union all"
           " select id, false from opsbot.alert_storms"
           "  where channel = $2::text and ended_at is null",
    .params = 2,
};

static const struct db_stmt stmt_fresh = {
    .name = "storm_fresh",
    .sql = "insert into opsbot.alert_fresh (channel, op, severity, storm,"
           " folded) select r.channel, $2::text, $3::smallint, r.storm,"
           " $4::boolean from jsonb_to_recordset($1::jsonb)"
           "  as r (channel text, storm bigint)",
    .params = 4,
};

bool storm_lock(struct db *db, struct err *err)
{
    return db_run(db, &stmt_lock, NULL, err, NULL);
}

/* ---- what each channel is like -------------------------------------------------- */

/* A channel of the new group. */
struct place {
    const char *channel;
    int64_t recent; /* new groups in the last minute, at most the limit */
    int64_t storm;  /* open there; 0: none */
};

static bool look(const struct alert_world *w, const struct alert_group *g,
                 struct place *places, struct err *err)
{
    char *channels =
        json_list((const char *const *)g->channels, g->channels_count);
    char most[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    bool ok = db_run(w->db, &stmt_look, &rows, err, channels,
                     text_number(most, w->config->alerts.storm));

    for (size_t i = 0; ok && i < g->channels_count; i++)
        places[i] = (struct place){ .channel = g->channels[i],
                                    .recent = rows_int(rows, i, 1),
                                    .storm = rows_int(rows, i, 2) };
    rows_free(rows);
    free(channels);
    return ok;
}

static bool too_many(const struct alert_world *w, const struct place *p)
{
    return p->storm || p->recent >= w->config->alerts.storm;
}

/* It has one card or none: it folds where every channel of it has a storm. */
static bool folds(const struct alert_world *w, const struct alert_group *g,
                  const struct place *places)
{
    if (g->severity < ALERT_WARNING)
        return false;
    for (size_t i = 0; i < g->channels_count; i++)
        if (!too_many(w, &places[i]))
            return false;
    return g->channels_count > 0;
}

/* ---- the digest ------------------------------------------------------------------- */

static bool put_digest(const struct alert_world *w, const char *op,
                       const struct place *p, struct err *err)
{
    char *body = json_text(member_str(
        "text", "Very many new alerts: warnings are counted in one digest."));
    char *thing = xasprintf("storm:%lld", (long long)p->storm);
    bool ok = outbox_put(w->db,
                         &(struct outbox_new){ .op = op,
                                               .channel = p->channel,
                                               .body = body,
                                               .thing = thing,
                                               .lane = OUTBOX_WARNING },
                         err);

    free(body);
    free(thing);
    return ok;
}

/* Opens a storm, or finds the one that another replica has opened since. */
static bool open_storm(const struct alert_world *w, const struct alert_group *g,
                       struct place *p, struct err *err)
{
    struct db_rows *rows = NULL;
    char op[OP_ID];
    bool made;

    digest_op(op, "storm", g->op, p->channel, NULL);
    if (!db_run(w->db, &stmt_open, &rows, err, op, p->channel))
        return false;
    p->storm = rows_int(rows, 0, 0);
    made = rows_count(rows) && rows_text(rows, 0, 1)[0] == 't';
    rows_free(rows);
    return !made || put_digest(w, op, p, err);
}

bool storm_touch(struct db *db, int64_t id, struct err *err)
{
    char *thing = xasprintf("storm:%lld", (long long)id);
    bool ok = outbox_touch(db, thing, err);

    free(thing);
    return ok;
}

static bool fold(const struct alert_world *w, const struct alert_group *g,
                 struct place *places, struct err *err)
{
    if (!storm_lock(w->db, err))
        return false;
    for (size_t i = 0; i < g->channels_count; i++) {
        if (!places[i].storm && !open_storm(w, g, &places[i], err))
            return false;
        if (!storm_touch(w->db, places[i].storm, err))
            return false;
    }
    return true;
}

/* ---- a new group -------------------------------------------------------------------- */

static bool note(const struct alert_world *w, const struct alert_group *g,
                 const struct place *places, bool folded, struct err *err)
{
    struct buf b = { 0 };
    char severity[TEXT_NUMBER];
    bool ok;

    for (size_t i = 0; i < g->channels_count; i++) {
        char *one = json_text(member_str("channel", places[i].channel),
                              member_int("storm", places[i].storm));

        buf_char(&b, i ? ',' : '[');
        buf_str(&b, one);
        free(one);
    }
    buf_char(&b, ']');
    ok = db_run(w->db, &stmt_fresh, NULL, err, buf_text(&b), g->op,
                text_number(severity, (int)g->severity), folded ? "t" : "f");
    buf_dispose(&b);
    return ok;
}

bool storm_fold(const struct alert_world *w, const struct alert_group *g,
                int64_t *storm, struct err *err)
{
    struct place *places;
    bool ok, folded = false;

    *storm = 0;
    if (!w->config->alerts.storm || !g->channels_count)
        return true;
    places = xcalloc(g->channels_count, sizeof *places);
    ok = look(w, g, places, err);
    if (ok && folds(w, g, places)) {
        folded = true;
        ok = fold(w, g, places, err);
        *storm = places[0].storm;
    }
    ok = ok && note(w, g, places, folded, err);
    free(places);
    return ok;
}

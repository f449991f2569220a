/*
 * storm_roll: the roll-call. No state of its own: it runs on the thread whose
 * connection it is given. Declared in storm.h.
 *
 * The cards that a roll-call names answer to it: the outbox posts it before
 * them. One that was not tried yet takes up more names, up to ROLL_NAMES.
 */
#include <stdlib.h>

#include "core/alert/storm_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

/* Criticals' cards that wait for a channel: those nobody has named, and
 * whether there are others that were. */
#define WAITING                                                                \
    "channel = $1::text and lane = 0 and state = 'waiting'"                    \
    " and thing like 'alert:%' and coalesce(ts, '') = '' and shown = 0"

static const struct db_stmt stmt_count = {
    .name = "roll_count",
    .sql = "select count(*) filter (where thread_of is null),"
           " count(*) filter (where thread_of is not null)"
           " from opsbot.outbox where " WAITING,
    .params = 1,
};

/* Those nobody has named, so that nobody posts them meanwhile; one that is
 * being posted is left out. */
static const struct db_stmt stmt_hold = {
    .name = "roll_hold",
    .sql = "select count(*) from (select id from opsbot.outbox"
           " where thread_of is null and " WAITING
           " order by id for update skip locked) held",
    .params = 1,
};

/* One that names fewer than it can, and was never tried. */
static const struct db_stmt stmt_open = {
    .name = "roll_open",
    .sql = "select r.id, o.id, jsonb_array_length(r.groups)"
           " from opsbot.outbox o join opsbot.alert_rolls r"
           "  on o.thing = 'roll:' || r.id"
           " where o.channel = $1::text and o.state = 'waiting'"
           " and o.attempts = 0 and jsonb_array_length(r.groups) < $2::integer"
           " order by r.id limit 1 for update of o skip locked",
    .params = 2,
};

static const struct db_stmt stmt_make = {
    .name = "roll_make",
    .sql = "insert into opsbot.alert_rolls (op, channel, groups) select"
           " 'roll-' || $1::text || '-' || min(id), $1::text, '[]'"
           " from opsbot.outbox where thread_of is null and " WAITING
           " returning id, op",
    .params = 1,
};

static const struct db_stmt stmt_row = {
    .name = "roll_row",
    .sql = "select id from opsbot.outbox where thing = $1::text"
           " and channel = $2::text",
    .params = 2,
};

static const struct db_stmt stmt_name = {
    .name = "roll_name",
    .sql = "with named as (update opsbot.outbox set thread_of = $2::bigint"
           "  where id in (select id from opsbot.outbox"
           "   where thread_of is null and " WAITING
           "   order by id limit $3::bigint for update skip locked)"
           "  returning id, substr(thing, 7)::bigint as number),"
           " list as (select coalesce(jsonb_agg(number order by id), '[]')"
           "  as its, count(*) as n from named),"
           " kept as (update opsbot.alert_rolls r set groups = r.groups || its"
           "  from list where r.id = $4::bigint returning r.groups)"
           " select list.n from list, kept",
    .params = 4,
};

static const struct db_stmt stmt_seen = {
    .name = "roll_seen",
    .sql = "update opsbot.alert_rolls r set versions = coalesce((select"
           "  sum(g.version) from opsbot.alert_groups g where g.id in (select"
           "  value::bigint from jsonb_array_elements_text(r.groups))), 0)"
           " where r.id = $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_load = {
    .name = "roll_load",
    .sql = "select n.value::bigint from opsbot.alert_rolls r,"
           " jsonb_array_elements_text(r.groups)"
           "  with ordinality n (value, place)"
           " where r.id = $1::bigint order by n.place",
    .params = 1,
};

/* ---- the roll-call that takes up names ------------------------------------------ */

struct roll {
    int64_t id, row; /* its row in the outbox */
    int64_t room;    /* for so many names more */
};

static bool find_open(struct db *db, const char *channel, struct roll *out,
                      struct err *err)
{
    struct db_rows *rows = NULL;
    char most[TEXT_NUMBER];

    *out = (struct roll){ 0 };
    if (!db_run(db, &stmt_open, &rows, err, channel,
                text_number(most, ROLL_NAMES)))
        return false;
    if (rows_count(rows))
        *out = (struct roll){ .id = rows_int(rows, 0, 0),
                              .row = rows_int(rows, 0, 1),
                              .room = ROLL_NAMES - rows_int(rows, 0, 2) };
    rows_free(rows);
    return true;
}

static bool find_row(struct db *db, const char *thing, const char *channel,
                     int64_t *row, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_row, &rows, err, thing, channel))
        return false;
    *row = rows_int(rows, 0, 0);
    rows_free(rows);
    return true;
}

static bool put_message(struct db *db, const char *op, const char *channel,
                        struct roll *roll, struct err *err)
{
    char *thing = xasprintf("roll:%lld", (long long)roll->id);
    char *body = json_text(member_str(
        "text", "Many critical alerts at once: their cards follow."));
    bool ok = outbox_put(db,
                         &(struct outbox_new){ .op = op,
                                               .channel = channel,
                                               .body = body,
                                               .thing = thing,
                                               .lane = OUTBOX_CRITICAL },
                         err) &&
              find_row(db, thing, channel, &roll->row, err);

    free(thing);
    free(body);
    return ok;
}

static bool make(struct db *db, const char *channel, struct roll *out,
                 struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok;

    if (!db_run(db, &stmt_make, &rows, err, channel))
        return false;
    *out = (struct roll){ .id = rows_int(rows, 0, 0), .room = ROLL_NAMES };
    ok = put_message(db, rows_text(rows, 0, 1), channel, out, err);
    rows_free(rows);
    return ok;
}

/* *named: how many it names now that nobody did. */
static bool name(struct db *db, const char *channel, const struct roll *roll,
                 int64_t *named, struct err *err)
{
    char id[TEXT_NUMBER], row[TEXT_NUMBER], room[TEXT_NUMBER];
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_name, &rows, err, channel,
                text_number(row, roll->row), text_number(room, roll->room),
                text_number(id, roll->id)))
        return false;
    *named = rows_int(rows, 0, 0);
    rows_free(rows);
    return db_run(db, &stmt_seen, NULL, err, id);
}

/* ---- who is named ------------------------------------------------------------------ */

struct waiting {
    int64_t unnamed, named;
};

static bool count(struct db *db, const char *channel, struct waiting *out,
                  struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_count, &rows, err, channel))
        return false;
    *out = (struct waiting){ rows_int(rows, 0, 0), rows_int(rows, 0, 1) };
    rows_free(rows);
    return true;
}

/* Behind others that were named even one would wait unseen. */
static bool is_due(const struct waiting *n)
{
    return n->unnamed > ROLL_MOST || (n->unnamed > 0 && n->named > 0);
}

static bool hold(struct db *db, const char *channel, int64_t *held,
                 struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_hold, &rows, err, channel))
        return false;
    *held = rows_int(rows, 0, 0);
    rows_free(rows);
    return true;
}

/* By the one that has room, else by a new one. */
static bool name_some(struct db *db, const char *channel, int64_t *named,
                      struct err *err)
{
    struct roll roll;

    return find_open(db, channel, &roll, err) &&
           (roll.id || make(db, channel, &roll, err)) &&
           name(db, channel, &roll, named, err);
}

bool roll_call(const struct alert_world *w, const char *channel,
               struct err *err)
{
    struct waiting n;
    int64_t left;

    if (!count(w->db, channel, &n, err))
        return false;
    if (!is_due(&n))
        return true;
    if (!storm_lock(w->db, err) || !hold(w->db, channel, &left, err))
        return false;
    while (left > 0) {
        int64_t named = 0;

        if (!name_some(w->db, channel, &named, err))
            return false;
        left = named ? left - named : 0;
    }
    return true;
}

bool roll_load(struct db *db, int64_t id, struct group_list *out, bool *found,
               struct err *err)
{
    struct db_rows *rows = NULL;
    char text[TEXT_NUMBER];
    bool ok;

    *out = (struct group_list){ 0 };
    if (!db_run(db, &stmt_load, &rows, err, text_number(text, id)))
        return false;
    *found = rows_count(rows) > 0;
    ok = storm_list(db, rows, rows_count(rows), out, err);
    rows_free(rows);
    return ok;
}

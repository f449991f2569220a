/*
 * take_states: the alerts of a batch as Postgres has them, and as it gets them.
 * Declared in take_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/take_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_look = {
    .name = "alerts_look",
    .sql = "select a.\"group\", a.fingerprint, a.firing, a.severity,"
           " a.quiet_why <> '', " ALERT_MS("a.at") ", " ALERT_MS(
               "a.ended") ", a.trace, a.joined from "
                          "jsonb_to_recordset($1::jsonb) as x "
                          "(g bigint, "
                          "f text),"
                          " lateral (select * from opsbot.alerts o where "
                          "o.\"group\" = x.g"
                          "  and o.fingerprint = x.f offset 0) a",
    .params = 1,
};

static const struct db_stmt stmt_put = {
    .name = "alerts_put",
    .sql =
        "insert into opsbot.alerts as a (\"group\", fingerprint, event,"
        " trace, severity, firing, joined, title, message, labels, quiet_why,"
        " quiet_until, at, ended) select x.g, x.f, x.event, x.trace,"
        " x.severity, x.firing, x.joined, x.title, x.message, x.labels, "
        "x.quiet_why, " ALERT_MOMENT("x.quiet_until") ", " ALERT_MOMENT(
            "x.at") ", " ALERT_MOMENT("x.ended") " from "
                                                 "jsonb_to_recordset($1::jsonb)"
                                                 " as x (g bigint, f text,"
                                                 "  event text, trace text, "
                                                 "severity smallint, firing "
                                                 "boolean, joined bigint,"
                                                 "  title text, message text, "
                                                 "labels jsonb, quiet_why text,"
                                                 "  quiet_until bigint, at "
                                                 "bigint, ended bigint)"
                                                 " on conflict (\"group\", "
                                                 "fingerprint) do update set"
                                                 "  event = excluded.event, "
                                                 "trace = excluded.trace,"
                                                 "  severity = "
                                                 "excluded.severity, firing = "
                                                 "excluded.firing,"
                                                 "  joined = "
                                                 "excluded.joined,"
                                                 "  title = excluded.title, "
                                                 "message = excluded.message,"
                                                 "  labels = excluded.labels, "
                                                 "quiet_why = "
                                                 "excluded.quiet_why,"
                                                 "  quiet_until = "
                                                 "excluded.quiet_until, at = "
                                                 "excluded.at,"
                                                 "  ended = excluded.ended, "
                                                 "seen_at = now(),"
                                                 "  silence = case "
                                                 "excluded.quiet_why when '' "
                                                 "then 0"
                                                 "   else a.silence end",
    .params = 1,
};

static const struct db_stmt stmt_end = {
    .name = "alerts_end",
    .sql = "update opsbot.alerts a set firing = false, event = x.event,"
           " ended = " ALERT_MOMENT(
               "x.ended") ", seen_at = now(),"
                          " quiet_why = '', quiet_until = null, silence = 0"
                          " from jsonb_to_recordset($1::jsonb) as x (g bigint, "
                          "f text,"
                          "  event text, ended bigint)"
                          " where a.\"group\" = x.g and a.fingerprint = x.f",
    .params = 1,
};

static const struct db_stmt stmt_over = {
    .name = "alert_over_put",
    .sql = "insert into opsbot.alert_over as o (fingerprint, ended)"
           " select x.f, " ALERT_MOMENT(
               "x.ended") " from jsonb_to_recordset($1::jsonb) as x (f text, "
                          "ended bigint)"
                          " order by x.f on conflict (fingerprint) do update"
                          "  set ended = greatest(o.ended, excluded.ended)",
    .params = 1,
};

/* As long as a word of a command may be. */
static const struct db_stmt stmt_replaced = {
    .name = "alert_traces_put",
    .sql = "insert into opsbot.alert_traces (trace, \"group\")"
           " select distinct x.t, x.g from jsonb_to_recordset($1::jsonb)"
           " as x (t text, g bigint) where octet_length(x.t) <= 200"
           " order by 1, 2 on conflict do nothing",
    .params = 1,
};

/* ---- as they are ------------------------------------------------------------------- */

static int state_order(const void *a, const void *b)
{
    const struct alert_state *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return strcmp(x->fingerprint, y->fingerprint);
}

struct alert_state *take_state(struct taking *t, size_t group,
                               const char *fingerprint)
{
    struct alert_state find = { .group = group, .fingerprint = fingerprint };

    return bsearch(&find, t->states, t->states_count, sizeof find, state_order);
}

static void states_gather(struct taking *t)
{
    size_t n = 0, kept = 0;

    t->states = xcalloc(t->targets_count + 1, sizeof *t->states);
    for (size_t i = 0; i < t->targets_count; i++)
        if (t->targets[i].group != TAKE_NONE)
            t->states[n++] = (struct alert_state){
                .group = t->targets[i].group,
                .fingerprint = t->events[t->targets[i].event].fingerprint,
            };
    qsort(t->states, n, sizeof *t->states, state_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || state_order(&t->states[kept - 1], &t->states[i]) != 0)
            t->states[kept++] = t->states[i];
    t->states_count = kept;
}

static int number_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (x[0] > y[0]) - (x[0] < y[0]);
}

int64_t (*take_places(const struct taking *t))[2]
{
    int64_t(*places)[2] = xcalloc(t->groups_count + 1, sizeof *places);

    for (size_t i = 0; i < t->groups_count; i++) {
        places[i][0] = t->groups[i].g.number;
        places[i][1] = (int64_t)i;
    }
    qsort(places, t->groups_count, sizeof *places, number_order);
    return places;
}

struct touched_group *take_group_at(struct taking *t, int64_t (*places)[2],
                                    int64_t number)
{
    int64_t find[2] = { number, 0 };
    int64_t(*at)[2] =
        bsearch(find, places, t->groups_count, sizeof *places, number_order);

    return at ? &t->groups[(*at)[1]] : NULL;
}

static void state_read(struct alert_state *s, const struct db_rows *rows,
                       size_t i)
{
    int64_t severity = rows_int(rows, i, 3);

    s->known = true;
    s->firing = rows_text(rows, i, 2)[0] == 't';
    s->severity =
        severity < ALERT_INFO ? (enum alert_severity)severity : ALERT_INFO;
    s->muted = rows_text(rows, i, 4)[0] == 't';
    s->at = rows_int(rows, i, 5);
    s->ended = rows_int(rows, i, 6);
    s->trace = xstrdup(rows_text(rows, i, 7));
    s->joined = rows_int(rows, i, 8);
}

static bool states_look(struct taking *t)
{
    struct turn_rows asked = { .count = 0 };
    int64_t(*places)[2] = take_places(t);
    struct db_rows *rows = NULL;
    bool ok = true;

    for (size_t i = 0; i < t->states_count; i++)
        if (!t->groups[t->states[i].group].made)
            turn_add(&asked,
                     json_text(member_int(
                                   "g", t->groups[t->states[i].group].g.number),
                               member_str("f", t->states[i].fingerprint)));
    if (asked.count)
        ok = db_run(t->w->db, &stmt_look, &rows, t->err, turn_list(&asked));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct touched_group *g =
            take_group_at(t, places, rows_int(rows, i, 0));
        struct alert_state *s =
            g ? take_state(t, (size_t)(g - t->groups), rows_text(rows, i, 1))
              : NULL;

        if (s)
            state_read(s, rows, i);
    }
    rows_free(rows);
    buf_dispose(&asked.text);
    free(places);
    return ok;
}

bool take_states_look(struct taking *t)
{
    states_gather(t);
    return states_look(t);
}

/* ---- written ---------------------------------------------------------------------------- */

/* An alert that has fired in this batch, whatever came of it then. */
static char *fired_text(const struct taking *t, const struct alert_state *s)
{
    const struct alert_event *e = s->fired;
    char *labels = labels_text(&e->labels);
    char *text = json_text(
        member_int("g", t->groups[s->group].g.number),
        member_str("f", s->fingerprint), member_str("event", s->last->id),
        member_str("trace", e->trace), member_int("severity", (int)s->severity),
        member_bool("firing", s->firing), member_int("joined", s->joined),
        member_str("title", e->title), member_str("message", e->message),
        member_raw("labels", labels),
        member_str("quiet_why", s->firing && s->why ? s->why : ""),
        member_int("quiet_until", s->firing && s->why ? s->until : 0),
        member_int("at", s->at), member_int("ended", s->ended));

    free(labels);
    return text;
}

static char *ended_text(const struct taking *t, const struct alert_state *s)
{
    return json_text(member_int("g", t->groups[s->group].g.number),
                     member_str("f", s->fingerprint),
                     member_str("event", s->last->id),
                     member_int("ended", s->ended));
}

/* Nothing after one that failed: whose fault it was is asked of the last. */
static bool write_rows(struct taking *t, const struct db_stmt *stmt,
                       struct turn_rows *rows, bool ok)
{
    ok = ok && (!rows->count ||
                db_run(t->w->db, stmt, NULL, t->err, turn_list(rows)));
    buf_dispose(&rows->text);
    return ok;
}

void take_replaced(struct taking *t, const struct alert_state *s,
                   const char *was)
{
    turn_add(&t->replaced,
             json_text(member_str("t", was),
                       member_int("g", t->groups[s->group].g.number)));
}

bool take_states_write(struct taking *t)
{
    struct turn_rows fired = { .count = 0 }, ended = { .count = 0 };
    bool ok;

    for (size_t i = 0; i < t->states_count; i++) {
        const struct alert_state *s = &t->states[i];

        if (s->fired)
            turn_add(&fired, fired_text(t, s));
        else if (s->last)
            turn_add(&ended, ended_text(t, s));
    }
    ok = write_rows(t, &stmt_put, &fired, true);
    ok = write_rows(t, &stmt_end, &ended, ok);
    return write_rows(t, &stmt_replaced, &t->replaced, ok);
}

bool take_over(struct taking *t)
{
    struct turn_rows rows = { .count = 0 };

    for (size_t i = 0; i < t->prints_count; i++)
        if (t->prints[i].ends)
            turn_add(&rows, json_text(member_str("f", t->prints[i].text),
                                      member_int("ended", t->prints[i].ended)));
    return write_rows(t, &stmt_over, &rows, true);
}

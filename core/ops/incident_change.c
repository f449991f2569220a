/*
 * incident_change: opening, updating, resolving. Declared in incident.h.
 *
 * The operation is inserted first: of two that are the same one waits there
 * for the other, and finds what came of it. Of two different ones the second
 * waits for the incident's row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/ops/incident_parts.h"
#include "core/ops/operation.h"
#include "core/ops/outbox.h"

/* From minutes to the moment; 0: none. */
#define DUE(parameter)                                                         \
    "now() + nullif(" parameter "::integer, 0) * interval '1 min'"

static const struct db_stmt stmt_insert = {
    .name = "incident_insert",
    .sql = "insert into opsbot.incidents (op, severity, title, impact,"
           " channel, opened_by, opened_name, due_minutes, due_at)"
           " values ($1::text, $2::smallint, $3::text, $4::text, $5::text,"
           " $6::text, $7::text, $8::integer, " DUE(
               "$8") ")"
                     " returning " INCIDENT_COLUMNS,
    .params = 8,
};

static const struct db_stmt stmt_lock = {
    .name = "incident_lock",
    .sql = "select " INCIDENT_COLUMNS " from opsbot.incidents"
           " where id = $1::bigint for update",
    .params = 1,
};

static const struct db_stmt stmt_update = {
    .name = "incident_update",
    .sql = "update opsbot.incidents set updated_by = $2::text,"
           " updated_name = $3::text, updated_at = now(),"
           " last_update = $4::text, due_minutes = $5::integer,"
           " due_at = " DUE("$5") " where id = $1::bigint"
                                  " returning " INCIDENT_COLUMNS,
    .params = 5,
};

static const struct db_stmt stmt_resolve = {
    .name = "incident_resolve",
    .sql = "update opsbot.incidents set state = 'resolved',"
           " resolved_by = $2::text, resolved_name = $3::text,"
           " resolved_at = now(), resolution = $4::text, due_at = null"
           " where id = $1::bigint returning " INCIDENT_COLUMNS,
    .params = 4,
};

static const struct db_stmt stmt_event = {
    .name = "incident_event",
    .sql = "insert into opsbot.incident_events (incident, op, kind, actor,"
           " actor_name, text) values ($1::bigint, $2::text, $3::text,"
           " $4::text, $5::text, $6::text) returning " INCIDENT_EVENT_COLUMNS,
    .params = 6,
};

/* What is done, while it is done. */
struct change {
    const struct incident_world *w;
    const struct act *act;
    enum incident_event_kind kind;
    const char *text; /* of its entry in the timeline */
    struct incident_done *out;
    struct err *err;
};

static const char *number(char out[24], int64_t n)
{
    snprintf(out, 24, "%lld", (long long)n);
    return out;
}

/* ---- what is shown --------------------------------------------------------- */

static char *thing_of(const struct incident *i)
{
    return xasprintf("incident:%lld", (long long)i->number);
}

/* By response URL only where it was asked for. */
static const char *road(const struct change *c)
{
    bool here = strcmp(c->out->incident.channel, c->act->channel) == 0;

    return here ? c->w->response_url : "";
}

/* Put each time: one that retention has taken away comes back. */
static bool put_headline(const struct change *c, const char *thing)
{
    const struct incident *i = &c->out->incident;
    char *body = c->w->headline(c->w->config, i);
    bool ok = outbox_put(c->w->db,
                         &(struct outbox_new){ .op = i->op,
                                               .channel = i->channel,
                                               .body = body,
                                               .response_url = road(c),
                                               .thing = thing,
                                               .lane = OUTBOX_CLICK },
                         c->err);

    free(body);
    return ok;
}

static bool put_line(const struct change *c, const char *thing,
                     const struct incident_event *event)
{
    const struct incident *i = &c->out->incident;
    char *body = c->w->line(c->w->config, i, event);
    bool ok = outbox_touch(c->w->db, thing, c->err) &&
              outbox_put(c->w->db,
                         &(struct outbox_new){ .op = c->act->op,
                                               .channel = i->channel,
                                               .body = body,
                                               .response_url = road(c),
                                               .thread_of = thing,
                                               .lane = OUTBOX_CLICK },
                         c->err);

    free(body);
    return ok;
}

/* The headline says that it was opened. */
static bool show(const struct change *c, const struct incident_event *event)
{
    char *thing = thing_of(&c->out->incident);
    bool ok = !c->out->incident.channel[0] ||
              (put_headline(c, thing) &&
               (event->kind == INCIDENT_OPENED || put_line(c, thing, event)));

    free(thing);
    return ok;
}

/* ---- its records ----------------------------------------------------------- */

static bool add_event(const struct change *c, struct incident_event *event)
{
    struct db_rows *rows = NULL;
    char id[24];
    bool ok = db_run(c->w->db, &stmt_event, &rows, c->err,
                     number(id, c->out->incident.number), c->act->op,
                     incident_event_word(c->kind), c->act->user,
                     c->act->user_name, c->text);

    if (ok)
        incident_event_from(event, rows, 0);
    rows_free(rows);
    return ok;
}

static bool finish(const struct change *c)
{
    char *outcome =
        json_text(member_str("result", "ok"),
                  member_int("incident", c->out->incident.number),
                  member_str("severity",
                             incident_severity_name(c->out->incident.severity)),
                  member_str("event", incident_event_word(c->kind)));
    struct audit_row row = {
        .act = c->act, .kind = AUDIT_OUTCOME, .outcome = "ok", .detail = outcome
    };
    bool first;
    bool ok = operation_finish(c->w->db, c->act->op, OPERATION_DONE, outcome,
                               &first, c->err) &&
              audit_write(c->w->db, &row, c->err);

    free(outcome);
    return ok;
}

/* The incident is as it will be: what follows from that, and the commit. */
static bool conclude(struct change *c)
{
    struct incident_event event = { 0 };
    bool ok = add_event(c, &event) && show(c, &event) && finish(c) &&
              db_commit(c->w->db, c->err);

    incident_event_dispose(&event);
    c->out->result = INCIDENT_DONE;
    return ok;
}

/* This operation was here before. */
static bool before(struct change *c)
{
    struct operation o;
    int64_t id = 0;
    bool found;

    if (!operation_load(c->w->db, c->act->op, &o, &found, c->err))
        return false;
    if (found) {
        id = json_doc_int(o.outcome, "incident", 0);
        operation_dispose(&o);
    }
    if (!incident_load(c->w->db, id, &c->out->incident, &found, c->err))
        return false;
    c->out->result = INCIDENT_BEFORE;
    return found || err_set(c->err, ERR_USER,
                            "Operation %.6s was done before, and it was no "
                            "incident's: nothing was changed",
                            c->act->op);
}

/* The row that a statement gives, in the place of what is there. */
static void take(struct incident *out, struct db_rows *rows)
{
    incident_dispose(out);
    incident_from(out, rows, 0);
    rows_free(rows);
}

/* ---- open ------------------------------------------------------------------ */

static bool insert(struct change *c, const struct incident_new *want)
{
    struct db_rows *rows = NULL;
    char severity[24], minutes[24];

    if (!db_run(c->w->db, &stmt_insert, &rows, c->err, c->act->op,
                number(severity, (int)want->severity), want->title,
                want->impact, incident_channel(c->w->config, c->act->channel),
                c->act->user, c->act->user_name,
                number(minutes, want->due_minutes)))
        return false;
    take(&c->out->incident, rows);
    return true;
}

static bool open_in(struct change *c, const struct incident_new *want)
{
    bool added;

    if (!operation_add(c->w->db, c->act, "incident", &added, c->err))
        return false;
    return added ? insert(c, want) && conclude(c) : before(c);
}

/* The transaction around a change. */
static bool end(struct change *c, bool ok)
{
    db_rollback(c->w->db); /* no-op once it is committed */
    if (!ok)
        incident_dispose(&c->out->incident);
    return ok;
}

bool incident_open(const struct incident_world *w, const struct act *act,
                   const struct incident_new *want, struct incident_done *out,
                   struct err *err)
{
    struct change c = { w, act, INCIDENT_OPENED, want->title, out, err };

    *out = (struct incident_done){ .result = INCIDENT_UNKNOWN };
    return end(&c, db_begin(w->db, err) && open_in(&c, want));
}

/* ---- update, resolve ------------------------------------------------------- */

/* Whoever is second waits here, and sees what the first one made of it. */
static bool lock(struct change *c, int64_t id, bool *open)
{
    struct db_rows *rows = NULL;
    char text[24];

    *open = false;
    if (!db_run(c->w->db, &stmt_lock, &rows, c->err, number(text, id)))
        return false;
    if (rows_count(rows) == 0) {
        rows_free(rows);
        return true; /* INCIDENT_UNKNOWN */
    }
    take(&c->out->incident, rows);
    c->out->result = INCIDENT_OVER;
    *open = !c->out->incident.resolved;
    return true;
}

static bool apply_update(struct change *c, int minutes)
{
    const struct incident *i = &c->out->incident;
    struct db_rows *rows = NULL;
    char id[24], due[24];

    if (!db_run(c->w->db, &stmt_update, &rows, c->err, number(id, i->number),
                c->act->user, c->act->user_name, c->text,
                number(due, minutes < 0 ? i->due_minutes : minutes)))
        return false;
    take(&c->out->incident, rows);
    return true;
}

static bool apply_resolve(struct change *c)
{
    struct db_rows *rows = NULL;
    char id[24];

    if (!db_run(c->w->db, &stmt_resolve, &rows, c->err,
                number(id, c->out->incident.number), c->act->user,
                c->act->user_name, c->text))
        return false;
    take(&c->out->incident, rows);
    return true;
}

static bool change_in(struct change *c, int64_t id, int minutes)
{
    char *entity = xasprintf("incident:%lld", (long long)id);
    bool added, open, ok;

    ok = operation_add(c->w->db, c->act, entity, &added, c->err);
    free(entity);
    if (ok && !added)
        return before(c);
    ok = ok && lock(c, id, &open);
    if (!ok || !open)
        return ok;
    return (c->kind == INCIDENT_RESOLVED ? apply_resolve(c)
                                         : apply_update(c, minutes)) &&
           conclude(c);
}

bool incident_update(const struct incident_world *w, const struct act *act,
                     int64_t id, const char *text, int minutes,
                     struct incident_done *out, struct err *err)
{
    struct change c = { w, act, INCIDENT_UPDATED, text, out, err };

    *out = (struct incident_done){ .result = INCIDENT_UNKNOWN };
    return end(&c, db_begin(w->db, err) && change_in(&c, id, minutes));
}

bool incident_resolve(const struct incident_world *w, const struct act *act,
                      int64_t id, const char *text, struct incident_done *out,
                      struct err *err)
{
    struct change c = { w, act, INCIDENT_RESOLVED, text, out, err };

    *out = (struct incident_done){ .result = INCIDENT_UNKNOWN };
    return end(&c, db_begin(w->db, err) && change_in(&c, id, -1));
}

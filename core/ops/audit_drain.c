/*
 * audit_drain: rows that waited in Redis while Postgres was away. No state of
 * its own: it runs on the thread whose connections it is given.
 *
 * Inserted first, deleted from the stream after: a crash between repeats the
 * insert, which is nothing then.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"

#define DRAIN_MAX "500"
#define ROW_BYTES (64 * 1024)

enum fate {
    FATE_MOVED, /* in Postgres */
    FATE_BAD,   /* never will be */
    FATE_LATER, /* Postgres did not want it now */
};

/* One entry of the stream, with all that its insert borrows. */
struct waiting {
    char *id;
    char *text; /* what the entry holds */
    struct json_doc *doc;
    char *detail;
    struct act act;
    struct audit_values values;
    enum fate fate;
};

static bool kind_from(const char *name, enum audit_kind *out)
{
    static const char *const names[] = { "read", "refusal", "attempt",
                                         "outcome" };

    for (int i = 0; i < 4; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *out = (enum audit_kind)i;
        return true;
    }
    return false;
}

/* Makes op the insert of w; false: it is no audit row. */
static bool prepare(struct waiting *w, struct db_op *op)
{
    struct audit_row row = { .act = &w->act };
    struct err err;

    if (strlen(w->text) > ROW_BYTES)
        return false;
    w->doc = json_doc_parse(w->text, strlen(w->text), &err);
    if (!w->doc || !kind_from(json_doc_str(w->doc, "kind"), &row.kind))
        return false;
    w->act = operation_act(w->doc, json_doc_str(w->doc, "op"));
    if (!w->act.op[0] || w->act.recorded_at <= 0 ||
        w->act.recorded_at > CLOCK_LAST)
        return false;
    w->detail = json_doc_raw(w->doc, "detail");
    row.detail = w->detail;
    row.outcome = json_doc_str(w->doc, "outcome");
    row.took_us = json_doc_int(w->doc, "took_us", 0);
    audit_op(op, &w->values, &row);
    return true;
}

/* Data Postgres can never take (22…, 23…), against a bad day of its own. */
static enum fate fate_of(const struct db_op *op)
{
    if (op->ok)
        return FATE_MOVED;
    if (strncmp(op->sqlstate, "22", 2) == 0 ||
        strncmp(op->sqlstate, "23", 2) == 0)
        return FATE_BAD;
    return FATE_LATER;
}

/* An attempt that names what it changes is the intent of an operation: with
 * that, what a crash left of it is settled like any other. */
static bool begin_operations(struct db *db, const struct waiting *rows,
                             size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct waiting *w = &rows[i];
        const char *entity =
            w->fate == FATE_MOVED ? json_doc_str(w->doc, "detail.entity") : "";
        bool added;

        if (entity[0] && !operation_add(db, &w->act, entity, &added, err))
            return false;
    }
    return true;
}

static bool insert_all(struct db *db, struct waiting *rows, size_t n,
                       struct err *err)
{
    struct db_op *ops = xcalloc(n, sizeof *ops);
    size_t *of = xcalloc(n, sizeof *of); /* row of each op */
    size_t count = 0;
    bool ok;

    for (size_t i = 0; i < n; i++) {
        rows[i].fate = FATE_BAD;
        if (prepare(&rows[i], &ops[count]))
            of[count++] = i;
    }
    ok = db_batch(db, ops, count, err);
    for (size_t i = 0; ok && i < count; i++) {
        rows[of[i]].fate = fate_of(&ops[i]);
        if (rows[of[i]].fate == FATE_LATER)
            *err = ops[i].err;
    }
    free(of);
    free(ops);
    return ok && begin_operations(db, rows, n, err);
}

/* What is no audit row is kept apart, for a person to look at. */
static bool set_aside(struct redis *r, const char *key,
                      const struct waiting *rows, size_t n, struct err *err)
{
    char *bad = xasprintf("%s.bad", key);
    bool ok;

    redis_reset(r);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].fate != FATE_BAD)
            continue;
        log_warn("audit", NULL, "entry %s of %s is no audit row: moved to %s",
                 rows[i].id, key, bad);
        redis_cmd(r, "XADD", bad, "*", "row", rows[i].text, "id", rows[i].id);
    }
    free(bad);
    ok = redis_run(r, err);
    for (size_t i = 0; ok && i < redis_count(r); i++)
        if (reply_error(redis_reply(r, i)))
            ok = err_set(err, ERR_REDIS, "Redis refused XADD: %s",
                         reply_error(redis_reply(r, i)));
    return ok;
}

static bool add_text(struct redis *r, const char *prefix, const char *name,
                     const char *text, struct err *err)
{
    char *key = xasprintf("%s%s", prefix, name);
    bool ok = redis_one(r, err, "XADD", key, "*", "row", text) != NULL;

    free(key);
    return ok;
}

bool audit_wait_text(struct redis *r, const char *prefix, const char *text,
                     struct err *err)
{
    return add_text(r, prefix, "audit", text, err);
}

bool audit_set_aside(struct redis *r, const char *prefix, const char *text,
                     struct err *err)
{
    return add_text(r, prefix, "audit.bad", text, err);
}

static bool delete_done(struct redis *r, const char *key,
                        const struct waiting *rows, size_t n, size_t *moved,
                        struct err *err)
{
    const char **argv = xcalloc(n + 2, sizeof *argv);
    int argc = 2;
    bool ok = true;

    argv[0] = "XDEL";
    argv[1] = key;
    *moved = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].fate != FATE_LATER)
            argv[argc++] = rows[i].id;
        *moved += rows[i].fate == FATE_MOVED;
    }
    if (argc > 2)
        ok = redis_do(r, err, argc, argv) != NULL;
    free(argv);
    return ok;
}

/* What the entry holds in "row"; without one, all of it, for set_aside(). */
static char *row_text(const struct reply *fields)
{
    const struct reply *row = reply_field(fields, "row");
    struct buf all = { 0 };

    if (!reply_nil(row))
        return xstrndup(reply_str(row), reply_len(row));
    for (size_t i = 0; i < reply_count(fields); i++) {
        const struct reply *part = reply_at(fields, i);

        buf_add(&all, reply_str(part), reply_len(part));
        buf_char(&all, i % 2 ? ' ' : '=');
    }
    return buf_take(&all);
}

/* Copies the entries: the connection is needed again before they are done. */
static struct waiting *read_waiting(const struct reply *list, size_t *n)
{
    struct waiting *rows;

    *n = reply_count(list);
    rows = xcalloc(*n + 1, sizeof *rows);
    for (size_t i = 0; i < *n; i++) {
        const struct reply *entry = reply_at(list, i);

        rows[i].id = xstrdup(reply_str(reply_at(entry, 0)));
        rows[i].text = row_text(reply_at(entry, 1));
    }
    return rows;
}

static void free_waiting(struct waiting *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(rows[i].id);
        free(rows[i].text);
        free(rows[i].detail);
        json_doc_free(rows[i].doc);
    }
    free(rows);
}

bool audit_write_text(struct db *db, const char *text, struct err *err)
{
    struct waiting *row = xcalloc(1, sizeof *row);
    struct err why = { 0 };
    bool ok;

    row->text = xstrdup(text);
    ok = insert_all(db, row, 1, &why);
    if (ok && row->fate == FATE_BAD)
        ok = err_set(&why, ERR_USER, "it is no audit row");
    else if (ok && row->fate == FATE_LATER)
        ok = false;
    if (!ok)
        *err = why;
    free_waiting(row, 1);
    return ok;
}

bool audit_drain(struct redis *r, struct db *db, const char *prefix,
                 size_t *moved, struct err *err)
{
    char *key = xasprintf("%saudit", prefix);
    const struct reply *list =
        redis_one(r, err, "XRANGE", key, "-", "+", "COUNT", DRAIN_MAX);
    struct waiting *rows = NULL;
    struct err later = { 0 };
    size_t n = 0;
    bool ok = list != NULL;

    *moved = 0;
    if (ok) {
        rows = read_waiting(list, &n);
        ok = insert_all(db, rows, n, &later) &&
             set_aside(r, key, rows, n, &later) &&
             delete_done(r, key, rows, n, moved, &later) &&
             later.kind == ERR_NONE;
        if (!ok)
            *err = later;
    }
    free_waiting(rows, n);
    free(key);
    return ok;
}

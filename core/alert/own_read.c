/*
 * own_read: what stands already by Postgres, for all replicas. See own.h.
 */
#include "core/alert/own_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#define MS(column)                                                             \
    " coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

/* Of all groups that are open: by the index alerts_own. */
static const struct db_stmt stmt_standing = {
    .name = "own_standing",
    .sql = "select fingerprint, severity, title, message, labels," MS(
        "at") " from opsbot.alerts"
              " where firing and starts_with(fingerprint, 'opsbot/')",
};

/* The kind of "opsbot/dlq-age/…"; -1: one of a newer version. */
static int kind_of(const char *print)
{
    const char *name = print + sizeof OWN_BEGIN - 1;
    size_t len = strcspn(name, "/");

    for (int k = 0; k < OWN_KINDS; k++)
        if (strlen(own_name((enum own_kind)k)) == len &&
            strncmp(own_name((enum own_kind)k), name, len) == 0)
            return k;
    return -1;
}

static void read_labels(struct own_entry *e, const char *text)
{
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, strlen(text), &err);

    if (doc)
        labels_read(&e->labels, doc, "");
    json_doc_free(doc);
}

static void adopt(struct own *o, const struct db_rows *rows, size_t row,
                  int kind)
{
    struct own_entry *e = own_add(o, xstrdup(rows_text(rows, row, 0)));

    e->kind = (enum own_kind)kind;
    e->severity = (enum alert_severity)rows_int(rows, row, 1);
    e->title = xstrdup(rows_text(rows, row, 2));
    e->message = xstrdup(rows_text(rows, row, 3));
    e->runbook = xstrdup("");
    e->at = rows_int(rows, row, 5);
    read_labels(e, rows_text(rows, row, 4));
    e->replica = xstrdup(labels_get(&e->labels, "replica"));
    e->stands = true;
}

/* Postgres knows; but not yet of what was said a moment ago. */
static void settle(struct own_entry *e, bool stands, int64_t now)
{
    bool said = e->said == SAID_FIRING;

    if (stands == said)
        e->said = SAID_NOTHING;
    if (e->said == SAID_NOTHING || now - e->said_at > OWN_GRACE_MS)
        e->stands = stands;
}

bool own_read(struct own *o, struct db *db, struct err *err)
{
    int64_t now = clock_mono_ms();
    size_t known = o->count;
    struct db_rows *rows;
    bool *seen;

    if (!db_run(db, &stmt_standing, &rows, err, NULL))
        return false;
    seen = xcalloc(known + 1, sizeof *seen);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct own_entry *e = own_find(o, rows_text(rows, i, 0));
        int kind = kind_of(rows_text(rows, i, 0));

        if (e && (size_t)(e - o->items) < known)
            seen[e - o->items] = true;
        else if (!e && kind >= 0)
            adopt(o, rows, i, kind);
    }
    for (size_t i = 0; i < known; i++)
        settle(&o->items[i], seen[i], now);
    free(seen);
    rows_free(rows);
    return true;
}

size_t own_replicas(const struct own *o, const char **out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < o->count; i++) {
        const struct own_entry *e = &o->items[i];
        size_t j = 0;

        while (j < count && strcmp(out[j], e->replica) != 0)
            j++;
        if (j == count && count < most && e->stands && !own_ours(o, e))
            out[count++] = e->replica;
    }
    return count;
}

void own_gone(struct own *o, const char *replica)
{
    for (size_t i = 0; i < o->count; i++) {
        struct own_entry *e = &o->items[i];

        if (e->stands && strcmp(e->replica, replica) == 0)
            e->due = e->over = true;
    }
}

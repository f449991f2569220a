/*
 * audit: who did what, when, and what came of it. Insert-only (P3).
 *
 * One row per read, refusal or SQL change; two ("attempt" with the intent,
 * "outcome" after) for effects outside Postgres. Unique on (operation, kind,
 * recorded_at): writing it again is nothing. While Postgres is away rows of
 * reads and refusals wait in the Redis stream <prefix>audit, one JSON object
 * per entry, and are moved by audit_drain(); while both are away they wait in
 * the journal. An attempt that waited, and names in its detail the "entity" it
 * changes, becomes an operation as well when it is moved.
 */
#ifndef CORE_OPS_AUDIT_H
#define CORE_OPS_AUDIT_H

#include <stddef.h>

#include "core/ops/act.h"
#include "core/store/db.h"
#include "core/store/redis.h"

enum audit_kind { AUDIT_READ, AUDIT_REFUSAL, AUDIT_ATTEMPT, AUDIT_OUTCOME };

struct audit_row {
    const struct act *act;
    enum audit_kind kind;
    const char *outcome; /* "ok", "denied", "input", "redis", "already", … */
    const char *detail;  /* a JSON object as text, or NULL */
    int64_t took_us;     /* from recording to the answer; 0: not known */
};

/* Text behind the parameters of one audit insert. */
struct audit_values {
    char recorded_at[32];
    char took[24];
};

/* Prepares the insert of row as op; both and v must live until it has run. */
void audit_op(struct db_op *op, struct audit_values *v,
              const struct audit_row *row);

/* The insert alone (joins an open transaction). */
MUST_CHECK bool audit_write(struct db *db, const struct audit_row *row,
                            struct err *err);

/* The row as a JSON object, as it waits outside Postgres. Heap. */
char *audit_text(const struct audit_row *row);

/* Appends the XADD that keeps row while Postgres is away; the caller runs
 * the batch. prefix: "opsbot:". */
void audit_wait(struct redis *r, const char *prefix,
                const struct audit_row *row);

/* Moves up to 500 waiting rows to Postgres, then deletes them from the
 * stream. Safe to repeat and to race. moved: how many. What is no audit row
 * goes to <prefix>audit.bad and blocks nothing. */
MUST_CHECK bool audit_drain(struct redis *r, struct db *db, const char *prefix,
                            size_t *moved, struct err *err);

/* A row as audit_text() makes it, that waited somewhere else: to Postgres, or
 * to where the others wait. ERR_USER: it is no audit row, and never will be;
 * then it is for audit_set_aside(). */
MUST_CHECK bool audit_write_text(struct db *db, const char *text,
                                 struct err *err);
MUST_CHECK bool audit_wait_text(struct redis *r, const char *prefix,
                                const char *text, struct err *err);
MUST_CHECK bool audit_set_aside(struct redis *r, const char *prefix,
                                const char *text, struct err *err);

/* Makes the partitions of this month and the next three, where they are
 * missing. At start and once a day: whoever asks. */
MUST_CHECK bool audit_partitions_ensure(struct db *db, struct err *err);

/* ---- looking back --------------------------------------------------------- */

struct audit_filter {
    const char *user;    /* Slack id, or NULL */
    const char *command; /* "dlq requeue", or its first words; NULL: all */
    int64_t since;       /* wall ms; 0: no bound */
    bool denied;         /* refusals only */
    size_t offset, limit;
};

struct audit_event {
    int64_t at;
    char *op, *kind, *user, *user_name, *channel, *command, *text, *outcome,
        *replica;
};

struct audit_page {
    struct audit_event *events; /* newest first */
    size_t count;
    bool more; /* older ones exist */
};

/* An attempt is left out once its outcome is there. */
MUST_CHECK bool audit_query(struct db *db, const struct audit_filter *filter,
                            struct audit_page *out, struct err *err);
void audit_page_dispose(struct audit_page *page);

#endif

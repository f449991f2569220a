/*
 * migrate: brings schema opsbot to what this binary needs. Start-up only, on
 * the thread that starts the others.
 *
 * Each migration is one transaction that begins with the advisory lock and
 * looks again at what is there, so that any number of replicas may start at
 * once and one may die at any instruction.
 */
#include "core/store/migrate.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/log.h"

#define MIGRATE_DEADLINE_MS 60000

/* The bytes of a file, ended by a NUL, as the symbol `name`. */
#define EMBED(name, path)                                                      \
    __asm__(".pushsection .rodata\n"                                           \
            ".global " #name "\n" #name ":\n"                                  \
            ".incbin \"" path "\"\n"                                           \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char name[]

EMBED(migration_0001, "core/store/migrations/0001_spine.sql");
EMBED(migration_0002, "core/store/migrations/0002_act.sql");
EMBED(migration_0003, "core/store/migrations/0003_checks.sql");
EMBED(migration_0004, "core/store/migrations/0004_incidents.sql");
EMBED(migration_0005, "core/store/migrations/0005_alerts.sql");
EMBED(migration_grants, "core/store/migrations/grants.sql");

struct migration {
    int number;
    const char *name;
    const char *sql;
};

/* In order, without gaps. A migration is never changed once it is out. */
static const struct migration migrations[] = {
    { 1, "0001_spine", migration_0001 },
    { 2, "0002_act", migration_0002 },
    { 3, "0003_checks", migration_0003 },
    { 4, "0004_incidents", migration_0004 },
    { 5, "0005_alerts", migration_0005 },
};
#define MIGRATIONS (sizeof migrations / sizeof migrations[0])

/* Asked before it is made: a role that may not create needs no right to. */
static const char *const sql_ground =
    "do $$ begin"
    " if to_regnamespace('opsbot') is null then create schema opsbot; end if;"
    " if to_regclass('opsbot.migrations') is null then"
    "  create table opsbot.migrations (number integer primary key,"
    "   name text not null, sha256 text not null,"
    "   applied_at timestamptz not null default now());"
    " end if;"
    " end $$";

/* Kept in any case, also where commits are not waited for: who has migrated
 * counts on it until its end, and a crash must not take it back. */
static const struct db_stmt stmt_lock = {
    .name = "migrate_lock",
    .sql = "select pg_advisory_xact_lock(hashtext('opsbot.migrate')),"
           " case current_setting('synchronous_commit') when 'off'"
           " then set_config('synchronous_commit', 'local', true) end",
};

static const struct db_stmt stmt_known = {
    .name = "migrate_known",
    .sql = "select sha256 from opsbot.migrations where number = $1::int",
    .params = 1,
};

static const struct db_stmt stmt_there = {
    .name = "migrate_there",
    .sql = "select (to_regclass('opsbot.migrations') is not null)::int",
};

static const struct db_stmt stmt_all = {
    .name = "migrate_all",
    .sql = "select number, sha256 from opsbot.migrations order by number",
};

static const struct db_stmt stmt_record = {
    .name = "migrate_record",
    .sql = "insert into opsbot.migrations (number, name, sha256)"
           " values ($1::int, $2::text, $3::text)",
    .params = 3,
};

static const struct db_stmt stmt_role = {
    .name = "migrate_role",
    .sql = "select set_config('opsbot.runtime_role', $1::text, true),"
           " exists (select from pg_roles where rolname = $1::text)::int",
    .params = 1,
};

static bool apply(struct db *db, const struct migration *m, const char *number,
                  const char *sha, struct err *err)
{
    if (!db_script(db, m->name, m->sql, err) ||
        !db_run(db, &stmt_record, NULL, err, number, m->name, sha))
        return false;
    log_info("migrate", NULL, "applied %s", m->name);
    return true;
}

/* In the open transaction, under the lock. */
static bool bring(struct db *db, const struct migration *m, int *applied,
                  struct err *err)
{
    char number[16], sha[SHA256_HEX];
    struct db_rows *rows = NULL;
    bool ok;

    snprintf(number, sizeof number, "%d", m->number);
    digest_sha256(sha, m->sql, (const char *)NULL);
    if (!db_run(db, &stmt_known, &rows, err, number))
        return false;
    if (rows_count(rows) == 0) {
        ok = apply(db, m, number, sha, err);
        *applied += ok;
    } else if (strcmp(rows_text(rows, 0, 0), sha) != 0) {
        ok = err_set(err, ERR_DB,
                     "migration %s was changed after it was applied to this"
                     " database (it has %.12s, this binary %.12s): a new"
                     " change needs a new migration",
                     m->name, rows_text(rows, 0, 0), sha);
    } else {
        ok = true;
    }
    rows_free(rows);
    return ok;
}

static bool grant(struct db *db, const char *role, struct err *err)
{
    struct db_rows *rows = NULL;
    bool known;

    if (!db_run(db, &stmt_role, &rows, err, role))
        return false;
    known = rows_int(rows, 0, 1) != 0;
    rows_free(rows);
    if (!known)
        return err_set(err, ERR_DB,
                       "the role `%s` of DATABASE_URL does not exist", role);
    return db_script(db, "grants", migration_grants, err);
}

/* One step of migrate_run(): what it does is committed, or nothing is. */
static bool step(struct db *db, const struct migration *m, const char *role,
                 int *applied, struct err *err)
{
    bool ok = db_begin(db, err) && db_run(db, &stmt_lock, NULL, err, NULL);

    if (ok && m)
        ok = db_script(db, "schema opsbot", sql_ground, err) &&
             bring(db, m, applied, err);
    if (ok && role)
        ok = grant(db, role, err);
    ok = ok && db_commit(db, err);
    db_rollback(db);
    return ok;
}

bool migrate_run(struct db *owner, const char *runtime_role, int *applied,
                 struct err *err)
{
    bool ok = true;

    *applied = 0;
    db_deadline(owner, MIGRATE_DEADLINE_MS);
    for (size_t i = 0; ok && i < MIGRATIONS; i++)
        ok = step(owner, &migrations[i], NULL, applied, err);
    if (ok && runtime_role)
        ok = step(owner, NULL, runtime_role, applied, err);
    return ok || err_prefix(err, "migrations");
}

/* ---- looking ---------------------------------------------------------------- */

static void compare(const struct db_rows *rows, size_t row,
                    struct migrate_state *out)
{
    char sha[SHA256_HEX];

    for (size_t i = 0; i < MIGRATIONS; i++) {
        const struct migration *m = &migrations[i];

        if (m->number != rows_int(rows, row, 0))
            continue;
        out->applied++;
        digest_sha256(sha, m->sql, (const char *)NULL);
        if (strcmp(rows_text(rows, row, 1), sha) != 0)
            snprintf(out->changed, sizeof out->changed, "%s", m->name);
        return;
    }
    out->newer++;
}

bool migrate_look(struct db *db, struct migrate_state *out, struct err *err)
{
    struct db_rows *rows = NULL;

    *out = (struct migrate_state){ .known = (int)MIGRATIONS };
    if (!db_run(db, &stmt_there, &rows, err, NULL))
        return false;
    out->there = rows_int(rows, 0, 0) != 0;
    rows_free(rows);
    if (!out->there)
        return true;
    if (!db_run(db, &stmt_all, &rows, err, NULL))
        return false;
    for (size_t i = 0; i < rows_count(rows); i++)
        compare(rows, i, out);
    rows_free(rows);
    return true;
}

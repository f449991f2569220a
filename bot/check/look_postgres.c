/*
 * look_postgres: Postgres is there, new enough, takes writes; the migrations
 * fit; the run-time role may do what it must, and not change the audit. Its own
 * thread and connections; every transaction only reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/look.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/store/db.h"
#include "core/store/migrate.h"

#define POSTGRES_MS  4000
#define NEEDS        130000 /* server_version_num */
#define SHOWN_TABLES 4

/* ---- what is asked ------------------------------------------------------------- */

enum about {
    VERSION_NUM,
    VERSION,
    ROLE,
    IS_SUPER,
    IS_READ_ONLY,
    ENCODING,
    DATABASE,
    MAY_CREATE, /* a schema in this database */
    HAS_SCHEMA,
    MAY_USE, /* the schema */
    OWNS,    /* it, or is a member of who does */
    STARTED, /* when: the same in two connections to one server */
};

static const struct db_stmt stmt_about = {
    .name = "check_about",
    .sql =
        "select current_setting('server_version_num'),"
        " split_part(current_setting('server_version'), ' ', 1), current_user,"
        " (select rolsuper::int from pg_roles where rolname = current_user),"
        " (pg_is_in_recovery()"
        "  or current_setting('transaction_read_only')::bool)::int,"
        " current_setting('server_encoding'), current_database(),"
        " has_database_privilege(current_database(), 'create')::int,"
        " (n.oid is not null)::int,"
        " coalesce(has_schema_privilege(n.oid, 'usage'), false)::int,"
        " coalesce(pg_has_role(n.nspowner, 'usage'), false)::int,"
        " pg_postmaster_start_time()::text"
        " from (select 1) one"
        " left join pg_namespace n on n.nspname = 'opsbot'",
};

enum table { NAME, SELECTS, INSERTS, UPDATES, DELETES };

static const struct db_stmt stmt_tables = {
    .name = "check_tables",
    .sql = "select c.relname, has_table_privilege(c.oid, 'select')::int,"
           " has_table_privilege(c.oid, 'insert')::int,"
           " has_table_privilege(c.oid, 'update')::int,"
           " has_table_privilege(c.oid, 'delete, truncate')::int"
           " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
           " where n.nspname = 'opsbot' and c.relkind in ('r', 'p')"
           " and not c.relispartition order by c.relname",
};

static const struct db_stmt stmt_trigger = {
    .name = "check_trigger",
    .sql = "select count(*) from pg_trigger"
           " where tgrelid = 'opsbot.audit_events'::regclass"
           " and tgname in ('audit_events_keep', 'audit_events_keep_all')"
           " and tgenabled in ('O', 'A')",
};

/* ---- the server ------------------------------------------------------------------ */

static void look_at_version(struct look *l, const struct db_rows *about)
{
    const char *version = rows_text(about, 0, VERSION);

    if (rows_int(about, 0, VERSION_NUM) >= NEEDS)
        report_ok(&l->report, "postgres.version", "version: PostgreSQL %s",
                  version);
    else
        report_fail(&l->report, "postgres.version",
                    "install PostgreSQL 13 or newer",
                    "version: PostgreSQL %s is too old", version);
}

static void look_at_server(struct look *l, const struct db_rows *about)
{
    look_at_version(l, about);
    if (rows_int(about, 0, IS_READ_ONLY))
        report_fail(&l->report, "postgres.writable",
                    "let DATABASE_URL lead to the primary",
                    "role: this is a standby, or set to read only");
    if (strcmp(rows_text(about, 0, ENCODING), "UTF8") != 0)
        report_fail(&l->report, "postgres.encoding",
                    "make a database with encoding UTF8",
                    "encoding: %s cannot hold everything people write",
                    rows_text(about, 0, ENCODING));
}

/* ---- migrations ------------------------------------------------------------------ */

/* owner: who would apply them. */
static void look_at_pending(struct look *l, const struct migrate_state *m,
                            const struct db_rows *owner)
{
    const char *role = rows_text(owner, 0, ROLE);
    char *todo = xasprintf("as the owner of the database: grant create on "
                           "database %s to %s; or give DATABASE_MIGRATE_URL",
                           rows_text(owner, 0, DATABASE), role);

    if (rows_int(owner, 0, HAS_SCHEMA) ? rows_int(owner, 0, OWNS)
                                       : rows_int(owner, 0, MAY_CREATE))
        report_ok(&l->report, "postgres.migrations",
                  "migrations: %d of %d are applied, `opsbot run` applies the "
                  "rest at its start",
                  m->applied, m->known);
    else if (rows_int(owner, 0, HAS_SCHEMA))
        report_fail(&l->report, "postgres.migrations",
                    "give the owner of schema opsbot in DATABASE_MIGRATE_URL",
                    "migrations: %d of %d are applied, and %s may not apply "
                    "the rest: schema opsbot is not its own",
                    m->applied, m->known, role);
    else
        report_fail(&l->report, "postgres.migrations", todo,
                    "migrations: there is no schema opsbot, and %s may not "
                    "make it",
                    role);
    free(todo);
}

static void look_at_migrations(struct look *l, struct db *db,
                               const struct db_rows *owner)
{
    struct migrate_state m;
    struct err err = { 0 };

    if (!migrate_look(db, &m, &err))
        report_fail(&l->report, "postgres.migrations",
                    "grant this role usage on schema opsbot and select on its "
                    "tables, or start opsbot with DATABASE_MIGRATE_URL, which "
                    "does so",
                    "migrations: %s", err.text);
    else if (m.changed[0])
        report_fail(&l->report, "postgres.migrations",
                    "run the opsbot that this database belongs to, or give "
                    "this one another database",
                    "migrations: %s is not what was applied to this database",
                    m.changed);
    else if (m.applied < m.known)
        look_at_pending(l, &m, owner);
    else if (m.newer)
        report_warn(&l->report, "postgres.migrations",
                    "nothing while you upgrade (both run together); otherwise "
                    "install the newer opsbot",
                    "migrations: a newer opsbot was here: %d that this one "
                    "does not know",
                    m.newer);
    else
        report_ok(&l->report, "postgres.migrations",
                  "migrations: all %d are applied", m.known);
}

/* ---- privileges ------------------------------------------------------------------ */

static bool ends_in(const char *s, const char *end)
{
    size_t a = strlen(s), b = strlen(end);

    return a >= b && strcmp(s + a - b, end) == 0;
}

/* Those that are only ever added to. */
static bool is_kept(const char *table)
{
    return strcmp(table, "audit_events") == 0 ||
           strcmp(table, "incident_events") == 0;
}

/* As grants.sql gives them. */
static bool lacks(const struct db_rows *t, size_t i)
{
    const char *name = rows_text(t, i, NAME);

    if (!rows_int(t, i, SELECTS))
        return true;
    if (strcmp(name, "migrations") == 0)
        return false;
    return !rows_int(t, i, INSERTS) ||
           (!ends_in(name, "_events") && !rows_int(t, i, UPDATES));
}

static void list(struct buf *out, const char *name, size_t n)
{
    if (n < SHOWN_TABLES)
        buf_fmt(out, "%s%s", n ? ", " : "", name);
    else if (n == SHOWN_TABLES)
        buf_str(out, ", …");
}

/* Missing ones are granted at the next start where an owner is named. */
static void look_at_tables(struct look *l, const struct db_rows *about,
                           const struct db_rows *t)
{
    const char *role = rows_text(about, 0, ROLE);
    struct buf lacking = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < rows_count(t); i++)
        if (lacks(t, i))
            list(&lacking, rows_text(t, i, NAME), n++);
    if (rows_int(about, 0, MAY_USE) && n == 0)
        report_ok(&l->report, "postgres.privileges",
                  "privileges: %s may use schema opsbot and its %zu tables",
                  role, rows_count(t));
    else if (l->cfg->database_migrate_url)
        report_warn(&l->report, "postgres.privileges",
                    "start `opsbot run`: it grants them",
                    "privileges: %s may not yet use %s%s", role,
                    n ? "tables " : "schema opsbot", buf_text(&lacking));
    else
        report_fail(&l->report, "postgres.privileges",
                    "give the owner of the schema in DATABASE_MIGRATE_URL, and "
                    "start opsbot: it grants what is needed",
                    "privileges: %s may not use %s%s", role,
                    n ? "tables " : "schema opsbot", buf_text(&lacking));
    buf_dispose(&lacking);
}

static bool may_change_audit(const struct db_rows *t)
{
    for (size_t i = 0; i < rows_count(t); i++)
        if (is_kept(rows_text(t, i, NAME)) &&
            (rows_int(t, i, UPDATES) || rows_int(t, i, DELETES)))
            return true;
    return false;
}

static void look_at_audit(struct look *l, const struct db_rows *about,
                          const struct db_rows *t, bool triggers)
{
    const char *role = rows_text(about, 0, ROLE);
    bool one = !l->cfg->database_migrate_url;

    if (!triggers)
        report_fail(&l->report, "postgres.audit",
                    "as the owner: alter table opsbot.audit_events enable "
                    "trigger all",
                    "audit: its triggers are gone or disabled: records could "
                    "be changed");
    else if (!may_change_audit(t))
        report_ok(&l->report, "postgres.audit",
                  "audit: %s may add records, and change none", role);
    else if (one || !rows_int(about, 0, OWNS))
        report_warn(&l->report, "postgres.audit",
                    "make a role of its own for DATABASE_URL, and give the "
                    "owner's in DATABASE_MIGRATE_URL",
                    "audit: only a trigger keeps %s from changing records, and "
                    "%s could drop it",
                    role, rows_int(about, 0, IS_SUPER) ? "a superuser" : "it");
    else
        report_fail(&l->report, "postgres.audit",
                    "let DATABASE_URL name another role than the owner's",
                    "audit: %s owns the schema, so privileges do not keep it "
                    "from changing records",
                    role);
}

static void look_at_privileges(struct look *l, struct db *db,
                               const struct db_rows *about)
{
    struct db_rows *tables = NULL, *triggers = NULL;
    struct err err = { 0 };

    if (!db_run(db, &stmt_tables, &tables, &err, NULL)) {
        report_fail(&l->report, "postgres.privileges", "check again",
                    "privileges: %s", err.text);
        return;
    }
    if (rows_count(tables) > 0)
        look_at_tables(l, about, tables);
    if (rows_int(about, 0, MAY_USE) && rows_count(tables) > 0) {
        if (db_run(db, &stmt_trigger, &triggers, &err, NULL))
            look_at_audit(l, about, tables, rows_int(triggers, 0, 0) == 2);
        else
            report_fail(&l->report, "postgres.audit",
                        "start opsbot, which makes what is missing",
                        "audit: %s", err.text);
    }
    rows_free(triggers);
    rows_free(tables);
}

/* ---- the owner of the schema -------------------------------------------------------- */

static bool same(const struct db_rows *a, const struct db_rows *b,
                 enum about what)
{
    return strcmp(rows_text(a, 0, (int)what), rows_text(b, 0, (int)what)) == 0;
}

/* Through a pooler, or to another replica of it, it cannot be told. */
static void look_at_owner(struct look *l, const struct db_rows *about,
                          const struct db_rows *owner)
{
    const char *role = rows_text(owner, 0, ROLE);

    if (!same(about, owner, DATABASE) || !same(about, owner, STARTED))
        report_fail(&l->report, "postgres.migrate_url",
                    "let both URLs lead to one database",
                    "migrations: DATABASE_MIGRATE_URL leads to another "
                    "database (%s) than DATABASE_URL (%s)",
                    rows_text(owner, 0, DATABASE),
                    rows_text(about, 0, DATABASE));
    else if (same(about, owner, ROLE))
        report_warn(&l->report, "postgres.migrate_url",
                    "name a role of its own in DATABASE_URL",
                    "migrations: both URLs name the role %s", role);
    else
        report_ok(&l->report, "postgres.migrate_url",
                  "migrations: %s applies them", role);
}

/* ---- all of it -------------------------------------------------------------------- */

static const char *postgres_todo(const struct err *err, const char *variable,
                                 char out[160])
{
    const char *what = "or see why nothing answers there";

    if (strstr(err->text, "authentication") || strstr(err->text, "password"))
        what = "its user and its password";
    else if (strstr(err->text, "does not exist"))
        what = "or make the role and the database (createuser, createdb)";
    else if (strstr(err->text, "refused") || strstr(err->text, "No such file"))
        what = "or start Postgres";
    snprintf(out, 160, "correct %s, %s", variable, what);
    return out;
}

/* What about asks, over a connection that only reads. NULL: reported. */
static struct db_rows *ask(struct look *l, struct db *db, const char *variable,
                           const char *id)
{
    struct db_rows *about = NULL;
    struct err err = { 0 };
    char todo[160];

    db_deadline(db, look_left_ms(l, POSTGRES_MS));
    if (!db_run(db, &stmt_about, &about, &err, NULL))
        report_fail(&l->report, id, postgres_todo(&err, variable, todo),
                    "Postgres (%s): %s", variable, err.text);
    return about;
}

/* The owner's answers; those of the run-time role where it is its own owner.
 * NULL: it cannot be asked. */
static struct db_rows *ask_owner(struct look *l, const struct db_rows *about)
{
    struct store_health health = { .name = "Postgres", .quiet = true };
    const char *url = l->cfg->database_migrate_url;
    struct db *db = db_new(url, &health);
    struct db_rows *owner =
        ask(l, db, "DATABASE_MIGRATE_URL", "postgres.migrate_url");

    if (owner)
        look_at_owner(l, about, owner);
    db_free(db);
    return owner;
}

void look_postgres(struct look *l)
{
    struct store_health health = { .name = "Postgres", .quiet = true };
    struct db *db = db_new(l->cfg->database_url, &health);
    struct db_rows *about = ask(l, db, "DATABASE_URL", "postgres");
    struct db_rows *owner = NULL;

    if (about) {
        report_ok(&l->report, "postgres", "Postgres answers");
        look_at_server(l, about);
        if (l->cfg->database_migrate_url)
            owner = ask_owner(l, about);
        look_at_migrations(l, db, owner ? owner : about);
        look_at_privileges(l, db, about);
    }
    rows_free(owner);
    rows_free(about);
    db_free(db);
}

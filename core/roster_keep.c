/*
 * roster_keep: the roster in Postgres (a row a group) and in a file (JSON).
 * Start-up and the scheduler.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/roster_parts.h"

#define FILE_MAX  (16 << 20)
#define PATH_TEXT 64

/* ---- members as JSON --------------------------------------------------------- */

/* A clock that ran ahead must not keep what Slack says from then on out. */
static int64_t not_to_come(int64_t at)
{
    int64_t now = clock_wall_ms();

    return at < now ? at : now;
}

/* The list at path of doc, of one group. */
static void take(struct roster *r, const struct json_doc *doc, const char *path,
                 const char *group, const char *handle, int64_t at)
{
    size_t count = json_doc_count(doc, path);
    const char **users = xcalloc(count + 1, sizeof *users);
    char item[PATH_TEXT + 24];

    for (size_t i = 0; i < count; i++) {
        snprintf(item, sizeof item, "%s%s%zu", path, *path ? "." : "", i);
        users[i] = json_doc_str(doc, item);
    }
    roster_set(r, group, users, count, not_to_come(at));
    roster_name(r, group, handle);
    free(users);
}

/* ---- Postgres ------------------------------------------------------------------ */

static const struct db_stmt stmt_load = {
    .name = "roster_load",
    .sql = "select id, handle, users::text,"
           " round(extract(epoch from fetched_at) * 1000)::bigint"
           " from opsbot.user_groups",
};

static const struct db_stmt stmt_save = {
    .name = "roster_save",
    .sql = "insert into opsbot.user_groups (id, handle, users, fetched_at)"
           " values ($1::text, $2::text, $3::jsonb,"
           " to_timestamp($4::float8 / 1000))"
           " on conflict (id) do update set handle = excluded.handle,"
           " users = excluded.users, fetched_at = excluded.fetched_at"
           " where user_groups.fetched_at <= excluded.fetched_at",
    .params = 4,
};

static bool take_row(struct roster *r, const struct db_rows *rows, size_t i,
                     struct err *err)
{
    const char *users = rows_text(rows, i, 2);
    struct json_doc *doc = json_doc_parse(users, strlen(users), err);

    if (!doc) {
        err->kind = ERR_DB;
        return err_prefix(err, "opsbot.user_groups, %s", rows_text(rows, i, 0));
    }
    take(r, doc, "", rows_text(rows, i, 0), rows_text(rows, i, 1),
         rows_int(rows, i, 3));
    json_doc_free(doc);
    return true;
}

bool roster_load(struct roster *r, struct db *db, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = db_exec(db, &stmt_load, NULL, &rows, err);

    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = take_row(r, rows, i, err);
    rows_free(rows);
    return ok;
}

static bool save_group(struct db *db, const struct group *g, struct err *err)
{
    char *users = json_list((const char *const *)g->users, g->count);
    char at[24];
    bool ok;

    snprintf(at, sizeof at, "%lld", (long long)g->fetched_at);
    ok = db_run(db, &stmt_save, NULL, err, g->id, g->handle ? g->handle : "",
                users, at);
    free(users);
    return ok;
}

bool roster_save(struct roster *r, struct db *db, struct err *err)
{
    size_t count;
    struct group *groups = roster_copy(r, &count);
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = save_group(db, &groups[i], err);
    roster_copy_free(groups, count);
    return ok;
}

/* ---- the file ------------------------------------------------------------------ */

static bool fails(const char *path, struct err *err)
{
    return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
}

/* Whoever can write it could make themselves a member of anything. */
static bool ours_alone(FILE *f, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fileno(f), &st) != 0)
        return fails(path, err);
    return (st.st_uid == geteuid() && (st.st_mode & 022) == 0) ||
           err_set(err, ERR_SYSTEM,
                   "%s belongs to somebody else or may be written by others, "
                   "and is left out: it gives rights",
                   path);
}

static bool read_text(const char *path, struct buf *out, bool *there,
                      struct err *err)
{
    FILE *f = fopen(path, "re");
    char part[4096];
    size_t n;
    bool ok;

    *there = f != NULL;
    if (!f)
        return errno == ENOENT || fails(path, err);
    ok = ours_alone(f, path, err);
    while (ok && out->len <= FILE_MAX &&
           (n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(out, part, n);
    if (ferror(f))
        ok = fails(path, err);
    if (out->len > FILE_MAX)
        ok = err_set(err, ERR_SYSTEM, "%s: larger than %d MiB", path,
                     FILE_MAX >> 20);
    fclose(f);
    return ok;
}

/* False: this is no group as roster_write() writes them. */
static bool take_entry(struct roster *r, const struct json_doc *doc, size_t i)
{
    char id[PATH_TEXT], handle[PATH_TEXT], users[PATH_TEXT], at[PATH_TEXT];
    int64_t fetched_at;

    snprintf(id, sizeof id, "groups.%zu.id", i);
    snprintf(handle, sizeof handle, "groups.%zu.handle", i);
    snprintf(users, sizeof users, "groups.%zu.users", i);
    snprintf(at, sizeof at, "groups.%zu.fetched_at", i);
    fetched_at = json_doc_int(doc, at, 0);
    if (!*json_doc_str(doc, id) || !json_doc_has(doc, users) || fetched_at <= 0)
        return false;
    take(r, doc, users, json_doc_str(doc, id), json_doc_str(doc, handle),
         fetched_at);
    return true;
}

static bool damaged(const char *path, const char *why, struct err *err)
{
    return err_set(err, ERR_SYSTEM,
                   "%s is damaged (%s) and is left out; it is written anew "
                   "when Slack has said who is in the groups",
                   path, why);
}

bool roster_read(struct roster *r, const char *path, struct err *err)
{
    struct buf text = { 0 };
    struct json_doc *doc = NULL;
    struct err why = { 0 };
    bool there, ok = read_text(path, &text, &there, err);

    if (ok && there) {
        doc = json_doc_parse(buf_text(&text), text.len, &why);
        ok = doc || damaged(path, why.text, err);
    }
    if (doc && !json_doc_has(doc, "groups"))
        ok = damaged(path, "it has no groups", err);
    for (size_t i = 0; doc && i < json_doc_count(doc, "groups"); i++)
        if (!take_entry(r, doc, i))
            ok = damaged(path, "a group in it is not whole", err);
    json_doc_free(doc);
    buf_dispose(&text);
    return ok;
}

bool roster_write(struct roster *r, const char *path, struct err *err)
{
    size_t count;
    struct group *groups = roster_copy(r, &count);
    struct buf text = { 0 };
    bool ok;

    buf_str(&text, "{\"groups\":[");
    for (size_t i = 0; i < count; i++) {
        const struct group *g = &groups[i];
        char *users = json_list((const char *const *)g->users, g->count);
        char *entry =
            json_text(member_str("id", g->id), member_str("handle", g->handle),
                      member_int("fetched_at", g->fetched_at),
                      member_raw("users", users));

        buf_fmt(&text, "%s\n%s", i ? "," : "", entry);
        free(entry);
        free(users);
    }
    buf_str(&text, "\n]}\n");
    file_make_way(path);
    ok = file_replace(path, buf_text(&text), text.len) || fails(path, err);
    buf_dispose(&text);
    roster_copy_free(groups, count);
    return ok;
}

#include "bot/flow/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define CALL_MS   3000
#define BEGIN_MS  3000 /* no call of a round begins later: leadership waits */
#define PATH_TEXT 96

struct round {
    struct sender *sender;
    struct roster *roster;
    const char **ids; /* of the groups that roles name */
    bool *known;      /* those that Slack has spoken of in this round */
    size_t count;
    bool listed; /* usergroups.list was answered */
    int64_t now;
};

/* ---- Slack -------------------------------------------------------------------- */

/* Slack's word for a refusal, as sender_call() puts it at the end. */
static bool refused_as(const struct err *err, const char *word)
{
    const char *colon = strrchr(err->text, ':');

    return err->kind == ERR_SLACK && colon && strcmp(colon + 2, word) == 0;
}

/* An answer, though not the one we want: worth asking for the next one. */
static bool answered(const struct err *err)
{
    return err->kind == ERR_SLACK &&
           strncmp(err->text, "Slack refused ", 14) == 0;
}

/* Whatever group is asked for, Slack will say this. True: it is so. */
static bool hopeless(struct err *err)
{
    if (refused_as(err, "missing_scope"))
        return !err_set(err, ERR_SLACK,
                        "Slack does not tell who is in user groups "
                        "(missing_scope): add the bot scope usergroups:read "
                        "to the app and install it again, or name people "
                        "under `users` of the roles");
    if (refused_as(err, "plan_upgrade_required") ||
        refused_as(err, "paid_teams_only"))
        return !err_set(err, ERR_SLACK,
                        "this workspace's plan has no user groups "
                        "(plan_upgrade_required): name people under `users` "
                        "of the roles instead of `groups`");
    return !answered(err);
}

static struct json_doc *call(struct round *r, const char *method, char *body,
                             struct err *err)
{
    struct json_doc *doc = NULL;
    char *answer = NULL;

    if (sender_call(r->sender, method, body, CALL_MS, &answer, err))
        doc = json_doc_parse(answer, strlen(answer), err);
    if (answer && !doc)
        err->kind = ERR_SLACK;
    free(answer);
    free(body);
    return doc;
}

/* The list of user ids at path: the members of group i. */
static void learn(struct round *r, size_t i, const struct json_doc *doc,
                  const char *path)
{
    size_t count = json_doc_count(doc, path);
    const char **users = xcalloc(count + 1, sizeof *users);
    char item[PATH_TEXT + 24];

    for (size_t n = 0; n < count; n++) {
        snprintf(item, sizeof item, "%s.%zu", path, n);
        users[n] = json_doc_str(doc, item);
    }
    roster_set(r->roster, r->ids[i], users, count, r->now);
    roster_unknown(r->roster, r->ids[i], false);
    r->known[i] = true;
    free(users);
}

/* One group of usergroups.list; one that roles do not name is nothing to us. */
static void take_listed(struct round *r, const struct json_doc *doc, size_t n)
{
    char id[PATH_TEXT], handle[PATH_TEXT], users[PATH_TEXT];

    snprintf(id, sizeof id, "usergroups.%zu.id", n);
    snprintf(handle, sizeof handle, "usergroups.%zu.handle", n);
    snprintf(users, sizeof users, "usergroups.%zu.users", n);
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->ids[i], json_doc_str(doc, id)) != 0)
            continue;
        roster_name(r->roster, r->ids[i], json_doc_str(doc, handle));
        if (json_doc_has(doc, users))
            learn(r, i, doc, users);
    }
}

/* False: it is no use to ask for single ones either. */
static bool ask_all(struct round *r, struct err *err)
{
    struct json_doc *doc =
        call(r, "usergroups.list",
             json_text(member_bool("include_users", true)), err);

    if (!doc)
        return !hopeless(err);
    for (size_t n = 0; n < json_doc_count(doc, "usergroups"); n++)
        take_listed(r, doc, n);
    json_doc_free(doc);
    r->listed = true;
    return true;
}

/* Someone who left a group that was then deleted must not keep its rights. */
static void not_there(struct round *r, size_t i)
{
    roster_set(r->roster, r->ids[i], NULL, 0, r->now);
    r->known[i] = true;
    if (roster_unknown(r->roster, r->ids[i], true))
        log_warn("groups", NULL,
                 "Slack knows no user group %s (deleted, disabled or "
                 "mistyped): nobody has rights by it",
                 r->ids[i]);
}

/* False: it is no use to ask for others. A group that Slack did not know, and
 * does not list either, is not asked for again. */
static bool ask_one(struct round *r, size_t i, struct err *err)
{
    struct err why = { 0 };
    struct json_doc *doc;

    if (r->listed && roster_is_unknown(r->roster, r->ids[i])) {
        not_there(r, i);
        return true;
    }
    doc = call(r, "usergroups.users.list",
               json_text(member_str("usergroup", r->ids[i])), &why);

    if (doc)
        learn(r, i, doc, "users");
    else if (refused_as(&why, "no_such_subteam"))
        not_there(r, i);
    json_doc_free(doc);
    if (r->known[i])
        return true;
    *err = why;
    return !hopeless(err);
}

static bool in_time(int64_t began, struct err *err)
{
    return clock_mono_ms() - began < BEGIN_MS ||
           err_set(err, ERR_SLACK,
                   "Slack took too long to say who is in all user groups");
}

/* ---- a round -------------------------------------------------------------------- */

static bool ask_slack(struct round *r, struct err *err)
{
    int64_t began = clock_mono_ms();
    bool go_on = ask_all(r, err), all = true;

    for (size_t i = 0; i < r->count && go_on; i++)
        if (!r->known[i])
            go_on = in_time(began, err) && ask_one(r, i, err);
    for (size_t i = 0; i < r->count; i++)
        all = all && r->known[i];
    roster_failing(r->roster, all ? 0 : r->now);
    return all;
}

/* What is away now is saved the next time. */
static void share(struct roster *roster, struct db *db)
{
    struct err err = { 0 };

    if (db &&
        (!roster_load(roster, db, &err) || !roster_save(roster, db, &err)))
        log_info("groups", NULL,
                 "members of user groups are not in Postgres yet: %s",
                 err.text);
}

static char *file_of(const struct config *cfg)
{
    return xasprintf("%s/groups.json", cfg->state_dir);
}

bool groups_refresh(struct sender *s, const struct config *cfg,
                    struct roster *roster, struct db *db, struct err *err)
{
    struct round r = { .sender = s, .roster = roster, .now = clock_wall_ms() };
    struct err why = { 0 };
    char *path = file_of(cfg);
    bool ok = true;

    r.ids = roster_groups(cfg, &r.count);
    r.known = xcalloc(r.count + 1, sizeof *r.known);
    if (r.count > 0) {
        ok = ask_slack(&r, err);
        share(roster, db);
        if (!roster_write(roster, path, &why)) {
            log_warn("groups", NULL, "%s", why.text);
            if (ok)
                *err = why;
            ok = false;
        }
    }
    free(r.known);
    free(r.ids);
    free(path);
    return ok;
}

void groups_start_up(const struct config *cfg, struct roster *roster,
                     struct db *db)
{
    char *path = file_of(cfg);
    struct err err = { 0 };
    size_t count;

    free(roster_groups(cfg, &count));
    if (count > 0 && !roster_read(roster, path, &err))
        log_warn("groups", NULL, "%s", err.text);
    if (count > 0 && db && !roster_load(roster, db, &err))
        log_warn("groups", NULL,
                 "who is in user groups is not read from "
                 "Postgres: %s",
                 err.text);
    free(path);
}

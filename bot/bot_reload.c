/*
 * bot_reload: another configuration while everything runs, as SIGHUP asks for.
 * The thread that started the bot.
 *
 * What has to know of the new one before anybody goes by it (checks, who calls
 * in) is told first; then it is published. Everybody else takes the present
 * one when a task begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/admin/admin_who.h"
#include "bot/bot_int.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/log_file.h"
#include "core/base/text.h"
#include "core/check/heartbeat.h"
#include "core/ops/audit.h"

static const char area[] = "reload";

/* What came of it. */
struct reload {
    enum config_reload what;
    struct config_diff diff;
    struct err err;
};

/* "unix:ann" is called ann. */
static const char *name_in(const char *user)
{
    return strchr(user, ':') + 1;
}

/* ---- the record ------------------------------------------------------------------- */

static char *changes_json(const struct config_diff *d)
{
    struct buf list = { 0 };

    buf_char(&list, '[');
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0)
            buf_char(&list, ',');
        json_quote(&list, d->changes[i]);
    }
    buf_char(&list, ']');
    return buf_take(&list);
}

static char *detail_of(const struct reload *r)
{
    char *changes = changes_json(&r->diff), *detail;

    if (r->what == CONFIG_BAD)
        detail = json_text(member_str("why", r->err.text));
    else
        detail = json_text(member_raw("changed", changes),
                           member_str("restart_wanted", r->diff.restart));
    free(changes);
    return detail;
}

static bool write_row(struct bot *bot, const struct audit_row *row,
                      struct err *err)
{
    struct db *db =
        db_new(config_now(bot->config)->database_url, &bot->postgres);
    bool ok = audit_write(db, row, err);

    db_free(db);
    return ok;
}

/* As long as Postgres does not take it. */
static bool wait_row(struct bot *bot, const struct audit_row *row,
                     struct err *err)
{
    const struct config *cfg = config_now(bot->config);
    struct redis *redis = redis_new(&cfg->redis, &bot->redis);
    char *text = audit_text(row);
    bool ok = audit_wait_text(redis, cfg->redis_prefix, text, err) ||
              journal_add(bot->services.journal, JOURNAL_AUDIT, text, err);

    redis_free(redis);
    free(text);
    return ok;
}

static void record(struct bot *bot, const struct reload *r, const char *user)
{
    char op[OP_ID], us[TEXT_NUMBER], *detail = detail_of(r);
    struct act act = { .op = op,
                       .trace = "",
                       .recorded_at = clock_wall_ms(),
                       .team = "",
                       .channel = "",
                       .user = user,
                       .user_name = name_in(user),
                       .command = "reload",
                       .text = "reload",
                       .via = "signal",
                       .replica = bot->inbox.id };
    bool bad = r->what == CONFIG_BAD;
    struct audit_row row = { .act = &act,
                             .kind = bad ? AUDIT_REFUSAL : AUDIT_OUTCOME,
                             .outcome = bad ? "config" : "ok",
                             .detail = detail };
    struct err err = { 0 };

    text_number(us, clock_mono_us());
    digest_op(op, "reload", bot->inbox.id, us, NULL);
    if (!write_row(bot, &row, &err) && !wait_row(bot, &row, &err))
        log_warn(area, NULL, "recorded nowhere but here: %s", err.text);
    free(detail);
}

/* ---- what takes effect ------------------------------------------------------------- */

static void open_log(const char *path)
{
    struct err err = { 0 };

    if (!log_file_set(path, &err))
        log_warn("log", NULL, "%s", err.text);
}

static void say(const struct reload *r, const char *name)
{
    log_info(area, NULL, "asked for by %s: %zu key(s) changed", name,
             r->diff.count);
    for (size_t i = 0; i < r->diff.count; i++)
        log_info(area, NULL, "%s", r->diff.changes[i]);
    if (r->diff.restart)
        log_warn(area, NULL,
                 "restart wanted for: %s. Until then they stay as they were",
                 r->diff.restart);
}

/* What it changes is in the log whichever of the two levels is louder. */
static void take_log(const struct config *was, const struct config *is,
                     const struct reload *r, const char *name)
{
    bool louder = was->log_level < is->log_level;

    open_log(is->log_file);
    log_setup(is->log_format, louder ? was->log_level : is->log_level);
    say(r, name);
    log_setup(is->log_format, is->log_level);
}

static bool changes(const struct config_diff *d, const char *key)
{
    for (size_t i = 0; i < d->count; i++)
        if (strncmp(d->changes[i], key, strlen(key)) == 0)
            return true;
    return false;
}

static void take(struct bot *bot, struct config *next, const struct reload *r,
                 const char *name)
{
    const struct config *was = config_now(bot->config);

    heartbeats_adopt(bot->heartbeats, next);
    checkers_adopt(bot->checkers, next);
    config_publish(bot->config, next);
    if (changes(&r->diff, "roles:"))
        scheduler_ask_groups(bot->scheduler);
    take_log(was, next, r, name);
}

void bot_reload(struct bot *bot, const char *path, uid_t by)
{
    struct reload r = { .what = CONFIG_BAD };
    char user[ADMIN_USER];
    const char *name;
    struct config *next;

    admin_process(by, user);
    name = name_in(user);
    r.what = config_reload(bot->config, path, &next, &r.diff, &r.err);
    if (r.what == CONFIG_NEXT)
        take(bot, next, &r, name);
    else
        open_log(config_now(bot->config)->log_file);
    if (r.what == CONFIG_SAME)
        log_info(area, NULL, "asked for by %s: nothing has changed", name);
    else if (r.what == CONFIG_BAD)
        log_error(area, NULL,
                  "asked for by %s: the configuration stays as it was: %s",
                  name, r.err.text);
    if (r.what != CONFIG_SAME)
        record(bot, &r, user);
    config_diff_dispose(&r.diff);
}

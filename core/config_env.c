/*
 * config_env: the environment, laid over what the file said; secrets from
 * files. Start-up only.
 *
 * A variable that is set but empty counts as not set: that is how a compose
 * file passes on what the host does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/config_parts.h"

#define SECRET_MAX 65536

/* ---- files ----------------------------------------------------------------- */

static bool read_all(int fd, size_t max, struct buf *out, struct err *err)
{
    char part[4096];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_CONFIG, "%s", strerror(errno));
        if (out->len + (size_t)n > max)
            return err_set(err, ERR_CONFIG, "larger than %zu KiB", max / 1024);
        buf_add(out, part, (size_t)n);
    }
    return true;
}

bool config_read(const char *path, size_t max, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return err_set(err, ERR_CONFIG, "%s", strerror(errno));
    ok = read_all(fd, max, out, err);
    close(fd);
    return ok;
}

/* ---- variables ------------------------------------------------------------- */

#define FIELD(name, member)                                                    \
    static char **name(struct config *cfg)                                     \
    {                                                                          \
        return &cfg->member;                                                   \
    }

FIELD(mode, slack.mode)
FIELD(app_token, slack.app_token)
FIELD(bot_token, slack.bot_token)
FIELD(signing_secret, slack.signing_secret)
FIELD(api_url, slack.api_url)
FIELD(redis_url, redis_url_text)
FIELD(database_url, database_url)
FIELD(migrate_url, database_migrate_url)
FIELD(listen_on, listen)
FIELD(admin_on, admin)
FIELD(state_dir, state_dir)
FIELD(confine, confine)
FIELD(log_file, log_file)

const struct env_var env_vars[] = {
    { "SLACK_MODE", "slack.mode", mode, 0 },
    { "SLACK_APP_TOKEN", "slack.app_token", app_token,
      VAR_SOCKET | VAR_SECRET },
    { "SLACK_BOT_TOKEN", "slack.bot_token", bot_token, VAR_MUST | VAR_SECRET },
    { "SLACK_SIGNING_SECRET", "slack.signing_secret", signing_secret,
      VAR_HTTP | VAR_SECRET },
    { "SLACK_API_URL", "slack.api_url", api_url, 0 },
    { "REDIS_URL", "redis.url", redis_url, VAR_MUST | VAR_SECRET },
    { "DATABASE_URL", "postgres.url", database_url, VAR_MUST | VAR_SECRET },
    { "DATABASE_MIGRATE_URL", "postgres.migrate_url", migrate_url, VAR_SECRET },
    { "OPSBOT_LISTEN", "http.listen", listen_on, 0 },
    { "OPSBOT_ADMIN", "http.admin", admin_on, 0 },
    { "OPSBOT_STATE", "state_dir", state_dir, 0 },
    { "OPSBOT_CONFINE", "confine", confine, 0 },
    { "OPSBOT_LOG_FILE", "log.file", log_file, 0 },
};
const size_t env_count = sizeof env_vars / sizeof *env_vars;

static const char *env(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* Why a secret file is none; NULL: it is one, without its line end now. */
static const char *not_one_line(struct buf *text)
{
    while (text->len > 0 && strchr("\r\n", text->data[text->len - 1]))
        buf_cut(text, text->len - 1);
    if (text->len == 0)
        return "it is empty";
    return strcspn(text->data, "\r\n") == text->len ? NULL
                                                    : "expected one line";
}

char *config_secret_file(const char *key, const char *name, const char *path,
                         struct problems *p)
{
    struct buf text = { 0 };
    struct err err = { 0 };
    const char *wrong = config_read(path, SECRET_MAX, &text, &err)
                            ? not_one_line(&text)
                            : err.text;

    if (!wrong)
        return buf_take(&text);
    problem(p, key, "%s%s%s: %s", name, *name ? ": " : "", path, wrong);
    buf_dispose(&text);
    return NULL;
}

void config_from_file(char **value, const char *path, const char *key,
                      const char *name, struct problems *p)
{
    if (!path)
        return;
    if (*value)
        problem(p, key, "%s is there as well: expected one of them", name);
    else
        *value = config_secret_file(key, "", path, p);
}

/* What the environment says of var; NULL: nothing, or a problem. Heap. */
static char *var_value(const struct env_var *var, struct problems *p)
{
    char file_name[64];
    const char *value = env(var->name), *path = NULL;

    if (var->flags & VAR_SECRET) {
        snprintf(file_name, sizeof file_name, "%s_FILE", var->name);
        path = env(file_name);
    }
    if (value && path) {
        problem(p, NULL, "%s and %s are both set: expected one of them",
                var->name, file_name);
        return xstrdup(value);
    }
    return path ? config_secret_file(NULL, file_name, path, p) : xstrdup(value);
}

static void replace(char **field, char *value)
{
    free(*field);
    *field = value;
}

static void log_format(struct config_file *file, struct problems *p)
{
    const char *value = env("OPSBOT_LOG");

    if (!value)
        return;
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0) {
        problem(p, NULL, "OPSBOT_LOG: expected json or text");
        return;
    }
    if (!file->log_format)
        file->log_format = xmalloc(sizeof *file->log_format);
    *file->log_format = *value == 'j' ? LOG_JSON : LOG_TEXT;
}

static void add_admin(struct config *cfg, const char *id, size_t len)
{
    cfg->admins =
        xrealloc(cfg->admins, (cfg->admins_count + 1) * sizeof *cfg->admins);
    cfg->admins[cfg->admins_count++] = xstrndup(id, len);
}

/* Only where there is no file: one that says nothing of admins wants none. */
static void admins(struct config *cfg, const struct config_source *src)
{
    static const char separators[] = ", \t";
    const char *id = env("OPSBOT_ADMINS");

    if (id && src->path) {
        log_warn("config", NULL,
                 "OPSBOT_ADMINS is ignored: who may what is in %s", src->path);
        return;
    }
    while (id && *id) {
        size_t len = strcspn(id, separators);

        if (len > 0)
            add_admin(cfg, id, len);
        id += len;
        id += strspn(id, separators);
    }
}

/* Is it wanted, as Slack comes here? */
static bool must(const struct env_var *var, const struct config *cfg)
{
    const char *mode =
        cfg->slack.mode && *cfg->slack.mode ? cfg->slack.mode : CONFIG_MODE;

    return (var->flags & VAR_MUST) ||
           (var->flags & VAR_SOCKET && strcmp(mode, "http") != 0) ||
           (var->flags & VAR_HTTP &&
            (strcmp(mode, "http") == 0 || strcmp(mode, "both") == 0));
}

static bool absent(char *const *field)
{
    return !*field || !**field;
}

/* All that are missing in one text: they are mostly missing together. */
static void missing(struct config *cfg, const bool *tried, struct problems *p)
{
    struct buf names = { 0 }, keys = { 0 };

    for (size_t i = 0; i < env_count; i++) {
        const char *comma = names.len ? ", " : "";

        if (!must(&env_vars[i], cfg) || tried[i] ||
            !absent(env_vars[i].field(cfg)))
            continue;
        buf_fmt(&names, "%s%s", comma, env_vars[i].name);
        buf_fmt(&keys, "%s%s", comma, env_vars[i].key);
    }
    if (names.len)
        problem(p, NULL,
                "missing %s: set in the environment (or NAME_FILE), or as %s "
                "in the configuration file",
                names.data, keys.data);
    buf_dispose(&names);
    buf_dispose(&keys);
}

void config_env(struct config_file *file, struct config_source *src,
                struct problems *p)
{
    bool tried[sizeof env_vars / sizeof *env_vars] = { false };

    for (size_t i = 0; i < env_count; i++) {
        size_t before = p->count;
        char *value = var_value(&env_vars[i], p);

        tried[i] = p->count > before;
        if (!value)
            continue;
        src->from_env |= 1U << i;
        replace(env_vars[i].field(&file->cfg), value);
    }
    missing(&file->cfg, tried, p);
    log_format(file, p);
    admins(&file->cfg, src);
}

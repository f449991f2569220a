/*
 * config: loads everything a person can set, in this order: the file, the
 * environment over it, defaults below both, our checks. Start-up and reload,
 * one thread; what it returns is read-only.
 */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alert/route.h"
#include "core/base/mem.h"
#include "core/config_parts.h"

#define FILE_MAX (1024 * 1024)

/* ---- defaults -------------------------------------------------------------- */

/* An empty text is as good as none. */
void config_unless_set(char **field, const char *value)
{
    if (*field && **field)
        return;
    free(*field);
    *field = xstrdup(value);
}

/* systemd's variable may name several directories: the first is ours. */
static void default_state_dir(struct config *cfg)
{
    const char *given = getenv("STATE_DIRECTORY");
    char *first = given ? xstrndup(given, strcspn(given, ":")) : NULL;

    config_unless_set(&cfg->state_dir, first && *first ? first : "./var");
    free(first);
}

static void default_admin(struct config *cfg)
{
    char *socket = xasprintf("unix:%s/admin.sock", cfg->state_dir);

    config_unless_set(&cfg->admin, socket);
    free(socket);
}

#define NUMBER(key, given, value, otherwise, least, most)                      \
    {                                                                          \
        key, offsetof(struct config_file, given),                              \
            offsetof(struct config, value), otherwise, least, most             \
    }
#define DAYS_MOST 36500

/* Operations are kept longer than their markers in Redis, which is 7 days. */
const struct config_number config_numbers[] = {
    NUMBER("slack.answer_in_ack_ms", answer_in_ack_ms, slack.answer_in_ack_ms,
           800, 100, 2500),
    NUMBER("http.admin_rate", admin_rate, door.rate, 50, 1, 100000),
    NUMBER("halt.verify_s", verify_s, halt.verify_s, 10, 1, 60),
    NUMBER("ack.lease", ack_lease, ack.lease, 60, 1, 1440),
    NUMBER("alerts.attempts", alerts.attempts, alerts.attempts, 5, 1, 100),
    NUMBER("alerts.storm", alerts.storm, alerts.storm, 20, 0, 10000),
    NUMBER("alerts.rate", alerts.rate, alerts.rate, 200, 1, 100000),
    NUMBER("alerts.watch.dlq_inflow", alerts.watch.dlq_inflow,
           alerts.watch.dlq_inflow, 100, 0, 1000000000),
    NUMBER("keep.audit", audit, keep.audit, 400, 31, DAYS_MOST),
    NUMBER("keep.operations", operations, keep.operations, 30, 8, DAYS_MOST),
    NUMBER("keep.outbox", outbox, keep.outbox, 30, 1, DAYS_MOST),
    NUMBER("keep.trash", trash, keep.trash, 30, 1, DAYS_MOST),
    NUMBER("keep.checks", checks, keep.checks, 14, 1, DAYS_MOST),
    NUMBER("keep.alerts", kept_alerts, keep.alerts, 90, 8, DAYS_MOST),
};
const size_t config_numbers_count =
    sizeof config_numbers / sizeof *config_numbers;

static void default_numbers(struct config_file *file)
{
    for (size_t i = 0; i < config_numbers_count; i++) {
        const struct config_number *n = &config_numbers[i];
        const unsigned *given;

        memcpy(&given, (const char *)file + n->given, sizeof given);
        memcpy((char *)&file->cfg + n->value, given ? given : &n->otherwise,
               sizeof *given);
    }
}

static void default_target(struct config_target *t)
{
    char **none[] = { &t->halt_url,    &t->unhalt_url, &t->health_url,
                      &t->token,       &t->token_file, &t->ca,
                      &t->client_cert, &t->client_key };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        config_unless_set(none[i], NULL);
    config_unless_set(&t->halted_path, "halted");
    config_unless_set(&t->halted_value, "true");
}

static void default_door(struct config_admin *door)
{
    char **none[] = { &door->cert, &door->key, &door->client_ca, &door->group };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        config_unless_set(none[i], NULL);
    for (unsigned i = 0; i < door->tokens_count; i++) {
        config_unless_set(&door->tokens[i].token, NULL);
        config_unless_set(&door->tokens[i].token_file, NULL);
    }
}

static void defaults(struct config_file *file)
{
    struct config *cfg = &file->cfg;

    config_unless_set(&cfg->slack.mode, CONFIG_MODE);
    cfg->slack.by_socket = strcmp(cfg->slack.mode, "http") != 0;
    cfg->slack.by_http = strcmp(cfg->slack.mode, "socket") != 0;
    config_unless_set(&cfg->slack.signing_secret, "");
    config_unless_set(&cfg->slack.api_url, "https://slack.com/api/");
    config_unless_set(&cfg->slack.command, "/ops");
    config_unless_set(&cfg->channels.ops, NULL);
    config_unless_set(&cfg->channels.incidents, NULL);
    config_unless_set(&cfg->channels.fallback, NULL);
    config_unless_set(&cfg->redis_prefix, "opsbot:");
    config_unless_set(&cfg->database_migrate_url, NULL);
    config_unless_set(&cfg->listen, "127.0.0.1:8710");
    config_unless_set(&cfg->confine, "on");
    config_unless_set(&cfg->dlq.error, "error");
    config_unless_set(&cfg->dlq.original_id, "original_id");
    config_unless_set(&cfg->dlq.attempts, "attempts");
    config_unless_set(&cfg->dlq.failed_at, "failed_at");
    for (unsigned i = 0; i < cfg->streams_count; i++)
        config_unless_set(&cfg->streams[i].dlq, NULL);
    default_state_dir(cfg);
    default_admin(cfg);
    default_door(&cfg->door);
    for (unsigned i = 0; i < cfg->halt.targets_count; i++)
        default_target(&cfg->halt.targets[i]);
    default_numbers(file);
    cfg->log_level = file->log_level ? *file->log_level : LOG_INFO;
    config_unless_set(&cfg->log_file, NULL);
    cfg->log_format = file->log_format ? *file->log_format
                      : !cfg->log_file && isatty(STDERR_FILENO) ? LOG_TEXT
                                                                : LOG_JSON;
}

/* ---- secrets --------------------------------------------------------------- */

static void keep(const char *start, size_t len)
{
    char *value = xstrndup(start, len);

    log_secret(value);
    free(value);
}

/* A URL with a password in it, and the password alone. It may hold any of
 * "@/?#" unescaped, so the last "@" is the end. */
static void keep_password(const char *url)
{
    const char *start = url ? strstr(url, "://") : NULL;
    const char *at = start ? strrchr(start, '@') : NULL, *colon;

    if (!at)
        return;
    log_secret(url);
    colon = memchr(start + 3, ':', (size_t)(at - start - 3));
    if (colon)
        keep(colon + 1, (size_t)(at - colon - 1));
}

/* libpq's other form: "host=… password='…'". */
void config_keep_url(const char *text)
{
    const char *at = text ? strstr(text, "password") : NULL;

    keep_password(text);
    if (!at)
        return;
    log_secret(text);
    at += strlen("password");
    at += strspn(at, " =");
    if (*at == '\'')
        keep(at + 1, strcspn(at + 1, "'"));
    else
        keep(at, strcspn(at, " &"));
}

/* Two of them while one is being replaced. */
static void keep_each(const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ", ");

        keep(list, len);
        list += len;
        list += strspn(list, ", ");
    }
}

static void keep_secrets(const struct config *cfg)
{
    log_secret(cfg->slack.app_token);
    log_secret(cfg->slack.bot_token);
    keep_each(cfg->slack.signing_secret);
    log_secret(cfg->redis.pass);
    config_keep_url(cfg->redis_url_text);
    config_keep_url(cfg->database_url);
    config_keep_url(cfg->database_migrate_url);
    for (unsigned i = 0; i < cfg->halt.targets_count; i++)
        log_secret(cfg->halt.targets[i].token);
    config_admin_secrets(cfg);
    config_heartbeat_secrets(cfg);
    config_checks_secrets(cfg);
    config_alerts_secrets(cfg);
}

/* ---- loading --------------------------------------------------------------- */

static bool open_source(struct config_source *src, const char *path,
                        struct err *err)
{
    const char *given = getenv("OPSBOT_CONFIG");

    *src = (struct config_source){ .path = path ? path : given };
    if (src->path && !*src->path)
        src->path = NULL;
    if (!src->path)
        return true;
    if (config_read(src->path, FILE_MAX, &src->text, err))
        return config_syntax(src, err);
    err_prefix(err, "%s", src->path);
    return false;
}

/* running: whose keys stay where they need a restart; NULL: nobody's. */
static struct config *build(struct config_source *src,
                            const struct config *running, struct err *err)
{
    struct problems problems = { .src = src };
    struct config_file *file = NULL;

    if (!src->path)
        file = xcalloc(1, sizeof *file);
    else if (!config_schema_load(src, &file, err))
        return NULL;
    file->cfg.from_file = src->path != NULL;
    file->cfg.bytes = src->text.len;
    config_env(file, src, &problems);
    if (running)
        config_keep(running, file);
    defaults(file);
    config_halt_tokens(&file->cfg, &problems);
    config_admin_tokens(&file->cfg, &problems);
    config_heartbeat_files(&file->cfg, &problems);
    config_checks_make(file, &problems);
    config_alerts_make(file, running, &problems);
    config_check(&file->cfg, &problems);
    config_checks_check(file, &problems);
    if (problems_none(&problems, err)) {
        keep_secrets(&file->cfg);
        return &file->cfg;
    }
    config_free(&file->cfg);
    return NULL;
}

struct config *config_load(const char *path, struct err *err)
{
    struct config_source src;
    struct config *cfg = NULL;

    if (open_source(&src, path, err))
        cfg = build(&src, NULL, err);
    buf_dispose(&src.text);
    return cfg;
}

/* Built a second time where something has to stay as it is, so that whatever
 * is made of that fits it. */
struct config *config_load_again(const char *path, const struct config *running,
                                 struct config_diff *diff, struct err *err)
{
    struct config_source src;
    struct config *cfg = NULL;

    *diff = (struct config_diff){ 0 };
    if (open_source(&src, path, err))
        cfg = build(&src, NULL, err);
    if (cfg)
        config_compare(running, cfg, diff);
    if (diff->restart) {
        config_free(cfg);
        cfg = build(&src, running, err);
        if (!cfg)
            err_prefix(err,
                       "the file is good, but what waits for a restart (%s) "
                       "does not fit the rest of it until then",
                       diff->restart);
    }
    if (cfg)
        cfg->restart_wanted = xstrdup(diff->restart);
    else
        config_diff_dispose(diff);
    buf_dispose(&src.text);
    return cfg;
}

void config_free(struct config *cfg)
{
    if (!cfg)
        return;
    router_forget(cfg);
    redis_url_dispose(&cfg->redis);
    free(cfg->restart_wanted);
    config_alerts_dispose(cfg);
    free(cfg->checks); /* its texts are those of the file */
    config_schema_free((struct config_file *)cfg);
}

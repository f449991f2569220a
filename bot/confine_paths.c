/*
 * confine_paths: the files that the bot needs, now and later. What is missing
 * here fails with "Permission denied" where it is opened.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/confine.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/text.h"

extern char **environ;

/* Everywhere the same. What is not there is left out. */
static const char *const always[] = {
    "/etc", /* resolv.conf, hosts and certificates are replaced by renaming */
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/run/systemd/resolve", /* where resolv.conf may lead to */
    "/run/resolvconf",
    "/proc/self",
    "/sys/devices/system/cpu", /* how many: the C library */
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
};

static void add(char ***list, size_t *count, char *path)
{
    *list = xrealloc(*list, (*count + 2) * sizeof **list);
    (*list)[(*count)++] = path;
    (*list)[*count] = NULL;
}

static void readable(struct confine_paths *p, const char *path)
{
    add(&p->readable, &p->readable_count, xstrdup(path));
}

/* The directory a file is in; the file alone where that would be the root. */
static void beside(struct confine_paths *p, const char *path)
{
    char *copy = xstrdup(path);
    const char *above = dirname(copy);

    readable(p, strcmp(above, "/") == 0 ? path : above);
    free(copy);
}

/* And the one it is really in, when it is a link. */
static void file(struct confine_paths *p, const char *path)
{
    char real[PATH_MAX];

    if (!path || !*path)
        return;
    beside(p, path);
    if (realpath(path, real) && strcmp(real, path) != 0)
        beside(p, real);
}

static void writable(struct confine_paths *p, const char *dir)
{
    char *inside = xasprintf("%s/.", dir);

    file_make_way(inside);
    add(&p->writable, &p->writable_count, xstrdup(dir));
    free(inside);
}

/* ---- what the environment names ---------------------------------------------- */

/* "NAME_FILE=…" that is ours, or of OpenSSL or libpq, and what else those two
 * take files from. Others may name whatever they like. */
static bool names_a_file(const char *entry)
{
    static const char *const whose[] = { "SLACK_",  "REDIS_", "DATABASE_",
                                         "OPSBOT_", "SSL_",   "PG" };
    static const char *const others[] = { "OPENSSL_CONF=", "PGSSLROOTCERT=",
                                          "PGSSLCERT=", "PGSSLKEY=",
                                          "PGSSLCRL=" };
    size_t name = strcspn(entry, "=");

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(entry, others[i], strlen(others[i])) == 0)
            return true;
    if (name < 4 || strncmp(entry + name - 4, "FILE=", 5) != 0)
        return false;
    for (size_t i = 0; i < sizeof whose / sizeof *whose; i++)
        if (strncmp(entry, whose[i], strlen(whose[i])) == 0)
            return true;
    return false;
}

static void from_environment(struct confine_paths *p)
{
    static const char *const dirs[] = { "SSL_CERT_DIR", "CREDENTIALS_DIRECTORY",
                                        "PGSYSCONFDIR", "PGSSLCRLDIR" };
    const char *home = getenv("HOME");

    for (char **e = environ; e && *e; e++)
        if (names_a_file(*e))
            file(p, strchr(*e, '=') + 1);
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (getenv(dirs[i]))
            readable(p, getenv(dirs[i]));
    if (home && *home == '/') {
        char *certificates = xasprintf("%s/.postgresql", home);
        char *passwords = xasprintf("%s/.pgpass", home);

        readable(p, certificates);
        readable(p, passwords);
        free(certificates);
        free(passwords);
    }
}

/* ---- what the configuration names -------------------------------------------- */

/* Files that the URL of a Postgres names: sslrootcert, sslcert, sslkey, … */
static void from_url(struct confine_paths *p, const char *url)
{
    for (const char *at = url; at && (at = strchr(at, '=')); at++) {
        char *value = text_unescape(at + 1, strcspn(at + 1, "& "), false);

        if (value && *value == '/')
            file(p, value);
        free(value);
    }
}

static void from_config(struct confine_paths *p, const struct config *cfg)
{
    from_url(p, cfg->database_url);
    from_url(p, cfg->database_migrate_url);
    for (unsigned i = 0; i < cfg->halt.targets_count; i++) {
        const struct config_target *t = &cfg->halt.targets[i];

        file(p, t->token_file);
        file(p, t->ca);
        file(p, t->client_cert);
        file(p, t->client_key);
    }
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct config_check *c = &cfg->checks[i];

        if (c->kind == CHECK_POSTGRES)
            from_url(p, c->url);
        file(p, c->url_file);
        file(p, c->token_file);
        file(p, c->secret_file);
        file(p, c->ca);
        file(p, c->client_cert);
        file(p, c->client_key);
        for (unsigned j = 0; j < c->files_count; j++)
            file(p, c->files[j]);
    }
}

/* What the admin API needs, and our own heartbeat. */
static void from_doors(struct confine_paths *p, const struct config *cfg)
{
    file(p, cfg->door.cert);
    file(p, cfg->door.key);
    file(p, cfg->door.client_ca);
    for (unsigned i = 0; i < cfg->door.tokens_count; i++)
        file(p, cfg->door.tokens[i].token_file);
    file(p, cfg->heartbeat.url_file);
    file(p, cfg->heartbeat.token_file);
}

static void from_alerts(struct confine_paths *p, const struct config_alerts *a)
{
    file(p, a->secret_file);
    file(p, a->fallback.smtp_password_file);
    file(p, a->fallback.smtp_ca);
    for (unsigned i = 0; i < a->tokens_count; i++)
        file(p, a->tokens[i].token_file);
    for (unsigned i = 0; i < a->hooks_count; i++) {
        file(p, a->hooks[i].url_file);
        file(p, a->hooks[i].token_file);
    }
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        file(p, a->of[i].webhook_file);
}

/* The log is made anew beside what was moved away. */
static void log_file(struct confine_paths *p, const char *path)
{
    char *copy = xstrdup(path);

    if (copy)
        writable(p, dirname(copy));
    free(copy);
}

/* The admin socket is made and taken away by its name. */
static void admin_socket(struct confine_paths *p, const struct config *cfg)
{
    char *copy;

    if (strncmp(cfg->admin, "unix:", 5) != 0)
        return;
    copy = xstrdup(cfg->admin + 5);
    writable(p, dirname(copy));
    free(copy);
}

void confine_paths_find(struct confine_paths *out, const struct config *cfg,
                        const char *config_file)
{
    *out = (struct confine_paths){ 0 };
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        readable(out, always[i]);
    file(out, config_file);
    from_environment(out);
    from_config(out, cfg);
    from_doors(out, cfg);
    from_alerts(out, &cfg->alerts);
    writable(out, cfg->state_dir);
    admin_socket(out, cfg);
    log_file(out, cfg->log_file);
}

static void list_free(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void confine_paths_dispose(struct confine_paths *p)
{
    list_free(p->readable, p->readable_count);
    list_free(p->writable, p->writable_count);
    *p = (struct confine_paths){ 0 };
}

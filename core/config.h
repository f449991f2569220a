/*
 * config: everything a person can set, from one YAML file and the
 * environment. Read at start; read-only afterwards, so any thread.
 *
 * The environment wins over the file. Each secret variable also exists as
 * NAME_FILE. Missing required values are all named in one error. An error in
 * the file names file, line, key and what was expected.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/store/redis.h"

/* A role: who is in it, and which rights it gives. */
struct config_role {
    char *name;
    char **users; /* Slack user ids */
    unsigned users_count;
    char **rights; /* "dlq.show", "dlq.*", "*" */
    unsigned rights_count;
    bool everyone; /* all users, also those not named */
};

struct config_stream {
    char *name; /* "notify.events" */
    char *dlq;  /* NULL: name + ".dlq" */
};

/* Names of the fields that a dead-lettered entry carries besides its own. */
struct dlq_fields {
    char *error;       /* "error" */
    char *original_id; /* "original_id" */
    char *attempts;    /* "attempts" */
    char *failed_at;   /* "failed_at" */
};

struct config_slack {
    char *app_token; /* from SLACK_APP_TOKEN */
    char *bot_token;
    char *signing_secret; /* may be empty in socket mode */
    char *api_url;        /* "https://slack.com/api/", always with the slash */
    char *command;        /* "/ops" */
    unsigned answer_in_ack_ms; /* 800 */
};

struct config_channels {
    char *ops;      /* effect cards go here too; NULL: none */
    char *fallback; /* undeliverable texts; NULL: none */
};

struct config {
    struct config_slack slack;
    struct config_channels channels;
    char *redis_url_text; /* masked before it is shown */
    struct redis_url redis;
    char *redis_prefix; /* "opsbot:" */
    char *database_url;
    char *database_migrate_url; /* NULL: database_url */
    char *listen;               /* "127.0.0.1:8710" */
    char *admin;     /* "unix:<state_dir>/admin.sock", or host:port */
    char *state_dir; /* writable, ours alone */
    struct config_stream *streams;
    unsigned streams_count;
    struct dlq_fields dlq;
    char **mask; /* field names whose values are never shown, besides ours */
    unsigned mask_count;
    struct config_role *roles;
    unsigned roles_count;
    char **admins; /* Slack user ids that hold every right: of the file, or
                    * OPSBOT_ADMINS when there is no file */
    unsigned admins_count;
    enum log_format log_format;
    enum log_level log_level;
};

/*
 * path: the file, or NULL for OPSBOT_CONFIG, or no file at all. The result is
 * checked and complete; config_free() it. Registers the secrets with
 * log_secret().
 */
struct config *config_load(const char *path, struct err *err);
void config_free(struct config *cfg); /* NULL is fine */

/* ---- rights (P7): deny by default --------------------------------------- */

/* True when user may use right. NULL right: everybody may. */
bool config_allows(const struct config *cfg, const char *user,
                   const char *right);
/* Roles that give the right, as "operator, lead" into out; "" if none. */
const char *config_roles_with(const struct config *cfg, const char *right,
                              char *out, size_t size);

#endif

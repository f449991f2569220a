/*
 * config: everything a person can set, from one YAML file and the
 * environment. Read at start and again on SIGHUP (config_now.h has the present
 * one); each is read-only, so any thread.
 *
 * The environment wins over the file. Each secret variable also exists as
 * NAME_FILE. Missing required values are all named in one error. An error in
 * the file names file, line, key and what was expected.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/config_alerts.h"
#include "core/store/redis.h"

/* A role: who is in it, and which rights it gives. */
struct config_role {
    char *name;
    char **users; /* Slack user ids, and identities of the admin API:
                   * "unix:ann", "token:ci", "cert:ops.example" */
    unsigned users_count;
    char **groups; /* Slack user group ids; members: see roster.h */
    unsigned groups_count;
    char **rights; /* "dlq.show", "dlq.*", "*" */
    unsigned rights_count;
    char **channels; /* the rights hold in these only; none: everywhere */
    unsigned channels_count;
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

/*
 * Something that is to stop when a scope is halted. With halt_url it is told
 * (POST, JSON), with health_url it is asked until it says that it has stopped
 * (GET, JSON), with both, both.
 */
struct config_target {
    char *name;    /* "execution"; unique */
    char **scopes; /* halted with these, and always with "all"; none: with
                    * every scope */
    unsigned scopes_count;
    char *halt_url;     /* "https://orchestrator:8443/admin/halt", or NULL */
    char *unhalt_url;   /* NULL: halt_url is told both */
    char *health_url;   /* "http://127.0.0.1:9001/health", or NULL */
    char *halted_path;  /* "halted": dotted path in the health's JSON */
    char *halted_value; /* "true": what is there while it is halted */
    char *token;        /* Authorization: Bearer; NULL: none. Secret */
    char *token_file;   /* the same, in a file */
    char *ca;           /* PEM files; NULL: the system's, none, none */
    char *client_cert, *client_key;
};

struct config_halt {
    struct config_target *targets;
    unsigned targets_count;
    char **scopes; /* what may be halted besides "all" and the scopes of the
                    * targets */
    unsigned scopes_count;
    unsigned verify_s; /* 10: until a target counts as not confirmed */
};

/* ---- health checks --------------------------------------------------------- */

enum check_kind {
    CHECK_HTTP,
    CHECK_TLS,
    CHECK_TCP,
    CHECK_POSTGRES,
    CHECK_REDIS,
    CHECK_STREAM,
    CHECK_WEBSOCKET,
    CHECK_PROMETHEUS,
    CHECK_SECRETS,
    CHECK_HEARTBEAT,
    CHECK_KINDS
};

#define CONFIG_NO_LIMIT UINT_MAX

enum check_severity { CHECK_CRITICAL, CHECK_HIGH, CHECK_WARNING };

/*
 * One check. Every kind has the keys of the first block; which of the others
 * belong to which kind is a table in config_checks.c, and a key that is not for
 * its kind is an error. Text is NULL and numbers are 0 where the file says
 * nothing and the kind has no default.
 */
struct config_check {
    char *id;   /* "orchestrator": unique, one word */
    char *name; /* for people; NULL: id */
    enum check_kind kind;
    enum check_severity severity; /* high */
    unsigned interval_s;          /* 30 */
    unsigned timeout_ms;          /* 5000; of one asking, all of it */
    unsigned fail_after;          /* 2: failures in a row until it is failing */
    unsigned pass_after;          /* 2: successes in a row until it passes */
    char **scopes; /* unhalting these waits for it while it is critical and
                    * failing; none: every scope */
    unsigned scopes_count;
    char *runbook; /* https URL, or NULL */

    char *url; /* http, tls, tcp, websocket, prometheus (its server), postgres,
                 * redis; the last two NULL: the bot's own */
    char *url_file; /* the same, in a file: it may hold a password */
    char *ca;       /* PEM files; NULL: the system's, none, none */
    char *client_cert, *client_key;
    char *server_name; /* tls: the name to ask for and verify; NULL: of url */
    char *token;       /* Authorization: Bearer; NULL: none. Secret */
    char *token_file;

    struct {
        unsigned status; /* http: 200; 0 after the default: any 2xx */
        char *json_path; /* "status", dotted; with json_equals */
        char *json_equals;
        char *contains;      /* http: in the body; websocket: in the message */
        unsigned latency_ms; /* slower than this fails; 0: no limit */
        unsigned days_left;  /* tls: 14 */
        unsigned connect_ms; /* postgres: connecting may take so long; 0: the
                               * time-out alone */
        char *value;         /* postgres: what the query's first column is */
        unsigned memory_percent; /* redis: of maxmemory; 90 */
        char *role;              /* redis: "master", "replica"; NULL: either */
        char *below, *above;     /* prometheus: limits, as numbers */
        /* stream: more than these fail; CONFIG_NO_LIMIT: any number does */
        unsigned lag;         /* entries not yet delivered */
        unsigned pending_s;   /* age of the oldest pending entry */
        unsigned dead;        /* entries in its DLQ */
        unsigned dead_growth; /* how many more of them in ten minutes */
    } expect;
    char *query;  /* postgres: SQL; prometheus: an instant query */
    char *stream; /* stream: its name, as in streams */
    char *group;  /* stream: its consumer group; NULL: every one */
    char **files; /* secrets */
    unsigned files_count;
    char **variables; /* secrets: of our environment */
    unsigned variables_count;
    unsigned within_s; /* heartbeat: it must call in this often */
    char *secret; /* heartbeat: the word in the URL that it calls. Secret */
    char *secret_file;
};

/* Acknowledging what somebody was told of. */
struct config_ack {
    unsigned lease; /* 60: minutes that one holds */
};

/* For how many days things are kept (the leader takes them away after). */
struct config_keep {
    unsigned audit;      /* 400; whole months */
    unsigned operations; /* 30; also jobs, halts, confirmations */
    unsigned outbox;     /* 30 */
    unsigned trash;      /* 30: discarded dead letters */
    unsigned checks;     /* 14: results of checks */
    unsigned alerts;     /* 90: alerts since they were over, with their history,
                          * silences, storms, deployments */
};

/* Our own heartbeat, to whoever watches us: see bot/flow/lifeline.h. */
struct config_heartbeat {
    char *url;      /* asked each minute while all is well; NULL: nobody is.
                     * Secret: who knows it can speak for us */
    char *url_file; /* the same, in a file */
    char *token;    /* Authorization: Bearer; NULL: none. Secret */
    char *token_file;
};

struct config_slack {
    char *mode;              /* "socket", "http" or "both", which means … */
    bool by_socket, by_http; /* … by which roads Slack comes */
    char *app_token;         /* from SLACK_APP_TOKEN; NULL: not by_socket */
    char *bot_token;
    char *signing_secret; /* one or two (signature.h); "" unless by_http */
    char *api_url;        /* "https://slack.com/api/", always with the slash */
    char *command;        /* "/ops" */
    unsigned answer_in_ack_ms; /* 800 */
};

/* Who may use the admin API by showing a token: as "token:<name>". */
struct config_token {
    char *name;       /* "ci"; unique */
    char *token;      /* at least 16 characters; unique. Secret */
    char *token_file; /* the same, in a file */
};

/* The admin listener's; the address is config.admin. */
struct config_admin {
    struct config_token *tokens;
    unsigned tokens_count;
    char *cert, *key; /* PEM files, for host:port; NULL: no TLS */
    char *client_ca;  /* PEM file: whoever has a certificate of it is
                       * "cert:<its common name>"; NULL: nobody */
    char *group;      /* whose members may connect to the socket besides us;
                       * NULL: nobody */
    unsigned rate;    /* 50: requests a second of one identity */
};

struct config_channels {
    char *ops;       /* effect cards go here too; NULL: none */
    char *incidents; /* headlines; NULL: ops, else where it was asked */
    char *fallback;  /* undeliverable texts; NULL: none */
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
    char *admin;              /* "unix:<state_dir>/admin.sock", or host:port */
    struct config_admin door; /* who may come in there */
    char *state_dir;          /* writable, ours alone */
    struct config_stream *streams;
    unsigned streams_count;
    struct dlq_fields dlq;
    struct config_halt halt;
    struct config_check *checks;
    unsigned checks_count;
    struct config_ack ack;
    struct config_alerts alerts;
    struct config_keep keep;
    struct config_heartbeat heartbeat;
    char **mask; /* field names whose values are never shown, besides ours */
    unsigned mask_count;
    struct config_role *roles;
    unsigned roles_count;
    char **admins; /* Slack user ids that hold every right: of the file, or
                    * OPSBOT_ADMINS when there is no file */
    unsigned admins_count;
    bool from_file; /* there is one; otherwise rights come from OPSBOT_ADMINS */
    char *confine;  /* "on", or "off": see bot/confine.h */
    enum log_format log_format;
    enum log_level log_level;
    char *log_file; /* NULL: stderr */

    size_t bytes;         /* of the file */
    char *restart_wanted; /* "redis.url, http.listen": keys that the file has
                           * otherwise than this, which wait for a restart;
                           * NULL: none */
};

/*
 * path: the file, or NULL for OPSBOT_CONFIG, or no file at all. The result is
 * checked and complete; config_free() it. Registers the secrets with
 * log_secret().
 */
struct config *config_load(const char *path, struct err *err);
void config_free(struct config *cfg); /* NULL is fine */

/* "1.3.1": the library that reads the file. Static. */
const char *config_library(void);
/* What a reload changed: "channels.ops: C2, was C1", "checks: new api; removed
 * old", a secret "changed". */
struct config_diff {
    char **changes;
    size_t count;
    char *restart; /* the keys that wait for a restart; NULL: none */
};
void config_diff_dispose(struct config_diff *diff);

/*
 * The same while running is in use: what needs a restart stays as it is there.
 * The whole of the new file is checked first, that included. *diff is filled
 * on success; dispose of it. A task on one thread; nothing takes effect yet.
 */
struct config *config_load_again(const char *path, const struct config *running,
                                 struct config_diff *diff, struct err *err);
/* Whether two checks are asked in the same way, with the same result. */
bool config_check_same(const struct config_check *a,
                       const struct config_check *b);

#endif

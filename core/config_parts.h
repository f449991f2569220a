/*
 * config_parts: what the files of config share. Only core/config*.c and their
 * tests include it. Start-up and reload only, one thread.
 *
 *     config.c          the order of things
 *     config_schema.c   the YAML keys, and where their values go
 *     config_alerts_schema.c  those of the section alerts
 *     config_alerts.c   its defaults, times and secrets
 *     config_alerts_check.c, config_alerts_route.c  what in it does not fit
 *     config_explain.c  what the schema refuses, in words
 *     config_where.c    lines in the file
 *     config_env.c      the environment and secret files
 *     config_check.c    what only we can check, reported together
 *     config_halt.c     the same of halt targets and scopes; their tokens
 *     config_admin.c    the same of the admin listener, and who may come in
 *     config_heartbeat.c  our own heartbeat: its URL, its token
 *     config_checks.c   health checks: which keys are for which kind
 *     config_kinds.c    health checks: what each kind needs
 *     config_value.c    values, walked by the schema
 *     config_diff.c     what a reload changes, and what only a restart does
 */
#ifndef CORE_CONFIG_PARTS_H
#define CORE_CONFIG_PARTS_H

#include <cyaml/cyaml.h>

#include "core/base/buf.h"
#include "core/config.h"

/* Numbers of a check, in the order of the table in config_checks.c. */
enum check_number {
    CHECK_INTERVAL,
    CHECK_TIMEOUT,
    CHECK_FAIL_AFTER,
    CHECK_PASS_AFTER,
    CHECK_STATUS,
    CHECK_LATENCY,
    CHECK_DAYS,
    CHECK_CONNECT,
    CHECK_MEMORY,
    CHECK_LAG,
    CHECK_PENDING,
    CHECK_DEAD,
    CHECK_DEAD_GROWTH,
    CHECK_WITHIN,
    CHECK_NUMBERS
};

/* A check as the file has it; NULL: the file does not say. */
struct config_given {
    struct config_check check; /* texts and lists; config.checks borrows them */
    enum check_kind *kind;
    enum check_severity *severity;
    char *numbers[CHECK_NUMBERS]; /* libcyaml would take 5x for 5 */
};

/* The values of `alerts` that config_alerts.h has otherwise. */
struct config_given_severity {
    char *lease;
    enum config_voice *worse, *better, *chatter;
    char *webhook, *webhook_file;
};
struct config_given_watch {
    bool *checks, *dlq_causes;
    char *dlq_age, *lag, *outbox, *deaf, *escalation;
    unsigned *dlq_inflow;
};
struct config_given_names { /* other names of each severity */
    char **critical, **high, **warning, **info;
    unsigned critical_count, high_count, warning_count, info_count;
};
struct config_given_alerts {
    unsigned *attempts, *storm, *rate;
    char *flap;
    char *age;
    struct config_given_severity of[ALERT_SEVERITIES];
    struct config_given_names names;
    struct config_given_watch watch;
};

/* What the schema fills. Every struct config is the first member of one. The
 * pointers are values whose absence differs from any value; NULL: absent. */
struct config_file {
    struct config cfg;
    unsigned *answer_in_ack_ms, *verify_s, *admin_rate;
    unsigned *ack_lease;
    unsigned *audit, *operations, *outbox, *trash, *checks, *kept_alerts;
    struct config_given *given; /* checks */
    unsigned given_count;
    struct config_given_alerts alerts;
    enum log_format *log_format;
    enum log_level *log_level;
};

/* Where values came from, for error texts. */
struct config_source {
    const char *path; /* NULL: there is no file; borrowed */
    struct buf text;
    unsigned from_env; /* bit i: env_vars[i] was set */
};

/* What is wrong so far; all of it goes into one error. Texts are owned. */
struct problems {
    const struct config_source *src;
    bool file_named; /* further places say "line 12" only */
    char **items;
    size_t count;
};

/* key: as in the file ("streams[1].name"); becomes the place the value came
 * from: a variable, or file and line. NULL: the text stands alone. */
void problem(struct problems *p, const char *key, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* True when there were none. Otherwise sets ERR_CONFIG, and logs those that it
 * has no room for. Empties p. */
MUST_CHECK bool problems_none(struct problems *p, struct err *err);

/* ---- numbers --------------------------------------------------------------- */

/* A number: its key, where it goes, what it is when the file does not say, and
 * what it may be. */
struct config_number {
    const char *key;
    size_t given; /* offset of the pointer in struct config_file */
    size_t value; /* offset in struct config */
    unsigned otherwise, least, most;
};
extern const struct config_number config_numbers[];
extern const size_t config_numbers_count;

/* ---- file ------------------------------------------------------------------ */

/* The whole of a file of at most max bytes. The error has no path in it. */
MUST_CHECK bool config_read(const char *path, size_t max, struct buf *out,
                            struct err *err);

/* False for what is no YAML, with the line. Sections without keys become
 * "{}" in src->text; lines stay where they are. */
MUST_CHECK bool config_syntax(struct config_source *src, struct err *err);
/* The line of "streams[1].name" (indexes from 0) or of the nearest thing
 * around it; 0 when the file has nothing of it. */
int config_line(const struct config_source *src, const char *key);

/* A key may be left out, and left empty: both are "not set". */
#define CONFIG_OPTIONAL (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL_STR)

extern const cyaml_schema_value_t config_schema;
extern const cyaml_schema_field_t config_alerts_schema[]; /* of its section */
extern const cyaml_schema_value_t config_text_entry;      /* of a list */
#define CONFIG_BOOLEANS 4
extern const cyaml_strval_t config_booleans[CONFIG_BOOLEANS];
/* Never leaves *out NULL on success, whatever the file lacks. */
MUST_CHECK bool config_schema_load(const struct config_source *src,
                                   struct config_file **out, struct err *err);
void config_schema_free(struct config_file *file); /* NULL is fine */

/* cyaml's log, collected: the complaint, and where, innermost first. */
struct complaint {
    char text[256];
    char path[512];
};
void complaint_log(cyaml_log_t level, void *complaint, const char *fmt,
                   va_list ap);
/* Always false. */
bool complaint_explain(const struct complaint *c, cyaml_err_t code,
                       const struct config_source *src, struct err *err);

/* ---- environment ----------------------------------------------------------- */

enum {
    VAR_SECRET = 1, /* has a NAME_FILE twin */
    VAR_MUST = 2,
    VAR_SOCKET = 4, /* a must where Slack comes by the socket … */
    VAR_HTTP = 8,   /* … by request URLs */
};
#define CONFIG_MODE "socket" /* when nothing says how Slack comes */

struct env_var {
    const char *name;
    const char *key;                     /* the same in the file */
    char **(*field)(struct config *cfg); /* where it goes */
    unsigned flags;
};
extern const struct env_var env_vars[];
extern const size_t env_count;

/* The one line in a secret file, or NULL and a problem that begins with key
 * (its place in the file) or name. Heap. */
char *config_secret_file(const char *key, const char *name, const char *path,
                         struct problems *p);

/* *value becomes what is in the file at path, which key names; NULL: nothing
 * is. A problem when the key `name` says it too. */
void config_from_file(char **value, const char *path, const char *key,
                      const char *name, struct problems *p);

/* Lays the environment over what the file said. */
void config_env(struct config_file *file, struct config_source *src,
                struct problems *p);

/* ---- checks ---------------------------------------------------------------- */

/* cfg has its defaults. Normalises (api_url's slash) and parses redis. */
void config_check(struct config *cfg, struct problems *p);

/* Reads the tokens of targets that are in files. Before config_check(). */
void config_halt_tokens(struct config *cfg, struct problems *p);
/* Part of config_check(). */
void config_halt_check(const struct config *cfg, struct problems *p);

/* Reads the tokens of the admin API that are in files. Before
 * config_check(). */
void config_admin_tokens(struct config *cfg, struct problems *p);
/* Part of config_check(). */
void config_admin_check(const struct config *cfg, struct problems *p);
/* Registers them. */
void config_admin_secrets(const struct config *cfg);
/* Our own heartbeat: what is in files, before config_check(); part of it;
 * registers its secrets. */
void config_heartbeat_files(struct config *cfg, struct problems *p);
void config_heartbeat_check(const struct config *cfg, struct problems *p);
void config_heartbeat_secrets(const struct config *cfg);

/* Defaults of the section alerts: names, times, what is in files. running:
 * whose stream stays; NULL: nobody's. After all other defaults. */
void config_alerts_make(struct config_file *file, const struct config *running,
                        struct problems *p);
/* Part of config_check(): all but the names of severities, whose places only
 * the file has (config_alerts_make()). */
void config_alerts_check(const struct config *cfg, struct problems *p);
/* Part of that: the tree, what inhibits, and policies. */
void config_alerts_check_routes(const struct config *cfg, struct problems *p);
/* Frees what it made. */
void config_alerts_dispose(struct config *cfg);
/* Registers its secrets. */
void config_alerts_secrets(const struct config *cfg);

/* Makes cfg.checks of what the file says: secrets from files, defaults. */
void config_checks_make(struct config_file *file, struct problems *p);
/* Whether each has what its kind needs, and nothing else. */
void config_checks_check(const struct config_file *file, struct problems *p);
/* One of them, and where it stands. */
struct config_one {
    const struct config *cfg;
    const struct config_given *given;
    const struct config_check *c;
    unsigned i;
    struct problems *p;
};
/* A problem of its member (".url"). */
void config_complain(const struct config_one *o, const char *member,
                     const char *what);
/* What its kind needs. */
void config_kind_check(const struct config_one *o);
/* Registers their secrets. */
void config_checks_secrets(const struct config *cfg);

/* ---- reload ---------------------------------------------------------------- */

/* A value in a struct config_file, as the schema has it. */
struct config_value {
    const cyaml_schema_value_t *of;
    const char *at; /* borrowed; NULL: it is not set */
    uint64_t count; /* of a sequence */
};

/* Calls each with every key ("slack.command", "streams"), in the schema's
 * order, and where its value is. key is borrowed for the call. */
void config_each_key(void (*each)(void *arg, const char *key,
                                  const cyaml_schema_field_t *f),
                     void *arg);
/* base: the struct that f is a member of. */
struct config_value config_field(const cyaml_schema_field_t *f,
                                 const char *base);
struct config_value config_entry(const struct config_value *list, uint64_t i);
uint64_t config_number_at(const char *at, size_t size);
/* Two of one schema, all that is in them included. */
bool config_same(const struct config_value *a, const struct config_value *b);
/* The value of f in to becomes a copy of that in from. */
void config_value_keep(const cyaml_schema_field_t *f, const char *from,
                       char *to);

/* When a changed key takes effect. Every key of the schema has one rule. */
enum config_when { CONFIG_RELOAD, CONFIG_RESTART };
struct config_rule {
    const char *key;
    enum config_when when;
    bool secret; /* its values are not shown */
};
extern const struct config_rule config_rules[];
extern const size_t config_rules_count;
const struct config_rule *config_rule(const char *key); /* NULL: none */

/* The keys that need a restart become those of running. Before defaults. */
void config_keep(const struct config *running, struct config_file *file);
/* Fills *diff. */
void config_compare(const struct config *was, const struct config *is,
                    struct config_diff *diff);

/* ---- words and places -------------------------------------------------------- */

/* NULL, and "" (which is as good as none), become a copy of value. */
void config_unless_set(char **field, const char *value);
/* log_secret() for a URL or conninfo with a password in it, and for that
 * password alone. */
void config_keep_url(const char *text);
/* A problem when it is none of ours to speak to: a scheme of two, the second
 * without TLS, a host, no password. A token over the second is for loopback
 * only. like: an example. */
struct config_url {
    const char *tls, *plain; /* "https://", "http://" */
    const char *like;
    const char *token; /* sent there; NULL: none */
};
void config_check_url(const char *key, const char *url,
                      const struct config_url *want, struct problems *p);
/* A problem when path cannot be read; NULL is fine. */
void config_check_file(const char *key, const char *path, struct problems *p);
void config_check_runbook(const char *key, const char *url, struct problems *p);
/* A problem when it is short or has spaces; NULL is fine. */
void config_check_secret(const char *key, const char *secret,
                         struct problems *p);
/* One of a list of tokens; whether another has its name or its value is the
 * caller's. */
void config_check_token(const char *list, unsigned i,
                        const struct config_token *t, struct problems *p);
/* Is name "all", or a scope that something in halt names? */
bool config_scope_known(const struct config *cfg, const char *name);

/* Without white space and control characters, at most max bytes. */
bool config_word(const char *s, size_t max);
/* 1 to 64 letters, digits and . _ - */
bool config_name(const char *s);
/* May it be an id of Slack's? Not what people see in its place: @ann, #ops. */
bool config_id(const char *s);
bool config_loopback(const char *host, size_t len);
/* host:port or [v6]:port. */
bool config_address(const char *s);
/* Bytes of the host that a URL's authority begins with, [] included. */
size_t config_host_length(const char *authority);

/* "streams[1].dlq"; only the list where that does not fit. */
#define KEY_BYTES 64
const char *config_key(char out[KEY_BYTES], const char *list, unsigned i,
                       const char *member);
/* The key of something deep, into out. */
#define PLACE_BYTES 512
const char *config_place(char out[PLACE_BYTES], const char *fmt, ...)
    PRINTF_LIKE(2, 3);
/* "alerts.critical" … by severity. */
extern const char *const config_severity_keys[ALERT_SEVERITIES];

#endif

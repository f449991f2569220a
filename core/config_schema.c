/*
 * config_schema: the keys of the configuration file, and where their values
 * go. The only tables that know the file's shape. Start-up and reload.
 */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/config_parts.h"

#define OPTIONAL CONFIG_OPTIONAL

#define TEXT(key, member)                                                      \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct config_file, member, 0,       \
                           CYAML_UNLIMITED)
#define LIST(key, member, entry)                                               \
    CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL, struct config_file, member,      \
                               member##_count, entry, 0, CYAML_UNLIMITED)
/* The members of a section are members of struct config_file: its own offset
 * is none. */
#define SECTION(name, of)                                                      \
    {                                                                          \
        .key = name,                                                           \
        .value = { CYAML_VALUE_MAPPING(CYAML_FLAG_OPTIONAL,                    \
                                       struct config_file, of) },              \
    }
#define COUNT(key, member)                                                     \
    CYAML_FIELD_UINT_PTR(key, OPTIONAL, struct config_file, member)
#define CHOICE(key, member, of)                                                \
    CYAML_FIELD_ENUM_PTR(key, OPTIONAL | CYAML_FLAG_STRICT,                    \
                         struct config_file, member, of,                       \
                         sizeof(of) / sizeof *(of))

static const cyaml_strval_t formats[] = {
    { "json", LOG_JSON },
    { "text", LOG_TEXT },
};
static const cyaml_strval_t levels[] = {
    { "debug", LOG_DEBUG },
    { "info", LOG_INFO },
    { "warn", LOG_WARN },
    { "error", LOG_ERROR },
};
/* Not CYAML_BOOL, for which every word it does not know is true: a slip in
 * `everyone: flase` must not open a role to all. */
const cyaml_strval_t config_booleans[CONFIG_BOOLEANS] = {
    { "true", true },
    { "false", false },
    { "yes", true },
    { "no", false },
};

const cyaml_schema_value_t config_text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t slack[] = {
    TEXT("mode", cfg.slack.mode),
    TEXT("app_token", cfg.slack.app_token),
    TEXT("bot_token", cfg.slack.bot_token),
    TEXT("signing_secret", cfg.slack.signing_secret),
    TEXT("api_url", cfg.slack.api_url),
    TEXT("command", cfg.slack.command),
    COUNT("answer_in_ack_ms", answer_in_ack_ms),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t channels[] = {
    TEXT("ops", cfg.channels.ops),
    TEXT("incidents", cfg.channels.incidents),
    TEXT("fallback", cfg.channels.fallback),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t redis[] = {
    TEXT("url", cfg.redis_url_text),
    TEXT("prefix", cfg.redis_prefix),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t postgres[] = {
    TEXT("url", cfg.database_url),
    TEXT("migrate_url", cfg.database_migrate_url),
    CYAML_FIELD_END,
};
#define TOKEN(member)                                                          \
    CYAML_FIELD_STRING_PTR(#member, OPTIONAL, struct config_token, member, 0,  \
                           CYAML_UNLIMITED)

static const cyaml_schema_field_t token[] = {
    TOKEN(name),
    TOKEN(token),
    TOKEN(token_file),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t token_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_token, token),
};
static const cyaml_schema_field_t http[] = {
    TEXT("listen", cfg.listen),
    TEXT("admin", cfg.admin),
    TEXT("admin_cert", cfg.door.cert),
    TEXT("admin_key", cfg.door.key),
    TEXT("admin_client_ca", cfg.door.client_ca),
    TEXT("admin_group", cfg.door.group),
    COUNT("admin_rate", admin_rate),
    LIST("tokens", cfg.door.tokens, &token_entry),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t dlq[] = {
    TEXT("error", cfg.dlq.error),
    TEXT("original_id", cfg.dlq.original_id),
    TEXT("attempts", cfg.dlq.attempts),
    TEXT("failed_at", cfg.dlq.failed_at),
    LIST("mask", cfg.mask, &config_text_entry),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t ack[] = {
    COUNT("lease", ack_lease),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t keep[] = {
    COUNT("audit", audit),   COUNT("operations", operations),
    COUNT("outbox", outbox), COUNT("trash", trash),
    COUNT("checks", checks), COUNT("alerts", kept_alerts),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t heartbeat[] = {
    TEXT("url", cfg.heartbeat.url),
    TEXT("url_file", cfg.heartbeat.url_file),
    TEXT("token", cfg.heartbeat.token),
    TEXT("token_file", cfg.heartbeat.token_file),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t logging[] = {
    CHOICE("format", log_format, formats),
    CHOICE("level", log_level, levels),
    TEXT("file", cfg.log_file),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t stream[] = {
    CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct config_stream, name, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("dlq", OPTIONAL, struct config_stream, dlq, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t stream_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_stream, stream),
};

static const cyaml_schema_field_t role[] = {
    CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct config_role, name, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("users", OPTIONAL, struct config_role, users,
                         &config_text_entry, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("groups", OPTIONAL, struct config_role, groups,
                         &config_text_entry, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("rights", OPTIONAL, struct config_role, rights,
                         &config_text_entry, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("channels", OPTIONAL, struct config_role, channels,
                         &config_text_entry, 0, CYAML_UNLIMITED),
    CYAML_FIELD_ENUM("everyone", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_role, everyone, config_booleans,
                     CONFIG_BOOLEANS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t role_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_role, role),
};

#define TARGET(member)                                                         \
    CYAML_FIELD_STRING_PTR(#member, OPTIONAL, struct config_target, member, 0, \
                           CYAML_UNLIMITED)

static const cyaml_schema_field_t target[] = {
    TARGET(name),
    CYAML_FIELD_SEQUENCE("scopes", OPTIONAL, struct config_target, scopes,
                         &config_text_entry, 0, CYAML_UNLIMITED),
    TARGET(halt_url),
    TARGET(unhalt_url),
    TARGET(health_url),
    TARGET(halted_path),
    TARGET(halted_value),
    TARGET(token),
    TARGET(token_file),
    TARGET(ca),
    TARGET(client_cert),
    TARGET(client_key),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t target_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_target, target),
};
static const cyaml_schema_field_t halt[] = {
    LIST("targets", cfg.halt.targets, &target_entry),
    LIST("scopes", cfg.halt.scopes, &config_text_entry),
    COUNT("verify_s", verify_s),
    CYAML_FIELD_END,
};

/* ---- health checks ----------------------------------------------------------- */

static const cyaml_strval_t kinds[] = {
    { "http", CHECK_HTTP },
    { "tls", CHECK_TLS },
    { "tcp", CHECK_TCP },
    { "postgres", CHECK_POSTGRES },
    { "redis", CHECK_REDIS },
    { "stream", CHECK_STREAM },
    { "websocket", CHECK_WEBSOCKET },
    { "prometheus", CHECK_PROMETHEUS },
    { "secrets", CHECK_SECRETS },
    { "heartbeat", CHECK_HEARTBEAT },
};
static const cyaml_strval_t severities[] = {
    { "critical", CHECK_CRITICAL },
    { "high", CHECK_HIGH },
    { "warning", CHECK_WARNING },
};

#define CHECK_TEXT_AS(key, member)                                             \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct config_given, check.member,   \
                           0, CYAML_UNLIMITED)
#define CHECK_WORDS(member) CHECK_TEXT_AS(#member, member)
#define CHECK_LIST(member)                                                     \
    CYAML_FIELD_SEQUENCE_COUNT(#member, OPTIONAL, struct config_given,         \
                               check.member, check.member##_count,             \
                               &config_text_entry, 0, CYAML_UNLIMITED)
#define CHECK_COUNT(key, number)                                               \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct config_given,                 \
                           numbers[number], 0, CYAML_UNLIMITED)
#define CHECK_CHOICE(key, member, of)                                          \
    CYAML_FIELD_ENUM_PTR(key, OPTIONAL | CYAML_FLAG_STRICT,                    \
                         struct config_given, member, of,                      \
                         sizeof(of) / sizeof *(of))

static const cyaml_schema_field_t expect[] = {
    CHECK_COUNT("status", CHECK_STATUS),
    CHECK_TEXT_AS("json_path", expect.json_path),
    CHECK_TEXT_AS("json_equals", expect.json_equals),
    CHECK_TEXT_AS("contains", expect.contains),
    CHECK_COUNT("latency_ms", CHECK_LATENCY),
    CHECK_COUNT("days_left", CHECK_DAYS),
    CHECK_COUNT("connect_ms", CHECK_CONNECT),
    CHECK_TEXT_AS("value", expect.value),
    CHECK_COUNT("memory_percent", CHECK_MEMORY),
    CHECK_TEXT_AS("role", expect.role),
    CHECK_TEXT_AS("below", expect.below),
    CHECK_TEXT_AS("above", expect.above),
    CHECK_COUNT("lag", CHECK_LAG),
    CHECK_COUNT("pending_s", CHECK_PENDING),
    CHECK_COUNT("dead", CHECK_DEAD),
    CHECK_COUNT("dead_growth", CHECK_DEAD_GROWTH),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t check[] = {
    CHECK_WORDS(id),
    CHECK_WORDS(name),
    CHECK_CHOICE("kind", kind, kinds),
    CHECK_CHOICE("severity", severity, severities),
    CHECK_COUNT("interval_s", CHECK_INTERVAL),
    CHECK_COUNT("timeout_ms", CHECK_TIMEOUT),
    CHECK_COUNT("fail_after", CHECK_FAIL_AFTER),
    CHECK_COUNT("pass_after", CHECK_PASS_AFTER),
    CHECK_LIST(scopes),
    CHECK_WORDS(runbook),
    CHECK_WORDS(url),
    CHECK_WORDS(url_file),
    CHECK_WORDS(ca),
    CHECK_WORDS(client_cert),
    CHECK_WORDS(client_key),
    CHECK_WORDS(server_name),
    CHECK_WORDS(token),
    CHECK_WORDS(token_file),
    { .key = "expect",
      .value = { CYAML_VALUE_MAPPING(CYAML_FLAG_OPTIONAL, struct config_given,
                                     expect) } },
    CHECK_WORDS(query),
    CHECK_WORDS(stream),
    CHECK_WORDS(group),
    CHECK_LIST(files),
    CHECK_LIST(variables),
    CHECK_COUNT("within_s", CHECK_WITHIN),
    CHECK_WORDS(secret),
    CHECK_WORDS(secret_file),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t check_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_given, check),
};

static const cyaml_schema_field_t whole[] = {
    SECTION("slack", slack),
    SECTION("channels", channels),
    SECTION("redis", redis),
    SECTION("postgres", postgres),
    SECTION("http", http),
    TEXT("state_dir", cfg.state_dir),
    LIST("streams", cfg.streams, &stream_entry),
    SECTION("dlq", dlq),
    SECTION("halt", halt),
    CYAML_FIELD_SEQUENCE_COUNT("checks", OPTIONAL, struct config_file, given,
                               given_count, &check_entry, 0, CYAML_UNLIMITED),
    SECTION("keep", keep),
    LIST("roles", cfg.roles, &role_entry),
    LIST("admins", cfg.admins, &config_text_entry),
    SECTION("ack", ack),
    SECTION("alerts", config_alerts_schema),
    SECTION("heartbeat", heartbeat),
    TEXT("confine", cfg.confine),
    SECTION("log", logging),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_file, whole),
};

/* Aliases could make a small file a huge one, and nobody needs them here. */
static cyaml_config_t reader(struct complaint *complaint)
{
    return (cyaml_config_t){
        .log_fn = complaint_log,
        .log_ctx = complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_WARNING,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

bool config_schema_load(const struct config_source *src,
                        struct config_file **out, struct err *err)
{
    struct complaint complaint = { 0 };
    cyaml_config_t config = reader(&complaint);
    cyaml_data_t *data = NULL;
    cyaml_err_t code;

    code = cyaml_load_data((const uint8_t *)buf_text(&src->text), src->text.len,
                           &config, &config_schema, &data, NULL);
    if (code != CYAML_OK)
        return complaint_explain(&complaint, code, src, err);
    *out = data ? data : xcalloc(1, sizeof **out); /* an empty file: none */
    return true;
}

void config_schema_free(struct config_file *file)
{
    struct complaint complaint = { 0 };
    cyaml_config_t config = reader(&complaint);

    if (file)
        cyaml_free(&config, &config_schema, file, 0);
}

const char *config_library(void)
{
    return cyaml_version_str;
}

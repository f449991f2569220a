/*
 * config_alerts_schema: the keys of the section `alerts`, and where their
 * values go. The only tables that know its shape. Start-up and reload.
 */
#include "core/config_parts.h"

#define OPTIONAL CONFIG_OPTIONAL

#define TEXT_OF(of, key, member)                                               \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct of, member, 0, CYAML_UNLIMITED)
#define LIST_OF(of, key, member, entry)                                        \
    CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL, struct of, member,               \
                               member##_count, entry, 0, CYAML_UNLIMITED)
#define CHOICE_OF(of, key, member, from)                                       \
    CYAML_FIELD_ENUM_PTR(key, OPTIONAL | CYAML_FLAG_STRICT, struct of, member, \
                         from, sizeof(from) / sizeof *(from))
#define ENTRY(of, fields)                                                      \
    {                                                                          \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct of, fields)             \
    }

static const cyaml_strval_t voices[] = {
    { "broadcast", VOICE_BROADCAST },
    { "thread", VOICE_THREAD },
    { "none", VOICE_NONE },
};

/* ---- routes ------------------------------------------------------------------- */

#define ROUTE(key, member) TEXT_OF(config_route, key, member)
#define ROUTES(key, member)                                                    \
    LIST_OF(config_route, key, member, &config_text_entry)

static const cyaml_schema_value_t route_entry; /* a route is made of routes */

static const cyaml_schema_field_t route[] = {
    ROUTE("name", name),
    ROUTES("match", match),
    ROUTES("channels", channels),
    ROUTES("mention", mention),
    ROUTE("escalation", escalation),
    ROUTE("runbook", runbook),
    ROUTES("group_by", group_by),
    ROUTE("group_wait", wait),
    ROUTE("group_interval", interval),
    ROUTE("repeat_interval", repeat),
    ROUTES("active", active),
    ROUTES("mute", mute),
    CYAML_FIELD_ENUM("continue", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_route, go_on, config_booleans,
                     CONFIG_BOOLEANS),
    LIST_OF(config_route, "routes", routes, &route_entry),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t route_entry = ENTRY(config_route, route);

#define INHIBIT(member)                                                        \
    LIST_OF(config_inhibit, #member, member, &config_text_entry)

static const cyaml_schema_field_t inhibit[] = {
    TEXT_OF(config_inhibit, "name", name),
    INHIBIT(source),
    INHIBIT(target),
    INHIBIT(equal),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t inhibit_entry =
    ENTRY(config_inhibit, inhibit);

static const cyaml_schema_field_t window[] = {
    TEXT_OF(config_window, "name", name),
    LIST_OF(config_window, "times", times, &config_text_entry),
    LIST_OF(config_window, "days", days, &config_text_entry),
    TEXT_OF(config_window, "zone", zone),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t window_entry = ENTRY(config_window, window);

/* ---- people ------------------------------------------------------------------- */

static const cyaml_schema_field_t step[] = {
    TEXT_OF(config_step, "after", after),
    LIST_OF(config_step, "to", to, &config_text_entry),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_entry = ENTRY(config_step, step);

static const cyaml_schema_field_t policy[] = {
    TEXT_OF(config_policy, "name", name),
    LIST_OF(config_policy, "steps", steps, &step_entry),
    CYAML_FIELD_UINT("repeat", CYAML_FLAG_OPTIONAL, struct config_policy,
                     repeat),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t policy_entry = ENTRY(config_policy, policy);

static const cyaml_strval_t every[] = {
    { "weekly", false },
    { "daily", true },
};

#define ROTATION(member) TEXT_OF(config_rotation, #member, member)

static const cyaml_schema_field_t rotation[] = {
    ROTATION(name),
    LIST_OF(config_rotation, "users", users, &config_text_entry),
    CYAML_FIELD_ENUM("every", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_rotation, daily, every,
                     sizeof every / sizeof *every),
    ROTATION(at),
    ROTATION(day),
    ROTATION(zone),
    ROTATION(from),
    ROTATION(group),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rotation_entry =
    ENTRY(config_rotation, rotation);

/* ---- roads out, doors in -------------------------------------------------------- */

#define HOOK(member) TEXT_OF(config_hook, #member, member)

static const cyaml_schema_field_t hook[] = {
    HOOK(name),  HOOK(url),        HOOK(url_file),
    HOOK(token), HOOK(token_file), CYAML_FIELD_END,
};
static const cyaml_schema_value_t hook_entry = ENTRY(config_hook, hook);

#define FALLBACK(member) TEXT_OF(config_fallback, #member, member)

static const cyaml_schema_field_t fallback[] = {
    FALLBACK(after),
    FALLBACK(webhook),
    FALLBACK(smtp_url),
    FALLBACK(smtp_from),
    LIST_OF(config_fallback, "smtp_to", smtp_to, &config_text_entry),
    FALLBACK(smtp_user),
    FALLBACK(smtp_password),
    FALLBACK(smtp_password_file),
    FALLBACK(smtp_ca),
    CYAML_FIELD_END,
};

#define TOKEN(member) TEXT_OF(config_alert_token, #member, member)

static const cyaml_schema_field_t token[] = {
    TOKEN(name),
    TOKEN(token),
    TOKEN(token_file),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t token_entry =
    ENTRY(config_alert_token, token);

/* ---- what comes, and how it is told ---------------------------------------------- */

#define FIELD(key, member) TEXT_OF(config_alert_fields, key, member)

static const cyaml_schema_field_t fields[] = {
    FIELD("payload", payload),
    FIELD("trace", trace),
    FIELD("severity", severity),
    FIELD("title", title),
    FIELD("message", message),
    FIELD("source", source),
    FIELD("labels", labels),
    FIELD("links", links),
    FIELD("at", at),
    FIELD("status", status),
    FIELD("runbook", runbook),
    FIELD("fingerprint", fingerprint),
    CYAML_FIELD_END,
};

#define NAMES(member)                                                          \
    LIST_OF(config_given_names, #member, member, &config_text_entry)

static const cyaml_schema_field_t severities[] = {
    NAMES(critical), NAMES(high), NAMES(warning), NAMES(info), CYAML_FIELD_END,
};

#define SEVERITY_TEXT(member) TEXT_OF(config_given_severity, #member, member)
#define VOICE(member)         CHOICE_OF(config_given_severity, #member, member, voices)

static const cyaml_schema_field_t severity[] = {
    SEVERITY_TEXT(webhook),
    SEVERITY_TEXT(webhook_file),
    VOICE(worse),
    VOICE(better),
    VOICE(chatter),
    CYAML_FIELD_STRING_PTR("ack_lease", OPTIONAL, struct config_given_severity,
                           lease, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

#define WATCH(member) TEXT_OF(config_given_watch, #member, member)
#define WATCH_OR_NOT(member)                                                   \
    CYAML_FIELD_ENUM_PTR(#member, OPTIONAL | CYAML_FLAG_STRICT,                \
                         struct config_given_watch, member, config_booleans,   \
                         CONFIG_BOOLEANS)

static const cyaml_schema_field_t watch[] = {
    WATCH_OR_NOT(checks),
    WATCH(dlq_age),
    CYAML_FIELD_UINT_PTR("dlq_inflow", OPTIONAL, struct config_given_watch,
                         dlq_inflow),
    WATCH_OR_NOT(dlq_causes),
    WATCH(lag),
    WATCH(outbox),
    WATCH(deaf),
    WATCH(escalation),
    CYAML_FIELD_END,
};

/* ---- the section ------------------------------------------------------------------ */

#define TEXT(key, member) TEXT_OF(config_file, key, member)
#define LIST(key, member, entry)                                               \
    LIST_OF(config_file, key, cfg.alerts.member, entry)
#define COUNT(key, member)                                                     \
    CYAML_FIELD_UINT_PTR(key, OPTIONAL, struct config_file, alerts.member)
#define PART(key, member, of)                                                  \
    CYAML_FIELD_MAPPING(key, CYAML_FLAG_OPTIONAL, struct config_file, member,  \
                        of)

const cyaml_schema_field_t config_alerts_schema[] = {
    TEXT("zone", cfg.alerts.zone),
    TEXT("stream", cfg.alerts.stream),
    TEXT("group", cfg.alerts.group),
    TEXT("dead", cfg.alerts.dead),
    COUNT("attempts", attempts),
    TEXT("max_age", alerts.age),
    PART("fields", cfg.alerts.fields, fields),
    PART("severities", alerts.names, severities),
    PART("critical", alerts.of[ALERT_CRITICAL], severity),
    PART("high", alerts.of[ALERT_HIGH], severity),
    PART("warning", alerts.of[ALERT_WARNING], severity),
    PART("info", alerts.of[ALERT_INFO], severity),
    PART("route", cfg.alerts.route, route),
    LIST("inhibit", inhibit, &inhibit_entry),
    LIST("windows", windows, &window_entry),
    LIST("policies", policies, &policy_entry),
    LIST("rotations", rotations, &rotation_entry),
    LIST("hooks", hooks, &hook_entry),
    PART("fallback", cfg.alerts.fallback, fallback),
    PART("watch", alerts.watch, watch),
    COUNT("storm", storm),
    TEXT("flap", alerts.flap),
    TEXT("secret", cfg.alerts.secret),
    TEXT("secret_file", cfg.alerts.secret_file),
    LIST("tokens", tokens, &token_entry),
    COUNT("rate", rate),
    CYAML_FIELD_END,
};

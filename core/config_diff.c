/*
 * config_diff: which key takes effect without a restart, and what differs
 * between two configurations, in words. Reload only, one thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/config_parts.h"

#define R CONFIG_RELOAD
#define S CONFIG_RESTART

/* Connections, listeners and names of ours are made once, at start. */
const struct config_rule config_rules[] = {
    { "slack.mode", S, false },
    { "slack.app_token", S, true },
    { "slack.bot_token", S, true },
    { "slack.signing_secret", R, true },
    { "slack.api_url", S, false },
    { "slack.command", S, false },
    { "slack.answer_in_ack_ms", R, false },
    { "channels.ops", R, false },
    { "channels.incidents", R, false },
    { "channels.fallback", R, false },
    { "redis.url", S, true },
    { "redis.prefix", S, false },
    { "postgres.url", S, true },
    { "postgres.migrate_url", S, true },
    { "http.listen", S, false },
    { "http.admin", S, false },
    { "http.admin_group", S, false },
    { "http.admin_cert", S, false },
    { "http.admin_key", S, false },
    { "http.admin_client_ca", S, false },
    { "http.admin_rate", R, false },
    { "http.tokens", R, false },
    { "state_dir", S, false },
    { "streams", R, false },
    { "dlq.error", R, false },
    { "dlq.original_id", R, false },
    { "dlq.attempts", R, false },
    { "dlq.failed_at", R, false },
    { "dlq.mask", R, false },
    { "halt.targets", R, false },
    { "halt.scopes", R, false },
    { "halt.verify_s", R, false },
    { "checks", R, false },
    { "ack.lease", R, false },
    { "alerts.stream", S, false },
    { "alerts.group", S, false },
    { "alerts.dead", S, false },
    { "alerts.attempts", R, false },
    { "alerts.max_age", R, false },
    { "alerts.fields", R, false },
    { "alerts.severities", R, false },
    { "alerts.critical", R, true },
    { "alerts.high", R, true },
    { "alerts.warning", R, true },
    { "alerts.info", R, true },
    { "alerts.zone", R, false },
    { "alerts.route", R, false },
    { "alerts.inhibit", R, false },
    { "alerts.windows", R, false },
    { "alerts.policies", R, false },
    { "alerts.rotations", R, false },
    { "alerts.hooks", R, false },
    { "alerts.fallback", R, true },
    { "alerts.watch", R, false },
    { "alerts.storm", R, false },
    { "alerts.flap", R, false },
    { "alerts.secret", R, true },
    { "alerts.secret_file", R, false },
    { "alerts.tokens", R, false },
    { "alerts.rate", R, false },
    { "heartbeat.url", S, true },
    { "heartbeat.url_file", S, false },
    { "heartbeat.token", S, true },
    { "heartbeat.token_file", S, false },
    { "confine", S, false },
    { "keep.audit", R, false },
    { "keep.operations", R, false },
    { "keep.outbox", R, false },
    { "keep.trash", R, false },
    { "keep.checks", R, false },
    { "keep.alerts", R, false },
    { "roles", R, false },
    { "admins", R, false },
    { "log.format", R, false },
    { "log.level", R, false },
    { "log.file", R, false },
};
const size_t config_rules_count = sizeof config_rules / sizeof *config_rules;

const struct config_rule *config_rule(const char *key)
{
    for (size_t i = 0; i < config_rules_count; i++)
        if (strcmp(config_rules[i].key, key) == 0)
            return &config_rules[i];
    return NULL;
}

/* ---- what stays -------------------------------------------------------------- */

struct keeping {
    const char *from;
    char *to;
};

static void keep_one(void *arg, const char *key, const cyaml_schema_field_t *f)
{
    const struct keeping *k = arg;
    const struct config_rule *rule = config_rule(key);

    if (rule && rule->when == CONFIG_RESTART)
        config_value_keep(f, k->from, k->to);
}

void config_keep(const struct config *running, struct config_file *file)
{
    struct keeping k = { (const char *)running, (char *)file };

    config_each_key(keep_one, &k);
}

/* ---- in words ---------------------------------------------------------------- */

static const char *word_of(const struct config_value *v, char number[24])
{
    if (!v->at)
        return "not set";
    if (v->of->type == CYAML_STRING)
        return *v->at ? v->at : "nothing";
    for (uint32_t i = 0;
         v->of->type == CYAML_ENUM && i < v->of->enumeration.count; i++)
        if ((uint64_t)v->of->enumeration.strings[i].val ==
            config_number_at(v->at, v->of->data_size))
            return v->of->enumeration.strings[i].str;
    snprintf(number, 24, "%" PRIu64, config_number_at(v->at, v->of->data_size));
    return number;
}

/* What an entry of a list goes by: itself, or its first key. */
static const char *name_of(const struct config_value *entry, char number[24])
{
    struct config_value first;

    if (entry->of->type != CYAML_MAPPING)
        return word_of(entry, number);
    first = config_field(entry->of->mapping.fields, entry->at);
    return word_of(&first, number);
}

/* The entry of that name; false: there is none. */
static bool find_entry(const struct config_value *list, const char *name,
                       struct config_value *out)
{
    char number[24];

    for (uint64_t i = 0; i < list->count; i++) {
        *out = config_entry(list, i);
        if (strcmp(name_of(out, number), name) == 0)
            return true;
    }
    return false;
}

enum difference { NOT_THERE, ANOTHER };

/* Appends the names in a that are not in b, or are another there. */
static void add_names(struct buf *out, const struct config_value *a,
                      const struct config_value *b, enum difference which,
                      const char *word)
{
    char number[24];
    size_t n = 0;

    for (uint64_t i = 0; i < a->count; i++) {
        struct config_value x = config_entry(a, i), y;
        const char *name = name_of(&x, number);
        bool there = find_entry(b, name, &y);

        if (which == NOT_THERE ? there : !there || config_same(&x, &y))
            continue;
        if (n++ > 0)
            buf_fmt(out, ", %s", name);
        else
            buf_fmt(out, "%s%s %s", out->len ? "; " : "", word, name);
    }
}

static char *list_text(const struct config_value *was,
                       const struct config_value *is)
{
    struct buf out = { 0 };

    add_names(&out, is, was, NOT_THERE, "new");
    add_names(&out, is, was, ANOTHER, "changed");
    add_names(&out, was, is, NOT_THERE, "removed");
    if (!out.len)
        buf_str(&out, "in another order");
    return buf_take(&out);
}

static char *value_text(const struct config_value *was,
                        const struct config_value *is)
{
    char a[24], b[24];

    if (is->of->type == CYAML_SEQUENCE)
        return list_text(was, is);
    if (is->of->type == CYAML_MAPPING)
        return xstrdup("changed");
    return xasprintf("%s, was %s", word_of(is, b), word_of(was, a));
}

/* ---- the difference ---------------------------------------------------------- */

struct comparing {
    const char *was, *is;
    struct config_diff *diff;
};

static void add_change(struct config_diff *d, char *line)
{
    d->changes = xrealloc(d->changes, (d->count + 1) * sizeof *d->changes);
    d->changes[d->count++] = line;
}

static void add_restart(struct config_diff *d, const char *key)
{
    char *longer = xasprintf("%s%s%s", d->restart ? d->restart : "",
                             d->restart ? ", " : "", key);

    free(d->restart);
    d->restart = longer;
}

static void compare_key(void *arg, const char *key,
                        const cyaml_schema_field_t *f)
{
    const struct comparing *c = arg;
    const struct config_rule *rule = config_rule(key);
    struct config_value was = config_field(f, c->was),
                        is = config_field(f, c->is);
    char *text;

    if (!rule || config_same(&was, &is))
        return;
    if (rule->when == CONFIG_RESTART) {
        add_restart(c->diff, key);
        return;
    }
    text = rule->secret ? xstrdup("changed") : value_text(&was, &is);
    add_change(c->diff, xasprintf("%s: %s", key, text));
    free(text);
}

void config_compare(const struct config *was, const struct config *is,
                    struct config_diff *diff)
{
    struct comparing c = { (const char *)was, (const char *)is, diff };

    *diff = (struct config_diff){ 0 };
    config_each_key(compare_key, &c);
}

void config_diff_dispose(struct config_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        free(diff->changes[i]);
    free(diff->changes);
    free(diff->restart);
    *diff = (struct config_diff){ 0 };
}

/*
 * inhibit: rules by which one alert mutes another, as Alertmanager has them.
 * An alert that fits both sides of a rule is muted by none that does too, and
 * so never by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/mem.h"

static void rule_digest(struct inhibit_rule *rule,
                        const struct config_inhibit *of)
{
    char *source = json_list((const char *const *)of->source, of->source_count);
    char *target = json_list((const char *const *)of->target, of->target_count);
    char *equals = json_list((const char *const *)of->equal, of->equal_count);
    char digest[SHA256_HEX];

    digest_sha256(digest, rule->name, source, target, equals, NULL);
    memcpy(rule->digest, digest, sizeof rule->digest - 1);
    free(source);
    free(target);
    free(equals);
}

static void rule_make(struct inhibit_rule *rule,
                      const struct config_inhibit *of)
{
    struct err err = { .kind = ERR_NONE };

    rule->never = !matchers_read(&rule->source, (const char *const *)of->source,
                                 of->source_count, &err) ||
                  !matchers_read(&rule->target, (const char *const *)of->target,
                                 of->target_count, &err);
    rule->equal = (const char *const *)of->equal;
    rule->equal_count = of->equal_count;
    rule->name = of->name ? of->name : "a rule";
    rule_digest(rule, of);
}

void rules_make(struct router *r)
{
    r->rules = xcalloc(r->cfg->inhibit_count + 1, sizeof *r->rules);
    for (; r->rules_count < r->cfg->inhibit_count; r->rules_count++)
        rule_make(&r->rules[r->rules_count], &r->cfg->inhibit[r->rules_count]);
}

void rules_free(struct router *r)
{
    for (size_t i = 0; i < r->rules_count; i++) {
        matchers_dispose(&r->rules[i].source);
        matchers_dispose(&r->rules[i].target);
    }
    free(r->rules);
}

/* A label that neither has is the same in both. */
static bool equal(const struct inhibit_rule *rule, const struct labels *a,
                  const struct labels *b)
{
    for (size_t i = 0; i < rule->equal_count; i++)
        if (strcmp(labels_get(a, rule->equal[i]),
                   labels_get(b, rule->equal[i])) != 0)
            return false;
    return true;
}

static bool applies(const struct inhibit_rule *rule,
                    const struct labels *source, const struct labels *target)
{
    if (rule->never || !matchers_fit(&rule->target, target) ||
        !matchers_fit(&rule->source, source) || !equal(rule, source, target))
        return false;
    return !matchers_fit(&rule->source, target) ||
           !matchers_fit(&rule->target, source);
}

const char *router_inhibits(const struct router *r, const struct labels *source,
                            const struct labels *target)
{
    for (size_t i = 0; i < r->rules_count; i++)
        if (applies(&r->rules[i], source, target))
            return r->rules[i].name;
    return NULL;
}

bool router_may_inhibit(const struct router *r, const struct labels *source)
{
    for (size_t i = 0; i < r->rules_count; i++)
        if (!r->rules[i].never && matchers_fit(&r->rules[i].source, source))
            return true;
    return false;
}

bool router_may_be_inhibited(const struct router *r,
                             const struct labels *target)
{
    for (size_t i = 0; i < r->rules_count; i++)
        if (!r->rules[i].never && matchers_fit(&r->rules[i].target, target))
            return true;
    return false;
}

size_t router_rules(const struct router *r, const struct labels *l,
                    struct route_rule *out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < r->rules_count && count < most; i++) {
        const struct inhibit_rule *rule = &r->rules[i];

        out[count] = (struct route_rule){
            .of = &r->cfg->inhibit[i],
            .source = !rule->never && matchers_fit(&rule->source, l),
            .target = !rule->never && matchers_fit(&rule->target, l),
        };
        count += out[count].source || out[count].target;
    }
    return count;
}

/* ---- by keys ---------------------------------------------------------------------- */

static void key_add(struct inhibit_key **out, size_t *count,
                    const struct inhibit_rule *rule, const char *values,
                    bool source, char kind)
{
    struct inhibit_key *key;

    *out = xrealloc(*out, (*count + 1) * sizeof **out);
    key = &(*out)[(*count)++];
    *key = (struct inhibit_key){ .source = source, .rule = rule->name };
    snprintf(key->key, sizeof key->key, "%s-%.16s%c", rule->digest, values,
             kind);
}

static void rule_keys(const struct inhibit_rule *rule, const struct labels *l,
                      struct inhibit_key **out, size_t *count)
{
    bool source = !rule->never && matchers_fit(&rule->source, l);
    bool target = !rule->never && matchers_fit(&rule->target, l);
    const char **values;
    char *text, digest[SHA256_HEX];

    if (!source && !target)
        return;
    values = xcalloc(rule->equal_count + 1, sizeof *values);
    for (size_t i = 0; i < rule->equal_count; i++)
        values[i] = labels_get(l, rule->equal[i]);
    text = json_list(values, rule->equal_count);
    digest_sha256(digest, text, NULL);
    if (source)
        key_add(out, count, rule, digest, true, target ? '2' : '1');
    if (target)
        key_add(out, count, rule, digest, false, '1');
    if (target && !source)
        key_add(out, count, rule, digest, false, '2');
    free(text);
    free(values);
}

size_t rules_keys(const struct router *r, const struct labels *l,
                  struct inhibit_key **out)
{
    size_t count = 0;

    *out = NULL;
    for (size_t i = 0; i < r->rules_count; i++)
        rule_keys(&r->rules[i], l, out, &count);
    return count;
}

void rules_digest(const struct router *r, char out[SHA256_HEX])
{
    struct buf all = { 0 };

    for (size_t i = 0; i < r->rules_count; i++)
        buf_str(&all, r->rules[i].digest);
    digest_sha256(out, "rules", buf_text(&all), NULL);
    buf_dispose(&all);
}

/*
 * config_checks: health checks: which keys are for which kind, what each needs
 * and may be. Start-up only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/config_parts.h"

#define NUMBER_MOST  999999999
#define WORD_MAX     63
#define CHECKS_MOST  1000
#define TIMEOUT_MOST 120000
#define DAY_S        86400

static const char checks[] = "checks";

/* ---- which key is for which kind ------------------------------------------------- */

#define K(kind)   (1u << CHECK_##kind)
#define EVERY     ((1u << CHECK_KINDS) - 1)
#define WEB       (K(HTTP) | K(PROMETHEUS))
#define CERTIFIED (WEB | K(TLS) | K(WEBSOCKET))
#define ADDRESSED (CERTIFIED | K(TCP))
#define STORES    (K(POSTGRES) | K(REDIS))

static const char *const kind_names[] = {
    "http",   "tls",       "tcp",        "postgres", "redis",
    "stream", "websocket", "prometheus", "secrets",  "heartbeat",
};

#define TEXT(key, member, of)                                                  \
    {                                                                          \
        key, offsetof(struct config_check, member), of                         \
    }
/* "": what every kind has. */
static const struct text_key {
    const char *key;
    size_t at;
    unsigned kinds;
} texts[] = {
    TEXT(".id", id, EVERY),
    TEXT(".name", name, EVERY),
    TEXT(".runbook", runbook, EVERY),
    TEXT(".url", url, ADDRESSED | STORES),
    TEXT(".url_file", url_file, ADDRESSED | STORES),
    TEXT(".ca", ca, CERTIFIED),
    TEXT(".client_cert", client_cert, CERTIFIED),
    TEXT(".client_key", client_key, CERTIFIED),
    TEXT(".server_name", server_name, K(TLS)),
    TEXT(".token", token, WEB | K(WEBSOCKET)),
    TEXT(".token_file", token_file, WEB | K(WEBSOCKET)),
    TEXT(".expect.json_path", expect.json_path, K(HTTP)),
    TEXT(".expect.json_equals", expect.json_equals, K(HTTP)),
    TEXT(".expect.contains", expect.contains, K(HTTP) | K(WEBSOCKET)),
    TEXT(".expect.value", expect.value, K(POSTGRES)),
    TEXT(".expect.role", expect.role, K(REDIS)),
    TEXT(".expect.below", expect.below, K(PROMETHEUS)),
    TEXT(".expect.above", expect.above, K(PROMETHEUS)),
    TEXT(".query", query, K(POSTGRES) | K(PROMETHEUS)),
    TEXT(".stream", stream, K(STREAM)),
    TEXT(".group", group, K(STREAM)),
    TEXT(".secret", secret, K(HEARTBEAT)),
    TEXT(".secret_file", secret_file, K(HEARTBEAT)),
};

#define NUMBER(number, key, member, of, otherwise, least, most)                \
    [number] = { key,   offsetof(struct config_check, member),                 \
                 of,    otherwise,                                             \
                 least, most }
static const struct number_key {
    const char *key;
    size_t at;
    unsigned kinds, otherwise, least, most;
} numbers[CHECK_NUMBERS] = {
    NUMBER(CHECK_INTERVAL, ".interval_s", interval_s, EVERY, 30, 1, DAY_S),
    NUMBER(CHECK_TIMEOUT, ".timeout_ms", timeout_ms, EVERY, 5000, 10,
           TIMEOUT_MOST),
    NUMBER(CHECK_FAIL_AFTER, ".fail_after", fail_after, EVERY, 2, 1, 1000),
    NUMBER(CHECK_PASS_AFTER, ".pass_after", pass_after, EVERY, 2, 1, 1000),
    NUMBER(CHECK_STATUS, ".expect.status", expect.status, K(HTTP), 200, 0, 599),
    NUMBER(CHECK_LATENCY, ".expect.latency_ms", expect.latency_ms,
           ADDRESSED | STORES | K(STREAM), 0, 1, TIMEOUT_MOST),
    NUMBER(CHECK_DAYS, ".expect.days_left", expect.days_left, K(TLS), 14, 0,
           3650),
    NUMBER(CHECK_CONNECT, ".expect.connect_ms", expect.connect_ms, K(POSTGRES),
           0, 1, TIMEOUT_MOST),
    NUMBER(CHECK_MEMORY, ".expect.memory_percent", expect.memory_percent,
           K(REDIS), 90, 1, 100),
    NUMBER(CHECK_LAG, ".expect.lag", expect.lag, K(STREAM), CONFIG_NO_LIMIT, 0,
           NUMBER_MOST),
    NUMBER(CHECK_PENDING, ".expect.pending_s", expect.pending_s, K(STREAM),
           CONFIG_NO_LIMIT, 0, NUMBER_MOST),
    NUMBER(CHECK_DEAD, ".expect.dead", expect.dead, K(STREAM), CONFIG_NO_LIMIT,
           0, NUMBER_MOST),
    NUMBER(CHECK_DEAD_GROWTH, ".expect.dead_growth", expect.dead_growth,
           K(STREAM), CONFIG_NO_LIMIT, 0, NUMBER_MOST),
    NUMBER(CHECK_WITHIN, ".within_s", within_s, K(HEARTBEAT), 0, 1, 30 * DAY_S),
};

static char **text_of(struct config_check *c, const struct text_key *t)
{
    return (char **)(void *)((char *)c + t->at);
}

static const char *given_text(const struct config_check *c,
                              const struct text_key *t)
{
    const char *text;

    memcpy(&text, (const char *)c + t->at, sizeof text);
    return text;
}

/* ---- two of them ----------------------------------------------------------------- */

static bool same_words(char *const *a, unsigned a_count, char *const *b,
                       unsigned b_count)
{
    bool same = a_count == b_count;

    for (unsigned i = 0; same && i < a_count; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool config_check_same(const struct config_check *a,
                       const struct config_check *b)
{
    bool same = a->kind == b->kind && a->severity == b->severity;

    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        same = same &&
               same_text(given_text(a, &texts[k]), given_text(b, &texts[k]));
    for (size_t k = 0; k < CHECK_NUMBERS; k++)
        same = same &&
               memcmp((const char *)a + numbers[k].at,
                      (const char *)b + numbers[k].at, sizeof(unsigned)) == 0;
    return same &&
           same_words(a->scopes, a->scopes_count, b->scopes, b->scopes_count) &&
           same_words(a->files, a->files_count, b->files, b->files_count) &&
           same_words(a->variables, a->variables_count, b->variables,
                      b->variables_count);
}

/* ---- making them ----------------------------------------------------------------- */

/* A value that may stand in a file instead. */
static void from_file(char **value, const char *path, unsigned i,
                      const char *name, struct problems *p)
{
    char key[KEY_BYTES], member[32];

    if (!path)
        return;
    snprintf(member, sizeof member, ".%s_file", name);
    config_key(key, checks, i, member);
    if (*value)
        problem(p, key, "%s is there as well: expected one of them", name);
    else
        *value = config_secret_file(key, "", path, p);
}

static bool parse_number(const char *text, unsigned *out)
{
    size_t len = strlen(text);

    if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return true;
}

/* What is no number, or none that it may be, is complained of later. */
static void read_numbers(struct config_given *g)
{
    for (size_t k = 0; k < CHECK_NUMBERS; k++) {
        unsigned value = numbers[k].otherwise;

        config_unless_set(&g->numbers[k], NULL);
        if (g->numbers[k])
            (void)parse_number(g->numbers[k], &value);
        memcpy((char *)&g->check + numbers[k].at, &value, sizeof value);
    }
}

void config_checks_make(struct config_file *file, struct problems *p)
{
    struct config *cfg = &file->cfg;

    cfg->checks = xcalloc(file->given_count + 1, sizeof *cfg->checks);
    cfg->checks_count = file->given_count;
    for (unsigned i = 0; i < file->given_count; i++) {
        struct config_given *g = &file->given[i];
        struct config_check *c = &g->check;

        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            config_unless_set(text_of(c, &texts[k]), NULL);
        from_file(&c->url, c->url_file, i, "url", p);
        from_file(&c->token, c->token_file, i, "token", p);
        from_file(&c->secret, c->secret_file, i, "secret", p);
        c->kind = g->kind ? *g->kind : CHECK_HTTP;
        c->severity = g->severity ? *g->severity : CHECK_HIGH;
        read_numbers(g);
        cfg->checks[i] = *c;
    }
}

void config_checks_secrets(const struct config *cfg)
{
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct config_check *c = &cfg->checks[i];

        log_secret(c->token);
        log_secret(c->secret);
        if (c->url)
            config_keep_url(c->url);
    }
}

/* ---- checking one ------------------------------------------------------------------ */

/* "not for a tcp check: only for http or prometheus" */
static void not_for(const struct config_one *o, const char *member, unsigned of)
{
    struct buf text = { 0 };
    unsigned left = of;

    buf_fmt(&text, "not for a check of kind %s: it is for",
            kind_names[o->c->kind]);
    for (unsigned k = 0; k < CHECK_KINDS; k++) {
        if (!(of & 1u << k))
            continue;
        left &= ~(1u << k);
        buf_fmt(&text, "%s %s",
                left == (of & ~(1u << k)) ? ""
                : left                    ? ","
                                          : " and",
                kind_names[k]);
    }
    config_complain(o, member, buf_text(&text));
    buf_dispose(&text);
}

static void check_keys(const struct config_one *o)
{
    unsigned mine = 1u << o->c->kind;

    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (given_text(o->c, &texts[k]) && !(texts[k].kinds & mine))
            not_for(o, texts[k].key, texts[k].kinds);
    if (o->c->files_count && mine != K(SECRETS))
        not_for(o, ".files", K(SECRETS));
    if (o->c->variables_count && mine != K(SECRETS))
        not_for(o, ".variables", K(SECRETS));
    for (size_t k = 0; k < CHECK_NUMBERS; k++)
        if (o->given->numbers[k] && !(numbers[k].kinds & mine))
            not_for(o, numbers[k].key, numbers[k].kinds);
}

static void check_ranges(const struct config_one *o)
{
    char key[KEY_BYTES];

    for (size_t k = 0; k < CHECK_NUMBERS; k++) {
        const char *text = o->given->numbers[k];
        unsigned n;

        if (!text || (parse_number(text, &n) && n >= numbers[k].least &&
                      n <= numbers[k].most))
            continue;
        problem(o->p, config_key(key, checks, o->i, numbers[k].key),
                "expected a whole number, %u to %u", numbers[k].least,
                numbers[k].most);
    }
}

/* Nothing takes longer than its time-out: a limit above it never counts. */
static void check_limit(const struct config_one *o, enum check_number number,
                        unsigned limit)
{
    char key[KEY_BYTES];

    if (o->given->numbers[number] && limit <= TIMEOUT_MOST &&
        limit >= o->c->timeout_ms)
        problem(o->p, config_key(key, checks, o->i, numbers[number].key),
                "expected less than timeout_ms, which is %u", o->c->timeout_ms);
}

static void check_id(const struct config_one *o)
{
    const char *id = o->c->id;
    char key[KEY_BYTES];

    config_key(key, checks, o->i, ".id");
    if (!id || !config_word(id, WORD_MAX) || *id == '-') {
        problem(o->p, key,
                "expected a word of up to %d bytes, without - in "
                "front",
                WORD_MAX);
        return;
    }
    for (unsigned j = 0; j < o->i; j++)
        if (o->cfg->checks[j].id && strcmp(o->cfg->checks[j].id, id) == 0)
            problem(o->p, key, "`%s` is there already, as checks[%u]", id, j);
}

static void check_scopes(const struct config_one *o)
{
    char outer[KEY_BYTES], key[KEY_BYTES];

    config_key(outer, checks, o->i, ".scopes");
    for (unsigned j = 0; j < o->c->scopes_count; j++)
        if (!config_scope_known(o->cfg, o->c->scopes[j]))
            problem(o->p, config_key(key, outer, j, ""),
                    "`%s` is no scope: expected one of halt.scopes, of a "
                    "target, or all",
                    o->c->scopes[j]);
}

/* It is shown as a link, so that none of Slack's own marks may be in it. */
void config_check_runbook(const char *key, const char *url, struct problems *p)
{
    if (url && (strncmp(url, "https://", 8) != 0 || !url[8] ||
                !config_word(url, 1000) || strpbrk(url, "<>|")))
        problem(p, key, "expected a URL like https://wiki/runbook");
}

static void check_common(const struct config_one *o)
{
    char key[KEY_BYTES];

    check_id(o);
    check_scopes(o);
    config_check_runbook(config_key(key, checks, o->i, ".runbook"),
                         o->c->runbook, o->p);
}

static void check_one(const struct config_one *o)
{
    check_common(o);
    if (!o->given->kind) {
        config_complain(o, ".kind",
                        "expected what it asks: http, tls, tcp, postgres, "
                        "redis, stream, websocket, prometheus, secrets or "
                        "heartbeat");
        return;
    }
    check_keys(o);
    check_ranges(o);
    check_limit(o, CHECK_LATENCY, o->c->expect.latency_ms);
    check_limit(o, CHECK_CONNECT, o->c->expect.connect_ms);
    config_kind_check(o);
}

void config_checks_check(const struct config_file *file, struct problems *p)
{
    const struct config *cfg = &file->cfg;

    if (cfg->checks_count > CHECKS_MOST)
        problem(p, checks, "expected at most %d", CHECKS_MOST);
    for (unsigned i = 0; i < cfg->checks_count; i++)
        check_one(&(struct config_one){ cfg, &file->given[i], &cfg->checks[i],
                                        i, p });
}

/*
 * config_kinds: what each kind of health check needs besides the keys that all
 * have. Start-up only.
 */
#include <stdlib.h>
#include <string.h>

#include "core/config_parts.h"

#define SECRET_LEAST 16
#define SECRET_MOST  128

static const char checks[] = "checks";

void config_complain(const struct config_one *o, const char *member,
                     const char *what)
{
    char key[KEY_BYTES];

    problem(o->p, config_key(key, checks, o->i, member), "%s", what);
}

/* ---- where it is -------------------------------------------------------------- */

static bool address(const char *url, const char *scheme)
{
    size_t len = strlen(scheme);
    const char *s = strncmp(url, scheme, len) == 0 ? url + len : url;
    const char *colon = strrchr(s, ':');
    char *end;
    long port = colon ? strtol(colon + 1, &end, 10) : 0;

    return colon && colon > s && colon[1] >= '0' && colon[1] <= '9' && !*end &&
           port > 0 && port <= 65535 && config_word(s, 250) &&
           !strpbrk(s, "/@?#") &&
           (*s == '[' ? colon[-1] == ']'
                      : memchr(s, ':', (size_t)(colon - s)) == NULL);
}

static void check_redis_url(const struct config_one *o)
{
    static const char name[] = "REDIS_URL";
    struct redis_url url = { 0 };
    struct err err = { 0 };
    const char *what = err.text;

    if (redis_url_parse(o->c->url, &url, &err)) {
        redis_url_dispose(&url);
        return;
    }
    if (strncmp(what, name, sizeof name - 1) == 0) /* here it is none */
        what += sizeof name - 1;
    config_complain(o, ".url", what + strspn(what, ": "));
}

static void check_web_url(const struct config_one *o)
{
    static const struct config_url of[CHECK_KINDS] = {
        [CHECK_HTTP] = { "https://", "http://", "https://host:8443/health",
                         NULL },
        [CHECK_PROMETHEUS] = { "https://", "http://",
                               "http://prometheus.example:9090", NULL },
        [CHECK_WEBSOCKET] = { "wss://", "ws://", "wss://host:8443/feed", NULL },
    };
    struct config_url want = of[o->c->kind];
    char key[KEY_BYTES];

    want.token = o->c->token;
    config_check_url(config_key(key, checks, o->i, ".url"), o->c->url, &want,
                     o->p);
    if (o->c->kind == CHECK_PROMETHEUS && strchr(o->c->url, '?'))
        config_complain(o, ".url",
                        "expected the server alone: the query has a key "
                        "of its own");
}

/* Postgres and Redis may be the bot's own. */
static bool needs_url(enum check_kind kind)
{
    return kind == CHECK_HTTP || kind == CHECK_TLS || kind == CHECK_TCP ||
           kind == CHECK_WEBSOCKET || kind == CHECK_PROMETHEUS;
}

static void check_url(const struct config_one *o)
{
    const char *url = o->c->url;

    if (!url) {
        if (needs_url(o->c->kind) && !o->c->url_file)
            config_complain(o, ".url",
                            "expected the place to ask, it is missing");
        return;
    }
    switch (o->c->kind) {
    case CHECK_HTTP:
    case CHECK_PROMETHEUS:
    case CHECK_WEBSOCKET:
        check_web_url(o);
        break;
    case CHECK_TLS:
        if (!address(url, "tls://"))
            config_complain(o, ".url",
                            "expected host:port, like example.org:443");
        break;
    case CHECK_TCP:
        if (!address(url, "tcp://"))
            config_complain(o, ".url",
                            "expected host:port, like 10.0.0.1:6379");
        break;
    case CHECK_POSTGRES:
        if (strncmp(url, "postgres://", 11) != 0 &&
            strncmp(url, "postgresql://", 13) != 0)
            config_complain(
                o, ".url",
                "expected a URL like postgresql://user@host:5432/name");
        break;
    case CHECK_REDIS:
        check_redis_url(o);
        break;
    default:
        break;
    }
}

static void check_certificates(const struct config_one *o)
{
    const struct config_check *c = o->c;
    char key[KEY_BYTES];

    if (c->client_cert && !c->client_key)
        config_complain(o, ".client_cert", "expected client_key beside it");
    if (c->client_key && !c->client_cert)
        config_complain(o, ".client_key", "expected client_cert beside it");
    config_check_file(config_key(key, checks, o->i, ".ca"), c->ca, o->p);
    config_check_file(config_key(key, checks, o->i, ".client_cert"),
                      c->client_cert, o->p);
    config_check_file(config_key(key, checks, o->i, ".client_key"),
                      c->client_key, o->p);
    if (c->token && !config_word(c->token, 4000))
        config_complain(o, ".token", "expected a token without spaces");
}

static void check_http_keys(const struct config_one *o)
{
    const struct config_check *c = o->c;

    if (c->expect.json_equals && !c->expect.json_path)
        config_complain(o, ".expect.json_equals",
                        "expected json_path beside it");
    if (o->given->numbers[CHECK_STATUS] && c->expect.status > 0 &&
        c->expect.status < 100)
        config_complain(o, ".expect.status",
                        "expected a status like 200, or 0 for any 2xx");
}

static bool number(const char *text)
{
    char *end;

    (void)strtod(text, &end);
    return *text && !*end && (*text < 'a' || *text > 'z') &&
           strspn(text, "0123456789.eE+-") == strlen(text);
}

static void check_prometheus_keys(const struct config_one *o)
{
    const char *below = o->c->expect.below, *above = o->c->expect.above;

    if (!o->c->query)
        config_complain(o, ".query",
                        "expected an instant query, it is missing");
    if (!below && !above)
        config_complain(o, ".expect", "expected below, above or both");
    if (below && !number(below))
        config_complain(o, ".expect.below", "expected a number like 0.05");
    if (above && !number(above))
        config_complain(o, ".expect.above", "expected a number like 0.05");
}

static void check_stream_keys(const struct config_one *o)
{
    const char *name = o->c->stream;
    bool known = false;

    if (!name) {
        config_complain(o, ".stream", "expected one of streams, it is missing");
        return;
    }
    for (unsigned j = 0; j < o->cfg->streams_count; j++)
        known |= o->cfg->streams[j].name &&
                 strcmp(o->cfg->streams[j].name, name) == 0;
    if (!known)
        config_complain(o, ".stream", "expected one that is named in streams");
}

static bool variable(const char *s)
{
    static const char name[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return *s && strspn(s, name) == strlen(s) && !strchr("0123456789", *s);
}

static void check_secrets_keys(const struct config_one *o)
{
    char outer[KEY_BYTES], key[KEY_BYTES];

    if (!o->c->files_count && !o->c->variables_count)
        config_complain(o, "", "expected files, variables or both");
    config_key(outer, checks, o->i, ".files");
    for (unsigned j = 0; j < o->c->files_count; j++)
        if (o->c->files[j][0] != '/')
            problem(o->p, config_key(key, outer, j, ""),
                    "expected a path that begins with /");
    config_key(outer, checks, o->i, ".variables");
    for (unsigned j = 0; j < o->c->variables_count; j++)
        if (!variable(o->c->variables[j]))
            problem(o->p, config_key(key, outer, j, ""),
                    "expected the name of a variable, like API_TOKEN");
}

static void check_heartbeat_keys(const struct config_one *o)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *secret = o->c->secret;

    if (!o->given->numbers[CHECK_WITHIN])
        config_complain(
            o, ".within_s",
            "expected how often it must call, in seconds; it is missing");
    if (!secret && !o->c->secret_file)
        config_complain(o, ".secret",
                        "expected the word in the URL that is called "
                        "(or secret_file), it is missing");
    if (!secret)
        return;
    if (strlen(secret) < SECRET_LEAST || strlen(secret) > SECRET_MOST ||
        strspn(secret, safe) != strlen(secret))
        config_complain(
            o, ".secret",
            "expected 16 to 128 letters, digits, - and _: whoever knows "
            "it can call");
    for (unsigned j = 0; j < o->i; j++)
        if (o->cfg->checks[j].secret &&
            strcmp(o->cfg->checks[j].secret, secret) == 0)
            config_complain(o, ".secret", "another check has the same");
}

static void check_redis_keys(const struct config_one *o)
{
    const char *role = o->c->expect.role;

    if (role && strcmp(role, "master") != 0 && strcmp(role, "replica") != 0)
        config_complain(o, ".expect.role", "expected master or replica");
}

static void check_postgres_keys(const struct config_one *o)
{
    if (o->c->expect.value && !o->c->query)
        config_complain(o, ".expect.value", "expected query beside it");
}

void config_kind_check(const struct config_one *o)
{
    static void (*const of[CHECK_KINDS])(const struct config_one *o) = {
        [CHECK_HTTP] = check_http_keys,
        [CHECK_POSTGRES] = check_postgres_keys,
        [CHECK_REDIS] = check_redis_keys,
        [CHECK_STREAM] = check_stream_keys,
        [CHECK_PROMETHEUS] = check_prometheus_keys,
        [CHECK_SECRETS] = check_secrets_keys,
        [CHECK_HEARTBEAT] = check_heartbeat_keys,
    };

    check_url(o);
    check_certificates(o);
    if (of[o->c->kind])
        of[o->c->kind](o);
}

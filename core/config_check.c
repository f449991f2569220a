/*
 * config_check: what no schema can say: references, duplicates, limits. All
 * of it is found and reported together. Start-up only.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/signature.h"
#include "core/config_parts.h"

/* ---- problems -------------------------------------------------------------- */

/* The variable or the line that a key's value came from. */
static void add_place(struct problems *p, const char *key, struct buf *out)
{
    int line = p->src->path ? config_line(p->src, key) : 0;

    for (size_t i = 0; i < env_count; i++) {
        if (strcmp(env_vars[i].key, key) != 0)
            continue;
        if (line == 0 || p->src->from_env & 1U << i) {
            buf_fmt(out, "%s: ", env_vars[i].name);
            return;
        }
    }
    if (line == 0)
        buf_fmt(out, "%s: ", key);
    else if (p->file_named)
        buf_fmt(out, "line %d: %s: ", line, key);
    else
        buf_fmt(out, "%s:%d: %s: ", p->src->path, line, key);
    p->file_named = p->file_named || line > 0;
}

void problem(struct problems *p, const char *key, const char *fmt, ...)
{
    struct buf text = { 0 };
    va_list ap;
    char *what;

    va_start(ap, fmt);
    if (vasprintf(&what, fmt, ap) < 0)
        abort(); /* out of memory, as in mem.c */
    va_end(ap);
    if (key)
        add_place(p, key, &text);
    buf_str(&text, what);
    free(what);
    p->items = xrealloc(p->items, (p->count + 1) * sizeof *p->items);
    p->items[p->count++] = buf_take(&text);
}

bool problems_none(struct problems *p, struct err *err)
{
    /* " and 999 more" must fit behind what is shown. */
    const size_t room = sizeof err->text - 16;
    struct buf text = { 0 };
    size_t shown = 0;
    bool none = p->count == 0;

    for (size_t i = 0; i < p->count; i++) {
        size_t len = strlen(p->items[i]) + 2;

        if (shown == i && (i == 0 || text.len + len <= room)) {
            buf_fmt(&text, "%s%s", i ? "; " : "", p->items[i]);
            shown++;
        } else {
            /* No room: whoever mends the file is to see them all. */
            log_error("config", NULL, "%s", p->items[i]);
        }
        free(p->items[i]);
    }
    buf_cut(&text, room);
    if (shown < p->count)
        buf_fmt(&text, " and %zu more", p->count - shown);
    if (!none)
        err_set(err, ERR_CONFIG, "%s", buf_text(&text));
    buf_dispose(&text);
    free(p->items);
    *p = (struct problems){ .src = p->src };
    return none;
}

/* ---- values ---------------------------------------------------------------- */

static bool only(const char *s, const char *bytes)
{
    return *s && s[strspn(s, bytes)] == '\0';
}

/* Without white space and control characters: names, ids, tokens. */
bool config_word(const char *s, size_t max)
{
    size_t len = strlen(s);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
            return false;
    return len > 0 && len <= max;
}

bool config_loopback(const char *host, size_t len)
{
    char name[64];
    struct in_addr v4;

    if (len == 0 || len >= sizeof name)
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    if (strcmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

size_t config_host_length(const char *s)
{
    return *s == '[' ? strcspn(s, "]/") + 1 : strcspn(s, ":/");
}

static void check_api_url(struct config *cfg, struct problems *p)
{
    static const char key[] = "slack.api_url";
    const char *url = cfg->slack.api_url, *host;
    bool tls = strncmp(url, "https://", 8) == 0;
    char *with_slash;

    if (!tls && strncmp(url, "http://", 7) != 0) {
        problem(p, key, "expected an https:// URL");
        return;
    }
    host = url + (tls ? 8 : 7);
    if (!config_word(url, 500) || url[strcspn(url, "?#@")] != '\0' ||
        strchr("/:", *host)) {
        problem(p, key, "expected a URL like https://slack.com/api/");
        return;
    }
    if (!tls && !config_loopback(host, config_host_length(host)))
        problem(p, key, "plain http is for loopback only: expected https");
    if (url[strlen(url) - 1] == '/')
        return;
    with_slash = xasprintf("%s/", url);
    free(cfg->slack.api_url);
    cfg->slack.api_url = with_slash;
}

bool config_address(const char *s)
{
    const char *colon = strrchr(s, ':');
    size_t digits = colon ? strlen(colon + 1) : 0;

    if (!colon || colon == s || digits < 1 || digits > 5 ||
        !only(colon + 1, "0123456789") || strtol(colon + 1, NULL, 10) > 65535)
        return false;
    if (*s == '[')
        return colon[-1] == ']' && config_word(s, 255);
    return memchr(s, ':', (size_t)(colon - s)) == NULL && config_word(s, 255);
}

static void check_confine(const struct config *cfg, struct problems *p)
{
    if (strcmp(cfg->confine, "on") != 0 && strcmp(cfg->confine, "off") != 0)
        problem(p, "confine", "expected on or off");
}

/* How Slack comes, and by what it is known when it comes by request URLs. */
static void check_mode(const struct config_slack *s, struct problems *p)
{
    static const char key[] = "slack.signing_secret";
    int secrets = signature_secrets(s->signing_secret);

    if (strcmp(s->mode, "socket") != 0 && strcmp(s->mode, "http") != 0 &&
        strcmp(s->mode, "both") != 0)
        problem(p, "slack.mode", "expected socket, http or both");
    if (secrets < 0)
        problem(p, key,
                "expected the signing secret of the app's page Basic "
                "Information");
    else if (secrets > SIGNATURE_SECRETS)
        problem(p, key,
                "expected one secret, or two with a comma between "
                "them while one is being replaced");
    else if (!secrets && *s->signing_secret && s->by_http)
        problem(p, key, "there is no secret in it");
}

static void check_slack(struct config *cfg, struct problems *p)
{
    const struct config_slack *s = &cfg->slack;

    check_mode(s, p);
    if (*s->command != '/' || strlen(s->command) < 2 ||
        !config_word(s->command, 32))
        problem(p, "slack.command", "expected / and a word, like /ops");
    if (s->app_token && strncmp(s->app_token, "xoxb-", 5) == 0)
        problem(p, "slack.app_token",
                "this is a bot token; expected the app-level one (xapp-…)");
    else if (s->app_token && !config_word(s->app_token, 1000))
        problem(p, "slack.app_token", "expected a token without spaces");
    if (s->bot_token && strncmp(s->bot_token, "xapp-", 5) == 0)
        problem(p, "slack.bot_token",
                "this is an app-level token; expected the bot's (xoxb-…)");
    else if (s->bot_token && !config_word(s->bot_token, 1000))
        problem(p, "slack.bot_token", "expected a token without spaces");
    check_api_url(cfg, p);
}

static void check_redis(struct config *cfg, struct problems *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789:._-{}";
    static const char name[] = "REDIS_URL: ";
    struct err err = { 0 };

    if (!only(cfg->redis_prefix, allowed) || strlen(cfg->redis_prefix) > 64)
        problem(p, "redis.prefix",
                "expected up to 64 letters, digits and : . _ - { }");
    if (cfg->redis_url_text &&
        !redis_url_parse(cfg->redis_url_text, &cfg->redis, &err))
        problem(p, "redis.url", "%s",
                err.text + (strncmp(err.text, name, sizeof name - 1) == 0
                                ? sizeof name - 1
                                : 0)); /* it may be from the file */
}

/* ---- lists ------------------------------------------------------------------ */

const char *config_key(char out[KEY_BYTES], const char *list, unsigned i,
                       const char *member)
{
    int len = snprintf(out, KEY_BYTES, "%s[%u]%s", list, i, member);

    return len < KEY_BYTES ? out : list;
}

const char *config_place(char out[PLACE_BYTES], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(out, PLACE_BYTES, fmt, ap);
    va_end(ap);
    return out;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void check_stream(const struct config *cfg, unsigned i,
                         struct problems *p)
{
    const struct config_stream *s = &cfg->streams[i];
    char key[KEY_BYTES];

    if (!s->name || !config_word(s->name, 500)) {
        problem(p, config_key(key, "streams", i, ".name"),
                "expected a stream's key");
        return;
    }
    if (s->dlq && (!config_word(s->dlq, 500) || same(s->dlq, s->name)))
        problem(p, config_key(key, "streams", i, ".dlq"),
                "expected a key other than the stream's own");
    for (unsigned j = 0; j < i; j++) {
        if (same(cfg->streams[j].name, s->name))
            problem(p, config_key(key, "streams", i, ".name"),
                    "`%s` is there already, as streams[%u]", s->name, j);
        if (same(cfg->streams[j].dlq, s->dlq))
            problem(p, config_key(key, "streams", i, ".dlq"),
                    "`%s` belongs to streams[%u] already", s->dlq, j);
    }
}

/* "dlq.show", "dlq.*", "*". Whether such a right exists is not known here:
 * commands are above us. */
static bool right_word(const char *s)
{
    const char *star = strchr(s, '*');

    if (!only(s, "abcdefghijklmnopqrstuvwxyz.*") || strstr(s, "..") ||
        *s == '.' || s[strlen(s) - 1] == '.')
        return false;
    return !star || (star[1] == '\0' && (star == s || star[-1] == '.'));
}

/* A name with its mark is what people see in Slack, and no id. */
bool config_id(const char *s)
{
    return config_word(s, 255) && !strchr("@#<", *s);
}

/* One list of ids: where it is in the file, and of what they are. */
struct ids {
    const char *list;
    unsigned i;
    const char *member;
    const char *what;
};

static void check_ids(const struct ids *of, char *const *ids, unsigned count,
                      struct problems *p)
{
    char outer[KEY_BYTES], key[KEY_BYTES];
    const char *list = of->list;

    if (*of->member)
        list = config_key(outer, of->list, of->i, of->member);
    for (unsigned j = 0; j < count; j++)
        if (!config_id(ids[j]))
            problem(p, config_key(key, list, j, ""), "expected a Slack %s id",
                    of->what);
}

static void check_role(const struct config *cfg, unsigned i, struct problems *p)
{
    const struct config_role *r = &cfg->roles[i];
    char key[KEY_BYTES], outer[KEY_BYTES];

    if (!r->name || !config_word(r->name, 64))
        problem(p, config_key(key, "roles", i, ".name"),
                "expected a name of one word");
    else if (same(r->name, "admins"))
        problem(p, config_key(key, "roles", i, ".name"),
                "`admins` is taken: those of the list admins");
    for (unsigned j = 0; j < i; j++)
        if (same(cfg->roles[j].name, r->name))
            problem(p, config_key(key, "roles", i, ".name"),
                    "`%s` is there already, as roles[%u]", r->name, j);
    for (unsigned j = 0; j < r->rights_count; j++)
        if (!right_word(r->rights[j]))
            problem(p,
                    config_key(key, config_key(outer, "roles", i, ".rights"), j,
                               ""),
                    "expected a right like dlq.show, dlq.* or *");
    check_ids(&(struct ids){ "roles", i, ".users", "user" }, r->users,
              r->users_count, p);
    check_ids(&(struct ids){ "roles", i, ".groups", "user group" }, r->groups,
              r->groups_count, p);
    check_ids(&(struct ids){ "roles", i, ".channels", "channel" }, r->channels,
              r->channels_count, p);
}

static void check_dlq_fields(const struct config *cfg, struct problems *p)
{
    static const char *const keys[] = { "dlq.error", "dlq.original_id",
                                        "dlq.attempts", "dlq.failed_at" };
    const char *const names[] = { cfg->dlq.error, cfg->dlq.original_id,
                                  cfg->dlq.attempts, cfg->dlq.failed_at };

    for (size_t i = 0; i < 4; i++) {
        if (!*names[i])
            problem(p, keys[i], "expected a field's name");
        for (size_t j = 0; j < i; j++)
            if (same(names[i], names[j]))
                problem(p, keys[i], "`%s` is %s already", names[i], keys[j]);
    }
}

static void check_numbers(const struct config *cfg, struct problems *p)
{
    for (size_t i = 0; i < config_numbers_count; i++) {
        const struct config_number *n = &config_numbers[i];
        unsigned value;

        memcpy(&value, (const char *)cfg + n->value, sizeof value);
        if (value < n->least || value > n->most)
            problem(p, n->key, "expected %u to %u", n->least, n->most);
    }
}

void config_check(struct config *cfg, struct problems *p)
{
    check_slack(cfg, p);
    check_redis(cfg, p);
    if (!config_address(cfg->listen))
        problem(p, "http.listen",
                "expected host:port, for example 127.0.0.1:8710");
    config_admin_check(cfg, p);
    check_confine(cfg, p);
    for (unsigned i = 0; i < cfg->streams_count; i++)
        check_stream(cfg, i, p);
    check_dlq_fields(cfg, p);
    for (unsigned i = 0; i < cfg->roles_count; i++)
        check_role(cfg, i, p);
    check_ids(&(struct ids){ "admins", 0, "", "user" }, cfg->admins,
              cfg->admins_count, p);
    config_halt_check(cfg, p);
    config_heartbeat_check(cfg, p);
    config_alerts_check(cfg, p);
    check_numbers(cfg, p);
}

/*
 * config_halt: what is to stop when a scope is halted: names, URLs, tokens and
 * certificates. Start-up only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config_parts.h"

#define SCOPE_MAX 63

static const char targets[] = "halt.targets";

void config_halt_tokens(struct config *cfg, struct problems *p)
{
    char key[KEY_BYTES];

    for (unsigned i = 0; i < cfg->halt.targets_count; i++) {
        struct config_target *t = &cfg->halt.targets[i];

        if (!t->token_file)
            continue;
        config_key(key, targets, i, ".token_file");
        if (t->token)
            problem(p, key, "token is there as well: expected one of them");
        else
            t->token = config_secret_file(key, "", t->token_file, p);
    }
}

/* ---- scopes ------------------------------------------------------------------ */

/* As a key in Redis: opsbot:halt:<scope>, beside opsbot:halt:generation. */
static bool scope_word(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

    return len > 0 && len <= SCOPE_MAX && !s[len] &&
           strcmp(s, "generation") != 0;
}

static void check_scopes(const char *list, char *const *scopes, unsigned count,
                         struct problems *p)
{
    char key[KEY_BYTES];

    for (unsigned i = 0; i < count; i++) {
        if (!scope_word(scopes[i]))
            problem(p, config_key(key, list, i, ""),
                    "expected up to %d of a-z, 0-9, - _ . (not `generation`)",
                    SCOPE_MAX);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(scopes[i], scopes[j]) == 0)
                problem(p, config_key(key, list, i, ""),
                        "`%s` is there already", scopes[i]);
    }
}

static void check_named_scopes(const struct config_halt *halt,
                               struct problems *p)
{
    char key[KEY_BYTES];

    check_scopes("halt.scopes", halt->scopes, halt->scopes_count, p);
    for (unsigned i = 0; i < halt->scopes_count; i++)
        if (strcmp(halt->scopes[i], "all") == 0)
            problem(p, config_key(key, "halt.scopes", i, ""),
                    "`all` is there always: leave it out");
}

bool config_scope_known(const struct config *cfg, const char *name)
{
    const struct config_halt *halt = &cfg->halt;

    if (strcmp(name, "all") == 0)
        return true;
    for (unsigned i = 0; i < halt->scopes_count; i++)
        if (strcmp(halt->scopes[i], name) == 0)
            return true;
    for (unsigned i = 0; i < halt->targets_count; i++)
        for (unsigned j = 0; j < halt->targets[i].scopes_count; j++)
            if (strcmp(halt->targets[i].scopes[j], name) == 0)
                return true;
    return false;
}

/* ---- targets ------------------------------------------------------------------ */

static const char like[] = "https://host:8443/admin/halt";

void config_check_url(const char *key, const char *url,
                      const struct config_url *want, struct problems *p)
{
    size_t tls = strlen(want->tls), plain = strlen(want->plain);
    bool is_tls, is_plain;
    const char *host;

    if (!url)
        return;
    is_tls = strncmp(url, want->tls, tls) == 0;
    is_plain = strncmp(url, want->plain, plain) == 0;
    host = url + (is_tls ? tls : plain);
    if ((!is_tls && !is_plain) || !config_word(url, 1000) || strchr(url, '#') ||
        strchr("/:?", *host))
        problem(p, key, "expected a URL like %s", want->like);
    else if (memchr(host, '@', strcspn(host, "/?")))
        problem(p, key, "expected no password in it: there is token_file");
    else if (is_plain && want->token &&
             !config_loopback(host, config_host_length(host)))
        problem(p, key,
                "a token over plain %.*s is for loopback only: expected %.*s",
                (int)plain - 3, want->plain, (int)tls - 3, want->tls);
}

static void check_url(const char *key, const char *url, const char *token,
                      struct problems *p)
{
    struct config_url want = { "https://", "http://", like, token };

    config_check_url(key, url, &want, p);
}

void config_check_file(const char *key, const char *path, struct problems *p)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (path && fd < 0)
        problem(p, key, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void check_name(const struct config_halt *halt, unsigned i,
                       struct problems *p)
{
    const char *name = halt->targets[i].name;
    char key[KEY_BYTES];

    config_key(key, targets, i, ".name");
    if (!name || !config_word(name, SCOPE_MAX)) {
        problem(p, key, "expected a name of one word");
        return;
    }
    for (unsigned j = 0; j < i; j++)
        if (halt->targets[j].name && strcmp(halt->targets[j].name, name) == 0)
            problem(p, key, "`%s` is there already, as halt.targets[%u]", name,
                    j);
}

static void check_pair(const struct config_target *t, unsigned i,
                       struct problems *p)
{
    char key[KEY_BYTES];

    if (t->client_cert && !t->client_key)
        problem(p, config_key(key, targets, i, ".client_cert"),
                "expected client_key beside it");
    if (t->client_key && !t->client_cert)
        problem(p, config_key(key, targets, i, ".client_key"),
                "expected client_cert beside it");
    config_check_file(config_key(key, targets, i, ".ca"), t->ca, p);
    config_check_file(config_key(key, targets, i, ".client_cert"),
                      t->client_cert, p);
    config_check_file(config_key(key, targets, i, ".client_key"), t->client_key,
                      p);
}

static void check_target(const struct config_halt *halt, unsigned i,
                         struct problems *p)
{
    const struct config_target *t = &halt->targets[i];
    char key[KEY_BYTES];

    check_name(halt, i, p);
    if (!t->halt_url && !t->health_url)
        problem(p, config_key(key, targets, i, ""),
                "expected halt_url, health_url or both");
    if (t->unhalt_url && !t->halt_url)
        problem(p, config_key(key, targets, i, ".unhalt_url"),
                "expected halt_url beside it");
    check_url(config_key(key, targets, i, ".halt_url"), t->halt_url, t->token,
              p);
    check_url(config_key(key, targets, i, ".unhalt_url"), t->unhalt_url,
              t->token, p);
    check_url(config_key(key, targets, i, ".health_url"), t->health_url,
              t->token, p);
    if (t->token && !config_word(t->token, 4000))
        problem(p, config_key(key, targets, i, ".token"),
                "expected a token without spaces");
    check_pair(t, i, p);
    check_scopes(config_key(key, targets, i, ".scopes"), t->scopes,
                 t->scopes_count, p);
}

void config_halt_check(const struct config *cfg, struct problems *p)
{
    for (unsigned i = 0; i < cfg->halt.targets_count; i++)
        check_target(&cfg->halt, i, p);
    check_named_scopes(&cfg->halt, p);
}

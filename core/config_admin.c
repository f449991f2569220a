/*
 * config_admin: the admin listener: where it is, and who may come in. One that
 * everybody could use, or nobody, is refused. Start-up only.
 */
#include <grp.h>
#include <string.h>
#include <sys/un.h>

#include "core/config_parts.h"

#define TOKEN_LEAST 16
#define TOKEN_MOST  512
#define NAME_MOST   64

static const char tokens[] = "http.tokens";

void config_admin_tokens(struct config *cfg, struct problems *p)
{
    char key[KEY_BYTES];

    for (unsigned i = 0; i < cfg->door.tokens_count; i++) {
        struct config_token *t = &cfg->door.tokens[i];

        if (!t->token_file)
            continue;
        config_key(key, tokens, i, ".token_file");
        if (t->token)
            problem(p, key, "token is there as well: expected one of them");
        else
            t->token = config_secret_file(key, "", t->token_file, p);
    }
}

void config_admin_secrets(const struct config *cfg)
{
    for (unsigned i = 0; i < cfg->door.tokens_count; i++)
        log_secret(cfg->door.tokens[i].token);
}

/* ---- tokens ------------------------------------------------------------------ */

/* Of tokens it becomes part of an identity, which people read and roles name;
 * others are typed in commands. */
bool config_name(const char *s)
{
    size_t len = s ? strspn(s, "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
                   : 0;

    return len > 0 && len <= NAME_MOST && !s[len];
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

void config_check_secret(const char *key, const char *secret,
                         struct problems *p)
{
    if (!secret)
        return;
    if (strlen(secret) < TOKEN_LEAST)
        problem(p, key, "expected at least %d characters, hard to guess",
                TOKEN_LEAST);
    else if (!config_word(secret, TOKEN_MOST))
        problem(p, key, "expected up to %d characters without spaces",
                TOKEN_MOST);
}

void config_check_token(const char *list, unsigned i,
                        const struct config_token *t, struct problems *p)
{
    char key[KEY_BYTES];

    if (!config_name(t->name))
        problem(p, config_key(key, list, i, ".name"),
                "expected up to %d letters, digits and . _ -", NAME_MOST);
    config_key(key, list, i, t->token_file ? ".token_file" : ".token");
    if (!t->token && !t->token_file)
        problem(p, key, "expected the token, or its file as token_file");
    config_check_secret(key, t->token, p);
}

static void check_token(const struct config_admin *door, unsigned i,
                        struct problems *p)
{
    const struct config_token *t = &door->tokens[i];
    char key[KEY_BYTES];

    config_check_token(tokens, i, t, p);
    for (unsigned j = 0; j < i; j++) {
        if (same(door->tokens[j].name, t->name))
            problem(p, config_key(key, tokens, i, ".name"),
                    "`%s` is there already, as tokens[%u]", t->name, j);
        if (same(door->tokens[j].token, t->token))
            problem(p, config_key(key, tokens, i, ""),
                    "the token of tokens[%u] again: each needs its own", j);
    }
}

/* ---- where it listens -------------------------------------------------------- */

static void check_socket(const struct config *cfg, struct problems *p)
{
    const size_t longest = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    const char *path = cfg->admin + 5, *group = cfg->door.group;

    if (!*path || strlen(path) > longest)
        problem(p, "http.admin", "expected a path of at most %zu bytes",
                longest);
    if (group && !getgrnam(group))
        problem(p, "http.admin_group", "there is no group `%.64s` here", group);
}

static void check_files(const struct config_admin *door, struct problems *p)
{
    config_check_file("http.admin_cert", door->cert, p);
    config_check_file("http.admin_key", door->key, p);
    config_check_file("http.admin_client_ca", door->client_ca, p);
    if (door->cert && !door->key)
        problem(p, "http.admin_cert", "expected its key beside it: admin_key");
    if (door->key && !door->cert)
        problem(p, "http.admin_key",
                "expected its certificate beside it: admin_cert");
}

/* Nobody listens in, and nobody comes in who cannot say who they are. */
static void check_tcp(const struct config *cfg, struct problems *p)
{
    const struct config_admin *door = &cfg->door;
    bool tls = door->cert && door->key;

    if (!config_address(cfg->admin)) {
        problem(p, "http.admin", "expected unix:/path or host:port");
        return;
    }
    check_files(door, p);
    if (!tls && !config_loopback(cfg->admin, config_host_length(cfg->admin)))
        problem(p, "http.admin",
                "without TLS it may listen on loopback only: expected "
                "admin_cert and admin_key beside it, or unix:/path");
    if (door->client_ca && !tls)
        problem(p, "http.admin_client_ca",
                "client certificates need TLS: expected admin_cert and "
                "admin_key");
    if (door->tokens_count == 0 && !door->client_ca)
        problem(p, "http.admin",
                "nobody could come in there: expected tokens, or "
                "admin_client_ca with TLS, or unix:/path");
}

void config_admin_check(const struct config *cfg, struct problems *p)
{
    for (unsigned i = 0; i < cfg->door.tokens_count; i++)
        check_token(&cfg->door, i, p);
    if (strncmp(cfg->admin, "unix:", 5) == 0)
        check_socket(cfg, p);
    else
        check_tcp(cfg, p);
}

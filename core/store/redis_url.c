/*
 * redis_url: REDIS_URL taken apart. Any thread; no I/O.
 *
 * redis://[[user][:pass]@]host[:port][/db], the same with rediss://, and
 * unix://[user:pass@]/path[?db=n]. %xx is decoded in user, password and path.
 * Errors name the part that is wrong, never its text: a password that holds a
 * stray "@" or "/" would end up in them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/store/redis.h"

static bool parse_number(const char *s, size_t len, int max, int *out)
{
    long n = 0;

    if (len == 0 || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        n = n * 10 + (s[i] - '0');
    }
    *out = (int)n;
    return n <= max;
}

/* "user:pass", "user" or ":pass", before the "@". */
static bool parse_login(const char *s, size_t len, struct redis_url *out,
                        struct err *err)
{
    const char *colon = memchr(s, ':', len);
    size_t user = colon ? (size_t)(colon - s) : len;

    if (user > 0)
        out->user = text_unescape(s, user, false);
    if (colon)
        out->pass = text_unescape(colon + 1, len - user - 1, false);
    if ((user > 0 && !out->user) || (colon && !out->pass))
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL: the user or password has a broken %%xx");
    return true;
}

static bool parse_port(const char *s, size_t len, struct redis_url *out,
                       struct err *err)
{
    if (len == 0)
        return true;
    if (s[0] != ':' || !parse_number(s + 1, len - 1, 65535, &out->port) ||
        out->port == 0)
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL: the port must be a number from 1 to 65535"
                       " (special characters in a password are written as"
                       " %%xx)");
    return true;
}

/* "host", "host:port", "[v6]:port". */
static bool parse_host(const char *s, size_t len, struct redis_url *out,
                       struct err *err)
{
    size_t host;

    if (len > 0 && s[0] == '[') {
        const char *end = memchr(s, ']', len);

        if (!end)
            return err_set(err, ERR_CONFIG, "REDIS_URL: `[` without `]`");
        host = (size_t)(end - s) - 1;
        out->host = xstrndup(s + 1, host);
        host += 2;
    } else {
        const char *colon = memchr(s, ':', len);

        host = colon ? (size_t)(colon - s) : len;
        out->host = xstrndup(s, host);
    }
    if (!out->host[0])
        return err_set(err, ERR_CONFIG, "REDIS_URL: the host is missing");
    return parse_port(s + host, len - host, out, err);
}

static bool parse_db(const char *s, struct redis_url *out, struct err *err)
{
    if (parse_number(s, strlen(s), 65535, &out->db))
        return true;
    return err_set(err, ERR_CONFIG,
                   "REDIS_URL: the database must be a number, as in"
                   " redis://host:6379/0 or unix:///path?db=0");
}

static bool parse_socket(const char *s, struct redis_url *out, struct err *err)
{
    const char *query = strchr(s, '?');

    out->path =
        text_unescape(s, query ? (size_t)(query - s) : strlen(s), false);
    if (!out->path || out->path[0] != '/')
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL: a socket needs a full path, as in"
                       " unix:///run/redis.sock?db=0");
    if (!query)
        return true;
    if (strncmp(query, "?db=", 4) != 0)
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL: only ?db=<number> may follow the path");
    return parse_db(query + 4, out, err);
}

static bool parse_tcp(const char *s, struct redis_url *out, struct err *err)
{
    size_t len = strcspn(s, "/");

    if (!parse_host(s, len, out, err))
        return false;
    if (s[len] == '\0' || s[len + 1] == '\0')
        return true;
    return parse_db(s + len + 1, out, err);
}

static bool parse_scheme(const char *url, struct redis_url *out,
                         const char **rest, struct err *err)
{
    if (strncasecmp(url, "redis://", 8) == 0) {
        *rest = url + 8;
    } else if (strncasecmp(url, "rediss://", 9) == 0) {
        *rest = url + 9;
        out->tls = true;
    } else if (strncasecmp(url, "unix://", 7) == 0) {
        *rest = url + 7;
    } else {
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL must begin with redis://, rediss:// or"
                       " unix://");
    }
#ifndef HAVE_HIREDIS_SSL
    if (out->tls)
        return err_set(err, ERR_CONFIG,
                       "REDIS_URL: this binary was built without hiredis_ssl,"
                       " so rediss:// cannot be used. Build it with hiredis"
                       " 1.0 or newer, or put a TLS proxy (stunnel) beside"
                       " it");
#endif
    return true;
}

bool redis_url_parse(const char *url, struct redis_url *out, struct err *err)
{
    bool socket = strncasecmp(url, "unix:", 5) == 0;
    const char *rest = url, *at;
    bool ok;

    *out = (struct redis_url){ .port = 6379 };
    ok = parse_scheme(url, out, &rest, err);
    at = ok ? strrchr(rest, '@') : NULL;
    if (at && socket && rest[0] == '/')
        at = NULL; /* part of the path */
    if (at) {
        ok = parse_login(rest, (size_t)(at - rest), out, err);
        rest = at + 1;
    }
    if (ok)
        ok = socket ? parse_socket(rest, out, err) : parse_tcp(rest, out, err);
    if (!ok)
        redis_url_dispose(out);
    return ok;
}

void redis_url_dispose(struct redis_url *url)
{
    free(url->host);
    free(url->path);
    free(url->user);
    free(url->pass);
    *url = (struct redis_url){ 0 };
}

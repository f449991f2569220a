/* where: see where.h. */
#include "bot/opsctl/where.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"

#define TOKEN_MOST 4096 /* bytes of a token's file that are looked at */

static const char *set_in(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* ---- the address -------------------------------------------------------------- */

static bool at_socket(struct where *w, const char *path, struct err *err)
{
    struct sockaddr_un room;

    if (!*path)
        return err_set(err, ERR_CONFIG,
                       "The address unix: names no socket. Write the path "
                       "after it: unix:/run/opsbot/admin.sock");
    if (strlen(path) >= sizeof room.sun_path)
        return err_set(err, ERR_CONFIG,
                       "The path %.120s… is too long for a socket (at most "
                       "%zu characters). Name a shorter one, or a link to it.",
                       path, sizeof room.sun_path - 1);
    w->socket = xstrdup(path);
    w->url = xstrdup("http://opsbot");
    w->shown = xasprintf("unix:%s", path);
    return true;
}

/* Not by its first letters alone: 127.evil.example is somewhere else. */
static bool is_loopback(const char *host)
{
    size_t len = strcspn(host, ":/");

    if (strncmp(host, "[::1]", 5) == 0)
        return host[5] == ':' || !host[5];
    if (len == 9 && strncmp(host, "localhost", len) == 0)
        return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

/* Nothing but a host and a port: no path, no password. */
static bool is_host(const char *host)
{
    return *host && !strpbrk(host, "/@?# \t");
}

static bool at_host(struct where *w, const char *scheme, const char *host,
                    struct err *err)
{
    size_t len = strlen(host);

    if (len && host[len - 1] == '/')
        len--;
    w->url = xasprintf("%s://%.*s", scheme, (int)len, host);
    w->shown = xstrdup(w->url);
    if (!is_host(w->url + strlen(scheme) + 3))
        return err_set(err, ERR_CONFIG,
                       "`%.120s` is no address. An address is unix:PATH, "
                       "https://HOST:PORT or HOST:PORT.",
                       host);
    if (strcmp(scheme, "http") == 0 && !is_loopback(host))
        return err_set(err, ERR_CONFIG,
                       "%s would send your token readable to all on the way. "
                       "Use https://, or http:// to this machine alone.",
                       w->url);
    return true;
}

static bool at(struct where *w, const char *address, struct err *err)
{
    if (strncmp(address, "unix:", 5) == 0)
        return at_socket(w, address + 5, err);
    if (address[0] == '/' || address[0] == '.')
        return at_socket(w, address, err);
    if (strncmp(address, "https://", 8) == 0)
        return at_host(w, "https", address + 8, err);
    if (strncmp(address, "http://", 7) == 0)
        return at_host(w, "http", address + 7, err);
    return at_host(w, is_loopback(address) && !w->ca ? "http" : "https",
                   address, err);
}

/* The first socket that is there. */
static bool at_usual_place(struct where *w, struct err *err)
{
    static const char *const places[] = { "./var/admin.sock",
                                          "/run/opsbot/admin.sock",
                                          "/var/lib/opsbot/admin.sock" };
    const char *state = set_in("OPSBOT_STATE");
    char *first = state ? xasprintf("%s/admin.sock", state) : NULL;
    bool ok = false, found = first && access(first, F_OK) == 0;

    if (found)
        ok = at_socket(w, first, err);
    for (size_t i = 0; !found && i < sizeof places / sizeof *places; i++) {
        found = access(places[i], F_OK) == 0;
        if (found)
            ok = at_socket(w, places[i], err);
    }
    if (!found)
        err_set(err, ERR_SYSTEM,
                "There is no opsbot here: no socket at %.80s%s%s, %s or %s. "
                "Start it, or say where it listens: --admin unix:PATH, or "
                "OPSBOT_ADMIN.",
                first ? first : "", first ? ", " : "", places[0], places[1],
                places[2]);
    free(first);
    return ok;
}

/* ---- as whom --------------------------------------------------------------------- */

static bool read_token(const char *path, char **out, struct err *err)
{
    char *text = xcalloc(1, TOKEN_MOST + 1);
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, TOKEN_MOST, f) : 0;
    bool ok = f && !ferror(f);

    if (!ok)
        err_set(err, ERR_CONFIG,
                "The token cannot be read from %.160s: %s. Look at who may "
                "read the file.",
                path, strerror(errno));
    if (f)
        fclose(f);
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    if (ok)
        *out = xstrdup(text + strspn(text, " \t\r\n"));
    explicit_bzero(text, TOKEN_MOST);
    free(text);
    return ok;
}

/* Where it comes from is named, never what it is. */
static bool sound_token(const char *token, const char *from, struct err *err)
{
    bool sound = *token;

    for (const char *c = token; *c; c++)
        sound = sound && *c > ' ' && *c < 0x7f;
    return sound || err_set(err, ERR_CONFIG,
                            "What is in %.160s is no token: a token is one "
                            "word of printable characters.",
                            from);
}

static bool find_token(const struct options *o, struct where *w,
                       struct err *err)
{
    const char *file = options_value(o, "token-file");
    const char *token = set_in("OPSBOT_TOKEN");

    if (!file)
        file = set_in("OPSBOT_TOKEN_FILE");
    if (file)
        return read_token(file, &w->token, err) &&
               sound_token(w->token, file, err);
    if (!token)
        return true;
    w->token = xstrdup(token);
    return sound_token(token, "OPSBOT_TOKEN", err);
}

static bool find_file(const struct options *o, const char *name,
                      const char *env, char **out, struct err *err)
{
    const char *path = options_value(o, name);

    if (!path)
        path = set_in(env);
    if (!path)
        return true;
    *out = xstrdup(path);
    return access(path, R_OK) == 0 ||
           err_set(err, ERR_CONFIG, "--%s: %.160s cannot be read: %s.", name,
                   path, strerror(errno));
}

bool where_find(const struct options *o, struct where *out, struct err *err)
{
    const char *address = options_value(o, "admin");
    bool ok;

    *out = (struct where){ 0 };
    if (!address)
        address = set_in("OPSBOT_ADMIN");
    ok = find_file(o, "ca", "OPSBOT_CA", &out->ca, err) &&
         find_file(o, "cert", "OPSBOT_CERT", &out->cert, err) &&
         find_file(o, "key", "OPSBOT_KEY", &out->key, err) &&
         find_token(o, out, err) &&
         (address ? at(out, address, err) : at_usual_place(out, err));
    if (!ok)
        where_dispose(out);
    return ok;
}

void where_dispose(struct where *w)
{
    if (w->token)
        explicit_bzero(w->token, strlen(w->token));
    free(w->token);
    free(w->url);
    free(w->socket);
    free(w->shown);
    free(w->ca);
    free(w->cert);
    free(w->key);
    *w = (struct where){ 0 };
}

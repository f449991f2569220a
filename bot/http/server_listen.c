/*
 * server_listen: sockets that listen. Ours, not those of lws: it would take
 * every address for one, could not stop listening, and would take the place of
 * a live process at a Unix socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bot/http/server_int.h"
#include "core/base/mem.h"

#define BACKLOG 256

static const char unix_prefix[] = "unix:";

static bool fail(const struct listening *l, struct err *err, const char *what)
{
    return err_set(err, ERR_CONFIG, "%s: cannot listen on %s: %s",
                   l->is.setting, l->is.listen, what);
}

/* ---- TCP -------------------------------------------------------------------- */

static bool parse_port(const char *text, in_port_t *port)
{
    char *end;
    long number = strtol(text, &end, 10);

    *port = htons((uint16_t)number);
    return text[0] >= '0' && text[0] <= '9' && !*end && number <= 65535;
}

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

/* "[::1]:80", "127.0.0.1:80", "localhost:80", ":80" for all addresses of both
 * families. Other names are none of ours. */
static bool parse_listen(const char *listen, union place *out)
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool v6 = len >= 2 && listen[0] == '[' && listen[len - 1] == ']';
    char host[64];
    in_port_t port;

    if (!colon || len >= sizeof host || !parse_port(colon + 1, &port))
        return false;
    memcpy(host, listen + v6, len - 2 * v6);
    host[len - 2 * v6] = '\0';
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    *out = (union place){ .v6 = { .sin6_family = AF_INET6,
                                  .sin6_port = port,
                                  .sin6_addr = in6addr_any } };
    if (!len)
        return true;
    if (v6)
        return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1;
    *out = (union place){ .v4 = { .sin_family = AF_INET, .sin_port = port } };
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1;
}

static bool bind_tcp(struct listening *l, const union place *place)
{
    socklen_t len =
        place->any.sa_family == AF_INET6 ? sizeof place->v6 : sizeof place->v4;
    int on = 1, off = 0;
    union place bound = { .v6 = { .sin6_port = 0 } };

    l->fd = socket(place->any.sa_family,
                   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return false;
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (place->any.sa_family == AF_INET6)
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(l->fd, &place->any, len) || listen(l->fd, BACKLOG))
        return false;
    len = sizeof bound;
    if (getsockname(l->fd, &bound.any, &len))
        return false;
    l->port = ntohs(place->any.sa_family == AF_INET6 ? bound.v6.sin6_port
                                                     : bound.v4.sin_port);
    return true;
}

/* A machine without IPv6 has all addresses as well. */
static bool open_tcp(struct listening *l, struct err *err)
{
    union place place, v4 = { .v4 = { .sin_family = AF_INET } };

    if (!parse_listen(l->is.listen, &place))
        return err_set(err, ERR_CONFIG,
                       "%s: `%s` is not address:port or unix:path",
                       l->is.setting, l->is.listen);
    if (bind_tcp(l, &place))
        return true;
    if (l->is.listen[0] == ':' && errno == EAFNOSUPPORT) {
        v4.v4.sin_port = place.v6.sin6_port;
        if (bind_tcp(l, &v4))
            return true;
    }
    return fail(l, err, strerror(errno));
}

/* ---- Unix ------------------------------------------------------------------- */

static int unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Is nobody listening there any more? Only what refuses is dead: a backlog
 * that is full, or a file that we may not open, is somebody's. */
static bool is_stale(const struct sockaddr_un *at)
{
    int fd = unix_socket();
    bool dead = fd >= 0 &&
                connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
                errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return dead;
}

/* What is in the way of our socket. */
static bool clear_way(struct listening *l, const struct sockaddr_un *at,
                      struct err *err)
{
    struct stat there;

    if (lstat(at->sun_path, &there))
        return errno == ENOENT || fail(l, err, strerror(errno));
    if (!S_ISSOCK(there.st_mode))
        return fail(l, err, "a file that is no socket is in its place");
    if (!is_stale(at))
        return fail(l, err, "it is in use");
    return unlink(at->sun_path) == 0 || fail(l, err, strerror(errno));
}

/* Nobody can connect before listen(): by then its mode is right. */
static bool bind_unix(struct listening *l, const struct sockaddr_un *at)
{
    struct stat made;

    l->fd = unix_socket();
    if (l->fd < 0 || bind(l->fd, (const struct sockaddr *)at, sizeof *at))
        return false;
    l->path = xstrdup(at->sun_path);
    if (chmod(l->path, 0600) || lstat(l->path, &made))
        return false;
    l->device = made.st_dev;
    l->inode = made.st_ino;
    return listen(l->fd, BACKLOG) == 0;
}

static bool open_unix(struct listening *l, const char *path, struct err *err)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    if (!path[0] || strlen(path) >= sizeof at.sun_path)
        return err_set(err, ERR_CONFIG,
                       "%s: the path of a Unix socket has 1 to %zu bytes: "
                       "`%s`",
                       l->is.setting, sizeof at.sun_path - 1, path);
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (!clear_way(l, &at, err))
        return false;
    return bind_unix(l, &at) || fail(l, err, strerror(errno));
}

/* ---- both ------------------------------------------------------------------- */

bool listen_open(struct listening *l, struct err *err)
{
    size_t skip = sizeof unix_prefix - 1;

    l->fd = -1;
    if (strncmp(l->is.listen, unix_prefix, skip) == 0)
        return open_unix(l, l->is.listen + skip, err);
    return open_tcp(l, err);
}

void listen_close(struct listening *l)
{
    struct stat there;

    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    if (l->path && lstat(l->path, &there) == 0 && there.st_dev == l->device &&
        there.st_ino == l->inode)
        (void)!unlink(l->path); /* one of ours, not one that came after */
    free(l->path);
    l->path = NULL;
}

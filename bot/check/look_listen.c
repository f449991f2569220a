/*
 * look_listen: the addresses that opsbot serves on are free, or an opsbot that
 * runs already holds them. An address is taken for a moment, without listening
 * there. Its own thread.
 */
#include <errno.h>
#include <libgen.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bot/check/look.h"
#include "bot/version.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/net/web_ask.h"

#define ASK_MS 2000

/* ---- a port ------------------------------------------------------------------- */

/* "127.0.0.1:8710", "[::1]:80", ":80": as its listener reads it. 0: free, and
 * nobody took it; otherwise an errno. */
static int try_port(const char *listen)
{
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                              .ai_socktype = SOCK_STREAM };
    const char *colon = strrchr(listen, ':');
    char *host = xstrndup(listen, (size_t)(colon - listen));
    size_t len = strlen(host);
    struct addrinfo *at = NULL;
    int yes = 1, problem = 0, fd;
    bool bracket = *host == '[' && host[len - 1] == ']';

    if (bracket)
        host[len - 1] = '\0';
    if (strcmp(host, "localhost") != 0)
        hints.ai_flags |= AI_NUMERICHOST; /* no name server is asked */
    if (getaddrinfo(*host ? host + bracket : NULL, colon + 1, &hints, &at) != 0)
        problem = EADDRNOTAVAIL;
    free(host);
    if (problem)
        return problem;
    fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) != 0)
        problem = errno;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(at);
    return problem;
}

/* What its /health says of its version; NULL: no opsbot answers there. Heap. */
static char *opsbot_at(const struct look *l, const char *listen)
{
    struct web_ask *w = web_ask_new(version_agent(), false);
    const char *host = strncmp(listen, "0.0.0.0:", 8) == 0 ? listen + 7
                       : strncmp(listen, "[::]:", 5) == 0  ? listen + 4
                                                           : listen;
    char *url =
        xasprintf("http://%s%s/health", *host == ':' ? "127.0.0.1" : "", host);
    struct web_request req = { .url = url,
                               .timeout_ms = look_left_ms(l, ASK_MS) };
    struct json_doc *doc = NULL;
    struct err ignored;
    char *version = NULL;
    const char *body;
    size_t len;

    if (web_ask_run(w, &req, &ignored)) {
        body = web_ask_body(w, &len);
        doc = json_doc_parse(body, len, &ignored);
    }
    if (doc && json_doc_has(doc, "replica"))
        version = xstrdup(json_doc_str(doc, "version"));
    json_doc_free(doc);
    web_ask_free(w);
    free(url);
    return version;
}

static const char *port_todo(int problem)
{
    switch (problem) {
    case EADDRINUSE:
        return "stop what listens there (ss -ltnp), or choose another address";
    case EACCES:
        return "choose a port from 1024 on, or allow CAP_NET_BIND_SERVICE";
    default:
        return "choose an address of this machine";
    }
}

/* True: an opsbot runs there. */
static bool look_at_port(struct look *l, const char *id, const char *what,
                         const char *listen)
{
    int problem = try_port(listen);
    char *version = problem == EADDRINUSE ? opsbot_at(l, listen) : NULL;
    bool runs = version != NULL;

    if (runs)
        report_ok(&l->report, id, "%s %s: opsbot %s runs there", what, listen,
                  version);
    else if (problem)
        report_fail(&l->report, id, port_todo(problem), "%s %s: %s", what,
                    listen,
                    problem == EADDRINUSE ? "something else listens there"
                                          : strerror(problem));
    else
        report_ok(&l->report, id, "%s %s is free", what, listen);
    free(version);
    return runs;
}

/* ---- the admin socket -------------------------------------------------------------- */

enum holder { HELD_BY_NOBODY, HELD_BY_OPSBOT, HELD_BY_OTHER, HELD_UNKNOWN };

/* The program of a process, into out. */
static const char *program_of(pid_t pid, char out[32])
{
    char proc[32];
    FILE *f;

    snprintf(proc, sizeof proc, "/proc/%d/comm", (int)pid);
    f = fopen(proc, "re");
    if (!f || !fgets(out, 32, f))
        snprintf(out, 32, "something");
    out[strcspn(out, "\n")] = '\0';
    if (f)
        fclose(f);
    return out;
}

/* Who listens at that path; name: what its program is called. */
static enum holder holder(const char *path, char name[32])
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct ucred who = { 0 };
    socklen_t len = sizeof who;
    enum holder by = HELD_BY_NOBODY;

    snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0) {
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
        by = strcmp(program_of(who.pid, name), "opsbot") == 0 ? HELD_BY_OPSBOT
                                                              : HELD_BY_OTHER;
    } else if (errno == EAGAIN || errno == EACCES) {
        by = HELD_UNKNOWN;
    }
    if (fd >= 0)
        close(fd);
    return by;
}

/* The nearest directory above path that is there, may be written. */
static bool room_for(const char *path)
{
    char *copy = xstrdup(path), *dir = dirname(copy);
    bool ok;

    while (access(dir, F_OK) != 0 && strcmp(dir, ".") != 0 &&
           strcmp(dir, "/") != 0)
        dir = dirname(dir);
    ok = access(dir, W_OK | X_OK) == 0;
    free(copy);
    return ok;
}

/* Nobody listens there now. */
static void look_at_free_path(struct look *l, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        report_fail(&l->report, "listen.admin",
                    "take it away, or choose another path in OPSBOT_ADMIN",
                    "admin %s: there is a file, and it is no socket", path);
    else if (!room_for(path))
        report_fail(&l->report, "listen.admin",
                    "let the user opsbot runs as write there, or choose "
                    "another path in OPSBOT_ADMIN",
                    "admin %s: %s", path, strerror(errno));
    else
        report_ok(&l->report, "listen.admin", "admin %s is free", path);
}

static void look_at_admin_socket(struct look *l, const char *path)
{
    char name[32];

    switch (holder(path, name)) {
    case HELD_BY_NOBODY:
        look_at_free_path(l, path);
        break;
    case HELD_BY_OPSBOT:
        report_ok(&l->report, "listen.admin", "admin %s: opsbot runs there",
                  path);
        break;
    case HELD_BY_OTHER:
        report_fail(&l->report, "listen.admin",
                    "stop it, or choose another path in OPSBOT_ADMIN",
                    "admin %s: %s listens there", path, name);
        break;
    case HELD_UNKNOWN:
        report_warn(&l->report, "listen.admin",
                    "check as the user that opsbot runs as",
                    "admin %s: this user may not see who listens there", path);
        break;
    }
}

/* ---- both --------------------------------------------------------------------------- */

/* Behind TLS and a token its holder cannot be asked who it is: one that runs
 * at the other address is. */
static void look_at_admin_port(struct look *l, bool runs)
{
    const char *admin = l->cfg->admin;

    if (runs && try_port(admin) == EADDRINUSE)
        report_ok(&l->report, "listen.admin",
                  "admin %s: held, as the address above", admin);
    else
        (void)look_at_port(l, "listen.admin", "admin", admin);
}

void look_listen(struct look *l)
{
    const char *admin = l->cfg->admin;
    bool runs = look_at_port(l, "listen", "http", l->cfg->listen);

    if (strncmp(admin, "unix:", 5) == 0)
        look_at_admin_socket(l, admin + 5);
    else
        look_at_admin_port(l, runs);
}

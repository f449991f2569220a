/*
 * db_hosts: the addresses of Postgres, looked up under our deadline: libpq
 * would ask the name servers for as long as they like. One thread at a time,
 * as the connection itself.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/lookup.h"
#include "core/base/mem.h"
#include "core/store/db_link.h"

static const char *option(const PQconninfoOption *options, const char *name)
{
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, name) == 0)
            return o->val ? o->val : "";
    return "";
}

/* The i-th of a comma-separated list; the only one where there is one. Heap. */
static char *item(const char *list, size_t i)
{
    if (!strchr(list, ','))
        return xstrdup(list);
    while (i-- > 0 && *list) {
        list += strcspn(list, ",");
        list += *list == ',';
    }
    return xstrndup(list, strcspn(list, ","));
}

/* The lists must stay as long as each other, also where an entry is empty. */
static void add(struct db_hosts *out, const char *host, const char *address,
                const char *port)
{
    const char *comma = out->count++ ? "," : "";

    buf_fmt(&out->host, "%s%s", comma, host);
    buf_fmt(&out->address, "%s%s", comma, address);
    buf_fmt(&out->port, "%s%s", comma, port);
}

static bool add_found(struct db_hosts *out, const char *host, const char *port,
                      int64_t until, struct err *err)
{
    struct addrinfo *found = NULL;
    char address[INET6_ADDRSTRLEN + 16];

    if (!lookup(host, "0", until, &found, err))
        return false;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address,
                        NULL, 0, NI_NUMERICHOST) == 0)
            add(out, host, address, port);
    freeaddrinfo(found);
    return true;
}

static bool add_one(struct db_hosts *out, const char *host, const char *port,
                    int64_t until, struct err *err)
{
    if (*host && *host != '/' && *host != '@') /* those are sockets */
        return add_found(out, host, port, until, err);
    add(out, host, "", port);
    return true;
}

static size_t count_items(const char *list)
{
    size_t n = 1;

    for (; *list; list++)
        n += *list == ',';
    return n;
}

static void find_all(struct db_hosts *out, const char *hosts, const char *ports,
                     int64_t until, struct err *err)
{
    size_t n = count_items(hosts);

    for (size_t i = 0; i < n; i++) {
        char *host = item(hosts, i), *port = item(ports, i);

        (void)!add_one(out, host, port, until, err); /* another may be found */
        free(host);
        free(port);
    }
}

bool db_hosts_find(struct db_hosts *out, const char *conninfo, int64_t until,
                   struct err *err)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    const char *hosts = option(options, "host");
    bool ask = *hosts && !*option(options, "hostaddr");

    *out = (struct db_hosts){ 0 };
    if (ask)
        find_all(out, hosts, option(options, "port"), until, err);
    PQconninfoFree(options);
    if (!ask || out->count > 0)
        return true;
    err->kind = ERR_DB;
    return err_prefix(err, "cannot connect to Postgres");
}

void db_hosts_dispose(struct db_hosts *hosts)
{
    buf_dispose(&hosts->host);
    buf_dispose(&hosts->address);
    buf_dispose(&hosts->port);
}

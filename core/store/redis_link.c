/*
 * redis_link: the socket below redis.c. One link belongs to one connection,
 * and so to one thread.
 *
 * hiredis connects and parses; waiting is ours, so that a deadline bounds the
 * whole exchange and not each read().
 */
#include "core/store/redis_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/lookup.h"
#include "core/base/wait.h"

/* Decimal and CR LF: snprintf shows in the profile of the hot path. */
static void encode_count(struct buf *out, char kind, size_t n)
{
    char text[24];
    size_t at = sizeof text;

    text[--at] = '\n';
    text[--at] = '\r';
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    text[--at] = kind;
    buf_add(out, text + at, sizeof text - at);
}

void redis_encode(struct buf *out, int argc, const char *const *argv,
                  const size_t *lens)
{
    encode_count(out, '*', (size_t)argc);
    for (int i = 0; i < argc; i++) {
        size_t len = lens ? lens[i] : strlen(argv[i]);

        encode_count(out, '$', len);
        buf_add(out, argv[i], len);
        buf_add(out, "\r\n", 2);
    }
}

void redis_link_close(struct redis_link *l)
{
    if (l->ctx)
        redisFree(l->ctx);
    l->ctx = NULL;
}

/* ---- the exchange --------------------------------------------------------- */

static enum redis_wire lost(const struct redis_link *l, struct err *err)
{
    const char *why = l->ctx->errstr[0] ? l->ctx->errstr : strerror(errno);

    err_set(err, ERR_REDIS,
            "the connection to Redis broke before it answered (%s)", why);
    return WIRE_LOST;
}

#define SLICE ((size_t)64 * 1024)

/* As much as the socket takes. False: the link is broken. */
static bool send_some(struct redis_link *l, struct redis_sending *s)
{
    while (!s->done || s->fed < s->commands->len) {
        size_t left = s->commands->len - s->fed;
        size_t slice = left < SLICE ? left : SLICE;

        if (s->done) {
            redisAppendFormattedCommand(l->ctx, s->commands->data + s->fed,
                                        slice);
            s->fed += slice;
        }
        if (redisBufferWrite(l->ctx, &s->done) != REDIS_OK)
            return false;
        if (!s->done)
            break;
    }
    return true;
}

/* One turn: write what is left, take one reply that is there, or wait. */
static enum redis_wire turn(struct redis_link *l, struct redis_sending *s,
                            redisReply **reply, int64_t until, struct err *err)
{
    short events;

    if (!send_some(l, s))
        return lost(l, err);
    if (redisGetReplyFromReader(l->ctx, (void **)reply) != REDIS_OK)
        return lost(l, err);
    if (*reply)
        return WIRE_OK;
    events = wait_fd(l->ctx->fd, (short)(s->done ? POLLIN : POLLIN | POLLOUT),
                     until);
    if (events == 0) {
        err_set(err, ERR_REDIS, "Redis did not answer in time");
        return WIRE_LATE;
    }
    if (events != POLLOUT && redisBufferRead(l->ctx) != REDIS_OK)
        return lost(l, err);
    return WIRE_OK;
}

enum redis_wire redis_link_send(struct redis_link *l, struct redis_sending *s,
                                const struct buf *commands, struct err *err)
{
    enum redis_wire wire = WIRE_OK;

    *s = (struct redis_sending){ .commands = commands, .done = 1 };
    if (!send_some(l, s)) {
        wire = lost(l, err);
        redis_link_close(l);
    }
    return wire;
}

enum redis_wire redis_link_receive(struct redis_link *l,
                                   struct redis_sending *s,
                                   redisReply **replies, size_t count,
                                   int64_t until, struct err *err)
{
    enum redis_wire wire = WIRE_OK;
    size_t got = 0;

    while (got < count && wire == WIRE_OK) {
        redisReply *reply = NULL;

        wire = turn(l, s, &reply, until, err);
        if (reply)
            replies[got++] = reply;
    }
    if (wire == WIRE_OK)
        return WIRE_OK;
    while (got > 0) {
        freeReplyObject(replies[--got]);
        replies[got] = NULL;
    }
    redis_link_close(l);
    return wire;
}

/* ---- connecting ----------------------------------------------------------- */

/* Nobody speaks on an idle connection: readable means closed, or out of
 * step. */
static bool still_there(const struct redis_link *l)
{
    return l->ctx && wait_fd(l->ctx->fd, POLLIN, 0) == 0;
}

static struct timeval left_of(int64_t until, int64_t addresses)
{
    int64_t left = (until - clock_mono_ms()) / addresses;

    left = left < 1 ? 1 : left;
    return (struct timeval){ left / 1000, left % 1000 * 1000 };
}

static redisContext *dial(const struct addrinfo *at, int port,
                          struct timeval limit)
{
    char address[INET6_ADDRSTRLEN + 16];

    if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address, NULL,
                    0, NI_NUMERICHOST) != 0)
        return NULL;
    return redisConnectWithTimeout(address, port, limit);
}

/* Each address of the host in turn. hiredis would look the name up itself, for
 * as long as the name servers like. */
static bool dial_host(struct redis_link *l, int64_t until, struct err *err)
{
    struct addrinfo *found = NULL;
    int64_t addresses = 0;

    if (!lookup(l->url->host, "0", until, &found, err)) {
        err->kind = ERR_REDIS;
        return err_prefix(err, "cannot connect to Redis");
    }
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        addresses++;
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        redis_link_close(l);
        l->ctx = dial(at, l->url->port, left_of(until, addresses--));
        if (l->ctx && !l->ctx->err)
            break;
    }
    freeaddrinfo(found);
    return true;
}

static bool connect_to(struct redis_link *l, int64_t until, struct err *err)
{
    const struct redis_url *url = l->url;
    int flags;

    if (url->path)
        l->ctx = redisConnectUnixWithTimeout(url->path, left_of(until, 1));
    else if (!dial_host(l, until, err))
        return false;
    if (!l->ctx) {
        err_set(err, ERR_REDIS, "no memory for a connection to Redis");
        return false;
    }
    if (l->ctx->err)
        return err_set(err, ERR_REDIS, "cannot connect to Redis: %s",
                       l->ctx->errstr);
#ifdef HAVE_HIREDIS_SSL
    if (url->tls && !redis_link_tls(l, left_of(until, 1), err))
        return false;
#endif
    flags = fcntl(l->ctx->fd, F_GETFL);
    fcntl(l->ctx->fd, F_SETFL, flags | O_NONBLOCK);
    l->ctx->flags &= ~REDIS_BLOCK;
    return true;
}

static size_t encode_login(struct buf *out, const struct redis_url *url)
{
    size_t count = 0;
    char db[16];

    if (url->pass && url->user) {
        redis_encode(out, 3, (const char *[]){ "AUTH", url->user, url->pass },
                     NULL);
        count++;
    } else if (url->pass) {
        redis_encode(out, 2, (const char *[]){ "AUTH", url->pass }, NULL);
        count++;
    }
    if (url->db > 0) {
        snprintf(db, sizeof db, "%d", url->db);
        redis_encode(out, 2, (const char *[]){ "SELECT", db }, NULL);
        count++;
    }
    return count;
}

/* AUTH and SELECT; a refusal of either means we are not connected. */
static bool log_in(struct redis_link *l, int64_t until, struct err *err)
{
    redisReply *replies[2] = { NULL, NULL };
    struct buf out = { 0 };
    size_t count = encode_login(&out, l->url);
    struct redis_sending s;
    bool ok = count == 0 || (redis_link_send(l, &s, &out, err) == WIRE_OK &&
                             redis_link_receive(l, &s, replies, count, until,
                                                err) == WIRE_OK);

    for (size_t i = 0; i < count && ok; i++)
        if (replies[i]->type == REDIS_REPLY_ERROR)
            ok = err_set(err, ERR_REDIS, "Redis refused the login: %s",
                         replies[i]->str);
    for (size_t i = 0; i < count; i++)
        freeReplyObject(replies[i]);
    if (out.data)
        explicit_bzero(out.data, out.cap);
    buf_dispose(&out);
    return ok;
}

bool redis_link_open(struct redis_link *l, int64_t until, struct err *err)
{
    if (still_there(l))
        return true;
    redis_link_close(l);
    if (connect_to(l, until, err) && log_in(l, until, err))
        return true;
    redis_link_close(l);
    return false;
}

const char *redis_library(void)
{
    static char text[24];

    snprintf(text, sizeof text, "%d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR,
             HIREDIS_PATCH);
    return text;
}

bool redis_has_tls(void)
{
#ifdef HAVE_HIREDIS_SSL
    return true;
#else
    return false;
#endif
}

/*
 * resolve: host names to addresses, off the socket thread.
 *
 * libwebsockets would call getaddrinfo() on the socket thread and hold up
 * every ack. So a look-up runs in a short thread of its own and the answer
 * comes back by callback, on that thread: it must only push to a queue.
 */
#ifndef BOT_RESOLVE_H
#define BOT_RESOLVE_H

#include <stdbool.h>

#define RESOLVE_ADDRESS 64

/* address: a numeric IPv4 or IPv6 address, or NULL with why set. */
typedef void resolve_done(void *arg, const char *address, const char *why);

/* Numeric hosts are answered at once, in the caller. False: no thread to be
 * had; done() is not called. */
bool resolve_start(const char *host, resolve_done *done, void *arg);

/* Waits until no look-up is under way, at most wait_ms. False: one still is,
 * and may still call done(): what arg points to must stay. */
bool resolve_finish(int wait_ms);

#endif

/*
 * peer: the other end of a check: a small server on 127.0.0.1 that does what
 * the test's script says, byte by byte, with TLS if it is given a certificate.
 *
 * A thread for each connection; the script runs on it. What it gets stands in
 * a struct peer_conn; when the script returns, the connection is closed.
 */
#ifndef TESTS_CORE_CHECK_PEER_H
#define TESTS_CORE_CHECK_PEER_H

#include <stdbool.h>
#include <stddef.h>

struct peer;
struct peer_conn;

struct peer_options {
    void (*script)(struct peer_conn *c, void *arg); /* NULL: never accepts */
    void *arg;
    const char *cert, *key; /* PEM; NULL: plain */
    const char *client_ca;  /* clients need a certificate that it knows */
};

struct peer *peer_start(const struct peer_options *options);
void peer_stop(struct peer *p); /* ends all scripts; NULL is fine */
int peer_port(const struct peer *p);
int peer_count(struct peer *p); /* connections so far */

/* ---- for scripts ---------------------------------------------------------- */

int peer_number(const struct peer_conn *c); /* of the connection, from 1 */
/* Up to an empty line, with it; NULL: hung up. Borrowed until the next. */
const char *peer_head(struct peer_conn *c);
/* Exactly len bytes. */
bool peer_read(struct peer_conn *c, void *out, size_t len);
bool peer_send(struct peer_conn *c, const void *data, size_t len);
bool peer_say(struct peer_conn *c, const char *text);
/* Waits; false: the test is over. */
bool peer_wait(struct peer_conn *c, int ms);
/* An HTTP answer with its length. */
bool peer_answer(struct peer_conn *c, int status, const char *body);
/* The WebSocket that a head asks for, granted, after RFC 6455 and not after
 * our own client. False: it does not ask for one. */
bool peer_upgrade(struct peer_conn *c, const char *head);

#endif

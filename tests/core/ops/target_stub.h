/*
 * target_stub: a target of halts for tests: a small HTTP server, with TLS if
 * asked, that keeps what it was asked and answers what the test's handler
 * says.
 *
 * A thread for each connection, keep-alive, 127.0.0.1 at a free port. The
 * handler runs on those threads, one at a time.
 */
#ifndef TESTS_CORE_OPS_TARGET_STUB_H
#define TESTS_CORE_OPS_TARGET_STUB_H

#include <stdbool.h>
#include <stddef.h>

struct stub_request {
    char *path, *head, *body; /* head: request line and headers */
    bool post;
    int conn; /* number of the connection, from 1 */
};

/* number: how many of this path came before, from 0. */
struct stub_reply {
    int status;          /* 0: 200 */
    const char *headers; /* whole lines, or NULL */
    const char *body;    /* static, or NULL for {} */
    int delay_ms;
    bool hang_up; /* close without an answer */
};

typedef struct stub_reply stub_handler(void *arg,
                                       const struct stub_request *request,
                                       int number);

/* PEM files in a directory: ca.pem, server.pem and .key for 127.0.0.1,
 * client.pem and .key, other.pem and .key (of nobody known). */
void stub_make_certificates(const char *dir);

struct target_stub;
/* dir NULL: plain; else TLS, with the server's certificate of it, for clients
 * that its ca knows. */
struct target_stub *target_stub_start(const char *dir, stub_handler *handler,
                                      void *arg);
void target_stub_stop(struct target_stub *s);
int target_stub_port(const struct target_stub *s);

/* How many requests of a path came; the i-th of them (borrowed until the end;
 * aborts when it is not there). */
int target_stub_count(struct target_stub *s, const char *path);
const struct stub_request *target_stub_request(struct target_stub *s,
                                               const char *path, int i);

#endif

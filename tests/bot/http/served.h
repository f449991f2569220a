/*
 * served: a server that says what it read, for the tests of server.h. One at a
 * time; the test's thread.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <semaphore.h>
#include <stdatomic.h>

#include "bot/http/server.h"

#define HOST "Host: x\r\n"

extern struct server *server;
extern int port;
extern _Atomic int handled;   /* requests that were read whole */
extern _Atomic uint64_t kept; /* number of the one at /wait */
extern sem_t arrived;         /* posted by that one */

/* Fails the test after 20 s. */
void wait_sem(sem_t *sem);
void reply_text(struct request *rq, int status, const char *text);

/* Says what it read. /wait waits for whoever answers, /big is long, /no is
 * turned away by its head. */
struct listener listener_at(const char *listen);
/* Into server and port. */
void serve(struct listener listener);

#endif

/*
 * serving: a server of the test's own, which says what it read. One a process:
 * Criterion gives each test its own.
 */
#ifndef TESTS_BOT_SERVING_H
#define TESTS_BOT_SERVING_H

#include <semaphore.h>
#include <stdatomic.h>

#include "bot/http/server.h"
#include "tests/bot/http/raw.h"

#define HOST "Host: x\r\n"

extern struct server *serving;
extern int serving_port;
extern _Atomic int handled;   /* requests that came to a handler */
extern _Atomic int limited;   /* that were too long for /small at once */
extern _Atomic uint64_t kept; /* number of the one at /wait */
extern sem_t arrived;         /* it is there */
extern struct raw_answer answer;

/*
 * Everything is answered with what it was: "method path?query length:body
 * [x-mark xcount] peer local uid 'name' address". /wait waits for whoever
 * answers, /big is long, /no is 401 before its body, what goes to /small has at
 * most 1000 bytes, which come within 100 ms.
 */
struct listener serving_listener(const char *listen);
void serve(struct listener listener);
void serve_anywhere(void); /* on 127.0.0.1, as a test's init */
void serve_end(void);      /* its fini */
void reply_text(struct request *rq, int status, const char *text);
void wait_sem(sem_t *sem);

#endif

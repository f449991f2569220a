/*
 * forger: a process that sends forged requests to a request URL: signatures of
 * the right form and the right time, by nobody who knows the secret, on
 * connections that are kept.
 */
#ifndef BENCH_FORGER_H
#define BENCH_FORGER_H

#include <sys/types.h>

struct forger {
    pid_t pid;
    int out; /* what it did, when it is told to end */
};

struct forged {
    long sent, refused, other; /* 401; anything else */
    double per_second;
};

/* address: "127.0.0.1:PORT". Goes on at that rate until forger_stop(). */
void forger_start(struct forger *f, const char *address, int rate,
                  int connections);
void forger_stop(struct forger *f, struct forged *out);

#endif

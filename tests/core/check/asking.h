/*
 * asking: one check of a test, as it is configured, what it is asked of, and
 * what came of it. One thread; the peer has its own.
 */
#ifndef TESTS_CORE_CHECK_ASKING_H
#define TESTS_CORE_CHECK_ASKING_H

#include "core/base/err.h"
#include "core/check/check.h"
#include "tests/core/check/peer.h"

#define PATIENT_MS 30000 /* for what comes: CI is slow */
#define HASTY_MS   300   /* for what never comes */

struct asking {
    struct config config;
    struct config_holder now; /* of it */
    struct check_world world;
    struct config_check spec; /* defaults, as the configuration has them */
    struct peer *peer;        /* NULL: none */
    struct checker *checker;  /* made by the first asking */
    struct check_result result;
    char url[256];
};

/* Defaults of the kind; curl is ready. */
void asking_start(struct asking *a, enum check_kind kind);
void asking_stop(struct asking *a);

/* Starts its peer; spec.url becomes fmt with the peer's port. */
void asking_peer(struct asking *a, const struct peer_options *options,
                 const char *fmt);
/* What an HTTP peer answers to every request, and the last one it got. */
struct asking_stub {
    int status;
    const char *body;
    char asked[512]; /* its request line */
};
/* A script: arg is a struct asking_stub. */
void asking_same(struct peer_conn *c, void *arg);
/* Another spec from now on: the checker is made anew. */
void asking_anew(struct asking *a);

/* Asks once. Fails the test unless it went so and the text is, or contains,
 * text; took must fit the time-out. */
void expect_ok(struct asking *a, const char *text);
void expect_bad(struct asking *a, const char *text);

#endif

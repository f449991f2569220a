/*
 * admin: the admin API, asked as programs ask it. One thread.
 */
#ifndef INTEGRATION_ADMIN_H
#define INTEGRATION_ADMIN_H

#include "tests/integration/common.h"

struct admin_reply {
    long status; /* 0: the connection was closed without an answer */
    char *body;  /* heap, "" if there is none */
    char type[64], allow[64];
    long retry_after;
    json_t *json; /* new reference; NULL: it is no JSON */
};
void admin_reply_free(struct admin_reply *r);

/* How to ask; all may be NULL. */
struct admin_ask {
    const char *body;    /* JSON text; sent as application/json */
    const char *key;     /* Idempotency-Key */
    const char *token;   /* bearer */
    const char *header;  /* one more: "Accept: text/plain" */
    const char *type;    /* Content-Type, instead */
    const char *address; /* "https://127.0.0.1:PORT"; NULL: the socket of the
                          * first bot */
    const char *ca, *cert, *cert_key; /* PEM files */
    int bot;                          /* which one's socket; 0: the first */
};
/* path with its query, escaped. Waits up to a minute. */
struct admin_reply admin_call(struct harness *h, const char *method,
                              const char *path, const struct admin_ask *ask);
/* The same without anything; fails unless it is answered with status. Borrowed:
 * valid until the next call. */
json_t *admin_json(struct harness *h, long status, const char *method,
                   const char *path, const char *body);

/* Bytes as they stand, and the answer until the other end closes, or
 * limit_ms; heap. */
char *admin_raw(struct harness *h, const char *bytes, size_t len, int limit_ms);

/* "/…/state1/admin.sock". Heap. */
char *admin_socket(struct harness *h, int bot);

/* The text at a path of members ("error.kind"), "" if there is none. */
const char *json_at(const json_t *root, const char *path);

#endif

/*
 * servers: what the harness's own files share: Redis, Postgres, the sandbox,
 * and the list of bots. One thread; everything belongs to its harness.
 */
#ifndef HARNESS_SERVERS_H
#define HARNESS_SERVERS_H

#include "tests/harness/harness.h"

void servers_start(struct harness *h); /* those of its options, and waits */
void servers_stop(struct harness *h);  /* politely */
void servers_free(struct harness *h);  /* at once */

/* The agents that were started and not stopped: where their logs are (called
 * back for each), and away with them at once. */
void agents_logs(void (*each)(const char *name, const char *path));
void agents_abandon(void);

/* The program to test: $variable, else build/FLAVOUR/name beside the program
 * that runs, else build/name. Heap. */
char *servers_program(const char *variable, const char *name);

struct opsbot *opsbot_next(
    const struct opsbot *bot);        /* in the order of their start */
void opsbots_free(struct harness *h); /* at once */

/* One HTTP exchange on the harness's own connection; body NULL: no body. The
 * status, 0 if nobody answers. *answer is heap text. */
long http_exchange(struct harness *h, const char *method, const char *url,
                   const char *body, char **answer);

/* The same with all there is to say. */
struct http_ask {
    const char *method, *url;
    const char *body, *token; /* NULL: none; token: Authorization: Bearer */
    int limit_ms;             /* 0: ten minutes */
};
long http_ask(struct harness *h, const struct http_ask *ask, char **answer);
void http_done(struct harness *h); /* closes that connection */
void sql_done(struct harness *h);  /* closes that of sql() */

/* The sandbox is told the request URLs of the bots that were ready once; with
 * verify it fails unless a bot passes Slack's check of its URL. */
void opsbots_told(struct harness *h, bool verify);

/* A port nobody listens on, outside the range for outgoing connections. */
int free_port(void);

/* An absolute path below the harness's directory; heap. */
char *below(const struct harness *h, const char *name);

#endif

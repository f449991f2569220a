/*
 * client: asks opsbot's admin API, one command line at a time.
 *
 * An answer that is lost on the way (the other end hung up) is asked for
 * again under the same key, so that what was done is not done twice. Nothing
 * else is repeated. One thread.
 */
#ifndef BOT_OPSCTL_CLIENT_H
#define BOT_OPSCTL_CLIENT_H

#include "bot/opsctl/answer.h"
#include "bot/opsctl/where.h"

#define CLIENT_TIMEOUT_S 40
#define CLIENT_KEY_MOST  128 /* characters of a key */

struct client;

/* where: borrowed for life. timeout_ms: for one answer, repetitions included.
 * curl_global_init() has been called. */
struct client *client_new(const struct where *where, long timeout_ms);
void client_free(struct client *c); /* NULL is fine */

/*
 * Asks line. key: NULL for what may be asked as often as one likes.
 * False: there is no answer. ERR_SYSTEM: nobody is there; ERR_DENIED: the
 * socket is not for us; ERR_CONFIG: a certificate; ERR_BUSY: the answer was
 * lost, and whether it was done is not known: err names the key.
 */
MUST_CHECK bool client_ask(struct client *c, const char *line, const char *key,
                           struct answer *out, struct err *err);

#endif

/*
 * get: one GET over a connection that is kept: what the http and prometheus
 * checks have in common. Internal to core/check.
 *
 * A handle of curl's easy interface for each check: its connection stays open
 * between askings and is made anew every five minutes, so that a changed
 * address or certificate is noticed. See web.h for what holds for all. One
 * thread at a time.
 */
#ifndef CORE_CHECK_GET_H
#define CORE_CHECK_GET_H

#include <stddef.h>

#include "core/check/check_parts.h"

#define GET_BODY (64 << 10) /* bytes of an answer that are read */

struct get;

/* Uses ca, client_cert, client_key and token of spec, borrowed for life. */
struct get *get_new(const struct config_check *spec);
void get_free(struct get *g); /* NULL is fine */

/* As it stands in a URL's query. Heap. */
char *get_escape(const char *text);

/* Texts are valid until the next get_run(). */
struct get_answer {
    int status;
    const char *body;
    size_t len;
    bool cut; /* there was more than GET_BODY: the connection was closed */
};

/* False: there is no whole answer, and check_bad() has been called. */
MUST_CHECK bool get_run(struct get *g, struct check_ask *ask, const char *url,
                        struct get_answer *out);

#endif

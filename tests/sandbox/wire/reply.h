/*
 * reply: an HTTP/1.1 answer, taken apart.
 *
 * Pure: it is given all that has come so far and says whether that is a whole
 * answer. Interim answers (1xx) are skipped. Names of headers are in lower
 * case; of several of one name the values are joined by ", ". One thread.
 */
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

struct reply {
    int status;
    json_t *headers; /* {name: value} */
    struct buf body;
    size_t used;     /* bytes of the input; what is behind is not looked at */
    bool keep_alive; /* the connection may carry another request */
    const char *raw; /* the client's: all that came until the end, or NULL */
    size_t raw_len;
};

enum reply_state {
    REPLY_MORE,  /* there has to come more; *out is empty */
    REPLY_WHOLE, /* *out is filled: reply_dispose() it */
    REPLY_BAD,   /* this is no HTTP answer; *out is empty */
};

/* ended: nothing more will come, which ends a body without a length. */
enum reply_state reply_parse(const char *data, size_t len, bool ended,
                             struct reply *out);
void reply_dispose(struct reply *reply);

/* "" if absent. Borrowed. */
const char *reply_header(const struct reply *reply, const char *name);

#endif

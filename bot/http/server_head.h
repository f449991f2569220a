/*
 * server_head: the head of an HTTP/1.1 request, and chunked bodies. Pure.
 *
 * Strict: what two readers could take for two different requests is refused,
 * not guessed at (RFC 9112 §2.2, §5.1, §6.3): bare CR or LF, NUL, folded lines,
 * white space before a colon, a length twice or beside Transfer-Encoding, no
 * Host or two, codings other than chunked, chunk extensions and trailers.
 */
#ifndef BOT_SERVER_HEAD_H
#define BOT_SERVER_HEAD_H

#include "bot/http/server.h"

#define HEAD_BYTES  16384 /* all of it, at most */
#define HEAD_FIELDS 100
#define HEAD_TARGET 4096 /* bytes of path and query */

struct field {
    const char *name; /* lower case */
    const char *value;
};

/* Points into the text it was made from. */
struct head {
    enum method method;
    const char *path;  /* decoded */
    const char *query; /* raw, "" if there is none */
    struct field fields[HEAD_FIELDS];
    size_t count;
    bool close;      /* the client wants no other request on this connection */
    bool chunked;    /* else length bytes follow */
    bool awaits;     /* Expect: 100-continue */
    uint64_t length; /* of the body */
};

/*
 * How long the head at data is, with its blank line; 0: more of it is to come.
 * -1: it can become none. *seen: where to go on looking, 0 at first.
 */
long head_find(const char *data, size_t len, size_t *seen);

/*
 * text: what head_find() measured; it is taken apart in place, so it must
 * live as long as out. 0, or the status that refuses it (the connection is of
 * no more use then), and *why it did, in a few words.
 */
MUST_CHECK int head_parse(char *text, size_t len, struct head *out,
                          const char **why);

/* By lower-case name. *count: how many there are (may be NULL). "" if none. */
const char *head_field(const struct head *head, const char *name,
                       size_t *count);

/* ---- chunked bodies ------------------------------------------------------- */

enum chunk {
    CHUNK_SIZE, /* before or in the digits */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_END_CR, /* after the last one: no trailers */
    CHUNK_END_LF,
    CHUNK_OVER,
    CHUNK_BROKEN,
};

/* Zeroed: before the first byte. */
struct chunks {
    enum chunk at;
    unsigned digits;
    uint64_t left; /* of this chunk; CHUNK_SIZE: what its digits say so far */
};

/*
 * One step through data: *used bytes of it are taken; of them *body (with *len)
 * are the body's, the last ones. Ends with CHUNK_OVER or CHUNK_BROKEN, or when
 * data is used up.
 */
void chunks_step(struct chunks *c, const char *data, size_t n, size_t *used,
                 const char **body, size_t *len);

#endif

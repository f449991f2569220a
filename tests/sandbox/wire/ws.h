/*
 * ws: RFC 6455 framing, the server's side. No sockets, no state.
 */
#ifndef SANDBOX_WS_H
#define SANDBOX_WS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

#define WS_ACCEPT_TEXT   32            /* room for ws_accept() */
#define WS_MESSAGE_LIMIT (1024 * 1024) /* bytes from a client, reassembled */
#define WS_CONTROL_LIMIT 125           /* bytes in a ping, pong or close */

/* RFC 6455 §5.2. */
enum ws_op {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

/* Close codes we use. */
enum ws_code {
    WS_NORMAL = 1000,
    WS_PROTOCOL_ERROR = 1002,
    WS_NO_CODE = 1005,  /* a Close without one; never on the wire */
    WS_ABNORMAL = 1006, /* no Close at all; never on the wire */
    WS_TOO_BIG = 1009,
};

/* One frame as it came; a message may be several. */
struct ws_frame {
    bool fin;
    enum ws_op op;
    char *data; /* into the buffer that was parsed; not NUL-terminated */
    size_t len;
};

/* WS_MORE: the frame is not whole yet. */
enum ws_parsed { WS_MORE, WS_FRAME, WS_BAD };

/*
 * Takes one client frame off the front of in, and unmasks it in place: to be
 * called once per frame. WS_FRAME: *used bytes are to be eaten. WS_BAD: *why
 * is static text and *code what to close with.
 */
enum ws_parsed ws_parse(char *in, size_t len, struct ws_frame *frame,
                        size_t *used, const char **why, enum ws_code *code);

/* Writing: */

/* Appends a server frame (not masked), or only its head. */
void ws_head(struct buf *out, bool fin, enum ws_op op, size_t len);
void ws_write(struct buf *out, bool fin, enum ws_op op, const void *data,
              size_t len);
void ws_write_close(struct buf *out, int code, const char *reason);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
void ws_accept(const char *key, char out[WS_ACCEPT_TEXT]);

#endif

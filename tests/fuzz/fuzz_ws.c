/*
 * fuzz_ws: what a WebSocket server says, from the first byte of its answer to
 * the upgrade: it ends, nothing is kept beyond its bound, and where it goes
 * wrong there is a reason. The first byte of the input says whether the
 * upgrade is granted by us, so that frames are reached without a hash.
 */
#include "core/check/ws.c"
#include "core/net/wire.c"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAID_MOST 16384 /* it and our pongs fit into the socket: nobody reads */

static void read_frames(struct wire *w, int64_t until)
{
    struct buf message = { 0 };
    struct err err = { 0 };

    while (ws_next(w, &message, until, &err))
        if (message.len > WS_MESSAGE)
            abort();
    if (err.kind == ERR_NONE || !err.text[0])
        abort();
    buf_dispose(&message);
}

static void read_answer(struct wire *w, int64_t until)
{
    struct buf head = { 0 };
    struct err err = { 0 };
    bool ok = read_head(w, &head, until, &err) &&
              accepted(buf_text(&head), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &err);

    if (head.len > HEAD_MAX || (!ok && !err.text[0]))
        abort();
    if (ok)
        read_frames(w, until);
    buf_dispose(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t until = clock_mono_ms() + 5000;
    int ends[2];

    if (size < 1 || size > SAID_MOST)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
        abort();
    if (send(ends[0], data + 1, size - 1, MSG_NOSIGNAL) == (ssize_t)size - 1) {
        shutdown(ends[0], SHUT_WR);
        if (data[0] & 1)
            read_frames(&(struct wire){ ends[1], NULL }, until);
        else
            read_answer(&(struct wire){ ends[1], NULL }, until);
    }
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/*
 * wire: struct sandbox, as the files of the wire half see it.
 *
 * Everything hangs on it. The world half never includes this: it sees
 * sandbox.h.
 */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include "tests/sandbox/wire/calls.h"
#include "tests/sandbox/wire/conn.h"
#include "tests/sandbox/wire/fault.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/link/link.h"
#include "tests/sandbox/link/load.h"
#include "tests/sandbox/wire/loop.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/slacktime.h"
#include "tests/sandbox/wire/stream.h"
#include "tests/sandbox/wire/transcript.h"
#include "tests/sandbox/wire/wait.h"

struct sandbox {
    struct slacktime time;
    struct loop *loop;
    struct conns conns;
    struct http_server *http;
    struct transcript *transcript;
    struct calls *calls;
    struct faults *faults;
    struct link *link;
    struct waits *waits;
    struct streams *streams; /* pages that are looking */
    struct load *load;       /* NULL: none is running */
    struct world *world;
    uint64_t random; /* state of the generator */
    bool verbose;
    bool changed; /* since the waiting calls were looked at */
};

struct sandbox_options {
    int port; /* 0: a free one */
    bool seeded;
    uint64_t seed;
    bool verbose;
};

/* Fills the caller's zeroed struct and listens; loop_run() comes next.
 * sandbox_stop() is due also after a failure. */
MUST_CHECK bool sandbox_start(struct sandbox *sb,
                              const struct sandbox_options *options,
                              struct err *err);
void sandbox_stop(struct sandbox *sb);

/* Any number, from the generator that --seed starts. */
uint64_t sandbox_random(struct sandbox *sb);

#endif

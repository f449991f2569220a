/*
 * config_now: the configuration as it is now, and all that were before it.
 *
 * A reload publishes another struct config; nobody's is ever changed. Whoever
 * does something takes config_now() once, at its beginning, and goes by that
 * to its end. What it has taken stays valid for the life of the holder, so
 * pieces of it may be kept (a check's spec, a target): nobody counts who still
 * looks at an old one. That is bounded: a reload that changes nothing keeps
 * nothing, and after CONFIG_KEPT of them, or CONFIG_KEPT_BYTES of files, the
 * next is refused and a restart asked for (at one change a day, in years).
 *
 * Keys that need a restart (see config_diff.c) are the same in all of them:
 * whoever needs only those may keep the first.
 */
#ifndef CORE_CONFIG_NOW_H
#define CORE_CONFIG_NOW_H

#include <stdatomic.h>

#include "core/config.h"

#define CONFIG_KEPT       1000
#define CONFIG_KEPT_BYTES (16u << 20)

/* For a test that has a struct config: { .now = &cfg }; not disposed of. */
struct config_holder {
    _Atomic(const struct config *) now;
    struct config **kept; /* now is the last; of the one thread that reloads */
    size_t count, bytes;
};

/* Takes first. */
void config_holder_init(struct config_holder *h, struct config *first);
/* Frees all there were: after every thread. */
void config_holder_dispose(struct config_holder *h);

/* Any thread. Borrowed, for the holder's life. */
const struct config *config_now(const struct config_holder *h);

/* ---- the one thread that reloads ----------------------------------------------- */

enum config_reload {
    CONFIG_BAD,  /* err says why; all is as before */
    CONFIG_SAME, /* nothing differs: *next is NULL */
    CONFIG_NEXT, /* *next is to be published; *diff says what differs */
};

/* Loads path anew, or NULL as config_load(). ERR_CONFIG: the file; ERR_BUSY:
 * too many are kept. Dispose of *diff. */
enum config_reload config_reload(const struct config_holder *h,
                                 const char *path, struct config **next,
                                 struct config_diff *diff, struct err *err);
/* Takes next: the present one from now on. */
void config_publish(struct config_holder *h, struct config *next);

#endif

/*
 * journal_parts: what the files of the journal share. Internal to core/ops.
 *
 *   journal.c         opening, adding, draining; the locks
 *   journal_file.c    the files themselves; under the caller's locks
 *   journal_record.c  one line  (pure)
 */
#ifndef CORE_OPS_JOURNAL_PARTS_H
#define CORE_OPS_JOURNAL_PARTS_H

#include <pthread.h>
#include <sys/types.h>

#include "core/base/buf.h"
#include "core/ops/journal.h"

struct journal {
    int dir, fd;
    char *name;            /* the directory, for errors */
    pthread_mutex_t lock;  /* what follows, and the file's end */
    pthread_mutex_t drain; /* one drain at a time; taken before lock */
    off_t size;            /* whole records end here */
    off_t drained;         /* those before are done */
    size_t waiting;        /* records from there on */
    int64_t since;
    bool unclean; /* what is past size could not be cut off yet */
};

/* Explains errno: "the journal in …: cannot <what>: …". Returns false. */
bool journal_failed(const struct journal *j, const char *what, struct err *err);
/* A file in the directory, made if need be, for us alone; -1: errno. */
int journal_open_beside(const struct journal *j, const char *name, int flags);
/* Adds to one of the files of what is no record any more. */
bool journal_put_aside(struct journal *j, const char *name,
                       const struct buf *text, struct err *err);
/* The line at `at`, without its end; *whole: it has one before limit. */
bool journal_read_line(struct journal *j, off_t at, off_t limit,
                       struct buf *line, bool *whole, struct err *err);

/* ---- how far it is drained: a note in a file beside it ----------------------- */

bool journal_keep_drained(struct journal *j, off_t drained);
/* Nothing of the file is drained: before it is emptied, so that the note
 * never speaks of another file's bytes. */
bool journal_forget_drained(struct journal *j);
/* A note that does not fit the file counts as none. */
off_t journal_load_drained(struct journal *j, off_t size);

#endif

/*
 * journal_dir: a journal in a directory of its own, for tests. One thread.
 */
#ifndef TESTS_CORE_OPS_JOURNAL_DIR_H
#define TESTS_CORE_OPS_JOURNAL_DIR_H

#include "core/base/buf.h"
#include "core/ops/journal.h"

struct journal_dir {
    char dir[64];
    struct journal *j;
    struct err err;
};
extern struct journal_dir jd; /* that of the running test */

void journal_dir_start(void);
void journal_dir_stop(void);
void journal_reopen(void);  /* closes it first, unless it is NULL */
void add(const char *json); /* a JOURNAL_AUDIT */

/* What was drained. */
struct taken {
    struct buf text; /* "kind json;…" */
    size_t count;
    size_t until;         /* stops at this record; 0: at none */
    struct journal *feed; /* gets one more record at the first */
};
journal_each take; /* arg: a struct taken */
/* Drains with take(), and compares the text. */
void expect_drain(size_t until, const char *wanted);

/* Of files beside it. Paths and texts are heap; -1: there is none. */
char *path_of(const char *name);
char *text_of(const char *name);
long size_of(const char *name);

#endif

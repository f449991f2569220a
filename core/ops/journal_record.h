/*
 * journal_record: one line of the journal: "<crc32> <wall ms> <kind> <JSON>",
 * the checksum that of all behind it. Internal to core/ops. No state, any
 * thread.
 */
#ifndef CORE_OPS_JOURNAL_RECORD_H
#define CORE_OPS_JOURNAL_RECORD_H

#include <stdint.h>

#include "core/base/buf.h"

/* Borrowed from the line it was read from. */
struct record {
    int64_t at; /* wall ms, when it was added */
    const char *kind, *json;
};

/* Appends the line, with its end, as of now. */
void record_write(struct buf *line, const char *kind, const char *json);

/* Takes a line without its end apart, in place. False: it is not as it was
 * written, and is left alone. */
MUST_CHECK bool record_parse(struct buf *line, struct record *out);

#endif

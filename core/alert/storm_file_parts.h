/*
 * storm_file_parts: what the files of storm_file share. Internal to
 * core/alert.
 *
 *   storm_file.c  somebody asks
 *   storm_owed.c  it is made, and what came of it
 *   storm_line.c  what is in it
 */
#ifndef CORE_ALERT_STORM_FILE_PARTS_H
#define CORE_ALERT_STORM_FILE_PARTS_H

#include "core/alert/storm_file.h"
#include "core/alert/storm_parts.h"

#define FILE_MS(column)                                                        \
    "coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

/* Of storm_files f and alert_storms s, in the order of storm_file_read(). */
#define FILE_COLUMNS                                                           \
    "f.id, f.storm, s.channel, f.asked_by, f.by_name, f.link, f.error,"        \
    " f.lines, " FILE_MS("f.asked_at") ", " FILE_MS(                           \
        "f.ended_at") ", f.tries, f.content"
#define FILE_COLUMN_COUNT 12

/* The first row. What *f held is not freed. */
void storm_file_read(struct storm_file *f, const struct db_rows *rows);
/* Heap; "" without content. */
char *storm_file_name(int64_t storm, const char *content);

/* A digest of all lines of a storm; the same as long as nothing in them has
 * changed. Heap. */
MUST_CHECK bool storm_file_content(struct db *db, const char *storm,
                                   char **content, struct err *err);
/* Appends them, piece by piece, in the open transaction. *count: how many, less than all where
 * FILE_BYTES is reached. */
MUST_CHECK bool storm_file_lines(struct db *db, const char *storm,
                                 struct buf *out, int64_t *count,
                                 struct err *err);

#endif

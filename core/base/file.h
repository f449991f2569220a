/*
 * file: what several parts do with small files of theirs. No state, any
 * thread. False: errno says why.
 */
#ifndef CORE_BASE_FILE_H
#define CORE_BASE_FILE_H

#include <stddef.h>

#include "core/base/err.h"

/* All of it, however many writes that takes. */
MUST_CHECK bool file_write_all(int fd, const char *data, size_t len);

/* Makes the directories above path, for us alone; those that are there stay
 * as they are. What is in the way shows when the file is opened. */
void file_make_way(const char *path);

/* What path holds from now on, for us alone to read, on the disk. A crash
 * leaves the old or the new, whole. */
MUST_CHECK bool file_replace(const char *path, const char *data, size_t len);

#endif

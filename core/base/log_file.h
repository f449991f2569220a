/*
 * log_file: the file that log lines go to, where one is configured.
 *
 * Appended to (logrotate's copytruncate is fine), and opened anew by
 * log_file_set(), which is what SIGHUP does after a rotation by renaming. A
 * file that has been removed is made again within a second or two. What cannot be
 * written (disk full, directory gone, no permission) stops nobody: the line
 * is the caller's to write elsewhere, and the file is tried again every
 * LOG_FILE_AGAIN_MS. Any thread; a lock, held for the write.
 */
#ifndef CORE_BASE_LOG_FILE_H
#define CORE_BASE_LOG_FILE_H

#include <stddef.h>

#include "core/base/err.h"

#define LOG_FILE_AGAIN_MS 10000
#define LOG_FILE_NOTE     320

/* Opens path (copied; 0640, its directory must be there) for all lines from
 * now on; the same path again opens it anew. NULL: there is no file. False:
 * it cannot be opened now (ERR_SYSTEM), and is tried again. */
MUST_CHECK bool log_file_set(const char *path, struct err *err);

/* A whole line. False: there is no file, or it cannot be written now. *note:
 * what people should know, once each time that changes; "" mostly. */
MUST_CHECK bool log_file_write(const char *line, size_t len,
                               char note[LOG_FILE_NOTE]);

#endif

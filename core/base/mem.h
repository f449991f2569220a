/*
 * mem: allocation that cannot fail.
 *
 * Running out of memory ends the process with a message: everything recorded
 * is in Redis and Postgres, and a supervisor starts us again. So nobody checks
 * the result. Free with free(). Any thread.
 */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

#include "core/base/err.h"

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* zeroed */
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif

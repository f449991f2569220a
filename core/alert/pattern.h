/*
 * pattern: a regular expression that has to match all of a label's value.
 * Internal to core/alert.
 *
 * Written as for Alertmanager, whose expressions are RE2's, matched as POSIX
 * extended ones: what both know is translated, what POSIX does not know is
 * refused with a word of what to write instead, nothing silently means
 * something else. One difference stays: \b and \B are the C library's, to
 * which "ö" is a letter. Most patterns are a list of words or the
 * beginning of one, and are compared without the C library's machine.
 *
 * Read-only once it is made: any thread.
 */
#ifndef CORE_ALERT_PATTERN_H
#define CORE_ALERT_PATTERN_H

#include <stddef.h>

#include "core/base/err.h"

#define PATTERN_MOST    1000 /* bytes of one */
#define PATTERN_REPEATS 1000 /* {…} of one, multiplied: memory */

struct pattern;

/* NULL: ERR_USER says what is wrong with it. */
struct pattern *pattern_new(const char *text, struct err *err);
void pattern_free(struct pattern *p); /* NULL is fine */
bool pattern_fits(const struct pattern *p, const char *value);
/* The words that it is a list of, sorted; NULL: it is none. Borrowed. */
const char *const *pattern_words(const struct pattern *p, size_t *count);

/* Internal to pattern*.c: as POSIX has it; heap, NULL as pattern_new(). any:
 * what "." becomes. *fold: (?i), upper and lower case are the same. */
char *pattern_posix(const char *text, const char *any, bool *fold,
                    struct err *err);

#endif

/*
 * news: what fails for the same reason each time it is tried, said once and
 * then once a minute, not at every try.
 *
 * A struct belongs to one thread, and to one thing that is tried again and
 * again; all zero at first.
 */
#ifndef CORE_BASE_NEWS_H
#define CORE_BASE_NEWS_H

#include <stdint.h>

#include "core/base/err.h"

#define NEWS_AGAIN_MS 60000

struct news {
    char text[sizeof((struct err *)0)->text]; /* said last; "": nothing */
    int64_t at;                               /* mono ms: when */
};

/* Is text worth a line now? True for another one than the last, and for the
 * same a minute later. */
bool news_is(struct news *n, const char *text);
/* It went well: whatever is next is news. */
void news_over(struct news *n);

#endif

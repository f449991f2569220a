#include "tests/core/alert/labelled.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct labels labelled(const char *text)
{
    struct labels l = { .items = NULL };
    char *copy = xstrdup(text), *rest = copy, *word;

    while ((word = strsep(&rest, " ")) != NULL) {
        char *value = strchr(word, '=');

        if (!value)
            continue;
        *value++ = '\0';
        if (!labels_set(&l, word, value))
            abort();
    }
    free(copy);
    return l;
}

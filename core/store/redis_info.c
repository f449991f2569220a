/*
 * redis_info: fields out of what Redis answers to INFO. Pure, any thread.
 */
#include "core/store/redis_info.h"

#include <stdlib.h>
#include <string.h>

const char *redis_info(const char *info, const char *name, char out[REDIS_INFO])
{
    size_t len = strlen(name), n;
    const char *line = info;

    out[0] = '\0';
    while (line && (strncmp(line, name, len) != 0 || line[len] != ':')) {
        line = strchr(line, '\n');
        line += line != NULL;
    }
    if (!line)
        return out;
    n = strcspn(line + len + 1, "\r\n");
    n = n < REDIS_INFO ? n : REDIS_INFO - 1;
    memcpy(out, line + len + 1, n);
    out[n] = '\0';
    return out;
}

bool redis_info_is(const char *info, const char *name, const char *value)
{
    char text[REDIS_INFO];

    return strcmp(redis_info(info, name, text), value) == 0;
}

double redis_info_number(const char *info, const char *name)
{
    char text[REDIS_INFO];

    return strtod(redis_info(info, name, text), NULL);
}

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

const char *redis_info_risk(const char *info)
{
    char policy[REDIS_INFO];

    redis_info(info, "maxmemory_policy", policy);
    if (redis_info_is(info, "aof_enabled", "0"))
        return "it has no append only file: what is recorded there is lost "
               "when it restarts. Set `appendonly yes`";
    if (redis_info_number(info, "maxmemory") <= 0)
        return NULL;
    if (strncmp(policy, "allkeys-", 8) == 0)
        return "it throws away inbox, halts and streams when its memory is "
               "full. Set `maxmemory-policy noeviction`";
    if (strncmp(policy, "volatile-", 9) == 0)
        return "it throws away acknowledgements and operation markers when its "
               "memory is full. Set `maxmemory-policy noeviction`";
    return NULL;
}

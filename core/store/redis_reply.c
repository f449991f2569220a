/*
 * redis_reply: reading replies, and a quick command's share of a batch.
 * Replies belong to the connection's batch; whoever runs it reads them.
 *
 * A struct reply is a redisReply that nobody outside core/store/redis*.c can
 * see into.
 */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/redis.h"

static const redisReply nil = { .type = REDIS_REPLY_NIL };

static const redisReply *seen(const struct reply *rep)
{
    return rep ? (const redisReply *)(const void *)rep : &nil;
}

static const struct reply *hidden(const redisReply *rep)
{
    return (const struct reply *)(const void *)(rep ? rep : &nil);
}

static bool is_text(const redisReply *rep)
{
    return rep->type == REDIS_REPLY_STRING || rep->type == REDIS_REPLY_STATUS;
}

const char *reply_error(const struct reply *rep)
{
    return seen(rep)->type == REDIS_REPLY_ERROR ? seen(rep)->str : NULL;
}

bool reply_nil(const struct reply *rep)
{
    return seen(rep)->type == REDIS_REPLY_NIL;
}

int64_t reply_int(const struct reply *rep)
{
    if (seen(rep)->type == REDIS_REPLY_INTEGER)
        return seen(rep)->integer;
    return is_text(seen(rep)) ? strtoll(seen(rep)->str, NULL, 10) : 0;
}

const char *reply_str(const struct reply *rep)
{
    return is_text(seen(rep)) ? seen(rep)->str : "";
}

size_t reply_len(const struct reply *rep)
{
    return is_text(seen(rep)) ? (size_t)seen(rep)->len : 0;
}

size_t reply_count(const struct reply *rep)
{
    return seen(rep)->type == REDIS_REPLY_ARRAY ? seen(rep)->elements : 0;
}

const struct reply *reply_at(const struct reply *rep, size_t i)
{
    return hidden(i < reply_count(rep) ? seen(rep)->element[i] : NULL);
}

const struct reply *reply_field(const struct reply *rep, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + 1 < reply_count(rep); i += 2) {
        const struct reply *key = reply_at(rep, i);

        if (reply_len(key) == len && memcmp(reply_str(key), name, len) == 0)
            return reply_at(rep, i + 1);
    }
    return hidden(NULL);
}

void reads_add(struct reads *reads, int argc, const char *const *argv)
{
    redis_add(reads->redis, argc, argv, NULL);
    reads->count++;
}

const struct reply *reads_at(const struct reads *reads, size_t i)
{
    if (reads->failed || i >= reads->count)
        return hidden(NULL);
    return redis_reply(reads->redis, reads->first + i);
}

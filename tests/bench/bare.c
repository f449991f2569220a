#include "tests/bench/bare.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "tests/bench/letters.h"
#include "tests/harness/servers.h"

static const char move_script[] =
    "local own = {error = true, attempts = true, failed_at = true} "
    "local found = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 500) "
    "local ids = {} "
    "for i, entry in ipairs(found) do "
    "local fields, add, k = entry[2], {'XADD', KEYS[2], '*'}, 3 "
    "for f = 1, #fields, 2 do "
    "if not own[fields[f]] then "
    "add[k + 1], add[k + 2], k = fields[f], fields[f + 1], k + 2 "
    "end end "
    "redis.call(unpack(add)) "
    "ids[i] = entry[1] "
    "end "
    "if #ids > 0 then redis.call('XDEL', KEYS[1], unpack(ids)) end "
    "return #ids";

static long long move_some(redisContext *c, const char *sha)
{
    redisReply *r =
        redisCommand(c, "EVALSHA %s 2 %s %s", sha, LETTERS_DLQ, LETTERS_STREAM);
    long long moved;

    if (!r || r->type != REDIS_REPLY_INTEGER)
        harness_fail("bare: %s", r ? r->str : c->errstr);
    moved = r->integer;
    freeReplyObject(r);
    return moved;
}

double bare_requeue(struct harness *h)
{
    char *path = below(h, "redis.sock");
    char *sha = redis_text(h, "SCRIPT LOAD %s", move_script);
    redisContext *c = redisConnectUnix(path);
    int64_t begun = clock_mono_us();

    if (!c || c->err)
        harness_fail("Redis at %s: %s", path, c ? c->errstr : "no memory");
    while (move_some(c, sha))
        ;
    begun = clock_mono_us() - begun;
    redisFree(c);
    free(sha);
    free(path);
    return (double)begun / 1000;
}

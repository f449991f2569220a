#include "tests/bench/letters.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"

#define CHUNK 5000 /* entries of one call, so that Redis is not held long */

static const char fill_script[] =
    "for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do "
    "redis.call('XADD', KEYS[1], '*', 'n', n, "
    "'trace', string.format('4bf92f3577b34da6a3ce929d%08d', n), "
    "'channel', 'trading-alerts', "
    "'text', string.format('order %08d: filled 250 of 1000 EURUSD at 1.0842, "
    "the rest was cancelled by the exchange; position is now 4250', n), "
    "'error', 'HTTP 500 from hooks.slack.com after 3 attempts', "
    "'original_id', string.format('16%08d000-0', n), "
    "'attempts', '3', 'failed_at', '2026-01-02T03:04:05Z') "
    "end";

static bool rewritten(void *arg)
{
    char *info = redis_text(arg, "INFO persistence");
    bool over = strstr(info, "aof_rewrite_in_progress:0") &&
                strstr(info, "aof_rewrite_scheduled:0");

    free(info);
    return over;
}

void letters_fill(struct harness *h, int count)
{
    redis_send(h, "CONFIG SET auto-aof-rewrite-percentage 0");
    redis_send(h, "DEL %s %s", LETTERS_STREAM, LETTERS_DLQ);
    for (int n = 0; n < count; n += CHUNK)
        redis_send(h, "EVAL %s 1 %s %d %d", fill_script, LETTERS_DLQ, n,
                   n + CHUNK < count ? n + CHUNK - 1 : count - 1);
    redis_send(h, "BGREWRITEAOF");
    wait_until(rewritten, h, 60000, "Redis to rewrite its file");
}

/* ---- afterwards ---------------------------------------------------------- */

/* n and original_id of one entry; -1 when it is not as it should be. */
static long number_of(const redisReply *fields)
{
    long n = -1, original = -1;

    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const char *name = fields->element[i]->str;
        const char *value = fields->element[i + 1]->str;

        if (!strcmp(name, "n"))
            n = atol(value);
        else if (!strcmp(name, "original_id"))
            sscanf(value, "16%8ld000-0", &original);
        else if (!strcmp(name, "error") || !strcmp(name, "attempts") ||
                 !strcmp(name, "failed_at"))
            return -1;
    }
    return n == original && fields->elements == 10 ? n : -1;
}

/* Marks those of one page; how many there were. *last: its last id. */
static size_t look_at(const redisReply *page, bool *seen, int count,
                      char last[64], const char *who)
{
    for (size_t i = 0; i < page->elements; i++) {
        const redisReply *entry = page->element[i];
        long n = number_of(entry->element[1]);

        if (n < 0 || n >= count || seen[n])
            harness_fail("%s: entry %s is %s", who, entry->element[0]->str,
                         n < 0 || n >= count ? "not what was requeued"
                                             : "there twice");
        seen[n] = true;
        snprintf(last, 64, "(%s", entry->element[0]->str);
    }
    return page->elements;
}

void letters_check(struct harness *h, int count, const char *who)
{
    char *path = below(h, "redis.sock");
    redisContext *c = redisConnectUnix(path);
    bool *seen = xcalloc((size_t)count, sizeof *seen);
    char from[64] = "-";
    size_t all = 0, some = 1;

    if (!c || c->err)
        harness_fail("Redis at %s: %s", path, c ? c->errstr : "no memory");
    while (some) {
        redisReply *page = redisCommand(c, "XRANGE %s %s + COUNT %d",
                                        LETTERS_STREAM, from, CHUNK);

        if (!page || page->type != REDIS_REPLY_ARRAY)
            harness_fail("%s: XRANGE: %s", who, page ? page->str : c->errstr);
        some = look_at(page, seen, count, from, who);
        all += some;
        freeReplyObject(page);
    }
    redisFree(c);
    free(path);
    free(seen);
    if (all != (size_t)count || redis_number(h, "XLEN %s", LETTERS_DLQ))
        harness_fail("%s: %zu of %d entries in the stream, %lld left", who, all,
                     count, redis_number(h, "XLEN %s", LETTERS_DLQ));
}

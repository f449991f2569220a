/*
 * dlq_effect: the one step of a requeue that happens in Redis. No state of
 * its own: it runs on the thread whose connection it is given.
 *
 * One script looks at everything before its first write, so that it does all
 * or nothing, and leaves a marker by which doing it again is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"

#define MARKER_MS "604800000" /* 7 days */

/*
 * KEYS: dead-letter queue, stream, marker. ARGV: entry id, the marker's life
 * in ms, and the names of the queue's own fields: original id, error,
 * attempts, failed-at. unpack() takes less than 8,000 values.
 */
static const struct redis_script script_move = {
    .name = "the requeue",
    .text = "local before = redis.call('HGET', KEYS[3], ARGV[1])\n"
            "if before then return {'moved', before} end\n"
            "for i = 1, 2 do\n"
            "  local kind = redis.call('TYPE', KEYS[i]).ok\n"
            "  if kind ~= 'stream' and kind ~= 'none' then\n"
            "    return {'type', KEYS[i], kind}\n"
            "  end\n"
            "end\n"
            "local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])\n"
            "if #found == 0 then return {'gone'} end\n"
            "local fields, out, original = found[1][2], {}, ARGV[1]\n"
            "for i = 1, #fields, 2 do\n"
            "  local name = fields[i]\n"
            "  if name == ARGV[3] then original = fields[i + 1]\n"
            "  elseif name ~= ARGV[4] and name ~= ARGV[5] and name ~= ARGV[6]\n"
            "  then\n"
            "    out[#out + 1] = name\n"
            "    out[#out + 1] = fields[i + 1]\n"
            "  end\n"
            "end\n"
            "if #out > 7000 then return {'large'} end\n"
            "out[#out + 1] = ARGV[3]\n"
            "out[#out + 1] = original\n"
            "local id = redis.call('XADD', KEYS[2], '*', unpack(out))\n"
            "redis.call('XDEL', KEYS[1], ARGV[1])\n"
            "redis.call('HSET', KEYS[3], ARGV[1], id)\n"
            "redis.call('PEXPIRE', KEYS[3], ARGV[2])\n"
            "return {'moved', id}\n",
};

static char *marker_key(const struct config *cfg, const char *op)
{
    return xasprintf("%sop:%s:0", cfg->redis_prefix, op);
}

static enum effect read_answer(const struct reply *rep, char **new_id,
                               struct err *err)
{
    const char *word = reply_str(reply_at(rep, 0));

    if (strcmp(word, "moved") == 0) {
        *new_id = xstrdup(reply_str(reply_at(rep, 1)));
        return EFFECT_MOVED;
    }
    if (strcmp(word, "gone") == 0)
        return EFFECT_GONE;
    if (strcmp(word, "type") == 0)
        err_set(err, ERR_USER,
                "`%s` is a %s in Redis, not a stream: nothing was requeued",
                reply_str(reply_at(rep, 1)), reply_str(reply_at(rep, 2)));
    else
        err_set(err, ERR_USER,
                "the entry has too many fields to be requeued by the bot");
    return EFFECT_REFUSED;
}

enum effect dlq_effect(struct redis *r, const struct config *cfg,
                       const char *op, const struct stream_name *name,
                       const char *id, char **new_id, struct err *err)
{
    char *marker = marker_key(cfg, op);
    const char *const argv[] = {
        name->dlq,
        name->stream,
        marker,
        id,
        MARKER_MS,
        cfg->dlq.original_id,
        cfg->dlq.error,
        cfg->dlq.attempts,
        cfg->dlq.failed_at,
    };
    const struct reply *rep =
        redis_eval(r, &script_move, 3, 9, argv, NULL, err);

    *new_id = NULL;
    free(marker);
    if (rep)
        return read_answer(rep, new_id, err);
    /* An error reply is still held: the script did not write. */
    return reply_error(redis_reply(r, 0)) ? EFFECT_REFUSED : EFFECT_UNKNOWN;
}

bool dlq_moved_by(struct redis *r, const struct config *cfg,
                  const struct operation *ops, size_t n, const char *id,
                  size_t *winner, char **new_id, struct err *err)
{
    *winner = n;
    *new_id = NULL;
    redis_reset(r);
    for (size_t i = 0; i < n; i++) {
        char *marker = marker_key(cfg, ops[i].id);

        redis_cmd(r, "HGET", marker, id);
        free(marker);
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < n && *winner == n; i++) {
        if (reply_len(redis_reply(r, i)) == 0)
            continue;
        *winner = i;
        *new_id = xstrdup(reply_str(redis_reply(r, i)));
    }
    return true;
}

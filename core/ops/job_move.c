/*
 * job_move: the one step of a requeue, a discard or a restore that happens in
 * Redis. No state of its own: it runs on the thread whose connection it is
 * given.
 *
 * One script looks at everything before its first write and leaves a marker
 * by which doing it again, or landing late, is seen: a text with a line
 * "<old id> <new id>" for each entry. (As a hash it costs a seventh of the
 * whole move.)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/job_parts.h"

#define MARKER_MS "604800000" /* 7 days */
#define ARGS      12          /* before the ids, four keys included */

/*
 * KEYS: source, target, marker, the marker's other name. ARGV: 1 kind, or close; 2 the marker's life in
 * ms; the names of the queue's own fields: 3 original id, 4 error, 5 attempts,
 * 6 failed-at; 7 operation; 8 "range" when the ids are all there are between
 * the first and the last; then the ids. unpack() takes less than 8,000 values.
 *
 * A marker with none of these ids is another batch's: Postgres forgot that one
 * and gave its number again. Then the other name is used, in which the first
 * id is. An empty one closes the number for whatever batch has it.
 *
 * What XADD may not do fails as the first write; that the rest is allowed is
 * asked before (Redis 7), for a half-done batch would be done twice.
 *
 * Answers for each id: its new id, "" when it was gone, "-" when it cannot be
 * moved. An XADD that fails in the middle ends the batch there: what was added
 * is deleted and marked all the same.
 */
static const struct redis_script script_move = {
    .name = "the move",
    .text =
        "local ARGV, KEYS, pcall, unpack = ARGV, KEYS, redis.pcall, unpack\n"
        "local out, found, n = {}, {}, #ARGV - 8\n"
        "local mark, to, ours = KEYS[3], {}, false\n"
        "local function read()\n"
        "  local text = redis.call('GET', mark)\n"
        "  to = {}\n"
        "  for old, new in (text or ''):gmatch('(%S+) (%S+)') do\n"
        "    to[old] = new\n"
        "  end\n"
        "  return text\n"
        "end\n"
        "local marker = read()\n"
        "for i = 1, n do ours = ours or to[ARGV[8 + i]] end\n"
        "if marker and marker ~= '' and not ours then\n"
        "  mark = KEYS[4]\n"
        "  marker = read()\n"
        "end\n"
        "if marker and (marker ~= '' or ARGV[1] == 'close') then\n"
        "  for i = 1, n do\n"
        "    local id = ARGV[8 + i]\n"
        "    out[i] = to[id] or\n"
        "      (#redis.pcall('XRANGE', KEYS[1], id, id) == 0 and '' or '-')\n"
        "  end\n"
        "  return {'done', out}\n"
        "end\n"
        "if ARGV[1] == 'close' then\n"
        "  redis.call('SET', mark, '', 'PX', ARGV[2])\n"
        "  return {'done', out}\n"
        "end\n"
        "for i = 1, 2 do\n"
        "  local kind = redis.call('TYPE', KEYS[i]).ok\n"
        "  if kind ~= 'stream' and kind ~= 'none' then\n"
        "    return {'type', KEYS[i], kind}\n"
        "  end\n"
        "end\n"
        "if marker then return {'closed'} end\n"
        "local may = redis.acl_check_cmd\n"
        "if may and not (may('XDEL', KEYS[1], '0-0') and\n"
        "    may('SET', mark, '', 'PX', '1')) then\n"
        "  return redis.error_reply('NOPERM this user may not XDEL and SET')\n"
        "end\n"
        "if ARGV[8] == 'range' then\n"
        "  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[9],\n"
        "      ARGV[#ARGV], 'COUNT', n)) do\n"
        "    found[entry[1]] = entry[2]\n"
        "  end\n"
        "else\n"
        "  for i = 1, n do\n"
        "    local id = ARGV[8 + i]\n"
        "    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]\n"
        "    found[id] = entry and entry[2]\n"
        "  end\n"
        "end\n"
        "local into, origin = KEYS[2], ARGV[3]\n"
        "local own = {[ARGV[4]] = 1, [ARGV[5]] = 1, [ARGV[6]] = 1}\n"
        "local function without_own(fields, id)\n"
        "  local add, original, k = {'XADD', into, '*'}, id, 3\n"
        "  for i = 1, #fields, 2 do\n"
        "    local name = fields[i]\n"
        "    if name == origin then original = fields[i + 1]\n"
        "    elseif not own[name] then\n"
        "      add[k + 1] = name\n"
        "      k = k + 2\n"
        "      add[k] = fields[i + 1]\n"
        "    end\n"
        "  end\n"
        "  add[k + 1], add[k + 2] = origin, original\n"
        "  return add\n"
        "end\n"
        "local function as_is(fields, last)\n"
        "  local add = {'XADD', into, '*'}\n"
        "  for i = 1, last do add[3 + i] = fields[i] end\n"
        "  return add\n"
        "end\n"
        "local function to_trash(fields, id)\n"
        "  local add = as_is(fields, #fields)\n"
        "  local k = #add\n"
        "  add[k + 1], add[k + 2] = 'opsbot_dead_id', id\n"
        "  add[k + 3], add[k + 4] = 'opsbot_op', ARGV[7]\n"
        "  return add\n"
        "end\n"
        "local function from_trash(fields)\n"
        "  local k = #fields\n"
        "  if k > 4 and fields[k - 3] == 'opsbot_dead_id' and\n"
        "      fields[k - 1] == 'opsbot_op' then k = k - 4 end\n"
        "  return as_is(fields, k)\n"
        "end\n"
        "local make = ({requeue = without_own, discard = to_trash,\n"
        "  restore = from_trash})[ARGV[1]]\n"
        "local gone, marks, failed = {}, {}, false\n"
        "for i = 1, n do\n"
        "  local id = ARGV[8 + i]\n"
        "  local fields = found[id]\n"
        "  out[i] = fields and '-' or ''\n"
        "  local add = fields and #fields <= 7900 and not failed and\n"
        "    make(fields, id)\n"
        "  if add and #add <= 7005 then\n"
        "    local new = pcall(unpack(add))\n"
        "    if type(new) == 'table' then\n"
        "      if #gone == 0 then return new end\n"
        "      failed = true\n"
        "    else\n"
        "      out[i] = new\n"
        "      gone[#gone + 1] = id\n"
        "      marks[#gone] = id .. ' ' .. new .. '\\n'\n"
        "    end\n"
        "  end\n"
        "end\n"
        "if #gone > 0 then\n"
        "  redis.call('XDEL', KEYS[1], unpack(gone))\n"
        "  redis.call('SET', mark, table.concat(marks), 'PX', ARGV[2])\n"
        "end\n"
        "return {'done', out}\n",
};

/* ---- keys ------------------------------------------------------------------ */

char *job_trash_key(const char *dlq)
{
    return xasprintf("%s.trash", dlq);
}

char *job_source_key(enum job_kind kind, const char *dlq)
{
    return kind == JOB_RESTORE ? job_trash_key(dlq) : xstrdup(dlq);
}

char *job_target_key(enum job_kind kind, const char *stream, const char *dlq)
{
    if (kind == JOB_DISCARD)
        return job_trash_key(dlq);
    return xstrdup(kind == JOB_RESTORE ? dlq : stream);
}

char *move_marked(const struct reply *marker, const char *id)
{
    char *line = xasprintf("%s ", id), *new_id = NULL;
    const char *at = reply_str(marker);

    while (*at && strncmp(at, line, strlen(line)) != 0)
        at += strcspn(at, "\n") + 1;
    if (*at) {
        at += strlen(line);
        new_id = xstrndup(at, strcspn(at, "\n"));
    }
    free(line);
    return new_id;
}

char *move_marker(const struct config *cfg, const char *op, int64_t batch)
{
    return xasprintf("%sop:%s:%" PRId64, cfg->redis_prefix, op, batch);
}

bool move_closed(const struct reply *rep, struct err *err)
{
    if (strcmp(reply_str(reply_at(rep, 0)), "closed") != 0)
        return false;
    err_set(err, ERR_USER,
            "it was ended before, and Postgres has lost that: what is left is"
            " where it was, and can be asked for again");
    return true;
}

/* ---- running it ------------------------------------------------------------ */

static const struct reply *eval(struct redis *r, const struct config *cfg,
                                const struct move *m, struct err *err)
{
    char *source = job_source_key(m->kind, m->dlq);
    char *target = job_target_key(m->kind, m->stream, m->dlq);
    char *marker = move_marker(cfg, m->op, m->batch);
    char *other = xasprintf("%s:%s", marker, m->ids[0]);
    const char *head[ARGS] = {
        source,
        target,
        marker,
        other,
        m->close ? "close" : job_kind_name(m->kind),
        MARKER_MS,
        cfg->dlq.original_id,
        cfg->dlq.error,
        cfg->dlq.attempts,
        cfg->dlq.failed_at,
        m->op,
        m->range ? "range" : "each",
    };
    const char **argv = xmalloc((ARGS + m->count) * sizeof *argv);
    const struct reply *rep;

    memcpy(argv, head, sizeof head);
    if (m->count)
        memcpy(argv + ARGS, m->ids, m->count * sizeof *argv);
    rep =
        redis_eval(r, &script_move, 4, (int)(ARGS + m->count), argv, NULL, err);
    free(argv);
    free(other);
    free(marker);
    free(target);
    free(source);
    return rep;
}

enum move_end move_run(struct redis *r, const struct config *cfg,
                       const struct move *m, const struct reply **results,
                       struct err *err)
{
    const struct reply *rep = eval(r, cfg, m, err);

    *results = reply_at(rep, 1);
    /* An error reply is still held: the script did not write. */
    if (!rep)
        return reply_error(redis_reply(r, 0)) ? MOVE_REFUSED : MOVE_UNKNOWN;
    if (strcmp(reply_str(reply_at(rep, 0)), "done") == 0)
        return MOVE_DONE;
    if (move_closed(rep, err))
        return MOVE_FORBIDDEN;
    err_set(err, ERR_USER,
            "`%s` is a %s in Redis, not a stream: nothing was %s",
            reply_str(reply_at(rep, 1)), reply_str(reply_at(rep, 2)),
            job_kind_done(m->kind));
    return MOVE_FORBIDDEN;
}

enum moved_as move_result(const struct reply *results, size_t i)
{
    const char *word = reply_str(reply_at(results, i));

    if (i >= reply_count(results))
        return MOVED_NOT;
    if (word[0] == '\0')
        return MOVED_GONE;
    return strcmp(word, "-") == 0 ? MOVED_REFUSED : MOVED_TO;
}

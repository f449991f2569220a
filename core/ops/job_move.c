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
#define KEYS      4
#define ARGS      12 /* before the ids, the keys included */

/*
 * KEYS: source, target, marker, the marker's other name. ARGV: 1 kind, or
 * close; 2 the marker's life in ms; the names of the queue's own fields: 3
 * original id, 4 error, 5 attempts, 6 failed-at; 7 operation; 8 "range" when
 * the ids are all there are between the first and the last; then the ids.
 * unpack() takes less than 8,000 values. An entry's fields are changed where they were read to, for every table more
 * is felt.
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
        "  local original, k = id, 0\n"
        "  for i = 1, #fields, 2 do\n"
        "    local name, value = fields[i], fields[i + 1]\n"
        "    if name == origin then original = value\n"
        "    elseif not own[name] then\n"
        "      fields[k + 1] = name\n"
        "      k = k + 2\n"
        "      fields[k] = value\n"
        "    end\n"
        "  end\n"
        "  fields[k + 1], fields[k + 2] = origin, original\n"
        "  return k + 2\n"
        "end\n"
        "local function to_trash(fields, id)\n"
        "  local k = #fields\n"
        "  fields[k + 1], fields[k + 2] = 'opsbot_dead_id', id\n"
        "  fields[k + 3], fields[k + 4] = 'opsbot_op', ARGV[7]\n"
        "  return k + 4\n"
        "end\n"
        "local function from_trash(fields)\n"
        "  local k = #fields\n"
        "  if k > 4 and fields[k - 3] == 'opsbot_dead_id' and\n"
        "      fields[k - 1] == 'opsbot_op' then k = k - 4 end\n"
        "  return k\n"
        "end\n"
        "local make = ({requeue = without_own, discard = to_trash,\n"
        "  restore = from_trash})[ARGV[1]]\n"
        "local gone, marks, failed = {}, {}, false\n"
        "for i = 1, n do\n"
        "  local id = ARGV[8 + i]\n"
        "  local fields = found[id]\n"
        "  local k = fields and #fields <= 7900 and not failed and\n"
        "    make(fields, id)\n"
        "  out[i] = fields and '-' or ''\n"
        "  if k and k <= 7002 then\n"
        "    local new = pcall('XADD', into, '*', unpack(fields, 1, k))\n"
        "    if type(new) == 'table' then\n"
        "      if #gone == 0 then return new end\n"
        "      failed = true\n"
        "    else\n"
        "      local at = 4 * #gone\n"
        "      out[i] = new\n"
        "      gone[#gone + 1] = id\n"
        "      marks[at + 1], marks[at + 2] = id, ' '\n"
        "      marks[at + 3], marks[at + 4] = new, '\\n'\n"
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

static char *target_key(enum job_kind kind, const char *stream, const char *dlq)
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

/* A call of the script: its keys and arguments. */
struct call {
    char *source, *target, *marker, *other;
    const char **argv;
    int argc;
};

static void call_init(struct call *c, const struct config *cfg,
                      const struct move *m)
{
    c->source = job_source_key(m->kind, m->dlq);
    c->target = target_key(m->kind, m->stream, m->dlq);
    c->marker = move_marker(cfg, m->op, m->batch);
    c->other = xasprintf("%s:%s", c->marker, m->ids[0]);
    const char *head[ARGS] = {
        c->source,
        c->target,
        c->marker,
        c->other,
        m->close ? "close" : job_kind_name(m->kind),
        MARKER_MS,
        cfg->dlq.original_id,
        cfg->dlq.error,
        cfg->dlq.attempts,
        cfg->dlq.failed_at,
        m->op,
        m->range ? "range" : "each",
    };

    c->argc = (int)(ARGS + m->count);
    c->argv = xmalloc((size_t)c->argc * sizeof *c->argv);
    memcpy(c->argv, head, sizeof head);
    if (m->count)
        memcpy(c->argv + ARGS, m->ids, m->count * sizeof *c->argv);
}

static void call_dispose(struct call *c)
{
    free(c->argv);
    free(c->other);
    free(c->marker);
    free(c->target);
    free(c->source);
}

static enum move_end move_end(const struct move *m, const struct reply *rep,
                              const struct reply **results, struct err *err)
{
    *results = reply_at(rep, 1);
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

enum move_end move_run(struct redis *r, const struct config *cfg,
                       const struct move *m, const struct reply **results,
                       struct err *err)
{
    const struct reply *rep;
    struct call c;

    call_init(&c, cfg, m);
    rep = redis_eval(r, &script_move, KEYS, c.argc, c.argv, NULL, err);
    call_dispose(&c);
    if (rep)
        return move_end(m, rep, results, err);
    *results = reply_at(NULL, 0);
    /* An error reply is still held: the script did not write. */
    return reply_error(redis_reply(r, 0)) ? MOVE_REFUSED : MOVE_UNKNOWN;
}

bool move_add(struct redis *r, const struct config *cfg, const struct move *m)
{
    struct call c;
    bool known;

    call_init(&c, cfg, m);
    known = redis_eval_add(r, &script_move, KEYS, c.argc, c.argv);
    call_dispose(&c);
    return known;
}

enum move_end move_take(struct redis *r, size_t i, const struct move *m,
                        const struct reply **results, struct err *err)
{
    const struct reply *rep = redis_reply(r, i);

    if (!reply_error(rep))
        return move_end(m, rep, results, err);
    *results = reply_at(NULL, 0);
    err_set(err, ERR_REDIS, "Redis refused %s: %s", script_move.name,
            reply_error(rep));
    return MOVE_REFUSED;
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

/*
 * job_list: which entries the next batches move. No state of its own: it runs
 * on the thread whose connection it is given.
 *
 * Redis has no command that gives ids alone, so a script reads the entries
 * where they are and answers with the ids, cut into batches by their size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/entry.h"
#include "core/ops/job_parts.h"

#define KEYS 2
#define ARGS 8 /* before the ids, the keys included */

/*
 * KEYS: source, the next batch's marker. One that is there was left by a batch
 * that Postgres forgot (a failover to a replica that lagged): it is told by
 * its marker, {'lost', moved ids, ids still there between them}, so that it is
 * on record again and counted as what it was.
 *
 * ARGV: 1 from, 2 to, 3 entries at most, 4 entries of a batch, 5 bytes of a
 * batch, 6 bytes of a read; then the ids, if it is not all between. Reads are
 * small at first and 100 entries at most, so that huge ones after small ones
 * do not fill the memory.
 */
static const struct redis_script script_list = {
    .name = "the list",
    .text =
        "local kind = redis.call('TYPE', KEYS[1]).ok\n"
        "if kind ~= 'stream' and kind ~= 'none' then\n"
        "  return {'type', KEYS[1], kind}\n"
        "end\n"
        "local marker = redis.call('GET', KEYS[2])\n"
        "if marker == '' then return {'closed'} end\n"
        "if marker then\n"
        "  local moved, left, last = {}, {}, '0-0'\n"
        "  for old in marker:gmatch('(%S+) %S+') do\n"
        "    moved[#moved + 1] = old\n"
        "    last = old\n"
        "  end\n"
        "  for _, entry in ipairs(#ARGV > 6 and {} or\n"
        "      redis.call('XRANGE', KEYS[1], ARGV[1], last)) do\n"
        "    left[#left + 1] = entry[1]\n"
        "  end\n"
        "  return {'lost', moved, left}\n"
        "end\n"
        "local most, each = tonumber(ARGV[3]), tonumber(ARGV[4])\n"
        "local room, reach = tonumber(ARGV[5]), tonumber(ARGV[6])\n"
        "local out, batch, bytes, total, seen = {'done'}, {}, 0, 0, 0\n"
        "local function take(id, fields)\n"
        "  local size, k = 0, #batch\n"
        "  for i = 1, #fields do size = size + #fields[i] end\n"
        "  if k == each or (k > 0 and bytes + size > room) then\n"
        "    out[#out + 1] = batch\n"
        "    batch, bytes, k = {}, 0, 0\n"
        "  end\n"
        "  batch[k + 1] = id\n"
        "  bytes, total, seen = bytes + size, total + size, seen + 1\n"
        "end\n"
        "if #ARGV > 6 then\n"
        "  for i = 7, #ARGV do\n"
        "    if seen >= most or total >= reach then break end\n"
        "    local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]\n"
        "    take(ARGV[i], entry and entry[2] or {})\n"
        "  end\n"
        "else\n"
        "  local from, ask = ARGV[1], 10\n"
        "  while seen < most and total < reach do\n"
        "    if ask > most - seen then ask = most - seen end\n"
        "    local list = redis.call('XRANGE', KEYS[1], from, ARGV[2],\n"
        "      'COUNT', ask)\n"
        "    for _, entry in ipairs(list) do take(entry[1], entry[2]) end\n"
        "    if #list < ask then break end\n"
        "    from = '(' .. list[#list][1]\n"
        "    ask = math.max(1, math.min(100,\n"
        "      math.floor(room / (total / seen + 1))))\n"
        "  end\n"
        "end\n"
        "if #batch > 0 then out[#out + 1] = batch end\n"
        "return out\n",
};

/* A call of the script: its keys and arguments. */
struct call {
    char *after;
    char count[24], each[24], bytes[24], reach[24];
    const char **argv;
    int argc;
};

static void call_init(struct call *c, const struct move_list *want)
{
    c->after = xasprintf("(%s", want->after);
    const char *head[ARGS] = { want->source, want->marker, c->after,
                               want->upper,  c->count,     c->each,
                               c->bytes,     c->reach };

    snprintf(c->count, sizeof c->count, "%zu", want->count);
    snprintf(c->each, sizeof c->each, "%zu", want->each);
    snprintf(c->bytes, sizeof c->bytes, "%d", JOB_BATCH_BYTES);
    snprintf(c->reach, sizeof c->reach, "%d", 2 * JOB_BATCH_BYTES);
    c->argc = (int)(ARGS + want->ids_count);
    c->argv = xmalloc((size_t)c->argc * sizeof *c->argv);
    memcpy(c->argv, head, sizeof head);
    if (want->ids_count)
        memcpy(c->argv + ARGS, want->ids, want->ids_count * sizeof *c->argv);
}

static void call_dispose(struct call *c)
{
    free(c->argv);
    free(c->after);
}

static enum move_end list_end(const struct reply *rep,
                              const struct reply **batches, bool *lost,
                              struct err *err)
{
    *batches = rep;
    *lost = strcmp(reply_str(reply_at(rep, 0)), "lost") == 0;
    if (*lost || strcmp(reply_str(reply_at(rep, 0)), "done") == 0)
        return MOVE_DONE;
    if (move_closed(rep, err))
        return MOVE_FORBIDDEN;
    err_set(err, ERR_USER, "`%s` is a %s in Redis, not a stream",
            reply_str(reply_at(rep, 1)), reply_str(reply_at(rep, 2)));
    return MOVE_FORBIDDEN;
}

enum move_end move_list(struct redis *r, const struct move_list *want,
                        const struct reply **batches, bool *lost,
                        struct err *err)
{
    const struct reply *rep;
    struct call c;

    call_init(&c, want);
    rep = redis_eval(r, &script_list, KEYS, c.argc, c.argv, NULL, err);
    call_dispose(&c);
    *lost = false;
    if (rep)
        return list_end(rep, batches, lost, err);
    return reply_error(redis_reply(r, 0)) ? MOVE_REFUSED : MOVE_UNKNOWN;
}

bool move_list_add(struct redis *r, const struct move_list *want)
{
    struct call c;
    bool known;

    call_init(&c, want);
    known = redis_eval_add(r, &script_list, KEYS, c.argc, c.argv);
    call_dispose(&c);
    return known;
}

enum move_end move_list_take(struct redis *r, size_t i,
                             const struct reply **batches, bool *lost,
                             struct err *err)
{
    const struct reply *rep = redis_reply(r, i);

    *lost = false;
    if (!reply_error(rep))
        return list_end(rep, batches, lost, err);
    err_set(err, ERR_REDIS, "Redis refused %s: %s", script_list.name,
            reply_error(rep));
    return MOVE_REFUSED;
}

/* ---- a batch that Postgres forgot ------------------------------------------- */

char **move_list_lost(const struct move_list *want, const struct reply *rep,
                      size_t *count)
{
    const struct reply *moved = reply_at(rep, 1), *left = reply_at(rep, 2);
    const char *last = reply_str(reply_at(moved, reply_count(moved) - 1));
    char **ids =
        xcalloc(reply_count(moved) + reply_count(left) + want->ids_count + 1,
                sizeof *ids);
    size_t n = 0;

    for (size_t i = 0; i < reply_count(moved); i++)
        ids[n++] = xstrdup(reply_str(reply_at(moved, i)));
    for (size_t i = 0; i < reply_count(left); i++)
        ids[n++] = xstrdup(reply_str(reply_at(left, i)));
    for (size_t i = 0; i < want->ids_count; i++)
        if (entry_id_compare(want->ids[i], last) <= 0)
            ids[n++] = xstrdup(want->ids[i]);
    *count = entry_ids_sort(ids, n);
    return ids;
}

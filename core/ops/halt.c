/*
 * halt: stopping a scope, and starting it again: the effect in Redis. No
 * state of its own: it runs on the thread whose connection it is given.
 *
 * One script looks at everything before its first write, so that it does all
 * or nothing, and leaves a marker by which doing it again is seen.
 */
#include "core/ops/halt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

#define MARKER_MS "604800000" /* 7 days */

/*
 * KEYS: the scope's halt, the counter, ops.control, the marker, last actions.
 * ARGV: action, scope, reason, by, at, op; at in ms; the generation shown;
 * the halt's JSON and the last action's JSON before and after the generation;
 * the marker's life in ms; how many entries ops.control keeps.
 *
 * ops.control comes first of the writes: of all of them only XADD can still
 * be refused. A marker that cannot be written does not change an answer that
 * changes nothing.
 */
static const struct redis_script script_apply = {
    .name = "the halt",
    .text =
        "local types = {'string', 'string', 'stream', 'hash', 'hash'}\n"
        "for i = 1, 5 do\n"
        "  local kind = redis.call('TYPE', KEYS[i]).ok\n"
        "  if kind ~= 'none' and kind ~= types[i] then\n"
        "    return {'type', KEYS[i], kind, types[i]}\n"
        "  end\n"
        "end\n"
        "local function answer(result, generation)\n"
        "  return {result, generation, redis.call('GET', KEYS[1]),\n"
        "          redis.call('HGET', KEYS[5], ARGV[2])}\n"
        "end\n"
        "local before = redis.call('HMGET', KEYS[4], 'result', 'generation')\n"
        "if before[1] then return answer(before[1], before[2]) end\n"
        "local counter = redis.call('GET', KEYS[2]) or '0'\n"
        "if not string.match(counter, '^%d+$') or #counter > 15 then\n"
        "  return {'counter', KEYS[2]}\n"
        "end\n"
        "local function number(text, name)\n"
        "  local ok, value = pcall(cjson.decode, text or '')\n"
        "  if not ok or type(value) ~= 'table' then return 0 end\n"
        "  return tonumber(value[name]) or 0\n"
        "end\n"
        "local function mark(call, result, generation)\n"
        "  generation = string.format('%.0f', generation)\n"
        "  call('HSET', KEYS[4], 'result', result, 'generation', generation)\n"
        "  call('PEXPIRE', KEYS[4], ARGV[13])\n"
        "  return answer(result, generation)\n"
        "end\n"
        "local function refuse(result, generation)\n"
        "  return mark(redis.pcall, result, generation)\n"
        "end\n"
        "local standing = redis.call('GET', KEYS[1])\n"
        "local halted = number(standing, 'generation')\n"
        "local shown = tonumber(ARGV[8])\n"
        "local last = number(redis.call('HGET', KEYS[5], ARGV[2]), 'at')\n"
        "local later = last > tonumber(ARGV[7])\n"
        "if ARGV[1] == 'halt' then\n"
        "  if standing then return refuse('already', halted) end\n"
        "  if later then return refuse('superseded', 0) end\n"
        "else\n"
        "  if not standing then return refuse('already', 0) end\n"
        "  if shown == 0 and later or shown ~= 0 and shown ~= halted then\n"
        "    return refuse('superseded', halted)\n"
        "  end\n"
        "end\n"
        "local generation = string.format('%.0f', tonumber(counter) + 1)\n"
        "redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[14], '*',\n"
        "  'action', ARGV[1], 'scope', ARGV[2],\n"
        "  'generation', generation, 'reason', ARGV[3], 'by', ARGV[4],\n"
        "  'at', ARGV[5], 'op', ARGV[6])\n"
        "redis.call('INCR', KEYS[2])\n"
        "if ARGV[1] == 'halt' then\n"
        "  redis.call('SET', KEYS[1], ARGV[9] .. generation .. ARGV[10])\n"
        "else\n"
        "  redis.call('DEL', KEYS[1])\n"
        "end\n"
        "redis.call('HSET', KEYS[5], ARGV[2],\n"
        "  ARGV[11] .. generation .. ARGV[12])\n"
        "return mark(redis.call, 'done', tonumber(generation))\n",
};

/* ---- what goes in ---------------------------------------------------------- */

/* Of two JSON objects what stands around a number between them:
 * {…,"generation": and ,…}. Takes both. */
static char *open_object(char *object)
{
    char *head =
        xasprintf("%.*s,\"generation\":", (int)strlen(object) - 1, object);

    free(object);
    return head;
}

static char *close_object(char *object)
{
    object[0] = ',';
    return object;
}

enum { KEYS = 5, ARGS = 14 };

/* Keys and arguments of the script; those that are heap are in owned. */
struct script_call {
    const char *argv[KEYS + ARGS];
    char *owned[9];
    char at[CLOCK_TEXT], at_ms[24], generation[24];
};

static void call_init(struct script_call *c, const struct config *cfg,
                      const struct halt_want *want)
{
    const struct act *act = want->act;
    const char *prefix = cfg->redis_prefix;
    const char *action = halt_action_name(want->action);
    const char *name = act->user_name[0] ? act->user_name : NULL;
    char **o = c->owned;

    clock_rfc3339(want->at, c->at);
    snprintf(c->at_ms, sizeof c->at_ms, "%lld", (long long)want->at);
    snprintf(c->generation, sizeof c->generation, "%lld",
             (long long)want->generation);
    o[0] = xasprintf("%shalt:%s", prefix, want->scope);
    o[1] = xasprintf("%shalt:generation", prefix);
    o[2] = xasprintf("%sop:%s:0", prefix, act->op);
    o[3] = xasprintf("%shalts", prefix);
    o[4] = text_cut(want->reason, HALT_REASON);
    o[5] = open_object(json_text(member_str("reason", o[4]),
                                 member_str("by", act->user),
                                 member_str("at", c->at)));
    o[6] = close_object(
        json_text(member_str("by_name", name), member_str("op", act->op)));
    o[7] = open_object(
        json_text(member_str("action", action), member_int("at", want->at)));
    o[8] = close_object(json_text(member_str("by", act->user),
                                  member_str("by_name", name),
                                  member_str("op", act->op)));
    memcpy(c->argv,
           (const char *[]){ o[0], o[1], HALT_CONTROL, o[2], o[3], action,
                             want->scope, o[4], act->user, c->at, act->op,
                             c->at_ms, c->generation, o[5], o[6], o[7], o[8],
                             MARKER_MS, HALT_CONTROL_KEPT },
           sizeof c->argv);
}

static void call_dispose(struct script_call *c)
{
    for (size_t i = 0; i < sizeof c->owned / sizeof *c->owned; i++)
        free(c->owned[i]);
}

/* ---- what comes out -------------------------------------------------------- */

static bool not_possible(const struct reply *rep, struct err *err)
{
    const char *key = reply_str(reply_at(rep, 1));

    if (strcmp(reply_str(reply_at(rep, 0)), "counter") == 0)
        return err_set(err, ERR_USER,
                       "`%s` in Redis holds no number: nothing was changed. "
                       "Set it to the generation of the newest halt, then try "
                       "again.",
                       key);
    return err_set(err, ERR_USER,
                   "`%s` is a %s in Redis, not a %s: nothing was changed. "
                   "Look who wrote it, take it away, then try again.",
                   key, reply_str(reply_at(rep, 2)),
                   reply_str(reply_at(rep, 3)));
}

static bool result_from(const char *word, enum halt_result *result)
{
    static const char *const words[] = { [HALT_DONE] = "done",
                                         [HALT_ALREADY] = "already",
                                         [HALT_SUPERSEDED] = "superseded" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) != 0)
            continue;
        *result = (enum halt_result)i;
        return true;
    }
    return false;
}

static bool read_answer(const struct reply *rep, const char *scope,
                        struct halt_done *out, struct err *err)
{
    const struct reply *standing = reply_at(rep, 2), *last = reply_at(rep, 3);

    if (!result_from(reply_str(reply_at(rep, 0)), &out->result))
        return not_possible(rep, err);
    out->generation = reply_int(reply_at(rep, 1));
    if (!reply_nil(standing))
        halt_read(&out->now, scope, reply_str(standing), reply_len(standing));
    else
        halt_read_last(&out->now, reply_str(last), reply_len(last));
    return true;
}

bool halt_apply(struct redis *r, const struct config *cfg,
                const struct halt_want *want, struct halt_done *out,
                struct err *err)
{
    struct script_call call = { 0 };
    const struct reply *rep;

    *out = (struct halt_done){ 0 };
    call_init(&call, cfg, want);
    rep = redis_eval(r, &script_apply, KEYS, KEYS + ARGS, call.argv, NULL, err);
    call_dispose(&call);
    return rep && read_answer(rep, want->scope, out, err);
}

void halt_done_dispose(struct halt_done *d)
{
    halt_dispose(&d->now);
    *d = (struct halt_done){ 0 };
}

void halt_dispose(struct halt *h)
{
    free(h->scope);
    free(h->reason);
    free(h->by);
    free(h->by_name);
    free(h->op);
    *h = (struct halt){ 0 };
}

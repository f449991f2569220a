/*
 * ack: see ack.h. The effect in Redis, and what is written there.
 *
 * One script looks at everything before its first write, so that it does all
 * or nothing, and leaves a marker by which doing it again is seen.
 */
#include "core/ops/ack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/ack_parts.h"
#include "core/ops/halt_parts.h"

#define MARKER_MS  "604800000" /* 7 days */
#define NAME_SHOWN 100         /* characters of what others wrote */
#define VALUE_READ 65536       /* bytes of a value that are looked at */

/*
 * KEYS: who has it, the marker, when it was last acted on. ARGV: action, at in
 * ms, the JSON of who would have it, ms that are left of the lease, the life of
 * marker and moment in ms.
 *
 * The moment comes first of the writes: of those that may be refused for want
 * of memory it is the first, and nothing was done yet then. A marker that
 * cannot be written does not change an answer that changes nothing.
 */
static const struct redis_script script_apply = {
    .name = "the acknowledgement",
    .text = "local types = {'string', 'hash', 'string'}\n"
            "for i = 1, 3 do\n"
            "  local kind = redis.call('TYPE', KEYS[i]).ok\n"
            "  if kind ~= 'none' and kind ~= types[i] then\n"
            "    return {'type', KEYS[i], kind, types[i]}\n"
            "  end\n"
            "end\n"
            "local function answer(result, was)\n"
            "  return {result, redis.call('GET', KEYS[1]),\n"
            "          redis.call('PTTL', KEYS[1]), was}\n"
            "end\n"
            "local before = redis.call('HMGET', KEYS[2], 'result', 'was')\n"
            "if before[1] then return answer(before[1], before[2]) end\n"
            "local held = redis.call('GET', KEYS[1])\n"
            "local last = tonumber(redis.call('GET', KEYS[3]) or '0') or 0\n"
            "local take, left = ARGV[1] == 'ack', tonumber(ARGV[4])\n"
            "local result = 'ok'\n"
            "if (take and held) or (not take and not held) then\n"
            "  result = 'already'\n"
            "elseif last > tonumber(ARGV[2]) then\n"
            "  result = 'superseded'\n"
            "elseif take and left <= 0 then\n"
            "  result = 'expired'\n"
            "end\n"
            "local call = redis.pcall\n"
            "if result == 'ok' then\n"
            "  call = redis.call\n"
            "  call('SET', KEYS[3], ARGV[2], 'PX', ARGV[5])\n"
            "  if take then\n"
            "    call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])\n"
            "  else\n"
            "    call('DEL', KEYS[1])\n"
            "    call('HSET', KEYS[2], 'was', held)\n"
            "  end\n"
            "end\n"
            "call('HSET', KEYS[2], 'result', result)\n"
            "call('PEXPIRE', KEYS[2], ARGV[5])\n"
            "return answer(result, result == 'ok' and held)\n",
};

const char *ack_action_name(enum ack_action action)
{
    return action == ACK_TAKE ? "ack" : "unack";
}

bool ack_trace_check(const char *trace, struct err *err)
{
    size_t len = strlen(trace);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)trace[i] <= ' ' || trace[i] == 0x7f)
            return err_set(err, ERR_USER,
                           "A trace id is one word without blanks. Nothing "
                           "was changed.");
    if (len == 0 || len > ACK_TRACE || !text_valid(trace, len))
        return err_set(err, ERR_USER,
                       "A trace id has 1 to %d bytes; copy it from the "
                       "notification. Nothing was changed.",
                       ACK_TRACE);
    return true;
}

void ack_dispose(struct ack *a)
{
    free(a->by);
    free(a->by_name);
    free(a->note);
    free(a->op);
    *a = (struct ack){ 0 };
}

void ack_done_dispose(struct ack_done *d)
{
    ack_dispose(&d->who);
    *d = (struct ack_done){ 0 };
}

/* ---- what goes in ---------------------------------------------------------- */

static int64_t until_of(const struct ack_want *want)
{
    return want->at + (int64_t)want->lease_min * 60000;
}

void ack_of(struct ack *out, const struct ack_want *want)
{
    *out = (struct ack){ .by = xstrdup(want->act->user),
                         .by_name = xstrdup(want->act->user_name),
                         .note = text_cut(want->note, ACK_NOTE),
                         .op = xstrdup(want->act->op),
                         .at = want->at,
                         .until = until_of(want) };
}

/* For whoever reads it, in the order of the contract. Heap. */
static char *held_text(const struct ack_want *want)
{
    char at[CLOCK_TEXT], until[CLOCK_TEXT];
    char *note = text_cut(want->note, ACK_NOTE);
    const char *name = want->act->user_name;
    char *text =
        json_text(member_str("by", want->act->user),
                  member_str("at", clock_rfc3339(want->at, at)),
                  member_str("until", clock_rfc3339(until_of(want), until)),
                  member_str("by_name", name[0] ? name : NULL),
                  member_str("note", note[0] ? note : NULL),
                  member_str("op", want->act->op));

    free(note);
    return text;
}

static const struct reply *run(struct redis *r, const struct config *cfg,
                               const struct ack_want *want, struct err *err)
{
    char at[TEXT_NUMBER], left[TEXT_NUMBER];
    char *held = xasprintf(ACK_KEY "%s", want->trace);
    char *marker = xasprintf("%sop:%s:0", cfg->redis_prefix, want->act->op);
    char *last = xasprintf("%sack:%s", cfg->redis_prefix, want->trace);
    char *text = held_text(want);
    const char *const argv[] = {
        held,
        marker,
        last,
        ack_action_name(want->action),
        text_number(at, want->at),
        text,
        text_number(left, until_of(want) - clock_wall_ms()),
        MARKER_MS,
    };
    const struct reply *rep = redis_eval(
        r, &script_apply, 3, sizeof argv / sizeof *argv, argv, NULL, err);

    free(held);
    free(marker);
    free(last);
    free(text);
    return rep;
}

/* ---- what comes out -------------------------------------------------------- */

/* Another tool may have written it: nothing about it is taken for granted. */
static void read_held(struct ack *out, const struct reply *value)
{
    struct err ignored;
    struct json_doc *doc =
        reply_len(value) > VALUE_READ
            ? NULL
            : json_doc_parse(reply_str(value), reply_len(value), &ignored);

    if (!doc)
        doc = json_doc_parse("{}", 2, &ignored);
    *out = (struct ack){
        .by = halt_text(json_doc_str(doc, "by"), NAME_SHOWN),
        .by_name = halt_text(json_doc_str(doc, "by_name"), NAME_SHOWN),
        .note = halt_text(json_doc_str(doc, "note"), ACK_NOTE),
        .op = halt_text(json_doc_str(doc, "op"), NAME_SHOWN),
        .at = clock_read(json_doc_str(doc, "at")),
        .until = clock_read(json_doc_str(doc, "until")),
    };
    json_doc_free(doc);
}

static bool result_from(const char *word, enum ack_result *result)
{
    for (int i = ACK_DONE; i <= ACK_EXPIRED; i++) {
        if (strcmp(word, ack_result_word((enum ack_result)i)) != 0)
            continue;
        *result = (enum ack_result)i;
        return true;
    }
    return false;
}

static void not_possible(const struct reply *rep, struct err *err)
{
    err_set(err, ERR_USER,
            "`%s` is a %s in Redis, not a %s: nothing was changed. "
            "Look who wrote it, take it away, then try again.",
            reply_str(reply_at(rep, 1)), reply_str(reply_at(rep, 2)),
            reply_str(reply_at(rep, 3)));
}

/* Whose it is now: Redis knows best for how long. */
static void read_standing(const struct reply *rep, struct ack_done *out)
{
    int64_t left = reply_int(reply_at(rep, 2));

    read_held(&out->who, reply_at(rep, 1));
    out->who.until = left > 0 ? clock_wall_ms() + left : 0;
    out->held = true;
}

static void read_done(const struct reply *rep, const struct ack_want *want,
                      struct ack_done *out)
{
    if (want->action == ACK_TAKE) {
        ack_of(&out->who, want);
        out->held = true;
    } else {
        read_held(&out->who, reply_at(rep, 3));
    }
}

bool ack_apply(struct redis *r, const struct config *cfg,
               const struct ack_want *want, struct ack_done *out,
               struct err *err)
{
    const struct reply *rep;

    *out = (struct ack_done){ 0 };
    redis_reset(r);
    rep = run(r, cfg, want, err);
    if (!rep)
        return false;
    if (!result_from(reply_str(reply_at(rep, 0)), &out->result)) {
        not_possible(rep, err);
        out->result = ACK_REFUSED;
    } else if (out->result == ACK_DONE)
        read_done(rep, want, out);
    else if (!reply_nil(reply_at(rep, 1)))
        read_standing(rep, out);
    return true;
}

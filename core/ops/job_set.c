/*
 * job_set: the exact set that a job moves, as it is shown before. No state of
 * its own: it runs on the thread whose connection it is given.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/entry.h"
#include "core/ops/job_parts.h"

/* Length and newest id, taken at one moment. */
static const struct redis_script script_bound = {
    .name = "the bound",
    .text = "local kind = redis.call('TYPE', KEYS[1]).ok\n"
            "if kind == 'none' then return {'done', 0, ''} end\n"
            "if kind ~= 'stream' then return {'type', kind} end\n"
            "local last = redis.call('XREVRANGE', KEYS[1], '+', '-',\n"
            "  'COUNT', 1)[1]\n"
            "return {'done', redis.call('XLEN', KEYS[1]),\n"
            "  last and last[1] or ''}\n",
};

/* Which of the ids are there. */
static const struct redis_script script_there = {
    .name = "the look",
    .text = "local kind = redis.call('TYPE', KEYS[1]).ok\n"
            "if kind ~= 'stream' and kind ~= 'none' then\n"
            "  return {'type', kind}\n"
            "end\n"
            "local out = {}\n"
            "for i = 1, #ARGV do\n"
            "  local id = ARGV[i]\n"
            "  out[i] = #redis.call('XRANGE', KEYS[1], id, id, 'COUNT', 1)\n"
            "end\n"
            "return {'done', out}\n",
};

void job_set_dispose(struct job_set *set)
{
    for (size_t i = 0; i < set->ids_count; i++)
        free((char *)(uintptr_t)set->ids[i]);
    free((void *)(uintptr_t)set->ids);
    free(set->upper_id);
    *set = (struct job_set){ 0 };
}

/* The script's answer, if it is one. */
static const struct reply *answer(const struct reply *rep, const char *key,
                                  enum job_kind kind, struct err *err)
{
    if (!rep || strcmp(reply_str(reply_at(rep, 0)), "done") == 0)
        return rep;
    err_set(err, ERR_USER,
            "`%s` is a %s in Redis, not a stream: nothing was %s", key,
            reply_str(reply_at(rep, 1)), job_kind_done(kind));
    return NULL;
}

static bool find_all(struct redis *r, enum job_kind kind, const char *key,
                     struct job_set *out, struct err *err)
{
    const char *const argv[] = { key };
    const struct reply *rep = answer(
        redis_eval(r, &script_bound, 1, 1, argv, NULL, err), key, kind, err);

    if (!rep)
        return false;
    out->count = reply_int(reply_at(rep, 1));
    out->upper_id = xstrdup(reply_str(reply_at(rep, 2)));
    return true;
}

/* ---- by their ids ---------------------------------------------------------- */

/* Canonical, oldest first, each once. */
static bool parse(const char *const *ids, size_t count, struct job_set *out,
                  struct err *err)
{
    char **all = xcalloc(count + 1, sizeof *all);

    out->ids = (const char **)all;
    for (size_t i = 0; i < count; i++) {
        char id[ENTRY_ID];

        if (!entry_id_parse(ids[i], id))
            return err_set(err, ERR_USER,
                           "`%.60s` is not an entry id: they look like"
                           " `1700000000000-0` and stand in `dlq show`",
                           ids[i]);
        all[out->ids_count++] = xstrdup(id);
    }
    out->ids_count = entry_ids_sort(all, out->ids_count);
    return true;
}

static bool keep_there(struct redis *r, enum job_kind kind, const char *key,
                       struct job_set *out, struct err *err)
{
    const char **argv = xmalloc((out->ids_count + 1) * sizeof *argv);
    const struct reply *rep;
    size_t kept = 0;

    argv[0] = key;
    memcpy(argv + 1, out->ids, out->ids_count * sizeof *argv);
    rep = answer(redis_eval(r, &script_there, 1, (int)out->ids_count + 1, argv,
                            NULL, err),
                 key, kind, err);
    free(argv);
    for (size_t i = 0; rep && i < out->ids_count; i++) {
        const char *id = out->ids[i];

        if (reply_int(reply_at(reply_at(rep, 1), i)) == 0) {
            free((char *)(uintptr_t)id);
            out->missing++;
        } else {
            out->ids[kept++] = id;
        }
    }
    if (rep)
        out->ids_count = kept;
    return rep != NULL;
}

bool job_set_find(struct redis *r, enum job_kind kind,
                  const struct stream_name *name, const char *const *ids,
                  size_t count, struct job_set *out, struct err *err)
{
    char *key = job_source_key(kind, name->dlq);
    bool ok;

    *out = (struct job_set){ 0 };
    if (!ids) {
        ok = find_all(r, kind, key, out, err);
    } else {
        ok = parse(ids, count, out, err) && keep_there(r, kind, key, out, err);
        out->count = (int64_t)out->ids_count;
        if (ok)
            out->upper_id =
                xstrdup(out->ids_count ? out->ids[out->ids_count - 1] : "");
    }
    free(key);
    if (!ok)
        job_set_dispose(out);
    return ok;
}

char *job_bound_text(enum job_kind kind, const struct stream_name *name,
                     const struct job_set *set, int rate)
{
    char *ids = set->ids ? json_list(set->ids, set->ids_count) : NULL;
    char *text = json_text(
        member_str("kind", job_kind_name(kind)),
        member_str("stream", name->stream), member_str("dlq", name->dlq),
        member_int("count", set->count), member_str("upper_id", set->upper_id),
        member_raw("ids", ids), member_int("missing", (int64_t)set->missing),
        member_int("rate", rate));

    free(ids);
    return text;
}

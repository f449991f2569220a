#include "bot/flow/inbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define PAGE  64
#define PAGES 64 /* of one look: 4,096 entries */

/*
 * What was seen is kept in three hashes by time of recording, so that the
 * keyspace of a shared Redis stays small. A hash is dropped by UNLINK, in the
 * background, when the fourth begins; its EXPIRE is for a bot that stopped.
 */
#define SEEN_MS     "450000"
#define SEEN_DROP_S "1500"

/*
 * KEYS inbox; ARGV seen prefix, owner, now, how many settled, their ids, then
 * for each envelope its frame, its road, how many keys, the keys. Answers an
 * entry id for each envelope, or "" when one of its keys was seen. An envelope,
 * once recorded, is seen by all its keys.
 */
static const struct redis_script script_record = {
    "record",
    "local gone, out, i = {}, {}, 5\n"
    "for k = 1, tonumber(ARGV[4]) do gone[k] = ARGV[i]; i = i + 1 end\n"
    "if #gone > 0 then redis.call('XDEL', KEYS[1], unpack(gone)) end\n"
    "if i > #ARGV then return out end\n"
    "local b = math.floor(tonumber(ARGV[3]) / " SEEN_MS ")\n"
    "local now = ARGV[1] .. b\n"
    "local fresh = redis.call('EXISTS', now) == 0\n"
    "local all, seen, fields, at = {}, {}, {}, i\n"
    "while at <= #ARGV do\n"
    "  local n = tonumber(ARGV[at + 2])\n"
    "  for k = 1, n do all[#all + 1] = ARGV[at + 2 + k] end\n"
    "  at = at + 3 + n\n"
    "end\n"
    "for back = 0, 2 do\n"
    "  local was = redis.call('HMGET', ARGV[1] .. (b - back), unpack(all))\n"
    "  for k = 1, #all do if was[k] then seen[all[k]] = true end end\n"
    "end\n"
    "while i <= #ARGV do\n"
    "  local n, twin = tonumber(ARGV[i + 2]), false\n"
    "  for k = 1, n do twin = twin or seen[ARGV[i + 2 + k]] end\n"
    "  if twin then\n"
    "    out[#out + 1] = ''\n"
    "  else\n"
    "    local id = redis.call('XADD', KEYS[1], '*', 'envelope', ARGV[i],\n"
    "      'road', ARGV[i + 1], 'replica', ARGV[2], 'at', ARGV[3])\n"
    "    for k = 1, n do\n"
    "      seen[ARGV[i + 2 + k]] = true\n"
    "      fields[#fields + 1] = ARGV[i + 2 + k]\n"
    "      fields[#fields + 1] = id\n"
    "    end\n"
    "    out[#out + 1] = id\n"
    "  end\n"
    "  i = i + 3 + n\n"
    "end\n"
    "if #fields > 0 then redis.call('HSET', now, unpack(fields)) end\n"
    "if fresh then\n"
    "  redis.call('EXPIRE', now, " SEEN_DROP_S ")\n"
    "  redis.call('UNLINK', ARGV[1] .. (b - 3))\n"
    "end\n"
    "return out\n",
};

/* KEYS inbox; ARGV seen prefix, now, then for each late envelope how many
 * keys, the keys. Keys that lead to another entry by now are left alone. */
static const struct redis_script script_forget = {
    "forget",
    "local b = math.floor(tonumber(ARGV[2]) / " SEEN_MS ")\n"
    "local i = 3\n"
    "while i <= #ARGV do\n"
    "  local n = tonumber(ARGV[i])\n"
    "  for back = 0, 2 do\n"
    "    local seen = ARGV[1] .. (b - back)\n"
    "    local id = redis.call('HGET', seen, ARGV[i + 1])\n"
    "    for k = 1, n do\n"
    "      if id and redis.call('HGET', seen, ARGV[i + k]) == id then\n"
    "        redis.call('HDEL', seen, ARGV[i + k])\n"
    "      end\n"
    "    end\n"
    "    if id then redis.call('XDEL', KEYS[1], id) end\n"
    "  end\n"
    "  i = i + 1 + n\n"
    "end\n"
    "return 1\n",
};

/*
 * KEYS inbox; ARGV prefix of replica keys, new owner, entry id, and whose it
 * must be ("": anybody's). Moves the entry to its new owner, unless it is
 * gone or its owner lives. The first recorded_at stays.
 */
static const struct redis_script script_take = {
    "take over",
    "local e = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]\n"
    "if not e then return false end\n"
    "local f = {}\n"
    "for i = 1, #e[2], 2 do f[e[2][i]] = e[2][i + 1] end\n"
    "if ARGV[4] ~= '' and f.replica ~= ARGV[4] then return false end\n"
    "if f.replica == ARGV[2] or\n"
    "  redis.call('EXISTS', ARGV[1] .. (f.replica or '')) == 1 then\n"
    "  return false\n"
    "end\n"
    "local id = redis.call('XADD', KEYS[1], '*', 'envelope', f.envelope or '',"
    "\n"
    "  'road', f.road or '', 'replica', ARGV[2], 'at', f.at or '0')\n"
    "redis.call('XDEL', KEYS[1], ARGV[3])\n"
    "return {id, f.envelope or '', f.at or '0'}\n",
};

void inbox_init(struct inbox *box, const char *prefix)
{
    digest_random(box->id);
    box->stream = xasprintf("%sinbox", prefix);
    box->seen = xasprintf("%sseen:", prefix);
    box->replicas = xasprintf("%sreplica:", prefix);
    box->replica = xasprintf("%s%s", box->replicas, box->id);
}

void inbox_dispose(struct inbox *box)
{
    free(box->stream);
    free(box->seen);
    free(box->replicas);
    free(box->replica);
}

/* ---- record ---------------------------------------------------------------- */

struct list {
    const char **argv;
    size_t *lens;
    int n;
};

static void put(struct list *l, const char *text, size_t len)
{
    l->argv[l->n] = text;
    l->lens[l->n++] = len;
}

static void put_text(struct list *l, const char *text)
{
    put(l, text, strlen(text));
}

static void put_keys(struct list *l, char *const keys[ENVELOPE_KEYS])
{
    static const char *const counts[] = { "0", "1", "2", "3", "4" };
    int many = 0;

    for (int k = 0; k < ENVELOPE_KEYS; k++)
        many += keys[k] != NULL;
    put_text(l, counts[many]);
    for (int k = 0; k < ENVELOPE_KEYS; k++) {
        if (keys[k])
            put_text(l, keys[k]);
    }
}

static void put_envelope(struct list *l, const struct envelope *env)
{
    put(l, env->frame, env->frame_len);
    put_text(l, env->road ? env->road->name : "");
    put_keys(l, env->keys);
}

static struct list list_new(size_t room)
{
    return (struct list){ xcalloc(room, sizeof(char *)),
                          xcalloc(room, sizeof(size_t)), 0 };
}

static void list_dispose(struct list *l)
{
    free(l->argv);
    free(l->lens);
}

static void take_entries(const struct reply *rep, struct envelope *const *envs,
                         size_t n, int64_t now)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = reply_str(reply_at(rep, i));

        envs[i]->recorded_at = now;
        if (id[0])
            envs[i]->entry = xstrdup(id);
    }
}

bool inbox_record(const struct inbox *box, struct redis *r,
                  struct envelope *const *envs, size_t n, char *const *settled,
                  size_t m, struct err *err)
{
    struct list l = list_new(8 + m + n * (3 + ENVELOPE_KEYS));
    int64_t now = clock_wall_ms();
    char at[24], many[24];
    const struct reply *rep;

    snprintf(at, sizeof at, "%" PRId64, now);
    snprintf(many, sizeof many, "%zu", m);
    put_text(&l, box->stream);
    put_text(&l, box->seen);
    put_text(&l, box->id);
    put_text(&l, at);
    put_text(&l, many);
    for (size_t i = 0; i < m; i++)
        put_text(&l, settled[i]);
    for (size_t i = 0; i < n; i++)
        put_envelope(&l, envs[i]);
    rep = redis_eval(r, &script_record, 1, l.n, l.argv, l.lens, err);
    if (rep)
        take_entries(rep, envs, n, now);
    list_dispose(&l);
    return rep != NULL;
}

bool inbox_forget(const struct inbox *box, struct redis *r,
                  const struct inbox_late *late, size_t n, struct err *err)
{
    struct list l = list_new(3 + n * (1 + ENVELOPE_KEYS));
    char now[24];
    bool ok;

    snprintf(now, sizeof now, "%" PRId64, clock_wall_ms());
    put_text(&l, box->stream);
    put_text(&l, box->seen);
    put_text(&l, now);
    for (size_t i = 0; i < n; i++)
        put_keys(&l, late[i].keys);
    ok = redis_eval(r, &script_forget, 1, l.n, l.argv, l.lens, err) != NULL;
    list_dispose(&l);
    return ok;
}

/* ---- replicas --------------------------------------------------------------- */

bool inbox_renew(const struct inbox *box, struct redis *r, struct err *err)
{
    char life[24];

    snprintf(life, sizeof life, "%d", REPLICA_LIFE_MS);
    return redis_one(r, err, "SET", box->replica, "1", "PX", life) != NULL;
}

void inbox_leave(const struct inbox *box, struct redis *r)
{
    struct err err = { 0 };

    if (!redis_one(r, &err, "DEL", box->replica))
        log_info("inbox", NULL, "this replica's key stays until it expires: %s",
                 err.text);
}

/* ---- take over ------------------------------------------------------------- */

static struct envelope *taken(const struct reply *rep)
{
    const struct reply *frame = reply_at(rep, 1);
    const char *why = "";
    struct envelope *env =
        envelope_parse(reply_str(frame), reply_len(frame), &why);

    if (!env) {
        log_error("inbox", NULL, "entry %s cannot be read (%s): deleted",
                  reply_str(reply_at(rep, 0)), why);
        return NULL;
    }
    env->entry = xstrdup(reply_str(reply_at(rep, 0)));
    env->recorded_at = reply_int(reply_at(rep, 2));
    env->recovered = true;
    return env;
}

/* What is looked for: entries whose owner is gone. */
struct search {
    const char *owner; /* "": any */
    const char *end;   /* none after this id */
    void (*got)(void *arg, struct envelope *env);
    void *arg;
};

static bool take_one(const struct inbox *box, struct redis *r,
                     const struct search *s, const char *id,
                     struct envelope **out, struct err *err)
{
    const char *argv[] = { box->stream, box->replicas, box->id, id, s->owner };
    const struct reply *rep =
        redis_eval(r, &script_take, 1, 5, argv, NULL, err);
    char *unreadable;

    *out = NULL;
    if (!rep)
        return false;
    if (reply_count(rep) < 3)
        return true; /* its owner lives, or somebody was quicker */
    *out = taken(rep);
    if (*out)
        return true;
    unreadable = xstrdup(reply_str(reply_at(rep, 0)));
    rep = redis_one(r, err, "XDEL", box->stream, unreadable);
    free(unreadable);
    return rep != NULL;
}

/* A page of old entries, oldest first. The ids are copied: taking over uses
 * the same connection. */
struct page {
    char *ids[PAGE];
    size_t n;
};

static void page_dispose(struct page *page)
{
    for (size_t i = 0; i < page->n; i++)
        free(page->ids[i]);
    page->n = 0;
}

/* after: "-", or "(" and the last id seen. */
static bool page_read(const struct inbox *box, struct redis *r,
                      const char *after, const char *end, struct page *page,
                      struct err *err)
{
    const struct reply *rep;
    char count[24];

    snprintf(count, sizeof count, "%d", PAGE);
    rep = redis_one(r, err, "XRANGE", box->stream, after, end, "COUNT", count);
    if (!rep)
        return false;
    page->n = reply_count(rep);
    for (size_t i = 0; i < page->n; i++)
        page->ids[i] = xstrdup(reply_str(reply_at(reply_at(rep, i), 0)));
    return true;
}

static bool take_page(const struct inbox *box, struct redis *r,
                      const struct search *s, const struct page *page,
                      size_t *count, struct err *err)
{
    for (size_t i = 0; i < page->n; i++) {
        struct envelope *env;

        if (!take_one(box, r, s, page->ids[i], &env, err))
            return false;
        if (!env)
            continue;
        ++*count;
        s->got(s->arg, env);
    }
    return true;
}

/* Pages, because what live replicas still work on may be older than what a
 * dead one left. */
static bool take_all(const struct inbox *box, struct redis *r,
                     const struct search *s, size_t max, size_t *count,
                     struct err *err)
{
    char after[64] = "-";
    struct page page = { .n = 0 };
    bool ok = true, more = true;

    *count = 0;
    for (int i = 0; ok && more && *count < max && i < PAGES; i++) {
        ok = page_read(box, r, after, s->end, &page, err) &&
             take_page(box, r, s, &page, count, err);
        more = page.n == PAGE;
        if (more)
            snprintf(after, sizeof after, "(%s", page.ids[PAGE - 1]);
        page_dispose(&page);
    }
    return ok;
}

bool inbox_take_over(const struct inbox *box, struct redis *r, size_t max,
                     void (*got)(void *arg, struct envelope *env), void *arg,
                     size_t *count, struct err *err)
{
    char end[24];
    struct search s = { .owner = "", .end = end, .got = got, .arg = arg };

    snprintf(end, sizeof end, "%" PRId64, clock_wall_ms() - TAKE_OVER_MS);
    return take_all(box, r, &s, max, count, err);
}

bool inbox_inherit(const struct inbox *box, struct redis *r, const char *dead,
                   size_t max, void (*got)(void *arg, struct envelope *env),
                   void *arg, size_t *count, struct err *err)
{
    struct search s = { .owner = dead, .end = "+", .got = got, .arg = arg };
    char *key = xasprintf("%s%s", box->replicas, dead);
    bool ok = redis_one(r, err, "DEL", key) != NULL;

    free(key);
    *count = 0;
    return ok && take_all(box, r, &s, max, count, err);
}

int64_t inbox_depth(const struct inbox *box, struct redis *r)
{
    struct err err = { 0 };
    const struct reply *rep = redis_one(r, &err, "XLEN", box->stream);

    return rep ? reply_int(rep) : -1;
}

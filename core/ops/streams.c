/*
 * streams: which streams there are, and what a person means by a name. No
 * state of its own: it runs on the thread whose connection it is given.
 */
#include "core/ops/streams.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/entry.h"

#define SCAN_STEP   1000 /* keys looked at in one round trip */
#define SCAN_STEPS  100
#define SCAN_MS     500
#define SUFFIX      ".dlq"
#define PATTERN     "*.dlq"
#define SUFFIX_SIZE (sizeof SUFFIX - 1)

/* ---- the list ------------------------------------------------------------- */

void stream_name_dispose(struct stream_name *name)
{
    free(name->stream);
    free(name->dlq);
    *name = (struct stream_name){ 0 };
}

void stream_names_dispose(struct stream_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        stream_name_dispose(&names->names[i]);
    free(names->names);
    *names = (struct stream_names){ 0 };
}

static struct stream_name from_config(const struct config_stream *s)
{
    return (struct stream_name){
        .stream = xstrdup(s->name),
        .dlq = s->dlq ? xstrdup(s->dlq) : xasprintf("%s" SUFFIX, s->name),
        .configured = true,
    };
}

static bool has_suffix(const char *key)
{
    size_t len = strlen(key);

    return len > SUFFIX_SIZE && strcmp(key + len - SUFFIX_SIZE, SUFFIX) == 0;
}

static struct stream_name from_dlq_key(const char *key)
{
    return (struct stream_name){
        .stream = xstrndup(key, strlen(key) - SUFFIX_SIZE),
        .dlq = xstrdup(key),
    };
}

/* Takes name. room grows by doubling at powers of two. */
static void add_name(struct stream_names *names, struct stream_name name)
{
    if ((names->count & (names->count - 1)) == 0)
        names->names =
            xrealloc(names->names, (names->count ? names->count * 2 : 1) *
                                       sizeof *names->names);
    names->names[names->count++] = name;
}

static int by_stream(const void *a, const void *b)
{
    const struct stream_name *x = a, *y = b;
    int order = strcmp(x->stream, y->stream);

    if (order == 0)
        order = strcmp(x->dlq, y->dlq);
    return order ? order : y->configured - x->configured;
}

/* SCAN may give a key twice, and configuration names some as well. */
static void sort_and_unite(struct stream_names *names)
{
    size_t kept = 0;

    if (names->count > 0)
        qsort(names->names, names->count, sizeof *names->names, by_stream);
    for (size_t i = 0; i < names->count; i++) {
        struct stream_name *last = kept ? &names->names[kept - 1] : NULL;

        if (last && strcmp(last->dlq, names->names[i].dlq) == 0)
            stream_name_dispose(&names->names[i]);
        else
            names->names[kept++] = names->names[i];
    }
    names->count = kept;
}

/* ---- finding -------------------------------------------------------------- */

static bool is_configured(const struct stream_names *names, const char *dlq)
{
    for (size_t i = 0; i < names->count && names->names[i].configured; i++)
        if (strcmp(names->names[i].dlq, dlq) == 0)
            return true;
    return false;
}

/* One step of the scan; *cursor is heap text, "0" at the end. */
static bool scan_step(struct redis *r, const struct config *cfg, char **cursor,
                      struct stream_names *out, struct err *err)
{
    const struct reply *rep =
        redis_one(r, err, "SCAN", *cursor, "MATCH", PATTERN, "COUNT", "1000",
                  "TYPE", "stream");
    const struct reply *keys = reply_at(rep, 1);

    if (!rep)
        return false;
    for (size_t i = 0; i < reply_count(keys); i++) {
        const struct reply *key = reply_at(keys, i);

        if (entry_key_fit(key, cfg->redis_prefix) &&
            has_suffix(reply_str(key)) && !is_configured(out, reply_str(key)))
            add_name(out, from_dlq_key(reply_str(key)));
    }
    free(*cursor);
    *cursor = xstrdup(reply_str(reply_at(rep, 0)));
    return true;
}

bool streams_find(struct redis *r, const struct config *cfg,
                  struct stream_names *out, struct err *err)
{
    int64_t until = clock_mono_ms() + SCAN_MS;
    char *cursor = xstrdup("0");
    bool ok = true, more = true;

    *out = (struct stream_names){ 0 };
    for (unsigned i = 0; i < cfg->streams_count; i++)
        add_name(out, from_config(&cfg->streams[i]));
    for (int step = 0; ok && more; step++) {
        out->cut = step == SCAN_STEPS || clock_mono_ms() > until;
        if (out->cut)
            break;
        ok = scan_step(r, cfg, &cursor, out, err);
        more = strcmp(cursor, "0") != 0;
    }
    free(cursor);
    if (ok)
        sort_and_unite(out);
    else
        stream_names_dispose(out);
    return ok;
}

/* ---- what a person typed -------------------------------------------------- */

static bool resolve_configured(const struct config *cfg, const char *typed,
                               struct stream_name *out)
{
    for (unsigned i = 0; i < cfg->streams_count; i++) {
        struct stream_name name = from_config(&cfg->streams[i]);

        if (strcmp(name.stream, typed) == 0 || strcmp(name.dlq, typed) == 0) {
            *out = name;
            return true;
        }
        stream_name_dispose(&name);
    }
    return false;
}

/* Looked at directly: the scan has a bound, a name has none. */
static bool resolve_key(struct redis *r, const char *typed,
                        struct stream_name *out, bool *found, struct err *err)
{
    char *dlq = xasprintf("%s" SUFFIX, typed);
    bool is_stream, has_dlq;

    redis_cmd(r, "TYPE", typed);
    redis_cmd(r, "TYPE", dlq);
    if (!redis_run(r, err)) {
        free(dlq);
        return false;
    }
    is_stream = strcmp(reply_str(redis_reply(r, 0)), "stream") == 0;
    has_dlq = strcmp(reply_str(redis_reply(r, 1)), "stream") == 0;
    *found = is_stream || has_dlq;
    if (is_stream && !has_dlq && has_suffix(typed))
        *out = from_dlq_key(typed);
    else if (*found)
        *out = from_dlq_key(dlq);
    free(dlq);
    return true;
}

static bool unknown_name(struct redis *r, const struct config *cfg,
                         const char *typed, struct err *err)
{
    struct stream_names all;
    const char **names, *near;
    char *shown;

    if (!streams_find(r, cfg, &all, err))
        return false;
    names = xcalloc(all.count + 1, sizeof *names);
    for (size_t i = 0; i < all.count; i++)
        names[i] = all.names[i].stream;
    near = text_nearest(typed, names, all.count);
    shown = text_cut(typed, 60);
    if (near)
        err_set(err, ERR_USER, "there is no stream `%s`: did you mean `%s`?",
                shown, near);
    else if (all.count > 0)
        err_set(err, ERR_USER,
                "there is no stream `%s`. There is, for"
                " example, `%s`",
                shown, all.names[0].stream);
    else
        err_set(err, ERR_USER,
                "there is no stream `%s`, and no dead-letter"
                " queue at all",
                shown);
    free(shown);
    free(names);
    stream_names_dispose(&all);
    return false;
}

bool streams_resolve(struct redis *r, const struct config *cfg,
                     const char *typed, struct stream_name *out,
                     struct err *err)
{
    bool found = false;

    *out = (struct stream_name){ 0 };
    if (resolve_configured(cfg, typed, out))
        return true;
    if (strncmp(typed, cfg->redis_prefix, strlen(cfg->redis_prefix)) == 0)
        return err_set(err, ERR_USER,
                       "keys that begin with `%s` are the"
                       " bot's own",
                       cfg->redis_prefix);
    if (typed[0] && !resolve_key(r, typed, out, &found, err))
        return false;
    return found || unknown_name(r, cfg, typed, err);
}

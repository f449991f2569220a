/*
 * transcript: see transcript.h.
 */
#include "tests/sandbox/wire/transcript.h"

#include <stdlib.h>

#include "core/base/mem.h"

struct entry {
    int64_t at_ms;
    char *what;
    json_t *detail;
};

struct transcript {
    struct entry *ring;
    uint64_t count; /* ever added */
};

struct transcript *transcript_new(void)
{
    struct transcript *t = xcalloc(1, sizeof(*t));

    t->ring = xcalloc(TRANSCRIPT_KEPT, sizeof(*t->ring));
    return t;
}

static void entry_dispose(struct entry *e)
{
    free(e->what);
    json_decref(e->detail);
}

void transcript_free(struct transcript *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < TRANSCRIPT_KEPT; i++)
        entry_dispose(&t->ring[i]);
    free(t->ring);
    free(t);
}

void transcript_add(struct transcript *t, int64_t at_ms, const char *what,
                    json_t *detail)
{
    struct entry *e = &t->ring[t->count++ % TRANSCRIPT_KEPT];

    entry_dispose(e);
    *e = (struct entry){ .at_ms = at_ms,
                         .what = xstrdup(what),
                         .detail = detail };
}

uint64_t transcript_dropped(const struct transcript *t)
{
    return t->count > TRANSCRIPT_KEPT ? t->count - TRANSCRIPT_KEPT : 0;
}

json_t *transcript_json(const struct transcript *t)
{
    json_t *list = json_array();

    for (uint64_t i = transcript_dropped(t); i < t->count; i++) {
        const struct entry *e = &t->ring[i % TRANSCRIPT_KEPT];

        json_array_append_new(list, json_pack("{sI ss sO*}", "at_ms",
                                              (json_int_t)e->at_ms, "what",
                                              e->what, "detail", e->detail));
    }
    return list;
}

#include "core/ops/pending.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define NAME_BYTES 200

/* ---- which groups ----------------------------------------------------------- */

static const struct group_info *find_group(const struct stream_info *s,
                                           const char *name)
{
    for (size_t i = 0; i < s->group_count; i++)
        if (strcmp(s->groups[i].name, name) == 0)
            return &s->groups[i];
    return NULL;
}

static bool no_group(const struct stream_info *s, const char *name,
                     struct err *err)
{
    const char **names = xcalloc(s->group_count + 1, sizeof *names);
    const char *near;

    for (size_t i = 0; i < s->group_count; i++)
        names[i] = s->groups[i].name;
    near = text_nearest(name, names, s->group_count);
    if (near)
        err_set(err, ERR_USER,
                "`%s` has no consumer group `%.60s`. Did you mean `%.100s`?",
                s->name, name, near);
    else
        err_set(err, ERR_USER,
                "`%s` has no consumer group `%.60s`; `streams %s` lists those "
                "that it has.",
                s->name, name, s->name);
    free(names);
    return false;
}

static bool choose(struct pending *p, const char *name, struct err *err)
{
    const struct stream_info *s = &p->report.streams[0];
    const struct group_info *group = name ? find_group(s, name) : NULL;

    if (name && !group)
        return no_group(s, name, err);
    p->one = group != NULL;
    p->count = group ? 1 : s->group_count;
    p->lists = xcalloc(p->count + 1, sizeof *p->lists);
    for (size_t i = 0; i < p->count; i++)
        p->lists[i].group = group ? group : &s->groups[i];
    return true;
}

static void paginate(struct pending *p, size_t page)
{
    size_t all = p->one ? (size_t)p->lists[0].group->pending : 0;

    p->pages = (all + PENDING_PAGE - 1) / PENDING_PAGE;
    if (p->pages > PENDING_PAGES)
        p->pages = PENDING_PAGES;
    if (p->pages == 0)
        p->pages = 1;
    p->page = page < p->pages ? page : p->pages;
}

/* ---- the entries ------------------------------------------------------------ */

static void read_entry(struct pending_entry *e, const struct reply *rep)
{
    if (!entry_id_parse(reply_str(reply_at(rep, 0)), e->id))
        e->id[0] = '\0';
    e->consumer = entry_text(reply_at(rep, 1), NAME_BYTES);
    e->idle_ms = reply_int(reply_at(rep, 2));
    e->deliveries = reply_int(reply_at(rep, 3));
}

/* The group may be gone by now: an error is as good as none. */
static void read_list(struct pending_list *list, const struct reply *rep,
                      size_t skip)
{
    size_t all = reply_error(rep) ? 0 : reply_count(rep);

    list->count = all > skip ? all - skip : 0;
    list->entries = xcalloc(list->count + 1, sizeof *list->entries);
    for (size_t i = 0; i < list->count; i++)
        read_entry(&list->entries[i], reply_at(rep, skip + i));
}

static bool ask_entries(struct redis *r, struct pending *p, struct err *err)
{
    size_t skip = (p->page - 1) * PENDING_PAGE;
    size_t most = p->one ? skip + PENDING_PAGE : PENDING_FEW;
    const char *key = p->report.streams[0].name;
    char count[TEXT_NUMBER];

    if (p->count == 0)
        return true;
    redis_reset(r);
    text_number(count, (int64_t)most);
    for (size_t i = 0; i < p->count; i++)
        redis_cmd(r, "XPENDING", key, p->lists[i].group->name, "-", "+", count);
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < p->count; i++)
        read_list(&p->lists[i], redis_reply(r, i), skip);
    return true;
}

bool pending_look(struct redis *r, const struct config *cfg, const char *key,
                  const char *group, size_t page, int64_t now,
                  struct pending *out, struct err *err)
{
    bool ok;

    *out = (struct pending){ .page = 1, .pages = 1 };
    if (!streams_report(r, cfg, key, now, &out->report, err))
        return false;
    ok = choose(out, group, err);
    if (ok)
        paginate(out, page);
    ok = ok && ask_entries(r, out, err);
    if (!ok)
        pending_dispose(out);
    return ok;
}

void pending_dispose(struct pending *p)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t j = 0; j < p->lists[i].count; j++)
            free(p->lists[i].entries[j].consumer);
        free(p->lists[i].entries);
    }
    free(p->lists);
    stream_report_dispose(&p->report);
    *p = (struct pending){ 0 };
}

/*
 * roster: see roster.h. One lock, held for a look-up.
 */
#include "core/roster_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

struct roster *roster_new(void)
{
    struct roster *r = xcalloc(1, sizeof *r);

    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void forget_members(struct group *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->users[i]);
    free(g->users);
    g->users = NULL;
    g->count = 0;
}

void roster_copy_free(struct group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        forget_members(&groups[i]);
        free(groups[i].id);
        free(groups[i].handle);
    }
    free(groups);
}

void roster_free(struct roster *r)
{
    if (!r)
        return;
    roster_copy_free(r->groups, r->count);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct group *find(struct roster *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->groups[i].id, id) == 0)
            return &r->groups[i];
    return NULL;
}

static struct group *find_or_add(struct roster *r, const char *id)
{
    struct group *g = find(r, id);

    if (g)
        return g;
    r->groups = xrealloc(r->groups, (r->count + 1) * sizeof *r->groups);
    g = &r->groups[r->count++];
    *g = (struct group){ .id = xstrdup(id) };
    return g;
}

/* What is no name is left out: whoever has none is in no group. */
static void set_members(struct group *g, const char *const *users, size_t count)
{
    forget_members(g);
    g->users = xcalloc(count + 1, sizeof *g->users);
    for (size_t i = 0; i < count; i++)
        if (users[i][0])
            g->users[g->count++] = xstrdup(users[i]);
}

void roster_set(struct roster *r, const char *group, const char *const *users,
                size_t count, int64_t fetched_at)
{
    struct group *g;

    pthread_mutex_lock(&r->lock);
    g = find_or_add(r, group);
    if (fetched_at >= g->fetched_at) {
        set_members(g, users, count);
        g->fetched_at = fetched_at;
    }
    pthread_mutex_unlock(&r->lock);
}

bool roster_has(struct roster *r, const char *group, const char *user,
                int64_t *fetched_at)
{
    const struct group *g;
    bool found = false;

    pthread_mutex_lock(&r->lock);
    g = find(r, group);
    *fetched_at = g ? g->fetched_at : 0;
    for (size_t i = 0; g && !found && i < g->count; i++)
        found = strcmp(g->users[i], user) == 0;
    pthread_mutex_unlock(&r->lock);
    return found;
}

void roster_name(struct roster *r, const char *group, const char *handle)
{
    struct group *g;

    if (!*handle)
        return;
    pthread_mutex_lock(&r->lock);
    g = find_or_add(r, group);
    free(g->handle);
    g->handle = text_plain(handle);
    pthread_mutex_unlock(&r->lock);
}

const char *roster_handle(struct roster *r, const char *group,
                          char out[ROSTER_HANDLE])
{
    const struct group *g;

    pthread_mutex_lock(&r->lock);
    g = find(r, group);
    snprintf(out, ROSTER_HANDLE, "%s", g && g->handle ? g->handle : "");
    pthread_mutex_unlock(&r->lock);
    return out;
}

bool roster_unknown(struct roster *r, const char *group, bool unknown)
{
    struct group *g;
    bool news;

    pthread_mutex_lock(&r->lock);
    g = find_or_add(r, group);
    news = g->unknown != unknown;
    g->unknown = unknown;
    pthread_mutex_unlock(&r->lock);
    return news;
}

bool roster_is_unknown(struct roster *r, const char *group)
{
    const struct group *g;
    bool unknown;

    pthread_mutex_lock(&r->lock);
    g = find(r, group);
    unknown = g && g->unknown;
    pthread_mutex_unlock(&r->lock);
    return unknown;
}

void roster_failing(struct roster *r, int64_t since)
{
    pthread_mutex_lock(&r->lock);
    if (!since || !r->failing_since)
        r->failing_since = since;
    pthread_mutex_unlock(&r->lock);
}

int64_t roster_failing_since(struct roster *r)
{
    int64_t since;

    pthread_mutex_lock(&r->lock);
    since = r->failing_since;
    pthread_mutex_unlock(&r->lock);
    return since;
}

struct group *roster_copy(struct roster *r, size_t *count)
{
    struct group *copy;
    size_t n = 0;

    pthread_mutex_lock(&r->lock);
    copy = xcalloc(r->count + 1, sizeof *copy);
    for (size_t i = 0; i < r->count; i++) {
        const struct group *g = &r->groups[i];

        if (!g->fetched_at)
            continue;
        copy[n] = (struct group){ .id = xstrdup(g->id),
                                  .handle = xstrdup(g->handle),
                                  .fetched_at = g->fetched_at };
        set_members(&copy[n++], (const char *const *)g->users, g->count);
    }
    pthread_mutex_unlock(&r->lock);
    *count = n;
    return copy;
}

static void add_once(const char **ids, size_t *count, const char *id)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(ids[i], id) == 0)
            return;
    ids[(*count)++] = id;
}

const char **roster_groups(const struct config *cfg, size_t *count)
{
    size_t most = 0;
    const char **ids;

    *count = 0;
    for (unsigned i = 0; i < cfg->roles_count; i++)
        most += cfg->roles[i].groups_count;
    ids = xcalloc(most + 1, sizeof *ids);
    for (unsigned i = 0; i < cfg->roles_count; i++)
        for (unsigned j = 0; j < cfg->roles[i].groups_count; j++)
            add_once(ids, count, cfg->roles[i].groups[j]);
    return ids;
}

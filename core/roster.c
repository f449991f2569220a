/*
 * roster: see roster.h. One lock, held for a look-up.
 */
#include "core/roster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct group {
    char *id;
    char **users;
    size_t count;
    int64_t fetched_at;
};

struct roster {
    pthread_mutex_t lock;
    struct group *groups;
    size_t count;
};

struct roster *roster_new(void)
{
    struct roster *r = xcalloc(1, sizeof *r);

    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void forget(struct group *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->users[i]);
    free(g->users);
    g->users = NULL;
    g->count = 0;
}

void roster_free(struct roster *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        forget(&r->groups[i]);
        free(r->groups[i].id);
    }
    free(r->groups);
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

void roster_set(struct roster *r, const char *group, const char *const *users,
                size_t count, int64_t fetched_at)
{
    struct group *g;

    pthread_mutex_lock(&r->lock);
    g = find_or_add(r, group);
    if (fetched_at >= g->fetched_at) {
        forget(g);
        g->users = xcalloc(count + 1, sizeof *g->users);
        for (; g->count < count; g->count++)
            g->users[g->count] = xstrdup(users[g->count]);
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

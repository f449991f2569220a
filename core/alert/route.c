/*
 * route: the tree, compiled: what a node has of its parents is in it, labels
 * that matchers ask for have their places, many children an index.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

/* Alertmanager's, but for the wait: a card can be edited. */
#define INTERVAL_MS (INT64_C(5) * 60 * 1000)
#define REPEAT_MS   (INT64_C(4) * 60 * 60 * 1000)

/* ---- what a node has ------------------------------------------------------------ */

static size_t slot_of(struct router *r, const char *name)
{
    for (size_t i = 0; i < r->names_count; i++)
        if (strcmp(r->names[i], name) == 0)
            return i;
    if (r->names_count == SLOTS_MOST)
        return SLOTS_MOST;
    r->names[r->names_count] = name;
    return r->names_count++;
}

static void match_read(struct router *r, struct node *n, bool root)
{
    const struct config_route *of = n->route.of;
    struct err err = { .kind = ERR_NONE };

    if (root)
        return;
    n->never = !matchers_read(&n->match, (const char *const *)of->match,
                              of->match_count, &err);
    n->tests = xcalloc(n->match.count + 1, sizeof *n->tests);
    for (size_t i = 0; i < n->match.count; i++)
        n->tests[i] = (struct test){
            .matcher = n->match.items[i],
            .slot = slot_of(r, n->match.items[i]->name),
        };
}

static const struct config_policy *policy_of(const struct config_alerts *cfg,
                                             const char *name)
{
    for (unsigned i = 0; i < cfg->policies_count; i++)
        if (strcmp(cfg->policies[i].name, name) == 0)
            return &cfg->policies[i];
    return NULL;
}

static void group_by_read(struct route *route)
{
    const struct config_route *of = route->of;

    if (of->group_by_count == 0)
        return;
    route->by_all = strcmp(of->group_by[0], "...") == 0;
    route->group_by = (const char *const *)of->group_by;
    route->group_by_count = route->by_all ? 0 : of->group_by_count;
}

static void own_read(const struct router *r, struct route *route)
{
    const struct config_route *of = route->of;

    if (of->channels_count) {
        route->channels = (const char *const *)of->channels;
        route->channels_count = of->channels_count;
    }
    if (of->mention_count) {
        route->mention = (const char *const *)of->mention;
        route->mention_count = of->mention_count;
    }
    if (of->escalation)
        route->policy = policy_of(r->cfg, of->escalation);
    if (of->runbook)
        route->runbook = of->runbook;
    group_by_read(route);
    if (of->wait) {
        route->wait_ms = of->wait_ms;
        route->wait_set = true;
    }
    if (of->interval)
        route->interval_ms = of->interval_ms;
    if (of->repeat)
        route->repeat_ms = of->repeat_ms;
}

static size_t windows_read(const struct router *r, char **names, unsigned count,
                           const struct config_window ***out)
{
    const struct config_alerts *cfg = r->cfg;
    size_t found = 0;

    *out = xcalloc(count + 1, sizeof **out);
    for (unsigned i = 0; i < count; i++)
        for (unsigned w = 0; w < cfg->windows_count; w++)
            if (strcmp(cfg->windows[w].name, names[i]) == 0)
                (*out)[found++] = &cfg->windows[w];
    return found;
}

/* ---- paths ---------------------------------------------------------------------- */

static bool path_taken(const struct router *r, const char *path)
{
    for (size_t i = 0; i < r->all_count; i++)
        if (strcmp(r->all[i]->path, path) == 0)
            return true;
    return false;
}

/* "pay > db"; a second one of that path is "pay > db (2)". */
static char *path_of(const struct router *r, const struct node *parent,
                     const struct config_route *of, size_t which)
{
    char *name = of->name && *of->name ? xstrdup(of->name)
                                       : xasprintf("route %zu", which + 1);
    char *path = parent == &r->root ? xstrdup(name)
                                    : xasprintf("%s > %s", parent->path, name);
    char *base = xstrdup(path);

    for (int i = 2; path_taken(r, path); i++) {
        free(path);
        path = xasprintf("%s (%d)", base, i);
    }
    free(base);
    free(name);
    return path;
}

/* Takes path. */
static void path_set(struct router *r, struct node *n, char *path)
{
    char digest[SHA256_HEX];

    n->path = path;
    n->route.path = path;
    digest_sha256(digest, "route", path, NULL);
    memcpy(n->route.id, digest, sizeof n->route.id - 1);
    r->all = xrealloc(r->all, (r->all_count + 1) * sizeof(struct node *));
    r->all[r->all_count++] = n;
}

/* ---- the tree -------------------------------------------------------------------- */

/* n has its parent's terms, and path. */
static void node_make(struct router *r, struct node *n)
{
    const struct config_route *of = n->route.of;

    match_read(r, n, n == &r->root);
    own_read(r, &n->route);
    n->active_count = windows_read(r, of->active, of->active_count, &n->active);
    n->mute_count = windows_read(r, of->mute, of->mute_count, &n->mute);
    n->children = xcalloc(of->routes_count + 1, sizeof *n->children);
    for (size_t i = 0; of->routes && i < of->routes_count; i++) {
        struct node *child = &n->children[n->children_count++];

        child->route = n->route;
        child->route.of = &of->routes[i];
        path_set(r, child, path_of(r, n, child->route.of, i));
        node_make(r, child);
    }
    index_make(r, n);
}

static void node_free(struct node *n)
{
    for (size_t i = 0; i < n->children_count; i++)
        node_free(&n->children[i]);
    index_free(n);
    free(n->children);
    free(n->tests);
    free(n->active);
    free(n->mute);
    free(n->path);
    matchers_dispose(&n->match);
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(struct node *const *)a)->route.id,
                  (*(struct node *const *)b)->route.id);
}

static struct router *make(const struct config_alerts *cfg,
                           const char *const *ops)
{
    struct router *r = xcalloc(1, sizeof *r);

    r->cfg = cfg;
    r->root.route = (struct route){
        .of = &cfg->route,
        .channels = ops,
        .channels_count = *ops ? 1 : 0,
        .interval_ms = INTERVAL_MS,
        .repeat_ms = REPEAT_MS,
    };
    path_set(r, &r->root, xstrdup("all"));
    node_make(r, &r->root);
    qsort(r->all, r->all_count, sizeof *r->all, by_id);
    rules_make(r);
    return r;
}

struct router *router_new(const struct config_alerts *cfg)
{
    static const char *const none = NULL;

    return make(cfg, &none);
}

void router_free(struct router *r)
{
    if (!r)
        return;
    rules_free(r);
    node_free(&r->root);
    free(r->all);
    free(r);
}

const struct route *router_find(const struct router *r, const char *id)
{
    size_t low = 0, high = r->all_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(r->all[middle]->route.id, id);

        if (order == 0)
            return &r->all[middle]->route;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return &r->root.route;
}

/* ---- those of configurations ------------------------------------------------------ */

struct kept {
    struct kept *next;
    const struct config *of;
    struct router *router;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *all_kept; /* newest first: the one that is asked for */

const struct router *router_of(const struct config *cfg)
{
    const struct router *router;
    struct kept *k;

    pthread_mutex_lock(&lock);
    for (k = all_kept; k && k->of != cfg; k = k->next)
        ;
    if (!k) {
        k = xmalloc(sizeof *k);
        *k = (struct kept){ .next = all_kept, .of = cfg };
        k->router = make(&cfg->alerts, (const char *const *)&cfg->channels.ops);
        all_kept = k;
    }
    router = k->router;
    pthread_mutex_unlock(&lock);
    return router;
}

void router_forget(const struct config *cfg)
{
    struct kept **at, *k;

    pthread_mutex_lock(&lock);
    for (at = &all_kept; *at && (*at)->of != cfg; at = &(*at)->next)
        ;
    k = *at;
    if (k) {
        *at = k->next;
        router_free(k->router);
        free(k);
    }
    pthread_mutex_unlock(&lock);
}

/*
 * route_decide: an alert's way through the tree. Depth first, children in
 * their order; the first that matches takes it, unless it goes on; a node none
 * of whose children match takes it itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/digest.h"

struct decided {
    const struct node *nodes[ROUTES_MOST];
    size_t count;
};

static bool node_matches(const struct node *n, struct look *look)
{
    for (size_t i = 0; i < n->match.count; i++) {
        const struct test *t = &n->tests[i];

        if (!matcher_takes(t->matcher,
                           look_at(look, t->slot, t->matcher->name)))
            return false;
    }
    return !n->never;
}

static void walk(const struct node *n, struct look *look, struct decided *d)
{
    size_t before = d->count, i;
    struct candidates c;

    candidates_of(&c, n, look);
    while (d->count < ROUTES_MOST && candidates_next(&c, &i)) {
        const struct node *child = &n->children[i];

        if (!node_matches(child, look))
            continue;
        walk(child, look, d);
        if (!child->route.of->go_on)
            break;
    }
    if (d->count == before)
        d->nodes[d->count++] = n;
}

static bool any_has(const struct config_window *const *windows, size_t count,
                    int64_t wall_ms)
{
    for (size_t i = 0; i < count; i++)
        if (window_has(windows[i], wall_ms))
            return true;
    return false;
}

static bool is_muted(const struct node *n, int64_t wall_ms)
{
    if (n->active_count && !any_has(n->active, n->active_count, wall_ms))
        return true;
    return any_has(n->mute, n->mute_count, wall_ms);
}

size_t router_decide(const struct router *r, const struct labels *l,
                     int64_t wall_ms, const struct route **out, unsigned *muted)
{
    struct look look = { .router = r, .labels = l };
    struct decided d = { .count = 0 };

    walk(&r->root, &look, &d);
    *muted = 0;
    for (size_t i = 0; i < d.count; i++) {
        out[i] = &d.nodes[i]->route;
        if (is_muted(d.nodes[i], wall_ms))
            *muted |= 1u << i;
    }
    return d.count;
}

#define MINUTE INT64_C(60000)

/* Windows begin and end with a minute. */
bool route_muted(const struct route *route, int64_t wall_ms, int64_t *look_at)
{
    const struct node *n = (const struct node *)(const void *)route;
    int64_t at = wall_ms - wall_ms % MINUTE;

    *look_at = 0;
    if (!is_muted(n, wall_ms))
        return false;
    for (int i = 0; i < 60 && (at <= wall_ms || is_muted(n, at)); i++)
        at += MINUTE;
    *look_at = at;
    return true;
}

const struct config_window *route_window(const struct route *route,
                                         int64_t wall_ms, bool *outside)
{
    const struct node *n = (const struct node *)(const void *)route;

    *outside = n->active_count && !any_has(n->active, n->active_count, wall_ms);
    if (*outside)
        return n->active[0];
    for (size_t i = 0; i < n->mute_count; i++)
        if (window_has(n->mute[i], wall_ms))
            return n->mute[i];
    return NULL;
}

/* ---- for people ------------------------------------------------------------------- */

static bool way_to(const struct node *n, struct look *look,
                   const struct route *to, struct route_step *out,
                   size_t *count)
{
    struct route_step *step = *count < ROUTE_STEPS ? &out[*count] : NULL;
    size_t passed = 0, went_on = 0;

    if (&n->route == to)
        return true;
    for (size_t i = 0; step && i < n->children_count; i++) {
        const struct node *child = &n->children[i];

        if (!node_matches(child, look)) {
            passed++;
            continue;
        }
        *step = (struct route_step){ &child->route, passed, went_on };
        ++*count;
        if (way_to(child, look, to, out, count))
            return true;
        --*count;
        went_on++;
    }
    return false;
}

size_t router_way(const struct router *r, const struct labels *l,
                  const struct route *to, struct route_step *out)
{
    struct look look = { .router = r, .labels = l };
    size_t count = 1;

    out[0] = (struct route_step){ .route = &r->root.route };
    return way_to(&r->root, &look, to, out, &count) ? count : 1;
}

/* ---- groups ----------------------------------------------------------------------- */

void route_labels(const struct route *route, const struct labels *l,
                  struct labels *out)
{
    if (route->by_all)
        labels_copy(out, l);
    for (size_t i = 0; i < route->group_by_count; i++)
        /* Fewer than the alert has: there is room. */
        (void)labels_set(out, route->group_by[i],
                         labels_get(l, route->group_by[i]));
}

void route_key(const struct route *route, const struct labels *l,
               const char *fingerprint, char out[GROUP_KEY])
{
    struct labels by = { .items = NULL };
    char print[SHA256_HEX];

    if (route->by_all) {
        digest_sha256(print, "alert", fingerprint, NULL);
    } else {
        route_labels(route, l, &by);
        labels_print(&by, NULL, print);
        labels_dispose(&by);
    }
    snprintf(out, GROUP_KEY, "%s-%.16s", route->id, print);
}

/*
 * route_index: which children of a node may match an alert, without asking
 * them all. Most routes say `service="pay"`: those are found by the alert's
 * own value.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/mem.h"

/* ---- making -------------------------------------------------------------------- */

/* The child's matcher that wants values of the label in this slot; NULL. */
static const struct matcher *wants(const struct node *child, size_t slot)
{
    size_t count;

    for (size_t i = 0; i < child->match.count; i++)
        if (child->tests[i].slot == slot &&
            matcher_wants(child->match.items[i], &count))
            return child->match.items[i];
    return NULL;
}

/* The label by which the most of those that are left can be found. */
static size_t best_slot(const struct node *n, const bool *done, size_t slots)
{
    size_t best = SLOTS_MOST, most = 1;

    for (size_t s = 0; s < slots; s++) {
        size_t count = 0;

        for (size_t i = 0; i < n->children_count; i++)
            count += !done[i] && wants(&n->children[i], s);
        if (count > most) {
            best = s;
            most = count;
        }
    }
    return best;
}

static int by_value(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->value,
                  ((const struct entry *)b)->value);
}

/* Where value is, or belongs. */
static size_t entry_place(const struct index *x, const char *value)
{
    size_t low = 0, high = x->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(x->entries[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *entry_of(struct index *x, const char *value)
{
    size_t at = entry_place(x, value);

    if (at < x->count && strcmp(x->entries[at].value, value) == 0)
        return &x->entries[at];
    x->entries = xrealloc(x->entries, (x->count + 1) * sizeof *x->entries);
    memmove(&x->entries[at + 1], &x->entries[at],
            (x->count - at) * sizeof *x->entries);
    x->entries[at] = (struct entry){ .value = value };
    x->count++;
    return &x->entries[at];
}

static void append(unsigned **list, size_t *count, size_t child)
{
    if (*count && (*list)[*count - 1] == child)
        return;
    *list = xrealloc(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = (unsigned)child;
}

static void index_one(struct node *n, bool *done, size_t slot)
{
    struct index *x = &n->index[n->index_count++];

    x->slot = slot;
    for (size_t i = 0; i < n->children_count; i++) {
        const struct matcher *m = done[i] ? NULL : wants(&n->children[i], slot);
        const char *const *values;
        size_t count;

        if (!m)
            continue;
        values = matcher_wants(m, &count);
        for (size_t v = 0; v < count; v++) {
            struct entry *e = entry_of(x, values[v]);

            append(&e->children, &e->count, i);
        }
        done[i] = true;
    }
}

void index_make(struct router *r, struct node *n)
{
    bool *done;
    size_t slot;

    if (n->children_count < INDEX_LEAST)
        return;
    done = xcalloc(n->children_count, sizeof *done);
    while (n->index_count < INDEX_MOST &&
           (slot = best_slot(n, done, r->names_count)) < SLOTS_MOST)
        index_one(n, done, slot);
    for (size_t i = 0; i < n->children_count; i++)
        if (!done[i])
            append(&n->others, &n->others_count, i);
    free(done);
}

void index_free(struct node *n)
{
    for (size_t i = 0; i < n->index_count; i++) {
        for (size_t e = 0; e < n->index[i].count; e++)
            free(n->index[i].entries[e].children);
        free(n->index[i].entries);
    }
    free(n->others);
}

/* ---- asking -------------------------------------------------------------------- */

const char *look_at(struct look *look, size_t slot, const char *name)
{
    if (slot >= SLOTS_MOST)
        return labels_get(look->labels, name);
    if (!look->values[slot])
        look->values[slot] = labels_get(look->labels, name);
    return look->values[slot];
}

static void list_add(struct candidates *c, const unsigned *list, size_t count)
{
    if (count == 0)
        return;
    c->lists[c->lists_count] = list;
    c->left[c->lists_count++] = count;
}

void candidates_of(struct candidates *c, const struct node *n,
                   struct look *look)
{
    struct entry want = { .value = NULL };
    const struct entry *hit;

    *c = (struct candidates){ .node = n };
    if (n->index_count == 0)
        return;
    for (size_t i = 0; i < n->index_count; i++) {
        const struct index *x = &n->index[i];

        want.value = look_at(look, x->slot, look->router->names[x->slot]);
        hit =
            bsearch(&want, x->entries, x->count, sizeof *x->entries, by_value);
        if (hit)
            list_add(c, hit->children, hit->count);
    }
    list_add(c, n->others, n->others_count);
}

bool candidates_next(struct candidates *c, size_t *child)
{
    size_t best = 0;

    if (c->node->index_count == 0) {
        *child = c->next;
        return c->next++ < c->node->children_count;
    }
    for (size_t i = 1; i < c->lists_count; i++)
        if (c->left[i] && (!c->left[best] || *c->lists[i] < *c->lists[best]))
            best = i;
    if (c->lists_count == 0 || c->left[best] == 0)
        return false;
    *child = *c->lists[best]++;
    c->left[best]--;
    return true;
}

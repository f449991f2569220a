/*
 * route_parts: what is behind route.h. Private to matcher*.c, route*.c and
 * inhibit.c.
 */
#ifndef CORE_ALERT_ROUTE_PARTS_H
#define CORE_ALERT_ROUTE_PARTS_H

#include "core/alert/pattern.h"
#include "core/alert/route.h"
#include "core/base/digest.h"

enum match_op { MATCH_IS, MATCH_NOT, MATCH_RE, MATCH_NOT_RE };

struct matcher {
    char *name, *value; /* as they are meant: without quotes and escapes */
    enum match_op op;
    struct pattern *pattern; /* of RE, NOT_RE */
};
bool matcher_takes(const struct matcher *m, const char *value);
/* The values of which one has to be there, sorted; NULL: it is not so simple.
 * Borrowed. */
const char *const *matcher_wants(const struct matcher *m, size_t *count);

/* matcher_parse.c: what is written, in either of Alertmanager's ways. The
 * texts of out are heap, also when it fails; it has no pattern yet. */
MUST_CHECK bool matcher_parse(struct matcher *out, const char *text,
                              struct err *err);
/* "{a="b", c="d"}" or "a=b,c=d": the matchers of one text, each on the heap.
 * Returns how many. */
size_t matchers_split(const char *text, char ***out);

/* ---- the tree ---------------------------------------------------------------- */

/* An alert that is being routed: what it has of the labels that matchers ask
 * for, looked up once each. */
#define SLOTS_MOST 64
struct look {
    const struct router *router;
    const struct labels *labels;
    const char *values[SLOTS_MOST]; /* NULL: not looked up yet */
};

/* A matcher, and where its label's value is. */
struct test {
    const struct matcher *matcher;
    size_t slot; /* SLOTS_MOST: nowhere, look each time */
};

/* Of the children, those that ask for one of some values of one label. */
struct entry {
    const char *value;  /* borrowed from a matcher */
    unsigned *children; /* in their order */
    size_t count;
};
struct index {
    size_t slot;
    struct entry *entries; /* by strcmp of value */
    size_t count;
};
#define INDEX_MOST  4 /* labels, the most frequent ones */
#define INDEX_LEAST 8 /* children; fewer are asked one by one */

struct node {
    struct route route;
    char *path; /* route.path */
    struct matchers match;
    bool never;         /* one of them cannot be read: nothing matches */
    struct test *tests; /* match.count */
    struct node *children;
    size_t children_count;
    struct index index[INDEX_MOST];
    size_t index_count;
    unsigned *others; /* children that no index has */
    size_t others_count;
    const struct config_window **active, **mute;
    size_t active_count, mute_count;
};

struct inhibit_rule {
    const char *name;
    struct matchers source, target;
    bool never;
    const char *const *equal;
    size_t equal_count;
    char digest[9]; /* of all that it says */
};

struct router {
    const struct config_alerts *cfg;
    const char *ops; /* channels.ops, for routes without; may be NULL */
    const char *names[SLOTS_MOST];
    size_t names_count;
    struct node root;
    struct node **all; /* by route.id */
    size_t all_count;
    struct inhibit_rule *rules;
    size_t rules_count;
};

/* route_index.c: once the children are there. */
void index_make(struct router *r, struct node *n);
void index_free(struct node *n);
/* The next child that may match, from `from` on; children_count: none. */
struct candidates {
    const struct node *node;
    const unsigned *lists[INDEX_MOST + 1];
    size_t left[INDEX_MOST + 1];
    size_t lists_count, next; /* next: where all are asked */
};
void candidates_of(struct candidates *c, const struct node *n,
                   struct look *look);
bool candidates_next(struct candidates *c, size_t *child);
const char *look_at(struct look *look, size_t slot, const char *name);

/* inhibit.c */
void rules_make(struct router *r);
void rules_free(struct router *r);
/*
 * The keys of an alert: of each rule that it fits, on each side, with the
 * values of the rule's equal labels. A source's key is the key of those that
 * it mutes. It ends in "1" for a source that is on that side alone, in "2" for
 * one that is on both, which mutes none that is on both, too. Heap.
 */
struct inhibit_key {
    char key[32];
    bool source;
    const char *rule; /* borrowed from the router */
};
size_t rules_keys(const struct router *r, const struct labels *l,
                  struct inhibit_key **out);
/* Of all rules: other ones have others. */
void rules_digest(const struct router *r, char out[SHA256_HEX]);

#endif

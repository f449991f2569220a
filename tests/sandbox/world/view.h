/*
 * view: modals and home tabs.
 *
 * A person's open modals are one stack of at most VIEW_DEPTH, in the order
 * they were opened. A view's JSON is always the whole object of the protocol
 * (§3.8); its hash changes with every update. One thread.
 */
#ifndef SANDBOX_VIEW_H
#define SANDBOX_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "tests/sandbox/world/act.h"

#define VIEW_DEPTH 3

struct view {
    char *id;
    char *user;
    bool home;
    unsigned published; /* a home tab: how often */
    json_t *json;       /* the view object, state included */
    char *trouble;      /* what the person sees: "could not connect", … */
    char *last_act;     /* the interaction last started in it, or NULL */
    struct view *next;
};

struct views {
    struct view *first; /* oldest first */
    unsigned last;      /* number of the newest */
};

void views_dispose(struct views *views);

struct view *view_find(const struct world *w, const char *id);
struct view *view_by_external(const struct world *w, const char *external_id);
struct view *view_top(const struct world *w, const char *user);
struct view *view_home(const struct world *w, const char *user);
unsigned view_depth(const struct world *w, const char *user);

/*
 * NULL, or the error for this view definition: invalid_arguments (problems
 * filled, new array), view_too_large, duplicate_external_id. self may be NULL.
 */
const char *view_refuse(const struct world *w, const json_t *definition,
                        const struct view *self, json_t **problems);

/* The definition is borrowed and was not refused. */
struct view *view_new(struct world *w, const char *user,
                      const json_t *definition);
void view_set(struct world *w, struct view *view, const json_t *definition);

/* Something about it changed: to be told to who waits and who looks. */
void view_changed(struct world *w, const struct view *view);

void view_pop(struct world *w, struct view *view);  /* this one only */
void view_clear(struct world *w, const char *user); /* the whole stack */

json_t *view_json(const struct view *view); /* as Slack shows it; new */
json_t *view_seen(const struct view *view); /* and user, trouble; new */

#endif

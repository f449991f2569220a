/*
 * route: where an alert goes. A tree as Alertmanager has it, compiled once
 * for a configuration: read only then, any thread.
 */
#ifndef CORE_ALERT_ROUTE_H
#define CORE_ALERT_ROUTE_H

#include "core/alert/label.h"
#include "core/config.h"

/* ---- matchers --------------------------------------------------------------- */

/* `name=value`, `name!="v"`, `name=~"a|b.*"`, `name!~…`; the name may be
 * quoted too (UTF-8). A regular expression (pattern.h: POSIX extended, no back
 * references) has to match all of the value. A label that is not there is "". */
struct matcher;

/* ERR_USER says what is wrong and where. */
struct matcher *matcher_new(const char *text, struct err *err);
void matcher_free(struct matcher *m);
bool matcher_fits(const struct matcher *m, const struct labels *l);
/* name="value": reads back as the same. Heap. */
char *matcher_text(const struct matcher *m);

struct matchers {
    struct matcher **items;
    size_t count;
};
/* Each text may hold several, as Alertmanager's do: `{a="1",b="2"}`. `{}` has
 * none, and fits all. */
MUST_CHECK bool matchers_read(struct matchers *out, const char *const *texts,
                              size_t count, struct err *err);
bool matchers_fit(const struct matchers *m, const struct labels *l); /* all */
void matchers_dispose(struct matchers *m);

/* ---- windows ---------------------------------------------------------------- */

/* Is the moment in it? Its zone is one of the system's (tzdata). */
bool window_has(const struct config_window *w, int64_t wall_ms);

/* ---- the tree --------------------------------------------------------------- */

struct router;

/* cfg (checked: its matchers can be read) is borrowed for life. */
struct router *router_new(const struct config_alerts *cfg);
void router_free(struct router *r); /* NULL is fine */
/* The one of a configuration, made at its first use and kept as long as the
 * configuration. Any thread. */
const struct router *router_of(const struct config *cfg);
/* config_free() does; of one that is not on the heap, whoever has it. */
void router_forget(const struct config *cfg);

/* A node with all that it has of its parents; only windows are a node's own, as
 * in Alertmanager. Borrowed from the router. */
struct route {
    const char *path;              /* "critical > pay"; the root: "all" */
    char id[17];                   /* 16 hex digits of the path */
    const struct config_route *of; /* as the file has it */
    const char *const *channels;   /* none given: channels.ops, of router_of();
                                * none of router_new() */
    size_t channels_count;
    const char *const *mention;
    size_t mention_count;
    const struct config_policy *policy; /* NULL: none */
    const char *runbook;                /* or NULL */
    const char *const *group_by;
    size_t group_by_count;
    bool by_all; /* "..." */
    int64_t wait_ms, interval_ms, repeat_ms;
    bool wait_set; /* by the file: critical ones wait too */
};

#define ROUTES_MOST 16 /* that one alert takes */

/* The routes of an alert at a moment: 1 to ROUTES_MOST. *muted: bit i is set
 * when a window keeps the i-th one quiet now (its card is there, and says so;
 * nobody is told). */
size_t router_decide(const struct router *r, const struct labels *l,
                     int64_t wall_ms, const struct route **out,
                     unsigned *muted);
/* Does a window keep one of the router's own quiet at this moment? *look_at: a
 * moment, an hour later at most, at which that may be over; 0 when it is not
 * quiet. */
bool route_muted(const struct route *route, int64_t wall_ms, int64_t *look_at);
/* The window that keeps one of the router's own quiet at this moment; NULL:
 * none. *outside: because it is not in it. Borrowed. */
const struct config_window *route_window(const struct route *route,
                                         int64_t wall_ms, bool *outside);

/* For people: the way to one of its own, from the root on, by an alert. */
struct route_step {
    const struct route *route;
    size_t passed;  /* siblings before it that do not match */
    size_t went_on; /* … and that do, and let it go on */
};
#define ROUTE_STEPS 12
size_t router_way(const struct router *r, const struct labels *l,
                  const struct route *to, struct route_step *out);

/* By id; the root when it is not there any more. */
const struct route *router_find(const struct router *r, const char *id);

/* The key of a group: route id and the labels it groups by. 33 bytes. */
#define GROUP_KEY 34
void route_key(const struct route *route, const struct labels *l,
               const char *fingerprint, char out[GROUP_KEY]);
/* Those labels alone. out is empty before. */
void route_labels(const struct route *route, const struct labels *l,
                  struct labels *out);

/* ---- inhibition -------------------------------------------------------------- */

/* The name of the rule by which source, which is firing, mutes target; NULL:
 * none. Nothing mutes itself. */
const char *router_inhibits(const struct router *r, const struct labels *source,
                            const struct labels *target);
/* The rules that it has a side of: at most `most`. */
struct route_rule {
    const struct config_inhibit *of;
    bool source, target;
};
size_t router_rules(const struct router *r, const struct labels *l,
                    struct route_rule *out, size_t most);
/* Can it mute anything at all, be muted at all? */
bool router_may_inhibit(const struct router *r, const struct labels *source);
bool router_may_be_inhibited(const struct router *r,
                             const struct labels *target);

#endif

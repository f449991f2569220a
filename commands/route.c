/*
 * route test: where an alert would go, step by step, and who would hear of it
 * when. It only looks.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks/route.h"
#include "blocks/words.h"
#include "commands/alert.h"
#include "commands/registry.h"
#include "commands/when.h"
#include "core/alert/oncall.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define SILENCES 100 /* that are looked at */

/* ---- the alert ----------------------------------------------------------------- */

/* "service=pay", "service=\"pay\"" */
static bool label_add(struct call *call, struct alert_event *e, size_t word,
                      struct err *err)
{
    const char *text = args_word(&call->args, word);
    const char *equals = strchr(text, '=');
    char *name, *value;
    bool ok;

    if (!equals || equals == text || strchr("!~", equals[-1]) ||
        equals[1] == '~')
        return err_set(err, ERR_USER,
                       "`%.60s` is no label of an alert: say its name and its "
                       "value, like `severity=critical` or `service=pay`. "
                       "Matchers are for routes and silences.",
                       text);
    name = xstrndup(text, (size_t)(equals - text));
    value = xstrdup(equals + 1);
    if (value[0] == '"' && value[1] && value[strlen(value) - 1] == '"') {
        value[strlen(value) - 1] = '\0';
        memmove(value, value + 1, strlen(value));
    }
    ok = labels_set(&e->labels, name, value) ||
         err_set(err, ERR_USER, "An alert has at most %d labels.", LABELS_MOST);
    free(name);
    free(value);
    return ok;
}

static bool severity_read(struct call *call, struct alert_event *e,
                          struct err *err)
{
    const char *name = labels_get(&e->labels, "severity");

    e->severity = ALERT_WARNING;
    return !*name || alert_severity(call, name, &e->severity, err);
}

/* As it is when it has come in. */
static bool event_of(struct call *call, struct alert_event *e, struct when *at,
                     struct err *err)
{
    const char *moment = args_flag(&call->args, "at");
    struct when_how how = when_how(call);

    *at = (struct when){ .at = call->now };
    if (moment && !when_moment(moment, &how, at, err))
        return false;
    for (size_t i = 0; i < call->args.count; i++)
        if (!label_add(call, e, i, err))
            return false;
    if (!severity_read(call, e, err))
        return false;
    e->source = xstrdup(labels_get(&e->labels, "source"));
    if (!*e->source) {
        free(e->source);
        e->source = xstrdup("test");
    }
    /* Without one it would get a name that nobody typed. */
    e->title = xstrdup(labels_get(&e->labels, "alertname"));
    if (!*e->title) {
        free(e->title);
        e->title = xstrdup("test");
    }
    e->received = at->at;
    event_finish(e, call->config);
    return true;
}

/* ---- who -------------------------------------------------------------------------- */

/* Without Postgres by the rotation alone. */
static char *person(struct call *call, const char *target, int64_t at,
                    struct route_test *t)
{
    const struct config_rotation *r =
        oncall_find(call->config, target + strlen("oncall:"));
    struct err err = { .kind = ERR_NONE };
    struct oncall o = { .user = NULL };
    char *user;

    if (!r)
        return NULL;
    if (!oncall_at(call->db, r, at, &o, &err)) {
        t->unsure = true;
        oncall_dispose(&o);
        oncall_turn(r, at, &o);
    }
    user = xstrdup(o.user);
    oncall_dispose(&o);
    return user;
}

static void told(struct call *call, struct route_test *t,
                 const char *const *targets, size_t count, int64_t at,
                 struct route_told *out)
{
    *out = (struct route_told){ .at = at, .whom_count = count };
    out->whom = xcalloc(count + 1, sizeof *out->whom);
    for (size_t i = 0; i < count; i++) {
        out->whom[i].target = targets[i];
        if (strncmp(targets[i], "oncall:", strlen("oncall:")) == 0)
            out->whom[i].person = person(call, targets[i], at, t);
    }
}

static void plan(struct call *call, struct route_test *t, int64_t begins,
                 struct route_taken *taken)
{
    const struct config_policy *policy = taken->route->policy;
    int64_t at = begins;

    if (!policy)
        return;
    taken->steps = xcalloc(policy->steps_count + 1, sizeof *taken->steps);
    for (; taken->steps_count < policy->steps_count; taken->steps_count++) {
        const struct config_step *step = &policy->steps[taken->steps_count];

        at += step->after_ms;
        told(call, t, (const char *const *)step->to, step->to_count, at,
             &taken->steps[taken->steps_count]);
    }
}

/* ---- where -------------------------------------------------------------------------- */

static void route_of(struct call *call, struct route_test *t,
                     const struct route *route, struct route_taken *taken)
{
    bool waits = t->event->severity != ALERT_CRITICAL || route->wait_set;
    int64_t begins = t->at + (waits ? route->wait_ms : 0);

    *taken = (struct route_taken){ .route = route };
    taken->way_count = router_way(router_of(call->config), &t->event->labels,
                                  route, taken->way);
    taken->window = route_window(route, t->at, &taken->outside);
    told(call, t, route->mention, route->mention_count, begins,
         &taken->mention);
    plan(call, t, begins, taken);
}

static bool silence_fits(const struct silence *s, const struct route_test *t)
{
    struct matchers m;
    struct err ignored;
    bool fits;

    if (s->until <= t->at ||
        !matchers_read(&m, (const char *const *)s->matchers, s->matchers_count,
                       &ignored))
        return false;
    fits = matchers_fit(&m, &t->event->labels);
    matchers_dispose(&m);
    return fits;
}

static void silences_of(struct call *call, struct route_test *t,
                        struct silences *all)
{
    struct err err = { .kind = ERR_NONE };

    if (!silences_list(call->db, false, 0, SILENCES, all, &err)) {
        *all = (struct silences){ .items = NULL };
        t->unsure = true;
    }
    t->silences = xcalloc(all->count + 1, sizeof(struct silence *));
    for (size_t i = 0; i < all->count; i++)
        if (silence_fits(&all->items[i], t))
            t->silences[t->silences_count++] = &all->items[i];
}

/* The command, for a button; NULL where a secret is in it, which a button's
 * value would keep. Heap. */
static char *again(const struct call *call)
{
    const struct config *cfg = call->config;
    struct buf line = { 0 };
    const char *at = args_flag(&call->args, "at");
    char *masked;
    bool clean;

    buf_str(&line, "route test");
    for (size_t i = 0; i < call->args.count; i++)
        words_typed(&line, args_word(&call->args, i));
    if (at) {
        buf_str(&line, " --at");
        words_typed(&line, at);
    }
    masked = text_mask(buf_text(&line), (const char *const *)cfg->mask,
                       cfg->mask_count);
    clean = strcmp(masked, buf_text(&line)) == 0;
    free(masked);
    if (!clean)
        buf_dispose(&line);
    return clean ? buf_take(&line) : NULL;
}

static void show(struct call *call, struct card *card,
                 const struct alert_event *event, int64_t at)
{
    struct route_test t = { .event = event, .at = at };
    const struct router *r = router_of(call->config);
    const struct route *routes[ROUTES_MOST];
    struct silences all;
    unsigned muted;
    char *line = again(call);

    t.count = router_decide(r, &event->labels, at, routes, &muted);
    t.routes = xcalloc(t.count + 1, sizeof *t.routes);
    for (size_t i = 0; i < t.count; i++)
        route_of(call, &t, routes[i], &t.routes[i]);
    silences_of(call, &t, &all);
    t.rules_count = router_rules(r, &event->labels, t.rules, ROUTE_RULES);
    route_test_card(card, &t, line);
    route_test_dispose(&t);
    silences_dispose(&all);
    free(line);
}

static bool test_run(struct call *call, struct card *card, struct err *err)
{
    struct alert_event event = { .id = NULL };
    struct when at;
    bool ok = event_of(call, &event, &at, err);

    if (ok)
        show(call, card, &event, at.at);
    if (ok && at.zone[0])
        alert_zone_note(card, at.zone, at.said);
    event_dispose(&event);
    return ok;
}

static const char *const flags[] = { "at=", NULL };

const struct command command_route_test = {
    .name = "route test",
    .group = "alert",
    .usage = "<label=value>... [at=03:00]",
    .summary = "Where an alert with these labels goes, and who hears of it "
               "when",
    .example = "route test severity=critical service=pay at=03:00",
    .right = "route.test",
    .flags = flags,
    .min_words = 1,
    .max_words = -1,
    .run = test_run,
};

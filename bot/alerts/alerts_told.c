/*
 * alerts_told: whom a card mentions that is posted while Postgres is away: who
 * the route says, and of a critical whom the first step of its escalation
 * policy would tell, as nobody can take that step now. See alerts_int.h. The
 * alerts thread.
 *
 * Overrides of rotations are in Postgres: who is on call, and who comes after,
 * is asked there every now and then, and kept in mind.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "core/alert/oncall.h"
#include "core/base/mem.h"

#define ONCALL "oncall:"
#define DIRECT "dm:"
#define AHEAD  3 /* of each rotation: who has it, and who comes after */

struct oncalls {
    struct rotation {
        char *name;
        struct oncall turns[AHEAD];
    } * items;
    size_t count;
    int64_t at; /* wall ms: when Postgres said so; 0: never */
};

/* ---- who is on call, as Postgres said last ----------------------------------- */

struct oncalls *oncalls_new(void)
{
    return xcalloc(1, sizeof(struct oncalls));
}

static void forget(struct oncalls *o)
{
    for (size_t i = 0; i < o->count; i++) {
        for (size_t k = 0; k < AHEAD; k++)
            oncall_dispose(&o->items[i].turns[k]);
        free(o->items[i].name);
    }
    free(o->items);
    *o = (struct oncalls){ 0 };
}

void oncalls_free(struct oncalls *o)
{
    if (o)
        forget(o);
    free(o);
}

void oncalls_look(struct oncalls *o, struct db *db, const struct config *cfg,
                  int64_t wall_ms)
{
    const struct config_alerts *alerts = &cfg->alerts;
    struct oncalls now = { .at = wall_ms };
    struct err ignored;
    bool ok = true;

    now.items = xcalloc(alerts->rotations_count + 1, sizeof *now.items);
    for (; ok && now.count < alerts->rotations_count; now.count += ok) {
        struct rotation *r = &now.items[now.count];

        ok = oncall_ahead(db, &alerts->rotations[now.count], wall_ms, r->turns,
                          AHEAD, &ignored);
        if (ok)
            r->name = xstrdup(alerts->rotations[now.count].name);
    }
    if (ok) {
        forget(o);
        *o = now;
    } else {
        forget(&now);
    }
}

/* NULL: it is not known. Borrowed. */
static const char *known(const struct oncalls *o, const char *name, int64_t now)
{
    for (size_t i = 0; i < o->count; i++)
        for (size_t k = 0; k < AHEAD && strcmp(o->items[i].name, name) == 0;
             k++)
            if (o->items[i].turns[k].since <= now &&
                now < o->items[i].turns[k].until)
                return o->items[i].turns[k].user;
    return NULL;
}

/* ---- whom a card mentions ------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Once. Nobody, and more than there is room for, is not added. */
static void add(struct told *t, const char *id)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->ids[i], id) == 0)
            return;
    if (*id && t->count < TOLD_MOST)
        t->ids[t->count++] = xstrdup(id);
}

/* False: there is no such rotation. */
static bool add_oncall(struct told *t, const struct config *cfg,
                       const struct oncalls *o, const char *name, int64_t now)
{
    const struct config_rotation *r = oncall_find(cfg, name);
    const char *last = r ? known(o, name, now) : NULL;
    struct oncall turn;

    if (!r)
        return false;
    if (last) {
        add(t, last);
        if (t->oncall == TOLD_NOBODY_ON_CALL)
            t->oncall = TOLD_AS_KNOWN_LAST;
        t->oncall_at = o->at;
        return true;
    }
    oncall_turn(r, now, &turn);
    add(t, turn.user);
    t->oncall = TOLD_AS_CONFIGURED;
    oncall_dispose(&turn);
    return true;
}

/* One target of the first step. False: it can be told with Postgres alone. */
static bool add_target(struct told *t, const struct config *cfg,
                       const struct oncalls *o, const char *to, int64_t now)
{
    if (begins(to, ONCALL))
        return add_oncall(t, cfg, o, to + strlen(ONCALL), now);
    if (begins(to, DIRECT))
        to += strlen(DIRECT);
    if (!strchr("USW", to[0]))
        return false;
    add(t, to);
    return true;
}

void told_of(struct told *t, const struct config *cfg,
             const struct oncalls *oncalls, const struct route *route,
             enum alert_severity severity, int64_t now)
{
    const struct config_policy *policy = route->policy;
    bool all = true;

    *t = (struct told){ .oncall = TOLD_NOBODY_ON_CALL };
    for (size_t i = 0; i < route->mention_count; i++) {
        const char *to = route->mention[i];

        if (begins(to, ONCALL))
            add_oncall(t, cfg, oncalls, to + strlen(ONCALL), now);
        else
            add(t, to);
    }
    if (severity != ALERT_CRITICAL || !policy || !policy->steps_count)
        return;
    for (unsigned i = 0; i < policy->steps[0].to_count; i++)
        all = add_target(t, cfg, oncalls, policy->steps[0].to[i], now) && all;
    t->paged = all;
}

void told_dispose(struct told *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->ids[i]);
    *t = (struct told){ 0 };
}

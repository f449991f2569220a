/*
 * halt_thing: the card of a halt that lives on, from what Postgres knows of
 * it. Declared in halt.h.
 */
#include <string.h>

#include "blocks/halt.h"
#include "commands/halt.h"
#include "commands/registry.h"
#include "core/base/clock.h"
#include "core/ops/operation.h"

#define HISTORY 50

static struct halt_view view_of(const struct config *cfg, int64_t now)
{
    return (struct halt_view){ .now = now, .slash = command_slash(cfg) };
}

char *halt_fresh_message(const struct config *cfg, const struct halt_run *run)
{
    struct halt_view view = view_of(cfg, clock_wall_ms());

    return halt_run_message(run, &view);
}

/* Newest first: the oldest one after run that undid it, and the oldest halt
 * of its generation, if that is another. */
static void around(const struct halt_run *run, struct halt_run *const *runs,
                   size_t count, struct halt_view *view)
{
    for (size_t i = 0; i < count; i++) {
        const struct halt_run *r = runs[i];

        if (strcmp(r->op, run->op) == 0)
            continue;
        if (r->action != run->action && r->at > run->at &&
            (!view->ended || r->at < view->ended->at))
            view->ended = r;
        if (r->action == HALT_STOP && run->action == HALT_STOP &&
            run->generation && r->generation == run->generation &&
            r->at < run->at && (!view->first || r->at < view->first->at))
            view->first = r;
    }
}

/* It was asked while Redis was away, and came too late. */
static bool was_superseded(struct db *db, const char *op, bool *yes,
                           struct err *err)
{
    struct operation o;
    bool found;

    if (!operation_load(db, op, &o, &found, err))
        return false;
    *yes = found && o.outcome &&
           strcmp(json_doc_str(o.outcome, "result"), "superseded") == 0;
    operation_dispose(&o);
    return true;
}

char *halt_thing(struct db *db, const struct config *cfg, const char *op,
                 int64_t now, struct err *err)
{
    struct halt_view view = view_of(cfg, now);
    struct halt_run *run = NULL, **runs = NULL;
    size_t count = 0;
    char *body = NULL;

    if (!halt_run_load(db, op, &run, err))
        return NULL;
    if (!run) {
        err_set(err, ERR_USER, "there is no halt %.20s", op);
        return NULL;
    }
    if (halt_history(db, run->scope, HISTORY, &runs, &count, err) &&
        was_superseded(db, op, &view.superseded, err)) {
        around(run, runs, count, &view);
        body = halt_run_message(run, &view);
    }
    halt_history_free(runs, count);
    halt_run_free(run);
    return body;
}

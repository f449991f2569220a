/*
 * health_gate: what has to pass before a scope starts again: its critical
 * checks. See health.h.
 */
#include <stdio.h>
#include <string.h>

#include "commands/health.h"

/* A check without scopes is of every one, and "all" covers all. */
static bool of_scope(const struct config_check *spec, const char *scope)
{
    if (spec->severity != CHECK_CRITICAL)
        return false;
    if (spec->scopes_count == 0 || strcmp(scope, "all") == 0)
        return true;
    for (unsigned i = 0; i < spec->scopes_count; i++)
        if (strcmp(spec->scopes[i], scope) == 0 ||
            strcmp(spec->scopes[i], "all") == 0)
            return true;
    return false;
}

static void add_failing(struct health_gate *g, const struct config_check *spec,
                        const struct check_state *state)
{
    size_t i = g->count++;

    snprintf(g->names[i], sizeof g->names[i], "critical check %s passes",
             health_name(spec));
    snprintf(g->whys[i], sizeof g->whys[i], "%s", state->last.text);
    snprintf(g->advice[i], sizeof g->advice[i],
             "%s%s`health %s` asks it again; it counts as passing after %u in "
             "a row.",
             spec->runbook ? spec->runbook : "", spec->runbook ? " — " : "",
             spec->id, spec->pass_after);
    g->conditions[i] = (struct unhalt_condition){
        .name = g->names[i],
        .can_skip = true,
        .since = state->since,
        .why = g->whys[i],
        .advice = g->advice[i],
    };
}

static void add_more(struct health_gate *g, size_t more)
{
    size_t i = g->count++;

    snprintf(g->names[i], sizeof g->names[i], "%zu more critical checks pass",
             more);
    g->conditions[i] = (struct unhalt_condition){
        .name = g->names[i],
        .can_skip = true,
        .why = "they fail as well",
        .advice = "`health` shows them.",
    };
}

/* What is not known to fail does not stand in the way, but it is said. */
static void add_passing(struct health_gate *g, size_t count, size_t unknown)
{
    size_t i = g->count++;

    if (unknown)
        snprintf(g->names[i], sizeof g->names[i],
                 "no critical check is known to fail (%zu of %zu not asked "
                 "yet)",
                 unknown, count);
    else
        snprintf(g->names[i], sizeof g->names[i],
                 count == 1 ? "the critical check of the scope passes"
                            : "the %zu critical checks of the scope pass",
                 count);
    g->conditions[i] = (struct unhalt_condition){ .name = g->names[i],
                                                  .met = true,
                                                  .say = unknown > 0 };
}

void health_gate(const struct call *call, const char *scope,
                 struct health_gate *out)
{
    const struct config *cfg = call->config;
    struct check_board *board = call->services ? call->services->board : NULL;
    size_t count = 0, failing = 0, unknown = 0;
    struct check_state state;

    *out = (struct health_gate){ 0 };
    for (unsigned i = 0; board && i < cfg->checks_count; i++) {
        if (!of_scope(&cfg->checks[i], scope))
            continue;
        count++;
        check_board_get(board, cfg->checks[i].id, &state);
        unknown += state.mark == CHECK_UNKNOWN;
        if (state.mark != CHECK_FAILING)
            continue;
        if (++failing < GATE_MOST)
            add_failing(out, &cfg->checks[i], &state);
    }
    if (failing >= GATE_MOST)
        add_more(out, failing - GATE_MOST + 1);
    if (count && !failing)
        add_passing(out, count, unknown);
}

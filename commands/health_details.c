/*
 * health details: how it came to what stands, as Postgres remembers it.
 * Nothing is asked for it.
 */
#include <stdlib.h>

#include "commands/health.h"
#include "commands/registry.h"
#include "core/base/mem.h"

/* Those that fail, worst severity first. */
static void failing(const struct call *call, unsigned *which, size_t *count)
{
    struct check_board *board = call->services ? call->services->board : NULL;
    struct check_state state;

    for (int severity = CHECK_CRITICAL; board && severity <= CHECK_WARNING;
         severity++) {
        for (unsigned i = 0; i < call->config->checks_count; i++) {
            check_board_get(board, call->config->checks[i].id, &state);
            if (state.mark == CHECK_FAILING &&
                (int)call->config->checks[i].severity == severity)
                which[(*count)++] = i;
        }
    }
}

/* False, and why: Postgres did not say. */
static bool read_one(struct call *call, unsigned check,
                     struct health_history *out, struct err *err)
{
    struct check_change *changes = NULL;
    bool ok;

    out->item.spec = &call->config->checks[check];
    if (call->services && call->services->board)
        check_board_get(call->services->board, out->item.spec->id,
                        &out->item.state);
    if (err->kind != ERR_NONE)
        return false;
    ok = check_changes_load(call->db, out->item.spec->id, HEALTH_CHANGES,
                            &changes, &out->count, err);
    out->changes = changes;
    return ok;
}

static bool health_details_run(struct call *call, struct card *card,
                               struct err *err)
{
    unsigned *which = xcalloc(call->config->checks_count + 1, sizeof *which);
    struct health_history *list;
    struct err away = { 0 };
    size_t count;
    char *named;

    if (!health_named(call, which, &count, err)) {
        free(which);
        return false;
    }
    named = health_typed(call->config, which, count);
    if (count == 0)
        failing(call, which, &count);
    list = xcalloc(count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        (void)read_one(call, which[i], &list[i], &away);
    health_details_card(card, list, count, named,
                        away.kind == ERR_NONE ? NULL : away.text, call->now);
    for (size_t i = 0; i < count; i++)
        check_changes_free((struct check_change *)(size_t)list[i].changes,
                           list[i].count);
    free(list);
    free(named);
    free(which);
    return true;
}

const struct command command_health_details = {
    .name = "health details",
    .group = "health",
    .usage = "[check…]",
    .summary = "How failing checks came to that: their last changes, runbooks",
    .example = "health details",
    .max_words = -1,
    .run = health_details_run,
};

/*
 * world: a configuration, an act and connections for the tests of core/ops.
 * One thread.
 */
#include "tests/core/ops/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/migrate.h"

void world_start(struct world *w, int which)
{
    static char secret_field[] = "card_number";
    static char *mask[] = { secret_field };
    int applied;

    *w = (struct world){ 0 };
    stores_start(&w->s, which);
    w->cfg.redis_prefix = xstrdup("opsbot:");
    w->cfg.dlq =
        (struct dlq_fields){ xstrdup("error"), xstrdup("original_id"),
                             xstrdup("attempts"), xstrdup("failed_at") };
    w->cfg.mask = mask;
    w->cfg.mask_count = 1;
    w->r = stores_redis(&w->s);
    w->db = stores_db(&w->s);
    if (!(which & WITH_POSTGRES))
        return;
    if (!migrate_run(w->db, NULL, &applied, &w->err)) {
        fprintf(stderr, "%s\n", w->err.text);
        abort();
    }
    db_deadline(w->db, STORES_MS);
}

void world_stop(struct world *w)
{
    free(w->cfg.redis_prefix);
    free(w->cfg.dlq.error);
    free(w->cfg.dlq.original_id);
    free(w->cfg.dlq.attempts);
    free(w->cfg.dlq.failed_at);
    redis_free(w->r);
    db_free(w->db);
    stores_stop(&w->s);
}

struct act act_of(const char *op, const char *command)
{
    return (struct act){ .op = op,
                         .trace = "envelope-1",
                         .recorded_at = clock_wall_ms(),
                         .team = "T0",
                         .channel = "C0OPS",
                         .user = "U0ANN",
                         .user_name = "ann",
                         .command = command,
                         .text = command,
                         .via = "socket",
                         .replica = "r1" };
}

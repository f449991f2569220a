/*
 * dlq_effect: the one step of a requeue that happens in Redis: a move of one
 * entry. No state of its own: it runs on the thread whose connection it is
 * given.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/job_parts.h"

static enum effect effect_from(const struct reply *results, char **new_id,
                               struct err *err)
{
    switch (move_result(results, 0)) {
    case MOVED_TO:
        *new_id = xstrdup(reply_str(reply_at(results, 0)));
        return EFFECT_MOVED;
    case MOVED_REFUSED:
        err_set(err, ERR_USER,
                "the entry has too many fields to be requeued by the bot");
        return EFFECT_REFUSED;
    case MOVED_GONE:
    case MOVED_NOT:
        break;
    }
    return EFFECT_GONE;
}

enum effect dlq_effect(struct redis *r, const struct config *cfg,
                       const char *op, const struct stream_name *name,
                       const char *id, char **new_id, struct err *err)
{
    const struct move move = { .kind = JOB_REQUEUE,
                               .op = op,
                               .stream = name->stream,
                               .dlq = name->dlq,
                               .ids = &id,
                               .count = 1 };
    const struct reply *results;

    *new_id = NULL;
    switch (move_run(r, cfg, &move, &results, err)) {
    case MOVE_DONE:
        return effect_from(results, new_id, err);
    case MOVE_FORBIDDEN:
    case MOVE_REFUSED:
        return EFFECT_REFUSED;
    case MOVE_UNKNOWN:
        break;
    }
    return EFFECT_UNKNOWN;
}

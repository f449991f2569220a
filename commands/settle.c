/*
 * settle: what a crash left half done, whichever command it was.
 */
#include "blocks/dlq.h"
#include "commands/ack.h"
#include "commands/command.h"
#include "commands/halt.h"
#include "core/alert/held.h"
#include "core/ops/dlq.h"

bool command_begun(struct db *db, const struct command *c,
                   const struct call *call, bool *begun, struct err *err)
{
    if (c->begun)
        return c->begun(db, call, begun, err);
    return dlq_intent_known(db, call->act.op, begun, err);
}

/* Acknowledgements wait for the alerts that are held: settled before these are
 * taken they would be of nothing, and their alert nobody's. */
static bool settle_acks(struct redis *redis, struct db *db,
                        struct journal *journal, const struct config *cfg,
                        int64_t min_age_ms, size_t *settled, struct err *err)
{
    struct ack_world world = { .redis = redis,
                               .db = db,
                               .config = cfg,
                               .message = ack_fresh_message,
                               .alert = ack_alert,
                               .response_url = "" };
    struct err away = { 0 }; /* whoever settles says so himself */
    int64_t held = 0;

    if (journal_waiting(journal, NULL) > 0 ||
        (held_count(redis, cfg, &held, &away) && held > 0))
        return true;
    return ack_settle(&world, min_age_ms, settled, err);
}

bool command_settle(struct redis *redis, struct db *db, struct journal *journal,
                    const struct config *cfg, int64_t min_age_ms,
                    size_t *settled, struct err *err)
{
    struct halt_world world = {
        .redis = redis, .db = db, .config = cfg, .message = halt_fresh_message
    };
    size_t halts = 0, acked = 0;
    bool ok = halt_settle(&world, min_age_ms, &halts, err);

    ok = settle_acks(redis, db, journal, cfg, min_age_ms, &acked, err) && ok;
    ok = dlq_settle(redis, db, cfg, min_age_ms, dlq_requeued_message, NULL,
                    settled, err) &&
         ok;
    *settled += halts + acked;
    return ok;
}

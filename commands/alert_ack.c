/*
 * alert_ack: ack and unack of what is an alert. Declared in alert.h.
 *
 * While Postgres is away whoever acknowledges does not wait for it: as any
 * other trace id it is held in Redis, or the journal (core/ops/ack.h), under
 * its name; when that is recorded the alert itself is acknowledged.
 */
#include "commands/alert.h"

#include <stdio.h>

#include "core/base/clock.h"

#define STEP_MS 1200 /* Postgres' share of the time */

static bool postgres_up(const struct call *call)
{
    return !call->vitals->postgres || store_up(call->vitals->postgres);
}

/* The alert of a trace id. ERR_DB too is "none": it is acknowledged without. */
static bool of_trace(const struct call *call, const char *word,
                     char name[ALERT_NAME])
{
    struct err ignored;
    int64_t number;
    bool found = false;

    if (!group_of_trace(call->db, word, &number, &found, &ignored) || !found)
        return false;
    snprintf(name, ALERT_NAME, "A-%lld", (long long)number);
    return true;
}

/* "1042" or "a1042" that is the trace id of nothing, while there is such an
 * alert: whoever typed that would believe that it is theirs, and it would go
 * on to call others. */
static bool is_mistaken(const struct call *call, const char *word,
                        struct err *err)
{
    struct alert_group g = { .number = 0 };
    struct err ignored;
    int64_t number;
    bool found = false, open;

    if (!group_number(word, &number, &ignored) ||
        !group_load(call->db, number, &g, &found, &ignored) || !found)
        return false;
    open = !g.resolved_at;
    group_dispose(&g);
    if (open)
        err_set(err, ERR_USER,
                "`%s` is no trace id that is known. Do you mean the alert "
                "`A-%lld`? Type its name so. Nothing was changed.",
                word, (long long)number);
    return open;
}

bool alert_ack(struct call *call, enum step_kind kind, const char *note,
               bool *mine, struct card *card, struct err *err)
{
    const char *word = args_word(&call->args, 0);
    struct step_input in = { .kind = kind, .text = note, .until = STEP_LEASE };
    int64_t before, most = clock_mono_ms() + STEP_MS;
    char name[ALERT_NAME];
    bool ok;

    *mine = false;
    if (!postgres_up(call))
        return true;
    before = db_until(call->db, most);
    if (before && before < most)
        db_until(call->db, before);
    *mine = alert_name(word, name) || of_trace(call, word, name);
    ok = *mine ? alert_do(call, name, &in, card, err)
               : !is_mistaken(call, word, err);
    db_until(call->db, before);
    if (ok || err->kind != ERR_DB)
        return ok;
    *mine = false; /* it went away in the middle: done without it */
    *err = (struct err){ 0 };
    return true;
}

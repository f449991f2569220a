/*
 * mute_due: the clock of what is muted. See mute.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define SWEEP_MS 10000

static const struct db_stmt stmt_due = {
    .name = "silences_due",
    .sql = "select s.id, s.ended_at is not null or s.until <= " ALERT_MOMENT(
        "$1::bigint") " from opsbot.silences s where not s.settled"
                      " and (not s.applied or s.ended_at is not null"
                      "  or s.until <= " ALERT_MOMENT(
                          "$1::bigint") ") order by s.id limit 100",
    .params = 1,
};

static const struct db_stmt stmt_waits = {
    .name = "inhibit_waits",
    .sql = "select 1 from opsbot.alert_inhibit_due limit 1",
};

/* When this process has looked at everything the last time; wall ms. */
static _Atomic int64_t swept;

static bool silences(const struct alert_world *w, int64_t moment,
                     struct err *err)
{
    struct db_rows *rows = NULL;
    char now[TEXT_NUMBER];
    bool ok =
        db_run(w->db, &stmt_due, &rows, err, text_number(now, mute_now(w)));

    for (size_t i = 0; ok && i < rows_count(rows); i++) {
        bool over = rows_text(rows, i, 1)[0] == 't', left;

        if (i && clock_mono_ms() >= moment)
            break;
        ok = over ? silence_release(w, rows_int(rows, i, 0), moment, &left, err)
                  : silence_apply(w, rows_int(rows, i, 0), moment, &left, err);
    }
    rows_free(rows);
    return ok;
}

static bool inhibitors(const struct alert_world *w, int64_t moment,
                       struct err *err)
{
    struct db_rows *rows = NULL;
    bool waits;

    if (!db_run(w->db, &stmt_waits, &rows, err, NULL))
        return false;
    waits = rows_count(rows) > 0;
    rows_free(rows);
    return !waits || inhibit_due(w, moment, err);
}

bool mute_due(const struct alert_world *w, struct err *err)
{
    int64_t moment = clock_mono_ms() + MUTE_TIME_MS, now = mute_now(w);

    if (!silences(w, moment, err))
        return false;
    if (now - atomic_load(&swept) >= SWEEP_MS || now < atomic_load(&swept)) {
        if (!inhibit_sweep(w, moment, err))
            return false;
        atomic_store(&swept, now);
    }
    return inhibitors(w, moment, err);
}

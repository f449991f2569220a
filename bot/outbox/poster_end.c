/* poster_end: see poster_int.h. The outbox thread's. */
#include "bot/outbox/poster_int.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/outbox.h"
#include "bot/flow/tally.h"
#include "bot/outbox/poster_body.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* Until Postgres knows of the end, the row stays ours and is not looked for
 * or posted again. */
static bool record(struct poster *p, struct work *w, bool ok,
                   const struct err *err)
{
    struct log_ctx ctx = { .op = w->row.op };

    if (ok) {
        news_over(&p->news);
        return true;
    }
    if (news_is(&p->news, err->text))
        log_warn("outbox", &ctx, "row %lld: %s", (long long)w->row.id,
                 err->text);
    w->node.next = (struct node *)p->unrecorded;
    p->unrecorded = w;
    return false;
}

void end_sent(struct poster *p, struct work *w, const char *ts)
{
    struct err err = { 0 };
    int64_t age = clock_wall_ms() - w->row.created_at;

    if (!record(p, w, outbox_sent(p->db, &w->row, ts, &err), &err))
        return;
    if (!w->row.shown && age > OUTBOX_LATE_MS)
        tally_late_post();
    if (!w->row.shown && strncmp(w->row.thing, "alert:", 6) == 0)
        tally_card(age * 1000);
    log_info("outbox", &(struct log_ctx){ .op = w->row.op },
             "%s %s %lld ms after it was written",
             w->step == STEP_EDIT ? "edited in" : "posted to", w->row.channel,
             (long long)age);
    work_over(p, w);
}

void end_again(struct poster *p, struct work *w, int64_t delay_ms, bool unclear)
{
    struct err err = { 0 };
    bool ok = outbox_retry(p->db, &w->row, w->error, delay_ms, unclear, &err);

    if (record(p, w, ok, &err))
        work_over(p, w);
}

bool end_forget_ts(struct poster *p, struct work *w)
{
    struct err err = { 0 };

    if (!record(p, w, outbox_forget_ts(p->db, &w->row, w->error, &err), &err))
        return false;
    log_info("outbox", &(struct log_ctx){ .op = w->row.op },
             "the card in %s cannot be edited (%s): posted anew",
             w->row.channel, w->error);
    w->row.ts[0] = '\0';
    w->row.looks = 0;
    free(w->row.lost);
    w->row.lost = xstrdup(w->error);
    return true;
}

bool end_lost_root(struct poster *p, struct work *w, bool *waits)
{
    struct err err = { 0 };
    bool ok = outbox_lost_root(p->db, &w->row, w->error, waits, &err);

    return record(p, w, ok, &err);
}

/* ---- undeliverable -------------------------------------------------------------- */

/* Where its text goes, or NULL: never from the fallback to itself. */
static const char *fallback_of(const struct poster *p, const struct work *w)
{
    const char *channel = config_now(p->needs.config)->channels.fallback;

    if (!channel || !channel[0] || strcmp(channel, w->row.channel) == 0)
        return NULL;
    return channel;
}

/* Once for each row, however often it is tried again. */
static bool tell_fallback(struct poster *p, const struct work *w,
                          const char *channel, const char *why, struct err *err)
{
    char *message = work_message(p, w, err), *body, *op;
    bool ok = false;

    if (!message)
        return false;
    body = body_fallback(&w->row, message, why);
    op = xasprintf("fallback:%lld", (long long)w->row.id);
    ok = outbox_put(
        p->db,
        &(struct outbox_new){
            .op = op, .channel = channel, .body = body, .lane = w->row.lane },
        err);
    free(message);
    free(body);
    free(op);
    return ok;
}

static bool give_up(struct poster *p, const struct work *w, const char *why,
                    struct err *err)
{
    const char *fallback = fallback_of(p, w);
    bool ok = db_begin(p->db, err) &&
              outbox_undeliverable(p->db, &w->row, why, err) &&
              (!fallback || tell_fallback(p, w, fallback, why, err)) &&
              db_commit(p->db, err);

    db_rollback(p->db);
    return ok;
}

void end_undeliverable(struct poster *p, struct work *w)
{
    const char *why = w->refusal ? w->refusal : w->error;
    struct err err = { 0 };

    if (!record(p, w, give_up(p, w, why, &err), &err))
        return;
    log_error("outbox", &(struct log_ctx){ .op = w->row.op },
              "row %lld cannot be posted to %s: %s (%s). See `outbox`.",
              (long long)w->row.id, w->row.channel, outbox_reason(why), why);
    work_over(p, w);
}

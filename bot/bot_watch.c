/*
 * bot_watch: what the watch (bot/alerts/watch.h) is told by the rest of the
 * bot, and what it says to the alerts thread.
 */
#include "bot/bot_int.h"

#include <stdio.h>

#include "core/base/log.h"

/* ---- the watch's thread -------------------------------------------------------- */

static bool leads(void *arg)
{
    struct bot *bot = arg;

    return scheduler_leads(bot->scheduler);
}

static void self(void *arg, struct watch_self *out)
{
    struct bot *bot = arg;
    struct journal *journal = bot->services.journal;
    struct socket_facts socket;
    struct keeper_facts keeper;
    struct alerts_facts alerts;
    int64_t since;

    socket_facts(bot->socket, &socket);
    keeper_facts(bot->keeper, &keeper);
    alerts_facts(bot->alerts, &alerts);
    *out = (struct watch_self){
        .socket_off = !config_now(bot->config)->slack.by_socket,
        .socket_up = socket.up_ms >= 0,
        .outbox_oldest_ms =
            keeper.outbox_waiting > 0 ? keeper.outbox_oldest_ms : -1,
        .audit_waiting = keeper.audit_waiting,
        .refusing_since = keeper.refusing_since,
        .journal_waiting =
            journal ? (int64_t)journal_waiting(journal, &since) : -1,
        .overdue_ms = alerts.overdue_ms,
        .unread_since = alerts.stream_unread_since,
    };
    snprintf(out->unread_why, sizeof out->unread_why, "%s", alerts.stream_why);
}

/* The alerts thread. What is held is safe. */
static void kept(void *arg, enum alerts_kept where, const char *why)
{
    struct bot *bot = arg;

    if (where != ALERTS_REFUSED)
        return;
    log_warn("watch", NULL, "what was raised is nowhere, and comes again: %s",
             why);
    watch_refused(atomic_load(&bot->watch));
}

static bool raise_events(void *arg, struct alert_event *events, size_t count)
{
    struct bot *bot = arg;
    struct alerts_batch *batch = alerts_batch_new(events, count);

    batch->done = kept;
    batch->arg = bot;
    if (alerts_submit(bot->alerts, batch) == PUSH_OK)
        return true;
    alerts_batch_free(batch);
    return false;
}

/* ---- life ---------------------------------------------------------------------- */

bool bot_watch(struct bot *bot, struct err *err)
{
    struct watch_needs needs = {
        .config = bot->config,
        .replica = bot->inbox.id,
        .board = bot->services.board,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .leads = leads,
        .self = self,
        .raise = raise_events,
        .arg = bot,
    };

    atomic_store(&bot->watch, watch_start(&needs, err));
    return atomic_load(&bot->watch) != NULL;
}

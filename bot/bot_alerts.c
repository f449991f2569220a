/*
 * bot_alerts: the threads of alerts and of pages among the others: what they
 * are given, and how commands give alerts something.
 */
#include "bot/bot_int.h"
#include "core/base/mem.h"

#define ALERT_MS 2500 /* for an alert to be somewhere */

bool bot_pager(struct bot *bot, struct err *err)
{
    struct pager_needs needs = {
        .config = bot->config,
        .replica = bot->inbox.id,
        .postgres = &bot->postgres,
        .posted = poster_kick,
        .posted_arg = bot->poster,
    };

    bot->pager = pager_start(&needs, err);
    return bot->pager != NULL;
}

/* The alerts thread: there are cards, or pages. */
static void alerts_moved(void *arg)
{
    struct bot *bot = arg;

    poster_kick(bot->poster);
    pager_kick(bot->pager);
}

bool bot_alerts(struct bot *bot, struct err *err)
{
    struct alerts_needs needs = {
        .config = bot->config,
        .replica = bot->inbox.id,
        .sender = bot->sender,
        .journal = bot->services.journal,
        .pager = bot->pager,
        .redis = &bot->redis,
        .postgres = &bot->postgres,
        .posted = alerts_moved,
        .posted_arg = bot,
    };

    bot->alerts = alerts_start(&needs, err);
    return bot->alerts != NULL;
}

bool bot_alert_raise(void *arg, struct alert_event *event, bool *held,
                     struct err *err)
{
    struct bot *bot = arg;
    struct alert_event *events = xcalloc(1, sizeof *events);
    enum alerts_kept kept;
    bool ok;

    *events = *event;
    *event = (struct alert_event){ 0 };
    ok = alerts_raise(bot->alerts, events, 1, ALERT_MS, &kept, err);
    *held = ok && kept == ALERTS_HELD;
    return ok;
}

/*
 * bot_int: the daemon from the inside, for the files of bot/bot*.c; see bot.h
 * for who starts and stops what. Nobody else includes this.
 */
#ifndef BOT_BOT_INT_H
#define BOT_BOT_INT_H

#include "bot/bot.h"
#include "bot/admin/admin.h"
#include "bot/alerts/alerts.h"
#include "bot/alerts/pager.h"
#include "bot/alerts/picture.h"
#include "bot/alerts/watch.h"
#include "bot/flow/askings.h"
#include "bot/flow/checkers.h"
#include "bot/flow/halter.h"
#include "bot/flow/home.h"
#include "bot/flow/intake.h"
#include "bot/flow/jobs.h"
#include "bot/flow/keeper.h"
#include "bot/flow/lifeline.h"
#include "bot/flow/prober.h"
#include "bot/flow/scheduler.h"
#include "bot/flow/state.h"
#include "bot/flow/worker.h"
#include "bot/http/front.h"
#include "bot/outbox/poster.h"
#include "bot/sender/sender.h"
#include "bot/socket/socket.h"

/* All owned. Written by the thread that starts and stops; what another may
 * look at before all is there is atomic. */
struct bot {
    struct config_holder *config; /* borrowed */
    int64_t started;              /* mono ms */
    int64_t started_at;           /* wall ms */
    struct state state;
    char journal_why[sizeof((struct err *)0)->text]; /* there is none */
    struct inbox inbox;
    struct store_health redis, postgres; /* for every connection to them */
    struct services services;            /* what commands may use of it */

    /* envelopes, from Slack to an answer */
    struct socket *socket;
    struct queue *intake_queue;
    struct redis *intake_redis; /* the intake thread's */
    struct intake *intake;
    struct workers *workers;
    struct askings *askings;
    struct homes *homes;

    /* what goes on by itself */
    struct prober *prober;
    struct keeper *keeper;
    _Atomic(struct keeper *) known; /* the same, once it is there */
    struct scheduler *scheduler;
    struct halter *halter;
    struct jobs *jobs;
    struct heartbeats *heartbeats;
    struct alerts *alerts;
    _Atomic(struct watch *) watch; /* asked for before it is there */
    struct check_world world;      /* what checks share */
    struct checkers *checkers;

    /* to Slack, and to who watches us */
    struct poster *poster;
    struct pager *pager;
    struct pictures *pictures;
    struct sender *sender;
    struct front front;
    struct http_alerts *told; /* of alerts, by others */
    struct slack *slack;      /* NULL: it comes by the socket alone */
    struct server *http;
    struct admin *admin;
    _Atomic(struct lifeline *) lifeline; /* asked for before it is there */
};

/* Once all else is started (bot_watch.c). */
MUST_CHECK bool bot_watch(struct bot *bot, struct err *err);

/* ---- alerts (bot_alerts.c) ----------------------------------------------------- */

MUST_CHECK bool bot_pager(struct bot *bot, struct err *err);
MUST_CHECK bool bot_alerts(struct bot *bot, struct err *err);
/* struct services: alert_raise. Worker threads; arg is the bot. */
bool bot_alert_raise(void *arg, struct alert_event *event, bool *held,
                     struct err *err);

/* ---- what it knows of itself (bot_facts.c); arg is the bot ------------------- */

void bot_vitals(void *arg, struct vitals *out); /* any thread */
/* Once all is started: any thread. out is zeroed before. */
void bot_health(void *arg, struct health_facts *out);
/* The lifeline thread: see lifeline.h. */
bool bot_well(void *arg, struct err *why);

#endif

/*
 * watch: what the bot itself raises alerts about (alerts.watch). One thread.
 *
 *   each second    health checks as the board has them, and the bot itself:
 *                  socket, stores, outbox, escalations, the alerts' stream,
 *                  records that wait. No I/O
 *   each 10 s      dead letters and lag in Redis; what stands by Postgres
 *
 * The replica that leads does this for all, everybody while both stores are
 * away; what is one replica's alone (its socket, its journal) it says itself,
 * and the leader ends it when that replica is no more. What of it is news:
 * core/alert/own.h.
 */
#ifndef BOT_WATCH_H
#define BOT_WATCH_H

#include "core/alert/own.h"
#include "core/base/meter.h"
#include "core/check/board.h"
#include "core/config_now.h"
#include "core/store/health.h"

struct watch;

/* What the bot knows of itself, of one moment. -1: not known. */
struct watch_self {
    bool socket_off; /* Slack comes by request URLs: nothing to be deaf with */
    bool socket_up;
    int64_t outbox_oldest_ms;
    int64_t audit_waiting;
    int64_t refusing_since; /* Redis takes nothing; wall ms or 0 */
    int64_t journal_waiting;
    int64_t overdue_ms;   /* of the most overdue timer of alerts */
    int64_t unread_since; /* the alerts' stream; wall ms or 0 */
    char unread_why[200];
};

/* All borrowed for life. The functions are called by the watch's thread. */
struct watch_needs {
    const struct config_holder *config;
    const char *replica;
    struct check_board *board;
    struct store_health *redis, *postgres;
    bool (*leads)(void *arg);
    void (*self)(void *arg, struct watch_self *out); /* out is zeroed */
    /* Takes the events, which are for the alerts thread; false: it has no
     * room, and takes them too. Should it hold them nowhere later on, it says
     * so by watch_refused(). */
    bool (*raise)(void *arg, struct alert_event *events, size_t count);
    void *arg;
};

struct watch *watch_start(const struct watch_needs *needs, struct err *err);

/* What was raised lately is nowhere. Any thread; NULL is fine. */
void watch_refused(struct watch *w);

struct watch_facts {
    int64_t turned_ms;
    int64_t standing[OWN_KINDS];
    uint64_t raised, over;    /* since the start */
    const struct meter *took; /* of a look at the stores; lives as long as it */
};
void watch_facts(struct watch *w, struct watch_facts *out); /* any thread */

/* Begins nothing any more. NULL is fine. */
void watch_end(struct watch *w);
/* Joins. watch_refused() and watch_facts() may still be called. */
void watch_stop(struct watch *w);
void watch_free(struct watch *w);

#endif

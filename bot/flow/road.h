/*
 * road: the way an envelope came, and its answer goes back: the Slack
 * WebSocket, a request URL, the admin API.
 *
 * Embedded in whoever holds the other end open: one slot an envelope, from the
 * moment it was read until its last word (flow/desk.h for Slack's roads,
 * admin/admin.h for the admin API). Lives longer than every thread that may
 * still speak through it.
 */
#ifndef BOT_ROAD_H
#define BOT_ROAD_H

#include "bot/flow/hold.h"

struct verdict; /* bot/flow/verdict.h */

struct road {
    const char *name;    /* static: "socket"; where a record says it came */
    struct holds *holds; /* the fates of its slots */
    /* What is to be said about one of its envelopes. Any thread; takes v, and
     * never waits. */
    void (*tell)(struct road *road, struct verdict *v);
};

#endif

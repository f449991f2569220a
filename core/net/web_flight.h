/*
 * web_flight: requests that are under way beside each other: one curl multi
 * handle, and what each user of it did alike: take off, wait, land.
 *
 * A flight is a curl handle and whose it is, inside of the user's own struct;
 * it may fly as often as its owner likes, one request at a time. Connections
 * stay open, and are used again by whichever flight talks to the same place
 * with the same certificate. One thread, but for web_deck_wake().
 */
#ifndef CORE_NET_WEB_FLIGHT_H
#define CORE_NET_WEB_FLIGHT_H

#include <curl/curl.h>
#include <stdbool.h>

/* Where they take off and land. */
struct web_deck;

struct web_flight {
    struct web_deck *deck; /* borrowed, and outlives it */
    CURL *easy;            /* the flight's */
    void *owner;           /* whose it is: see web_deck_next() */
    bool flying;
};

/* kept_open: connections that wait for the next of their place; per_host: at
 * once to one place, 0: as many as are wanted. Aborts when there is no
 * memory. */
struct web_deck *web_deck_new(long kept_open, long per_host);
void web_deck_free(struct web_deck *d); /* after its flights; NULL is fine */

/* Takes easy. */
void web_flight_init(struct web_flight *f, struct web_deck *d, CURL *easy,
                     void *owner);
/* What is under way ends without an answer. */
void web_flight_dispose(struct web_flight *f);

/* The request that its handle is set to begins. False: curl does not take
 * it. */
bool web_flight_begin(struct web_flight *f);
/* Ends it, if it flies. */
void web_flight_land(struct web_flight *f);

/* Moves what can be moved; waits up to wait_ms for something to happen. */
void web_deck_turn(struct web_deck *d, int wait_ms);
void web_deck_wake(struct web_deck *d); /* any thread: ends that wait */
/* The owner of the next flight that is over, landed, or NULL. */
void *web_deck_next(struct web_deck *d, CURLcode *code);

#endif

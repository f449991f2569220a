/*
 * envelope: every envelope that was sent lately, found by its id.
 *
 * The table knows those in flight and a bounded history of those that are
 * over (ENVELOPES_KEPT, and as many made by a load), so that late and second
 * acks are recognised. Somebody who waits for one holds it with
 * envelope_hold(); it is freed when it has left the history and nobody holds
 * it. One thread.
 */
#ifndef SANDBOX_ENVELOPE_H
#define SANDBOX_ENVELOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/sandbox/wire/loop.h"
#include "tests/sandbox/sandbox.h"

#define ENVELOPES_KEPT 8192
#define ENVELOPE_ID    64

enum envelope_state {
    ENVELOPE_WAITING,    /* no socket yet, or its time has not come */
    ENVELOPE_SENT,       /* in flight */
    ENVELOPE_ACKED,      /* in time */
    ENVELOPE_UNANSWERED, /* error says why; a late ack may still come */
};

struct envelope {
    char id[ENVELOPE_ID];
    struct link *link;
    enum envelope_kind kind;
    enum envelope_state state;
    bool accepts_payload;
    bool had_payload;
    bool has_load; /* load_number is a load's command */
    uint32_t load_number;
    int attempt;           /* of an event; 0 first */
    char *interaction;     /* or NULL */
    json_t *payload;       /* only what may have to be sent again, else NULL */
    json_t *answer;        /* the ack's payload, kept while somebody holds it */
    const char *error;     /* static text, or NULL */
    const char *complaint; /* what the world said of the ack, or NULL */
    unsigned posts;        /* over HTTP: requests that are not answered */
    int status;            /* of the latest answer over HTTP, 0: none */
    const char *reason;    /* why an event is sent again, static, or NULL */
    bool no_retry;         /* the app asked not to be sent it again */
    int64_t sent_us;       /* real */
    int64_t sent_ms;       /* Slack's time */
    int64_t acked_us;      /* real */
    struct timer timer;    /* ack deadline, or the time of a retry */
    unsigned holds;
    bool kept; /* in flight or in the history */
    struct envelope *next_in_bucket;
    struct envelope *newer; /* in the history */
};

struct envelopes;

struct envelopes *envelopes_new(void);
void envelopes_free(struct envelopes *all, struct loop *loop);

/* Enters it; a second one of the same id hides the first. */
struct envelope *envelope_new(struct envelopes *all, const char *id);
struct envelope *envelope_find(const struct envelopes *all, const char *id,
                               size_t len);
/* It is over: it moves to the history, the oldest there may be freed. */
void envelope_retire(struct envelopes *all, struct envelope *e);

void envelope_hold(struct envelope *e);
void envelope_release(struct envelope *e);

/* [{envelope_id, kind, sent, acked_ms, payload}], in flight and history. */
json_t *envelopes_json(const struct envelopes *all);
const char *envelope_type(enum envelope_kind kind); /* "slash_commands", … */

#endif

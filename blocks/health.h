/*
 * health: the cards of health checks: how they stand, and how it came to
 * that. Pure; what is shown is the newest that is known.
 */
#ifndef BLOCKS_HEALTH_H
#define BLOCKS_HEALTH_H

#include "blocks/card.h"
#include "core/check/check_store.h"

/* The bot itself. Times as named; -1: not known. */
struct health_store {
    int64_t us;            /* the last round trip */
    int64_t down_since;    /* wall ms; 0: up */
    int64_t refuses_since; /* up, but takes no writes; wall ms or 0 */
};
struct health_self {
    bool socket_off;      /* Slack comes by request URLs alone */
    int64_t socket_up_ms; /* since Slack's hello; -1: not connected */
    int64_t slack_us;
    struct health_store redis, postgres;
    int64_t outbox_waiting, outbox_oldest_ms, outbox_undeliverable;
    int64_t journal_waiting; /* -1: there is no journal */
    int64_t alerts_held;     /* that Postgres does not have yet */
    int64_t
        alerts_unread_since; /* the alerts' stream; wall ms, 0: it is read */
};

/* One check: how it stands, and what this asking brought. */
struct health_item {
    const struct config_check *spec; /* borrowed */
    struct check_state state;
    bool in; /* result is of this asking */
    struct check_result result;
};

/* All borrowed. */
struct health_report {
    struct health_self self;
    const struct health_item *items;
    size_t count;
    size_t configured; /* checks there are; 0: it is said how to add one */
    bool asked;        /* they are being asked, or were; false: too many people
                        * ask just now, and it is how they stood */
    const char *named; /* the checks that were named, as typed after "health",
                        * with a blank before each; "": all */
    const char *by, *by_name; /* of a card in a channel: who asked; NULL: for
                               * the asker alone, with a button to share it */
    bool no_channel;          /* to share it with */
    int64_t now;
};

/*
 * Failing first, worst severity first; what passes in one line; what is not in
 * yet. A check fails that has failed often enough, or that failed just now. In
 * plain text it ends "Overall Status: HEALTHY, Critical Failures: 0"; DEGRADED
 * when nothing critical fails, UNKNOWN when nothing does but not all are in.
 */
void health_card(struct card *card, const struct health_report *r);

/* ---- details ---------------------------------------------------------------- */

#define HEALTH_CHANGES 5 /* shown of each */

struct health_history {
    struct health_item item;
    const struct check_change *changes; /* newest first; borrowed */
    size_t count;
};

/* Each with its last changes and its runbook. named: as above; "" and count 0:
 * none is failing. unread: why Postgres did not say how it came to that, or
 * NULL. */
void health_details_card(struct card *card, const struct health_history *list,
                         size_t count, const char *named, const char *unread,
                         int64_t now);

/* ---- for both ----------------------------------------------------------------- */

/* "🔴", "🟠", "🟡". */
const char *health_icon(enum check_severity severity);
/* The name people gave it, or its id. */
const char *health_name(const struct config_check *spec);
/* It counts as failing: see health_card(). */
bool health_fails(const struct health_item *item);
/* The newest result of it; NULL: none yet. */
const struct check_result *health_newest(const struct health_item *item);
/* A row: severity, name, what was found. */
void health_row(struct card *card, const struct health_item *item);
/* What is known of it, as cells of the last row. state: a word for how it
 * stands; NULL: failing, passing or unknown. */
void health_cells(struct card *card, const struct health_item *item,
                  const char *state);
/* Under it: since when, the last success; how often it takes. */
void health_since(struct card *card, const struct health_item *item,
                  int64_t now);
/* And what to do about it, where somebody wrote that down. */
void health_runbook(struct card *card, const struct health_item *item);

#endif

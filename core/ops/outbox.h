/*
 * outbox: what must be posted, durable before it is attempted (P5).
 *
 * A row is written in the transaction of the effect it tells of; the outbox
 * thread claims rows, hands them to the sender and records what came of it.
 *
 * Two kinds of row. A *message* is a text, posted once. A *card* is the card
 * of a thing in one channel ("job:<op>"): posted once, then edited; it is
 * loaded and rendered when its turn comes, so what is posted is always the
 * newest state, and a hundred changes make one edit.
 *
 * A channel belongs to one replica through a row of outbox_channels. Of a
 * channel one post is under way at a time, the highest lane first, then the
 * oldest; beside it may be one edit, and one critical post, which waits for
 * neither. A message that waits for its retry holds back its lane and those
 * below, a card that waits for its next edit nobody. A message in a thread
 * waits until its parent has been posted.
 *
 * looks says whether a row may be in the channel already: 0, no; an odd
 * number, it is to be looked for and was not yet; an even one, once before.
 */
#ifndef CORE_OPS_OUTBOX_H
#define CORE_OPS_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "core/ops/act.h"
#include "core/store/db.h"

enum outbox_lane {
    OUTBOX_CRITICAL,
    OUTBOX_CLICK,
    OUTBOX_WARNING,
    OUTBOX_EDIT,
    OUTBOX_INFO
};

#define OUTBOX_EDIT_MS     2000  /* between two edits of one card */
#define OUTBOX_URL_MS      20000 /* where it cannot be edited, only sent again */
#define OUTBOX_LATE_MS     60000 /* posted later than this, it says so */
#define OUTBOX_HANDOVER_MS 3000  /* a channel's budget is whole after so long */

struct outbox_row {
    int64_t id;
    char *op;
    char *channel;
    char *body; /* chat.postMessage arguments as JSON, without channel; of a
                  * card: as it was first, in case it cannot be loaded */
    char *response_url; /* the road when the bot cannot post there; or "" */
    char *thing;        /* "" for a message */
    char *ts;           /* of a card that was posted; or "" */
    char *thread_ts;    /* of the parent's message, or of that which the parent
                         * answers to itself; or "" */
    char *nested;       /* the latter: the parent's thing; or "" */
    enum outbox_lane lane;
    int64_t wanted; /* the change that this sending will show */
    int64_t shown;  /* the one that people have seen; 0: none */
    int attempts;
    int looks;
    int64_t created_at; /* wall ms */
    char *held_up;      /* why it, or its channel since it was written, was not
                    * posted before, as the sender said; or "" */
    char *lost;         /* why its card has to be posted again; or "" */
};

struct outbox_new {
    const char *op; /* a second row for the same op and channel is none */
    const char *channel;
    const char *body;
    const char *response_url; /* or NULL */
    const char *thing;        /* NULL: a message */
    const char *thread_of;    /* the thing whose card in this channel it
                               * answers to; NULL: none */
    enum outbox_lane lane;
    bool look; /* it may have been posted by another road: look first */
};

/* Each joins the open transaction. */
MUST_CHECK bool outbox_put(struct db *db, const struct outbox_new *row,
                           struct err *err);
/* Many at once: outbox_new_text() of each, in a list. */
MUST_CHECK bool outbox_put_all(struct db *db, const char *rows,
                               struct err *err);
/* A JSON object; heap. */
char *outbox_new_text(const struct outbox_new *row);
/* A message of the click lane. */
MUST_CHECK bool outbox_add(struct db *db, const char *op, const char *channel,
                           const char *body, const char *response_url,
                           struct err *err);
/* The thing has changed: its cards are due (again). */
MUST_CHECK bool outbox_touch(struct db *db, const char *thing, struct err *err);
/* Many at once: [{"thing":"…","lane":0}, …]. A card whose lane is a lower one
 * than that moves up into it. */
MUST_CHECK bool outbox_touch_all(struct db *db, const char *things,
                                 struct err *err);

/* Claims up to max due rows for lease_ms, at most one per channel. What tells
 * of many ("roll:…", "away:…") goes before all else of its lane, and a critical
 * card that is in nobody's thread before lines in threads. The array is the
 * caller's: outbox_rows_free(). */
MUST_CHECK bool outbox_claim(struct db *db, const char *replica, size_t max,
                             int64_t lease_ms, struct outbox_row **rows,
                             size_t *count, struct err *err);
void outbox_rows_free(struct outbox_row *rows, size_t count);
void outbox_row_dispose(struct outbox_row *row); /* what it points to */

/* Says that this replica still works on these rows ("{1,5}"): their leases
 * and its channels' run for lease_ms from now. A replica that dies says
 * nothing, and another claims. */
MUST_CHECK bool outbox_renew(struct db *db, const char *replica,
                             const char *held, int64_t lease_ms,
                             struct err *err);
/* Gives up everything that a replica held which is gone, or going: due at
 * once, and looked for first. */
MUST_CHECK bool outbox_release(struct db *db, const char *replica,
                               struct err *err);

/* ---- the end of a claim: nothing happens when another replica has claimed
 * the row since --------------------------------------------------------------- */

/* Done; of a card, up to the change that was shown. ts "": by response URL. */
MUST_CHECK bool outbox_sent(struct db *db, const struct outbox_row *row,
                            const char *ts, struct err *err);
/* Due again in delay_ms. unclear: it may be there, and is looked for (again)
 * before it is posted. */
MUST_CHECK bool outbox_retry(struct db *db, const struct outbox_row *row,
                             const char *why, int64_t delay_ms, bool unclear,
                             struct err *err);
MUST_CHECK bool outbox_undeliverable(struct db *db,
                                     const struct outbox_row *row,
                                     const char *why, struct err *err);
/* A card whose message is gone from Slack, or can no longer be edited (why):
 * it is posted anew, within the claim. */
MUST_CHECK bool outbox_forget_ts(struct db *db, const struct outbox_row *row,
                                 const char *why, struct err *err);
/* The message that row answers to is gone. When it was a card, that is due
 * anew, once, and row with its thread waits for it; *waits false: it was none,
 * or was posted anew before. */
MUST_CHECK bool outbox_lost_root(struct db *db, const struct outbox_row *row,
                                 const char *why, bool *waits, struct err *err);

/* ---- why it is late ----------------------------------------------------------- */

enum outbox_delay {
    OUTBOX_NOT_KNOWN,
    OUTBOX_LIMITED, /* Slack's limits, or ours that keep within them */
    OUTBOX_AWAY,    /* Slack could not be reached, or was out of order */
    OUTBOX_TOKEN,   /* it refused our token */
    OUTBOX_DOWN,    /* nobody was there to post it */
};
/* Of what a row was held up by. */
enum outbox_delay outbox_delay_of(const char *held_up);
/* What holds one of these words is OUTBOX_LIMITED: for who asks Postgres. A
 * JSON list, heap. */
char *outbox_limit_words(void);
/* "Slack limit", for people; "" when it is not known. Static. */
const char *outbox_delay_text(enum outbox_delay delay);

/* ---- looking at it --------------------------------------------------------- */

struct outbox_state {
    int64_t waiting, oldest_ms; /* due or under way; how long the oldest has
                                 * been: an edit, since it was due */
    int64_t undeliverable;
};
MUST_CHECK bool outbox_state(struct db *db, struct outbox_state *out,
                             struct err *err);

struct outbox_item {
    int64_t id, created_at, attempts;
    char *channel, *state, *error, *op, *summary; /* its text's start */
};
struct outbox_list {
    struct outbox_item *items; /* undeliverable first, then oldest first */
    size_t count;
    int64_t waiting, undeliverable; /* in all */
};
MUST_CHECK bool outbox_list(struct db *db, size_t limit,
                            struct outbox_list *out, struct err *err);
void outbox_list_dispose(struct outbox_list *list);

/* Undeliverable rows are due again: one, or all with id 0. As an operation of
 * somebody, once, with its audit row, in a transaction of its own (P2, P3). */
struct outbox_again {
    bool before;   /* this operation was done before: nothing changed now */
    int64_t count; /* rows that are due again by it */
    int64_t at;    /* wall ms: when that was */
    char *state;   /* of the one row, when count is 0; NULL: no such row */
};
MUST_CHECK bool outbox_again(struct db *db, const struct act *act, int64_t id,
                             struct outbox_again *out, struct err *err);
void outbox_again_dispose(struct outbox_again *again);

/* ---- cards that somebody pressed on ----------------------------------------- */

/*
 * A click changes its card by its response URL, before the outbox does anything
 * of the same effect there: held, neither the card nor the answers in its
 * thread are claimed, for OUTBOX_HOLD_MS at most. Only who holds it says what
 * it shows then; while it is being edited, or somebody else holds it, nobody
 * gets it, and the outbox shows the newest state after all of them.
 */
#define OUTBOX_HOLD_MS 4000
struct outbox_hold {
    int64_t id;     /* of the card's row */
    int64_t wanted; /* the change that the click's edit shows */
    char *thing, *by;
    bool held;
};
void outbox_hold_dispose(struct outbox_hold *hold);

/* *found false: ts is no card of the outbox in this channel. by: whose hold it
 * is, unlike any other. A statement of its own, before the effect. */
MUST_CHECK bool outbox_hold(struct db *db, const char *channel, const char *ts,
                            const char *by, struct outbox_hold *out,
                            bool *found, struct err *err);
/* Sets hold->wanted: before the card is loaded. */
MUST_CHECK bool outbox_wanted(struct db *db, struct outbox_hold *hold,
                              struct err *err);
/* Held no longer. wanted: the change that people see by now, 0: none of ours.
 * Nothing happens when the hold is over. */
MUST_CHECK bool outbox_shown(struct db *db, const struct outbox_hold *hold,
                             int64_t wanted, struct err *err);

/* ---- cards that were posted without it ------------------------------------ */

/* A new card of thing in channel was posted already, while Postgres was away:
 * ts is its message. "": it may have been; it is looked for before it is
 * posted. Nothing for a card that was posted since. Joins the open
 * transaction. */
MUST_CHECK bool outbox_adopt(struct db *db, const char *thing,
                             const char *channel, const char *ts,
                             struct err *err);

/* Where the cards of thing are: the message in channel, heap, "" while there
 * is none. */
MUST_CHECK bool outbox_where(struct db *db, const char *thing,
                             const char *channel, char **ts, struct err *err);

#endif

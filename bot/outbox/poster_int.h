/*
 * poster_int: what the files of the poster share. One thread, the outbox's,
 * but for work_done(), which is the sender's.
 *
 *   poster.c       the thread: claims, leases, life
 *   poster_step.c  what is being done for a row, and what follows from it
 *   poster_end.c   the end of a claim, written down
 *   poster_click.c cards that somebody pressed on
 *   poster_body.c  what is sent, and what is read from answers  (pure)
 */
#ifndef BOT_POSTER_INT_H
#define BOT_POSTER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/outbox/poster.h"
#include "core/base/news.h"
#include "core/ops/outbox.h"

#define POSTER_RETRY_MS 2000 /* after an end that is clear */
#define POSTER_LOOK_MS  2000 /* from an unclear end to the first look … */
#define POSTER_AGAIN_MS 8000 /* … and from that one to the second */

/* What is being done for a row; the answer to it comes back as a report. */
enum step {
    STEP_POST,  /* chat.postMessage */
    STEP_EDIT,  /* chat.update */
    STEP_JOIN,  /* the bot is not a member: conversations.join */
    STEP_LOOK,  /* it may be there already: conversations.history, .replies */
    STEP_URL,   /* by the command's response URL */
    STEP_CLICK, /* a pressed card by the press's; no claim */
};

/* One claimed row until its end. Owns all it points to. */
struct work {
    struct node node; /* in the queue of reports, or unrecorded */
    struct poster *poster;
    struct work *older, *newer; /* in poster->held */
    struct outbox_row row;
    enum step step;
    enum post_result result; /* of that step, as are these: */
    char *error, *body;
    char *refusal;      /* why the post itself was refused, or NULL */
    char *cursor;       /* the next page of the history, or NULL */
    int pages;          /* looked at */
    bool joined;        /* joining was tried */
    bool repeated;      /* it may be there, and nobody can look */
    int64_t pressed_us; /* STEP_CLICK: mono, when the press came */
};

struct poster {
    struct poster_needs needs;
    pthread_t thread;
    struct queue *reports;
    struct db *db;
    int64_t began;           /* wall ms */
    int64_t renewed;         /* mono ms */
    struct work *held;       /* claimed and not over, newest first */
    struct work *unrecorded; /* Postgres was away when they were over */
    struct news news;        /* of that */
    bool ended;              /* the sender is gone: nothing more is begun */
    atomic_bool stop, kicked;
    _Atomic int64_t turned;
};

/* Begins with a claimed row. */
void work_begin(struct poster *p, struct work *w);
/* What follows from a report. Safe to repeat while Postgres is away. */
void work_settle(struct poster *p, struct work *w);
/* Nothing more is done for it; frees it. */
void work_over(struct poster *p, struct work *w);

/* Each writes the end of a claim down; when Postgres is away the work is kept
 * and settled again later. */
void end_sent(struct poster *p, struct work *w, const char *ts);
void end_again(struct poster *p, struct work *w, int64_t delay_ms,
               bool unclear);
void end_undeliverable(struct poster *p, struct work *w);
/* The card's message is gone. False: not written down yet. */
bool end_forget_ts(struct poster *p, struct work *w);
/* So is the one it answers to; *waits: it is a card, and posted anew first. */
bool end_lost_root(struct poster *p, struct work *w, bool *waits);

/* What came of a click's edit; frees it. */
void click_settle(struct poster *p, struct work *w);

/* A row's message as it is now: of a thing its newest state. Heap; NULL: it
 * could not be loaded, err says why. */
char *work_message(struct poster *p, const struct work *w, struct err *err);

#endif

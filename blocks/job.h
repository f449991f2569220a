/*
 * job: the cards of bulk moves: the question before, the public card while
 * one runs and when it is over, the list of all. Pure.
 */
#ifndef BLOCKS_JOB_H
#define BLOCKS_JOB_H

#include "blocks/card.h"
#include "core/ops/job.h"

/* What they need besides the job itself. */
struct job_view {
    int64_t now;         /* wall ms */
    unsigned trash_days; /* how long discarded entries are kept */
};

/* ---- before ------------------------------------------------------------------ */

/* A move that was asked for and not begun. All borrowed. */
struct job_plan {
    enum job_kind kind;
    const struct stream_name *name;
    const struct job_set *set;
    int rate;       /* entries a second; 0: as fast as it goes */
    const char *op; /* what its operation will be */
};

/* The question, for whoever asked alone: what exactly will happen, how long
 * it takes, and the buttons that say yes and no, with their typed twins. */
void job_prompt_card(struct card *card, const struct job_plan *plan,
                     const struct job_view *view);

/* There is nothing to move. mover: who moved the one entry that was named
 * (by NULL: nobody is known); NULL when several were named, or all. */
void job_nothing_card(struct card *card, const struct job_plan *plan,
                      const struct job_mover *mover,
                      const struct job_view *view);

/* ---- while and after ----------------------------------------------------------- */

/* The job as it stands, for everybody: with [Cancel] while it runs. */
void job_card(struct card *card, const struct job *job,
              const struct job_view *view);
/* The same as a chat.postMessage without channel (heap). slash: "/ops". */
char *job_message(const struct job *job, const struct job_view *view,
                  const char *slash);

/* The line for who began it. before: it had been confirmed already, and is
 * said to stand as it does. */
void job_answer_card(struct card *card, const struct job *job, bool before,
                     const struct job_view *view);

/* ---- all of them ----------------------------------------------------------------- */

#define JOB_CARD_PAGE 10 /* jobs a page */

/* A page of them, open ones first. */
struct job_page {
    const struct job *jobs;
    size_t count;
    size_t page; /* from 1 */
    bool more;   /* older ones exist */
};
void job_list_card(struct card *card, const struct job_page *page,
                   const struct job_view *view);

#endif

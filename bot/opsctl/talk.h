/*
 * talk: one run of opsctl: asks, shows what would be done and hears whether
 * it is to be, shows the answer, waits for the job's end.
 *
 * Answers go to standard output, all else (questions, progress, what went
 * wrong) to standard error. One thread.
 */
#ifndef BOT_OPSCTL_TALK_H
#define BOT_OPSCTL_TALK_H

#include "bot/opsctl/client.h"
#include "bot/opsctl/show.h"
#include "bot/opsctl/status.h"

struct talk {
    struct client *client;
    struct view view;     /* how answers are shown on standard output */
    struct view aside;    /* and on standard error */
    bool yes, follow;     /* --yes, --follow */
    bool person;          /* somebody is there to be asked */
    bool moving;          /* standard error can be written over: progress */
    const char *key;      /* of this run; each line has its own from it */
    unsigned lines;       /* asked under a key so far */
    enum status printing; /* STATUS_OUTPUT once that has failed */
};

/* The whole of it. */
enum status talk_run(struct talk *t, const char *line);

/* ---- parts, for follow.c -------------------------------------------------------- */

/* Prints a card, or the whole answer as JSON. */
void talk_show(struct talk *t, const struct answer *a);
/* "opsctl: …" on standard error, and how a run ends that fails so. */
enum status talk_fail(const struct err *err);

/* Waits for the end of the job `op`, if there is one. */
enum status follow_job(struct talk *t, const char *op);

#endif

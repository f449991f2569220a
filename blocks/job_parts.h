/*
 * job_parts: the words that the cards of bulk moves share. Internal to
 * blocks. Pure.
 */
#ifndef BLOCKS_JOB_PARTS_H
#define BLOCKS_JOB_PARTS_H

#include "blocks/job.h"

/* How each kind is spoken of. */
struct job_words {
    enum tone tone;
    const char *name;     /* "Requeue" */
    const char *doing;    /* "Requeueing" */
    const char *done;     /* "Requeued" */
    const char *stopping; /* "requeueing", after "Stop" */
};
const struct job_words *job_words(enum job_kind kind);

/* "4,102 entries", "1 entry", kept by the card. */
const char *job_entries(struct card *card, int64_t n);
/* Where what was not moved still is: "notify.events.dlq", or "the trash of
 * notify.events". Kept by the card. */
const char *job_source(struct card *card, enum job_kind kind,
                       const char *stream, const char *dlq);
/* "21 s", "less than a second", kept by the card. */
const char *job_span(struct card *card, int64_t ms);
/* "200/s" or "as fast as it goes", kept by the card. */
const char *job_pace(struct card *card, int rate);

/* The button that opens the trash of a stream. */
void job_trash_button(struct card *card, const char *label, const char *stream);
/* The one that shows what is left where a move takes from. */
void job_look_button(struct card *card, enum job_kind kind, const char *stream);
/* The one that asks whether to move all that is there: "Requeue all…". */
void job_all_button(struct card *card, enum job_kind kind, const char *stream);

#endif

/*
 * dlq: the cards of dead-letter queues. Pure.
 */
#ifndef BLOCKS_DLQ_H
#define BLOCKS_DLQ_H

#include "blocks/card.h"
#include "core/ops/dlq.h"

/* What the person who looks may do: buttons that would be refused are not
 * offered. */
struct dlq_rights {
    bool show, requeue, discard, restore;
    unsigned trash_days; /* how long discarded entries are kept */
};

void dlq_list_card(struct card *card, const struct dlq_overview *overview,
                   const struct dlq_rights *may, int64_t now);
void dlq_show_card(struct card *card, const struct dlq_page *page,
                   const struct dlq_rights *may, int64_t now);
/* The same of what was discarded. */
void dlq_trash_card(struct card *card, const struct dlq_page *page,
                    const struct dlq_rights *may, int64_t now);

/* The answer to who asked; done, already or gone. */
void dlq_requeue_card(struct card *card, const struct requeue *r, int64_t now);

/* The public card of a requeued entry, as a chat.postMessage without channel
 * (heap). A requeue_card: for dlq_requeue() and dlq_settle(). arg unused. */
char *dlq_requeued_message(const struct requeue *done, void *arg);

#endif

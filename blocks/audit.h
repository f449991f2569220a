/*
 * audit: the card of who did what. Pure.
 */
#ifndef BLOCKS_AUDIT_H
#define BLOCKS_AUDIT_H

#include "blocks/card.h"
#include "core/ops/audit.h"

#define AUDIT_CARD_PAGE 10 /* records a page */

/* What was asked for: said in the card, and kept by the pager's buttons. */
struct audit_view {
    const struct audit_filter *filter;
    const char *since; /* as it was typed, or NULL */
    size_t page;       /* from 1 */
};

void audit_card(struct card *card, const struct audit_page *page,
                const struct audit_view *view, int64_t now);

#endif

/*
 * oncall: the cards of who is on call, and of who took it from whom. Pure.
 */
#ifndef BLOCKS_ONCALL_H
#define BLOCKS_ONCALL_H

#include "blocks/card.h"
#include "core/alert/oncall.h"

struct oncall_view {
    int64_t now;       /* wall ms */
    bool sure;         /* overrides are known: Postgres answered */
    bool may_override; /* whoever looks may */
};

/* All rotations, one of each. count 0: there are none. */
void oncall_list_card(struct card *card, const struct oncall *items,
                      size_t count, const struct oncall_view *view);
/* One of them: who has it now, and then, count of them, at least one. */
void oncall_card(struct card *card, const struct oncall *items, size_t count,
                 const struct oncall_view *view);

/* Somebody took it. */
struct oncall_taken {
    const char *rotation, *user;
    const char *user_name; /* NULL: not known */
    const char *instead;   /* whose it would be; "": not known, or the same */
    const char *instead_name;
    int64_t until;
    const char *by, *by_name, *op;
};
/* For the channel: a mention, so that whoever has it now knows. */
void oncall_taken_card(struct card *card, const struct oncall_taken *t);
/* For whoever said it. before_at: it was done then, by the same operation; 0:
 * now. */
void oncall_done_card(struct card *card, const struct oncall_taken *t,
                      int64_t before_at, int64_t now);

#endif

/*
 * home_parts: where a section of App Home is written to, and how several cards
 * become one tab. Private to blocks/. Pure.
 */
#ifndef BLOCKS_HOME_PARTS_H
#define BLOCKS_HOME_PARTS_H

#include "blocks/card.h"

/* own: the card is the section's alone. */
struct place {
    struct card *card;
    bool own;
};

#define TAB_CARDS 8

/*
 * The cards below one another, with dividers, as a view of type home (JSON
 * text, heap). Slack takes 100 blocks; what is too much is degraded in the
 * same steps as a message, for all cards alike. An empty card is left out.
 */
char *tab_render(struct card *const *cards, size_t count);

#endif

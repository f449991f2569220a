/*
 * home_parts: where a section of App Home is written to, and how several cards
 * become one tab. Private to blocks/. Pure.
 */
#ifndef BLOCKS_HOME_PARTS_H
#define BLOCKS_HOME_PARTS_H

#include "blocks/card.h"
#include "blocks/home.h"

/* own: the card is the section's alone. */
struct place {
    struct card *card;
    bool own;
};

/* In a card of its own the heading is its title and what follows are rows; in
 * one for all it is a row, with details. */
void home_heading(struct place *p, enum tone tone, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void home_item(struct place *p, const struct span *line);
/* "…and 7 more", and what shows them; nothing, if all are shown. */
void home_more(struct place *p, size_t all, size_t shown, const char *command);
/* A section about which a store that is away would know. since 0: it is not
 * known to be away. */
void home_unknown(struct place *p, const char *what, const char *store,
                  int64_t since, int64_t now);

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- sections with a file of their own ---------------------------------------- */

/* Nothing where alerts are not shown: they are off, or not this person's to
 * see. */
void home_alerts(struct place *p, const struct home *home);
/* Open alerts that nobody has; 0 where they are not shown, or not known. And
 * the tone of the worst of them. */
int64_t home_unacked(const struct home *home);
enum tone home_alerts_tone(const struct home *home);
void home_rights(struct place *p, const struct home *home);

/* ---- the tab -------------------------------------------------------------------- */

#define TAB_CARDS 8

/*
 * The cards below one another, with dividers, as a view of type home (JSON
 * text, heap). Slack takes 100 blocks; what is too much is degraded in the
 * same steps as a message, for all cards alike. An empty card is left out.
 */
char *tab_render(struct card *const *cards, size_t count);

#endif

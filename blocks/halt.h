/*
 * halt: the cards of halts: the public one that is edited while targets
 * answer, the list, and what the person is told who halts or unhalts. Pure.
 */
#ifndef BLOCKS_HALT_H
#define BLOCKS_HALT_H

#include "blocks/card.h"
#include "core/ops/halt_act.h"

/* ---- the public card (halt.c) ------------------------------------------------ */

/* What stands around a run. All borrowed. */
struct halt_view {
    int64_t now;
    const char *slash;            /* "/ops" */
    const struct halt_run *ended; /* what ended it; NULL: it stands */
    const struct halt_run *first; /* the halt that it tells again; NULL */
    bool superseded;              /* it never came into effect in Redis */
};

void halt_run_card(struct card *card, const struct halt_run *run,
                   const struct halt_view *view);
/* The same as chat.postMessage arguments without channel. Heap. */
char *halt_run_message(const struct halt_run *run,
                       const struct halt_view *view);

/* ---- what is halted (halt.c) ------------------------------------------------- */

/* may_unhalt: a button for each. */
void halts_card(struct card *card, const struct halt_list *list,
                bool may_unhalt, int64_t now);

/* ---- to who asked (halt_answer.c) --------------------------------------------- */

/* The answer to a halt or unhalt. redis_since, postgres_since: wall ms since
 * when they are away; 0: they are not. here: the card is in this channel. */
struct halt_answer {
    const struct halt_want *want;
    const struct halt_report *report;
    int64_t redis_since, postgres_since;
    int64_t now;
    bool here;
};
void halt_answer_card(struct card *card, const struct halt_answer *answer);

/* One thing that must be so before anything runs again. */
struct unhalt_condition {
    const char *name; /* "Redis can be written" */
    bool met;
    bool can_skip;      /* --force goes past it */
    bool say;           /* met, and still worth a line in the question */
    int64_t since;      /* wall ms since when it is not met; 0: not known */
    const char *why;    /* what is wrong; not met only */
    const char *advice; /* what to do about it; not met only */
};

struct unhalt_card {
    const char *scope;
    const struct halt *halt; /* as it stands; NULL: not known */
    const struct unhalt_condition *conditions;
    size_t count;
    size_t targets;      /* to be told */
    bool force;          /* --force was given */
    bool may_force;      /* a button for it */
    const char *confirm; /* the id that confirm and cancel take */
    int64_t now;
};
/* Not met: each, and what to do. */
void unhalt_refused_card(struct card *card, const struct unhalt_card *u);
/* Met: who halted it, what will happen, [Unhalt …] [Cancel]. */
void unhalt_prompt_card(struct card *card, const struct unhalt_card *u);
/* There is nothing to unhalt. */
void unhalt_idle_card(struct card *card, const char *scope,
                      const struct halt_list *list, int64_t now);

#endif
